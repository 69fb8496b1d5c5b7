"""What so many units cost, step by step: listed by the scheme, or stated by the buyer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ideals.kernel.money import Money
from ideals.kernel.said import say
from ideals.kernel.said import say as _
from ideals.pricing.errors import NothingToPay, PriceNotAsked, QuantityMissing
from ideals.pricing.rules.steered import NO_BOUNDS, NO_FACTS
from ideals.pricing.rules.steps import Step
from ideals.pricing.steering import Held, NotApplied, PriceBounds, Row, RuleText, price
from ideals.schemes.errors import PriceStatedByBuyer
from ideals.schemes.rules import (
    Commitment,
    Priced,
    Product,
    ProductKind,
    ProductUnit,
    price_of,
)

_ONE = Decimal(1)
_LISTED = {
    ProductUnit.HOUR: (
        _("One hour by the rules of your scheme, with your facts of %(as_of)s"),
        _("One hour sold by the rules of your scheme, with your facts of %(as_of)s"),
    ),
    ProductUnit.DAY: (
        _("One day by the rules of your scheme, with your facts of %(as_of)s"),
        _("One day sold by the rules of your scheme, with your facts of %(as_of)s"),
    ),
    ProductUnit.PIECE: (
        _("One by the rules of your scheme, with your facts of %(as_of)s"),
        _("One by the rules of your scheme, with your facts of %(as_of)s"),
    ),
    ProductUnit.EURO: (
        _("One euro of it by the rules of your scheme, with your facts of %(as_of)s"),
        _("One euro of it by the rules of your scheme, with your facts of %(as_of)s"),
    ),
}


@dataclass(frozen=True, slots=True)
class Price:
    """`unit_minor` for one unit, `minor` for all of them, in cents. `not_applied`: the rules that
    did nothing to it, each with why."""

    unit_minor: int
    minor: int
    steps: tuple[Step, ...]
    not_applied: tuple[NotApplied, ...] = ()


def price_listed(
    product: Product,
    listed: Priced,
    quantity: Decimal,
    *,
    selling: bool = False,
    rules: Sequence[RuleText] | Row | Held = (),
    facts: Mapping[str, Any] = NO_FACTS,
    bounds: PriceBounds = NO_BOUNDS,
) -> Price:
    """What so many units cost; `facts` for rules of which it is not known yet which hold.

    Raises `NothingToPay`.
    """
    found = price(listed.exact, rules, bounds, facts)
    minor = price_of(found.minor, quantity)
    _check_something(product, minor)
    if not listed.formula and not found.steps:
        # A euro costs a euro.
        first = Step("amount", _("The amount you choose"), minor)
        return Price(found.minor, minor, (first,), found.not_applied)
    sold = selling or product.kind is ProductKind.SELL_LEAVE
    said = say(_LISTED[product.unit][sold].template, as_of=listed.as_of)
    first = Step("list_price", said, listed.minor, listed.parts)
    changes = [Step(each.code, each.text, each.amount_minor) for each in found.steps]
    steps = [first, *changes]
    if quantity != 1:
        words = _("%(quantity)s × %(price)s", quantity=quantity, price=Money(found.minor))
        steps.append(Step("quantity", words, minor))
    return Price(found.minor, minor, tuple(steps), found.not_applied)


def price_stated(product: Product, stated_minor: int, quantity: Decimal) -> Price:
    """The buyer says what one costs. Raises `NothingToPay`."""
    minor = price_of(stated_minor, quantity)
    _check_something(product, minor)
    steps = [Step("stated", _("What one costs, as you say"), stated_minor)]
    if quantity != 1:
        words = _("%(quantity)s × %(price)s", quantity=quantity, price=Money(stated_minor))
        steps.append(Step("quantity", words, minor))
    return Price(stated_minor, minor, tuple(steps))


def charged(commitment: Commitment | None, price_minor: int) -> Step | None:
    """How something dear is charged month by month; `None` when it is paid at once."""
    if commitment is None:
        return None
    if not commitment.divided:
        words = _("Each month again, %(months)s months long", months=Decimal(commitment.months))
        return Step("each_month", words, price_minor)
    words = _("Charged in %(months)s months", months=Decimal(commitment.months))
    return Step("divided", words, price_minor)


def _check_something(product: Product, minor: int) -> None:
    if minor <= 0:
        raise NothingToPay(
            f"The price of {product.code} comes to nothing: there is nothing to pay or to get.",
            product=product.code,
        )


def wanted_quantity(
    product: Product, quantity: Decimal | None, stated_minor: int | None
) -> Decimal:
    """The quantity asked for; one, where a piece is bought and none was said.

    Raises `QuantityMissing`, `PriceStatedByBuyer`, `PriceNotAsked`.
    """
    if product.asks_price and stated_minor is None:
        raise PriceStatedByBuyer(
            f"{product.code} has no price of its own: say what it costs.", product=product.code
        )
    if not product.asks_price and stated_minor is not None:
        raise PriceNotAsked(
            f"The price of {product.code} is the scheme's; leave yours away.", product=product.code
        )
    if quantity is not None:
        return quantity
    if product.unit is ProductUnit.PIECE:
        return _ONE
    raise QuantityMissing(
        f"Say how many {product.unit.value}s of {product.code}.",
        product=product.code,
        unit=product.unit.value,
    )
