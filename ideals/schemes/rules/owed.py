"""What a scheme owes one person: amounts of a month, and granted hours of a period.

Pure, and the inner loop of an allocation run. Raises only `BudgetNotComputable`.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, NoReturn

from ideals.kernel.formula import Formula, FormulaFailed, arithmetic, settled
from ideals.kernel.money import LARGEST_MINOR
from ideals.kernel.month import Month
from ideals.kernel.said import say as _
from ideals.schemes.errors import BudgetNotComputable, ComponentFailed, ComponentNegative
from ideals.schemes.rules.days import PartMonth, days_of, employed_spans, paid_spans
from ideals.schemes.rules.facts import Facts
from ideals.schemes.rules.person import Person, Stretch
from ideals.schemes.rules.rounding import rounded_minutes
from ideals.schemes.rules.scheme import GrantedHours, Moment, Scheme

_CENT = Decimal("0.01")
_ZERO = Decimal(0)
_LARGEST = Decimal(LARGEST_MINOR).scaleb(-2)
_SMALLEST = -_LARGEST


class OwedHours(NamedTuple):
    code: str
    for_month: Month
    """January of the year for a yearly grant, else the month asked."""
    minutes: int


def owed_amounts(scheme: Scheme, person: Person, month: Month) -> list[tuple[str, int]]:
    """(component, cents) for each component of the scheme, in its order, zeros included.

    All are 0 before the scheme's first month and in a month without a day employed and paid.
    """
    with arithmetic():
        facts = month_facts(scheme, person, month)
        if facts is None:
            return [(component.code, 0) for component in scheme.components]
        owed = []
        for component in scheme.components:
            code = component.code
            exact = evaluated(component.formula, facts, code)
            amount = settled(exact).quantize(_CENT, ROUND_HALF_UP)
            if amount < _ZERO:
                negative(code, person)
            facts[code] = amount
            owed.append((code, int(amount.scaleb(2))))
        return owed


def owed_hours(scheme: Scheme, person: Person, month: Month) -> list[OwedHours]:
    """The minutes of each grant for the period that `month` belongs to, zeros included.

    Each day of the period counts the formula's value on that day / days of the period, when it is
    employed and paid; the sum is rounded once. `person` must cover `scheme.window(month)`.
    """
    with arithmetic():
        return [
            OwedHours(grant.code, grant.for_month(month), _granted(scheme, grant, person, month))
            for grant in scheme.hours
        ]


def month_facts(scheme: Scheme, person: Person, month: Month) -> Facts | None:
    """The facts of a month; `None` when no day of it is employed and paid. Inside `arithmetic`."""
    if month < scheme.first_month:
        return None
    days = days_of(month, scheme.part_month)
    employed = employed_spans(person.stretches, scheme.code, days.first, days.last)
    paid = paid_spans(employed, scheme.paid_sick_months)
    if not paid:
        return None
    if scheme.part_month is PartMonth.NONE:
        counted = [(span, int(span is employed[-1])) for span in employed]
        weighed, whole = [(paid[-1].stretch, 1)], 1
    else:
        counted = [(span, days.weight(span.start, span.end)) for span in employed]
        weighed = [(span.stretch, days.weight(span.start, span.end)) for span in paid]
        whole = days.whole
    return Facts(scheme.readers, scheme.code, person, month, days.last, weighed, counted, whole)


class GrantPart(NamedTuple):
    """Paid days of one stretch in the period of a grant, and the formula's value on them."""

    stretch: Stretch
    start: date
    end: date
    value: Decimal

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


def grant_period(grant: GrantedHours, month: Month) -> tuple[date, date]:
    if grant.moment is Moment.JANUARY:
        return date(month.year, 1, 1), date(month.year, 12, 31)
    return month.first, month.last


def grant_parts(
    scheme: Scheme, grant: GrantedHours, person: Person, month: Month
) -> list[GrantPart]:
    """The period of a grant in pieces of one value each. Inside `arithmetic`."""
    first, last = grant_period(grant, month)
    since = max(first, scheme.first_month.first)
    employed = employed_spans(person.stretches, scheme.code, since, last)
    parts = []
    for stretch, start, end in paid_spans(employed, scheme.paid_sick_months):
        facts = stretch_facts(scheme, person, stretch, month, last)
        parts.append(GrantPart(stretch, start, end, evaluated(grant.formula, facts, grant.code)))
    return parts


def stretch_facts(
    scheme: Scheme, person: Person, stretch: Stretch, month: Month, last: date
) -> Facts:
    """The facts of one employment as it stands, as if it filled its month; ages as on `last`."""
    return Facts(scheme.readers, scheme.code, person, month, last, [(stretch, 1)], [], 1)


def _granted(scheme: Scheme, grant: GrantedHours, person: Person, month: Month) -> int:
    first, last = grant_period(grant, month)
    parts = grant_parts(scheme, grant, person, month)
    total = sum((part.value * part.days for part in parts), _ZERO)
    exact = total / ((last - first).days + 1)
    if exact < 0:
        negative(grant.code, person)
    return rounded_minutes(exact, grant.rounding, grant.unit)


def evaluated(formula: Formula, facts: Facts, code: str) -> Decimal:
    """Raises the formula's failure as one of this person, with the component it belongs to."""
    try:
        value: Decimal = formula.evaluate(facts)
    except FormulaFailed as failed:
        raise ComponentFailed(
            f"{code}: {failed.message}",
            component=code,
            employee_id=facts.person.employee_id,
            **failed.data,
        ) from failed
    except BudgetNotComputable as incomplete:
        incomplete.name_component(code, facts.person.employee_id)
        raise
    if not _SMALLEST < value < _LARGEST:
        raise ComponentFailed(
            f"{code}: the formula {formula.source!r} gives an amount too large to be one",
            component=code,
            employee_id=facts.person.employee_id,
            formula=formula.source,
            line=1,
            column=1,
            reason=_("the amount is too large"),
        )
    return value


def negative(code: str, person: Person) -> NoReturn:
    raise ComponentNegative(
        f"{code} would be below zero; let its formula start with max(0, ...)",
        component=code,
        employee_id=person.employee_id,
    )
