"""Quotes: made, made anew when they ran out, forgotten when nobody used them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor
from ideals.kernel.errors import Conflict
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.pricing import queries, rules
from ideals.pricing.errors import MonthClosed, PriceChanged, QuoteExpired
from ideals.pricing.models import Quote
from ideals.pricing.queries import Buyer
from ideals.pricing.rules import Offer
from ideals.pricing.steering import passed

KEPT = timedelta(days=1)
"""A quote that ran out is kept so long, so that who comes late gets a new one by it."""


@dataclass(frozen=True, slots=True)
class MakeQuote:
    """`quantity` in the product's unit, `None` for one piece. `price_minor`: what one costs, where
    the scheme has no price. `month`: `None` for the earliest one that takes orders. `selling`:
    leave that was granted or bought is sold back.
    """

    employee_id: int
    product: str
    quantity: Decimal | None = None
    price_minor: int | None = None
    month: Month | None = None
    selling: bool = False


def make_quote(
    session: Session, cmd: MakeQuote, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> Quote:
    """Promise a price for a quarter of an hour, and no longer than the month takes orders.

    Raises `NoSchemeOfOwn`, `ProductUnknown`, `MonthClosed`, `MonthBeyondPlan`, and what
    `rules.worked_out` does. Limits and balances are the order's business.
    """
    buyer = queries.buyer(session, cmd.employee_id, now.astimezone(zone).date())
    month, scheme, product = buyer.month_for(cmd.product, cmd.month)
    offer = rules.worked_out(
        scheme,
        product,
        buyer.person(session, scheme, month),
        month,
        buyer.day,
        cmd.quantity,
        steering=buyer.prices(session, scheme.code).at(product.code, month),
        selling=cmd.selling,
        stated_minor=cmd.price_minor,
    )
    return promise(session, buyer, offer, actor=actor, now=now, zone=zone)


def promise(
    session: Session, buyer: Buyer, offer: Offer, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> Quote:
    """The quote of what was just worked out for this buyer."""
    month = offer.month
    if buyer.months.last is None or month > buyer.months.last:
        first = month if buyer.months.last is None else buyer.months.last.plus(1)
        ledger.open_months(session, ledger.OpenMonths(first, month), actor=actor, now=now)
    quote = Quote(
        id=new_id(),
        token=secrets.token_urlsafe(32),
        employee_id=buyer.employee_id,
        scheme=offer.scheme.code,
        scheme_version=offer.scheme.version,
        product=offer.product.code,
        month=month,
        quantity=offer.quantity,
        unit_minor=offer.price.unit_minor,
        price_minor=offer.price.minor,
        minutes=offer.minutes,
        addition_minor=offer.addition_minor,
        terms=offer.terms.to_json(),
        steps=[step.to_json() for step in offer.price.steps],
        not_applied=passed.to_json(offer.price.not_applied),
        known_at=now,
        created_at=now,
        expires_at=rules.expires_at(now, offer.terms.last_day, zone),
    )
    session.add(quote)
    return quote


@dataclass(frozen=True, slots=True)
class RenewQuote:
    token: str
    employee_id: int


@dataclass(frozen=True, slots=True)
class Renewed:
    """The refusal to answer with, once this transaction is committed, and the new quote."""

    refusal: Conflict
    quote: Quote


def renew_quote(
    session: Session, cmd: RenewQuote, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> Renewed:
    """For who comes with a quote that ran out: the same again, and in what it differs.

    Raises `QuoteUnknown`, and what `make_quote` does when it cannot be had any more.
    """
    old = queries.quote_of(session, cmd.token, cmd.employee_id)
    terms = rules.Terms.of(old.terms)
    again = MakeQuote(
        employee_id=cmd.employee_id,
        product=old.product,
        quantity=old.quantity,
        price_minor=terms.stated_minor,
        month=old.month,
        selling=terms.back,
    )
    try:
        new = make_quote(session, again, actor=actor, now=now, zone=zone)
    except MonthClosed as closed:
        if closed.data["possible"] is None:
            raise
        again = replace(again, month=Month.parse(closed.data["possible"]))
        return Renewed(closed, make_quote(session, again, actor=actor, now=now, zone=zone))
    if new.price_minor == old.price_minor:
        return Renewed(QuoteExpired("This price was promised until a moment that has passed."), new)
    changed = PriceChanged(
        f"The price was {Money(old.price_minor)} and is {Money(new.price_minor)} now.",
        was=str(Money(old.price_minor)),
    )
    return Renewed(changed, new)


def forget_quotes(session: Session, *, actor: Actor, now: datetime) -> int:
    """Delete quotes that ran out a day ago; how many. Orders keep the price and its steps."""
    del actor  # nobody's act: what nobody used is gone
    old = delete(Quote).where(Quote.expires_at < now - KEPT).returning(Quote.id)
    return len(session.scalars(old).all())
