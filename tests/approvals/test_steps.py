"""Steps after one another and side by side, questions, handing over, standing in, the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ideals.approvals import commands, queries
from ideals.approvals.commands import Answer, Decide
from ideals.approvals.errors import (
    AlreadyDecided,
    ApprovalUnknown,
    CannotHandOver,
    MayNotAnswer,
    MayNotDecide,
    NobodyToAsk,
    NoQuestion,
    NotAboutOneself,
    ReasonMissing,
)
from ideals.approvals.models import Approval, Delegation
from ideals.approvals.rules import By, Mode, Step, Then, Who
from ideals.approvals.states import Decision, Kind, State, Why
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.outbox import Message
from ideals.people.models import Unit
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Cast, Heard, ask, by, decide, one, step_of, told

ZONE = ZoneInfo("Europe/Amsterdam")
FAR = date(2026, 12, 31)
HR = by(By.ROLE, "hr")
BORIS = by(By.MANAGER)


def at(day: int, hour: int = 9, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=ZONE)


def look(session: Session, now: datetime) -> None:
    """The clock comes, twice, and so does everything that it announced."""
    for _ in range(2):
        commands.sweep(session, zone=ZONE, actor=SYSTEM, now=now)
        session.flush()
        waiting = select(Message).where(Message.done_at.is_(None)).order_by(Message.id)
        for message in session.scalars(waiting).all():
            act = {
                commands.ACT_ON_STEP: commands.act_on_step,
                commands.FOLLOW: commands.follow,
            }.get(message.name)
            if act is not None:
                for _ in range(2):
                    act(session, message.payload["step"], actor=SYSTEM, now=now)
                message.done_at = now
        session.flush()


def states(session: Session, approval: Approval) -> list[str]:
    return [step.state for step in queries.steps_of(session, [approval])[approval.id]]


def acts(session: Session, approval: Approval) -> list[str]:
    return [event.act for event in queries.history(session, approval)]


# One after another, side by side


def test_the_second_is_asked_when_the_first_has_agreed(
    session: Session, cast: Cast, heard: Heard
) -> None:
    made = ask(session, cast, who=[one(BORIS), one(HR)], due_on=FAR)
    assert states(session, made) == ["open", "waiting"]
    with pytest.raises(MayNotDecide):
        decide(session, made, cast.dina)
    decide(session, made, cast.boris)
    assert (made.state, states(session, made)) == (State.OPEN, ["approved", "open"])
    assert heard.decisions == []
    assert told(session) == [("approval.asked", "dina"), ("approval.asked", "henk")]
    decide(session, made, cast.henk)
    assert heard.decisions == [("order:1", "approved", None)]
    assert acts(session, made) == ["asked", "opened", "opened", "agreed", "approved"]


def test_a_refusal_of_anybody_ends_the_whole(session: Session, cast: Cast, heard: Heard) -> None:
    made = ask(session, cast, who=[one(BORIS, HR), one(HR)], due_on=FAR)
    decide(session, made, cast.dina)
    decide(session, made, cast.boris, Decision.REFUSE, "too dear")
    assert states(session, made) == ["refused", "approved", "ended"]
    assert heard.decisions == [("order:1", "refused", "too dear")]
    assert told(session) == []


def test_of_any_the_first_counts_and_the_other_is_told_who(
    session: Session, cast: Cast, heard: Heard
) -> None:
    made = ask(session, cast, who=[one(BORIS, HR, mode=Mode.ANY), one(HR)], due_on=FAR)
    decide(session, made, cast.boris)
    assert states(session, made) == ["approved", "skipped", "open"]
    with pytest.raises(AlreadyDecided) as late:
        decide(session, made, cast.boris)
    assert (late.value.data["by"], late.value.data["current"]) == ("Boris", "approved")
    assert heard.decisions == []


def test_everybody_must_agree_where_it_says_so(session: Session, cast: Cast) -> None:
    person = by(By.PERSON, "clara")
    made = ask(session, cast, who=[one(BORIS, person)], due_on=FAR)
    decide(session, made, cast.clara)
    assert made.state == State.OPEN
    decide(session, made, cast.boris)
    assert made.state == State.APPROVED


# With whom


def test_the_managers_manager_else_hr(session: Session, cast: Cast) -> None:
    factories.a_change(
        session, cast.people.boris, date(2026, 3, 1), manager_number="clara", now=NOW
    )
    above = by(By.MANAGERS_MANAGER)
    assert (
        step_of(session, ask(session, cast, who=[one(above)])).approver_id == cast.people.clara.id
    )
    other = ask(
        session, cast, who=[one(above)], subject="order:2", employee_id=cast.people.boris.id
    )
    assert (step_of(session, other).role, step_of(session, other).why) == ("hr", Why.NO_MANAGER)


def test_who_asked_or_whom_it_is_about_is_passed_over(session: Session, cast: Cast) -> None:
    factories.a_change(
        session, cast.people.boris, date(2026, 3, 1), manager_number="clara", now=NOW
    )
    made = ask(session, cast, actor=cast.boris)
    step = step_of(session, made)
    assert (step.approver_id, step.why) == (cast.people.clara.id, Why.ASKED_IT)
    person = by(By.PERSON, "anna")
    about = ask(session, cast, who=[one(person)], subject="order:2", actor=cast.clara)
    step = step_of(session, about)
    assert (step.approver_id, step.why) == (cast.people.boris.id, Why.ABOUT_THEM)


def test_the_owner_of_the_unit(session: Session, cast: Cast) -> None:
    owner = by(By.UNIT_OWNER)
    made = ask(session, cast, who=[one(owner)])
    assert step_of(session, made).why == Why.NO_OWNER
    session.execute(update(Unit).values(owner_id=cast.people.clara.id))
    other = ask(session, cast, who=[one(owner)], subject="order:2")
    assert step_of(session, other).approver_id == cast.people.clara.id


@pytest.mark.parametrize("number", ["nobody", ""])
def test_a_rule_that_names_nobody_goes_to_hr_and_says_so(
    session: Session, cast: Cast, number: str
) -> None:
    made = ask(session, cast, who=[one(by(By.PERSON, number))])
    assert (step_of(session, made).role, step_of(session, made).why) == ("hr", Why.NOBODY)
    lonely = ask(session, cast, who=[one(by(By.ROLE, "payroll"))], subject="order:2")
    assert (step_of(session, lonely).role, step_of(session, lonely).why) == ("hr", Why.NOBODY)


# Questions


def question(session: Session, made: Approval, actor: Actor, text: str, now: datetime) -> None:
    decide(session, made, actor, Decision.ASK, text, now=now)


def test_the_days_stand_still_until_there_is_an_answer(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(10))
    assert step_of(session, made).due_on == date(2026, 3, 13)
    question(session, made, cast.boris, "Which shop?", at(11))
    assert (step_of(session, made).state, step_of(session, made).days_left) == ("asked", 2)
    assert ("approval.question", "anna") in told(session)
    look(session, at(30))
    assert "overdue" not in acts(session, made)
    with pytest.raises(MayNotAnswer):
        commands.answer(session, Answer(made.id, "x"), actor=cast.dina, now=at(30))
    with pytest.raises(ApprovalUnknown):
        commands.answer(session, Answer(made.id, "x"), actor=cast.egor, now=at(30))
    with pytest.raises(ReasonMissing):
        commands.answer(session, Answer(made.id, " "), actor=cast.anna, now=at(30))
    commands.answer(session, Answer(made.id, "Around the corner"), actor=cast.anna, now=at(30))
    step = step_of(session, made)
    assert (step.state, step.days_left, step.due_on) == ("open", None, date(2026, 4, 1))
    assert ("approval.answer", "boris") in told(session)
    with pytest.raises(NoQuestion):
        commands.answer(session, Answer(made.id, "x"), actor=cast.anna, now=at(30))
    assert acts(session, made) == ["asked", "opened", "question", "answer"]


def test_it_can_be_decided_without_waiting_for_the_answer(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    question(session, made, cast.boris, "Why?", NOW)
    decide(session, made, cast.boris)
    assert made.state == State.APPROVED
    assert told(session) == []


def test_a_question_needs_words_and_somebody_to_ask(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    with pytest.raises(ReasonMissing):
        question(session, made, cast.boris, "", NOW)
    task = ask(
        session, cast, kind=Kind.TODO, who="hr", subject="t:1", employee_id=None, actor=SYSTEM
    )
    with pytest.raises(NobodyToAsk):
        question(session, task, cast.dina, "Who?", NOW)


# Handing over


def hand_over(session: Session, made: Approval, actor: Actor, to: str) -> None:
    cmd = Decide(made.id, Decision.HAND_OVER, "you know this", to)
    commands.decide(session, cmd, actor=actor, now=NOW)


def test_it_can_be_handed_over_and_is_theirs_then(session: Session, cast: Cast) -> None:
    made = ask(session, cast)
    hand_over(session, made, cast.boris, "clara")
    step = step_of(session, made)
    assert (step.approver_id, step.why) == (cast.people.clara.id, Why.HANDED_OVER)
    assert told(session)[-1] == ("approval.asked", "clara")
    with pytest.raises(ApprovalUnknown):
        decide(session, made, cast.boris)
    decide(session, made, cast.clara)


@pytest.mark.parametrize(
    ("to", "why"),
    [("anna", "about_them"), ("nobody", "unknown"), ("", "unknown"), ("boris", "theirs")],
)
def test_not_to_just_anybody(session: Session, cast: Cast, to: str, why: str) -> None:
    made = ask(session, cast)
    with pytest.raises(CannotHandOver) as refused:
        hand_over(session, made, cast.boris, to)
    assert refused.value.data["why"] == why


# Standing in


def stand_in(session: Session, away: int, to: int, kinds: list[str] | None = None) -> None:
    session.add(
        Delegation(
            id=new_id(),
            from_id=away,
            to_id=to,
            kinds=kinds,
            from_on=NOW.date(),
            until_on=NOW.date() + timedelta(days=7),
            made_at=NOW,
            made_by="x",
        )
    )
    session.flush()


def test_whoever_stands_in_decides_and_it_says_for_whom(session: Session, cast: Cast) -> None:
    people = cast.people
    stand_in(session, people.boris.id, people.clara.id)
    made = ask(session, cast)
    assert told(session) == [("approval.asked", "boris"), ("approval.asked", "clara")]
    decide(session, made, cast.clara)
    step = step_of(session, made)
    assert (step.decided_by_employee_id, step.decided_for_id) == (people.clara.id, people.boris.id)


def test_nobody_stands_in_about_themselves(session: Session, cast: Cast) -> None:
    people = cast.people
    stand_in(session, people.boris.id, people.anna.id)
    stand_in(session, people.anna.id, people.egor.id)
    made = ask(session, cast)
    with pytest.raises(NotAboutOneself):
        decide(session, made, cast.anna)
    with pytest.raises((MayNotDecide, ApprovalUnknown)):
        decide(session, made, cast.egor)  # whom Anna chose
    assert told(session) == [("approval.asked", "boris")]


def test_of_another_kind_or_after_its_days_it_does_not_count(session: Session, cast: Cast) -> None:
    people = cast.people
    stand_in(session, people.boris.id, people.clara.id, ["evidence"])
    with pytest.raises(ApprovalUnknown):
        decide(session, ask(session, cast), cast.clara)
    stand_in(session, people.boris.id, people.egor.id)
    with pytest.raises(ApprovalUnknown):
        decide(session, ask(session, cast, subject="order:2"), cast.egor, now=NOW + timedelta(8))


# The clock


def test_a_reminder_comes_once_a_working_day_before(session: Session, cast: Cast) -> None:
    ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(10))
    look(session, at(11))
    assert told(session) == [("approval.asked", "boris")]
    look(session, at(12))
    look(session, at(12, 18))
    assert told(session)[1:] == [("approval.reminder", "boris")]


def test_midnight_is_the_organisations_in_summer_and_winter(session: Session, cast: Cast) -> None:
    for subject, day, month, utc in (("order:1", 24, 3, 23), ("order:2", 20, 10, 22)):
        made = ask(
            session, cast, who=[one(BORIS)], subject=subject, due_on=FAR, now=at(day, 9, month)
        )
        due_on = step_of(session, made).due_on
        assert due_on is not None
        before = datetime(due_on.year, due_on.month, due_on.day - 2, utc - 1, 59, tzinfo=UTC)
        look(session, before)
        assert "reminded" not in acts(session, made)
        look(session, before + timedelta(minutes=1))
        assert "reminded" in acts(session, made)


def test_a_holiday_is_no_working_day(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(24, 9, 4))
    # Monday 27 April is King's Day.
    assert step_of(session, made).due_on == date(2026, 4, 30)


def test_what_waits_on_after_its_day_hr_is_told_of_once(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(10))
    look(session, at(14))
    look(session, at(15))
    assert made.state == State.OPEN
    late = [whom for kind, whom in told(session) if kind == "approval.overdue"]
    assert late == ["boris", "dina", "henk"]
    assert acts(session, made) == ["asked", "opened", "overdue"]


@pytest.mark.parametrize(("then", "state"), [(Then.APPROVE, "approved"), (Then.REFUSE, "refused")])
def test_the_clock_decides_through_the_same_road(
    session: Session, cast: Cast, heard: Heard, then: Then, state: str
) -> None:
    step = by(By.MANAGER, then=then)
    made = ask(session, cast, who=[one(step)], due_on=FAR, now=at(10))
    look(session, at(13, 23))
    assert made.state == State.OPEN
    look(session, at(14, 1))
    assert (made.state, made.ended_by) == (state, "system")
    assert [each[:2] for each in heard.decisions] == [("order:1", state)]


def test_after_three_days_of_silence_it_is_done_once(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=[one(BORIS)], due_on=FAR, now=at(10))
    look(session, at(17))
    assert acts(session, made) == ["asked", "opened", "overdue"]


def test_it_escalates_and_then_waits_there(session: Session, cast: Cast) -> None:
    factories.a_change(
        session, cast.people.boris, date(2026, 3, 1), manager_number="clara", now=NOW
    )
    step = by(By.MANAGER, then=Then.ESCALATE)
    made = ask(session, cast, who=[one(step)], due_on=FAR, now=at(10))
    look(session, at(14))
    found = step_of(session, made)
    assert (found.approver_id, found.why) == (cast.people.clara.id, Why.ESCALATED)
    assert found.due_on == date(2026, 3, 18)
    assert told(session) == [("approval.gone_on", "boris"), ("approval.asked", "clara")]
    look(session, at(19))
    assert acts(session, made)[-2:] == ["escalated", "overdue"]
    assert step_of(session, made).approver_id == cast.people.clara.id
    named = Step(Who(By.MANAGER), 3, Then.ESCALATE, Who(By.ROLE, "hr"))
    other = ask(session, cast, who=[one(named)], subject="order:2", due_on=FAR, now=at(10))
    look(session, at(14))
    assert step_of(session, other).role == Role.HR


def test_a_subject_whose_time_is_over_lets_go(session: Session, cast: Cast, heard: Heard) -> None:
    queries.EXPIRED.register("order", heard.expired)
    heard.lets_go = True
    made = ask(session, cast, who=[one(BORIS), one(HR)], due_on=FAR, now=at(10))
    look(session, at(14))
    assert (made.state, states(session, made)) == ("expired", ["ended", "ended"])
    assert heard.decisions == []


# People who moved on


def test_it_follows_when_the_manager_leaves(session: Session, cast: Cast) -> None:
    made = ask(session, cast, due_on=FAR, now=at(10))
    look(session, at(10))
    factories.a_change(
        session, cast.people.boris, date(2026, 3, 1), leaves_on=date(2026, 3, 11), now=at(11)
    )
    look(session, at(11))
    assert step_of(session, made).approver_id == cast.people.boris.id, "his last day"
    with pytest.raises(MayNotDecide):
        decide(session, made, cast.dina, now=at(11))
    look(session, at(12))
    step = step_of(session, made)
    assert (step.role, step.why) == ("hr", Why.LEFT)
    with pytest.raises((MayNotDecide, ApprovalUnknown)):
        decide(session, made, cast.boris, now=at(12))
    decide(session, made, cast.dina, now=at(12))


def test_it_follows_when_the_employee_gets_another_manager(session: Session, cast: Cast) -> None:
    made = ask(session, cast, due_on=FAR, now=at(10))
    look(session, at(10))
    factories.a_change(
        session, cast.people.anna, date(2026, 3, 16), manager_number="clara", now=at(11)
    )
    look(session, at(13))
    assert step_of(session, made).approver_id == cast.people.boris.id
    look(session, at(16))
    step = step_of(session, made)
    assert (step.approver_id, step.why) == (cast.people.clara.id, Why.MOVED)
    assert "moved" in acts(session, made)


def test_what_was_handed_over_stays_with_them(session: Session, cast: Cast) -> None:
    made = ask(session, cast, due_on=FAR, now=at(10))
    look(session, at(10))
    hand_over(session, made, cast.boris, "egor")
    factories.a_change(
        session, cast.people.anna, date(2026, 3, 11), manager_number="clara", now=at(11)
    )
    look(session, at(11))
    assert step_of(session, made).approver_id == cast.people.egor.id
