"""Plain data, as JSON has it, to values. Each reading notes a fault and goes on with a stand-in,
so that one look finds every fault; a stand-in never leaves the check."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from ideals.deals.rules.texts import (
    LONGEST_TEXT,
    cleaned,
    far_too_long,
    too_long,
    wrong_with,
)
from ideals.kernel.money import ZERO, Money, MoneyUnreadable
from ideals.kernel.month import Month, MonthUnreadable
from ideals.kernel.said import say as _
from ideals.schemes.rules.values import nearest

E = TypeVar("E", bound=StrEnum)

YEARS = (2000, 2099)
MOST_MONEY = Money(1_000_000_00)
MOST_UNKNOWN = 20
_DAY = date(2000, 1, 1)
_MONTH = Month(2000, 1)
_SHOWN = 60
_LARGE = 10**15


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in what somebody proposes: where, what was found, what would be right."""

    path: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.path or 'offer'}: {self.found}; {self.expected}"


def what(value: object) -> str:
    """A value in words, for a fault."""
    match value:
        case None | "" | []:
            return _("nothing")
        case str():
            return repr(value[:_SHOWN])
        case bool():
            return _("yes") if value else _("no")
        case int() if abs(value) > _LARGE:
            return _("a very large number")
        case int() | float():
            return str(value)
        case Mapping():
            return _("keys") if value else _("nothing")
    return _("a list")


@dataclass(frozen=True, slots=True)
class Reader:
    """The keys of one mapping. What is null or absent is not there."""

    path: str
    plain: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def fault(self, key: str, found: str, expected: str) -> None:
        self.faults.append(Fault(self.at(key), found, expected))

    def wrong(self, key: str, expected: str) -> None:
        self.fault(key, what(self.plain.get(key)), expected)

    def known(self, keys: Collection[str]) -> None:
        """Every other key is a fault: a misspelt name never passes in silence."""
        unknown = [key for key in self.plain if key not in keys]
        for key in unknown[:MOST_UNKNOWN]:
            short = str(key)[:_SHOWN]
            self.fault(
                short, _("the key %(key)s is not known", key=repr(short)), nearest(short, keys)
            )

    def inner(self, key: str) -> Reader:
        """Of a mapping inside; of nothing when there is none, or something else."""
        value = self.plain.get(key)
        if value is not None and not isinstance(value, Mapping):
            self.wrong(key, _("keys are needed here"))
        return Reader(self.at(key), value if isinstance(value, Mapping) else {}, self.faults)

    def listed(self, key: str, most: int, empty: str) -> list[Reader]:
        """Of each mapping in a list; `empty`: what would be right when there is none."""
        value = self.plain.get(key)
        if isinstance(value, str) or not isinstance(value, Sequence) or not value:
            self.wrong(key, empty)
            return []
        if len(value) > most:
            self.fault(key, _("%(count)s of them", count=len(value)), _("at most %(n)s", n=most))
        readers = []
        for place, each in enumerate(value[:most]):
            at = f"{key}[{place}]"
            if isinstance(each, Mapping):
                readers.append(Reader(self.at(at), each, self.faults))
            else:
                self.fault(at, what(each), _("keys are needed here"))
        return readers

    # Values ---------------------------------------------------------------------------------

    def text(
        self, key: str, longest: int = LONGEST_TEXT, *, lines: bool = True, needed: str = ""
    ) -> str:
        """`needed`: what would be right when there is none; empty: it may be left out."""
        value = self.plain.get(key)
        if value is not None and not isinstance(value, str):
            self.wrong(key, _("a text is needed here"))
            return ""
        if value and far_too_long(value, longest):
            self.fault(key, *too_long(len(value), longest))
            return ""
        text = cleaned(value or "")
        wrong = wrong_with(text, longest, lines=lines)
        if wrong is not None:
            self.fault(key, *wrong)
        elif needed and not text:
            self.fault(key, _("nothing"), needed)
        return text

    def money(self, key: str, *, needed: bool = False) -> Money:
        """At least zero; more than zero when it is needed."""
        value = self.plain.get(key)
        if value is None and not needed:
            return ZERO
        try:
            amount = Money.parse(value) if isinstance(value, str) else None
        except MoneyUnreadable:
            amount = None
        least = Money(1) if needed else ZERO
        if amount is None or not least <= amount <= MOST_MONEY:
            expected = _(
                "euros from %(least)s to %(most)s are needed, written as %(example)s",
                least=least,
                most=MOST_MONEY,
                example='"522.16"',
            )
            self.wrong(key, expected)
            return ZERO
        return amount

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """`default` `None`: it is needed."""
        value = self.plain.get(key)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        self.wrong(
            key, _("a whole number from %(low)s to %(high)s is needed", low=low, high=f"{high:,}")
        )
        return low

    def yes_no(self, key: str) -> bool:
        value = self.plain.get(key)
        if value is not None and not isinstance(value, bool):
            self.wrong(key, _("true or false is needed"))
        return value is True

    def member(self, key: str, options: type[E], default: E) -> E:
        value = self.plain.get(key)
        if value is None:
            return default
        words = [each.value for each in options]
        if isinstance(value, str) and value in words:
            return options(value)
        self.wrong(key, nearest(value if isinstance(value, str) else "", words, closed=True))
        return default

    def day(self, key: str, default: date | None = None) -> date:
        """`default` `None`: it is needed."""
        found = self.day_or_none(key)
        if found is None and default is None:
            self.wrong(key, _('a day is needed, written as "2026-12-01"'))
        return found or default or _DAY

    def day_or_none(self, key: str) -> date | None:
        value = self.plain.get(key)
        if value is None:
            return None
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        if day is None or day.isoformat() != value or not _in_years(day.year):
            self.wrong(key, _('a day is needed, written as "2026-12-01"'))
            return _DAY
        return day

    def month(self, key: str, default: Month | None = None) -> Month:
        """`default` `None`: it is needed."""
        found = self.month_or_none(key)
        if found is None and default is None:
            self.wrong(key, _('a month is needed, written as "2026-01"'))
        return found or default or _MONTH

    def month_or_none(self, key: str) -> Month | None:
        value = self.plain.get(key)
        if value is None:
            return None
        try:
            month = Month.parse(value) if isinstance(value, str) else None
        except MonthUnreadable:
            month = None
        if month is None or not _in_years(month.year):
            self.wrong(key, _('a month is needed, written as "2026-01"'))
            return _MONTH
        return month


def _in_years(year: int) -> bool:
    first, last = YEARS
    return first <= year <= last
