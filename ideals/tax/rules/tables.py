"""The tables of a year, as its file gives them. Amounts are whole euros a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from ideals.tax.errors import NotKnown
from ideals.tax.rules.data import FOLDER, Entry, entry


class Bracket(NamedTuple):
    above: int
    rate: int
    tax: int
    """What is due up to where this bracket begins."""


class Phase(NamedTuple):
    """The labour credit grows with the wage above a point, up to a most that counts what it was."""

    above: int
    rate: int
    most: int


@dataclass(frozen=True, slots=True)
class GeneralCredit:
    most: int
    falls_above: int
    rate: int
    gone_above: int


@dataclass(frozen=True, slots=True)
class LabourCredit:
    phases: tuple[Phase, ...]
    falls_above: int
    rate: int
    gone_above: int


@dataclass(frozen=True, slots=True)
class MonthTable:
    """`step` is a row's height; the wage of a month is looked up by the year it would make."""

    source: str
    step: int
    highest: int
    brackets: tuple[Bracket, ...]
    general: GeneralCredit
    labour: LabourCredit


class SpecialRate(NamedTuple):
    since: int
    """The lowest wage of last year that this rate is for."""
    rate: int


@dataclass(frozen=True, slots=True)
class SpecialTable:
    source: str
    rates: tuple[SpecialRate, ...]


@dataclass(frozen=True, slots=True)
class TaxYear:
    year: int
    month: MonthTable
    special: SpecialTable | None
    """`None`: no source gives the table."""


@cache
def tax_years() -> Mapping[int, TaxYear]:
    """Every year there is a file of, by year. Raises `DataDamaged`."""
    years = (tax_year(path.name, path.read_bytes()) for path in FOLDER.glob("nl-*.yaml"))
    return MappingProxyType({each.year: each for each in years})


def known_years() -> tuple[int, ...]:
    """The years whose monthly table is known."""
    return tuple(sorted(tax_years()))


def tables_of(year: int) -> TaxYear:
    """Raises `NotKnown`."""
    if year not in tax_years():
        known = known_years()
        raise NotKnown(
            f"the wage tax of {year} is not known here; known are {' and '.join(map(str, known))}",
            year=year,
            known=list(known),
        )
    return tax_years()[year]


def tax_year(file: str, content: bytes) -> TaxYear:
    """What a file holds. Raises `DataDamaged`."""
    year, month, special = entry(file, content).take("year", "month", "special")
    if file != f"nl-{year.whole()}.yaml":
        raise year.wrong("it is the year in the name of the file")
    return TaxYear(
        year.whole(), _month(month), None if special.is_not_known() else _special(special)
    )


def _month(at: Entry) -> MonthTable:
    source, step, highest, brackets, general, labour = at.take(
        "source", "step", "highest", "brackets", "general_credit", "labour_credit"
    )
    if step.whole() == 0 or step.whole() % 3:
        raise step.wrong("a row is a number of whole cents a month, so a multiple of 3 a year")
    if highest.whole() % step.whole():
        raise highest.wrong(f"it is where a row begins, so a multiple of {step.whole()}")
    return MonthTable(
        source.text(),
        step.whole(),
        highest.whole(),
        tuple(Bracket(*each) for each in _ascending(brackets, "above", "rate", "tax")),
        _general(general),
        _labour(labour),
    )


def _general(at: Entry) -> GeneralCredit:
    most, falls_above, rate, gone_above = at.take("most", "falls_above", "rate", "gone_above")
    return GeneralCredit(most.whole(), falls_above.whole(), rate.rate(), gone_above.whole())


def _labour(at: Entry) -> LabourCredit:
    phases, falls_above, rate, gone_above = at.take("phases", "falls_above", "rate", "gone_above")
    return LabourCredit(
        tuple(Phase(*each) for each in _ascending(phases, "above", "rate", "most")),
        falls_above.whole(),
        rate.rate(),
        gone_above.whole(),
    )


def _special(at: Entry) -> SpecialTable:
    source, rates = at.take("source", "rates")
    return SpecialTable(
        source.text(), tuple(SpecialRate(*each) for each in _ascending(rates, "since", "rate"))
    )


def _ascending(at: Entry, *keys: str) -> list[list[int]]:
    """Rows of figures; the first key says from where a row holds, from 0 upwards."""
    rows = [row.take(*keys) for row in at.rows()]
    starts = [row[0] for row in rows]
    if starts[0].whole() != 0:
        raise starts[0].wrong("the first row begins at 0")
    for before, after in pairwise(starts):
        if after.whole() <= before.whole():
            raise after.wrong(f"it is more than {before.whole()}, where the row before begins")
    return [
        [
            each.rate() if key == "rate" else each.whole()
            for key, each in zip(keys, row, strict=True)
        ]
        for row in rows
    ]
