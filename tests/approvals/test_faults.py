"""What goes wrong around approvals: people who move between page and click, clocks that stop, come
twice or change, days that are none, policies that name nobody, and processes that are killed."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.approvals import commands, queries
from ideals.approvals.commands import Answer, Ask, Decide
from ideals.approvals.errors import ApprovalUnknown, MayNotDecide
from ideals.approvals.models import Approval, ApprovalStep, Look, PolicyVersion
from ideals.approvals.rules import MONDAY_TO_FRIDAY, By, Calendar, Mode, Step, Then, Who
from ideals.approvals.states import Decision, Kind, State, Why
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.outbox import Message
from ideals.people.models import WorkWeek
from ideals.people.rules.weeks import mask_of
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Cast, Heard, ask, by, cast_of, decide, one, step_of, told
from tests.approvals.test_steps import FAR, ZONE, acts, at, hand_over, look, question, states

BORIS = by(By.MANAGER)


# Between page and click


def test_who_is_the_manager_no_more_decides_nothing(session: Session, cast: Cast) -> None:
    made = ask(session, cast, due_on=FAR, now=at(10))
    factories.a_change(
        session, cast.people.anna, date(2026, 3, 11), manager_number="clara", now=at(11)
    )
    decide_at = at(11, 12)  # the clock has not come yet
    with pytest.raises(MayNotDecide), session.begin_nested():
        decide(session, made, cast.boris, now=decide_at)
    assert made.state == State.OPEN
    look(session, decide_at)
    with pytest.raises(ApprovalUnknown):
        decide(session, made, cast.boris, now=decide_at)
    decide(session, made, cast.clara, now=decide_at)


def test_hr_need_not_wait_for_the_clock_when_the_manager_left(session: Session, cast: Cast) -> None:
    made = ask(session, cast, due_on=FAR, now=at(10))
    factories.a_change(
        session, cast.people.boris, date(2026, 3, 1), leaves_on=date(2026, 3, 11), now=at(11)
    )
    with pytest.raises(MayNotDecide), session.begin_nested():
        decide(session, made, cast.dina, now=at(11))
    with pytest.raises(ApprovalUnknown), session.begin_nested():
        decide(session, made, cast.boris, now=at(12))
    decide(session, made, cast.dina, now=at(12))
    assert acts(session, made) == ["asked", "opened", "moved", "approved"]
    assert told(session) == []


def test_an_approver_whose_account_is_closed_decides_nothing(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    access.set_active(session, access.SetActive(cast.boris.name, False), actor=SYSTEM, now=NOW)
    with pytest.raises(MayNotDecide):
        decide(session, made, cast.boris)


def test_a_question_stays_out_and_keeps_its_days_when_the_step_moves(
    session: Session, cast: Cast
) -> None:
    made = ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(10))
    look(session, at(10))
    question(session, made, cast.boris, "Which shop?", at(12))
    factories.a_change(
        session, cast.people.anna, date(2026, 3, 16), manager_number="clara", now=at(12)
    )
    look(session, at(20))
    step = step_of(session, made)
    assert (step.state, step.approver_id, step.days_left) == ("asked", cast.people.clara.id, 1)
    assert ("approval.question", "anna") in told(session)
    commands.answer(session, Answer(made.id, "That one"), actor=cast.anna, now=at(23))
    assert (step.state, step.due_on) == ("open", date(2026, 3, 24))
    assert [kind for kind, whom in told(session) if whom == "anna"] == []


def test_a_question_that_is_handed_over_keeps_the_days_it_had(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=[one(by(By.MANAGER, days=10))], due_on=FAR, now=at(10))
    question(session, made, cast.boris, "Which shop?", at(10))
    cmd = Decide(made.id, Decision.HAND_OVER, None, "egor")
    commands.decide(session, cmd, actor=cast.boris, now=at(30))
    step = step_of(session, made)
    assert (step.state, step.days_left) == ("asked", 10)


def test_who_hands_over_has_it_no_longer_and_who_gets_it_back_is_told_again(
    session: Session, cast: Cast
) -> None:
    made = ask(session, cast)
    hand_over(session, made, cast.boris, "clara")
    assert told(session) == [("approval.asked", "clara")]
    later = NOW + timedelta(minutes=5)
    cmd = Decide(made.id, Decision.HAND_OVER, "you do", "boris")
    commands.decide(session, cmd, actor=cast.clara, now=later)
    assert told(session) == [("approval.asked", "boris")]


def test_it_escalates_past_who_let_it_lie(session: Session, cast: Cast) -> None:
    to_themselves = Step(Who(By.MANAGER), 3, Then.ESCALATE, Who(By.PERSON, "boris"))
    made = ask(session, cast, who=[one(to_themselves)], due_on=FAR, now=at(10))
    look(session, at(14))
    assert (step_of(session, made).role, step_of(session, made).why) == ("hr", Why.ESCALATED)


# The clock


def test_an_hourly_clock_over_both_changes_does_everything_once(
    session: Session, cast: Cast
) -> None:
    """Summer time begins on 29 March and ends on 25 October; both weekends lie inside the days."""
    for number, (day, month) in enumerate(((26, 3), (22, 10))):
        start = at(day, 9, month)
        made = ask(
            session, cast, who=[one(BORIS)], subject=f"order:{number}", due_on=FAR, now=start
        )
        due_on = step_of(session, made).due_on
        begun = start.astimezone(UTC)
        for hour in range(24 * 7):
            look(session, begun + timedelta(hours=hour))
        assert acts(session, made) == ["asked", "opened", "reminded", "overdue"]
        days = [each.at.astimezone(ZONE).date() for each in queries.history(session, made)[2:]]
        assert due_on is not None
        assert days == [due_on - timedelta(days=1), due_on + timedelta(days=1)]


def test_a_clock_that_stood_still_for_three_days_does_each_once(
    session: Session, cast: Cast, heard: Heard
) -> None:
    late = ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(10))
    yes = by(By.MANAGER, then=Then.APPROVE)
    decided = ask(session, cast, who=[one(yes)], subject="order:2", due_on=FAR, now=at(10))
    soon = ask(
        session,
        cast,
        who=[one(by(By.MANAGER, days=6))],
        subject="order:3",
        due_on=FAR,
        now=at(10),
    )
    for hour in (8, 8, 9):
        look(session, at(17, hour))
    assert acts(session, late) == ["asked", "opened", "overdue"]
    assert acts(session, decided) == ["asked", "opened", "approved"]
    assert acts(session, soon) == ["asked", "opened", "reminded"]
    assert heard.decisions == [("order:2", "approved", None)]


def test_what_was_announced_and_lost_is_found_the_next_day(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(10))
    commands.sweep(session, zone=ZONE, actor=SYSTEM, now=at(14))
    session.flush()
    for message in session.scalars(select(Message)).all():
        message.done_at = at(14)  # its task never did anything
    look(session, at(14, 12))
    assert "overdue" not in acts(session, made)
    look(session, at(15))
    assert acts(session, made)[-1] == "overdue"


# Days


def works_on(session: Session, employee_id: int, week: set[int]) -> None:
    days = mask_of(week)
    session.add(WorkWeek(employee_id=employee_id, days=days, changed_at=NOW, changed_by="x"))
    session.flush()


@pytest.mark.parametrize("week", [{0, 1}, {2}, {1, 3, 4}, {5, 6}, set(MONDAY_TO_FRIDAY)])
def test_a_last_day_is_a_working_day_of_whoever_has_it(
    session: Session, cast: Cast, week: set[int]
) -> None:
    works_on(session, cast.people.boris.id, week)
    holidays = Calendar("NL")
    for number in range(0, 366, 5):
        asked_at = NOW + timedelta(days=number)
        due_on = step_of(
            session,
            ask(
                session,
                cast,
                who=[one(BORIS)],
                subject=f"order:{number}",
                due_on=FAR + timedelta(days=400),
                now=asked_at,
            ),
        ).due_on
        assert due_on is not None
        assert holidays.is_working_day(due_on, week), due_on
        between = holidays.working_days_between(asked_at.date(), due_on, week)
        assert between == 3


def test_the_days_are_those_of_whoever_gets_it(session: Session, cast: Cast) -> None:
    works_on(session, cast.people.clara.id, {2})
    made = ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(10))
    look(session, at(10))
    factories.a_change(
        session, cast.people.anna, date(2026, 3, 11), manager_number="clara", now=at(11)
    )
    look(session, at(11))
    assert step_of(session, made).due_on == date(2026, 4, 1), "three Wednesdays on"


def test_a_subject_whose_last_day_is_a_holiday(session: Session, cast: Cast) -> None:
    good_friday_to_easter_monday = date(2026, 4, 6)
    made = ask(
        session, cast, who=[one(BORIS)], due_on=good_friday_to_easter_monday, now=at(2, 9, 4)
    )
    due_on = step_of(session, made).due_on
    assert due_on is not None
    assert Calendar("NL").is_working_day(due_on)
    assert due_on <= good_friday_to_easter_monday


# A policy


POLICY = """
policy: order
from: "{day}"
name: {{en: Test}}
cases:
  - code: free
    when: amount < 10
    says: {{en: Free}}
    takes_effect: at_once
  - code: afterwards
    when: product == 'book'
    says: {{en: Afterwards}}
    takes_effect: after
    check: {{share: 10%, who: manager, days: 10}}
  - code: nobody
    says: {{en: Somebody}}
    steps:
      - {{who: {{person: "9999"}}, days: 5}}
      - {{who: unit_owner, days: 5}}
