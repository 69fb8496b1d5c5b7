"""What accounts, reasons, facts and values are called on these pages, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as translated

from ideals.budgets.rules.parts import deal_number
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.ledger.states import AccountKind, Reason
from ideals.schemes.rules.catalogue import fact_named
from ideals.schemes.rules.rounding import HourRounding
from ideals.web import formats
from ideals.web.language import language


def gettext(text: str, **values: object) -> str:
    """Flask-Babel's, with a type."""
    return str(translated(text, **values))


ACCOUNTS: dict[AccountKind, LazyString] = {
    AccountKind.BUDGET: lazy_gettext("Budget"),
    AccountKind.LEAVE: lazy_gettext("Leave"),
    AccountKind.SAVINGS: lazy_gettext("Savings"),
    AccountKind.DEVELOPMENT: lazy_gettext("Development"),
    AccountKind.OWED: lazy_gettext("Owed"),
}

REASONS: dict[Reason, tuple[LazyString, LazyString]] = {
    Reason.ALLOCATION: (
        lazy_gettext("Allocated"),
        lazy_gettext("A part of your budget, given for a month by your scheme."),
    ),
    Reason.OPENING: (
        lazy_gettext("Opening balance"),
        lazy_gettext("What you brought along when your organisation began with Ideals."),
    ),
    Reason.GRANT: (
        lazy_gettext("From a deal"),
        lazy_gettext("Money that you and your manager agreed on."),
    ),
    Reason.SET_OFF: (
        lazy_gettext("Set off against what you owed"),
        lazy_gettext("Your budget paid a part of what could not be taken back before."),
    ),
    Reason.ORDER: (
        lazy_gettext("Bought"),
        lazy_gettext("Something you chose for your budget."),
    ),
    Reason.INSTALMENT: (
        lazy_gettext("Charge of the month"),
        lazy_gettext("This month's part of something you bought for a longer time."),
    ),
    Reason.LEAVE_TAKEN: (lazy_gettext("Leave taken"), lazy_gettext("Hours you were on leave.")),
    Reason.LEFT_OVER: (
        lazy_gettext("Left over"),
        lazy_gettext("What you did not choose for went where your scheme says."),
    ),
    Reason.SETTLEMENT: (
        lazy_gettext("Settled on leaving"),
        lazy_gettext("What you got or paid when you left."),
    ),
    Reason.WAIVED: (
        lazy_gettext("Debt let go"),
        lazy_gettext("What you still owed and need not pay."),
    ),
    Reason.LAPSED: (
        lazy_gettext("Lapsed"),
        lazy_gettext("Leave that was not taken before the day on which it lapses."),
    ),
}

STARTED_AS = {
    "schedule": lazy_gettext("by itself, on the day your scheme says"),
    "command": lazy_gettext("by a command of the administrator"),
    "api": lazy_gettext("by a program of HR"),
    "page": lazy_gettext("by HR"),
}

ROUNDINGS = {
    HourRounding.UP: lazy_gettext("rounded up"),
    HourRounding.DOWN: lazy_gettext("rounded down"),
    HourRounding.HALF_UP: lazy_gettext("rounded, half up"),
    HourRounding.ONE_DECIMAL: lazy_gettext("rounded to one decimal"),
    HourRounding.IN_FAVOUR: lazy_gettext("rounded in your favour"),
}


@dataclass(frozen=True, slots=True)
class FactWords:
    """`name` as people say it; `meaning` in a sentence, empty when the name says it all."""

    name: str
    meaning: str


