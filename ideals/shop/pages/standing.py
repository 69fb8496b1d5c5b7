"""Choices, commitments and closes in words: what caused transfers, and notices."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.ledger.queries import SourceTold
from ideals.notices.queries import Words
from ideals.schemes.rules import LeftOver
from ideals.schemes.rules.scheme import named
from ideals.shop import queries
from ideals.shop.models import Order
from ideals.shop.pages.words import gettext, order_page, product_name
from ideals.web import formats
from ideals.web.errors import register_words

CHOICES, COMMITMENTS = "/choices", "/choices#commitments"
_RUN = re.compile(r"(?:choices|close):([a-z0-9_-]+):(\d{4}-\d{2}):(\d+)")
_CHARGE = re.compile(r"commitment:([0-9a-f-]{36}):(\d{4}-\d{2})(:rest)?")


# What caused transfers ------------------------------------------------------------------------


def describe_closes(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Registered for sources that begin with `close:`."""
    del session
    return {
        source: SourceTold(gettext("The close of %(month)s.", month=month))
        for source, month in _months(sources)
    }


def describe_choices(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Registered for sources that begin with `choices:`."""
    del session
    return {
        source: SourceTold(gettext("The standing choices of %(month)s.", month=month))
        for source, month in _months(sources)
    }


def _months(sources: Collection[str]) -> Iterator[tuple[str, str]]:
    for source in sources:
        if found := _RUN.fullmatch(source):
            yield source, formats.month_name(Month.parse(found[2]))


def describe_commitments(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Registered for sources that begin with `commitment:`: the id is that of the order."""
    charges = {source: found for source in sources if (found := _CHARGE.fullmatch(source))}
    orders = queries.orders_by_source(session, [f"order:{each[1]}" for each in charges.values()])
    by_id = {order.id: order for order in orders.values()}
    products = queries.products_of(session, list(by_id.values()))
    told = {}
    for source, found in charges.items():
        order = by_id.get(UUID(found[1]))
        if order is not None:
            product = products.get(order.id)
            name = order.product if product is None else product_name(product)
            sentence = _charge(order, Month.parse(found[2]), rest=found[3] is not None)
            told[source] = SourceTold(sentence, order_page(order), name)
    return told


def _charge(order: Order, month: Month, *, rest: bool) -> str:
    if rest:
        return gettext("All that was left to pay of order %(number)s.", number=order.number)
    return gettext(
        "The charge of %(month)s for order %(number)s.",
        month=formats.month_name(month),
        number=order.number,
    )


# Notices --------------------------------------------------------------------------------------

_WHY: dict[str, LazyString] = {
    "insufficient_budget": lazy_gettext("there was not enough in your budget"),
    "limit_exceeded": lazy_gettext("you have reached the limit"),
    "quota_used_up": lazy_gettext("nothing was left for everybody together"),
    "not_eligible": lazy_gettext("it was not open to you"),
    "product_closed": lazy_gettext("it could not be ordered then"),
    "product_unknown": lazy_gettext("it is no longer sold"),
    "choice_has_no_scheme": lazy_gettext("your scheme does not hold any more"),
    "not_sellable": lazy_gettext("you did not have that much leave to sell"),
    "quantity_too_small": lazy_gettext("the amount was too small to order any of it"),
}
_OTHER = lazy_gettext("something was in its way")


def choice_failed(data: Mapping[str, Any], in_language: str) -> Words:
    name = named(data["names"], in_language, data["product"])
    return Words(
        gettext("Your standing choice was not ordered: %(name)s", name=name),
        gettext(
            "%(name)s could not be ordered for %(month)s: %(why)s. Your other choices were made as "
            "usual.",
            name=name,
            month=formats.month_name(Month.parse(data["month"])),
            why=str(_WHY.get(data["code"], _OTHER)),
        ),
        CHOICES,
        gettext("Look at your choices"),
    )


def charge_short(data: Mapping[str, Any], in_language: str) -> Words:
    name = named(data["names"], in_language, data["product"])
    return Words(
        gettext("A part of a charge comes off your pay: %(name)s", name=name),
        gettext(
            "Your budget could not pay all of %(name)s for %(month)s. What was missing is deducted "
            "from your pay.",
            name=name,
            month=formats.month_name(Month.parse(data["month"])),
        ),
        COMMITMENTS,
        gettext("Look at what is charged"),
    )


_DEFAULTS: dict[str, LazyString] = {
    LeftOver.PAY_EACH_MONTH: lazy_gettext("it is paid out with your pay"),
    LeftOver.KEEP_UNTIL_DECEMBER: lazy_gettext("it stays in your budget, and is paid in December"),
    LeftOver.SAVE_AS_LEAVE: lazy_gettext("it is saved as leave, and the rest is paid"),
}


def deadline_near(data: Mapping[str, Any], in_language: str) -> Words:
    del in_language
    month = formats.month_name(Month.parse(data["month"]))
    day = formats.day(date.fromisoformat(data["last_day"]))
    return Words(
        gettext("You can choose for %(month)s until %(day)s", month=month, day=day),
        gettext(
            "You have not chosen anything for %(month)s yet. If you do nothing, this becomes of "
            "your budget: %(default)s.",
            month=month,
            default=str(_DEFAULTS[data["left_over"]]),
        ),
        "/shop",
        gettext("Go to the shop"),
    )


register_words("month_unknown", lazy_gettext("There is no such month yet."))
