"""The small form of made-up facts, and what a scheme makes of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext

from ideals.kernel.money import Money
from ideals.kernel.month import Month, MonthUnreadable
from ideals.schemes.errors import BudgetNotComputable, ComponentFailed, ComponentNegative
from ideals.schemes.pages import words
from ideals.schemes.rules import (
    Asked,
    Explanation,
    MadeUp,
    Scheme,
    asked,
    explain_month,
    made_up,
)
from ideals.web.errors import words_for
from ideals.web.language import language

MOST_EUROS = 1_000_000
MOST_FACTOR = 2
YEARS = (1990, 2099)
AGES = (14, 100)
MOST_SERVICE = 70
_SPACES = re.compile(r"[\s\u00a0\u202f€]")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


@dataclass(slots=True)
class Example:
    """What was typed, what is wrong with it, and the result when nothing is.

    `typed` and `errors` are by the names of the fields; `failure` is why there is no result.
    """

    fields: Asked
    month: Month
    typed: Mapping[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    result: Explanation | None = None
    failure: str = ""

    @property
    def total(self) -> Money:
        parts = self.result.components if self.result else ()
        return Money(sum(part.cents for part in parts))


def example(scheme: Scheme, typed: Mapping[str, str], this_month: Month) -> Example:
    """`typed` empty: the form with what most will want to try."""
    first = max(this_month, scheme.version, scheme.first_month)
    shown = Example(asked(scheme), first, typed or _proposed(first))
    if not typed:
        return shown
    reading = _Reading(typed, shown.errors)
    facts = MadeUp(
        full_time_salary=reading.cents("salary"),
        part_time_factor=reading.number("factor", Decimal("0.01"), MOST_FACTOR),
        age=reading.whole("age", *AGES),
        years_of_service=(
            reading.whole("service", 0, MOST_SERVICE) if shown.fields.years_of_service else 5
        ),
        scale=reading.text("scale") if shown.fields.scale else "",
        unit=reading.text("unit") if shown.fields.unit else "",
        allowances={code: reading.cents(f"allowance-{code}") for code in shown.fields.allowances},
        pay={code: reading.cents(f"pay-{code}") for code in shown.fields.pay},
    )
    shown.month = reading.month("month", first)
    if not shown.errors:
        try:
            shown.result = explain_month(scheme, made_up(scheme, facts, shown.month), shown.month)
        except BudgetNotComputable as failed:
            shown.failure = _why(failed)
    return shown


def _why(failed: BudgetNotComputable) -> str:
    match failed:
        case ComponentFailed():
            return str(
                gettext(
                    "The formula of %(component)s has no result: %(reason)s.",
                    component=failed.component,
                    reason=words.say(failed.data["reason"]),
                )
            )
        case ComponentNegative():
            return str(
                gettext(
                    "%(component)s would be below zero; let its formula start with max(0, ...).",
                    component=failed.component,
                )
            )
    return words_for(failed)


def _proposed(month: Month) -> dict[str, str]:
    return {"month": str(month), "salary": "3000", "factor": "1", "age": "40", "service": "5"}


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads fields; what cannot be read is an error beside it, and a stand-in."""

    typed: Mapping[str, str]
    errors: dict[str, str]

    def number(self, name: str, low: Decimal | int, high: int) -> Decimal:
        found = typed_number(self.typed.get(name, ""), language())
        if found is None or not low <= found <= high:
            self.errors[name] = gettext(
                "Give a number from %(low)s to %(high)s.", low=low, high=high
            )
            return Decimal(1)
        return found

    def cents(self, name: str) -> int:
        """Euros; an empty allowance or pay element is none."""
        text = self.typed.get(name, "")
        if name != "salary" and not text.strip():
            return 0
        found = typed_number(text, language())
        if found is None or not 0 <= found <= MOST_EUROS:
            self.errors[name] = gettext("Give an amount in euros, such as 3000 or 3000.50.")
            return 0
        return Money.of(found).minor

    def whole(self, name: str, low: int, high: int) -> int:
        text = self.typed.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,3}", text) and low <= int(text) <= high:
            return int(text)
        self.errors[name] = gettext(
            "Give a whole number from %(low)s to %(high)s.", low=low, high=high
        )
        return low

    def text(self, name: str) -> str:
        text = self.typed.get(name, "").strip()[:100]
        if not text:
            self.errors[name] = gettext("A formula of this scheme needs this.")
        return text

    def month(self, name: str, default: Month) -> Month:
        try:
            month = Month.parse(self.typed.get(name, "").strip())
        except MonthUnreadable:
            month = Month(YEARS[1] + 1, 1)
        if YEARS[0] <= month.year <= YEARS[1]:
            return month
        self.errors[name] = gettext("Give a month, such as 2026-03.")
        return default


def typed_number(text: str, of: str) -> Decimal | None:
    """As people type it: `3.000,50` in Dutch, `3,000.50` in English, `3000.5` in both."""
    thousands, point = (r"\.", ",") if of == "nl" else (",", ".")
    plain = _SPACES.sub("", text)
    if re.fullmatch(rf"[0-9]{{1,3}}({thousands}[0-9]{{3}})+([{point}][0-9]+)?", plain):
        plain = re.sub(thousands, "", plain)
    plain = plain.replace(",", ".")
    return Decimal(plain) if _NUMBER.fullmatch(plain) else None
