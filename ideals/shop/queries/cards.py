"""What the shop shows one employee: every product of the scheme, with what it is for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.kernel.said import say as _
from ideals.ledger import queries as ledger
from ideals.ledger.queries import AccountBalance
from ideals.ledger.states import AccountKind
from ideals.pricing import queries as pricing
from ideals.pricing.queries import Buyer
from ideals.pricing.queries.prices import InForce
from ideals.pricing.rules import unit_of
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.rules import (
    Bounds,
    Offered,
    Priced,
    Product,
    ProductKind,
    Scheme,
    last_day,
    limits_of,
    minutes_of,
    offered,
    order_bounds,
    quota_months,
)
from ideals.shop.models import Chosen, Order
from ideals.shop.rules import Ordered, Room, room_in
from ideals.shop.states import STANDING

FEWEST_SHOWN = 10
"""How many people chose something is shown from ten up."""


@dataclass(frozen=True, slots=True)
class Card:
    """A product as one employee can have it now.

    `month`: the one an order would go into, of the `months` it can be ordered for; `last_day`: the
    deadline for it. `offered`: whether it is open to them, why not and from when. `unit_minor`:
    what one costs, with `listed` telling how; `None` where the buyer states it. `steered`: the
    price rules that change it. `sale_minor`: what one that is sold back brings. `minutes`: of one
    unit. `rooms`: what limits leave. `people`: how many chose it, from ten up. `failure`: why it
    cannot be worked out for them.
    """

    product: Product
    scheme: Scheme
    month: Month | None = None
    months: tuple[Month, ...] = ()
    last_day: date | None = None
    offered: Offered | None = None
    unit_minor: int | None = None
    listed: Priced | None = None
    steered: tuple[InForce, ...] = ()
    sale_minor: int | None = None
    minutes: int = 0
    bounds: Bounds | None = None
    rooms: tuple[Room, ...] = ()
    quota_left: Decimal | None = None
    people: int | None = None
    failure: str = ""

    @property
    def available(self) -> bool:
        """Whether it can be ordered now, as far as the product goes."""
        return bool(
            self.month and self.offered and self.offered.available and not self.failure
            and self.product.is_ordered and self.quota_left != 0
            and not self._used_up
        )  # fmt: skip

    @property
    def _used_up(self) -> bool:
        return any(room.left == 0 or room.times_left == 0 for room in self.rooms)

    @property
    def why(self) -> str | Mapping[str, str] | None:
        """Why it cannot be ordered now: a sentence, or the document's own words by language."""
        if self.available:
            return None
        if self.failure:
            return self.failure
        if self.offered is not None and not self.offered.available:
            return self.offered.texts or self.offered.why
        if not self.product.is_ordered:
            return None if self.offered is None else self.offered.why
        if self.month is None:
            return _("This month takes no orders of it.")
        if self.quota_left == 0:
            return _("Everything there was of it has been ordered.")
        return _("You ordered as much of it as your limit allows.")

    @property
    def opens_on(self) -> date | None:
        return None if self.offered is None else self.offered.opens_on

    @property
    def steered_by(self) -> list[str]:
        return [each.rule.code for each in self.steered]

    @property
    def price_until(self) -> Month | None:
        """The last month of the first of the rules to end; `None`: nothing ends."""
        return min((each.last for each in self.steered if each.last is not None), default=None)

    @property
    def minimum(self) -> Decimal | None:
        return None if self.bounds is None else self.bounds.minimum

    @property
    def maximum(self) -> Decimal | None:
        return None if self.bounds is None else self.bounds.maximum


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`cards` in the order of the document. Without a scheme there are none."""

    scheme: Scheme | None
    cards: list[Card]
    balances: Mapping[AccountKind, AccountBalance] = field(default_factory=dict)


def catalogue(session: Session, employee_id: int, month: Month | None, today: date) -> Catalogue:
    """Every product, priced for this employee: as many statements however many there are.

    `month`: what would be ordered for; `None`: of each product the earliest that takes orders.
    """
    buyer = pricing.buyer(session, employee_id, today)
    months = [month or Month.of(today), *buyer.candidates()]
    scheme = next((found for each in months if (found := buyer.scheme(each))), None)
    balances = {each.kind: each for each in ledger.balances(session, employee_id)}
    if scheme is None:
        return Catalogue(None, [], balances)
    shelf = _Shelf(
        buyer,
        month,
        _standing(session, employee_id, scheme.code),
        _taken(session, scheme),
        chosen_by(session),
    )
    cards = [_card(session, shelf, scheme, product) for product in scheme.products.values()]
    return Catalogue(scheme, cards, balances)


def chosen_by(session: Session) -> dict[tuple[str, str], int]:
    """How many people chose a product in the last twelve months, by (scheme, code)."""
    rows = session.execute(
        select(Chosen.scheme, Chosen.product, Chosen.people).where(Chosen.people >= FEWEST_SHOWN)
    )
    return {(scheme, product): people for scheme, product, people in rows}


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What is known for all cards. `standing`: the employee's orders by product; `taken`: units of
    scarce products by product and month."""

    buyer: Buyer
    month: Month | None
    standing: Mapping[str, Sequence[Ordered]]
    taken: Mapping[str, Mapping[Month, Decimal]]
    people: Mapping[tuple[str, str], int]


