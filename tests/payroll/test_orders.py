"""What people choose in the shop, as it arrives in payroll."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.config import Settings
from ideals.ledger import queries as ledger
from ideals.payroll import queries
from ideals.payroll.queries.reconciliation import reconciliation
from ideals.shop.commands import CancelOrder, ReverseOrder, cancel_order, reverse_order
from tests.payroll.shopping import (
    APRIL,
    FEBRUARY,
    JANUARY,
    LATER,
    MARCH,
    a_shop,
    close,
    everything,
    line,
    lines_of,
)
from tests.shop.conftest import NOW, ZONE, Shop


@pytest.fixture
def shop(session: Session) -> Shop:
    return a_shop(session)


@pytest.fixture
def request_context(session: Session) -> Iterator[None]:
    """What causes a line is told in the reader's language."""
    with create_app(Settings.read({})).test_request_context():
        yield


def proved(session: Session) -> bool:
    session.flush()
    assert ledger.prove(session) == []
    return True


def test_every_sort_of_choice_arrives_with_its_treatment(session: Session, shop: Shop) -> None:
    everything(session, shop)
    close(session, JANUARY, FEBRUARY, MARCH)

    assert lines_of(session) == {
        ("anna", "addition.bicycle"): ("addition", 1_400),
        ("anna", "hours.leave"): ("none", 480),
        ("anna", "hours.sell"): ("none", -180),
        ("anna", "pay.cash"): ("taxed", 10_000),
        ("anna", "purchase.bicycle"): ("addition", 10_000),
        ("anna", "purchase.course"): ("exempt", 20_000),
        ("anna", "purchase.gym"): ("free_space", 4_500),
        ("anna", "purchase.leave"): ("exempt", 16_000),
        ("egor", "deduction.car"): ("taxed", -25_000),
        ("egor", "purchase.car"): ("taxed", 125_000),
    }
    assert [each.code for each in reconciliation(session, MARCH) if each.difference_minor] == []
    assert proved(session)


def test_nothing_that_stays_inside_is_payrolls(session: Session, shop: Shop) -> None:
    """Savings stay the employee's, what was granted was not bought, what waits is not done."""
    shop.order(session, "savings", "50")
    shop.order(session, "course", price_minor=20_000)
    close(session, JANUARY, FEBRUARY, MARCH)
    assert lines_of(session) == {}


def test_what_is_reversed_later_is_taken_back_with_the_treatment_it_had(
    session: Session, shop: Shop
) -> None:
    gym = shop.order(session, "gym", price_minor=4_500)
    close(session, JANUARY, FEBRUARY, MARCH)
    reverse = ReverseOrder(gym.id, "The gym is closed", "payroll_refusal:x")
    reverse_order(session, reverse, actor=shop.dina, now=LATER)
    shop.order(session, "gym", price_minor=1_000, month=APRIL)
    close(session, APRIL)
    assert lines_of(session, APRIL) == {("anna", "purchase.gym"): ("free_space", -3_500)}
    assert proved(session)


@pytest.mark.usefixtures("request_context")
def test_a_line_opens_to_choice_price_rule_decision_and_transfers(
    session: Session, shop: Shop
) -> None:
    everything(session, shop)
    close(session, JANUARY, FEBRUARY, MARCH)

    course = queries.line_told(session, line(session, "anna", "purchase.course"))
    (act,) = course.acts
    assert act.minor == course.line.minor == 20_000
    assert act.behind is not None
    assert act.behind.product is not None
    assert act.behind.product.names["en"] == "Course"
    assert act.behind.steps[-1].amount_minor == 20_000
    assert act.behind.choice is None
    decided = [(one.kind, one.state, one.reason) for one in act.behind.decisions]
    assert sorted(decided) == [
        ("evidence", "approved", "Good for the team"),
        ("order", "approved", "Good for the team"),
    ]
    assert {act.behind.deciders[one.id].ender for one in act.behind.decisions} == {"Boris", "Dina"}
    (row,) = act.transfers
    assert (row.amount_minor, row.reason, row.code) == (20_000, "order", "course")
    kinds = [course.accounts[account] for account in (row.from_account, row.to_account)]
    assert kinds == [("budget", True), ("purchase", False)]

    leave = queries.line_told(session, line(session, "anna", "hours.leave"))
    assert [each.minor for each in leave.acts] in ([480, 0], [0, 480])
    back = next(each for each in leave.acts if each.minor == 0)
    assert [row.reverses_id is not None for row in back.transfers] == [False, True]

    car = queries.line_told(session, line(session, "egor", "purchase.car"))
    assert [(act.minor, len(act.transfers)) for act in car.acts] == [(125_000, 2)]
    assert car.acts[0].behind is not None
    assert car.acts[0].behind.order.product == "car"

    added = queries.line_told(session, line(session, "anna", "addition.bicycle"))
    assert [(act.minor, len(act.transfers)) for act in added.acts] == [(1_400, 0)]
    assert added.acts[0].behind is not None
    assert added.acts[0].behind.order.product == "bicycle"


def test_an_order_taken_back_in_its_own_month_leaves_no_line(session: Session, shop: Shop) -> None:
    order = shop.order(session, "gym", price_minor=4_500)
    cancel_order(session, CancelOrder(order.id), actor=shop.anna, now=NOW, zone=ZONE)
    close(session, JANUARY, FEBRUARY, MARCH)
    assert lines_of(session) == {}
    (gym,) = reconciliation(session, MARCH)
    assert (gym.code, gym.lines, gym.minor, gym.ledger_minor) == ("purchase.gym", 0, 0, 0)
    assert (gym.parts[0].count, gym.parts[0].reversed_minor) == (2, -4_500)


def test_the_proof_of_the_whole_ledger_asks_payroll_too(session: Session, shop: Shop) -> None:
    shop.order(session, "cash", "100")
    close(session, JANUARY, FEBRUARY, MARCH)
    session.execute(text("ALTER TABLE payroll_line DISABLE TRIGGER ALL"))
    session.execute(text("UPDATE payroll_line SET minor = 1"))
    assert [each.what for each in ledger.prove(session)] == [
        f"payroll 2026-03, employee {shop.people.anna.id}, pay.cash EUR taxed",
        "payroll 2026-03, code pay.cash EUR taxed",
    ]
