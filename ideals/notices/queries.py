"""Notices in words, how many are unread, and mails that did not arrive."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.orm import Session

from ideals.access.models import User, UserRole
from ideals.kernel.actor import Actor, Role
from ideals.kernel.registry import Registry
from ideals.notices import policy
from ideals.notices.errors import MailUnknown, NoticeUnknown, OnlyHrSeesMail
from ideals.notices.models import Mail, Notice, Preference
from ideals.notices.rules import MOST_COUNTED
from ideals.notices.states import NOT_DELIVERED, Channel
from ideals.people.models import Employee


@dataclass(frozen=True, slots=True)
class Words:
    """A notice as it is read. `title` is the subject of a mail too: it holds no amount of anybody's
    pay. `href` is a path of this site, `act` what the link to it says."""

    title: str
    text: str
    href: str
    act: str


Wording = Callable[[Mapping[str, Any], str], Words]
WORDS: Registry[Wording] = Registry("say a kind of notice in words")
"""By kind of notice: (data, language) -> Words. What the handler says with `gettext` and the
filters of `web/formats.py` comes out in that language."""


def in_words(kind: str, data: Mapping[str, Any], language: str) -> Words:
    """Raises `LookupError` for a kind that nobody registered."""
    wording = WORDS.get(kind)
    if wording is None:
        raise LookupError(f"no words are registered for notices of kind {kind!r}")
    return wording(data, language)


# What waits for people


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one person: the most urgent in words, and how many there are. `most`: there
    may be more than that."""

    lines: tuple[Words, ...]
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A feature that has things waiting for people.

    `who`: (employees, users who are none) for whom something may wait, and who work on that day.
    `what`: what waits for one of them (exactly one id is set) on that day, in a language.
    """

    who: Callable[[Session, date], tuple[Collection[int], Collection[int]]]
    what: Callable[[Session, int | None, int | None, date, str], Waiting]


WAITS: Registry[Waits] = Registry("list what waits for somebody")


# Whom to tell


@dataclass(frozen=True, slots=True)
class Recipient:
    """Exactly one of the ids is set. `channel`: how they want mail; `reachable`: there is an
    address; `waiting`: they want to read each working day what waits for them."""

    employee_id: int | None
    user_id: int | None
    channel: Channel
    reachable: bool
    waiting: bool = True


_ADDRESS = func.coalesce(Employee.email, User.email)
_CHANNEL = func.coalesce(Preference.mail, literal(Channel.AT_ONCE.value))


def employees_to_tell(session: Session, employee_ids: Collection[int]) -> list[Recipient]:
    """In the order of their ids. Whoever cannot sign in any more gets no mail."""
    return _recipients(
        session,
        _people()
        .select_from(Employee)
        .outerjoin(User, User.employee_id == Employee.id)
        .where(Employee.id == func.any(list(employee_ids)))
        .order_by(Employee.id),
    )


def holders_to_tell(session: Session, role: Role) -> list[Recipient]:
    """Everybody who has this role now and may sign in; as employees, those who are."""
    return _recipients(
        session,
        _people()
        .select_from(User)
        .join(UserRole, UserRole.user_id == User.id)
        .outerjoin(Employee, Employee.id == User.employee_id)
        .where(UserRole.role == role, User.active)
        .order_by(User.id),
    )


def users_to_tell(session: Session, user_ids: Collection[int]) -> list[Recipient]:
    """The same for users who are no employees."""
    return _recipients(
        session,
        _people()
        .select_from(User)
        .outerjoin(Employee, Employee.id == User.employee_id)
        .where(User.id == func.any(list(user_ids)))
        .order_by(User.id),
    )


def _people() -> Select[*tuple[Any, ...]]:
    return select(
        Employee.id.label("employee_id"),
        User.id.label("user_id"),
        _CHANNEL.label("channel"),
        (_ADDRESS.is_not(None) & func.coalesce(User.active, True)).label("reachable"),
        func.coalesce(Preference.waiting, True).label("waiting"),
    )


def _recipients(session: Session, statement: Select[*tuple[Any, ...]]) -> list[Recipient]:
    rows = session.execute(statement.outerjoin(Preference, Preference.user_id == User.id))
    return [
        Recipient(
            row.employee_id,
            row.user_id if row.employee_id is None else None,
            Channel(row.channel),
            row.reachable,
            row.waiting,
        )
        for row in rows
    ]


# One's own


def _told(actor: Actor) -> ColumnElement[bool]:
    """The condition that a notice is for this actor."""
    mine = []
    if actor.employee_id is not None:
        mine.append(Notice.employee_id == actor.employee_id)
    if actor.user_id is not None:
        mine.append(Notice.user_id == actor.user_id)
    return or_(*mine) if mine else literal(False)


def unread_count(session: Session, *, actor: Actor) -> int:
    """How many this person has not read; one more than `MOST_COUNTED` stands for all above."""
    unread = select(Notice.id).where(_told(actor), Notice.read_at.is_(None))
    some = unread.limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def notices_of(*, actor: Actor, unread: bool = False) -> Select[Notice]:
    """For a list by id, the latest first."""
    told = select(Notice).where(_told(actor))
    return told.where(Notice.read_at.is_(None)) if unread else told


def access_notice(session: Session, notice_id: int, *, actor: Actor) -> Notice:
    """One's own; another's is as unknown as none. Raises `NoticeUnknown`."""
    notice = session.get(Notice, notice_id)
    if notice is None or not policy.is_theirs(
        actor, employee_id=notice.employee_id, user_id=notice.user_id
    ):
        raise NoticeUnknown
    return notice


@dataclass(frozen=True, slots=True)
class Chosen:
    """How a person has mail; `waiting` as in `Recipient`."""

    channel: Channel = Channel.AT_ONCE
    waiting: bool = True


def chosen_by(session: Session, *, actor: Actor) -> Chosen:
    theirs = Preference.user_id == actor.user_id
    kept = session.execute(select(Preference.mail, Preference.waiting).where(theirs)).one_or_none()
    return Chosen() if kept is None else Chosen(Channel(kept.mail), kept.waiting)


# Mails


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where a mail goes now, and in which language; `language` is `None` when never chosen."""

    address: str
    language: str | None