def _standing(session: Session, employee_id: int, scheme: str) -> dict[str, list[Ordered]]:
    """Orders that count against limits; leave that was sold back counts against none."""
    rows = session.execute(
        select(Order.product, Order.kind, Order.month, Order.quantity, Order.price_minor).where(
            Order.employee_id == employee_id, Order.scheme == scheme, Order.state.in_(STANDING)
        )
    )
    found: dict[str, list[Ordered]] = {}
    for product, kind, month, quantity, price_minor in rows:
        found.setdefault(f"{product}:{kind}", []).append(Ordered(month, quantity, price_minor))
    return found


def _taken(session: Session, scheme: Scheme) -> dict[str, dict[Month, Decimal]]:
    scarce = [product.code for product in scheme.products.values() if product.quota]
    found: dict[str, dict[Month, Decimal]] = {}
    if scarce:
        rows = session.execute(
            select(Order.product, Order.month, func.sum(Order.quantity))
            .where(
                Order.scheme == scheme.code,
                Order.product.in_(scarce),
                Order.scarce,
                Order.state.in_(STANDING),
            )
            .group_by(Order.product, Order.month)
        )
        for product, month, quantity in rows:
            found.setdefault(product, {})[month] = quantity
    return found


def _card(session: Session, shelf: _Shelf, scheme: Scheme, product: Product) -> Card:
    buyer = shelf.buyer
    open_now = buyer.open_months(product.code)
    months = tuple(month for month, _, _ in open_now)
    chosen = [each for each in open_now if shelf.month in (None, each[0])]
    # What no month takes now is still shown, with what it says of itself.
    month, scheme, product = chosen[0] if chosen else (None, scheme, product)
    card = Card(
        product, scheme, month, months, people=shelf.people.get((scheme.code, product.code))
    )
    try:
        return _priced(session, shelf, card, month or shelf.month or Month.of(buyer.day))
    except BudgetNotComputable as missing:
        return replace(card, failure=missing.message)


def _priced(session: Session, shelf: _Shelf, card: Card, month: Month) -> Card:
    scheme, product, day = card.scheme, card.product, shelf.buyer.day
    person = shelf.buyer.person(session, scheme, month)
    found = offered(scheme, product, person, month, day)
    card = replace(card, last_day=last_day(scheme, product, month), offered=found)
    if not product.is_ordered or not found.eligible:
        return card
    book = shelf.buyer.prices(session, scheme.code)
    steering = book.at(product.code, month)
    if not product.asks_price:
        unit = unit_of(scheme, product, person, month, day, steering)
        steered = book.in_force(step.code for step in unit.adjusted.steps)
        card = replace(card, listed=unit.listed, unit_minor=unit.minor, steered=tuple(steered))
    if product.kind is ProductKind.LEAVE and (product.sells_granted or product.sells_bought):
        sale = unit_of(scheme, product, person, month, day, steering, selling=True)
        card = replace(card, sale_minor=sale.minor)
    standing = shelf.standing.get(f"{product.code}:{product.kind}", ())
    return replace(
        card,
        minutes=minutes_of(scheme, product, person, month, day, Decimal(1)),
        bounds=order_bounds(scheme, product, person, month, day),
        rooms=tuple(
            room_in(limit, standing) for limit in limits_of(scheme, product, person, month, day)
        ),
        quota_left=_quota_left(shelf, product, month),
    )


def _quota_left(shelf: _Shelf, product: Product, month: Month) -> Decimal | None:
    if product.quota is None:
        return None
    first, last = quota_months(product.quota, month)
    by_month = shelf.taken.get(product.code, {})
    taken = sum((q for each, q in by_month.items() if first <= each <= last), Decimal(0))
    return max(Decimal(0), product.quota.amount - taken)
