"""The bank's quiet season: from an indicator that falls to an hour at 17.00, and after it.

An hour of leave costs Anna 20.00. In March utilisation is 82%; from April through June leave costs
15% less where it was under 85% before.
"""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.notices.models import Notice
from ideals.outbox import Message
from ideals.pricing.commands import MakeQuote, make_quote, publishing
from ideals.pricing.models import Quote
from ideals.pricing.rules import Step
from ideals.pricing.states import RuleState
from ideals.shop.commands import PlaceOrder, place_order
from ideals.shop.models import Order
from tests.pricing.desk import QUIET, Desk, on, opened
from tests.shop.conftest import ZONE, Shop
from tests.shop.conftest import shop as shop  # a fixture

MARCH, APRIL, MAY, JUNE = (Month(2026, month) for month in range(3, 7))
SAYS = dict(QUIET["says"])


def quote(desk: Desk, month: Month, day: int) -> Quote:
    anna = desk.shop.anna
    assert anna.employee_id is not None
    asked = MakeQuote(anna.employee_id, "leave", Decimal(1), month=month)
    now = on(month.month, day)
    found = make_quote(desk.session, asked, actor=anna, now=now, zone=ZONE)
    desk.session.flush()
    return found


def order(desk: Desk, month: Month, day: int) -> Order:
    taken = quote(desk, month, day)
    cmd = PlaceOrder(new_id(), taken.token, taken.employee_id)
    return place_order(desk.session, cmd, actor=desk.shop.anna, now=on(month.month, day))


def steps(of: Quote | Order) -> list[tuple[str, str, int]]:
    read = [Step.of(step) for step in of.steps]
    return [(step.code, str(step.text), step.amount_minor) for step in read]


def told(session: Session, employee_id: int | None) -> list[dict[str, object]]:
    kind = Notice.kind == publishing.CHANGED
    return list(session.scalars(
        select(Notice.data).where(kind, Notice.employee_id == employee_id).order_by(Notice.id)
    ))  # fmt: skip


def test_a_quiet_season(session: Session, shop: Shop) -> None:
    desk = opened(session, shop)
    assert desk.publish(MARCH, on(3, 1)) > 0
    assert quote(desk, MARCH, 10).price_minor == 2000

    # Utilisation falls, and a rule goes from one person of HR through another.
    desk.know(MARCH, "82", on(3, 20))
    rule = desk.write(on(3, 20))
    assert rule.state == RuleState.DRAFT
    desk.submit(rule, on(3, 20))
    desk.decide(rule, on(3, 23))
    assert rule.state == RuleState.SCHEDULED

    # The list of April is published on the 25th, and everybody hears it once.
    assert publishing.look_at_lists(session, zone=ZONE, now=on(3, 25)) == [APRIL]
    assert desk.publish(APRIL, on(3, 25)) > 0
    assert desk.publish(APRIL, on(3, 26)) == 0
    assert session.scalars(select(Message.name).where(Message.name == publishing.TELL)).all()
    assert desk.tell(APRIL, on(3, 25)) > 0
    assert desk.tell(APRIL, on(3, 26)) == 0
    (notice,) = told(session, shop.anna.employee_id)
    assert notice["products"] == [{"en": "Extra leave", "nl": "Extra verlof"}]
    assert notice["says"] == [SAYS]

    desk.sweep(on(4, 1))
    assert rule.state == RuleState.IN_FORCE
    bought = order(desk, APRIL, 8)
    assert bought.price_minor == 1700
    assert [(code, minor) for code, _, minor in steps(bought)] == [
        ("list_price", 2000),
        ("quiet_season", 1700),
    ]
    assert "Quiet season: leave costs 15% less" in steps(bought)[1][1]

    # April says 84, and May costs the same.
    desk.know(APRIL, "84", on(4, 24))
    desk.publish(MAY, on(4, 25))
    assert desk.tell(MAY, on(4, 25)) == 0, "nothing changes"
    in_may = order(desk, MAY, 6)
    assert in_may.price_minor == 1700

    # March and April were wrong: what was given stays.
    desk.know(MARCH, "91", on(5, 7))
    desk.know(APRIL, "90", on(5, 7))
    assert quote(desk, MAY, 8).price_minor == 1700
    assert (bought.price_minor, in_may.price_minor) == (1700, 1700)

    # HR ends it with May, which is published with it.
    desk.end(rule, on(5, 11))
    assert (rule.last_month, rule.state) == (MAY, RuleState.IN_FORCE)
    desk.know(MAY, "80", on(5, 22))
    desk.publish(JUNE, on(5, 25))
    assert desk.tell(JUNE, on(5, 25)) > 0
    assert told(session, shop.anna.employee_id)[-1]["over"] == [
        {"en": "Quiet season", "nl": "Rustig seizoen"}
    ]
    desk.sweep(on(6, 1))
    assert rule.state == RuleState.ENDED
    assert quote(desk, JUNE, 3).price_minor == 2000
    for each in (bought, in_may):
        kept = session.get_one(Order, each.id, populate_existing=True)
        assert kept.price_minor == 1700
        assert [(code, minor) for code, _, minor in steps(kept)][1] == ("quiet_season", 1700)
