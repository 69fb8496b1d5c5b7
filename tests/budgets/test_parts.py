"""Dated personal parts, as the allocation takes them in."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest
from reportlab.platypus import Paragraph, Table
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.budgets import queries
from ideals.budgets.commands.parts import SetParts, set_parts
from ideals.budgets.pages import pdf
from ideals.budgets.rules.parts import Part, deal_code, deal_number, first_difference
from ideals.config import Settings
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger.queries import prove
from tests.budgets.conftest import SIMPLE, Clock, allocate, people, publish, row
from tests.budgets.test_allocation import budget, parts, transfers

DEAL = f"deal:{uuid4()}"
CODE = deal_code(42)


def month(text_: str) -> Month:
    return Month.parse(text_)


def part(cents: int, first: str, through: str | None = None, code: str = CODE) -> Part:
    return Part(code, cents, month(first), None if through is None else month(through))


def give(
    session: Session, number: str, *wanted: Part, now: datetime, source: str = DEAL
) -> Month | None:
    employee = queries.employee_of(session, number)
    return set_parts(session, SetParts(employee.id, source, wanted), actor=SYSTEM, now=now)


def test_a_part_is_taken_in_from_its_month_through_its_month(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), row("2"), now=now())
    give(session, "1", part(12_035, "2026-02", "2026-03"), now=now())
    for each in ("2026-01", "2026-02", "2026-03", "2026-04"):
        allocate(session, each, now=now())
    assert [str(budget(session, "1", f"2026-0{n}").allocated) for n in (1, 2, 3, 4)] == [
        "489.90", "610.25", "610.25", "489.90",
    ]  # fmt: skip
    assert parts(session, "1", "2026-03")[CODE] == "120.35"
    assert str(budget(session, "2", "2026-03").allocated) == "489.90"
    assert str(budget(session, "1", "2026-04").posted_elsewhere) == "0.00"
    before = transfers(session)
    allocate(session, "2026-04", now=now())
    assert transfers(session) == before
    assert prove(session) == []


def test_stopped_late_the_next_run_takes_back_what_ran_too_far(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    give(session, "1", part(10_001, "2026-01"), now=now())
    for each in ("2026-01", "2026-02", "2026-03", "2026-04"):
        allocate(session, each, now=now())
    assert str(budget(session, "1", "2026-04").available) == "2359.64"  # 4 x (489.90 + 100.01)

    changed = give(session, "1", part(10_001, "2026-01", "2026-02"), now=now())
    allocate(session, "2026-04", now=now())

    assert changed == month("2026-03")
    april = budget(session, "1", "2026-04")
    assert str(april.posted_elsewhere) == "-100.01"
    assert (str(april.allocated), str(april.available)) == ("489.90", "2159.62")
    assert [str(budget(session, "1", f"2026-0{n}").allocated) for n in (1, 2, 3)] == [
        "589.91", "589.91", "489.90",
    ]  # fmt: skip
    before = transfers(session)
    allocate(session, "2026-04", now=now())
    assert transfers(session) == before
    assert prove(session) == []


def test_agreed_late_the_earlier_months_are_given(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    allocate(session, "2026-02", now=now())
    allocate(session, "2026-03", now=now())
    assert give(session, "1", part(5_000, "2026-02"), now=now()) == month("2026-02")
    allocate(session, "2026-03", now=now())
    assert str(budget(session, "1", "2026-03").posted_elsewhere) == "50.00"
    assert parts(session, "1", "2026-02")[CODE] == "50.00"


def test_two_deals_and_two_terms_of_one(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    give(session, "1", part(5_000, "2026-03"), part(2_500, "2026-03"), now=now())
    other = deal_code(43)
    give(session, "1", part(100, "2026-03", code=other), now=now(), source=f"deal:{uuid4()}")
    allocate(session, "2026-03", now=now())
    found = parts(session, "1", "2026-03")
    assert (found[CODE], found[other]) == ("75.00", "1.00")
    give(session, "1", part(2_500, "2026-03"), now=now())
    allocate(session, "2026-03", now=now())
    found = parts(session, "1", "2026-03")
    assert (found[CODE], found[other]) == ("25.00", "1.00")


def test_the_same_again_changes_nothing(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    wanted = (part(5_000, "2026-03"), part(5_000, "2026-03"))
    assert give(session, "1", *wanted, now=now()) == month("2026-03")
    assert give(session, "1", *wanted, now=now()) is None
    assert give(session, "1", now=now()) == month("2026-03")
    assert give(session, "1", now=now()) is None


def test_nothing_in_a_month_without_a_day_employed_and_paid(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1", leaves_on="2026-03-10"), now=now())
    people(session, row("2", unpaid_from="2026-03-01", unpaid_until="2026-03-31"), now=now())
    for number in ("1", "2"):
        give(session, number, part(5_000, "2026-03"), now=now(), source=f"deal:{uuid4()}")
    for each in ("2026-03", "2026-04"):
        allocate(session, each, now=now())
    assert parts(session, "1", "2026-03")[CODE] == "50.00"
    assert CODE not in parts(session, "1", "2026-04")
    assert CODE not in parts(session, "2", "2026-03")
    assert parts(session, "2", "2026-04")[CODE] == "50.00"


def test_with_two_schemes_in_a_month_the_last_one_gives_it_once(session: Session) -> None:
    publish(session)
    publish(session, SIMPLE.replace("scheme: simple", "scheme: other"))
    now = Clock()
    people(session, row("1"), row("1", valid_from="2026-03-16", scheme="other"), now=now())
    give(session, "1", part(5_000, "2026-03"), now=now())
    for scheme in ("simple", "other", "simple"):
        allocate(session, "2026-03", now=now(), scheme=scheme)
    assert parts(session, "1", "2026-03")[CODE] == "50.00"
    assert prove(session) == []


def test_what_was_spent_is_owed(session: Session) -> None:
    publish(session, SIMPLE.replace('"8% * salary"', '"0"').replace('"8.33% * salary"', '"0"'))
    now = Clock()
    people(session, row("1"), now=now())
    give(session, "1", part(5_000, "2026-03"), now=now())
    allocate(session, "2026-03", now=now())
    _spend(session, "1", 3_001, now=now())
    give(session, "1", now=now())
    allocate(session, "2026-03", now=now())
    found = budget(session, "1", "2026-03")
    assert (str(found.available), str(found.owed)) == ("0.00", "30.01")
    assert str(found.allocated) == "0.00"


def _spend(session: Session, number: str, cents: int, *, now: datetime) -> None:
    from ideals.kernel.ids import new_transfer_id
    from ideals.kernel.quantity import Unit
    from ideals.ledger import commands as ledger
    from ideals.ledger.states import AccountKind, Reason

    employee, march = queries.employee_of(session, number), month("2026-03")
    own = ledger.open_accounts(session, [employee.id], AccountKind.BUDGET, Unit.EUR)[employee.id]
    till = ledger.employer_account(session, AccountKind.PAY_OUT, Unit.EUR)
    new = ledger.NewTransfer(
        new_transfer_id(march), march, march, own, till, Unit.EUR, cents, Reason.ORDER, "order:x"
    )
    ledger.post_transfers(session, ledger.PostTransfers((new,)), actor=SYSTEM, now=now)


def test_a_row_is_superseded_and_never_changed(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    give(session, "1", part(5_000, "2026-03"), now=Clock()())
    for statement in (
        "UPDATE budgets_personal_part SET amount_minor = 1",
        "DELETE FROM budgets_personal_part",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement))


def test_from_when_two_lists_differ() -> None:
    one = part(100, "2026-01", "2026-06")
    assert first_difference([one], [one]) is None
    assert first_difference([one], [part(100, "2026-01", "2026-03")]) == month("2026-04")
    halves = [part(100, "2026-01", "2026-03"), part(100, "2026-04", "2026-06")]
    assert first_difference([one], halves) is None
    assert first_difference([], [one]) == month("2026-01")
    assert first_difference([one], [part(101, "2026-01")]) == month("2026-01")


def test_codes_of_deals() -> None:
    assert deal_number(deal_code(42)) == 42
    assert [deal_number(code) for code in (None, "holiday_allowance", "deal.", "deal.x")] == [
        None
    ] * 4


def test_the_paper_of_a_month_names_what_a_deal_gives(session: Session) -> None:
    """Beside the components of the scheme, and in the sum."""
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    give(session, "1", part(100_00, "2026-01"), now=now())
    allocate(session, "2026-01", now=now())
    employee = queries.employee_of(session, "1")
    january = month("2026-01")
    with create_app(Settings.read({})).test_request_context(headers={"Accept-Language": "en"}):
        own = pdf._of_deals(session, employee, january)
        tables = [
            each for each in pdf._parts(queries.told(session, employee.id, january), own)
            if isinstance(each, Table)
        ]  # fmt: skip
    assert own == {"From deal 42": 100_00}
    [told] = [[[_plain(cell) for cell in line] for line in each._cellvalues] for each in tables]
    assert ["From deal 42", "as agreed", "€100.00"] in told
    total = queries.budget_of(session, employee.id, january).allocated.minor
    assert told[-1] == ["Together", "", f"€{total / 100:.2f}"]


def _plain(cell: object) -> str:
    return cell.text if isinstance(cell, Paragraph) else str(cell)
