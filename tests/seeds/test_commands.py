from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from ideals.app import connect_features
from ideals.budgets import queries as budgets
from ideals.budgets.models import Run, Skip
from ideals.budgets.queries.leave import leave_books, leave_of
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger import queries as ledger
from ideals.ledger.models import LedgerMonth, Transfer
from ideals.payroll.models import Batch
from ideals.payroll.queries import prove_batches
from ideals.people.models import Employee, Employment
from ideals.seeds.commands import demo_people
from ideals.seeds.meridian import LoadMeridian, load_meridian

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
THIS = Month(2026, 11)
ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture(scope="module")
def meridian(shared_engine: Engine) -> Iterator[Session]:
    """The organisation, loaded once for these tests, which only look.

    It holds its locks until the module ends: no test here may use another connection.
    """
    connect_features()
    with shared_engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            load_meridian(session, LoadMeridian(NOW.date()), actor=SYSTEM, now=NOW, zone=ZONE)
            yield session
        outer.rollback()


def number_id(session: Session, number: str) -> int:
    return session.scalars(select(Employee.id).where(Employee.number == number)).one()


def test_every_month_is_allocated_once_and_in_order(meridian: Session) -> None:
    runs = meridian.scalars(select(Run).where(*budgets.ALLOCATIONS).order_by(Run.id)).all()
    assert [run.month for run in runs] == list(THIS.plus(-13).until(THIS))
    assert {(run.state, run.round) for run in runs} == {("done", 1)}
    assert all(a.known_at < b.known_at for a, b in pairwise(runs))


def test_nobody_is_skipped(meridian: Session) -> None:
    assert meridian.scalar(select(func.count()).select_from(Skip)) == 0


def test_the_ledger_proves(meridian: Session) -> None:
    assert ledger.prove(meridian) == []


def test_what_was_told_late_is_corrected_in_the_month_it_was_told(meridian: Session) -> None:
    corrections = dict(
        meridian.execute(
            select(Transfer.month, func.count())
            .where(Transfer.for_month < Transfer.month)
            .group_by(Transfer.month)
        ).all()
    )
    assert corrections[Month(2026, 8)] > 1000, "the July raise, agreed in August"
    assert sum(corrections.values()) - corrections[Month(2026, 8)] > 50


def test_annas_last_month_is_what_the_scheme_says(meridian: Session) -> None:
    """By hand: scale 8, step 6 since the late raise; 32 of 36 hours; both collective raises."""
    index = 1.015 * 1.025
    salary = round((3440 + (4850 - 3440) * 6 // 10) * index, 2)
    month = round(salary * 32 / 36, 2)
    hour = salary / 156
    budget = budgets.budget_of(meridian, number_id(meridian, "M0001"), THIS)
    amounts = {part.code: float(str(part.amount)) for part in budget.components}
    assert amounts == {
        "holiday_allowance": pytest.approx(month * 0.08, abs=0.01),
        "thirteenth_month": pytest.approx(month * 0.0833, abs=0.01),
        "extra_leave": pytest.approx(3 * 32 / 36 * hour, abs=0.01),
    }
    assert budget.posted_elsewhere.minor > 0, "the step of three months ago"


def test_leave_is_taken_of_what_was_granted_and_hardly_anybody_owes(meridian: Session) -> None:
    anna = leave_of(meridian, number_id(meridian, "M0001"), NOW.date())
    assert anna.fed and anna.left > 0 and anna.planned
    assert {lot.year for lot in anna.lots} == {2025, 2026}
    assert all(lot.taken for lot in anna.lots if lot.statutory)
    everybody = meridian.scalars(select(Employee.id)).all()
    books = leave_books(meridian, everybody, NOW.date()).values()
    assert sum(book.overdrawn > 0 for book in books) < 20
    assert sum(bool(book.kept) for book in books) < 20, "what is of last year goes first"


def test_who_has_left_gets_nothing_any_more(meridian: Session) -> None:
    left = meridian.execute(
        select(Employment.employee_id, func.max(Employment.leaves_on))
        .where(Employment.superseded_at.is_(None), Employment.leaves_on < THIS.first)
        .group_by(Employment.employee_id)
    ).all()
    assert len(left) >= 10
    for employee, last_day in left:
        after = Month.of(last_day).plus(1)
        for month in after.until(THIS):
            budget = budgets.budget_of(meridian, employee, month)
            assert budget.allocated.minor == 0


def test_facts_became_known_month_by_month(meridian: Session) -> None:
    known = meridian.scalars(select(Employment.recorded_at).distinct().order_by("recorded_at"))
    assert [Month.of(moment.date()) for moment in known] == list(THIS.plus(-13).until(THIS))


def test_loading_again_changes_nothing(meridian: Session) -> None:
    tables = ("people_employment", "ledger_transfer", "budgets_run", "audit_entry", "access_user")

    def counts() -> list[int | None]:
        return [meridian.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables]

    before = counts()
    loaded = load_meridian(
        meridian, LoadMeridian(date(2026, 12, 5)), actor=SYSTEM, now=NOW, zone=ZONE
    )
    assert not loaded
    assert counts() == before


def test_the_cast_can_be_signed_in_with_one_click(meridian: Session) -> None:
    people = {email.split("@")[0]: label for label, email in demo_people(meridian)}
    assert set(people) == {"anna", "boris", "clara", "dina", "egor", "paula"}
    assert people["dina"] == "Dina, HR"


def test_every_past_month_is_sealed_in_order_and_its_batch_equals_the_ledger(
    meridian: Session,
) -> None:
    months = meridian.execute(
        select(LedgerMonth.month, LedgerMonth.state).order_by(LedgerMonth.month)
    ).all()
    sealed = [month for month, state in months if state == "sealed"]
    assert sealed == list(THIS.plus(-13).until(THIS.plus(-1)))
    assert set(meridian.scalars(select(Batch.month))) == set(sealed)
    assert list(prove_batches(meridian)) == []
