"""Standing choices: what each asks for in a month, and which do not go together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from uuid import UUID

from ideals.kernel.formula import arithmetic
from ideals.kernel.month import Month
from ideals.shop.errors import ChoicesBeyondWhole, ChoiceUnreadable, RestNotLast
from ideals.shop.states import ChoiceMode

WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Span:
    """From a month through a month; `last` is `None` while it has no end."""

    first: Month
    last: Month | None

    def covers(self, month: Month) -> bool:
        return self.first <= month and (self.last is None or month <= self.last)

    def meets(self, other: Span) -> bool:
        return (other.last is None or self.first <= other.last) and (
            self.last is None or other.first <= self.last
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What a choice is of, as far as it concerns the others. `amount` is `None` for the rest."""

    mode: ChoiceMode
    amount: Decimal | None
    span: Span


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to order: so many units exactly, or as many as the euros pay for.

    `most`: fewer will do, when a limit or the balance leaves room for fewer only.
    """

    quantity: Decimal | None
    euros_minor: int | None
    most: bool


@dataclass(frozen=True, slots=True)
class Purse:
    """`allocated_minor`: the rights of the month. `shared`: the percentages that came before.
    `available_minor`: what is there just now."""

    allocated_minor: int
    shared: Decimal
    available_minor: int


def wanted(mode: ChoiceMode, amount: Decimal | None, purse: Purse) -> Wanted:
    """Percentages that make 100 together use the month's budget up to the cent."""
    if mode is ChoiceMode.REST:
        return Wanted(None, purse.available_minor, most=True)
    assert amount is not None  # noqa: S101  the database holds no other
    if mode is ChoiceMode.QUANTITY:
        return Wanted(amount, None, most=False)
    through = _part(purse.allocated_minor, purse.shared + amount)
    return Wanted(None, through - _part(purse.allocated_minor, purse.shared), most=False)


def _part(minor: int, percent: Decimal) -> int:
    with arithmetic():
        return int((minor * percent / WHOLE).to_integral_value(ROUND_FLOOR))


def check_amount(mode: ChoiceMode, amount: Decimal | None) -> None:
    """Raises `ChoiceUnreadable`."""
    if mode is ChoiceMode.REST:
        if amount is not None:
            raise ChoiceUnreadable("'The rest' takes no amount.", field="amount")
        return
    if amount is None or not amount.is_finite() or amount <= 0:
        raise ChoiceUnreadable("Give an amount above zero.", field="amount")
    if mode is ChoiceMode.PERCENT and amount > WHOLE:
        raise ChoiceUnreadable("A percentage is at most 100.", field="amount")


def check_span(span: Span, earliest: Month) -> None:
    """`earliest`: the first month that can still be ordered for. Raises `ChoiceUnreadable`."""
    if span.first < earliest:
        raise ChoiceUnreadable(
            f"It is too late for {span.first}: choose {earliest} or a later month.",
            field="from_month",
            earliest=str(earliest),
        )
    if span.last is not None and span.last < span.first:
        raise ChoiceUnreadable("The last month comes after the first.", field="until_month")


def check_together(wishes: Sequence[Wish]) -> None:
    """In the order in which they run. Raises `ChoicesBeyondWhole` or `RestNotLast`."""
    for place, wish in enumerate(wishes):
        later = wishes[place + 1 :]
        if wish.mode is ChoiceMode.REST and any(wish.span.meets(each.span) for each in later):
            raise RestNotLast(
                "Nothing can follow 'the rest' in the same month: move it to the end."
            )
    for month in sorted({wish.span.first for wish in wishes}):
        total = sum(_percents(wishes, month))
        if total > WHOLE:
            raise ChoicesBeyondWhole(
                f"In {month} these percentages make {total}; together they are at most 100.",
                month=str(month),
                total=str(total),
            )


def _percents(wishes: Iterable[Wish], month: Month) -> Iterable[Decimal]:
    return (
        wish.amount
        for wish in wishes
        if wish.mode is ChoiceMode.PERCENT and wish.amount is not None and wish.span.covers(month)
    )


def order_id(choice_id: UUID, month: Month) -> UUID:
    """The order that a choice makes in a month: always the same one, however often it is tried."""
    digest = hashlib.blake2b(choice_id.bytes + str(month).encode(), digest_size=16)
    return UUID(bytes=digest.digest())
