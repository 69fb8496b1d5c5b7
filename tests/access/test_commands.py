from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import commands, queries, rules
from ideals.access.commands import (
    ANYONE,
    AcceptInvitation,
    AdmitAttempt,
    ChangeRoles,
    DemoSignIn,
    Invite,
    IssueToken,
    RevokeToken,
    SetActive,
    ShowInDemo,
    SignInWith,
)
from ideals.access.errors import (
    DemoOnly,
    InvitationUnusable,
    NobodyHasThisEmail,
    PasswordWeak,
    SignInRefused,
    TokenUnknown,
    TooManyAttempts,
    UserInactive,
    UserUnknown,
)
from ideals.access.models import Attempt, Invitation, SignIn, Token, User
from ideals.audit import Entry
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.people import queries as people
from tests.access.conftest import HOME, NOW, PASSWORD, employee, user

ANNA = "anna@example.org"


def sign_in(session: Session, password: str = PASSWORD, email: str = ANNA) -> commands.SignedIn:
    return commands.sign_in(session, SignInWith(email, password, HOME), actor=ANYONE, now=NOW)


def actor(session: Session, email: str = ANNA) -> Actor:
    found = queries.user_by_email(session, email)
    assert found is not None
    return Actor(name=email, user_id=found.id)


# Inviting


def test_an_invited_employee_is_linked_whatever_the_capitals(session: Session) -> None:
    anna = employee(session, "anna")
    commands.invite(session, Invite("ANNA@example.org"), actor=SYSTEM, now=NOW)
    made = session.scalars(select(User)).one()
    assert (made.email, made.employee_id, made.password_hash) == (ANNA, anna.id, None)


def test_nobody_is_invited_who_is_neither_employee_nor_given_a_role(session: Session) -> None:
    with pytest.raises(NobodyHasThisEmail):
        commands.invite(session, Invite("egor@example.org"), actor=SYSTEM, now=NOW)
    commands.invite(
        session, Invite("egor@example.org", frozenset({Role.HR})), actor=SYSTEM, now=NOW
    )


def test_who_becomes_an_employee_later_is_linked_at_the_next_sign_in(session: Session) -> None:
    user(session, ANNA, Role.HR)
    anna = employee(session, "anna")
    sign_in(session)
    assert session.scalars(select(User.employee_id)).one() == anna.id


def signed_in(session: Session, token: str, *, now: datetime) -> queries.Known | None:
    """As a request asks: of what is written."""
    session.flush()
    return queries.signed_in(token, now=now)


def bearer(session: Session, token: str, *, now: datetime) -> queries.Known | None:
    session.flush()
    return queries.bearer(token, now=now)


def test_an_invitation_works_once_and_the_last_one_only(session: Session) -> None:
    employee(session, "anna")
    first = commands.invite(session, Invite(ANNA), actor=SYSTEM, now=NOW)
    second = commands.invite(session, Invite(ANNA), actor=SYSTEM, now=NOW)
    for token in (first, "nonsense"):
        with pytest.raises(InvitationUnusable):
            commands.accept_invitation(
                session, AcceptInvitation(token, PASSWORD, HOME), actor=ANYONE, now=NOW
            )
    accept = AcceptInvitation(second, PASSWORD, HOME)
    signed = commands.accept_invitation(session, accept, actor=ANYONE, now=NOW)
    assert signed_in(session, signed.token, now=NOW) is not None
    with pytest.raises(InvitationUnusable):
        commands.accept_invitation(session, accept, actor=ANYONE, now=NOW)


def test_an_invitation_ends_after_a_week(session: Session) -> None:
    employee(session, "anna")
    token = commands.invite(session, Invite(ANNA), actor=SYSTEM, now=NOW)
    late = NOW + rules.INVITED_FOR
    queries.open_invitation(session, token, now=late - timedelta(seconds=1))
    with pytest.raises(InvitationUnusable):
        queries.open_invitation(session, token, now=late)


def test_a_weak_password_leaves_the_invitation_open(session: Session) -> None:
    employee(session, "anna")
    token = commands.invite(session, Invite(ANNA), actor=SYSTEM, now=NOW)
    with pytest.raises(PasswordWeak):
        commands.accept_invitation(
            session, AcceptInvitation(token, "password1234", HOME), actor=ANYONE, now=NOW
        )
    queries.open_invitation(session, token, now=NOW)


def test_choosing_a_new_password_ends_every_session(session: Session) -> None:
    employee(session, "anna")
    user(session, ANNA)
    old = sign_in(session)
    token = commands.invite(session, Invite(ANNA), actor=SYSTEM, now=NOW)
    accept = AcceptInvitation(token, "another four words", HOME)
    commands.accept_invitation(session, accept, actor=ANYONE, now=NOW)
    assert signed_in(session, old.token, now=NOW) is None
    with pytest.raises(SignInRefused):
        sign_in(session)


# Secrets


