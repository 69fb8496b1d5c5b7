"""Draws of finished days, what checks find, trust, and contests."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from ideals.approvals import commands, queries
from ideals.approvals.commands import Ask, Contest, Decide, checking
from ideals.approvals.errors import (
    ApprovalUnknown,
    CheckedItThemselves,
    CheckUnknown,
    ContestTooLate,
    MayNotDecide,
    NotAboutOneself,
    NothingToContest,
    NotYoursToContest,
    ReasonMissing,
)
from ideals.approvals.models import Approval, Check, Draw, PolicyVersion, Trust
from ideals.approvals.queries import checks, draws, in_force, trust
from ideals.approvals.states import CheckState, Decision, Kind, State
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import new_id
from ideals.outbox import Message
from tests.approvals.conftest import Cast, Heard, cast_of, step_of, told

ZONE = ZoneInfo("Europe/Amsterdam")
POLICY = """
policy: order
from: "2026-01-01"
name: {{en: Trust, nl: Vertrouwen}}
cases:
  - code: small
    when: amount <= 250
    says: {{en: Small things are yours to decide, nl: Kleine dingen beslist u zelf}}
    takes_effect: after
    check: {{share: {share}, who: {who}, days: 10, then: remind}}
    when_broken: {when_broken}
    steps:
      - {{who: manager, days: 5}}
  - code: dear
    says: {{en: Your manager decides, nl: Uw leidinggevende beslist}}
    steps:
      - {{who: manager, days: 5}}
"""


def at(day: int, hour: int = 9, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE)


NOW = at(10)  # a Tuesday


@pytest.fixture(autouse=True)
def checks_are_heard(heard: Heard) -> None:
    queries.DECIDED.register("check", checking.decided)
    queries.LOCKS.register("check", checking.lock_before_decision)


def publish(
    session: Session,
    *,
    share: str = "100%",
    who: str = "manager",
    when_broken: str = "check_all",
    from_: date = date(2026, 1, 1),
) -> None:
    text = POLICY.format(share=share, who=who, when_broken=when_broken)
    if when_broken == "check_all":
        text = text.replace(
            "    steps:\n      - {who: manager, days: 5}\n  - code: dear", "  - code: dear"
        )
    session.add(
        PolicyVersion(
            kind=Kind.ORDER,
            starts_on=from_,
            document=text.replace("2026-01-01", from_.isoformat()),
            digest="0" * 64,
            published_at=NOW,
            published_by="dina",
        )
    )
    session.flush()
    in_force.forget()


@pytest.fixture(autouse=True)
def forgotten() -> None:
    in_force.forget()


def buy(
    session: Session, who: Actor, *, now: datetime = NOW, subject: str | None = None
) -> Approval:
    id_ = new_id()
    cmd = Ask(
        id=id_,
        kind=Kind.ORDER,
        subject=subject or f"order:{id_}",
        employee_id=who.employee_id,
        what={"en": "Book", "nl": "Boek"},
    )
    made = commands.ask(session, cmd, actor=who, now=now)
    assert made is not None
    return made


def draw(session: Session, now: datetime) -> list[date]:
    """The clock comes twice, and so does everything that it announced; the days drawn."""
    days = []
    while (day := commands.draw_next_day(session, zone=ZONE, actor=SYSTEM, now=now)) is not None:
        days.append(day.day)
    session.flush()
    begin(session, now)
    return days


def begin(session: Session, now: datetime) -> None:
    waiting = select(Message).where(Message.name == commands.BEGIN_CHECK, Message.done_at.is_(None))
    for message in session.scalars(waiting.order_by(Message.id)).all():
        for _ in range(2):
            commands.begin_check(session, UUID(message.payload["check"]), actor=SYSTEM, now=now)
        message.done_at = now
    session.flush()


def check_of(session: Session, case: Approval) -> Check:
    session.flush()
    return session.scalars(select(Check).where(Check.approval_id == case.id)).one()


def find(
    session: Session,
    check: Check,
    actor: Actor,
    *,
    kept: bool,
    now: datetime,
    reason: str = "No bill was shown",
) -> Check:
    decision = Decision.APPROVE if kept else Decision.REFUSE
    cmd = Decide(check.id, decision, None if kept else reason)
    commands.decide(session, cmd, actor=actor, now=now)
    session.flush()
    return check


def answer(session: Session, check: Check, actor: Actor, *, grant: bool, now: datetime) -> None:
    about = checks.contested_about(session, check.id)
    assert about is not None
    decision = Decision.APPROVE if grant else Decision.REFUSE
    commands.decide(session, Decide(about.id, decision, "The bill"), actor=actor, now=now)
    session.flush()


def trusted(session: Session, actor: Actor) -> bool:
    assert actor.employee_id is not None
    return trust.trusted(session, actor.employee_id, Kind.ORDER)


def broken_one(session: Session, cast: Cast) -> Check:
    """Anna's first case, found broken on the 11th."""
    case = buy(session, cast.anna)
    draw(session, at(11))
    return find(session, check_of(session, case), cast.boris, kept=False, now=at(11, 10))


