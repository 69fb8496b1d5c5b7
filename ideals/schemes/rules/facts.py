"""The facts of one employee in one month, worked out when a formula asks for them.

`catalogue.py` says what each means; here is how it is read. A reader takes the facts and returns a
value in the unit of the formula language (euros, not cents) or raises `FactsIncomplete`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from ideals.kernel.formula import Value
from ideals.kernel.month import Month
from ideals.schemes.errors import FactsIncomplete
from ideals.schemes.rules.days import Span, employed_spans, full_months, full_years
from ideals.schemes.rules.person import Person, Stretch

_ONE = Decimal(1)
_ZERO = Decimal(0)
AVERAGE_MONTHS = 12


class Facts(dict[str, Any]):
    """The facts known so far; a missing one is read once and kept.

    `paid` are the paid days by stretch with their weight, of `whole` together; `employed` the
    employed ones. `last` is the day on which ages and years are taken.
    """

    __slots__ = ("employed", "last", "month", "paid", "person", "readers", "scheme", "whole")

    def __init__(
        self,
        readers: Mapping[str, Reader],
        scheme: str,
        person: Person,
        month: Month,
        last: date,
        paid: list[tuple[Stretch, int]],
        employed: list[tuple[Span, int]],
        whole: int,
    ) -> None:
        self.readers = readers
        self.scheme = scheme
        self.person = person
        self.month = month
        self.last = last
        self.paid = paid
        self.employed = employed
        self.whole = whole

    def __missing__(self, name: str) -> Value:
        value = self.readers[name](self)
        self[name] = value
        return value

    @property
    def final(self) -> Stretch:
        """The employment as on the last paid day."""
        return self.paid[-1][0]


Reader: TypeAlias = Callable[[Facts], Value]


def euros(cents: Decimal | int) -> Decimal:
    """Cents, perhaps not whole, as euros to the cent, half up."""
    return Decimal(cents).quantize(_ONE, ROUND_HALF_UP).scaleb(-2)


def contract_salary(facts: Facts) -> Decimal:
    """Over the paid days: full-time salary x part-time factor / days of the month, to the cent."""
    paid, whole = facts.paid, facts.whole
    if len(paid) == 1:
        stretch, weight = paid[0]
        cents = stretch.full_time_salary * stretch.part_time_factor
        return euros(cents if weight == whole else cents * weight / whole)
    total = sum(
        (each.full_time_salary * each.part_time_factor * weight for each, weight in paid), _ZERO
    )
    return euros(total / whole) if whole else _ZERO


def salary_as_paid(facts: Facts) -> Decimal:
    """The same, unless there is sickness in the month: then what payroll says was paid."""
    if not _sick(facts):
        return contract_salary(facts)
    cents = facts.person.pay.get((facts.month.number, "salary_paid"))
    if cents is None:
        raise FactsIncomplete(
            f"the salary of {facts.month} follows what was really paid during sickness, and that "
            "is not known; import the pay element salary_paid of the month",
            fact="salary",
            missing="pay element salary_paid",
        )
    return euros(cents)


def _average(facts: Facts, read: Callable[[Stretch], Decimal]) -> Decimal:
    """Over the paid days by their weight; as on the last one where they weigh nothing."""
    paid = facts.paid
    if len(paid) == 1:
        return read(paid[0][0])
    weights = sum(weight for _, weight in paid)
    if not weights:
        return read(facts.final)
    return sum((read(stretch) * weight for stretch, weight in paid if weight), _ZERO) / weights


def _full_time_salary(stretch: Stretch) -> Decimal:
    return Decimal(stretch.full_time_salary).scaleb(-2)


def _part_time_factor(stretch: Stretch) -> Decimal:
    return stretch.part_time_factor


def _salary(stretch: Stretch) -> Decimal:
    return euros(stretch.full_time_salary * stretch.part_time_factor)


def _weekly_hours(stretch: Stretch) -> Decimal:
    if stretch.weekly_hours is None:
        raise FactsIncomplete(
            "the weekly hours are not known; give weekly_hours in the people file",
            fact="weekly_hours",
            missing="weekly_hours",
        )
    return stretch.weekly_hours


def _allowances(stretch: Stretch) -> Decimal:
    return Decimal(sum(stretch.allowances.values())).scaleb(-2)


def _allowance(code: str) -> Callable[[Stretch], Decimal]:
    return lambda stretch: Decimal(stretch.allowances.get(code, 0)).scaleb(-2)


def _scale(facts: Facts) -> str:
    scale = facts.final.scale
    if scale is None:
        raise FactsIncomplete(
            "the scale is not known; give scale in the people file", fact="scale", missing="scale"
        )
    return scale


def _age(facts: Facts) -> Decimal:
    born = facts.final.birth_date
    if born is None:
        raise FactsIncomplete(
            "the age is not known; give birth_date in the people file",
            fact="age",
            missing="birth_date",
        )
    return Decimal(full_years(born, facts.last))


def _years_of_service(facts: Facts) -> Decimal:
    return Decimal(full_years(facts.final.hired_on, facts.last))


def _sick(facts: Facts) -> bool:
    return any(
        span.stretch.sick_from is not None and span.stretch.sick_from <= span.end
        for span, _ in facts.employed
    )


def _sick_months(facts: Facts) -> Decimal:
    span, _ = facts.employed[-1]
    since = span.stretch.sick_from
    return _ZERO if since is None else Decimal(full_months(since, span.end))


def _share_paid(facts: Facts) -> Decimal:
    return _share(sum(weight for _, weight in facts.paid), facts.whole)


def _share_employed(facts: Facts) -> Decimal:
    return _share(sum(weight for _, weight in facts.employed), facts.whole)


def _share(weight: int, whole: int) -> Decimal:
    return _ONE if weight == whole else Decimal(weight) / whole


def _pay(facts: Facts, month: Month, code: str) -> Decimal:
    return Decimal(facts.person.pay.get((month.number, code), 0)).scaleb(-2)


def _pay_average(facts: Facts, code: str) -> Decimal:
    pay = facts.person.pay
    months = [facts.month.plus(-back).number for back in range(1, AVERAGE_MONTHS + 1)]
    return Decimal(sum(pay.get((number, code), 0) for number in months)).scaleb(-2) / AVERAGE_MONTHS


def latest(month: Month, calendar_month: int) -> Month:
    """The last March (say) that is not after `month`."""
    return Month(month.year - (calendar_month > month.month), calendar_month)


def _as_on(facts: Facts, calendar_month: int) -> Stretch:
    """The employment on the first of that month; for who came later, on the first day employed."""
    day = latest(facts.month, calendar_month).first
    return employed_spans(facts.person.stretches, facts.scheme, day, facts.last)[0].stretch


_STRETCH_FACTS: dict[str, Callable[[Stretch], Decimal]] = {
    "full_time_salary": _full_time_salary,
    "part_time_factor": _part_time_factor,
    "weekly_hours": _weekly_hours,
    "allowances": _allowances,
}

_FIXED: dict[str, Reader] = {
    "scale": _scale,
    "unit": lambda facts: facts.final.unit,
    "age": _age,
    "years_of_service": _years_of_service,
    "sick": _sick,
    "sick_months": _sick_months,
    # Of the month worked out; a yearly grant has its year too.
    "share_paid": _share_paid,
    "share_employed": _share_employed,
    "calendar_month": lambda facts: Decimal(facts.month.month),
    "calendar_year": lambda facts: Decimal(facts.month.year),
}

MONTH_NAMES = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)


def calendar_month_of(name: str) -> int | None:
    """1 to 12 of a fact on a fixed date, such as `salary.on_january`; `None` for others."""
    _, _, ending = name.rpartition(".on_")
    return MONTH_NAMES.index(ending) + 1 if ending in MONTH_NAMES else None


def reader(name: str) -> Reader:
    """How to read a fact of the catalogue. The name was checked before."""
    if name in _FIXED:
        return _FIXED[name]
    if name == "salary":
        return contract_salary
    calendar_month = calendar_month_of(name)
    if calendar_month is not None:
        return _on_date_reader(name.rpartition(".")[0], calendar_month)
    if name.startswith("pay."):
        _, code, *average = name.split(".")
        if average:
            return lambda facts: _pay_average(facts, code)
        return lambda facts: _pay(facts, facts.month, code)
    read = _of_stretch(name)
    return lambda facts: _average(facts, read)


def _of_stretch(name: str) -> Callable[[Stretch], Decimal]:
    if name.startswith("allowance."):
        return _allowance(name.removeprefix("allowance."))
    return _STRETCH_FACTS[name]


def _on_date_reader(name: str, calendar_month: int) -> Reader:
    if name.startswith("pay."):
        code = name.removeprefix("pay.")
        return lambda facts: _pay(facts, latest(facts.month, calendar_month), code)
    read = _salary if name == "salary" else _of_stretch(name)
    return lambda facts: read(_as_on(facts, calendar_month))
