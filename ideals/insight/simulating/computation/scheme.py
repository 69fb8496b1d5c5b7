"""A new version of a scheme beside what is published: what it would give everybody, month by month.

Both are worked out by the rules of the allocation from the same facts, those known now. Nothing is
posted. Personal parts of deals stand outside of a scheme and are left aside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ideals.budgets.queries.statement import book
from ideals.config import Settings
from ideals.insight.simulating.computation.balance import Balance, Given
from ideals.insight.simulating.computation.kinds import Asked, Kind, Span
from ideals.insight.simulating.computation.told import by_change, by_group, by_month, with_all
from ideals.insight.simulating.errors import NothingToSimulate
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.queries.population import people_between
from ideals.insight.simulating.rules import Part
from ideals.insight.simulating.rules.months import MONTHS
from ideals.kernel.month import Month
from ideals.schemes import queries as schemes
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.facts import facts_for
from ideals.schemes.rules import Person, Scheme, checked, owed_amounts, owed_hours
from ideals.schemes.rules.scheme import Moment

Plan = Sequence[tuple[Month, Scheme]]


def check(session: Session, about: Mapping[str, Any], now: datetime) -> Asked:
    """`about`: `{"document": TEXT}`. Raises `NothingToSimulate`, `SchemeRefused`."""
    document = about.get("document")
    if not isinstance(document, str):
        raise NothingToSimulate("Give the document of the scheme.", why="document")
    scheme = checked(document)
    latest = schemes.latest_version(session, scheme.code)
    if latest is not None and scheme.version < latest:
        raise NothingToSimulate(f"A version from {latest} is published already.", why="early")
    first = max(scheme.version, Month.of(now.astimezone(Settings.read().zone).date()))
    if schemes.scheme_for(session, scheme.code, first) is None:
        raise NothingToSimulate("A new scheme is for nobody yet.", why="scheme")
    kept = {
        "scheme": scheme.code,
        "version": str(scheme.version),
        "digest": digest_of(scheme.text),
        "document": scheme.text,
    }
    return Asked(kept, first, first.plus(MONTHS - 1))


def digest_of(document: str) -> str:
    return hashlib.sha256(document.encode()).hexdigest()


def part(session: Session, simulation: Simulation, span: Span) -> Part:
    code = simulation.about["scheme"]
    today = simulation.made_at.astimezone(Settings.read().zone).date()
    people = people_between(session, span.after, span.through, code, today)
    before, after = _plans(session, simulation)
    ids = [who.employee_id for who in people]
    persons = facts_for(session, ids, [*before, *after])
    balance = Balance()
    for who, person in zip(people, persons, strict=True):
        try:
            now = _given(before, person)
        except BudgetNotComputable:
            balance.left_out["before"] += 1
            continue
        try:
            then = _given(after, person)
        except BudgetNotComputable:
            balance.left_out["after"] += 1
            continue
        if who.here or any(now.amounts.values()) or any(then.amounts.values()):
            balance.person(who, now, then)
    return balance.part()


def _plans(session: Session, simulation: Simulation) -> tuple[Plan, Plan]:
    """Each month with the version that holds for it as published, and with the new one."""
    months = list(simulation.from_month.until(simulation.through_month))
    new = document_of(simulation)
    versions = book(session, [new.code])
    published = [(month, found) for month in months if (found := versions.at(new.code, month))]
    return published, [(month, new) for month in months]


def document_of(simulation: Simulation) -> Scheme:
    """Compiled once a process: the text is the key, no version has this number."""
    return schemes.compiled(0, simulation.about["document"])


def _given(plan: Plan, person: Person) -> Given:
    """A yearly grant counts in its January, as it is given; of twelve months one is."""
    given = Given({}, {})
    for month, scheme in plan:
        for code, cents in owed_amounts(scheme, person, month):
            given.amounts[month, code] = cents
        for grant, owed in zip(scheme.hours, owed_hours(scheme, person, month), strict=True):
            if grant.moment is Moment.MONTHLY or owed.for_month == month:
                given.minutes[month, grant.code] = owed.minutes
    return given


# The result -----------------------------------------------------------------------------------

_LINE = ("people", "touched", "before", "after")
_PEOPLE = ("all", "touched", "better", "worse")


def result(session: Session, simulation: Simulation, everything: Part) -> dict[str, Any]:
    """As docs/simulations.md says."""
    told: dict[str, Any] = everything
    before, after = _plans(session, simulation)
    versions = [scheme for _, scheme in (*after[:1], *before)]
    return {
        "months": by_month(told, _LINE, simulation.from_month, simulation.through_month),
        "components": _by_code(
            told.get("components", {}), [each.code for one in versions for each in one.components]
        ),
        "hours": _by_code(
            told.get("hours", {}), [each.code for one in versions for each in one.hours]
        ),
        "people": with_all(told.get("people", {}), _PEOPLE),
        "histogram": by_change(told),
        "groups": by_group(told),
        "left_out": with_all(told.get("left_out", {}), ("before", "after")),
    }


def _by_code(lines: Mapping[str, Mapping[str, int]], codes: Iterable[str]) -> list[dict[str, Any]]:
    """In the order of the new version, then what only the published ones have."""
    return [
        {"component": code, **with_all(lines[code], _LINE)}
        for code in dict.fromkeys(codes)
        if code in lines
    ]


SCHEME = Kind(check, part, result)
