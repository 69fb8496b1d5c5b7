"""Contract hours of a deal in force: facts follow from their day, and go back after the last."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals.budgets import queries as budgets
from ideals.budgets.queries.statement import why_corrected
from ideals.deals.commands import living
from ideals.kernel.month import Month
from ideals.ledger.queries import prove
from ideals.people.queries import team_of
from ideals.people.queries.overlays import disagreements, hours_on
from ideals.seeds import factories
from tests.budgets.conftest import allocate
from tests.deals.conftest import term
from tests.deals.table import Cast, accept, at, cast_of, counter, employee, in_force, look
from tests.deals.test_living_money import _scheme, settled


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def hours(minutes: int, **changes: object) -> dict[str, object]:
    return term("hours", **{"minutes": minutes, "starts_on": None} | changes)


def factor(session: Session, cast: Cast, day: date) -> Decimal | None:
    found = hours_on(session, [cast.ids["anna"]], day).get(cast.ids["anna"])
    return None if found is None else found.part_time_factor


def run(session: Session, cast: Cast, month: str, now: datetime) -> None:
    allocate(session, month, now=now, scheme=_scheme(session, cast))


def allocated(session: Session, cast: Cast, month: str) -> int:
    budget = budgets.budget_of(session, cast.ids["anna"], Month.parse(month))
    return budget.allocated.minor


def full_time(session: Session, cast: Cast) -> Decimal:
    from ideals.schemes.queries import full_time_hours

    return full_time_hours(session)[_scheme(session, cast)]


def half(session: Session, cast: Cast) -> int:
    return int(full_time(session, cast) * 60 / 2)


def test_the_allocation_follows_from_that_month(session: Session, cast: Cast) -> None:
    in_force(session, cast, hours(half(session, cast), starts_on="2027-04-01"))
    settled(session, at(date(2027, 3, 1)))
    for n in (3, 4):
        run(session, cast, f"2027-0{n}", at(date(2027, n, 2)))
    march, april = allocated(session, cast, "2027-03"), allocated(session, cast, "2027-04")
    assert march > 0
    assert abs(april * 2 - march) <= 2 * 5, "each component is rounded by itself"
    assert factor(session, cast, date(2027, 3, 31)) is None
    assert factor(session, cast, date(2027, 4, 1)) == Decimal("0.5")
    assert factor(session, cast, date(2028, 2, 29)) == Decimal("0.5")
    assert factor(session, cast, date(2028, 3, 1)) is None
    boris = cast.ids["boris"]
    [member] = [m for m in team_of(session, boris, date(2027, 4, 2)) if m.number == "anna"]
    assert member.part_time_factor == Decimal("0.5")
    assert member.weekly_hours == full_time(session, cast) / 2
    assert prove(session) == []


def test_ended_long_ago_what_ran_too_far_is_corrected(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast, hours(half(session, cast)))
    settled(session, at(date(2027, 3, 1)))
    for n in (3, 4, 5):
        run(session, cast, f"2027-0{n}", at(date(2027, n, 2)))
    halved = allocated(session, cast, "2027-05")
    living.stop(session, deal, date(2027, 3, 31), now=at(date(2027, 5, 10)))
    settled(session, at(date(2027, 5, 10)))
    run(session, cast, "2027-05", at(date(2027, 5, 11)))
    whole = allocated(session, cast, "2027-05")
    assert allocated(session, cast, "2027-03") == halved
    assert allocated(session, cast, "2027-04") == whole > halved
    budget = budgets.budget_of(session, cast.ids["anna"], Month(2027, 5))
    assert budget.posted_elsewhere.minor == whole - halved
    assert prove(session) == []


def test_renewed_with_fewer_hours(session: Session, cast: Cast) -> None:
    full = int(full_time(session, cast) * 60)
    deal = in_force(session, cast, hours(full * 9 // 10), ends_on=None)
    settled(session, at(date(2027, 3, 1)))
    now = at(date(2027, 4, 20))
    counter(
        session, deal, cast.anna, hours(full * 8 // 10), seen=1, now=now,
        starts_on="2027-06-16", evaluate_on="2027-09-01", ends_on=None,
    )  # fmt: skip
    for name in ("boris", "anna"):
        accept(session, deal, cast[name], now=now)
    look(session, at(date(2027, 6, 16)))
    settled(session, at(date(2027, 6, 16)))
    assert factor(session, cast, date(2027, 6, 15)) == Decimal("0.9")
    assert factor(session, cast, date(2027, 6, 16)) == Decimal("0.8")


def test_a_row_that_disagrees_is_reported_and_does_not_win(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast, hours(half(session, cast)))
    settled(session, at(date(2027, 3, 1)))
    run(session, cast, "2027-03", at(date(2027, 3, 2)))
    before = allocated(session, cast, "2027-03")
    assert disagreements(session) == []
    _check_report(session)
    anna = employee(session, "anna")
    factories.a_change(session, anna, date(2027, 3, 1), part_time_factor="0.9")
    run(session, cast, "2027-03", at(date(2027, 3, 3)))
    assert allocated(session, cast, "2027-03") == before
    [found] = disagreements(session)
    assert (found.number, found.source, found.said, found.agreed) == (
        "anna", deal.source, Decimal("0.9"), Decimal("0.5"),
    )  # fmt: skip
    factories.a_change(session, anna, date(2027, 3, 1), part_time_factor="0.5")
    assert disagreements(session) == []


def test_an_overlay_is_superseded_and_never_changed(session: Session, cast: Cast) -> None:
    in_force(session, cast, hours(half(session, cast)))
    settled(session, at(date(2027, 3, 1)))
    for statement in (
        "UPDATE people_hours_overlay SET part_time_factor = 1",
        "DELETE FROM people_hours_overlay",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


def _check_report(session: Session) -> None:
    """A look at such a file names the row, and what counts instead."""
    from io import BytesIO

    from ideals.kernel.actor import SYSTEM
    from ideals.people.commands import ImportPeople, import_people

    for factor_, told in (("0.9", True), ("0.5", False)):
        content = (
            "number,name,hired_on,unit,scheme,valid_from,full_time_salary,part_time_factor\n"
            f"anna,Anna,2019-01-01,Bank/Retail/Zwolle,SCHEME,2027-03-01,4000.00,{factor_}\n"
        )
        scheme = session.execute(text("SELECT scheme FROM people_employment LIMIT 1")).scalar_one()
        source = BytesIO(content.replace("SCHEME", scheme).encode())
        cmd = ImportPeople(source, "people.csv", dry_run=True)
        with session.begin_nested() as look_only:
            report = import_people(session, cmd, actor=SYSTEM, now=at(date(2027, 3, 2)))
            look_only.rollback()
        assert report.wrong == 0, report.lines
        said = [line.message or "" for line in report.lines]
        assert any("agreed from 2027-03-01 count" in each for each in said) is told, said


def test_agreed_hours_are_named_as_the_reason_of_a_correction(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast, hours(half(session, cast)))
    settled(session, at(date(2027, 3, 1)))
    for n in (3, 4):
        run(session, cast, f"2027-0{n}", at(date(2027, n, 2)))
    living.stop(session, deal, date(2027, 3, 15), now=at(date(2027, 4, 10)))
    settled(session, at(date(2027, 4, 10)))
    run(session, cast, "2027-05", at(date(2027, 5, 2)))
    source = session.execute(
        text("SELECT DISTINCT source FROM ledger_transfer WHERE source ~ '^run.*2027-05'")
    ).scalar_one()
    month = Month(2027, 3)
    why = why_corrected(session, cast.ids["anna"], [(source, month)])[source, month]
    [found] = why.differences
    twenty = full_time(session, cast) / 2
    assert found.fact == "agreed_hours"
    assert found.before == ((date(2027, 3, 1), twenty),)
    assert found.after == ((date(2027, 3, 1), twenty), (date(2027, 3, 16), None))
    assert why.known_on == at(date(2027, 4, 10))
    assert not why.first_time