def test_no_token_and_no_password_is_kept(session: Session) -> None:
    employee(session, "anna")
    invitation = commands.invite(session, Invite(ANNA), actor=SYSTEM, now=NOW)
    accept = AcceptInvitation(invitation, PASSWORD, HOME)
    signed = commands.accept_invitation(session, accept, actor=ANYONE, now=NOW)
    token = commands.issue_token(session, IssueToken(ANNA, "script"), actor=SYSTEM, now=NOW)
    session.flush()
    secrets = (invitation, signed.token, token, PASSWORD)
    for model in (User, Invitation, SignIn, Token, Entry):
        for row in session.execute(select(model.__table__)):
            for secret in secrets:
                assert secret not in str(row)
                assert secret.encode() not in [v for v in row if isinstance(v, bytes)]
    assert len(set(secrets[:3])) == 3
    assert all(len(secret) >= 43 for secret in secrets[:3]), "256 bits each"
    assert PASSWORD not in repr(accept)
    assert signed.token not in repr(signed)


# Attempts


def admit(session: Session, now: object, email: str = ANNA, **more: str) -> None:
    attempt = AdmitAttempt(email, more.get("address", HOME.address), more.get("device"))
    commands.admit_attempt(session, attempt, actor=ANYONE, now=now)  # type: ignore[arg-type]


@pytest.mark.parametrize("email", [ANNA, "nobody@example.org", "no address"])
def test_attempts_wait_longer_and_longer_for_known_and_unknown_alike(
    session: Session, email: str
) -> None:
    now, waits = NOW, []
    for _ in range(12):
        admit(session, now, email)
        try:
            with session.begin_nested():
                admit(session, now, email)
        except TooManyAttempts as refused:
            wait = refused.data["retry_after"]
            waits.append(wait)
            now += timedelta(seconds=wait)
    assert waits == [2, 3, 5, 9, 17, 33, 61, 61, 61, 61], "the whole second after the delay"


def test_who_waits_is_not_counted(session: Session) -> None:
    for _ in range(5):
        admit(session, NOW)
    for _ in range(20):
        with pytest.raises(TooManyAttempts), session.begin_nested():
            admit(session, NOW)
    account = session.scalars(select(Attempt).where(Attempt.key.startswith("account:"))).one()
    assert account.failures == 5


def test_the_owner_gets_in_from_a_browser_that_is_known(session: Session) -> None:
    for number in range(200):
        try:
            with session.begin_nested():
                admit(session, NOW, address=f"198.51.100.{number}")
        except TooManyAttempts:
            pass
    with pytest.raises(TooManyAttempts), session.begin_nested():
        admit(session, NOW)
    admit(session, NOW, device="her laptop")


def test_one_address_trying_many_accounts_slows_down(session: Session) -> None:
    for number in range(50):
        admit(session, NOW, f"person{number}@example.org", address="198.51.100.7")
    with pytest.raises(TooManyAttempts), session.begin_nested():
        admit(session, NOW, "other@example.org", address="198.51.100.7")
    admit(session, NOW, "other@example.org", address="198.51.100.8")


def test_the_right_password_clears_the_account_and_not_the_address(session: Session) -> None:
    employee(session, "anna")
    user(session, ANNA)
    for _ in range(5):
        admit(session, NOW)
    sign_in(session)
    left = {row.key.partition(":")[0]: row.failures for row in session.scalars(select(Attempt))}
    assert left == {"address": 4}


def test_attempts_are_forgotten_after_a_day(session: Session) -> None:
    for _ in range(5):
        admit(session, NOW)
    later = NOW + rules.FORGOTTEN_AFTER + timedelta(seconds=1)
    admit(session, later)
    admit(session, later)
    assert commands.forget_attempts(session, now=later) == 0
    assert commands.forget_attempts(session, now=later + rules.FORGOTTEN_AFTER * 2) == 2


# Sessions

MINUTE = timedelta(minutes=1)


def test_a_session_ends_when_unused_and_in_any_case(session: Session) -> None:
    employee(session, "anna")
    user(session, ANNA)
    token = sign_in(session).token
    assert signed_in(session, token, now=NOW + rules.IDLE) is None
    now = NOW
    while now < NOW + rules.ABSOLUTE:
        known = signed_in(session, token, now=now)
        assert known is not None, "used every hour, it lasts"
        commands.touch(session, known, now=now)
        now += timedelta(hours=1)
    assert signed_in(session, token, now=now) is None


def test_use_is_written_at_most_once_a_minute(session: Session) -> None:
    employee(session, "anna")
    user(session, ANNA)
    token = sign_in(session).token
    known = signed_in(session, token, now=NOW)
    assert known is not None and known.seen_at == NOW
    for later, noted in ((timedelta(seconds=59), NOW), (MINUTE, NOW + MINUTE)):
        commands.touch(session, known, now=NOW + later)
        again = signed_in(session, token, now=NOW)
        assert again is not None and again.seen_at == noted


def test_changing_roles_ends_sessions_and_counts_for_tokens_at_once(session: Session) -> None:
    user(session, ANNA, Role.HR)
    signed = sign_in(session)
    token = commands.issue_token(session, IssueToken(ANNA, "script"), actor=SYSTEM, now=NOW)
    commands.change_roles(
        session, ChangeRoles(ANNA, frozenset({Role.PAYROLL})), actor=SYSTEM, now=NOW
    )
    assert signed_in(session, signed.token, now=NOW) is None
    known = bearer(session, token, now=NOW)
    assert known is not None
    assert known.actor.roles == {Role.PAYROLL}