# Facts by the names formulas use. The catalogue gives each a unit and a meaning for who writes
# schemes; these are for who reads about their own pay.
_FACTS: dict[str, tuple[LazyString, LazyString]] = {
    "salary": (
        lazy_gettext("salary of the month"),
        lazy_gettext(
            "Full-time salary × part-time factor, over the days you were employed and paid."
        ),
    ),
    "full_time_salary": (
        lazy_gettext("full-time salary"),
        lazy_gettext("The monthly salary of your scale for somebody who works full time."),
    ),
    "part_time_factor": (
        lazy_gettext("part-time factor"),
        lazy_gettext("How much you work: 1 is full time, 0.5 is half the hours."),
    ),
    "weekly_hours": (
        lazy_gettext("hours a week"),
        lazy_gettext("The hours in your contract."),
    ),
    "agreed_hours": (
        lazy_gettext("hours a week by agreement"),
        lazy_gettext("What you agreed on counts before the hours in your contract."),
    ),
    "agreed_unpaid": (
        lazy_gettext("unpaid leave by agreement, until"),
        lazy_gettext("The last day without pay that you agreed on."),
    ),
    "full_time_hours": (
        lazy_gettext("hours of a full-time week"),
        lazy_gettext("As your scheme says."),
    ),
    "allowances": (
        lazy_gettext("allowances together"),
        lazy_gettext("Your fixed allowances of a whole month, added up."),
    ),
    "age": (lazy_gettext("age"), lazy_gettext("In full years, on the last day of the month.")),
    "years_of_service": (
        lazy_gettext("years of service"),
        lazy_gettext("Full years since you were hired."),
    ),
    "scale": (lazy_gettext("salary scale"), lazy_gettext("As on the last day paid.")),
    "unit": (lazy_gettext("unit"), lazy_gettext("Where you work, as on the last day paid.")),
    "share_employed": (
        lazy_gettext("share of the month employed"),
        lazy_gettext("1 when you were employed the whole month, 0.5 for half of it."),
    ),
    "share_paid": (
        lazy_gettext("share of the month paid"),
        lazy_gettext("1 when you were employed and paid the whole month, 0.5 for half of it."),
    ),
    "sick": (lazy_gettext("sick"), lazy_gettext("On any day of the month.")),
    "sick_months": (
        lazy_gettext("months of sickness"),
        lazy_gettext("Full months without a break, at the end of the month."),
    ),
    "calendar_month": (lazy_gettext("month of the year"), lazy_gettext("From 1 to 12.")),
    "calendar_year": (lazy_gettext("year"), lazy_gettext("Of the month.")),
    "scheme": (lazy_gettext("scheme"), lazy_gettext("The rules your budget follows.")),
    "hired_on": (lazy_gettext("first day of work"), lazy_gettext("The day you were hired.")),
    "leaves_on": (lazy_gettext("last day of work"), lazy_gettext("The day you leave.")),
    "birth_date": (lazy_gettext("date of birth"), lazy_gettext("For your age.")),
    "sick_from": (lazy_gettext("sick since"), lazy_gettext("The first day of sickness.")),
    "unpaid_from": (lazy_gettext("unpaid leave from"), lazy_gettext("The first day without pay.")),
    "unpaid_until": (lazy_gettext("unpaid leave until"), lazy_gettext("The last day without pay.")),
}
_MONTHS = {
    name: number
    for number, name in enumerate(
        (
            "january", "february", "march", "april", "may", "june", "july", "august",
            "september", "october", "november", "december",
        ),
        start=1,
    )
}  # fmt: skip
_ON = re.compile(r"(?P<fact>.+)\.on_(?P<month>[a-z]+)")


def fact_words(name: str, own: dict[str, str] | None = None) -> FactWords:
    """`own`: names of parts worked out before, which a formula may use as facts."""
    if own and name in own:
        return FactWords(own[name], gettext("Another part of this budget."))
    if name in _FACTS:
        said, meaning = _FACTS[name]
        return FactWords(str(said), str(meaning))
    if match := _ON.fullmatch(name):
        month = format_date(date(2026, _MONTHS[match["month"]], 1), "LLLL", locale=language())
        meaning = gettext("As it was on the 1st of the latest %(month)s.", month=month)
        said_then = fact_words(match["fact"]).name
        return FactWords(gettext("%(fact)s on 1 %(month)s", fact=said_then, month=month), meaning)
    match name.split("."):
        case ["allowance", code]:
            return FactWords(
                gettext("allowance “%(code)s”", code=_readable(code)),
                gettext("For a whole month."),
            )
        case ["pay", code]:
            return FactWords(
                gettext("paid as “%(code)s”", code=_readable(code)),
                gettext("What payroll paid under this name in the month."),
            )
        case ["pay", code, "average_12"]:
            return FactWords(
                gettext("paid as “%(code)s”, on average", code=_readable(code)),
                gettext("A month, over the twelve months before."),
            )
    return FactWords(_readable(name), "")


def _readable(code: str) -> str:
    return code.replace("_", " ")


def fact_value(name: str, value: Decimal | str | bool) -> str:
    """Euros as money when they are whole cents; figures with at most six decimals; yes and no."""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if not isinstance(value, Decimal):
        return value
    fact = fact_named(name)
    if fact is not None and fact.unit.startswith("euro") and value == round(value, 2):
        return formats.money(Money.of(value))
    return formats.number(value, 0, most=6)


def plain_value(value: Money | Decimal | date | str | None) -> str:
    """A fact as it stands in the books, for reading."""
    match value:
        case None:
            return gettext("none")
        case Money():
            return formats.money(value)
        case Decimal():
            return formats.number(value, 0, most=6)
        case date():
            return formats.day(value)
    return value


def values_in_words(values: Sequence[tuple[date, Money | Decimal | date | str | None]]) -> str:
    """`€3,000.00, from 16 March 2026 €3,100.00`."""
    first, *later = values
    words = [plain_value(first[1])]
    words += [
        gettext("from %(day)s %(value)s", day=formats.day(day), value=plain_value(value))
        for day, value in later
    ]
    return ", ".join(words)


def code_words(code: str) -> str:
    """A part of a budget that no scheme names: of a deal, or of a component that is gone."""
    number = deal_number(code)
    return code if number is None else gettext("From deal %(number)s", number=number)


def quantity(unit: Unit, minor: int) -> str:
    return formats.money(Money(minor)) if unit is Unit.EUR else formats.hours(Minutes(minor))


def weekday(day: date) -> str:
    """`Sun 15 March`: for a day within the year around."""
    return str(format_date(day, "EEE d MMMM", locale=language()))


def month_alone(month: Month) -> str:
    """`March`, where the year is plain."""
    return str(format_date(month.first, "LLLL", locale=language()))


def month_short(month: Month) -> str:
    """`Mar`, for a chart."""
    return str(format_date(month.first, "LLL", locale=language())).rstrip(".")
