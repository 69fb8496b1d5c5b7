"""The life of a run: rounds, turns, leases, poison, catching up."""

from __future__ import annotations

import threading
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.budgets import commands, queries
from ideals.budgets.commands import StartRun
from ideals.budgets.errors import (
    BeforeFirstMonth,
    LeaseLost,
    MonthTooFarAhead,
    NoSchemeInForce,
)
from ideals.budgets.models import Chunk, Run, Skip
from ideals.budgets.states import StartedAs
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger.queries import prove
from ideals.people.models import Employee
from tests.budgets.conftest import NOW, SIMPLE, Clock, allocate, people, publish, row

MARCH = Month(2026, 3)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def start(session: Session, month: Month = MARCH, scheme: str = "simple") -> Run:
    cmd = StartRun(scheme, month, look=False, started_as=StartedAs.COMMAND)
    return commands.start_run(session, cmd, actor=SYSTEM, now=NOW)


def planned(session: Session, *numbers: str) -> Run:
    publish(session)
    people(session, *(row(number) for number in numbers))
    run = start(session)
    commands.plan_run(session, run.id, actor=SYSTEM, now=NOW)
    return run


def test_starting_again_before_the_end_gives_the_same_run(session: Session) -> None:
    run = planned(session, "1")
    assert start(session).id == run.id


def test_two_who_start_at_once_start_one(own_database: str) -> None:
    with unit_of_work() as session:
        publish(session)
        people(session, row("1"))
    barrier, ids = threading.Barrier(8), []

    def one() -> None:
        barrier.wait()
        with unit_of_work() as session:
            ids.append(start(session).id)

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    with unit_of_work() as session:
        assert len(session.scalars(select(Run)).all()) == 1


def test_a_run_waits_while_another_of_its_scheme_posts(session: Session) -> None:
    first = planned(session, "1")
    second = start(session, Month(2026, 4))
    commands.plan_run(session, second.id, actor=SYSTEM, now=NOW)
    assert (first.state, second.state) == ("running", "planning")

    lease = commands.take_chunk(session, first.id, 1, now=NOW)
    assert lease is not None
    commands.work_chunk(session, lease, now=NOW)
    commands.close_run(session, first.id, actor=SYSTEM, now=NOW)
    commands.plan_run(session, second.id, actor=SYSTEM, now=NOW)

    assert (first.state, second.state) == ("done", "running")


def test_a_chunk_that_is_taken_is_not_given_twice(session: Session) -> None:
    run = planned(session, "1")
    assert commands.take_chunk(session, run.id, 1, now=NOW) is not None
    assert commands.take_chunk(session, run.id, 1, now=NOW) is None
    assert commands.take_chunk(session, run.id, 1, now=NOW + commands.LEASE) is not None


def test_a_worker_that_wakes_after_another_took_over_posts_nothing(session: Session) -> None:
    run = planned(session, "1")
    stale = commands.take_chunk(session, run.id, 1, now=NOW)
    later = NOW + commands.LEASE + timedelta(seconds=1)
    fresh = commands.take_chunk(session, run.id, 1, now=later)
    assert stale is not None
    assert fresh is not None

    with pytest.raises(LeaseLost), session.begin_nested():
        commands.work_chunk(session, stale, now=later)
    session.expire_all()
    commands.work_chunk(session, fresh, now=later)
    commands.close_run(session, run.id, actor=SYSTEM, now=later)

    assert run.state == "done"
    assert prove(session) == []


def test_a_chunk_that_kills_its_workers_is_split_down_to_the_one_who_does_it(
    session: Session,
) -> None:
    run = planned(session, "1", "2", "3")
    poison = session.scalars(select(Chunk.employee_ids).where(Chunk.run_id == run.id)).one()[1]
    now = NOW
    for _ in range(30):
        todo = session.scalars(
            select(Chunk).where(Chunk.run_id == run.id, Chunk.state == "todo").limit(1)
        ).first()
        if todo is None:
            break
        now += commands.LEASE + timedelta(seconds=1)
        lease = commands.take_chunk(session, run.id, todo.number, now=now)
        session.commit()
        if lease is not None and poison not in todo.employee_ids:
            commands.work_chunk(session, lease, now=now)
            session.commit()
    commands.close_run(session, run.id, actor=SYSTEM, now=now)

    assert run.state == "done"
    skip = session.scalars(select(Skip).where(Skip.run_id == run.id)).one()
    assert (skip.employee_id, skip.code) == (poison, "poison")
    assert prove(session) == []


