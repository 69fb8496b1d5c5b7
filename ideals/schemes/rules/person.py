"""What is known of one employee, as the formulas need it. Plain tuples: runs make many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Stretch(NamedTuple):
    """An employment as it is in force on the days `valid_from` to `until`, both included.

    `until` is `date.max` while open. Salary and allowances are cents a month. `leaves_on` and
    `unpaid_until` are the last day included. `sick_from` is the first day of the sickness that
    holds during this stretch, `None` when healthy.
    """

    valid_from: date
    until: date
    hired_on: date
    leaves_on: date | None
    scheme: str
    full_time_salary: int
    part_time_factor: Decimal
    weekly_hours: Decimal | None
    scale: str | None
    unit: str
    allowances: Mapping[str, int]
    birth_date: date | None
    sick_from: date | None
    unpaid_from: date | None
    unpaid_until: date | None


class Person(NamedTuple):
    """`stretches` in order of time, without overlap, perhaps with gaps.

    `pay` holds the pay elements in cents by month (202603) and code.
    """

    employee_id: int
    stretches: tuple[Stretch, ...]
    pay: Mapping[tuple[int, str], int]
