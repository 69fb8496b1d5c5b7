"""Who is signed in, and what a person may see of their own access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import LiteralString

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ideals.access.errors import InvitationUnusable, SessionUnknown, TokenUnknown
from ideals.access.models import Invitation, SignIn, Token, User, UserRole
from ideals.access.rules import IDLE, SEEN_EVERY, digest
from ideals.db import glance
from ideals.kernel.actor import Actor, Role
from ideals.people import queries as people
from ideals.people.models import Employee


@dataclass(frozen=True, slots=True)
class Known:
    """An actor, and the row that vouches for them: `by` is `SignIn` or `Token`.

    `seen_at`: when that was noted last; `None` for a token that was never used.
    """

    actor: Actor
    by: type[SignIn] | type[Token]
    by_id: int
    seen_at: datetime | None

    def is_to_be_noted(self, now: datetime) -> bool:
        """Whether it was noted too long ago that it is in use."""
        return self.seen_at is None or now - self.seen_at >= SEEN_EVERY


@dataclass(frozen=True, slots=True)
class Me:
    """`number` and `name` are those of the employee, `None` for somebody who is none."""

    email: str
    number: str | None
    name: str | None
    roles: Sequence[str]
    manager: bool
    language: str | None


@dataclass(frozen=True, slots=True)
class DemoPerson:
    user_id: int
    email: str
    name: str
    label: str


_ROLES = (
    select(func.array_agg(UserRole.role))
    .where(UserRole.user_id == User.id)
    .correlate(User)
    .scalar_subquery()
)


def signed_in(token: str, *, now: datetime) -> Known | None:
    """Whose session this is; `None` when it is unknown, ended, too old, or its user inactive."""
    return _known(SignIn, _SIGNED_IN, token, {"now": now, "idle": now - IDLE})


def bearer(token: str, *, now: datetime) -> Known | None:
    """Whose API token this is; `None` when unknown, revoked, expired, or its user inactive."""
    return _known(Token, _BEARER, token, {"now": now})


# Plain, one statement each, without a transaction around it: every request begins with one of them.
_WHO = """
SELECT u.email, u.id, u.employee_id, u.language,
       ARRAY(SELECT role FROM access_role WHERE user_id = u.id), v.id, {proved_at}, {seen_at}
  FROM {table} v JOIN access_user u ON u.id = v.user_id
 WHERE v.token_digest = %(digest)s AND v.revoked_at IS NULL AND u.active AND {counts}
"""
_SIGNED_IN = _WHO.format(
    table="access_session",
    proved_at="v.proved_at",
    seen_at="v.last_seen_at",
    counts="v.expires_at > %(now)s AND v.last_seen_at > %(idle)s",
)
_BEARER = _WHO.format(
    table="access_token",
    proved_at="v.created_at",
    seen_at="v.last_used_at",
    counts="(v.expires_at IS NULL OR v.expires_at > %(now)s)",
)


def _known(
    by: type[SignIn] | type[Token], statement: LiteralString, token: str, values: dict[str, object]
) -> Known | None:
    row = glance(statement, values | {"digest": digest(token)})
    if row is None:
        return None
    email, user_id, employee_id, language, roles, by_id, proved_at, seen_at = row
    rights = frozenset(map(Role, roles))
    actor = Actor(email, user_id, employee_id, rights, language, proved_at)
    return Known(actor, by, by_id, seen_at)


def actor_of(user: User, roles: Sequence[str], proved_at: datetime | None = None) -> Actor:
    return Actor(
        name=user.email,
        user_id=user.id,
        employee_id=user.employee_id,
        roles=frozenset(Role(role) for role in roles),
        language=user.language,
        proved_at=proved_at,
    )


def rights_now(session: Session, actor: Actor) -> Actor | None:
    """The same person with the rights of this moment; `None` when they may no longer sign in.

    For acts that must not rest on what was true when the request came in.
    """
    row = session.execute(
        select(User, _ROLES)
        .where(User.id == actor.user_id, User.active)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return None if row is None else actor_of(row[0], row[1] or [], actor.proved_at)


def user_by_email(session: Session, email: str) -> User | None:
    """`email` as `rules.folded_email` gives it."""
    return session.scalar(select(User).where(User.email == email))


def employee_by_email(session: Session, email: str) -> Employee | None:
    return session.scalar(select(Employee).where(func.lower(Employee.email) == email))


def me(session: Session, actor: Actor, *, on: date) -> Me:
    """What the signed-in person is here. A manager is whoever manages somebody on this day."""
    employee = session.get(Employee, actor.employee_id) if actor.employee_id else None
    return Me(
        email=actor.name,
        number=employee.number if employee else None,
        name=employee.name if employee else None,
        roles=sorted(actor.roles),
        manager=employee is not None and people.manages_anybody(session, employee.id, on),
        language=actor.language,
    )


def own_sessions(session: Session, *, actor: Actor, now: datetime) -> Sequence[SignIn]:
    """The sign-ins of this person that still count, the latest first."""
    return session.scalars(
        select(SignIn)
        .where(
            SignIn.user_id == actor.user_id,
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            SignIn.last_seen_at > now - IDLE,
        )
        .order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
    ).all()


def own_tokens(session: Session, *, actor: Actor, now: datetime) -> Sequence[Token]:
    return session.scalars(
        select(Token)
        .where(
            Token.user_id == actor.user_id,
            Token.revoked_at.is_(None),
            or_(Token.expires_at.is_(None), Token.expires_at > now),
        )
        .order_by(Token.id)
    ).all()


def has_password(session: Session, *, actor: Actor) -> bool:
    found = select(User.id).where(User.id == actor.user_id, User.password_hash.is_not(None))
    return session.scalar(found) is not None


def is_welcomed(session: Session, *, actor: Actor) -> bool:
    """Whether they have read what is shown at the first sign-in."""
    found = select(User.id).where(User.id == actor.user_id, User.welcomed_at.is_not(None))
    return session.scalar(found) is not None


def access_session(session: Session, session_id: int, *, actor: Actor) -> SignIn:
    """One's own sign-in; another's is as unknown as none. Raises `SessionUnknown`."""
    found = session.scalar(
        select(SignIn).where(SignIn.id == session_id, SignIn.user_id == actor.user_id)
    )
    if found is None:
        raise SessionUnknown("There is no such sign-in of yours")
    return found


def access_token(session: Session, token_id: int, *, actor: Actor) -> Token:
    """One's own token; another's is as unknown as none. Raises `TokenUnknown`."""
    found = session.scalar(
        select(Token).where(Token.id == token_id, Token.user_id == actor.user_id)
    )
    if found is None:
        raise TokenUnknown("There is no such token of yours")
    return found


def open_invitation(
    session: Session, token: str, *, now: datetime, lock: bool = False
) -> tuple[Invitation, User]:
    """Raises `InvitationUnusable` when it is unknown, used, expired, or its user inactive."""
    statement = (
        select(Invitation, User)
        .join(User, User.id == Invitation.user_id)
        .where(
            Invitation.token_digest == digest(token),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
            User.active,
        )
    )
    row = session.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise InvitationUnusable("This invitation was used or has expired; ask for a new one")
    return row.Invitation, row.User


def demo_people(session: Session) -> list[DemoPerson]:
    """Whom the sign-in page offers in demo mode, in the order they were made."""
    rows = session.execute(
        select(User.id, User.email, Employee.name, User.demo_label)
        .outerjoin(Employee, Employee.id == User.employee_id)
        .where(User.demo_label.is_not(None), User.active)
        .order_by(User.id)
    )
    return [DemoPerson(row[0], row[1], row[2] or row[1], row[3] or "") for row in rows]
