"""Price rules beside what held, with the orders of the past twelve months."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.budgets.queries.statement import book
from ideals.config import Settings
from ideals.insight.simulating.computation.beside import Beside, cents_of
from ideals.insight.simulating.computation.kinds import Asked, Kind, Span
from ideals.insight.simulating.computation.reach import Reach
from ideals.insight.simulating.computation.tally import LINE, Tally
from ideals.insight.simulating.computation.told import by_change, by_group, by_month, with_all
from ideals.insight.simulating.errors import NothingToSimulate
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.queries.orders import Ordered, orders_between
from ideals.insight.simulating.queries.population import people_between
from ideals.insight.simulating.rules import Part, looked_at
from ideals.kernel.formula import arithmetic
from ideals.kernel.month import Month
from ideals.pricing.queries import steering as rules_kept
from ideals.pricing.queries.prices import Part as RulePart
from ideals.pricing.queries.prices import texts_of
from ideals.pricing.steering import RuleText, unclear
from ideals.schemes.facts import facts_to_sell
from ideals.schemes.rules import Person


def check(session: Session, about: Mapping[str, Any], now: datetime) -> Asked:
    """Raises `NothingToSimulate`, `PriceRuleUnknown`."""
    parts = sorted({_part(session, each) for each in _listed(about.get("rules"))})
    if not parts:
        raise NothingToSimulate("Name at least one price rule.", why="empty")
    if len({part.rule for part in parts}) < len(parts):
        raise NothingToSimulate("Two versions of one rule never hold together.", why="twice")
    found = texts_of(session, parts)
    texts = [found[part] for part in parts]
    if len({text.scheme for text in texts}) > 1:
        raise NothingToSimulate("These rules are of more than one scheme.", why="schemes")
    if not_clear := unclear(texts):
        raise NothingToSimulate(str(not_clear[0].why), why="unclear")
    this = Month.of(now.astimezone(Settings.read().zone).date())
    if book(session, [texts[0].scheme]).at(texts[0].scheme, this) is None:
        raise NothingToSimulate("The scheme of these rules is not in force yet.", why="scheme")
    kept = {
        "scheme": texts[0].scheme,
        "rules": [[str(part.rule), part.number] for part in parts],
    }
    return Asked(kept, *looked_at(this))


def _listed(rules: object) -> Iterable[Any]:
    return rules if isinstance(rules, list | tuple) else ()


def _part(session: Session, named: object) -> RulePart:
    """`[id, number]`, or an id: what the rule says now."""
    try:
        rule, number = named if isinstance(named, list | tuple) else (named, None)
        rule_id = UUID(str(rule))
    except ValueError:
        raise NothingToSimulate(f"{str(named)[:100]!r} names no price rule.", why="rule") from None
    found = rules_kept.rule_of(session, rule_id)
    if number is None:
        return RulePart(rule_id, found.text_number)
    known = {version.number for version in rules_kept.versions_of(session, rule_id)}
    if type(number) is not int or number not in known:  # `true` is no number
        raise NothingToSimulate(f"The rule has no version {str(number)[:20]!r}.", why="version")
    return RulePart(rule_id, number)


def part(session: Session, simulation: Simulation, span: Span) -> Part:
    about, months = simulation.about, (simulation.from_month, simulation.through_month)
    zone = Settings.read().zone
    today = simulation.made_at.astimezone(zone).date()
    beside = Beside(session, about["scheme"], about["rules"], months[0])
    reach = Reach(beside, months, today)
    people = people_between(session, span.after, span.through, about["scheme"], today)
    persons: dict[int, Person] = {}
    if beside.names:
        ids = [who.employee_id for who in people]
        found = facts_to_sell(session, ids, reach.scheme, reach.month)
        persons = {person.employee_id: person for person in found}
    tally = Tally()
    rows = orders_between(session, (span.after, span.through), about["scheme"], months, zone.key)
    by_person = groupby(rows, key=attrgetter("employee_id"))
    current, orders = next(by_person, (None, iter(())))
    with arithmetic():
        for who in people:
            person = persons.get(who.employee_id)
            ordered, touched, change = False, False, 0
            if current == who.employee_id:
                ordered, touched, change = _person(tally, beside, orders, person)
                current, orders = next(by_person, (None, iter(())))
            if not (who.here or ordered):
                continue
            reached = who.here and (reach.of_all or (person is not None and reach.reaches(person)))
            tally.person(
                who, reached=bool(reached), ordered=ordered, touched=touched, change=change
            )
    return tally.part()


def _person(
    tally: Tally, beside: Beside, orders: Iterable[Ordered], person: Person | None
) -> tuple[bool, bool, int]:
    """Whether somebody ordered what is counted, whether a price of theirs is another, and what it
    all changes."""
    ordered, touched, change = False, False, 0
    for order in orders:
        if order.exact is None:
            tally.left_out["stated" if order.first == "stated" else "unsteered"] += 1
            continue
        place = beside.at(order)
        if order.first == "amount" and not place.touched:
            tally.left_out["unsteered"] += 1
            continue
        ordered = True
        applied: Mapping[str, int] = {}
        after = order.price * order.charges
        if place.touched:
            after, applied = place.after(order, person)
        worth = cents_of(order.exact, order.quantity) if order.leave else 0
        changed = tally.order(order, after, applied, worth)
        touched = touched or changed != 0
        change += changed
    return ordered, touched, change


# The result -----------------------------------------------------------------------------------


def result(session: Session, simulation: Simulation, everything: Part) -> dict[str, Any]:
    """As docs/simulations.md says."""
    about, first, last = simulation.about, simulation.from_month, simulation.through_month
    beside = Beside(session, about["scheme"], about["rules"], first)
    told: dict[str, Any] = everything
    products, sums = told.get("products", {}), told.get("sums", {})
    return {
        "months": by_month(told, LINE, first, last),
        "products": [
            {
                "product": code,
                **products[code],
                "sums": [name for name in sums if code in sums[name]],
            }
            for code in sorted(products)
        ],
        "people": with_all(told.get("people", {}), _PEOPLE),
        "histogram": by_change(told),
        "groups": by_group(told),
        "free_space": with_all(told.get("free_space", {}), _SUM),
        "leave": _leave(told.get("leave", {})),
        "left_out": with_all(told.get("left_out", {}), ("stated", "unsteered")),
        "rules": [
            {
                "rule": rule,
                "code": text.code,
                "months": _months(beside, text, told.get("rules", {}).get(rule, {}), first, last),
            }
            for rule, text in beside.rules.items()
        ],
    }


_PEOPLE = ("all", "left", "reached", "ordered", "touched", "better", "worse")
_SUM = ("people", "touched", "before", "after")
_RULE = ("people", "touched", "minutes", "before", "after")


def _leave(line: Mapping[str, int]) -> dict[str, int]:
    paid = with_all(line, ("before", "after"))
    return {
        **with_all(line, ("people", "touched", "minutes", "value")),
        **{f"paid_{name}": minor for name, minor in paid.items()},
    }


def _months(
    beside: Beside, text: RuleText, applied: Mapping[str, Any], first: Month, last: Month
) -> list[dict[str, Any]]:
    return [
        {
            "month": str(month),
            "stands_for": str(meant),
            "applies": applied.get(str(month.number), {}).get("orders", 0),
            **with_all(applied.get(str(month.number), {}), _RULE),
            "indicators": {
                code: None if value is None else str(value)
                for code, value in beside.indicators(text, month).items()
            },
        }
        for month, meant in beside.months(text, first, last)
    ]


PRICES = Kind(check, part, result)