# Draws


def test_a_finished_day_is_drawn_once_with_a_seed_of_its_own(session: Session, cast: Cast) -> None:
    publish(session, share="50%")
    cases = [buy(session, cast.anna, now=NOW + timedelta(seconds=n)) for n in range(40)]
    assert all(case.state == State.APPROVED and case.effect == "after" for case in cases)
    assert draw(session, at(10, 23)) == []
    assert draw(session, at(11)) == [date(2026, 3, 10)]
    assert draw(session, at(11)) == []
    made = session.scalars(select(Draw)).one()
    assert (made.population, made.share, len(made.seed)) == (40, Decimal("0.5"), 32)
    found = session.scalar(select(func.count()).select_from(Check))
    assert 5 < made.drawn == made.by_chance == found < 35
    assert draws.repeat(session, made).agrees


def test_a_day_is_left_alone_until_what_came_last_is_there(session: Session, cast: Cast) -> None:
    publish(session)
    buy(session, cast.anna, now=datetime(2026, 3, 10, 23, 59, 59, tzinfo=ZONE))
    assert draw(session, datetime(2026, 3, 11, 0, 59, tzinfo=ZONE)) == []
    assert draw(session, at(11, 1)) == [date(2026, 3, 10)]


def test_missed_days_are_caught_up_in_order_and_empty_ones_passed(
    session: Session, cast: Cast
) -> None:
    publish(session)
    for day in (10, 11, 13):
        buy(session, cast.anna, now=at(day))
    assert draw(session, at(16)) == [date(2026, 3, day) for day in (10, 11, 13)]


def test_the_day_on_which_the_clock_changes_has_23_hours(session: Session, cast: Cast) -> None:
    publish(session)
    first = buy(session, cast.anna, now=datetime(2026, 3, 29, 0, 5, tzinfo=ZONE))
    last = buy(session, cast.anna, now=datetime(2026, 3, 29, 23, 55, tzinfo=ZONE))
    assert draw(session, at(30)) == [date(2026, 3, 29)]
    made = session.scalars(select(Draw)).one()
    assert made.ends_at - made.begins_at == timedelta(hours=23)
    assert {check_of(session, first).draw_id, check_of(session, last).draw_id} == {made.id}


def test_the_share_is_that_of_the_version_under_which_it_was_asked(
    session: Session, cast: Cast
) -> None:
    publish(session, share="0%")
    publish(session, share="100%", from_=date(2026, 3, 11))
    before = buy(session, cast.anna)
    after = buy(session, cast.anna, now=at(11))
    draw(session, at(12))
    made = session.scalars(select(Draw).order_by(Draw.day)).all()
    assert [(each.share, each.population, each.drawn) for each in made] == [(0, 1, 0), (1, 1, 1)]
    assert set(checks.by_case(session, [before, after])) == {after.id}


