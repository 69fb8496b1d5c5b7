"""What a simulation, its states and its figures are called, and what it took for granted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext, ngettext

from ideals.insight.simulating.states import SimulationKind, SimulationState
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.web import formats

STATES: Mapping[str, tuple[str, str, LazyString]] = {
    SimulationState.QUEUED: ("wait", "○", lazy_gettext("waits")),
    SimulationState.RUNNING: ("wait", "◐", lazy_gettext("working")),
    SimulationState.DONE: ("good", "●", lazy_gettext("done")),
    SimulationState.CANCELLED: ("plain", "✕", lazy_gettext("cancelled")),
    SimulationState.FAILED: ("bad", "✕", lazy_gettext("failed")),
}
"""State to tone, shape and word: colour is never the only sign."""


def euros(minor: int) -> str:
    """In a picture: whole euros where that is all of it."""
    exact = Decimal(minor) / 100
    return formats.number(exact, 0 if exact == exact.to_integral_value() else 2)


def bin_name(start: int, below: int) -> str:
    """Of the histogram; cents from and up to, of which the second is not in it."""
    if start == below == 0:
        return str(gettext("no change"))
    low, high = (formats.money(Money(abs(each))) for each in (start, below))
    if below <= 0:
        return str(gettext("%(low)s to %(high)s less", low=high, high=low))
    return str(gettext("%(low)s to %(high)s more", low=low, high=high))


def headline(kind: str, total: Mapping[str, Any]) -> tuple[str, str]:
    """The big number and what it is; of few people there is none."""
    change = total["change"]
    if change is None:
        return str(gettext("hidden")), str(gettext("as so few people have a difference in euros"))
    figure = formats.money(Money(abs(change)))
    if kind == SimulationKind.SCHEME:
        less, more = gettext("less in budgets"), gettext("more in budgets")
    else:
        less, more = gettext("less to pay for employees"), gettext("more to pay for employees")
    if change == 0:
        return figure, str(gettext("no difference in euros"))
    return figure, str(less if change < 0 else more)


def people_touched(count: int | None) -> str:
    if count is None:
        return str(gettext("a few people touched"))
    if count == 0:
        return str(gettext("nobody touched"))
    return str(
        ngettext(
            "%(count)s person touched",
            "%(count)s people touched",
            count,
            count=formats.number(count),
        )
    )


def period(first: Month, last: Month) -> str:
    if first == last:
        return formats.month_name(first)
    return str(
        gettext(
            "%(first)s through %(last)s",
            first=formats.month_name(first),
            last=formats.month_name(last),
        )
    )


def assumed(kind: str, told: Mapping[str, Any]) -> Iterator[str]:
    """What it took for granted and what it left out, one sentence each."""
    if kind == SimulationKind.SCHEME:
        yield gettext("Everybody's facts are those known now; what changes later is not in it.")
        yield gettext("The version in force and the new one are worked out by the same rules.")
        yield gettext("What is agreed in deals stands outside of a scheme and is not in it.")
        left = told.get("left_out", {})
        yield from _skipped(left.get("before", 0), gettext("by the version in force"))
        yield from _skipped(left.get("after", 0), gettext("by the new version"))
        yield gettext("Nothing is posted or published by this.")
        return
    yield gettext(
        "People order what they ordered in those months. Whoever would order more or less because "
        "of the price is not in it."
    )
    yield gettext("Each past month stands for the same month of the year of the rule.")
    yield gettext(
        "Indicators are those that the prices of those months would have gone by, as known now."
    )
    yield gettext(
        "Prices before the rules are those of the orders. Other rules and bounds are those of the "
        "price list of the month; where none was published, those of now."
    )
    yield from _left_out(told.get("left_out", {}))
    yield gettext("Nothing of this changes a price or an order.")


def _skipped(count: int | None, by: str) -> Iterator[str]:
    if count is None:
        yield gettext("Left out: a few people whose budget cannot be worked out %(by)s.", by=by)
    elif count:
        yield ngettext(
            "Left out: %(count)s person whose budget cannot be worked out %(by)s.",
            "Left out: %(count)s people whose budget cannot be worked out %(by)s.",
            count,
            count=formats.number(count),
            by=by,
        )


def _left_out(left: Mapping[str, int | None]) -> Iterator[str]:
    stated, unsteered = left.get("stated", 0), left.get("unsteered", 0)
    if stated is None:
        yield gettext("Left out: a few orders whose price employees say themselves.")
    elif stated:
        yield ngettext(
            "Left out: %(count)s order whose price employees say themselves.",
            "Left out: %(count)s orders whose price employees say themselves.",
            stated,
            count=formats.number(stated),
        )
    if unsteered is None:
        yield gettext("Left out: a few orders of products that price rules do not touch.")
    elif unsteered:
        yield ngettext(
            "Left out: %(count)s order of products that price rules do not touch.",
            "Left out: %(count)s orders of products that price rules do not touch.",
            unsteered,
            count=formats.number(unsteered),
        )
