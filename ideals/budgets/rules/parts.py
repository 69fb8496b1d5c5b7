"""Personal parts: monthly money of one person beside what the scheme gives everybody.

A part is whole in each month that has a day employed and paid, as a flat amount of a scheme is.
Where the scheme changes in a month, the one of the last day employed takes the part in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ideals.kernel.month import Month
from ideals.schemes.rules.days import employed_spans, paid_spans
from ideals.schemes.rules.person import Person
from ideals.schemes.rules.scheme import Scheme

OF_COST = ".cost"
"""How codes end of what a deal takes out of an account."""
_CODE = re.compile(r"deal\.([0-9]+)(\.[a-z]+)?")


class Part(NamedTuple):
    """`through` `None`: until it is stopped. Several of one code in a month count their sum."""

    code: str
    amount_minor: int
    first: Month
    through: Month | None

    def covers(self, month: Month) -> bool:
        return self.first <= month and (self.through is None or month <= self.through)


def deal_code(number: int) -> str:
    """What the money of a deal goes under; no component of a scheme has such a code."""
    return f"deal.{number}"


def deal_number(code: str | None) -> int | None:
    match = _CODE.fullmatch(code or "")
    return int(match[1]) if match else None


def owed_parts(
    scheme: Scheme, person: Person, month: Month, parts: Iterable[Part]
) -> dict[str, int]:
    """Cents by code that this scheme's run owes the person for the month."""
    covering = [part for part in parts if part.covers(month)]
    if not covering or not takes_in(scheme, person, month):
        return {}
    owed: dict[str, int] = {}
    for part in covering:
        owed[part.code] = owed.get(part.code, 0) + part.amount_minor
    return owed


def takes_in(scheme: Scheme, person: Person, month: Month) -> bool:
    """Whether a day is employed and paid under the scheme, and so is the last one employed."""
    if month < scheme.first_month:
        return False
    mine = employed_spans(person.stretches, scheme.code, month.first, month.last)
    if not mine or not paid_spans(mine, scheme.paid_sick_months):
        return False
    others = {stretch.scheme for stretch in person.stretches} - {scheme.code}
    return all(
        span.end <= mine[-1].end
        for other in others
        for span in employed_spans(person.stretches, other, month.first, month.last)
    )


def first_difference(before: Iterable[Part], after: Iterable[Part]) -> Month | None:
    """The earliest month in which the two owe something else; `None` when they never do."""
    was, will_be = list(before), list(after)
    edges = {part.first for part in was + will_be}
    edges |= {part.through.plus(1) for part in was + will_be if part.through is not None}
    for month in sorted(edges):
        if _sums(was, month) != _sums(will_be, month):
            return month
    return None


def _sums(parts: Iterable[Part], month: Month) -> dict[str, int]:
    sums: dict[str, int] = {}
    for part in parts:
        if part.covers(month):
            sums[part.code] = sums.get(part.code, 0) + part.amount_minor
    return sums
