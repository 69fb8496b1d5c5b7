"""The worked cases of docs/closing.md: the page and the code cannot differ."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals.app import connect_features
from ideals.budgets.commands.leave import PostLeaveTaken, post_leave_taken
from ideals.budgets.queries.leave import leave_of
from ideals.budgets.rules.leave import LotSource
from ideals.config import ROOT
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger.states import AccountKind
from ideals.people.models import Employee
from ideals.schemes.rules import Debt, UnusedBought
from ideals.seeds import factories
from ideals.shop.commands import DirectOrder, order_directly
from ideals.shop.rules.closing import Bought, Hour, Leaver, UnusedLeave, settled
from tests.shop.conftest import ZONE, proved

PAGE = (ROOT / "docs" / "closing.md").read_text("utf-8")
NOVEMBER, DECEMBER, JANUARY = Month(2026, 11), Month(2026, 12), Month(2027, 1)


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = re.split(r"^#+ ", PAGE.split(f" {heading}\n", 1)[1], flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.split("|")[1:-1]] for line in lines[2:]]


# Bought hours that were not taken


def test_bought_hours_come_out_as_the_page_says() -> None:
    lots = [Bought("leave", 480, 16_000, 480), Bought("leave", 300, 11_000, 300)]
    leave = UnusedLeave(lots, hour=Hour(2_200, 60))
    for rule, value, paid in rows("Worked: bought hours that were not taken"):
        moves = settled(
            Leaver({AccountKind.BUDGET: 73_000}, leave=leave), UnusedBought(rule), Debt.SET_OFF
        )
        back = sum(m.minor for m in moves if m.target.own and m.target.kind == "budget")
        assert euros(back) == value.rpartition("= ")[2], rule
        assert euros(moves[-1].minor) == paid, rule


# Year end and January


def euros(minor: int) -> str:
    return f"{minor // 100:,}.{minor % 100:02d}"


def hours(minutes: int) -> str:
    return f"{minutes // 60} h"


@pytest.fixture
def year(session: Session) -> dict[str, Employee]:
    connect_features()
    factories.a_scheme(
        session,
        components={"budget": "1000"},
        hours={
            "statutory": {"formula": "144 * part_time_factor", "moment": "january",
                          "round": "up", "unit": "hour", "statutory": "yes"},
            "extra": {"formula": "24 * part_time_factor", "moment": "january",
                      "round": "up", "unit": "hour"},
        },
        products={
            "cash": {"kind": "pay_out"},
            "savings": {"kind": "savings"},
            "leave": {"kind": "leave", "unit": "hour", "price": "full_time_salary / 150"},
        },
    )  # fmt: skip
    people = factories.an_organisation(session)
    anna, egor = people.anna, people.egor
    months = ledger.OpenMonths(NOVEMBER, JANUARY.plus(1))
    ledger.open_months(session, months, actor=SYSTEM, now=at(NOVEMBER))
    factories.a_change(session, egor, DECEMBER.last, leaves_on=DECEMBER.last)
    for month in (NOVEMBER, DECEMBER):
        factories.a_run(session, month)
        if month is NOVEMBER:
            factories.a_close(session, month)
    for employee, taken in ((anna, 100), (egor, 160)):
        factories.a_leave(session, employee, date(2026, 11, 20), minutes=taken * 60)
        post_leave_taken(session, PostLeaveTaken([employee.id]), actor=SYSTEM, now=at(DECEMBER))
    for employee, product, quantity in (
        (anna, "cash", 250), (anna, "leave", 8), (egor, "savings", 300), (egor, "leave", 8),
    ):  # fmt: skip
        order = DirectOrder(new_id(), employee.id, product, DECEMBER, quantity=Decimal(quantity))
        order_directly(session, order, actor=SYSTEM, now=at(DECEMBER), zone=ZONE)
    factories.a_change(session, anna, JANUARY.first, full_time_salary="3300")
    factories.a_close(session, DECEMBER)
    factories.a_run(session, JANUARY)
    factories.a_close(session, JANUARY)
    return {"Anna": anna, "Egor": egor}


def at(month: Month) -> datetime:
    return datetime(month.year, month.month, 10, 9, tzinfo=UTC)


def moved(
    session: Session, who: Employee, month: Month, reason: str, code: str, source: str
) -> int:
    """Cents that moved between an account of somebody and one of the employer's in a close."""
    found = session.execute(
        text(
            """
            SELECT coalesce(sum(t.amount_minor), 0)::bigint FROM ledger_transfer t
              JOIN ledger_account a ON a.id = t.from_account
              JOIN ledger_account b ON b.id = t.to_account
             WHERE t.month = :month AND t.unit = 'EUR' AND t.source LIKE 'close:%'
               AND :who IN (a.employee_id, b.employee_id) AND t.reason = :reason
               AND t.code = :code AND (a.kind = :source OR b.kind = :source)
            """
        ),
        {"month": month.number, "who": who.id, "reason": reason, "code": code, "source": source},
    )
    return int(found.scalar_one())


