"""Invite, sign in and out, issue and revoke tokens, give and take roles.

Signing in is two units of work on purpose: `admit_attempt` counts the attempt and commits, so that
a refusal afterwards cannot undo the count; then `sign_in` looks at the password.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import LiteralString

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit
from ideals.access import queries, rules
from ideals.access.errors import (
    DemoOnly,
    NobodyHasThisEmail,
    SignInRefused,
    TooManyAttempts,
    UserInactive,
    UserUnknown,
)
from ideals.access.models import Attempt, Invitation, SignIn, Token, User, UserRole
from ideals.access.rules import Counted
from ideals.db import cursor
from ideals.kernel.actor import Actor, Role

ANYONE = Actor(name="anyone")
"""Acts before anybody is signed in."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from, as its owner sees it later. Cut to what is shown."""

    address: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Invite:
    """No roles: an employee, who then must be known by this address."""

    email: str
    roles: frozenset[Role] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    token: str
    password: str = field(repr=False)
    browser: Browser


@dataclass(frozen=True, slots=True)
class AdmitAttempt:
    """`device`: the mark of a browser that signed in to this account before."""

    email: str
    address: str
    device: str | None = None


@dataclass(frozen=True, slots=True)
class SignInWith:
    email: str
    password: str = field(repr=False)
    browser: Browser
    device: str | None = None
    replaces: str | None = field(default=None, repr=False)
    """The token of the session this browser had; it ends."""


