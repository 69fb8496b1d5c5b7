"""How hours are rounded: the ways a document can name, and the one function that does it."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from ideals.kernel.formula import settled


class HourRounding(StrEnum):
    UP = "up"
    DOWN = "down"
    HALF_UP = "half_up"
    ONE_DECIMAL = "one_decimal"
    IN_FAVOUR = "in_favour"
    """The way that is better for the employee: more hours, a higher limit."""


class HourUnit(StrEnum):
    """What hours are rounded to."""

    HOUR = "hour"
    MINUTE = "minute"


_MODES = {
    HourRounding.UP: ROUND_CEILING,
    HourRounding.DOWN: ROUND_FLOOR,
    HourRounding.HALF_UP: ROUND_HALF_UP,
    HourRounding.ONE_DECIMAL: ROUND_HALF_UP,
    HourRounding.IN_FAVOUR: ROUND_CEILING,
}


def rounded(exact: Decimal, rounding: HourRounding) -> Decimal:
    """To whole ones, or to tenths where the rounding says so. Inside `arithmetic`."""
    step = Decimal("0.1") if rounding is HourRounding.ONE_DECIMAL else Decimal(1)
    return settled(exact).quantize(step, _MODES[rounding])


def rounded_minutes(hours: Decimal, rounding: HourRounding, unit: HourUnit) -> int:
    """Exact hours, rounded to whole hours, tenths of an hour or whole minutes, in minutes."""
    per_hour = 60 if unit is HourUnit.MINUTE else 1
    return int(rounded(hours * per_hour, rounding) * 60 / per_hour)
