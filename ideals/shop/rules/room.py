"""How much of something may still be ordered: limits, quotas, what there is, what may be sold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple, Protocol

from ideals.kernel.formula import arithmetic
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.pricing.rules import Terms
from ideals.schemes.rules import Counts, LimitNow, Per, most_for
from ideals.shop.errors import InsufficientBudget, LimitExceeded, NotSellable, QuotaUsedUp

_ZERO = Decimal(0)


class Ordered(NamedTuple):
    """What of an order, or of several for one month together, counts against a limit: only orders
    that are held or posted do."""

    month: Month
    quantity: Decimal
    price_minor: int
    orders: int = 1


@dataclass(frozen=True, slots=True)
class Room:
    """What a limit leaves: units or cents (as it counts) and orders. `None`: no bound."""

    limit: LimitNow
    left: Decimal | int | None
    times_left: int | None

    def allows(self, quantity: Decimal, price_minor: int) -> bool:
        wanted = price_minor if self.limit.counts is Counts.EURO else quantity
        enough = self.left is None or wanted <= self.left
        return enough and (self.times_left is None or self.times_left >= 1)

    @property
    def left_on_the_wire(self) -> str | None:
        if self.left is None:
            return None
        return str(Money(int(self.left))) if self.limit.counts is Counts.EURO else f"{self.left:f}"


def room_in(limit: LimitNow, orders: Iterable[Ordered]) -> Room:
    """`orders`: the employee's of this product, of any month."""
    if limit.per is Per.ORDER:
        return Room(limit, limit.amount, None)
    counted = [each for each in orders if limit.first_month <= each.month <= limit.last_month]
    left: Decimal | int | None = None
    if limit.amount is not None:
        euros = limit.counts is Counts.EURO
        used = sum((each.price_minor if euros else each.quantity for each in counted), _ZERO)
        left = max(_ZERO, Decimal(limit.amount) - used)
        left = int(left) if euros else left
    ordered = sum(each.orders for each in counted)
    times_left = None if limit.times is None else max(0, limit.times - ordered)
    return Room(limit, left, times_left)


def check_limits(
    limits: Sequence[LimitNow], orders: Sequence[Ordered], quantity: Decimal, price_minor: int
) -> None:
    """Raises `LimitExceeded` for the first limit that this order would pass."""
    for limit in limits:
        room = room_in(limit, orders)
        if not room.allows(quantity, price_minor):
            raise LimitExceeded(
                _limit_in_words(room),
                per=limit.per.value,
                counts=limit.counts.value,
                left=room.left_on_the_wire,
                times_left=room.times_left,
                first_month=str(limit.first_month),
                last_month=str(limit.last_month),
            )


def _limit_in_words(room: Room) -> str:
    if room.times_left == 0:
        return f"It can be ordered so many times only: {room.limit.times} in {_period(room)}."
    return f"{room.left_on_the_wire} is what is left of the limit of {_period(room)}."


def _period(room: Room) -> str:
    limit = room.limit
    if limit.per is Per.ORDER:
        return "one order"
    if limit.first_month == limit.last_month:
        return str(limit.first_month)
    return f"{limit.first_month} to {limit.last_month}"


def check_quota(amount: Decimal, taken: Decimal, quantity: Decimal) -> None:
    """Who comes first has it. Raises `QuotaUsedUp`."""
    left = max(_ZERO, amount - taken)
    if quantity > left:
        raise QuotaUsedUp(f"There is {left:f} left of it for everybody together.", left=f"{left:f}")


def check_balance(terms: Terms, available_minor: int, unit_minor: int, price_minor: int) -> None:
    """Raises `InsufficientBudget` with the largest quantity that what there is pays for."""
    if price_minor <= available_minor:
        return
    quantity = most_for(available_minor, unit_minor, terms.step)
    if quantity < terms.minimum:
        quantity = _ZERO
    raise InsufficientBudget(
        f"It costs {Money(price_minor)} and {Money(max(0, available_minor))} is available.",
        account=terms.paid_from,
        available=str(Money(max(0, available_minor))),
        price=str(Money(price_minor)),
        quantity=f"{quantity:f}",
    )


# Leave that may be sold -----------------------------------------------------------------------


class Lot(Protocol):
    """Leave of one year and origin; `left` in minutes."""

    @property
    def year(self) -> int: ...
    @property
    def statutory(self) -> bool: ...
    @property
    def source(self) -> str: ...
    @property
    def left(self) -> int: ...


def sellable_minutes(lots: Iterable[Lot], year: int, *, granted: bool, bought: bool) -> int:
    """The minutes that may be sold: granted or bought, never statutory, and still there.

    Bought hours only in the year in which they were bought: what was bought from a budget may not
    become money in a later one. What somebody brought along when the organisation began cannot be
    told apart from statutory leave, and stays.
    """
    return sum(
        lot.left
        for lot in lots
        if not lot.statutory
        and (
            (granted and lot.source == "granted")
            or (bought and lot.source == "bought" and lot.year == year)
        )
    )


def check_sellable(terms: Terms, sellable: int, quantity: Decimal, minutes: int) -> None:
    """Raises `NotSellable` with the largest quantity that may be sold."""
    if minutes <= sellable:
        return
    most = _steps_of(sellable, quantity, minutes, terms)
    raise NotSellable(
        f"{sellable} minutes of your leave may be sold; statutory leave never.",
        minutes=sellable,
        quantity=f"{most:f}",
    )


def _steps_of(sellable: int, quantity: Decimal, minutes: int, terms: Terms) -> Decimal:
    """The most units that so many minutes are, in whole steps; none below the minimum."""
    if minutes <= 0:
        return _ZERO
    with arithmetic():
        units = Decimal(sellable) * quantity / minutes
        most = (units / terms.step).to_integral_value(ROUND_FLOOR) * terms.step
    return most if most >= terms.minimum else _ZERO


# As much as fits ------------------------------------------------------------------------------


def largest(
    terms: Terms,
    unit_minor: int,
    wanted: Decimal,
    *,
    available_minor: int | None,
    rooms: Iterable[Room],
    quota_left: Decimal | None,
    sellable: Decimal | None,
) -> Decimal:
    """The most of `wanted`, in whole steps, that everything leaves room for; perhaps nothing.

    `None` where something is no bound: a sale needs no money, a purchase no leave.
    """
    bounds = [wanted]
    if terms.maximum is not None:
        bounds.append(terms.maximum)
    if available_minor is not None:
        bounds.append(most_for(available_minor, unit_minor, terms.step))
    for room in rooms:
        if room.times_left == 0:
            return _ZERO
        if room.left is not None:
            euros = room.limit.counts is Counts.EURO
            bounds.append(
                most_for(int(room.left), unit_minor, terms.step) if euros else Decimal(room.left)
            )
    bounds += [each for each in (quota_left, sellable) if each is not None]
    with arithmetic():
        most = (min(bounds) / terms.step).to_integral_value(ROUND_FLOOR) * terms.step
    return most if most >= max(terms.minimum, terms.step) else _ZERO
