"""Placing orders: what moves, what waits, what is refused and what would be possible."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals.approvals.queries import of_subject
from ideals.audit import Entry
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger.models import Transfer
from ideals.outbox import Message
from ideals.pricing.errors import MonthClosed, QuoteExpired, QuoteUnknown, QuoteUsed
from ideals.seeds import factories
from ideals.shop.errors import (
    InsufficientBudget,
    LimitExceeded,
    NotSellable,
    OrderDiffers,
    QuotaUsedUp,
)
from ideals.shop.models import Order
from ideals.shop.states import OrderState
from tests.approvals.conftest import step_of
from tests.shop.conftest import (
    APRIL,
    MARCH,
    NOW,
    PDF,
    PRODUCTS,
    Shop,
    balance,
    open_shop,
    proved,
    stored,
)

GRANTED = (144 + 24) * 60
KINDS = ("budget", "leave", "savings", "development")


def balances(session: Session, shop: Shop) -> dict[str, tuple[int, int]]:
    found = {kind: balance(session, shop.anna, kind) for kind in KINDS}
    return {kind: each for kind, each in found.items() if each != (0, 0)}


@pytest.mark.parametrize(
    ("product", "quantity", "euros", "minutes"),
    [
        ("cash", "250.50", {"budget": -25050}, 0),
        ("leave", "8", {"budget": -16000}, 480),
        ("sell", "8", {"budget": 16000}, -480),
        ("savings", "100", {"budget": -10000, "savings": 10000}, 0),
        ("training", "100", {"budget": -10000, "development": 10000}, 0),
        ("seat", None, {"budget": -5000}, 0),
    ],
)
def test_value_moves_at_once_where_nobody_has_to_agree(
    session: Session, shop: Shop, product: str, quantity: str | None, euros: dict[str, int],
    minutes: int,
) -> None:  # fmt: skip
    order = shop.order(session, product, quantity)
    assert order.state == OrderState.POSTED
    assert order.waits_for == []
    wanted = {"budget": 100000, "leave": GRANTED} | {}
    for kind, minor in euros.items():
        wanted[kind] = wanted.get(kind, 0) + minor
    wanted["leave"] += minutes
    assert balances(session, shop) == {kind: (minor, 0) for kind, minor in wanted.items()}
    assert proved(session)


def test_an_order_paid_from_another_account_leaves_the_budget_alone(
    session: Session, shop: Shop
) -> None:
    shop.order(session, "training", "100")
    shop.order(session, "course", "80")
    assert balance(session, shop.anna, "development") == (2000, 0)
    with pytest.raises(InsufficientBudget) as refused:
        shop.order(session, "course", "80")
    assert refused.value.data == {
        "account": "development", "available": "20.00", "price": "80.00", "quantity": "20",
    }  # fmt: skip
    assert balance(session, shop.anna) == (90000, 0)
    assert proved(session)


def test_an_order_keeps_what_it_was_placed_under(session: Session, shop: Shop) -> None:
    order = stored(session, shop.order(session, "leave", "8"))
    assert order.number > 0
    assert (order.scheme, order.scheme_version) == ("simple", Month(2020, 1))
    assert (order.product, order.kind, order.unit, order.tax) == (
        "leave",
        "leave",
        "hour",
        "exempt",
    )
    assert (order.month, order.last_day) == (MARCH, date(2026, 3, 15))
    assert (order.quantity, order.unit_minor, order.price_minor) == (8, 2000, 16000)
    assert (order.minutes, order.addition_minor) == (480, 0)
    assert (order.cancellation, order.paid_from) == ("until_deadline", "budget")
    assert [step["amount"] for step in order.steps] == [2000, 16000]
    assert (order.ordered_at, order.ordered_by) == (NOW, "anna@meridian.example")
    rows = session.scalars(select(Transfer).where(Transfer.source == order.source)).all()
    assert {(row.reason, row.code, row.month, row.for_month) for row in rows} == {
        ("order", "leave", MARCH, MARCH)
    }


def test_an_order_leaves_an_audit_row_without_amounts_and_one_message(
    session: Session, shop: Shop
) -> None:
    order = shop.order(session, "leave", "8")
    entry = session.scalars(select(Entry).where(Entry.subject == order.source)).one()
    assert (entry.act, entry.details) == ("shop.order_placed", {"state": "posted"})
    message = session.scalars(select(Message).where(Message.name == "order.placed")).one()
    assert message.payload == {"scheme": "simple", "product": "leave"}


def test_a_held_order_sets_aside_what_it_costs(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave_asked", "8")
    assert (order.state, order.waits_for) == (OrderState.HELD, ["approval"])
    assert balances(session, shop) == {"budget": (100000, 16000), "leave": (GRANTED, 0)}
    asked = of_subject(session, order.source)
    assert [(one.kind, step_of(session, one).approver_id) for one in asked] == [
        ("order", shop.people.boris.id)
    ]
    assert asked[0].what == {"en": "Long leave", "nl": "Lang verlof"}
    due_on = step_of(session, asked[0]).due_on
    assert due_on == date(2026, 3, 13), "the last working day before the deadline, a Sunday"
    assert stored(session, order).approval_id == asked[0].id
    with pytest.raises(InsufficientBudget) as refused:
        shop.order(session, "cash", "840.01")
    assert refused.value.data["available"] == "840.00"
    assert proved(session)


def test_a_held_sale_sets_aside_the_minutes(session: Session, shop: Shop) -> None:
    order = shop.order(session, "sell_asked", "20")
    assert order.state == OrderState.HELD
    assert balances(session, shop) == {"budget": (100000, 0), "leave": (GRANTED, 1200)}
    with pytest.raises(NotSellable) as refused:
        shop.order(session, "sell", "5")
    assert refused.value.data == {"minutes": 240, "quantity": "4"}
    shop.order(session, "sell", "4")
    assert proved(session)


def test_evidence_is_waited_for_or_looked_at(session: Session, shop: Shop) -> None:
    order = shop.order(session, "bicycle", price_minor=90000)
    assert order.waits_for == ["approval", "evidence"]
    assert [one.kind for one in of_subject(session, order.source)] == ["order"]
    other = shop.order(session, "dues", "10", evidence=(PDF,))
    assert other.waits_for == ["check"]
    (look,) = of_subject(session, other.source)
    assert (look.kind, step_of(session, look).role) == ("evidence", "hr")
    assert proved(session)


# Once


def test_the_same_order_again_is_the_same_order(session: Session, shop: Shop) -> None:
    quote = shop.quote(session, "leave", "8")
    order_id = new_id()
    first = shop.place(session, quote, order_id=order_id)
    again = shop.place(session, quote, order_id=order_id, now=NOW + timedelta(days=2))
    assert (again.id, again.number, again.state) == (first.id, first.number, first.state)
    assert balance(session, shop.anna) == (84000, 0)


def test_the_same_order_is_answered_after_its_month_was_sealed(
    session: Session, shop: Shop
) -> None:
    quote = shop.quote(session, "leave", "8")
    order_id = new_id()
    shop.place(session, quote, order_id=order_id)
    for month in Month(2026, 1).until(MARCH):
        ledger.seal_month(session, ledger.SealMonth(month), actor=shop.dina, now=NOW)
    assert shop.place(session, quote, order_id=order_id).id == order_id


def test_a_quote_is_used_once(session: Session, shop: Shop) -> None:
    quote = shop.quote(session, "leave", "8")
    first = shop.place(session, quote)
    with pytest.raises(QuoteUsed) as refused:
        shop.place(session, quote)
    assert refused.value.data == {"order": str(first.id)}
    assert balance(session, shop.anna) == (84000, 0)


def test_a_quote_that_was_cancelled_stays_used(session: Session, shop: Shop) -> None:
    quote = shop.quote(session, "leave", "8")
    shop.cancel(session, shop.place(session, quote))
    with pytest.raises(QuoteUsed):
        shop.place(session, quote)


def test_an_id_stands_for_one_order(session: Session, shop: Shop) -> None:
    order = shop.order(session, "cash", "1")
    quote = shop.quote(session, "cash", "2")
    with pytest.raises(OrderDiffers):
        shop.place(session, quote, order_id=order.id)


def test_a_quote_of_another_an_altered_and_an_invented_one_are_unknown(
    session: Session, shop: Shop
) -> None:
    quote = shop.quote(session, "leave", "8")
    with pytest.raises(QuoteUnknown):
        shop.place(session, quote, who=shop.egor)
    for token in (quote.token[:-1] + "x", quote.token.lower(), "", "' OR 1=1 --"):
        quote.token = token
        with session.no_autoflush, pytest.raises(QuoteUnknown):
            shop.place(session, quote)
    session.expire(quote)
    assert proved(session)


# What may have changed since


def test_the_price_of_the_quote_holds_although_facts_and_rules_changed(
    session: Session, shop: Shop
) -> None:
    quote = shop.quote(session, "leave", "8")
    factories.a_change(session, shop.people.anna, date(2026, 3, 1), full_time_salary="3300")
    order = shop.place(session, quote, now=NOW + timedelta(minutes=14, seconds=59))
    assert order.price_minor == 16000


def test_a_quote_that_ran_out_buys_nothing(session: Session, shop: Shop) -> None:
    quote = shop.quote(session, "leave", "8")
    with pytest.raises(QuoteExpired):
        shop.place(session, quote, now=NOW + timedelta(minutes=15))
    assert balance(session, shop.anna) == (100000, 0)


@pytest.mark.parametrize("state", ["closing", "sealed"])
def test_a_month_that_closes_or_is_sealed_takes_no_order(
    session: Session, shop: Shop, state: str
) -> None:
    quote = shop.quote(session, "leave", "8")
    if state == "sealed":
        for month in Month(2026, 1).until(MARCH):
            ledger.seal_month(session, ledger.SealMonth(month), actor=shop.dina, now=NOW)
    else:
        session.execute(text("UPDATE ledger_month SET state = 'closing' WHERE month = 202603"))
    with pytest.raises(MonthClosed) as refused:
        shop.place(session, quote)
    assert refused.value.data["possible"] == "2026-04"


@pytest.mark.parametrize(
    ("before", "product", "quantity", "more", "error", "data"),
    [
        ([], "cash", "1000.01", {}, InsufficientBudget,
         {"available": "1000.00", "quantity": "1000"}),
        ([("cash", "990")], "leave", "2", {}, InsufficientBudget,
         {"available": "10.00", "quantity": "0"}),
        ([("leave", "33")], "leave", "8", {}, LimitExceeded,
         {"left": "7", "per": "year", "counts": "quantity"}),
        ([], "bicycle", None, {"price_minor": 300001}, LimitExceeded,
         {"left": "3000.00", "per": "years"}),
        ([("seat", None), ("seat", "2")], "seat", None, {}, QuotaUsedUp, {"left": "0"}),
        ([("seat", "2")], "seat", "2", {}, QuotaUsedUp, {"left": "1"}),
        ([], "sell", "25", {}, NotSellable, {"minutes": 1440, "quantity": "24"}),
    ],
)  # fmt: skip
def test_each_refusal_says_what_would_be_possible(
    session: Session, shop: Shop, before: list[tuple[str, str | None]], product: str,
    quantity: str | None, more: dict[str, Any], error: type[IdealsError], data: dict[str, Any],
) -> None:  # fmt: skip
    for bought, number in before:
        shop.order(session, bought, number)
    standing = balances(session, shop)
    with pytest.raises(error) as refused:
        shop.order(session, product, quantity, **more)
    assert {key: refused.value.data[key] for key in data} == data
    assert balances(session, shop) == standing
    assert proved(session)


def test_the_quota_is_everybodys(session: Session, shop: Shop) -> None:
    shop.order(session, "seat", "2", who=shop.egor)
    with pytest.raises(QuotaUsedUp) as refused:
        shop.order(session, "seat", "2")
    assert refused.value.data == {"left": "1"}
    assert shop.order(session, "seat").state == OrderState.POSTED


def test_what_was_cancelled_counts_no_more(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave", "40")
    seats = shop.order(session, "seat", "3")
    for each in (order, seats):
        shop.cancel(session, each)
    shop.order(session, "leave", "40")
    shop.order(session, "seat", "3")
    assert proved(session)


def test_a_limit_of_a_year_begins_anew_in_january_of_the_organisation(session: Session) -> None:
    """At midnight in Amsterdam it is still last year for a server that thinks in UTC."""
    deadline = {"deadline": {"day": "31"}}
    shop = open_shop(session, budget="2000", calendar=deadline)
    december, january = Month(2026, 12), Month(2027, 1)
    months = ledger.OpenMonths(Month(2026, 9), january)
    ledger.open_months(session, months, actor=shop.dina, now=NOW)
    late = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
    first = shop.order(session, "leave", "40", now=late)
    assert first.month == december
    with pytest.raises(LimitExceeded):
        shop.order(session, "leave", "1", now=late)
    after_midnight = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
    second = shop.order(session, "leave", "40", now=after_midnight)
    assert second.month == january
    assert second.last_day == date(2027, 1, 31)
    quote = shop.quote(session, "cash", "1", now=late)
    assert quote.expires_at == after_midnight
    assert proved(session)


def test_a_plan_for_a_later_month_is_booked_in_that_month(session: Session, shop: Shop) -> None:
    order = shop.order(session, "cash", "300", month=Month(2026, 5))
    row = session.scalars(select(Transfer).where(Transfer.source == order.source)).one()
    assert (row.month, row.for_month) == (Month(2026, 5), Month(2026, 5))
    assert balance(session, shop.anna) == (70000, 0)
    assert proved(session)


def test_what_was_bought_may_be_sold_in_its_year_where_the_product_allows(
    session: Session,
) -> None:
    leave = PRODUCTS["leave"] | {"resale": "bought_only", "sell_price": "full_time_salary / 200"}
    shop = open_shop(session, products=PRODUCTS | {"leave": leave})
    with pytest.raises(NotSellable):
        shop.order(session, "leave", "1", selling=True)
    shop.order(session, "leave", "8")
    sold = shop.order(session, "leave", "3", selling=True)
    assert (sold.kind, sold.price_minor, sold.minutes) == ("sell_leave", 4500, 180)
    assert balance(session, shop.anna) == (100000 - 16000 + 4500, 0)
    with pytest.raises(NotSellable) as refused:
        shop.order(session, "leave", "6", selling=True)
    assert refused.value.data["minutes"] == 300
    # The limit of buying is not lifted by selling.
    with pytest.raises(LimitExceeded):
        shop.order(session, "leave", "33")
    assert proved(session)


def test_the_database_keeps_an_order_as_it_was_placed(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave", "8")
    for change in ("price_minor = 1", "quantity = 9", "month = 202604", "employee_id = 1",
                   "quote_id = NULL", "minutes = 0", "product = 'cash'"):  # fmt: skip
        with pytest.raises(Exception, match="stays as it was placed"), session.begin_nested():
            session.execute(
                text(f"UPDATE shop_order SET {change} WHERE id = :id"), {"id": order.id}
            )
    with pytest.raises(Exception, match="stays as it was placed"), session.begin_nested():
        session.execute(text("DELETE FROM shop_order WHERE id = :id"), {"id": order.id})
    with pytest.raises(Exception, match="held_while_it_waits"), session.begin_nested():
        session.execute(
            text("UPDATE shop_order SET state = 'held' WHERE id = :id"), {"id": order.id}
        )
    shop.cancel(session, order)
    session.flush()
    with pytest.raises(Exception, match="stays as it was placed"), session.begin_nested():
        session.execute(
            text("UPDATE shop_order SET state = 'posted' WHERE id = :id"), {"id": order.id}
        )


def test_april_takes_orders_after_the_deadline_of_march(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave", "1", now=datetime(2026, 3, 16, 9, tzinfo=UTC))
    assert order.month == APRIL
    assert session.scalar(select(Order.month).where(Order.id == order.id)) == APRIL
