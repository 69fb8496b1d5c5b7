"""A month that closes while people shop, and is closed by several at once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ideals.app import connect_features
from ideals.budgets import commands as budgets
from ideals.budgets import queries as budget_queries
from ideals.budgets.models import Run
from ideals.budgets.states import RunKind, StartedAs
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger.models import Transfer
from ideals.ledger.queries import PROVERS, month_state, prove
from ideals.ledger.states import MonthState
from ideals.pricing.errors import MonthClosed
from ideals.seeds import factories
from ideals.seeds.commands import work_off
from ideals.shop.commands import DirectOrder, closing, order_directly
from ideals.shop.queries.closing import month_view
from tests.shop.conftest import ZONE

ROUNDS = 100
FIRST = Month(2018, 1)
LONGEST_PAUSE = 0.02
"""Seconds: a close needs about as long to let orders go elsewhere."""


@pytest.fixture
def anna(own_database: str) -> Iterator[int]:
    """One employee with 1,000.00 a month, paid each month if she does not choose."""
    connect_features()
    with unit_of_work() as session:
        factories.a_scheme(
            session,
            version="2018-01",
            first_month="2018-01",
            components={"budget": "1000"},
            calendar={"left_over": "pay_each_month"},
            now=datetime(2017, 1, 1, tzinfo=UTC),
        )
        hired = date(2017, 1, 1)
        employee = factories.an_employee(
            session, hired_on=hired, now=datetime(2017, 1, 1, tzinfo=UTC)
        )
        months = ledger.OpenMonths(FIRST, FIRST.plus(ROUNDS))
        ledger.open_months(session, months, actor=SYSTEM, now=datetime(2018, 1, 1, tzinfo=UTC))
        made = employee.id
    yield made


def at(month: Month) -> datetime:
    return datetime(month.year, month.month, 20, 9, tzinfo=UTC)


def order(employee: int, month: Month, order_id: UUID, pause: float) -> None:
    cmd = DirectOrder(order_id, employee, "cash", month, quantity=Decimal(10))
    time.sleep(pause)
    with unit_of_work() as session:
        order_directly(session, cmd, actor=SYSTEM, now=at(month), zone=ZONE)


def close(month: Month) -> list[int]:
    cmd = closing.CloseMonth(month, StartedAs.COMMAND)
    with unit_of_work() as session:
        runs = closing.close_month(session, cmd, actor=SYSTEM, now=at(month), zone=ZONE)
        return [run.id for run in runs]


def together(*acts: Callable[[], object]) -> list[object]:
    """All let go at once; what each answered, or the refusal it met."""
    barrier = threading.Barrier(len(acts))
    answers: list[object] = [None] * len(acts)

    def one(place: int, act: Callable[[], object]) -> None:
        barrier.wait(20)
        try:
            answers[place] = act()
        except IdealsError as refusal:
            answers[place] = refusal

    threads = [threading.Thread(target=one, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_an_order_at_the_moment_of_the_close_is_in_the_month_or_in_none(anna: int) -> None:
    """A hundred rounds: what was ordered is in the seal, and what was refused left nothing."""
    ordered = 0
    for month in FIRST.until(FIRST.plus(ROUNDS - 1)):
        with unit_of_work() as session:
            factories.a_run(session, month, now=at(month))
        order_id = new_id()
        pause = random.random() * LONGEST_PAUSE
        first, second = together(
            lambda: order(anna, month, order_id, pause),  # noqa: B023 - called at once
            lambda: close(month),  # noqa: B023
        )
        assert isinstance(second, list), second
        assert first is None or isinstance(first, MonthClosed), first
        ordered += first is None
        with unit_of_work() as session:
            work_off(session, now=at(month))
        with unit_of_work() as session:
            rows = dict(
                session.execute(
                    select(Transfer.reason, func.sum(Transfer.amount_minor))
                    .where(Transfer.month == month)
                    .group_by(Transfer.reason)
                ).all()
            )
            bought = 1_000 if first is None else 0
            assert rows.get("order", 0) == bought
            assert rows["left_over"] == 100_000 - bought
            assert month_state(session, month) is MonthState.SEALED
    assert 0 < ordered < ROUNDS, "neither was always first"
    with unit_of_work() as session:
        assert PROVERS.get("closes") is not None
        assert prove(session) == []


def test_of_eight_who_close_at_once_one_closes(anna: int) -> None:
    with unit_of_work() as session:
        factories.a_run(session, FIRST, now=at(FIRST))
    answers = together(*[lambda: close(FIRST)] * 8)
    assert len({tuple(answer) for answer in answers if isinstance(answer, list)}) == 1
    assert len([answer for answer in answers if isinstance(answer, list)]) == 8, answers
    with unit_of_work() as session:
        work_off(session, now=at(FIRST))
    with unit_of_work() as session:
        closes = select(func.count()).where(Run.kind == RunKind.CLOSE)
        assert session.scalars(closes).one() == 1
        assert prove(session) == []


def test_of_four_who_seal_at_once_one_seals(anna: int) -> None:
    with unit_of_work() as session:
        factories.a_run(session, FIRST, now=at(FIRST))
    close(FIRST)
    with unit_of_work() as session:
        for run_id in budget_queries.waiting_runs(session):
            budgets.plan_run(session, run_id, actor=SYSTEM, now=at(FIRST))
            lease = budgets.take_chunk(session, run_id, 1, now=at(FIRST))
            assert lease is not None
            budgets.work_chunk(session, lease, now=at(FIRST))
            budgets.close_run(session, run_id, actor=SYSTEM, now=at(FIRST))

    def seal() -> bool:
        with unit_of_work() as session:
            return closing.seal_closed(session, FIRST, actor=SYSTEM, now=at(FIRST))

    assert sorted(map(str, together(*[seal] * 4))) == ["False", "False", "False", "True"]
    with unit_of_work() as session:
        assert month_view(session, FIRST, date(2018, 2, 1)).digest is not None
