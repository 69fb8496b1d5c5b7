"""Units of value, and minutes of leave for reading."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Unit(StrEnum):
    """What an account counts, in its smallest whole part."""

    # Part of keys in the hot path: without the detour over the member's name.
    __hash__ = str.__hash__

    EUR = "EUR"
    """Euro cents."""
    MIN = "MIN"
    """Minutes of leave."""


@dataclass(frozen=True, slots=True, order=True)
class Minutes:
    minor: int

    @property
    def hours(self) -> Decimal:
        return Decimal(self.minor) / 60

    def __str__(self) -> str:
        """Hours with two decimals, for reading: 450 minutes is `"7.50"`."""
        return f"{self.hours:.2f}"
