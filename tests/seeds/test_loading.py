from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text

from ideals.app import connect_features
from ideals.budgets.models import Run
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger import queries as ledger
from ideals.ledger.models import LedgerMonth
from ideals.ledger.states import MonthState
from ideals.seeds.commands import allocate
from ideals.seeds.errors import NumberOfEmployeesMissing, SeedUnknown
from ideals.seeds.large import COMPONENTS, SCHEME, people_rows
from ideals.seeds.loading import load
from ideals.shop.models import Order

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_large_is_as_large_as_asked_and_everybody_gets_every_component(own_database: str) -> None:
    told: list[str] = []
    assert load("large", now=NOW, zone=ZONE, employees=150, history=2, tell=told.append)
    assert told == ["150 employees", "2026-09", "2026-10"]
    with unit_of_work() as session:
        allocate(session, SCHEME, Month(2026, 11), actor=SYSTEM, now=NOW)
        posted = session.execute(
            text("SELECT month, code, count(*) FROM ledger_transfer GROUP BY 1, 2")
        ).all()
        assert {tuple(row) for row in posted} == {
            (month, code, 150) for month in (202609, 202610, 202611) for code in COMPONENTS
        }
        assert ledger.prove(session) == []


def test_large_is_loaded_once(own_database: str) -> None:
    assert load("large", now=NOW, zone=ZONE, employees=20)
    assert not load("large", now=NOW, zone=ZONE, employees=30)
    with unit_of_work() as session:
        assert session.scalar(text("SELECT count(*) FROM people_employee")) == 20


def test_rows_of_large_stream() -> None:
    """The ten thousandth row costs no more memory than the first."""
    rows = people_rows(1_000_000_000, 2026)
    next(rows)
    tracemalloc.start()
    last = list(islice(rows, 9_998, 9_999))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert last[0][0] == "L0010000"
    assert peak < 100_000


def test_what_cannot_be_loaded_is_said() -> None:
    with pytest.raises(SeedUnknown, match="meridian, large"):
        load("merdian", now=NOW, zone=ZONE)
    with pytest.raises(NumberOfEmployeesMissing):
        load("large", now=NOW, zone=ZONE)


def test_meridian_can_be_loaded_when_a_year_begins(own_database: str) -> None:
    """Ten minutes into January in Amsterdam, while the server still thinks it is December."""
    connect_features()
    told: list[str] = []
    now = datetime(2026, 12, 31, 23, 10, tzinfo=UTC)
    assert load("meridian", now=now, zone=ZONE, tell=told.append)
    assert (told[0], told[-1], len(told)) == ("2025-12", "2027-01", 14)
    with unit_of_work() as session:
        assert ledger.prove(session) == []
        sealed = select(func.max(LedgerMonth.month)).where(LedgerMonth.state == MonthState.SEALED)
        assert session.scalar(sealed) == Month(2026, 12)
        assert session.scalar(select(func.max(Run.month))) == Month(2027, 1)
        held = session.scalars(select(Order.month).where(Order.state == "held")).all()
        assert set(held) == {Month(2027, 1)}
    assert not load("meridian", now=now, zone=ZONE)