def addressee_of(session: Session, mail: Mail) -> Addressee | None:
    """`None` when there is no address, or the person can no longer sign in."""
    person = select(_ADDRESS.label("address"), User.language)
    if mail.employee_id is not None:
        person = (
            person.select_from(Employee)
            .outerjoin(User, User.employee_id == Employee.id)
            .where(Employee.id == mail.employee_id)
        )
    else:
        person = (
            person.select_from(User)
            .outerjoin(Employee, Employee.id == User.employee_id)
            .where(User.id == mail.user_id)
        )
    row = session.execute(person.where(func.coalesce(User.active, True))).one_or_none()
    return None if row is None or row.address is None else Addressee(row.address, row.language)


def notices_in(session: Session, mail_id: UUID) -> list[Notice]:
    """What a mail is about, in the order of telling."""
    about = select(Notice).where(Notice.mail_id == mail_id).order_by(Notice.id)
    return list(session.scalars(about))


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A mail that did not arrive. `name` is the person's, or their address when they are no
    employee; nothing of what it says is shown."""

    id: UUID
    name: str
    number: str | None
    address: str | None
    state: str
    answer: str | None
    wanted_at: datetime
    tries: int


def undelivered(*, actor: Actor) -> Select[*tuple[Any, ...]]:
    """Columns as `Undelivered`, for a list by (wanted_at, id). Raises `OnlyHrSeesMail`."""
    if not policy.may_see_undelivered(actor):
        raise OnlyHrSeesMail
    return (
        select(
            Mail.id,
            func.coalesce(Employee.name, User.email).label("name"),
            Employee.number,
            Mail.address,
            Mail.state,
            Mail.answer,
            Mail.wanted_at,
            Mail.tries,
        )
        .select_from(Mail)
        .outerjoin(Employee, Employee.id == Mail.employee_id)
        .outerjoin(User, User.id == Mail.user_id)
        .where(Mail.state.in_(NOT_DELIVERED))
    )


def access_undelivered(session: Session, mail_id: UUID, *, actor: Actor) -> Mail:
    """Locked, for HR. Raises `OnlyHrSeesMail` or `MailUnknown`."""
    if not policy.may_see_undelivered(actor):
        raise OnlyHrSeesMail
    mail = session.get(Mail, mail_id, with_for_update=True)
    if mail is None:
        raise MailUnknown
    return mail
