"""What a rule really did beside what was simulated, month by month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ideals.config import Settings
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.pages.tables import Cell, changed, told_cell
from ideals.insight.simulating.queries.happened import happened
from ideals.insight.simulating.queries.kept import grounds
from ideals.insight.simulating.rules.months import MONTHS
from ideals.insight.simulating.rules.shown import amounts, shown
from ideals.kernel import clock
from ideals.kernel.month import Month
from ideals.pricing.models import PriceRule
from ideals.pricing.queries.prices import Part
from ideals.pricing.states import RuleState
from ideals.pricing.steering import RuleText
from ideals.web import formats

COLUMNS = ("people", "orders", "minutes", "change")
RAN = (RuleState.IN_FORCE, RuleState.ENDED)


@dataclass(frozen=True, slots=True)
class Really:
    """A month: what was simulated (empty where it was not) and what came of it, each by
    `COLUMNS`."""

    month: str
    simulated: tuple[Cell, ...]
    real: tuple[Cell, ...]


def really(session: Session, rule: PriceRule, text: RuleText) -> list[Really]:
    """The months in which it was in force so far, the last twelve of them, beside the latest
    finished simulation of what it says; none for a rule that has not run."""
    if rule.state not in RAN:
        return []
    this = clock.month_of(clock.now(), Settings.read().zone)
    last = this if rule.last_month is None else min(this, rule.last_month)
    first = max(rule.from_month, last.plus(1 - MONTHS))
    if first > last:
        return []
    found = happened(session, rule.code, rule.scheme, text.products, (first, last))
    real = {line["month"]: line for line in amounts([each.to_line() for each in found])}
    now = Part(rule.id, rule.text_number)
    simulation = grounds(session, [now]).get(now)
    simulated = dict(_simulated(rule, simulation))
    return [
        Really(
            formats.month_name(month).capitalize(),
            _cells(simulated.get(month.month)) if simulated else (),
            _cells(real.get(str(month))),
        )
        for month in first.until(last)
    ]


def _simulated(
    rule: PriceRule, simulation: Simulation | None
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """By the month of the year that a past month stood for: what the rule itself did in it. Nothing
    of results before that was counted."""
    if simulation is None or simulation.result is None:
        return
    for each in shown(simulation.result)["rules"]:
        for line in each["months"] if each["rule"] == str(rule.id) else ():
            if "after" in line:
                yield Month.parse(line["stands_for"]).month, {**line, "orders": line["applies"]}


def _cells(line: Mapping[str, Any] | None) -> tuple[Cell, ...]:
    """Of a month without orders: nothing of anything."""
    if line is None:
        return tuple(told_cell(column, 0) for column in COLUMNS)
    whole = changed(line)
    return tuple(told_cell(column, whole[column]) for column in COLUMNS)