def test_a_draw_that_was_tampered_with_does_not_repeat(session: Session, cast: Cast) -> None:
    publish(session)
    case = buy(session, cast.anna)
    draw(session, at(11))
    made = session.scalars(select(Draw)).one()
    with session.begin_nested() as undone:
        late = buy(session, cast.egor)
        session.flush()
        assert not draws.repeat(session, made).same_population, late.id
        undone.rollback()
    assert draws.repeat(session, made).agrees
    with session.begin_nested() as undone:
        session.delete(check_of(session, case))
        session.flush()
        assert draws.repeat(session, made).missing == {case.id}
        undone.rollback()
    with pytest.raises(DBAPIError), session.begin_nested():
        made.seed = "f" * 32
        session.flush()


def test_what_follows_of_a_case_that_is_no_more_checked_is_noted(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(session)
    buy(session, cast.anna)
    monkeypatch.setattr(draws, "share_of", lambda *_: None)
    assert draw(session, at(11)) == [date(2026, 3, 10)]
    made = session.scalars(select(Draw)).one()
    assert (made.population, made.drawn) == (0, 0)
    assert draws.repeat(session, made).agrees


# What a check finds


def test_a_drawn_case_is_with_whom_the_policy_names(session: Session, cast: Cast) -> None:
    publish(session)
    case = buy(session, cast.anna)
    draw(session, at(11))
    check = check_of(session, case)
    assert (check.state, check.why) == (CheckState.OPEN, "drawn")
    approval = session.get_one(Approval, check.id)
    assert (approval.kind, approval.subject) == (Kind.CHECK, f"check:{check.id}")
    step = step_of(session, approval)
    assert (step.approver_id, step.due_on) == (cast.people.boris.id, date(2026, 3, 25))
    assert sorted(told(session)) == [("approval.asked", "boris"), ("check.drawn", "anna")]


def test_kept_is_told_and_changes_nothing(session: Session, cast: Cast) -> None:
    publish(session)
    case = buy(session, cast.anna)
    draw(session, at(11))
    check = find(session, check_of(session, case), cast.boris, kept=True, now=at(11, 10))
    assert (check.state, check.decided_by_employee_id) == ("kept", cast.people.boris.id)
    assert ("check.kept", "anna") in told(session)
    assert trusted(session, cast.anna)
    acts = [event.act for event in queries.history(session, case)]
    assert acts == ["asked", "at_once", "drawn", "kept"]


def test_broken_needs_a_reason_and_costs_trust(session: Session, cast: Cast) -> None:
    publish(session)
    case = buy(session, cast.anna)
    draw(session, at(11))
    check = check_of(session, case)
    with pytest.raises(ReasonMissing):
        find(session, check, cast.boris, kept=False, now=at(11, 10), reason=" ")
    find(session, check, cast.boris, kept=False, now=at(11, 10))
    assert (check.state, check.reason) == ("broken", "No bill was shown")
    assert check.contest_until == date(2026, 3, 25)
    assert ("check.broken", "anna") in told(session)
    assert not trusted(session, cast.anna) and trusted(session, cast.egor)


def test_nobody_checks_themselves(session: Session, cast: Cast) -> None:
    publish(session, who="{role: hr}")
    case = buy(session, cast.dina)
    draw(session, at(11))
    check = check_of(session, case)
    with pytest.raises(NotAboutOneself):
        find(session, check, cast.dina, kept=True, now=at(11, 10))
    find(session, check, cast.henk, kept=True, now=at(11, 10))
    with pytest.raises(IntegrityError), session.begin_nested():
        check.decided_by_employee_id = cast.people.dina.id
        session.flush()


def test_a_check_is_never_checked(session: Session, cast: Cast) -> None:
    publish(session)
    case = buy(session, cast.anna)
    draw(session, at(11))
    find(session, check_of(session, case), cast.boris, kept=True, now=at(11, 10))
    assert draw(session, at(12)) == []
    assert session.scalar(select(func.count()).select_from(Check)) == 1
    with pytest.raises(IntegrityError), session.begin_nested():
        check_of(session, case).kind = Kind.CHECK
        session.flush()


def test_only_whom_it_concerns_decides_it(session: Session, cast: Cast) -> None:
    publish(session)
    case = buy(session, cast.anna)
    draw(session, at(11))
    check = check_of(session, case)
    for actor in (cast.clara, cast.dina, cast.egor, cast.anna):
        with pytest.raises((MayNotDecide, NotAboutOneself, ApprovalUnknown)):
            find(session, check, actor, kept=True, now=at(11, 10))
    for actor in (cast.anna, cast.boris, cast.dina):
        assert checks.access_check(session, check.id, actor=actor, today=date(2026, 3, 11)) is check
    for actor in (cast.clara, cast.egor):
        with pytest.raises(CheckUnknown):
            checks.access_check(session, check.id, actor=actor, today=date(2026, 3, 11))


# What follows


def test_while_trust_is_lost_every_case_is_checked_until_one_is_kept(
    session: Session, cast: Cast
) -> None:
    publish(session)
    broken_one(session, cast)
    publish(session, share="0%", from_=date(2026, 3, 12))
    cases = [buy(session, cast.anna, now=at(12, hour)) for hour in (9, 10)]
    other = buy(session, cast.egor, now=at(12))
    draw(session, at(13))
    found = checks.by_case(session, [*cases, other])
    assert set(found) == {case.id for case in cases}
    assert {check.why for check in found.values()} == {"all_after_broken"}
    made = session.scalars(select(Draw).order_by(Draw.day.desc())).first()
    assert made is not None and (made.population, made.by_chance, made.drawn) == (3, 0, 2)
    assert draws.repeat(session, made).agrees
    find(session, found[cases[0].id], cast.boris, kept=True, now=at(13, 10))
    assert trusted(session, cast.anna)
    later = buy(session, cast.anna, now=at(13, 11))
    draw(session, at(14))
    assert checks.by_case(session, [later]) == {}
    assert draws.repeat(session, made).agrees, "whatever came after"


def test_where_the_policy_says_so_it_is_decided_before_and_then_checked(
    session: Session, cast: Cast
) -> None:
    publish(session, when_broken="before")
    broken_one(session, cast)
    case = buy(session, cast.anna, now=at(12))
    assert (case.state, case.effect, case.case_code) == ("open", "before", "small")
    assert draw(session, at(13)) == []
    commands.decide(session, Decide(case.id, Decision.APPROVE), actor=cast.boris, now=at(13))
    refused = buy(session, cast.anna, now=at(13))
    commands.decide(
        session, Decide(refused.id, Decision.REFUSE, "no"), actor=cast.boris, now=at(13)
    )
    session.flush()
    assert draw(session, at(14)) == [date(2026, 3, 13)]
    check = check_of(session, case)
    assert check.why == "all_after_broken"
    assert checks.by_case(session, [refused]) == {}
    find(session, check, cast.boris, kept=True, now=at(14, 10))
    assert trusted(session, cast.anna)
    assert buy(session, cast.anna, now=at(14, 11)).effect == "after"


def test_two_broken_ones_and_the_first_kept_one(session: Session, cast: Cast) -> None:
    publish(session)
    cases = [buy(session, cast.anna, now=at(10, hour)) for hour in (8, 9, 10)]
    draw(session, at(11))
    first, second, third = (check_of(session, case) for case in cases)
    find(session, first, cast.boris, kept=False, now=at(11, 10))
    find(session, second, cast.boris, kept=False, now=at(11, 11))
    assert not trusted(session, cast.anna)
    find(session, third, cast.boris, kept=True, now=at(11, 12))
    assert trusted(session, cast.anna)
    rows = session.scalars(select(Trust)).all()
    assert [(r.lost_by_check_id, r.restored_by_check_id, r.undone) for r in rows] == [
        (first.id, third.id, False)
    ]


# Contests


def test_a_contest_goes_to_hr_and_may_overturn(session: Session, cast: Cast) -> None:
    publish(session)
    check = broken_one(session, cast)
    case = buy(session, cast.anna, now=at(12))
    publish(session, share="0%", from_=date(2026, 3, 12))
    in_force.forget()
    draw(session, at(13))
    commands.contest(
        session, Contest(check.id, "The bill is there"), actor=cast.anna, now=at(13, 10)
    )
    assert check.state == "contested" and not trusted(session, cast.anna)
    assert {("approval.asked", "dina"), ("approval.asked", "henk")} <= set(told(session))
    assert ("check.contested", "boris") in told(session)
    with pytest.raises(ApprovalUnknown):
        answer(session, check, cast.boris, grant=False, now=at(13, 11))
    answer(session, check, cast.dina, grant=True, now=at(13, 12))
    assert check.state == "overturned" and trusted(session, cast.anna)
    assert {("check.overturned", "anna"), ("check.answered", "boris")} <= set(told(session))
    assert session.scalars(select(Trust)).one().undone
    acts = [
        event.act
        for event in queries.history(session, session.get_one(Approval, check.approval_id))
    ]
    assert acts[-4:] == ["drawn", "broken", "contested", "overturned"]
    assert case.state == State.APPROVED


def test_overturning_lets_go_of_what_followed(session: Session, cast: Cast) -> None:
    publish(session)
    check = broken_one(session, cast)
    publish(session, share="0%", from_=date(2026, 3, 12))
    case = buy(session, cast.anna, now=at(12))
    draw(session, at(13))
    follows = check_of(session, case)
    assert (follows.state, follows.why) == ("open", "all_after_broken")
    today = buy(session, cast.anna, now=at(13, 9))
    commands.contest(session, Contest(check.id, "No"), actor=cast.anna, now=at(13, 10))
    answer(session, check, cast.dina, grant=True, now=at(13, 12))
    assert follows.state == "void"
    assert session.get_one(Approval, follows.id).state == State.WITHDRAWN
    assert ("check.let_go", "anna") in told(session)
    draw(session, at(14))
    assert checks.by_case(session, [today]) == {}, "it was asked without trust, wrongly"
    assert all(draws.repeat(session, made).agrees for made in session.scalars(select(Draw)))


def test_upheld_leaves_it_as_it_is(session: Session, cast: Cast) -> None:
    publish(session)
    check = broken_one(session, cast)
    commands.contest(session, Contest(check.id, "No"), actor=cast.anna, now=at(12))
    with pytest.raises(ReasonMissing):
        about = checks.contested_about(session, check.id)
        assert about is not None
        commands.decide(session, Decide(about.id, Decision.REFUSE), actor=cast.dina, now=at(12))
    answer(session, check, cast.dina, grant=False, now=at(12, 10))
    assert (check.state, check.answer) == ("upheld", "The bill")
    assert not trusted(session, cast.anna)
    with pytest.raises(NothingToContest):
        commands.contest(session, Contest(check.id, "No"), actor=cast.anna, now=at(12, 11))


def test_an_earlier_one_overturned_does_not_excuse_a_later_one(
    session: Session, cast: Cast
) -> None:
    publish(session)
    cases = [buy(session, cast.anna, now=at(10, hour)) for hour in (8, 9, 10)]
    draw(session, at(11))
    first, kept, last = (check_of(session, case) for case in cases)
    find(session, first, cast.boris, kept=False, now=at(11, 10))
    find(session, kept, cast.boris, kept=True, now=at(11, 11))
    find(session, last, cast.boris, kept=False, now=at(11, 12))
    commands.contest(session, Contest(first.id, "No"), actor=cast.anna, now=at(12))
    answer(session, first, cast.dina, grant=True, now=at(12, 10))
    assert not trusted(session, cast.anna)
    commands.contest(session, Contest(last.id, "No"), actor=cast.anna, now=at(12))
    answer(session, last, cast.dina, grant=True, now=at(12, 11))
    assert trusted(session, cast.anna)


def test_only_whom_it_is_about_contests_and_only_in_time(session: Session, cast: Cast) -> None:
    publish(session)
    check = broken_one(session, cast)
    for actor, refusal in (
        (cast.boris, NotYoursToContest),
        (cast.dina, NotYoursToContest),
        (cast.egor, CheckUnknown),
    ):
        with pytest.raises(refusal):
            commands.contest(session, Contest(check.id, "No"), actor=actor, now=at(12))
    with pytest.raises(ReasonMissing):
        commands.contest(session, Contest(check.id, " "), actor=cast.anna, now=at(12))
    with pytest.raises(ContestTooLate):
        commands.contest(session, Contest(check.id, "No"), actor=cast.anna, now=at(26))
    commands.contest(session, Contest(check.id, "No"), actor=cast.anna, now=at(25, 23))
    with pytest.raises(NothingToContest):
        commands.contest(session, Contest(check.id, "No"), actor=cast.anna, now=at(12))


def test_who_made_the_check_does_not_decide_whether_it_stands(session: Session, cast: Cast) -> None:
    publish(session, who="{role: hr}")
    case = buy(session, cast.anna)
    draw(session, at(11))
    check = find(session, check_of(session, case), cast.dina, kept=False, now=at(11, 10))
    commands.contest(session, Contest(check.id, "No"), actor=cast.anna, now=at(12))
    with pytest.raises(CheckedItThemselves), session.begin_nested():
        answer(session, check, cast.dina, grant=False, now=at(12, 10))
    session.expire_all()
    answer(session, check, cast.henk, grant=False, now=at(12, 10))
    assert check.state == "upheld"


# Two at once, and killed in the middle


def test_killed_in_the_middle_nothing_half_is_left(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work() as session:
        cast = cast_of(session)
        publish(session)
        for _ in range(3):
            buy(session, cast.anna)

    class Killed(BaseException):
        pass

    def kill(*_: object, **__: object) -> None:
        raise Killed

    for name in ("announce_each", "announce"):
        with monkeypatch.context() as patch:
            patch.setattr(f"ideals.outbox.{name}", kill)
            with pytest.raises(Killed), unit_of_work() as session:
                commands.draw_next_day(session, zone=ZONE, actor=SYSTEM, now=at(11))
        with unit_of_work() as session:
            assert session.scalars(select(Draw)).all() == []
            assert session.scalars(select(Check)).all() == []
    with unit_of_work() as session:
        commands.draw_next_day(session, zone=ZONE, actor=SYSTEM, now=at(11))
    with unit_of_work() as session:
        assert {check.state for check in session.scalars(select(Check))} == {"drawn"}
        ids = session.scalars(select(Check.id)).all()
    with monkeypatch.context() as patch:
        patch.setattr("ideals.notices.commands.tell", kill)
        with pytest.raises(Killed), unit_of_work() as session:
            commands.begin_check(session, ids[0], actor=SYSTEM, now=at(11))
    with unit_of_work() as session:
        assert session.get_one(Check, ids[0]).state == "drawn"
        assert session.get(Approval, ids[0]) is None
        for _ in range(2):
            commands.begin_check(session, ids[0], actor=SYSTEM, now=at(11))
        assert session.get_one(Check, ids[0]).state == "open"


def test_names(session: Session, cast: Cast) -> None:
    publish(session)
    check = broken_one(session, cast)
    assert checks.names_of(session, [check])[check.id] == checks.CheckNames(
        "Anna", "anna", "Boris", None
    )
    assert checks.count_by_state(session) == {CheckState.BROKEN: 1}
