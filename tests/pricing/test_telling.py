"""Employees hear of each price that changes once, with what makes it so."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.notices.models import Notice
from ideals.pricing.commands import publishing
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from tests.pricing.desk import Desk, on, opened
from tests.shop.conftest import ZONE, Shop

MARCH, APRIL = Month(2026, 3), Month(2026, 4)


def heard(desk: Desk) -> list[dict[str, Any]]:
    wanted = select(Notice.data).where(
        Notice.kind == publishing.CHANGED, Notice.employee_id == desk.shop.anna.employee_id
    )
    return list(desk.session.scalars(wanted.order_by(Notice.id)))


def test_what_is_published_later_is_told_without_what_was_told(
    session: Session, shop: Shop
) -> None:
    desk = opened(session, shop)
    desk.know(Month(2026, 2), "90", on(3, 1))
    desk.publish(MARCH, on(3, 1))
    desk.agreed(on(3, 10))  # by an indicator of March
    desk.agreed(on(3, 10), code="festival", products=["seat"], condition="", order=20)
    waiting = publishing.PublishLists(APRIL, wait=True)
    publishing.publish_lists(session, waiting, zone=ZONE, actor=desk.dora, now=on(3, 25))
    assert desk.tell(APRIL, on(3, 25)) > 0
    desk.know(MARCH, "82", on(3, 30))
    assert desk.publish(APRIL, on(3, 30)) == 1
    assert desk.tell(APRIL, on(3, 30)) > 0
    assert [(told["codes"], len(told["says"])) for told in heard(desk)] == [
        (["seat"], 1),
        (["leave"], 1),
    ]


def test_a_bound_alone_that_changes_a_price_is_told(session: Session, shop: Shop) -> None:
    desk = opened(session, shop)
    desk.publish(MARCH, on(3, 1))
    put_bounds(session, PutBounds("simple", "seat", 6000), actor=desk.dora, now=on(3, 10))
    desk.publish(APRIL, on(3, 25))
    assert desk.tell(APRIL, on(3, 25)) > 0
    assert [told["codes"] for told in heard(desk)] == [["seat"]]
