"""Placing orders: what moves, what waits, what is refused and what would be possible."""

from __future__ import annotations

from sqlalchemy.orm import Session

from ideals.shop.states import OrderState
from tests.shop.conftest import PDF, Shop, balance, proved


def test_a_payout_moves_euros_at_once(session: Session, shop: Shop) -> None:
    order = shop.order(session, "cash", "250.50")
    assert order.state == OrderState.POSTED
    assert balance(session, shop.anna) == (100000 - 25050, 0)
    assert proved(session)


def test_bought_leave_moves_euros_and_minutes_together(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave", "8")
    assert (order.price_minor, order.minutes) == (16000, 480)
    assert balance(session, shop.anna) == (84000, 0)
    assert proved(session)


def test_held(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave_asked", "8")
    assert order.state == OrderState.HELD
    assert balance(session, shop.anna) == (100000, 16000)
    order = shop.order(session, "bicycle", price_minor=50000, evidence=(PDF,))
    assert order.waits_for == ["approval", "check"]
    assert proved(session)
