"""What the scheme makes of what is left: at the close of a month, and when somebody leaves.

Pure, in cents and minutes. Who holds what, and the acts that follow, are the caller's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from ideals.kernel.formula import arithmetic
from ideals.kernel.month import Month
from ideals.schemes.rules.person import Person
from ideals.schemes.rules.product import Product
from ideals.schemes.rules.scheme import Debt, LeftOver, Scheme, UnusedBought
from ideals.schemes.rules.selling import hours_at_most, minutes_of, most_for, price_of, unit_price

DECEMBER = 12


@dataclass(frozen=True, slots=True)
class LeftOverNow:
    """Cents that nobody chose for, and what becomes of them; `minutes` are what is saved as."""

    paid_minor: int = 0
    kept_minor: int = 0
    saved_minor: int = 0
    minutes: int = 0


class BoughtHours(NamedTuple):
    """Hours bought in one order: what was paid for all of them, and how many are not taken."""

    minutes: int
    paid_minor: int
    unused: int


def left_over(
    scheme: Scheme, person: Person, month: Month, day: date, minor: int, held_minutes: int = 0
) -> LeftOverNow:
    """What becomes of so many cents at the close of a month.

    `held_minutes` is the leave that the employee has: a maximum to save counts it. What does not
    make a whole step of leave is paid.
    """
    rule, product = scheme.calendar.left_over, scheme.leave_product
    if rule is LeftOver.KEEP_UNTIL_DECEMBER and month.month != DECEMBER:
        return LeftOverNow(kept_minor=minor)
    if rule is not LeftOver.SAVE_AS_LEAVE or product is None:
        return LeftOverNow(paid_minor=minor)
    unit_minor = unit_price(scheme, product, person, month, day).minor
    quantity = most_for(minor, unit_minor, product.step)
    at_most = hours_at_most(scheme, person, month, day)
    if at_most is not None:
        room = at_most - Decimal(held_minutes) / 60
        quantity = min(quantity, _units_in(scheme, product, person, month, day, room))
    saved = price_of(unit_minor, quantity)
    minutes = minutes_of(scheme, product, person, month, day, quantity)
    return LeftOverNow(paid_minor=minor - saved, saved_minor=saved, minutes=minutes)


def _units_in(
    scheme: Scheme, product: Product, person: Person, month: Month, day: date, hours: Decimal
) -> Decimal:
    """The most whole steps of leave that fit in so many hours."""
    step_minutes = minutes_of(scheme, product, person, month, day, product.step)
    if hours <= 0 or step_minutes <= 0:
        return Decimal(0)
    return int(hours * 60 // step_minutes) * product.step


def unused_bought(
    scheme: Scheme, person: Person, month: Month, day: date, bought: Iterable[BoughtHours]
) -> int:
    """Cents for bought hours that a leaver has not taken, as the scheme's `leaving` says."""
    if scheme.leaving.unused_bought is UnusedBought.AT_PRICE_PAID:
        return sum(_share(each.paid_minor, each.unused, each.minutes) for each in bought)
    unused = sum(each.unused for each in bought)
    product = scheme.leave_product
    if product is None or not unused:
        return 0
    unit_minor = unit_price(scheme, product, person, month, day).minor
    unit_minutes = minutes_of(scheme, product, person, month, day, Decimal(1))
    return _share(unit_minor, unused, unit_minutes)


def _share(minor: int, part: int, whole: int) -> int:
    """Half up, to the cent."""
    if not whole:
        return 0
    with arithmetic():
        return int((Decimal(minor) * part / whole).quantize(Decimal(1), ROUND_HALF_UP))


def debt_to_set_off(scheme: Scheme, debt_minor: int, *, died: bool) -> int:
    """The part of a debt that is set off against the last pay; the rest is waived."""
    return 0 if died and scheme.leaving.debt is Debt.WAIVE_ON_DEATH else debt_minor
