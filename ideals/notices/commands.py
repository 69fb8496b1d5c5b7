"""Tell people, note what they read, and see that mails leave: once, however often it is tried.

A mail is sent in three steps with a transaction each (`take_mail`, the sending itself, `note_...`),
so that nothing is locked while a server is slow. Taking one moves its next attempt ahead before it
is sent: whoever is killed in between leaves a mail that is tried again, and may then have sent it
twice; nothing else sends twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from ideals import audit, outbox
from ideals.config import Settings
from ideals.kernel.actor import Actor, Role
from ideals.kernel.ids import new_id
from ideals.notices import queries, rules
from ideals.notices.errors import MailNotRefused
from ideals.notices.models import Mail, Notice, Preference, WaitingDay
from ideals.notices.queries import Recipient
from ideals.notices.states import NOT_DELIVERED, Channel, MailState, Sending

SEND_MAIL = "notices.mail"
AT_A_TIME = 1000
"""Mails that one look of the clock announces or makes."""
GATHER_LOCK = 0x6E6F7469
"""Key space of the advisory lock under which daily mails are made."""


@dataclass(frozen=True, slots=True)
class Tell:
    """`kind` names the words (`queries.WORDS`), `data` fills them: small, JSON, no salary.

    `subject` names what it is about (`order:<uuid>`), `key` this telling of it: the same key to the
    same person is the same notice. To these employees and users, or to everybody who holds `role`,
    but to none of `but_employee_ids` and `but_user_ids`.
    """

    kind: str
    subject: str
    key: str
    employee_ids: Collection[int] = ()
    user_ids: Collection[int] = ()
    role: Role | None = None
    but_employee_ids: Collection[int] = ()
    but_user_ids: Collection[int] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


def tell(session: Session, cmd: Tell, *, actor: Actor, now: datetime) -> int:
    """How many were told now who had not been told before. Mails leave after the commit."""
    del actor  # who caused it stands in the audit of what they did
    people = _to_tell(session, cmd)
    mails = _mails_at_once(people, now=now)
    rows = [_notice(cmd, person, mail, now=now) for person, mail in zip(people, mails, strict=True)]
    if not rows:
        return 0
    told = session.execute(
        upsert(Notice).on_conflict_do_nothing().returning(Notice.mail_id), rows
    ).all()
    new = {row.mail_id for row in told}
    _send(session, [mail for mail in mails if mail is not None and mail["id"] in new])
    return len(told)


def _to_tell(session: Session, cmd: Tell) -> list[Recipient]:
    people: dict[tuple[int | None, int | None], Recipient] = {}
    found = queries.employees_to_tell(session, cmd.employee_ids) if cmd.employee_ids else []
    if cmd.user_ids:
        found += queries.users_to_tell(session, cmd.user_ids)
    if cmd.role is not None:
        found += queries.holders_to_tell(session, cmd.role)
    for person in found:
        barred = person.employee_id in cmd.but_employee_ids or person.user_id in cmd.but_user_ids
        if not barred:
            people[person.employee_id, person.user_id] = person
    return list(people.values())


def _mails_at_once(people: Sequence[Recipient], *, now: datetime) -> list[dict[str, Any] | None]:
    """The row of a mail for each who wants one at once; none at all without a server for it."""
    on = Settings.read().smtp_url is not None
    return [
        _mail(person.employee_id, person.user_id, now=now)
        if on and person.reachable and person.channel is Channel.AT_ONCE
        else None
        for person in people
    ]


def _mail(
    employee_id: int | None,
    user_id: int | None,
    *,
    digest: bool = False,
    waits_on: date | None = None,
    now: datetime,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "employee_id": employee_id,
        "user_id": user_id,
        "digest": digest,
        "waits_on": waits_on,
        "state": MailState.WAITING,
        "wanted_at": now,
        "due_at": now,
        "announced_at": now,
    }


def _notice(
    cmd: Tell, person: Recipient, mail: Mapping[str, Any] | None, *, now: datetime
) -> dict[str, Any]:
    return {
        "employee_id": person.employee_id,
        "user_id": person.user_id,
        "kind": cmd.kind,
        "subject": cmd.subject,
        "data": dict(cmd.data),
        "key": cmd.key,
        "created_at": now,
        "digest": person.reachable and person.channel is Channel.DAILY,
        "mail_id": mail and mail["id"],
    }


def _send(session: Session, mails: Sequence[Mapping[str, Any]]) -> None:
    if mails:
        session.execute(insert(Mail), mails)
        outbox.announce_each(session, SEND_MAIL, [{"mail_id": str(mail["id"])} for mail in mails])


# --- reading ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MarkRead:
    notice_id: int


@dataclass(frozen=True, slots=True)
class MarkAllRead:
    """Up to the latest that was seen: what came meanwhile stays unread."""

    through: int


@dataclass(frozen=True, slots=True)
class MarkDone:
    """What the notices asked for is done, by whomever: nobody needs to read them any more."""

    subject: str
    kinds: Collection[str]


def mark_read(session: Session, cmd: MarkRead, *, actor: Actor, now: datetime) -> Notice:
    """Raises `NoticeUnknown` for anybody else's."""
    notice = queries.access_notice(session, cmd.notice_id, actor=actor)
    if notice.read_at is None:
        notice.read_at = now
    return notice


