"""Money: whole euro cents. Floats never; `Decimal` only on the way in from a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ideals.kernel.errors import RuleBroken

LARGEST_MINOR = 10**14
"""No single amount passes a thousand billion euros; larger is a mistake, and is refused."""

_PATTERN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?")


class MoneyUnreadable(RuleBroken):
    code = "money_unreadable"


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of euros, `minor` in cents. May be negative: a correction is."""

    minor: int

    @classmethod
    def parse(cls, text: str) -> Money:
        """From the wire form `"522.16"`. Raises `MoneyUnreadable`."""
        if not _PATTERN.fullmatch(text):
            raise MoneyUnreadable(
                f"{text!r} is not an amount; write euros with a point, such as 522.16", value=text
            )
        return cls.of(Decimal(text))

    @classmethod
    def of(cls, euros: Decimal) -> Money:
        """Round exact euros to the cent, half up, away from zero. The one rounding of money."""
        return cls(int((euros * 100).quantize(Decimal(1), ROUND_HALF_UP)))

    @property
    def euros(self) -> Decimal:
        return Decimal(self.minor).scaleb(-2)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + other.minor)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - other.minor)

    def __neg__(self) -> Money:
        return Money(-self.minor)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        """The wire form: decimal euros with two decimals and a point."""
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{abs(self.minor) // 100}.{abs(self.minor) % 100:02d}"


ZERO = Money(0)


def total(amounts: Iterable[Money]) -> Money:
    return Money(sum(amount.minor for amount in amounts))
