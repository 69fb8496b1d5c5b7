"""Rules with indicators: in which of the past months they would have applied, and by what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext

from ideals.kernel.month import Month
from ideals.web import formats


@dataclass(frozen=True, slots=True)
class RuledMonth:
    """`values`: the indicators as people read them. `applies`: orders; `None`: few of them."""

    month: str
    values: Sequence[str]
    applies: int | None


@dataclass(frozen=True, slots=True)
class Ruled:
    """`name`: of the rule. `said`: the months in which it would have applied, in a sentence."""

    name: str
    said: str
    months: Sequence[RuledMonth]


def ruled(
    told: Mapping[str, Any], rules: Mapping[str, str], indicators: Mapping[str, str]
) -> Iterator[Ruled]:
    """Of the rules whose condition names an indicator. `rules` and `indicators`: what they are
    called, by code."""
    for rule in told.get("rules", ()):
        if not any(month["indicators"] for month in rule["months"]):
            continue
        months = [
            RuledMonth(_name(each), list(_values(each["indicators"], indicators)), each["applies"])
            for each in rule["months"]
        ]
        applied = [each.month for each in months if each.applies != 0]
        said = gettext("It would have applied in: %(months)s.", months=", ".join(applied))
        never = gettext("It would not have applied in any of these months.")
        yield Ruled(rules.get(rule["code"], rule["code"]), str(said if applied else never), months)


def _name(month: Mapping[str, Any]) -> str:
    return formats.month_name(Month.parse(month["month"]))


def _values(found: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[str]:
    for code, value in sorted(found.items()):
        known = str(gettext("not known")) if value is None else formats.written(Decimal(str(value)))
        yield f"{names.get(code, code)} {known}"
