"""Months closed in earnest: what is left over, leavers, shortfalls, and the months after."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.outbox import Message
from ideals.payroll.commands import MakeBatch, make_batch
from ideals.payroll.queries import reconciliation
from ideals.seeds import factories
from ideals.shop.commands.closing import SEALED
from tests.payroll.shopping import PRODUCTS, agreed, lines_of
from tests.shop.conftest import APRIL, MARCH, PDF, Shop, proved
from tests.shop.test_closing import PAY_OUT, close, opened
from tests.shop.test_leavers import LEAVING, leaves, takes_leave

MAY = Month(2026, 5)


def batch(session: Session, month: Month = MARCH) -> dict[tuple[str, str], tuple[str, int]]:
    make_batch(session, MakeBatch(month), actor=SYSTEM, now=datetime(2026, 5, 2, tzinfo=UTC))
    assert [code.code for code in reconciliation(session, month) if code.difference_minor] == []
    return lines_of(session, month)


def test_a_closed_month_is_announced_and_its_left_over_is_paid(session: Session) -> None:
    shop = opened(session, PRODUCTS, calendar=PAY_OUT)
    shop.order(session, "leave", "8")
    agreed(session, shop, shop.order(session, "course", price_minor=20_000, evidence=(PDF,)))
    shop.order(session, "course", price_minor=10_000, evidence=(PDF,))  # nobody decides in time
    close(session)
    announced = select(Message.payload).where(Message.name == SEALED)
    assert {"month": "2026-03"} in session.scalars(announced).all()
    lines = batch(session)
    assert lines["anna", "pay.left_over"] == ("taxed", 64_000)
    assert lines["boris", "pay.left_over"] == ("taxed", 100_000)
    assert lines["anna", "purchase.leave"] == ("exempt", 16_000)
    assert lines["anna", "purchase.course"] == ("exempt", 20_000)
    assert sum(minor for (_, code), (_, minor) in lines.items() if code != "hours.leave") == 500_000
    assert proved(session)


def test_a_leaver_is_paid_and_bought_hours_net_to_nothing(session: Session) -> None:
    shop = leaving(session)
    shop.order(session, "leave", "8")
    shop.order(session, "savings", "300")
    leaves(session, shop)
    close(session)
    assert batch(session) == {
        ("anna", "pay.rest"): ("taxed", 70_000),
        ("anna", "pay.savings"): ("taxed", 30_000),
    }
    assert proved(session)


def test_a_leaver_who_owes_has_it_kept_back(session: Session) -> None:
    """102 h taken of 42: 60 h at 20.00 are 1,200.00, of which the budget of 1,000.00 pays most."""
    shop = leaving(session)
    takes_leave(session, shop, date(2026, 3, 12), 102)
    leaves(session, shop)
    close(session)
    assert batch(session) == {
        ("anna", "deduction.debt"): ("taxed", -20_000),
        ("anna", "hours.leave"): ("none", 3_600),
    }
    assert proved(session)


def test_three_months_with_a_car_that_costs_more_than_there_is(session: Session) -> None:
    shop = opened(session, PRODUCTS, calendar=PAY_OUT)
    shop.order(session, "car", "1", who=shop.egor)
    close(session)
    assert batch(session)["egor", "deduction.car"] == ("taxed", -25_000)
    for month in (APRIL, MAY):
        factories.a_run(session, month)
        close(session, month, now=datetime(2026, month.month, 16, 9, tzinfo=UTC))
        lines = batch(session, month)
        assert lines["egor", "purchase.car"] == ("taxed", 125_000)
        assert lines["egor", "deduction.car"] == ("taxed", -25_000)
        assert ("egor", "pay.left_over") not in lines
        assert lines["anna", "pay.left_over"] == ("taxed", 100_000)
    assert proved(session)


def leaving(session: Session) -> Shop:
    keep = {"left_over": "keep_until_december"}
    return opened(session, PRODUCTS, leaving=LEAVING, calendar=keep)
