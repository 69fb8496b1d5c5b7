"""Price rules: plain data that is read, compared with each other, and used for a price. Pure.

`texts` is what a rule is, `reading` makes it of plain data or lists the faults, `adjusting` works
a price out with it, `words` says what was done and why something was not, `overlap` finds the rules
that meet and those that cannot be explained together, `apart` the conditions that never hold both.

A rule **holds** for somebody when its condition does. Percent, amount and fixed are *changes*;
floor and cap are *limits*, and come after all changes. Both are a row by themselves, in order, and
a rule that holds and does not combine ends its row.
"""

from __future__ import annotations

from ideals.pricing.steering.adjusting import Adjusted, Changed, Held, Row, price
from ideals.pricing.steering.overlap import Overlap, Unclear, Why, overlaps, unclear
from ideals.pricing.steering.reading import plain_of, read
from ideals.pricing.steering.texts import (
    LIMITS,
    OWN_STEPS,
    ChangeKind,
    PriceBounds,
    RuleText,
)
from ideals.pricing.steering.words import NotApplied, WhyNot, told_again

__all__ = [
    "LIMITS",
    "OWN_STEPS",
    "Adjusted",
    "ChangeKind",
    "Changed",
    "Held",
    "NotApplied",
    "Overlap",
    "PriceBounds",
    "Row",
    "RuleText",
    "Unclear",
    "Why",
    "WhyNot",
    "overlaps",
    "plain_of",
    "price",
    "read",
    "told_again",
    "unclear",
]
