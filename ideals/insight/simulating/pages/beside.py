"""Two simulations next to each other, figure by figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext

from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.pages.tables import Cell, told_cell
from ideals.insight.simulating.rules.shown import shown
from ideals.kernel.month import Month
from ideals.web import formats

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Beside:
    """Rows of (what, this one, the other one). `apart`: they look at other months."""

    rows: Sequence[tuple[str, Cell, Cell]]
    months: Sequence[tuple[str, Cell, Cell]]
    apart: bool


_PEOPLE: Mapping[str, LazyString] = {
    "reached": lazy_gettext("People it is for"),
    "touched": lazy_gettext("People touched"),
    "better": lazy_gettext("Better off"),
    "worse": lazy_gettext("Worse off"),
}
_TOTALS: Mapping[str, LazyString] = {
    "change": lazy_gettext("Difference against today"),
    "before": lazy_gettext("In euros today"),
    "after": lazy_gettext("In euros with it"),
    "orders": lazy_gettext("Orders looked at"),
    "minutes": lazy_gettext("Hours"),
}


def beside(this: Simulation, other: Simulation) -> Beside:
    """Both are done."""
    one, two = shown(this.result or {}), shown(other.result or {})
    apart = (this.from_month, this.through_month) != (other.from_month, other.through_month)
    return Beside(list(_rows(one, two)), list(_months(one, two)), apart)


def _rows(one: Told, two: Told) -> Iterator[tuple[str, Cell, Cell]]:
    for part, words in (("total", _TOTALS), ("people", _PEOPLE)):
        for key, name in words.items():
            if key in one[part] and key in two[part]:
                yield str(name), told_cell(key, one[part][key]), told_cell(key, two[part][key])
    if "free_space" in one and "free_space" in two:
        name = gettext("Work-cost free space, difference")
        yield name, _differs(_change(one["free_space"])), _differs(_change(two["free_space"]))


def _months(one: Told, two: Told) -> Iterator[tuple[str, Cell, Cell]]:
    this, other = ({line["month"]: _change(line) for line in each["months"]} for each in (one, two))
    for month in sorted(this.keys() | other.keys()):
        name = formats.month_name(Month.parse(month)).capitalize()
        # A month that one of them does not touch changes by nothing.
        yield name, _differs(this.get(month, 0)), _differs(other.get(month, 0))


def _differs(minor: int | None) -> Cell:
    return told_cell("change", minor)


def _change(line: Told) -> int | None:
    if line["before"] is None or line["after"] is None:
        return None
    return int(line["after"]) - int(line["before"])
