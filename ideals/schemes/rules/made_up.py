"""An employee made up to try a scheme out: a few facts, the same all the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ideals.kernel.month import Month
from ideals.schemes.rules.person import Person, Stretch
from ideals.schemes.rules.scheme import Scheme

NOBODY = 0
"""The number of no employee."""


@dataclass(frozen=True, slots=True)
class MadeUp:
    """Money in cents; `age` and `years_of_service` as on the last day of the month asked for."""

    full_time_salary: int
    part_time_factor: Decimal = Decimal(1)
    age: int = 40
    years_of_service: int = 5
    scale: str = ""
    unit: str = ""
    allowances: Mapping[str, int] = field(default_factory=dict)
    pay: Mapping[str, int] = field(default_factory=dict)
    """The same in each month."""


def made_up(scheme: Scheme, facts: MadeUp, month: Month) -> Person:
    """Employed under the scheme since a 1 January, healthy, without an end."""
    hired_on = date(month.year - facts.years_of_service, 1, 1)
    stretch = Stretch(
        valid_from=hired_on,
        until=date.max,
        hired_on=hired_on,
        leaves_on=None,
        scheme=scheme.code,
        full_time_salary=facts.full_time_salary,
        part_time_factor=facts.part_time_factor,
        weekly_hours=scheme.full_time_hours * facts.part_time_factor,
        scale=facts.scale or None,
        unit=facts.unit,
        allowances=facts.allowances,
        birth_date=date(month.year - facts.age, month.month, 1),
        sick_from=None,
        unpaid_from=None,
        unpaid_until=None,
    )
    since = scheme.window(month).first_pay_month
    months = list(_months(since, month))
    pay = {(each.number, code): cents for code, cents in facts.pay.items() for each in months}
    return Person(NOBODY, (stretch,), pay)


def _months(since: Month, until: Month) -> Iterator[Month]:
    while since <= until:
        yield since
        since = since.plus(1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a scheme reads beyond salary, factor and age: which fields an example needs."""

    years_of_service: bool
    scale: bool
    unit: bool
    allowances: tuple[str, ...]
    pay: tuple[str, ...]


def asked(scheme: Scheme) -> Asked:
    names = sorted(scheme.needs)
    allowances = _codes(names, "allowance")
    if not allowances and any(name.startswith("allowances") for name in names):
        allowances = ("personal",)
    return Asked(
        years_of_service="years_of_service" in names,
        scale="scale" in names,
        unit="unit" in names,
        allowances=allowances,
        pay=_codes(names, "pay"),
    )


def _codes(names: list[str], of: str) -> tuple[str, ...]:
    """`personal` of `allowance.personal` and `allowance.personal.on_january`, once."""
    codes = (name.split(".")[1] for name in names if name.startswith(f"{of}."))
    return tuple(dict.fromkeys(codes))
