"""The list of facts a formula may use: name, unit, meaning, and where it may be used.

The page of facts in docs/schemes.md and the API show this list; nothing else is known to formulas.
`CODE` stands for the code of an allowance or pay element, `MONTH` for january to december.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Flag, auto

from ideals.kernel.formula import Kind
from ideals.kernel.said import say as _
from ideals.schemes.rules.facts import MONTH_NAMES


class Use(Flag):
    """The places of a scheme where formulas stand."""

    COMPONENTS = auto()
    HOURS = auto()
    PRODUCTS = auto()


EVERYWHERE = Use.COMPONENTS | Use.HOURS | Use.PRODUCTS
_MONEY = Use.COMPONENTS | Use.PRODUCTS


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    kind: Kind
    unit: str
    meaning: str
    use: Use
    justify: bool = False
    """Outside components it needs a recorded justification."""

    def may_be_used_in(self, place: Use) -> bool:
        return place in self.use


_N = Kind.NUMBER

CATALOGUE: tuple[Fact, ...] = (
    Fact(
        "salary",
        _N,
        _("euro a month"),
        _(
            "Pay of the month: over the days employed and paid, full-time salary x part-time "
            "factor / days of the month, rounded to the cent. During sickness as the scheme's "
            "`sickness` says. In granted hours and products: full-time salary x part-time factor."
        ),
        EVERYWHERE,
    ),
    Fact(
        "full_time_salary",
        _N,
        _("euro a month"),
        _(
            "The scale salary for full-time work. When it changes in the month: the average "
            "over the days paid."
        ),
        EVERYWHERE,
    ),
    Fact(
        "part_time_factor",
        _N,
        _("factor"),
        _(
            "1 for full-time work. When it changes in the month: the average over the days "
            "paid, so that a full-timer who joins in the month still has 1."
        ),
        EVERYWHERE,
    ),
    Fact(
        "weekly_hours",
        _N,
        _("hours a week"),
        _("Contract hours; the average over the days paid. Who has none on file is skipped."),
        EVERYWHERE,
    ),
    Fact(
        "full_time_hours",
        _N,
        _("hours a week"),
        _("The scheme's own `full_time_hours`."),
        EVERYWHERE,
    ),
    Fact(
        "allowance.CODE",
        _N,
        _("euro a month"),
        _(
            "The allowance of that code for a whole month, 0 when there is none; the average "
            "over the days paid. Not reduced for a part of a month: multiply by share_paid for "
            "that."
        ),
        EVERYWHERE,
    ),
    Fact(
        "allowances",
        _N,
        _("euro a month"),
        _("All allowances together, in the same way."),
        EVERYWHERE,
    ),
    Fact(
        "pay.CODE",
        _N,
        _("euro"),
        _("The pay element of that code in this month, 0 when there is none."),
        _MONEY,
    ),
    Fact(
        "pay.CODE.average_12",
        _N,
        _("euro a month"),
        _("The same in the twelve months before this one, together, / 12."),
        _MONEY,
    ),
    Fact(
        "pay.CODE.on_MONTH",
        _N,
        _("euro"),
        _("The pay element in the latest January (February, ...) that is not after this month."),
        _MONEY,
    ),
    Fact(
        "salary.on_MONTH",
        _N,
        _("euro a month"),
        _(
            "Full-time salary x part-time factor as on the 1st of the latest January (...); for "
            "who came later, as on the first day employed after it."
        ),
        _MONEY,
    ),
    Fact("full_time_salary.on_MONTH", _N, _("euro a month"), _("On the same day."), _MONEY),
    Fact("part_time_factor.on_MONTH", _N, _("factor"), _("On the same day."), _MONEY),
    Fact("weekly_hours.on_MONTH", _N, _("hours a week"), _("On the same day."), _MONEY),
    Fact("allowance.CODE.on_MONTH", _N, _("euro a month"), _("On the same day."), _MONEY),
    Fact("allowances.on_MONTH", _N, _("euro a month"), _("On the same day."), _MONEY),
    Fact(
        "age",
        _N,
        _("full years"),
        _(
            "Reached on the last day of the month; in granted hours, of the period granted; in "
            "products, on the day of the facts. Outside components it needs a `justification`. "
            "Who has no birth date on file is skipped."
        ),
        EVERYWHERE,
        justify=True,
    ),
    Fact(
        "years_of_service",
        _N,
        _("full years"),
        _("Since hired, reached on the same day."),
        EVERYWHERE,
    ),
    Fact(
        "scale",
        Kind.TEXT,
        _("text"),
        _("The salary scale as on the last day paid. Who has none on file is skipped."),
        EVERYWHERE,
    ),
    Fact(
        "unit",
        Kind.TEXT,
        _("text"),
        _("The path of the unit as on the last day paid, 'Bank/Retail/Zwolle'."),
        EVERYWHERE,
    ),
    Fact(
        "share_employed",
        _N,
        _("share"),
        _("The part of the month employed, 0 to 1, counted as `part_month` says."),
        _MONEY,
    ),
    Fact(
        "share_paid", _N, _("share"), _("The part of the month employed and paid, 0 to 1."), _MONEY
    ),
    Fact(
        "sick",
        Kind.YES_NO,
        _("yes or no"),
        _("Sick on any employed day of the month. In components only."),
        Use.COMPONENTS,
    ),
    Fact(
        "sick_months",
        _N,
        _("full months"),
        _(
            "Full months sick without a break at the end of the month, 0 when healthy then. In "
            "components only."
        ),
        Use.COMPONENTS,
    ),
    Fact("calendar_month", _N, _("1 to 12"), _("The month of the year."), _MONEY),
    Fact("calendar_year", _N, _("year"), _("The year."), EVERYWHERE),
)

CODE = r"[A-Za-z0-9_]+"
_PLACES = {"CODE": CODE, "MONTH": f"(?:{'|'.join(MONTH_NAMES)})"}


def _pattern(name: str) -> re.Pattern[str]:
    parts = re.split(r"(CODE|MONTH)", name)
    return re.compile("".join(_PLACES.get(part, re.escape(part)) for part in parts))


_FIXED = {
    fact.name: fact for fact in CATALOGUE if _pattern(fact.name).pattern == re.escape(fact.name)
}
_OPEN = tuple((_pattern(fact.name), fact) for fact in CATALOGUE if fact.name not in _FIXED)


def fact_named(name: str) -> Fact | None:
    """The entry that covers a name, such as `allowance.CODE` for `allowance.personal`."""
    fact = _FIXED.get(name)
    if fact is not None:
        return fact
    return next((fact for pattern, fact in _OPEN if pattern.fullmatch(name)), None)


def names_for(use: Use) -> Iterator[str]:
    """The names to propose at one place; open ones as `allowance.CODE`."""
    return (fact.name for fact in CATALOGUE if use in fact.use)


class KnownNames:
    """What formulas of one scheme may name: the catalogue, its facts, and components."""

    def __init__(self, own: Mapping[str, Kind], use: Use) -> None:
        self.own = own
        self.use = use

    def kind(self, name: str) -> Kind | None:
        if name in self.own:
            return self.own[name]
        fact = fact_named(name)
        return None if fact is None else fact.kind

    def known(self) -> Iterable[str]:
        return [*self.own, *names_for(self.use)]