"""


@pytest.fixture
def published(session: Session, monkeypatch: pytest.MonkeyPatch) -> PolicyVersion:
    product = queries.FactSaid(queries.FactKind.TEXT, "Product")  # type: ignore[arg-type]
    queries.FACTS.register(Kind.ORDER, {"product": product})
    document = POLICY.format(day=NOW.date())
    version = PolicyVersion(
        kind=Kind.ORDER,
        starts_on=NOW.date(),
        document=document,
        digest=hashlib.sha256(document.encode()).hexdigest(),
        published_at=NOW,
        published_by="x",
    )
    session.add(version)
    session.flush()
    return version


def an_order(cast: Cast, product: str = "bicycle") -> Ask:
    return Ask(new_id(), Kind.ORDER, "order:1", cast.people.anna.id, {"product": product})


def of_euros(cmd: Ask, euros: int) -> Ask:
    return replace(cmd, amount=Money(euros * 100))


def test_a_policy_that_names_nobody_goes_to_hr_and_says_so(
    session: Session, cast: Cast, published: PolicyVersion, heard: Heard
) -> None:
    cmd = of_euros(an_order(cast), 500)
    made = commands.ask(session, cmd, actor=cast.anna, now=NOW)
    assert made is not None
    assert (made.policy_id, made.case_code) == (published.id, "nobody")
    assert (step_of(session, made).role, step_of(session, made).why) == ("hr", Why.NOBODY)
    assert told(session) == [("approval.asked", "dina"), ("approval.asked", "henk")]
    decide(session, made, cast.dina)
    assert (step_of(session, made).role, step_of(session, made).why) == ("hr", Why.NO_OWNER)
    decide(session, made, cast.henk)
    assert heard.decisions == [("order:1", "approved", None)]


def test_what_takes_effect_at_once_costs_no_statement(
    session: Session, cast: Cast, published: PolicyVersion
) -> None:
    cmd = of_euros(an_order(cast), 5)
    commands.consider(session, cmd, actor=cast.anna, now=NOW)
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    for second in range(50):
        route = commands.consider(
            session, cmd, actor=cast.anna, now=NOW + timedelta(seconds=second)
        )
        assert commands.ask(session, cmd, actor=cast.anna, now=NOW, route=route) is None
    event.remove(connection, "before_cursor_execute", note)
    assert seen == []
    assert session.scalars(select(Approval)).all() == []


def test_what_takes_effect_afterwards_is_approved_by_nobody(
    session: Session, cast: Cast, published: PolicyVersion, heard: Heard
) -> None:
    cmd = of_euros(an_order(cast, "book"), 50)
    made = commands.ask(session, cmd, actor=cast.anna, now=NOW)
    assert made is not None
    assert (made.effect, made.state, made.ended_by) == ("after", "approved", "system")
    assert queries.steps_of(session, [made])[made.id] == []
    assert heard.decisions == [], "its subject takes effect itself"
    assert commands.ask(session, cmd, actor=cast.anna, now=NOW) is made
    assert made.facts["product"] == "book"
    assert made.facts["amount"] == "50.00"
    assert "salary" not in str(made.facts)


# What the database refuses by itself


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"approver_id": "anna"}, "with_somebody_else"),
        ({"approver_id": "clara"}, "with_somebody_else"),
        ({"approver_id": None}, "with_somebody"),
        ({"role": "hr"}, "with_somebody"),
        ({"due_on": None}, "with_somebody"),
    ],
)
def test_no_step_waits_for_nobody_or_for_who_must_not_decide_it(
    session: Session, cast: Cast, values: dict[str, object], constraint: str
) -> None:
    made = ask(session, cast, actor=cast.clara)
    ids = {"anna": cast.people.anna.id, "clara": cast.people.clara.id}
    step = step_of(session, made)
    with pytest.raises(IntegrityError, match=constraint), session.begin_nested():
        for name, value in values.items():
            setattr(step, name, ids.get(str(value), value))
        session.flush()


def test_nobody_is_stood_in_for_about_themselves(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    decide(session, made, cast.boris)
    session.flush()
    step = step_of(session, made)
    with pytest.raises(IntegrityError, match="nobody_about_themselves"), session.begin_nested():
        step.decided_for_id = cast.people.anna.id
        session.flush()


def test_the_history_is_only_added_to(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    first = queries.history(session, made)[0]
    with pytest.raises(Exception, match="only"), session.begin_nested():
        first.said = "something else"
        session.flush()


# Killed


class Killed(BaseException):
    pass


def test_killed_in_the_middle_of_a_look_nothing_is_lost_or_done_twice(
    own_database: str, heard: Heard
) -> None:
    """Before the commit of a look, of an act, and after an act whose message was not yet done."""
    with unit_of_work() as session:
        cast = cast_of(session)
        step = by(By.MANAGER, then=Then.APPROVE)
        for number in range(20):
            ask(session, cast, who=[one(step)], subject=f"order:{number}", due_on=FAR, now=at(10))
    with pytest.raises(Killed), unit_of_work() as session:
        commands.sweep(session, zone=ZONE, actor=SYSTEM, now=at(14))
        session.flush()
        raise Killed
    assert messages() == []
    for _ in range(2):
        with unit_of_work() as session:
            commands.sweep(session, zone=ZONE, actor=SYSTEM, now=at(14))
    sent = messages()
    assert len(sent) == 20
    for number, step_id in enumerate(sent):
        if number % 3 == 0:
            with pytest.raises(Killed), unit_of_work() as session:
                commands.act_on_step(session, step_id, actor=SYSTEM, now=at(14))
                session.flush()
                raise Killed
            heard.decisions.pop()  # what the killed transaction had told was undone with it
        for _ in range(1 + number % 2):
            with unit_of_work() as session:
                commands.act_on_step(session, step_id, actor=SYSTEM, now=at(14))
    told_of = Counter(subject for subject, _, _ in heard.decisions)
    assert told_of == {f"order:{number}": 1 for number in range(20)}
    with unit_of_work() as session:
        assert set(session.scalars(select(Approval.state))) == {"approved"}
        assert set(session.scalars(select(ApprovalStep.next_on))) == {None}


def messages() -> list[int]:
    with unit_of_work() as session:
        found = session.scalars(
            select(Message).where(Message.name == commands.ACT_ON_STEP).order_by(Message.id)
        )
        return [message.payload["step"] for message in found]


def test_a_look_that_fails_leaves_its_mark_where_it_was(session: Session, cast: Cast) -> None:
    look(session, at(10))
    made = ask(session, cast, due_on=FAR, now=at(10))
    factories.a_change(
        session, cast.people.anna, date(2026, 3, 11), manager_number="clara", now=at(11)
    )
    session.flush()
    inner = session.begin_nested()
    commands.sweep(session, zone=ZONE, actor=SYSTEM, now=at(11))
    session.flush()
    inner.rollback()
    session.expire_all()
    assert session.get_one(Look, 1).day == date(2026, 3, 10)
    look(session, at(11, 10))
    assert step_of(session, made).approver_id == cast.people.clara.id


def test_side_by_side_a_yes_of_the_clock_counts_like_a_persons(
    session: Session, cast: Cast, heard: Heard
) -> None:
    first = by(By.MANAGER, days=2, then=Then.APPROVE)
    second = by(By.ROLE, "hr", days=9)
    made = ask(session, cast, who=[one(first, second, mode=Mode.ANY)], due_on=FAR, now=at(10))
    look(session, at(13))
    assert (made.state, states(session, made)) == (State.APPROVED, ["approved", "skipped"])
    assert heard.decisions == [("order:1", "approved", None)]
    step = queries.steps_of(session, [made])[made.id][0]
    assert (step.decided_by, step.decided_by_user_id) == ("system", None)


def test_the_clock_in_tokyo_and_new_york_sees_the_organisations_day(
    session: Session, cast: Cast
) -> None:
    made = ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(10))
    moment = datetime(2026, 3, 14, 0, 30, tzinfo=ZONE)
    for zone in ("Asia/Tokyo", "America/New_York"):
        look(session, (moment - timedelta(hours=1)).astimezone(ZoneInfo(zone)))
    assert "overdue" not in acts(session, made)
    look(session, moment.astimezone(ZoneInfo("America/New_York")))
    assert acts(session, made)[-1] == "overdue"
