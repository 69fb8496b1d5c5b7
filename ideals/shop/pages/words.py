"""How prices, orders and refusals are said: on pages, on the wire, in statements and notices."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import current_app, has_request_context, url_for
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as translated
from flask_babel import ngettext as translated_plural
from sqlalchemy.orm import Session

from ideals.approvals.pages.words import said_of
from ideals.approvals.queries import Fact, FactSaid, Told
from ideals.kernel.formula import Kind as FactKind
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.ledger.queries import SourceTold
from ideals.notices.queries import Words
from ideals.pricing.rules import Step
from ideals.schemes.pages.product_words import KINDS
from ideals.schemes.rules import Product, ProductKind, ProductUnit
from ideals.schemes.rules.scheme import named
from ideals.shop import policy, queries
from ideals.shop.models import Evidence, Order
from ideals.shop.queries.evidence import files_of
from ideals.shop.states import OrderState, Waits
from ideals.web import formats
from ideals.web.actor import present_actor
from ideals.web.errors import register_words
from ideals.web.language import language

ORDER_PAGE = "order_pages.order"
"""The page of one order; it may not be there yet."""


def gettext(text: str, **values: object) -> str:
    """Flask-Babel's, with a type."""
    return str(translated(text, **values))


# Prices and quantities ----------------------------------------------------------------------


def step_in_words(step: Step) -> str:
    return formats.said(step.text)


def product_name(product: Product, in_language: str | None = None) -> str:
    return named(product.names, in_language or language(), product.code)


def quantity_in_words(unit: str, quantity: Decimal, price: Money) -> str:
    """`8 hours`, `2 days`, `€ 250,00`; nothing for one piece."""
    number = formats.number(quantity, 0, most=6)
    match ProductUnit(unit):
        case ProductUnit.HOUR:
            return ngettext("%(number)s hour", "%(number)s hours", _count(quantity), number=number)
        case ProductUnit.DAY:
            return ngettext("%(number)s day", "%(number)s days", _count(quantity), number=number)
        case ProductUnit.EURO:
            return formats.money(price)
    return "" if quantity == 1 else gettext("%(number)s pieces", number=number)


def _count(quantity: Decimal) -> int:
    """Which form of a word: only one whole is one."""
    return 1 if quantity == 1 else 2


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Flask-Babel's, with a type."""
    return str(translated_plural(one, many, count, **values))


def order_title(order: Order, product: Product | None) -> str:
    """`Extra leave: 8 hours`."""
    name = order.product if product is None else product_name(product)
    amount = quantity_in_words(order.unit, order.quantity, Money(order.price_minor))
    return gettext("%(name)s: %(amount)s", name=name, amount=amount) if amount else name


STATES: dict[OrderState, LazyString] = {
    OrderState.HELD: lazy_gettext("waiting"),
    OrderState.POSTED: lazy_gettext("done"),
    OrderState.REFUSED: lazy_gettext("refused"),
    OrderState.RELEASED: lazy_gettext("not decided in time"),
    OrderState.CANCELLED: lazy_gettext("cancelled"),
}
WAITS: dict[Waits, LazyString] = {
    Waits.EVIDENCE: lazy_gettext("You still have to upload the evidence."),
    Waits.CHECK: lazy_gettext("HR looks at your evidence."),
    Waits.APPROVAL: lazy_gettext("Somebody has to agree to it."),
}


# What others ask: statements, approvals, notices --------------------------------------------