def mark_all_read(session: Session, cmd: MarkAllRead, *, actor: Actor, now: datetime) -> None:
    mine = queries.notices_of(actor=actor, unread=True).with_only_columns(Notice.id)
    seen = mine.where(Notice.id <= cmd.through)
    session.execute(update(Notice).where(Notice.id.in_(seen)).values(read_at=now))


def mark_done(session: Session, cmd: MarkDone, *, now: datetime) -> None:
    session.execute(
        update(Notice)
        .where(
            Notice.subject == cmd.subject,
            Notice.kind.in_(cmd.kinds),
            Notice.read_at.is_(None),
        )
        .values(read_at=now)
    )


@dataclass(frozen=True, slots=True)
class ChooseChannel:
    """`waiting`: a mail each working day on which something waits; `None` leaves it as it is."""

    channel: Channel
    waiting: bool | None = None


def choose_channel(session: Session, cmd: ChooseChannel, *, actor: Actor, now: datetime) -> None:
    """How this person wants mail from now on. Too small a thing to audit."""
    del now
    chosen: dict[str, Any] = {"mail": cmd.channel}
    if cmd.waiting is not None:
        chosen["waiting"] = cmd.waiting
    row = upsert(Preference).values(user_id=actor.user_id, **chosen)
    session.execute(row.on_conflict_do_update(index_elements=[Preference.user_id], set_=chosen))


# --- mail -------------------------------------------------------------------------------------


def take_mail(session: Session, mail_id: UUID, *, now: datetime) -> Mail | None:
    """The mail, to be sent by the caller alone until its pause is over; `None` when it is not due.

    One whose attempts are cut off again and again is given up: it may be what kills them.
    """
    due = (
        select(Mail)
        .where(Mail.id == mail_id, Mail.state == MailState.WAITING, Mail.due_at <= now)
        .with_for_update(skip_locked=True)
    )
    mail = session.scalar(due)
    if mail is None:
        return None
    if mail.tries >= rules.MOST_TRIES:
        mail.state = MailState.GIVEN_UP
        return None
    mail.tries += 1
    mail.due_at = now + rules.pause_after(mail.tries)
    return mail


@dataclass(frozen=True, slots=True)
class NoteSending:
    """`address`: where it went, `None` when there was none. `answer`: what the server said."""

    mail_id: UUID
    sending: Sending
    address: str | None
    answer: str


def note_sending(session: Session, cmd: NoteSending, *, now: datetime) -> None:
    mail = session.get_one(Mail, cmd.mail_id, with_for_update=True)
    mail.address, mail.answer = cmd.address, cmd.answer
    match cmd.sending:
        case Sending.TAKEN:
            mail.state, mail.sent_at = MailState.SENT, now
        case Sending.REFUSED:
            mail.state = MailState.REFUSED if cmd.address else MailState.DROPPED
        case Sending.LATER | Sending.AWAY:  # its next attempt was fixed when it was taken
            if now - mail.wanted_at > rules.TRIED_FOR:
                mail.state = MailState.GIVEN_UP
    if cmd.sending is Sending.AWAY:
        _let_wait(session, now=now)


