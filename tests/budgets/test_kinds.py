"""Runs of several kinds: one machinery, and what only allocations mean."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideals.budgets import commands, queries
from ideals.budgets.commands import Kind, StartRun, allocation
from ideals.budgets.errors import RunNotFound
from ideals.budgets.models import Chunk, Run, Skip
from ideals.budgets.queries import runs as run_queries
from ideals.budgets.rules import Worked
from ideals.budgets.states import RunKind, StartedAs
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.people.models import FactChange
from tests.budgets.conftest import NOW, allocate, people, publish, row

MARCH, APRIL = Month(2026, 3), Month(2026, 4)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Runs of choices look at everybody of the scheme, skip the first and note the others."""
    looked_at: list[int] = []

    def work(session: Session, run: Run, ids: list[int], now: object) -> Worked:
        looked_at.extend(ids[1:])
        return Worked({ids[0]: ("first", "is the first")}, 0, len(ids) - 1, [])

    kind = Kind(
        check=lambda *_: None,
        plan=queries.population,
        work=work,
        skipped=lambda *_: None,
        finish=lambda *_: None,
    )
    monkeypatch.setitem(commands.KINDS._handlers, RunKind.CHOICES, kind)
    return looked_at


def start(session: Session, kind: RunKind = RunKind.CHOICES, month: Month = MARCH) -> Run:
    cmd = StartRun("simple", month, look=False, started_as=StartedAs.SCHEDULE, kind=kind)
    return commands.start_run(session, cmd, actor=SYSTEM, now=NOW)


def plan(session: Session, run: Run) -> str:
    commands.plan_run(session, run.id, actor=SYSTEM, now=NOW)
    return run.state


def work(session: Session, run: Run) -> None:
    for number in session.scalars(select(Chunk.number).where(Chunk.run_id == run.id)).all():
        lease = commands.take_chunk(session, run.id, number, now=NOW)
        assert lease is not None
        commands.work_chunk(session, lease, now=NOW)
    commands.close_run(session, run.id, actor=SYSTEM, now=NOW)


def test_each_kind_counts_its_own_rounds_and_names_itself(
    session: Session, seen: list[int]
) -> None:
    publish(session)
    people(session, row("1"), row("2"), row("3"))
    first = allocate(session, "2026-03")
    choices = start(session)
    plan(session, choices)
    work(session, choices)
    again = start(session)

    assert first.source == "run:simple:2026-03:1"
    assert choices.source == "choices:simple:2026-03:1"
    assert again.source == "choices:simple:2026-03:2"
    assert (choices.state, len(seen)) == ("done", 2)


def test_whoever_a_kind_skips_is_listed_and_leaves_no_mark_for_allocations(
    session: Session, seen: list[int]
) -> None:
    publish(session)
    people(session, row("1"), row("2"))
    allocate(session, "2026-03")
    marks = len(session.scalars(select(FactChange)).all())
    choices = start(session)
    plan(session, choices)
    work(session, choices)

    skips = session.scalars(select(Skip).where(Skip.run_id == choices.id)).all()
    assert [(skip.code, skip.reason) for skip in skips] == [("first", "is the first")]
    assert len(session.scalars(select(FactChange)).all()) == marks


def test_one_run_of_a_scheme_works_at_a_time_the_earliest_month_first(
    session: Session, seen: list[int]
) -> None:
    publish(session)
    people(session, row("1"), row("2"))
    april = start(session, RunKind.ALLOCATION, APRIL)
    march = start(session, RunKind.CHOICES, MARCH)

    assert plan(session, april) == "planning", "March comes first, though it was asked for later"
    assert plan(session, march) == "running"
    assert plan(session, april) == "planning", "one works at a time, whatever its kind"
    assert run_queries.waits_for(session, april) is march
    work(session, march)
    assert plan(session, april) == "running"


def test_what_is_said_of_allocations_is_not_said_of_other_kinds(
    session: Session, seen: list[int]
) -> None:
    publish(session)
    people(session, row("1"), row("2"))
    allocate(session, "2026-03")
    choices = start(session, month=APRIL)
    plan(session, choices)
    work(session, choices)

    assert queries.months_run(session, "simple") == {MARCH}
    assert queries.due_months(session, APRIL.first) == [("simple", APRIL)]
    listed = session.scalars(run_queries.runs_wanted(run_queries.RunsAsked())).all()
    assert [run.kind for run in listed] == ["allocation"]
    assert run_queries.run_choices(session).months == [MARCH]
    with pytest.raises(RunNotFound):
        run_queries.run_of(session, choices.id)
    assert queries.run_view(session, choices.id).kind is RunKind.CHOICES
    assert list(queries.prove_runs(session)) == []


def test_only_allocations_can_be_looks(session: Session, seen: list[int]) -> None:
    publish(session)
    cmd = StartRun("simple", MARCH, True, StartedAs.SCHEDULE, RunKind.CHOICES)
    with pytest.raises(IntegrityError, match="budgets_run_looks_allocate"):
        commands.start_run(session, cmd, actor=SYSTEM, now=NOW)


def test_an_allocation_that_posted_is_followed_and_a_look_is_not(
    session: Session, seen: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def follow(session: Session, run: Run, now: object) -> None:
        start(session, month=run.month)

    registered: dict[str, Callable[..., None]] = {"choices": follow}
    monkeypatch.setattr(allocation.AFTER_ALLOCATION, "_handlers", registered)
    publish(session)
    people(session, row("1"))
    allocate(session, "2026-03", look=True)
    assert session.scalars(select(Run).where(Run.kind == RunKind.CHOICES)).all() == []
    allocate(session, "2026-03")
    followers = session.scalars(select(Run).where(Run.kind == RunKind.CHOICES)).all()
    assert [(run.month, run.round, run.state) for run in followers] == [(MARCH, 1, "planning")]
