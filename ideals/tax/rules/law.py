"""The dated figures of the law that checks of a shop need beside the tax tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from itertools import pairwise

from ideals.tax.rules.data import FOLDER, Entry, entry

FILE = "law.yaml"


@dataclass(frozen=True, slots=True)
class Law:
    """What holds on a day; `None`: not known. The file says of each what it is and where from.

    A figure holds until a later one is entered: the law replaces them, it does not end them.
    """

    minimum_wage_minor: int | None
    """An hour, from 21 years."""
    holiday_allowance_rate: int | None
    holiday_allowance_wages: int | None
    """It is due over at most so many times the minimum wage."""
    with_holiday_allowance_rate: int | None
    """Of the minimum wage, that a year with its holiday allowance reaches at least."""
    kilometre_minor: int | None
    home_day_minor: int | None
    bicycle_rate: int | None
    lease_car_rate: int | None
    electric_car_rate: int | None
    electric_car_up_to_minor: int | None
    """Above this part of the price, the rate of other lease cars holds."""
    free_space_rate: int | None
    free_space_up_to_minor: int | None
    free_space_above_rate: int | None
    free_space_levy_rate: int | None
    leave_savings_weeks: int | None
    """Untaxed up to so many times the weekly hours."""


Series = tuple[tuple[date, int | None], ...]


def law_on(day: date) -> Law:
    """Raises `DataDamaged`."""
    return Law(**{name: _on(series, day) for name, series in _law().items()})


def minimum_wage_minor(day: date) -> int | None:
    """An hour, from 21 years; `None`: not known."""
    return law_on(day).minimum_wage_minor


def law(file: str, content: bytes) -> Mapping[str, Series]:
    """Every figure with its days, by the name of its field. Raises `DataDamaged`."""
    names = [field.name for field in fields(Law)]
    entries = entry(file, content).take(*map(_key, names))
    return {name: _series(at, _reader(name)) for name, at in zip(names, entries, strict=True)}


@cache
def _law() -> Mapping[str, Series]:
    return law(FILE, (FOLDER / FILE).read_bytes())


def _key(name: str) -> str:
    """In the file a value shows its unit itself."""
    return name.removesuffix("_minor").removesuffix("_rate")


def _reader(name: str) -> Callable[[Entry], int]:
    if name.endswith("_minor"):
        return Entry.cents
    return Entry.rate if name.endswith("_rate") else Entry.whole


def _series(at: Entry, read: Callable[[Entry], int]) -> Series:
    what, source, known = at.take("what", "source", "known")
    for told in (what, source):
        told.text()
    rows = [row.take("since", "value") for row in known.rows()]
    for (before, _), (after, _) in pairwise(rows):
        if after.day() <= before.day():
            raise after.wrong(f"it is later than {before.day()}, the day before it in the list")
    return tuple(
        (since.day(), None if value.is_not_known() else read(value)) for since, value in rows
    )


def _on(series: Series, day: date) -> int | None:
    return next((value for since, value in reversed(series) if since <= day), None)