def describe_orders(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Registered for sources that begin with `order:`."""
    orders = queries.orders_by_source(session, sources)
    products = queries.products_of(session, orders.values())
    return {
        source: SourceTold(
            _order_told(order, source), order_page(order), _name(order, products.get(order.id))
        )
        for source, order in orders.items()
    }


def _order_told(order: Order, source: str) -> str:
    if source.endswith(":cancelled"):
        return gettext("Order %(number)s was taken back.", number=order.number)
    return gettext(
        "Order %(number)s of %(day)s.", number=order.number, day=formats.day(order.ordered_at)
    )


def _name(order: Order, product: Product | None) -> str:
    return order.product if product is None else product_name(product)


def order_page(order: Order) -> str | None:
    """Where the order is shown, once there is such a page."""
    if not has_request_context() or ORDER_PAGE not in current_app.view_functions:
        return None
    return url_for(ORDER_PAGE, order_id=order.id)


def describe_subjects(session: Session, subjects: Collection[str]) -> Mapping[str, Told]:
    """An order as whoever has to agree sees it. Registered with the approvals."""
    orders = queries.orders_by_source(session, subjects)
    products = queries.products_of(session, orders.values())
    files = files_of(session, [order.id for order in orders.values()])
    return {
        subject: Told(
            order_title(order, products.get(order.id)),
            (*_facts(order), *_evidence(order, files.get(order.id, ()))),
            cost=Money(order.price_minor),
            href=order_page(order),
            when=(order.month.first, order.month.last) if order.minutes > 0 else None,
        )
        for subject, order in orders.items()
    }


ASKS = {
    "nobody": lazy_gettext("nobody, as the product says"),
    "manager": lazy_gettext("the manager, as the product says"),
    "hr": lazy_gettext("HR, as the product says"),
}
EVIDENCE_FACTS = {"product": FactSaid(FactKind.TEXT, lazy_gettext("the product"))}
ORDER_FACTS = EVIDENCE_FACTS | {
    "product_kind": FactSaid(
        FactKind.TEXT,
        lazy_gettext("the kind of product"),
        {kind.value: KINDS[kind] for kind in ProductKind},
    ),
    "paid_from": FactSaid(FactKind.TEXT, lazy_gettext("the account it is paid from")),
    "quantity": FactSaid(FactKind.NUMBER, lazy_gettext("how much, in the product's unit")),
    "asks": FactSaid(FactKind.TEXT, lazy_gettext("who has to agree"), ASKS),
}
"""What a policy of approvals may decide by."""


def _facts(order: Order) -> tuple[Fact, ...]:
    facts = [
        Fact(gettext("Order"), str(order.number)),
        Fact(gettext("For"), formats.month_name(order.month)),
    ]
    if order.minutes:
        facts.append(Fact(gettext("Leave"), formats.hours(order.minutes)))
    return tuple(facts)


def _evidence(order: Order, files: Sequence[Evidence]) -> Iterator[Fact]:
    """The files, for who may open them."""
    actor = present_actor()
    if actor is not None and policy.may_see_evidence(actor, order.employee_id):
        for file in files:
            href = url_for("evidence_pages.file", order_id=order.id, evidence_id=file.id)
            yield Fact(gettext("Evidence"), file.file_name, href)


NOTICES: dict[str, tuple[LazyString, LazyString]] = {
    "posted": (
        lazy_gettext("Your order is done: %(name)s"),
        lazy_gettext("Order %(number)s for %(month)s was agreed to and is done."),
    ),
    "refused": (
        lazy_gettext("Your order was refused: %(name)s"),
        lazy_gettext(
            "Order %(number)s for %(month)s was refused: %(reason)s What was set aside for it is "
            "yours to use again."
        ),
    ),
    "released": (
        lazy_gettext("Your order ended: %(name)s"),
        lazy_gettext(
            "Nobody decided about order %(number)s before %(month)s closed. What was set aside "
            "for it is yours to use again; you can order it again."
        ),
    ),
    "reversed": (
        lazy_gettext("Your order was taken back: %(name)s"),
        lazy_gettext("Order %(number)s for %(month)s was taken back: %(reason)s"),
    ),
}
"""Title and text by what happened; the kind of notice is `order.` and this."""


def notice_words(what: str, data: Mapping[str, Any], in_language: str) -> Words:
    title, text = NOTICES[what]
    values = {
        "name": named(data["names"], in_language, ""),
        "number": data["number"],
        "month": formats.month_name(Month.parse(data["month"])),
        "reason": _sentence_of(said_of(data["reason"]) or ""),
    }
    href = f"/orders/{data['order']}"
    return Words(str(title) % values, str(text) % values, href, gettext("Look at your order"))


def _sentence_of(reason: str) -> str:
    """Ended like a sentence, for another may follow."""
    return reason if reason.endswith((".", "!", "?")) or not reason else f"{reason}."


# Refusals -----------------------------------------------------------------------------------

_REFUSALS: dict[str, LazyString] = {
    "product_unknown": lazy_gettext("There is no such product for you."),
    "no_scheme_of_own": lazy_gettext("You have no scheme now, and so nothing to choose from."),
    "not_eligible": lazy_gettext("This is not open to you."),
    "product_closed": lazy_gettext("This cannot be ordered now."),
    "month_closed": lazy_gettext("This month takes no more orders. Choose a later one."),
    "month_beyond_plan": lazy_gettext("This is too far ahead. You can plan through %(last)s."),
    "price_not_asked": lazy_gettext("The scheme sets this price; you do not state one."),
    "quantity_missing": lazy_gettext("Say how much of it you want."),
    "nothing_to_pay": lazy_gettext("The price comes to nothing, so there is nothing to order."),
    "not_for_order": lazy_gettext("This is not ordered: what you do not use stays."),
    "quote_unknown": lazy_gettext("This price is not one of yours. Ask for a new one."),
    "quote_expired": lazy_gettext("The time for which this price was promised is over."),
    "price_changed": lazy_gettext("The price has changed: it was €%(was)s. Look at the new one."),
    "quote_used": lazy_gettext("This was ordered already."),
    "order_unknown": lazy_gettext("There is no such order of yours."),
    "order_differs": lazy_gettext("This was ordered already, with other content."),
    "order_moved_on": lazy_gettext("Something happened to this order. Look at it again."),
    "limit_exceeded": lazy_gettext("That is more than the limit leaves you."),
    "quota_used_up": lazy_gettext("There are %(left)s left for everybody together."),
    "insufficient_budget": lazy_gettext(
        "There is not enough: €%(available)s is available, and it costs €%(price)s."
    ),
    "not_sellable": lazy_gettext(
        "You cannot sell that much. Statutory leave is never sold, and what you took is gone."
    ),
    "not_cancellable": lazy_gettext("This order can no longer be taken back."),
    "minutes_used": lazy_gettext("You used this leave already, so it cannot be given back."),
    "evidence_unknown": lazy_gettext("There is no such file that you may see."),
    "evidence_unusable": lazy_gettext("Send a PDF, a PNG or a JPEG of at most 5 MB."),
    "evidence_not_asked": lazy_gettext("This order does not wait for evidence."),
    "no_orders_of_own": lazy_gettext("This account is not an employee's and has no orders."),
}
for _code, _words in _REFUSALS.items():
    register_words(_code, _words)
