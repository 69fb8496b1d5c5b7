"""The statement: balances that add up month by month, and a reason for every line."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sqlalchemy.orm import Session

from ideals.budgets.queries import statement as statements
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.states import AccountKind, Reason
from ideals.people import queries as people_queries
from tests.budgets.conftest import NOW, SIMPLE, allocate, people, publish, row

MARCH, APRIL, MAY = Month(2026, 3), Month(2026, 4), Month(2026, 5)
LATER = NOW + timedelta(days=14)
MUCH_LATER = NOW + timedelta(days=40)


def anna(session: Session) -> int:
    return people_queries.employee_by_number(session, "1").id


def test_each_month_begins_where_the_one_before_ended(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    for month in ("2026-03", "2026-04", "2026-05"):
        allocate(session, month)
    found = statements.statement_of(session, anna(session), MARCH, MAY)
    budget = [month.accounts[0] for month in found.months]
    assert [month.month for month in found.months] == [MAY, APRIL, MARCH]
    assert [(a.opening, a.closing) for a in budget] == [
        (97_980, 146_970),
        (48_990, 97_980),
        (0, 48_990),
    ]
    assert not found.earlier


def test_what_lies_after_the_months_asked_for_is_taken_off(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    for month in ("2026-03", "2026-04", "2026-05"):
        allocate(session, month)
    found = statements.statement_of(session, anna(session), APRIL, APRIL)
    (account,) = found.months[0].accounts
    assert (account.opening, account.closing) == (48_990, 97_980)
    assert found.earlier


def test_what_is_set_aside_stays_in_the_balance_until_it_is_spent(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    allocate(session, "2026-03")
    ids = ledger_queries.accounts_of(session, [anna(session)], AccountKind.BUDGET, Unit.EUR)
    employer = ledger.employer_account(session, AccountKind.PURCHASE, Unit.EUR)
    aside = ledger.NewTransfer(
        id=new_transfer_id(MARCH),
        month=MARCH,
        for_month=MARCH,
        from_account=ids[anna(session)],
        to_account=employer,
        unit=Unit.EUR,
        amount_minor=5_000,
        reason=Reason.ORDER,
        source="order:1",
        code="bicycle",
    )
    ledger.hold(session, ledger.Hold(aside), actor=SYSTEM, now=NOW)
    found = statements.statement_of(session, anna(session), MARCH, MARCH)
    (account,) = found.months[0].accounts
    assert account.closing == 48_990
    assert [r.held_minor for r in account.rows if r.held_minor] == [5_000]


def test_a_correction_names_the_facts_that_were_learned(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    allocate(session, "2026-03")
    people(
        session,
        row("1", valid_from="2026-03-16", part_time_factor="0.5"),
        now=LATER,
    )
    run = allocate(session, "2026-04", now=MUCH_LATER)
    why = statements.why_corrected(session, anna(session), [(run.source, MARCH)])
    (told,) = why.values()
    (difference,) = told.differences
    assert difference.fact == "part_time_factor"
    assert [value for _, value in difference.before] == [Decimal(1)]
    assert [(str(day), value) for day, value in difference.after] == [
        ("2026-03-01", Decimal(1)),
        ("2026-03-16", Decimal("0.5")),
    ]
    assert told.known_on == LATER


def test_a_correction_by_a_new_version_says_so(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    allocate(session, "2026-03")
    newer = SIMPLE.replace('"2020-01"', '"2026-03"', 1).replace("8% *", "9% *")
    publish(session, newer, now=LATER)
    run = allocate(session, "2026-04", now=MUCH_LATER)
    (told,) = statements.why_corrected(session, anna(session), [(run.source, MARCH)]).values()
    assert told.version == MARCH
    assert told.differences == []


def test_the_year_to_come_counts_what_is_planned_already(session: Session) -> None:
    publish(session)
    people(session, row("1"), row("1", valid_from="2026-06-01", full_time_salary="4000.00"))
    found = statements.expected(session, anna(session), APRIL, Month(2027, 3))
    assert [month.total for month in found.months[:3]] == [
        Money(48_990),
        Money(48_990),
        Money(65_320),
    ]
    assert found.total == Money(2 * 48_990 + 10 * 65_320)
    assert [change.fact for change in found.changes] == ["full_time_salary"]


def test_hours_granted_in_january_come_in_january_and_nowhere_else(session: Session) -> None:
    granted = (
        'hours: {granted: {formula: "26 * part_time_factor", moment: january, round: up,'
        " unit: hour}}\n"
    )
    publish(session, SIMPLE + granted)
    people(session, row("1"))
    found = statements.expected(session, anna(session), APRIL, Month(2027, 3))
    assert [(m.month, m.minutes) for m in found.months if m.granted] == [(Month(2027, 1), 26 * 60)]


def test_the_year_to_come_ends_for_who_leaves(session: Session) -> None:
    publish(session)
    people(session, row("1", leaves_on="2026-05-31"))
    found = statements.expected(session, anna(session), APRIL, Month(2027, 3))
    assert found.total == Money(2 * 48_990)
    assert str(found.leaves_on) == "2026-05-31"


def test_a_month_that_cannot_be_worked_out_is_told_and_the_others_are_there(
    session: Session,
) -> None:
    publish(session, SIMPLE.replace('"8% * salary"', '"8% * salary / (calendar_month - 5)"'))
    people(session, row("1"))
    found = statements.expected(session, anna(session), APRIL, Month(2026, 7))
    failed = [month.month for month in found.months if month.failures]
    assert MAY in failed


def test_somebody_learned_of_late_is_told_so(session: Session) -> None:
    publish(session)
    people(session, row("2"))
    allocate(session, "2026-03")
    people(session, row("1"), now=LATER)
    run = allocate(session, "2026-04", now=MUCH_LATER)
    (told,) = statements.why_corrected(session, anna(session), [(run.source, MARCH)]).values()
    assert told.first_time
    assert told.differences == []
