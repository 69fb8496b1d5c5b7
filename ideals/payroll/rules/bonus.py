"""How much a performance bonus may be."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MONTHS_OF_YEAR = 12
A_FIFTH = 5


def largest_bonus(month_salary_minor: int) -> int:
    """A fifth of twelve monthly salaries, in whole cents and never above it."""
    return month_salary_minor * MONTHS_OF_YEAR // A_FIFTH


def salary_minor(full_time_salary_minor: int, part_time_factor: Decimal) -> int:
    """What is paid in a whole month, in cents, half up."""
    exact = full_time_salary_minor * part_time_factor
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))
