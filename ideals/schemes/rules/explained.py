"""How an amount came about: every formula with its parts, and the salary by stretch of days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import cast

from ideals.kernel.formula import Formula, Part, arithmetic, explain, settled
from ideals.kernel.month import Month
from ideals.schemes.rules.days import PartMonth, days_of, employed_spans, paid_spans
from ideals.schemes.rules.facts import Facts
from ideals.schemes.rules.owed import (
    grant_parts,
    grant_period,
    month_facts,
    owed_amounts,
    owed_hours,
)
from ideals.schemes.rules.person import Person
from ideals.schemes.rules.scheme import Scheme, SicknessPay

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class SalaryPart:
    """Days of one stretch. `weight` of `whole` is what they count; `share` is the quotient."""

    start: date
    end: date
    full_time_salary: Decimal
    part_time_factor: Decimal
    weight: int
    whole: int
    share: Decimal
    amount: Decimal
    """Full-time salary x part-time factor x share, exact; the sum of the parts is rounded."""


@dataclass(frozen=True, slots=True)
class ExplainedFact:
    """A fact of the scheme's own that a component reads, with what it is made of."""

    name: str
    formula: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class ExplainedComponent:
    """`exact` is what the formula gives, `amount` that to the cent, `cents` the same in cents."""

    code: str
    names: Mapping[str, str]
    note: str
    formula: str
    parts: tuple[Part, ...]
    facts: tuple[ExplainedFact, ...]
    exact: Decimal
    amount: Decimal
    cents: int


@dataclass(frozen=True, slots=True)
class ExplainedGrantPart:
    start: date
    end: date
    days: int
    hours: Decimal
    """The formula's value on these days, for a whole period."""


@dataclass(frozen=True, slots=True)
class ExplainedHours:
    """`exact` hours are the parts by their days / `period_days`; `minutes` that, rounded."""

    code: str
    names: Mapping[str, str]
    note: str
    formula: str
    for_month: Month
    period_days: int
    parts: tuple[ExplainedGrantPart, ...]
    exact: Decimal
    rounding: str
    unit: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """`components` and `salary` are empty when no day of the month is employed and paid.

    `as_paid`: the salary of the month is what payroll paid, so `salary_parts` did not count.
    """

    scheme: str
    version: Month
    month: Month
    part_month: PartMonth
    salary: Decimal | None
    salary_parts: tuple[SalaryPart, ...]
    as_paid: bool
    components: tuple[ExplainedComponent, ...]
    hours: tuple[ExplainedHours, ...]


def explain_month(scheme: Scheme, person: Person, month: Month) -> Explanation:
    """What `owed_amounts` and `owed_hours` say, told. Raises `BudgetNotComputable` as they do."""
    owed = dict(owed_amounts(scheme, person, month))
    with arithmetic():
        facts = month_facts(scheme, person, month)
        components = () if facts is None else _components(scheme, facts, owed)
        parts = () if facts is None else _salary_parts(scheme, person, month)
        salary = None if facts is None or "salary" not in scheme.readers else facts["salary"]
        hours = _hours(scheme, person, month)
    return Explanation(
        scheme=scheme.code,
        version=scheme.version,
        month=month,
        part_month=scheme.part_month,
        salary=salary,
        salary_parts=parts,
        as_paid=scheme.sickness is SicknessPay.AS_PAID and facts is not None and _is_sick(facts),
        components=components,
        hours=hours,
    )


def _is_sick(facts: Facts) -> bool:
    return any(
        span.stretch.sick_from is not None and span.stretch.sick_from <= span.end
        for span, _ in facts.employed
    )


def _components(
    scheme: Scheme, facts: Facts, owed: Mapping[str, int]
) -> tuple[ExplainedComponent, ...]:
    explained = []
    for component in scheme.components:
        parts = explain(component.formula, facts)
        exact = cast(Decimal, parts[-1].value)
        amount = settled(exact).quantize(_CENT, ROUND_HALF_UP)
        facts[component.code] = amount
        explained.append(
            ExplainedComponent(
                component.code,
                component.names,
                component.note,
                component.formula.source,
                parts,
                own_facts(scheme, component.formula, facts),
                exact,
                amount,
                owed[component.code],
            )
        )
    return tuple(explained)


def own_facts(scheme: Scheme, formula: Formula, facts: Facts) -> tuple[ExplainedFact, ...]:
    """The scheme's own facts below a formula that counted for it, outermost first."""
    found: dict[str, ExplainedFact] = {}

    def visit(parts: tuple[Part, ...]) -> None:
        for name in (part.name for part in parts):
            if name in scheme.facts and name not in found:
                own = scheme.facts[name]
                found[name] = ExplainedFact(name, own.source, explain(own, facts))
                visit(found[name].parts)

    visit(explain(formula, facts))
    return tuple(found.values())


def _salary_parts(scheme: Scheme, person: Person, month: Month) -> tuple[SalaryPart, ...]:
    days = days_of(month, scheme.part_month)
    employed = employed_spans(person.stretches, scheme.code, days.first, days.last)
    paid = paid_spans(employed, scheme.paid_sick_months)
    whole = 1 if scheme.part_month is PartMonth.NONE else days.whole
    parts = []
    for span in paid:
        if scheme.part_month is PartMonth.NONE:
            weight = int(span is paid[-1])
        else:
            weight = days.weight(span.start, span.end)
        full = Decimal(span.stretch.full_time_salary).scaleb(-2)
        factor = span.stretch.part_time_factor
        parts.append(
            SalaryPart(
                span.start,
                span.end,
                full,
                factor,
                weight,
                whole,
                Decimal(weight) / whole,
                full * factor * weight / whole,
            )
        )
    return tuple(parts)


def _hours(scheme: Scheme, person: Person, month: Month) -> tuple[ExplainedHours, ...]:
    explained = []
    for grant, owed in zip(scheme.hours, owed_hours(scheme, person, month), strict=True):
        first, last = grant_period(grant, month)
        period_days = (last - first).days + 1
        parts = tuple(
            ExplainedGrantPart(part.start, part.end, part.days, part.value)
            for part in grant_parts(scheme, grant, person, month)
        )
        total = sum((part.hours * part.days for part in parts), Decimal(0))
        explained.append(
            ExplainedHours(
                grant.code,
                grant.names,
                grant.note,
                grant.formula.source,
                owed.for_month,
                period_days,
                parts,
                total / period_days,
                grant.rounding,
                grant.unit,
                owed.minutes,
            )
        )
    return tuple(explained)