@dataclass(frozen=True, slots=True)
class DemoSignIn:
    user_id: int
    browser: Browser
    replaces: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` goes into the cookie and is stored nowhere. `theme`: chosen on another browser."""

    token: str = field(repr=False)
    email: str
    theme: str | None


@dataclass(frozen=True, slots=True)
class ProveAgain:
    """`token`: of the session. `password` is `None` for demo people, who prove by a button.
    `device`: what the attempt was counted for."""

    token: str
    password: str | None
    device: str


@dataclass(frozen=True, slots=True)
class SignOut:
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndSession:
    session_id: int


@dataclass(frozen=True, slots=True)
class EndOtherSessions:
    """`token` is that of the session that stays."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """`token` is that of the session that stays; every other one ends."""

    current: str = field(repr=False)
    password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssueToken:
    """`days` until it expires; `None`: when it is revoked."""

    email: str
    name: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class RevokeToken:
    token_id: int


@dataclass(frozen=True, slots=True)
class ChangeRoles:
    email: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class SetActive:
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class ShowInDemo:
    """Let the sign-in page of demo mode offer this person; `label` is what the button says."""

    email: str
    label: str
    roles: frozenset[Role] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class KeepChoice:
    """`name` is `language` or `theme`."""

    name: str
    value: str


def invite(session: Session, cmd: Invite, *, actor: Actor, now: datetime) -> str:
    """The token of an invitation, for the address `/invitation/TOKEN`; shown once.

    Makes the user when there is none; inviting again makes the earlier invitation useless, adds the
    roles, and lets somebody who forgot the password choose another.
    """
    user = _user_for(session, cmd.email, cmd.roles, now=now)
    _add_roles(session, user, cmd.roles)
    session.execute(
        delete(Invitation).where(Invitation.user_id == user.id, Invitation.used_at.is_(None))
    )
    token = secrets.token_urlsafe(32)
    expires = now + rules.INVITED_FOR
    session.add(Invitation(token_digest=rules.digest(token), user_id=user.id, expires_at=expires))
    roles = sorted(cmd.roles)
    audit.record(session, "access.invited", _subject(user), actor=actor, now=now, roles=roles)
    return token


def accept_invitation(
    session: Session, cmd: AcceptInvitation, *, actor: Actor, now: datetime
) -> SignedIn:
    """Choose the password and be signed in. Raises `InvitationUnusable` or `PasswordWeak`."""
    invitation, user = queries.open_invitation(session, cmd.token, now=now, lock=True)
    rules.check_password(cmd.password, email=user.email)
    invitation.used_at = now
    user.password_hash = rules.hash_password(cmd.password)
    _end_sessions(session, user.id, now=now)
    audit.record(session, "access.password_chosen", _subject(user), actor=actor, now=now)
    return _open(session, user, cmd.browser, None, now=now)


def admit_attempt(session: Session, cmd: AdmitAttempt, *, actor: Actor, now: datetime) -> None:
    """Count an attempt before it is judged. Raises `TooManyAttempts` while one has to wait."""
    del actor  # nobody is signed in yet
    keys = rules.attempt_keys(_foldable(cmd.email), cmd.address, cmd.device)
    rows = [(counted, _locked_attempt(session, key, now=now)) for counted, key in keys]
    blocked = max(row.blocked_until for _, row in rows)
    if blocked > now:
        seconds = int((blocked - now).total_seconds()) + 1
        raise TooManyAttempts(
            f"Too many attempts; try again in {seconds} seconds", retry_after=seconds
        )
    for counted, row in rows:
        fresh = now - row.last_at > rules.FORGOTTEN_AFTER
        row.failures = 1 if fresh else row.failures + 1
        row.last_at = now
        row.blocked_until = now + rules.delay_after(counted, row.failures)


def sign_in(session: Session, cmd: SignInWith, *, actor: Actor, now: datetime) -> SignedIn:
    """Raises `SignInRefused`, alike for a wrong password, no such user, and one who may not."""
    user = queries.user_by_email(session, _foldable(cmd.email))
    stored = user.password_hash if user is not None else None
    good = rules.password_matches(stored, cmd.password)
    if user is None or stored is None or not good or not user.active:
        raise SignInRefused("This address and password do not belong together")
    if rules.needs_rehash(stored):
        user.password_hash = rules.hash_password(cmd.password)
    _forget_attempts(session, cmd, now=now)
    _link(session, user)
    audit.record(session, "access.signed_in", _subject(user), actor=actor, now=now)
    return _open(session, user, cmd.browser, cmd.replaces, now=now)


def demo_sign_in(session: Session, cmd: DemoSignIn, *, actor: Actor, now: datetime) -> SignedIn:
    """One click, for demo people only. The edge offers it in demo mode alone."""
    user = session.get(User, cmd.user_id)
    if user is None or not user.active or user.demo_label is None:
        raise DemoOnly("There is no such person in this demo")
    audit.record(session, "access.signed_in", _subject(user), actor=actor, now=now, demo=True)
    return _open(session, user, cmd.browser, cmd.replaces, now=now)


def prove_again(session: Session, cmd: ProveAgain, *, actor: Actor, now: datetime) -> None:
    """Make the session fresh, for what binds for long. Raises `SignInRefused`.

    Without a password for demo people only; the edge offers that in demo mode alone.
    """
    user = session.get_one(User, actor.user_id)
    if cmd.password is None:
        proved = user.demo_label is not None
    else:
        proved = rules.password_matches(user.password_hash, cmd.password)
    if not proved:
        raise SignInRefused("This is not your password")
    session.execute(
        update(SignIn)
        .where(SignIn.token_digest == rules.digest(cmd.token), SignIn.user_id == user.id)
        .values(proved_at=now)
    )
    for _, key in rules.attempt_keys(user.email, "", cmd.device):
        session.execute(delete(Attempt).where(Attempt.key == key))
    audit.record(session, "access.proved_again", _subject(user), actor=actor, now=now)


def sign_out(session: Session, cmd: SignOut, *, actor: Actor, now: datetime) -> None:
    session.execute(
        update(SignIn)
        .where(SignIn.token_digest == rules.digest(cmd.token), SignIn.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    audit.record(session, "access.signed_out", f"user:{actor.user_id}", actor=actor, now=now)


def end_session(session: Session, cmd: EndSession, *, actor: Actor, now: datetime) -> None:
    """End one of one's own sign-ins. Raises `SessionUnknown` for anybody else's."""
    found = queries.access_session(session, cmd.session_id, actor=actor)
    if found.revoked_at is None:
        found.revoked_at = now
        audit.record(session, "access.session_ended", f"session:{found.id}", actor=actor, now=now)


def end_other_sessions(
    session: Session, cmd: EndOtherSessions, *, actor: Actor, now: datetime
) -> None:
    user = session.get_one(User, actor.user_id)
    _end_sessions(session, user.id, now=now, but=cmd.token)
    audit.record(session, "access.other_sessions_ended", _subject(user), actor=actor, now=now)


def change_password(session: Session, cmd: ChangePassword, *, actor: Actor, now: datetime) -> None:
    """Raises `SignInRefused` when the current one is wrong, `PasswordWeak` for the new one."""
    user = session.get_one(User, actor.user_id, with_for_update=True)
    if not rules.password_matches(user.password_hash, cmd.current):
        raise SignInRefused("The current password is not right")
    rules.check_password(cmd.password, email=user.email)
    user.password_hash = rules.hash_password(cmd.password)
    _end_sessions(session, user.id, now=now, but=cmd.token)
    audit.record(session, "access.password_changed", _subject(user), actor=actor, now=now)


def issue_token(session: Session, cmd: IssueToken, *, actor: Actor, now: datetime) -> str:
    """The text of a new API token, shown once. It acts as the user with this address.

    Makes the user when an employee has this address and no user does; raises `NobodyHasThisEmail`
    when neither does.
    """
    user = _user_for(session, cmd.email, frozenset(), now=now)
    token = rules.TOKEN_PREFIX + secrets.token_urlsafe(32)
    expires = None if cmd.days is None else now + timedelta(days=cmd.days)
    session.add(
        Token(
            token_digest=rules.digest(token),
            user_id=user.id,
            name=cmd.name,
            created_at=now,
            expires_at=expires,
        )
    )
    audit.record(
        session, "access.token_issued", _subject(user), actor=actor, now=now, name=cmd.name
    )
    return token


def revoke_token(session: Session, cmd: RevokeToken, *, actor: Actor, now: datetime) -> None:
    """Revoke one of one's own tokens. Raises `TokenUnknown` for anybody else's."""
    found = queries.access_token(session, cmd.token_id, actor=actor)
    if found.revoked_at is None:
        found.revoked_at = now
        audit.record(session, "access.token_revoked", f"token:{found.id}", actor=actor, now=now)


def change_roles(session: Session, cmd: ChangeRoles, *, actor: Actor, now: datetime) -> None:
    """Exactly these roles from now on; every session of the user ends."""
    user = _existing(session, cmd.email)
    gone = delete(UserRole).where(UserRole.user_id == user.id).returning(UserRole.role)
    before = sorted(session.scalars(gone))
    _add_roles(session, user, cmd.roles)
    _end_sessions(session, user.id, now=now)
    roles = sorted(cmd.roles)
    audit.record(
        session,
        "access.roles_changed",
        _subject(user),
        actor=actor,
        now=now,
        before=before,
        after=roles,
    )


def set_active(session: Session, cmd: SetActive, *, actor: Actor, now: datetime) -> None:
    """Deactivating ends every session and revokes every token, at once and for good."""
    user = _existing(session, cmd.email)
    user.active = cmd.active
    if not cmd.active:
        _end_sessions(session, user.id, now=now)
        session.execute(
            update(Token)
            .where(Token.user_id == user.id, Token.revoked_at.is_(None))
            .values(revoked_at=now)
        )
    act = "access.activated" if cmd.active else "access.deactivated"
    audit.record(session, act, _subject(user), actor=actor, now=now)


def show_in_demo(session: Session, cmd: ShowInDemo, *, actor: Actor, now: datetime) -> None:
    user = _user_for(session, cmd.email, cmd.roles, now=now)
    _add_roles(session, user, cmd.roles)
    user.demo_label = cmd.label
    audit.record(session, "access.shown_in_demo", _subject(user), actor=actor, now=now)


def keep_choice(session: Session, cmd: KeepChoice, *, actor: Actor, now: datetime) -> None:
    """Language and theme follow the person to other browsers. Too small a thing to audit."""
    del now
    column = {"language": User.language, "theme": User.theme}[cmd.name]
    session.execute(update(User).where(User.id == actor.user_id).values({column: cmd.value}))


def welcome(session: Session, *, actor: Actor, now: datetime) -> None:
    """What is shown once, at the first sign-in, has been read. Too small a thing to audit."""
    session.execute(
        update(User)
        .where(User.id == actor.user_id, User.welcomed_at.is_(None))
        .values(welcomed_at=now)
    )


_NOTE: dict[type, LiteralString] = {
    SignIn: "UPDATE access_session SET last_seen_at = %s WHERE id = %s",
    Token: "UPDATE access_token SET last_used_at = %s WHERE id = %s",
}


def touch(session: Session, known: queries.Known, *, now: datetime) -> None:
    """Note that a session or token was used, at most once a minute."""
    if not known.is_to_be_noted(now):
        return
    cursor(session).execute(_NOTE[known.by], (now, known.by_id))


def forget_attempts(session: Session, *, now: datetime) -> int:
    """Delete what counts no more; how many. For a nightly job."""
    old = delete(Attempt).where(Attempt.last_at < now - rules.FORGOTTEN_AFTER)
    return len(session.scalars(old.returning(Attempt.key)).all())


def _user_for(session: Session, email: str, roles: frozenset[Role], *, now: datetime) -> User:
    """The user with this address, made when an employee has it, or when there are roles to give."""
    email = rules.folded_email(email)
    user = queries.user_by_email(session, email)
    if user is None:
        employee = queries.employee_by_email(session, email)
        if employee is None and not roles:
            raise NobodyHasThisEmail(
                f"No employee has the address {email}: import the employee first, or give a role",
                field="email",
                value=email,
            )
        user = User(email=email, created_at=now, employee_id=employee.id if employee else None)
        session.add(user)
        session.flush()  # reason: roles and tokens need the user's id
    elif user.active is False:
        raise UserInactive(f"{email} is not active; activate the user first")
    _link(session, user)
    return user


def _existing(session: Session, email: str) -> User:
    user = queries.user_by_email(session, rules.folded_email(email))
    if user is None:
        raise UserUnknown(f"There is no user {email}; invite one first")
    return user


def _link(session: Session, user: User) -> None:
    """An employee who was imported after the user was made is this user all the same."""
    if user.employee_id is None:
        employee = queries.employee_by_email(session, user.email)
        user.employee_id = employee.id if employee else None


def _add_roles(session: Session, user: User, roles: frozenset[Role]) -> None:
    for role in sorted(roles):
        session.execute(
            insert(UserRole).values(user_id=user.id, role=role.value).on_conflict_do_nothing()
        )


def _open(
    session: Session, user: User, browser: Browser, replaces: str | None, *, now: datetime
) -> SignedIn:
    """A new session with a new token, whatever token the browser came with."""
    if replaces is not None:
        session.execute(
            update(SignIn)
            .where(SignIn.token_digest == rules.digest(replaces), SignIn.revoked_at.is_(None))
            .values(revoked_at=now)
        )
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_digest=rules.digest(token),
            user_id=user.id,
            created_at=now,
            proved_at=now,
            last_seen_at=now,
            expires_at=rules.ends_at(now),
            address=browser.address[:45],
            agent=browser.agent[:200],
        )
    )
    return SignedIn(token, user.email, user.theme)


def _end_sessions(session: Session, user_id: int, *, now: datetime, but: str | None = None) -> None:
    ended = update(SignIn).where(SignIn.user_id == user_id, SignIn.revoked_at.is_(None))
    if but is not None:
        ended = ended.where(SignIn.token_digest != rules.digest(but))
    session.execute(ended.values(revoked_at=now))


def _locked_attempt(session: Session, key: str, *, now: datetime) -> Attempt:
    session.execute(
        insert(Attempt)
        .values(key=key, failures=0, last_at=now, blocked_until=now)
        .on_conflict_do_nothing()
    )
    return session.scalars(select(Attempt).where(Attempt.key == key).with_for_update()).one()


def _forget_attempts(session: Session, cmd: SignInWith, *, now: datetime) -> None:
    """The right password clears the account; the address only loses this one attempt."""
    keys = rules.attempt_keys(_foldable(cmd.email), cmd.browser.address, cmd.device)
    for counted, key in keys:
        row = Attempt.key == key
        if counted is Counted.ADDRESS:
            less = update(Attempt).where(row, Attempt.failures > 0)
            session.execute(less.values(failures=Attempt.failures - 1, blocked_until=now))
        else:
            session.execute(delete(Attempt).where(row))


def _foldable(email: str) -> str:
    """As typed, folded: what is no address at all is counted and refused like any other."""
    return email.strip().lower()[:254]


def _subject(user: User) -> str:
    return f"user:{user.id}"