def test_deactivating_ends_everything_for_good(session: Session) -> None:
    employee(session, "anna")
    user(session, ANNA)
    signed = sign_in(session)
    token = commands.issue_token(session, IssueToken(ANNA, "script"), actor=SYSTEM, now=NOW)
    invitation = commands.invite(session, Invite(ANNA), actor=SYSTEM, now=NOW)
    commands.set_active(session, SetActive(ANNA, False), actor=SYSTEM, now=NOW)
    assert signed_in(session, signed.token, now=NOW) is None
    assert bearer(session, token, now=NOW) is None
    with pytest.raises(SignInRefused):
        sign_in(session)
    with pytest.raises(InvitationUnusable):
        queries.open_invitation(session, invitation, now=NOW)
    for again in (Invite(ANNA), IssueToken(ANNA, "x")):
        verb = commands.invite if isinstance(again, Invite) else commands.issue_token
        with pytest.raises(UserInactive):
            verb(session, again, actor=SYSTEM, now=NOW)  # type: ignore[operator]
    commands.set_active(session, SetActive(ANNA, True), actor=SYSTEM, now=NOW)
    assert signed_in(session, signed.token, now=NOW) is None, "what ended stays ended"
    assert bearer(session, token, now=NOW) is None
    sign_in(session)


def test_unknown_users_cannot_be_changed(session: Session) -> None:
    with pytest.raises(UserUnknown):
        commands.set_active(session, SetActive("x@example.org", False), actor=SYSTEM, now=NOW)


# Tokens


def test_a_token_works_for_an_employee_nobody_invited_yet(session: Session) -> None:
    anna = employee(session, "anna")
    token = commands.issue_token(session, IssueToken(ANNA, "script"), actor=SYSTEM, now=NOW)
    assert token.startswith("ideals_")
    known = bearer(session, token, now=NOW)
    assert known is not None
    assert known.actor.employee_id == anna.id
    with pytest.raises(SignInRefused):
        sign_in(session, "")


def test_a_token_needs_somebody_to_act_as(session: Session) -> None:
    with pytest.raises(NobodyHasThisEmail):
        commands.issue_token(session, IssueToken("x@example.org", "s"), actor=SYSTEM, now=NOW)


def test_a_token_expires_and_can_be_revoked_by_its_owner_only(session: Session) -> None:
    user(session, ANNA, Role.HR)
    user(session, "egor@example.org", Role.HR)
    short = commands.issue_token(session, IssueToken(ANNA, "s", days=30), actor=SYSTEM, now=NOW)
    month = timedelta(days=30)
    assert bearer(session, short, now=NOW + month - timedelta(seconds=1)) is not None
    assert bearer(session, short, now=NOW + month) is None
    (row,) = queries.own_tokens(session, actor=actor(session), now=NOW)
    with pytest.raises(TokenUnknown):
        commands.revoke_token(
            session, RevokeToken(row.id), actor=actor(session, "egor@example.org"), now=NOW
        )
    commands.revoke_token(session, RevokeToken(row.id), actor=actor(session), now=NOW)
    assert bearer(session, short, now=NOW) is None
    assert queries.own_tokens(session, actor=actor(session), now=NOW) == []


# Demo and managers


def test_one_click_is_for_demo_people_only(session: Session) -> None:
    employee(session, "anna")
    employee(session, "boris")
    user(session, ANNA)
    commands.show_in_demo(
        session, ShowInDemo("boris@example.org", "manager"), actor=SYSTEM, now=NOW
    )
    (shown,) = queries.demo_people(session)
    assert (shown.name, shown.label) == ("Boris", "manager")
    signed = commands.demo_sign_in(session, DemoSignIn(shown.user_id, HOME), actor=ANYONE, now=NOW)
    assert signed_in(session, signed.token, now=NOW) is not None
    user_id = actor(session).user_id
    for refused in (user_id, 0):
        with pytest.raises(DemoOnly):
            commands.demo_sign_in(session, DemoSignIn(refused or 0, HOME), actor=ANYONE, now=NOW)


def test_a_manager_is_whoever_manages_somebody_that_day(session: Session) -> None:
    boris = employee(session, "boris")
    clara = employee(session, "clara")
    anna = employee(session, "anna", manager=boris)
    day = NOW.date()
    assert people.manages_anybody(session, boris.id, day)
    assert not people.manages_anybody(session, clara.id, day)
    assert not people.manages_anybody(session, anna.id, day)
    assert not people.manages_anybody(session, boris.id, day.replace(year=2019))


def test_every_act_stands_in_the_audit(session: Session) -> None:
    employee(session, "anna")
    user(session, ANNA)
    sign_in(session)
    session.flush()
    acts = list(session.scalars(select(Entry.act).order_by(Entry.id)))
    assert acts == [
        "access.invited",
        "access.password_chosen",
        "access.signed_out",
        "access.signed_in",
    ]