def test_one_employee_whose_formula_divides_by_zero_does_not_stop_the_others(
    session: Session,
) -> None:
    text = SIMPLE.replace(
        'holiday_allowance: {formula: "8% * salary"}',
        'holiday_allowance: {formula: "8% * salary / allowance.divisor"}',
    )
    publish(session, text)
    people(session, row("1"), row("2"))
    run = allocate(session, "2026-03")
    skips = session.scalars(select(Skip).where(Skip.run_id == run.id)).all()
    assert run.state == "done"
    assert len(skips) == 2
    assert all("holiday_allowance" in skip.reason for skip in skips)


def test_missed_months_are_caught_up_in_order(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    allocate(session, "2026-01")
    commands.sweep(session, zone=AMSTERDAM, actor=SYSTEM, now=NOW)

    runs = session.scalars(select(Run).order_by(Run.id)).all()
    assert [str(run.month) for run in runs] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert [run.state for run in runs] == ["done", "running", "planning", "planning"]
    clock = Clock()
    while any(run.state != "done" for run in runs):
        commands.sweep(session, zone=AMSTERDAM, actor=SYSTEM, now=clock())
        session.expire_all()
        for chunk in session.scalars(select(Chunk).where(Chunk.state == "todo")).all():
            lease = commands.take_chunk(session, chunk.run_id, chunk.number, now=clock())
            assert lease is not None
            commands.work_chunk(session, lease, now=clock())
        session.expire_all()
    assert session.scalars(select(Run.month).order_by(Run.finished_at)).all() == [
        run.month for run in runs
    ]
    commands.sweep(session, zone=AMSTERDAM, actor=SYSTEM, now=clock())
    assert len(session.scalars(select(Run)).all()) == 4


def test_a_scheme_that_never_ran_is_due_for_this_month_only(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    commands.sweep(session, zone=AMSTERDAM, actor=SYSTEM, now=NOW)
    assert [str(m) for m in session.scalars(select(Run.month))] == ["2026-04"]


def test_the_month_is_the_organisations_not_the_servers(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    half_past_midnight = NOW.replace(month=3, day=31, hour=22, minute=30)  # 1 April in Amsterdam
    commands.sweep(session, zone=AMSTERDAM, actor=SYSTEM, now=half_past_midnight)
    assert [str(m) for m in session.scalars(select(Run.month))] == ["2026-04"]


def test_what_cannot_be_run_is_refused_with_what_would_be_right(session: Session) -> None:
    with pytest.raises(NoSchemeInForce):
        start(session)
    publish(session, SIMPLE.replace('first_month: "2020-01"', 'first_month: "2026-03"'))
    with pytest.raises(BeforeFirstMonth, match="begins in 2026-03"):
        start(session, Month(2026, 2))
    with pytest.raises(MonthTooFarAhead, match="2027-04"):
        start(session, Month(2062, 3))


def test_each_chunk_has_its_message(session: Session) -> None:
    run = planned(session, *(str(number) for number in range(1, 251)))
    messages = session.scalars(
        select(outbox.Message).where(outbox.Message.name == "budgets.work_chunk")
    ).all()
    assert [m.payload for m in messages] == [
        {"run_id": run.id, "number": number} for number in (1, 2)
    ]


def test_what_is_settled_is_not_read_again_and_what_waits_is_not_lost(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), row("2"), now=now())
    first = allocate(session, "2026-01", now=now())
    assert first.settled_through == first.changes_through

    people(session, row("1", valid_from="2026-03-01", part_time_factor="0.5"), now=now())
    people(session, row("2", full_time_salary="3100.00"), now=now())
    second = allocate(session, "2026-02", now=now())
    assert second.settled_through == first.changes_through, "March still has to be looked at"

    third = allocate(session, "2026-03", now=now())
    assert third.settled_through == third.changes_through
    assert third.changes_through == second.changes_through
    assert third.settled_through > first.settled_through


def test_a_change_after_planning_is_left_to_the_next_run(session: Session) -> None:
    """The run does not know it: marked as settled, it would never be looked at again."""
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    allocate(session, "2026-01", now=now())
    run = start(session, Month(2026, 2))
    commands.plan_run(session, run.id, actor=SYSTEM, now=now())
    people(session, row("1", full_time_salary="4000.00"), now=now())
    lease = commands.take_chunk(session, run.id, 1, now=now())
    assert lease is not None
    commands.work_chunk(session, lease, now=now())
    commands.close_run(session, run.id, actor=SYSTEM, now=now())
    before = given(session, Month(2026, 1))
    allocate(session, "2026-03", now=now())
    assert given(session, Month(2026, 1)) > before
    assert given(session, Month(2026, 1)) == given(session, Month(2026, 3))


def given(session: Session, month: Month) -> int:
    [id_] = session.scalars(select(Employee.id))
    return queries.budget_of(session, id_, month).allocated.minor
