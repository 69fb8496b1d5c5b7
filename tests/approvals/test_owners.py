"""Steps follow the owner of a unit, and days follow the week of whoever has them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pytest
from sqlalchemy.orm import Session

from ideals.approvals import queries
from ideals.approvals.errors import ApprovalUnknown, MayNotDecide
from ideals.approvals.rules import By
from ideals.approvals.states import State, Why
from ideals.people.commands.units import GiveOwner, KeepWeek, give_owner, keep_week
from ideals.people.models import Unit
from ideals.people.queries import organisation, unit_by_path
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Cast, ask, by, decide, one, step_of, told
from tests.approvals.test_steps import at, look

ZWOLLE, RETAIL = "Bank/Retail/Zwolle", "Bank/Retail"
OWNER = by(By.UNIT_OWNER)
FAR = date(2026, 12, 31)


def own(session: Session, cast: Cast, path: str, owner: str | None, day: int = 10) -> Unit:
    seen = unit_by_path(session, path).owner_version
    unit = give_owner(session, GiveOwner(path, owner, seen), actor=cast.dina, now=at(day))
    session.flush()
    return unit


def works_on(session: Session, cast: Cast, number: str, days: Collection[int]) -> None:
    keep_week(session, KeepWeek(days, number), actor=cast.dina, now=NOW)
    session.flush()


def test_it_is_with_the_nearest_owner_and_moves_when_another_is_given(
    session: Session, cast: Cast
) -> None:
    own(session, cast, RETAIL, "clara")
    made = ask(session, cast, who=[one(OWNER)], due_on=FAR, now=at(10))
    assert step_of(session, made).approver_id == cast.people.clara.id
    look(session, at(10))
    own(session, cast, RETAIL, "egor", day=11)
    look(session, at(11))
    step = step_of(session, made)
    assert (step.approver_id, step.why) == (cast.people.egor.id, Why.MOVED)
    assert told(session) == [("approval.asked", "egor")], "and Clara need not read of it any more"
    moved = [event for event in queries.history(session, made) if event.act == "moved"]
    assert [(event.to_id, event.why) for event in moved] == [(cast.people.egor.id, "moved")]
    with pytest.raises((MayNotDecide, ApprovalUnknown)):
        decide(session, made, cast.clara, now=at(11))
    decide(session, made, cast.egor, now=at(11))
    assert made.state == State.APPROVED


def test_a_nearer_owner_takes_nothing_from_who_has_it(session: Session, cast: Cast) -> None:
    own(session, cast, RETAIL, "clara")
    made = ask(session, cast, who=[one(OWNER)], due_on=FAR, now=at(10))
    look(session, at(10))
    own(session, cast, ZWOLLE, "egor", day=11)
    look(session, at(11))
    assert step_of(session, made).approver_id == cast.people.clara.id
    decide(session, made, cast.clara, now=at(11))
    later = ask(session, cast, who=[one(OWNER)], subject="order:2", due_on=FAR, now=at(11))
    assert step_of(session, later).approver_id == cast.people.egor.id


def test_another_managers_manager_gets_it_without_waiting_for_its_last_day(
    session: Session, cast: Cast
) -> None:
    change = {"manager_number": "clara"}
    factories.a_change(session, cast.people.boris, date(2026, 3, 1), now=NOW, **change)
    above = by(By.MANAGERS_MANAGER)
    made = ask(session, cast, who=[one(above)], due_on=FAR, now=at(10))
    assert step_of(session, made).approver_id == cast.people.clara.id
    look(session, at(10))
    change = {"manager_number": "egor"}
    factories.a_change(session, cast.people.boris, date(2026, 3, 11), now=at(11), **change)
    look(session, at(11))
    assert step_of(session, made).approver_id == cast.people.egor.id


def test_without_any_owner_it_goes_to_hr(session: Session, cast: Cast) -> None:
    own(session, cast, RETAIL, "clara")
    made = ask(session, cast, who=[one(OWNER)], due_on=FAR, now=at(10))
    look(session, at(10))
    own(session, cast, RETAIL, None, day=11)
    look(session, at(11))
    step = step_of(session, made)
    assert (step.approver_id, step.role, step.why) == (None, "hr", Why.NO_OWNER)


def test_who_is_owner_at_the_decision_counts_before_the_clock_has_looked(
    session: Session, cast: Cast
) -> None:
    own(session, cast, RETAIL, "clara")
    made = ask(session, cast, who=[one(OWNER)], due_on=FAR, now=at(10))
    own(session, cast, RETAIL, "egor", day=11)
    with pytest.raises((MayNotDecide, ApprovalUnknown)):
        decide(session, made, cast.clara, now=at(11))
    assert step_of(session, made).approver_id == cast.people.egor.id


def test_an_owner_who_leaves_is_passed_over_for_the_one_above(session: Session, cast: Cast) -> None:
    own(session, cast, ZWOLLE, "egor")
    own(session, cast, RETAIL, "clara")
    made = ask(session, cast, who=[one(OWNER)], due_on=FAR, now=at(10))
    assert step_of(session, made).approver_id == cast.people.egor.id
    look(session, at(10))
    gone = date(2026, 3, 11)
    factories.a_change(session, cast.people.egor, date(2026, 3, 1), leaves_on=gone, now=at(10))
    look(session, at(12))
    assert step_of(session, made).approver_id == cast.people.clara.id
    line = organisation.unit_line(session, ZWOLLE, actor=cast.dina, today=date(2026, 3, 12))
    assert (line.owner_name, line.owner_left, line.answers_name) == ("Egor", True, "Clara")


def test_a_part_timer_has_their_own_working_days(session: Session, cast: Cast) -> None:
    made = ask(session, cast, who=[one(by(By.MANAGER))], due_on=FAR, now=at(10))
    assert step_of(session, made).due_on == date(2026, 3, 13), "Wednesday, Thursday, Friday"
    works_on(session, cast, "boris", [0, 1])
    other = ask(session, cast, who=[one(by(By.MANAGER))], subject="order:2", due_on=FAR, now=at(10))
    assert step_of(session, other).due_on == date(2026, 3, 23), "Monday, Tuesday, Monday"
    assert step_of(session, made).due_on == date(2026, 3, 13), "what was asked before keeps its day"
    late = date(2026, 3, 20)  # a Friday
    third = ask(
        session, cast, who=[one(by(By.MANAGER))], subject="order:3", due_on=late, now=at(10)
    )
    assert step_of(session, third).due_on == date(2026, 3, 17), "none later than what it is about"
