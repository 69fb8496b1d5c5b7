"""Contract hours agreed for some days, laid over what the employment says of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

_ONE_DAY = timedelta(days=1)
_FACTOR = Decimal("0.000001")
MOST_FACTOR = Decimal("1.5")


class Overlay(NamedTuple):
    """`through` `None`: until it is stopped."""

    first: date
    through: date | None
    weekly_hours: Decimal
    part_time_factor: Decimal

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.through is None or day <= self.through)


class Away(NamedTuple):
    """Leave of whole weeks that was agreed, through its last day."""

    first: date
    through: date
    unpaid: bool


def factor_of(weekly_hours: Decimal, full_time_hours: Decimal) -> Decimal:
    """As it is stored: six decimals, half up."""
    return (weekly_hours / full_time_hours).quantize(_FACTOR, ROUND_HALF_UP)


def on_day(overlays: Iterable[Overlay], day: date) -> Overlay | None:
    """The one that counts; of several, the one that begins latest, then the last in order."""
    found = None
    for overlay in overlays:
        if overlay.covers(day) and (found is None or overlay.first >= found.first):
            found = overlay
    return found


def pieces(
    first: date, last: date, overlays: Sequence[Overlay]
) -> Iterator[tuple[date, date, Overlay | None]]:
    """The days from first through last, cut where something else counts."""
    cuts = {first}
    for overlay in overlays:
        if first < overlay.first <= last:
            cuts.add(overlay.first)
        if overlay.through is not None and first <= overlay.through < last:
            cuts.add(overlay.through + _ONE_DAY)
    begins = sorted(cuts)
    ends = [day - _ONE_DAY for day in begins[1:]] + [last]
    for begin, end in zip(begins, ends, strict=True):
        yield begin, end, on_day(overlays, begin)


def first_difference(before: Sequence[Overlay], after: Sequence[Overlay]) -> date | None:
    """The earliest day on which something else counts; `None`: on none."""
    both = (*before, *after)
    edges = {overlay.first for overlay in both}
    edges |= {overlay.through + _ONE_DAY for overlay in both if overlay.through is not None}
    for day in sorted(edges):
        if _hours(before, day) != _hours(after, day):
            return day
    return None


def _hours(overlays: Sequence[Overlay], day: date) -> tuple[Decimal, Decimal] | None:
    found = on_day(overlays, day)
    return None if found is None else (found.weekly_hours, found.part_time_factor)