def balance(session: Session, who: Employee, unit: str = "EUR") -> int:
    found = session.execute(
        text(
            "SELECT coalesce(sum(abs(posted_minor)), 0)::bigint FROM ledger_account"
            " WHERE employee_id = :who AND unit = :unit"
        ),
        {"who": who.id, "unit": unit},
    )
    return int(found.scalar_one())


def left(
    session: Session,
    who: Employee,
    of_year: int,
    origin: LotSource,
    statutory: bool | None = None,
) -> int:
    book = leave_of(session, who.id, date(2027, 1, 31))
    return sum(
        lot.left
        for lot in book.lots
        if lot.year == of_year
        and lot.source is origin
        and (statutory is None or lot.statutory is statutory)
    )


def test_year_end_and_january_come_out_as_the_page_says(
    session: Session, year: dict[str, Employee]
) -> None:
    anna, egor = year["Anna"], year["Egor"]
    granted = LotSource.GRANTED
    found: dict[str, Callable[[], str]] = {
        "paid to Anna by the close of December": lambda: euros(
            moved(session, anna, DECEMBER, "left_over", "left_over", "pay_out")
        ),
        "left in Anna's budget": lambda: euros(balance(session, anna) - 100_000),
        "granted to Anna, of it 144 statutory": lambda: hours(left(session, anna, 2027, granted)),
        "carried from the grants of 2026": lambda: hours(left(session, anna, 2026, granted)),
        "of them statutory, which lapse on 2027-07-01": lambda: hours(
            left(session, anna, 2026, granted, statutory=True)
        ),
        "of Anna's bought hours left, after the close of January": lambda: hours(
            left(session, anna, 2026, LotSource.BOUGHT)
        ),
        "paid to Anna for them": lambda: euros(
            moved(session, anna, JANUARY, "left_over", "left_over", "pay_out")
        ),
        "reversed for Egor's 8 bought hours at 20.00": lambda: euros(
            moved(session, egor, DECEMBER, "settlement", "leave", "purchase")
        ),
        "paid for the 8 granted hours Egor did not take, at 20.00": lambda: euros(
            moved(session, egor, DECEMBER, "settlement", "leave", "budget")
            - moved(session, egor, DECEMBER, "settlement", "leave", "purchase")
        ),
        "Egor's rest: 1,700.00 - 160.00 + 160.00 + 160.00 - 0.00 debt": lambda: euros(
            moved(session, egor, DECEMBER, "settlement", "rest", "pay_out")
        ),
        "Egor's savings": lambda: euros(
            moved(session, egor, DECEMBER, "settlement", "savings", "pay_out")
        ),
        "Egor has after the close of January": lambda: euros(
            balance(session, egor) + balance(session, egor, "MIN")
        ),
    }
    table = rows("Year end and January")
    assert [what for _, _, what, _ in table] == list(found)
    for _, _, what, result in table:
        assert found[what]() == result, what
    assert proved(session)


def test_the_lot_that_lapses_lapses_on_the_day_the_page_says(
    session: Session, year: dict[str, Employee]
) -> None:
    book = leave_of(session, year["Anna"].id, date(2027, 1, 31))
    [lot] = [lot for lot in book.lots if lot.year == 2026 and lot.statutory]
    assert f"which lapse on {lot.expires_on}" in PAGE