def _let_wait(session: Session, *, now: datetime) -> None:
    """A server that does not answer is not asked again for each mail that waits for it."""
    session.execute(
        update(Mail)
        .where(Mail.state == MailState.WAITING, Mail.due_at <= now)
        .values(due_at=now + rules.AWAY_FOR)
    )


@dataclass(frozen=True, slots=True)
class SendAgain:
    mail_id: UUID


def send_again(session: Session, cmd: SendAgain, *, actor: Actor, now: datetime) -> Mail:
    """Try a mail that did not arrive from the beginning. Raises `MailNotRefused`."""
    mail = queries.access_undelivered(session, cmd.mail_id, actor=actor)
    if mail.state not in NOT_DELIVERED:
        raise MailNotRefused(mail.state)
    mail.state, mail.tries, mail.answer = MailState.WAITING, 0, None
    mail.wanted_at = mail.due_at = mail.announced_at = now
    outbox.announce(session, SEND_MAIL, mail_id=str(mail.id))
    audit.record(session, "notices.sent_again", f"mail:{mail.id}", actor=actor, now=now)
    return mail


def sweep(session: Session, *, zone: ZoneInfo, now: datetime) -> None:
    """Daily mails that are due, and mails that were not sent yet. Twice does no harm."""
    if Settings.read().smtp_url is None:
        drop_waiting(session)
        return
    _gather(session, zone=zone, now=now)
    _gather_waiting(session, zone=zone, now=now)
    _announce_due(session, now=now)


def drop_waiting(session: Session) -> None:
    """Let nothing leave that waits now, as when mail was turned off: it stands on the pages."""
    waiting = update(Mail).where(Mail.state == MailState.WAITING)
    session.execute(waiting.values(state=MailState.DROPPED))


def _gather(session: Session, *, zone: ZoneInfo, now: datetime) -> None:
    """One mail for each person who wants one a day and has not read everything."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(GATHER_LOCK, 0))):
        return  # another look does it just now
    waiting = (
        Notice.digest,
        Notice.mail_id.is_(None),
        Notice.read_at.is_(None),
        Notice.created_at < rules.last_daily_moment(now, zone),
    )
    people = session.execute(
        select(Notice.employee_id, Notice.user_id).where(*waiting).distinct().limit(AT_A_TIME)
    ).all()
    mails = [_mail(row.employee_id, row.user_id, digest=True, now=now) for row in people]
    for mail in mails:
        theirs = or_(Notice.employee_id == mail["employee_id"], Notice.user_id == mail["user_id"])
        session.execute(update(Notice).where(*waiting, theirs).values(mail_id=mail["id"]))
    _send(session, mails)


def _gather_waiting(session: Session, *, zone: ZoneInfo, now: datetime) -> None:
    """Once a day: a mail for each person for whom something waits and who works that day.

    What it says is looked up when it is sent; when nothing waits any more, none is.
    """
    here = now.astimezone(zone)
    day = here.date()
    if here.time() < rules.DAILY_AT or session.get(WaitingDay, day) is not None:
        return
    made = upsert(WaitingDay).values(day=day, made_at=now).on_conflict_do_nothing()
    if session.scalar(made.returning(WaitingDay.day)) is None:
        return  # another look does it just now
    people: dict[tuple[int | None, int | None], Recipient] = {}
    for _, waits in queries.WAITS.items():
        employees, users = waits.who(session, day)
        found = queries.employees_to_tell(session, employees)
        for person in [*found, *queries.users_to_tell(session, users)]:
            people[person.employee_id, person.user_id] = person
    _send(
        session,
        [
            _mail(person.employee_id, person.user_id, waits_on=day, now=now)
            for person in people.values()
            if person.reachable and person.waiting and person.channel is not Channel.NEVER
        ],
    )


def _announce_due(session: Session, *, now: datetime) -> None:
    due = (
        select(Mail.id)
        .where(
            Mail.state == MailState.WAITING,
            Mail.due_at <= now,
            Mail.announced_at <= now - rules.ANNOUNCED_FOR,
        )
        .order_by(Mail.due_at)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    announced = session.scalars(
        update(Mail)
        .where(Mail.id.in_(due.scalar_subquery()))
        .values(announced_at=func.greatest(now, Mail.announced_at))
        .returning(Mail.id)
    ).all()
    outbox.announce_each(session, SEND_MAIL, [{"mail_id": str(id_)} for id_ in announced])
