"""Terms, offers and what differs between two of them, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from flask_babel import LazyString, lazy_gettext

from ideals.deals.pages.words import KINDS, gettext, ngettext
from ideals.deals.rules.kinds import (
    Bonus,
    Development,
    FinancedBy,
    Hours,
    Into,
    Leave,
    MoneyTerm,
    Other,
    Paid,
    PaidAs,
    PaidFrom,
    Pattern,
    Place,
    Tasks,
    Term,
    Where,
)
from ideals.deals.rules.offers import Difference, OfferText
from ideals.deals.rules.terms import read
from ideals.deals.states import TermKind, Visibility
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.people.rules.weeks import WEEKDAYS
from ideals.web import formats

DAYS: Mapping[str, LazyString] = {
    "monday": lazy_gettext("Monday"),
    "tuesday": lazy_gettext("Tuesday"),
    "wednesday": lazy_gettext("Wednesday"),
    "thursday": lazy_gettext("Thursday"),
    "friday": lazy_gettext("Friday"),
    "saturday": lazy_gettext("Saturday"),
    "sunday": lazy_gettext("Sunday"),
}
CHOICES: Mapping[type[StrEnum], Mapping[StrEnum, LazyString]] = {
    PaidFrom: {
        PaidFrom.EMPLOYER: lazy_gettext("the employer"),
        PaidFrom.DEVELOPMENT: lazy_gettext("the development account"),
        PaidFrom.BUDGET: lazy_gettext("the budget"),
    },
    Where: {
        Where.HOME: lazy_gettext("at home"),
        Where.OFFICE: lazy_gettext("at the office"),
        Where.OTHER: lazy_gettext("somewhere else"),
    },
    FinancedBy: {
        FinancedBy.UNPAID: lazy_gettext("unpaid"),
        FinancedBy.BUDGET: lazy_gettext("from the budget"),
        FinancedBy.SAVINGS: lazy_gettext("from savings"),
    },
    PaidAs: {
        PaidAs.PAYROLL: lazy_gettext("with the salary"),
        PaidAs.GRANT: lazy_gettext("into the budget"),
    },
    Paid: {
        Paid.ONCE: lazy_gettext("once"),
        Paid.MONTHLY: lazy_gettext("every month"),
    },
    Into: {
        Into.BUDGET: lazy_gettext("the budget"),
        Into.DEVELOPMENT: lazy_gettext("the development account"),
    },
    Visibility: {
        Visibility.PARTIES: lazy_gettext("only the two of us"),
        Visibility.TEAM_ANONYMISED: lazy_gettext("the team, without my name"),
        Visibility.EVERYONE: lazy_gettext("everyone"),
    },
}
"""What can be chosen, in the order in which it is offered."""
VISIBILITIES: Mapping[Visibility, LazyString] = {
    Visibility.PARTIES: lazy_gettext("only both sides"),
    Visibility.TEAM_ANONYMISED: lazy_gettext("the team, without a name"),
    Visibility.EVERYONE: lazy_gettext("everyone"),
}
"""The same, whoever reads it."""
_CHOSEN: Mapping[str, type[StrEnum]] = {
    "paid_from": PaidFrom,
    "days": Where,
    "financed_by": FinancedBy,
    "paid_as": PaidAs,
    "paid": Paid,
    "into": Into,
}
FIELDS: Mapping[str, LazyString] = {
    "employee_gets": lazy_gettext("What the employee gets"),
    "employer_gets": lazy_gettext("What the employer gets"),
    "starts_on": lazy_gettext("From"),
    "ends_on": lazy_gettext("Until"),
    "evaluate_on": lazy_gettext("Looking back on"),
    "colleagues": lazy_gettext("For colleagues"),
    "departs_from": lazy_gettext("Instead of"),
    "reason": lazy_gettext("Reason"),
    "ends_early": lazy_gettext("Ending it early"),
    "visibility": lazy_gettext("Who may know"),
    "course": lazy_gettext("Course"),
    "cost": lazy_gettext("Cost"),
    "minutes": lazy_gettext("Hours"),
    "paid_from": lazy_gettext("Paid by"),
    "gains": lazy_gettext("Gained"),
    "gives_up": lazy_gettext("Given up"),
    "days": lazy_gettext("Days"),
    "where": lazy_gettext("Where"),
    "financed_by": lazy_gettext("Financed"),
    "target": lazy_gettext("Target"),
    "measure": lazy_gettext("Seen by"),
    "amount": lazy_gettext("Amount"),
    "due_month": lazy_gettext("Judged in"),
    "paid_as": lazy_gettext("Paid"),
    "paid": lazy_gettext("How often"),
    "from_month": lazy_gettext("From month"),
    "through_month": lazy_gettext("Through month"),
    "into": lazy_gettext("Into"),
    "personal_part": lazy_gettext("Personal part of the budget"),
    "objective_reason": lazy_gettext("Objective reason"),
    "text": lazy_gettext("What is agreed"),
    "note": lazy_gettext("Note"),
}


# Terms ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TermSaid:
    """`head`: it in one line. `week`: of each weekday, where that is what it is about."""

    kind: str
    head: str
    lines: tuple[tuple[str, str], ...] = ()
    week: tuple[tuple[str, str], ...] = ()
    note: str = ""


def said_term(term: Term) -> TermSaid:
    kind = str(KINDS[term.kind]).capitalize()
    lines = tuple((str(FIELDS[key]), value) for key, value in _lines(term) if value)
    note = "" if isinstance(term, Other) else term.note
    return TermSaid(kind, head_of(term), lines, _week(term), note)


def head_of(term: Term) -> str:
    match term:
        case Development():
            return term.course
        case Tasks():
            return term.gains.splitlines()[0] if term.gains else gettext("Fewer tasks")
        case Hours():
            return gettext("%(hours)s a week", hours=formats.hours(term.minutes))
        case Pattern():
            days = sum(1 for each in term.minutes if each)
            hours = formats.hours(term.week)
            return ngettext(
                "%(hours)s in %(num)s day", "%(hours)s in %(num)s days", days, hours=hours
            )
        case Place():
            home = sum(1 for each in term.days if each is Where.HOME)
            if home and not any(each is Where.OTHER for each in term.days):
                return ngettext("%(num)s day at home", "%(num)s days at home", home)
            return term.where or gettext("Where it is worked")
        case Leave():
            first, last = formats.day(term.starts_on), formats.day(term.ends_on)
            return gettext("%(first)s to %(last)s", first=first, last=last)
        case Bonus():
            return gettext("%(amount)s when it is reached", amount=formats.money(term.amount))
        case MoneyTerm(paid=Paid.ONCE):
            return gettext("%(amount)s once", amount=formats.money(term.amount))
        case MoneyTerm():
            return gettext("%(amount)s a month", amount=formats.money(term.amount))
    first_line, *rest = term.text.splitlines()
    return first_line if rest or len(first_line) < 80 else str(KINDS[TermKind.OTHER]).capitalize()


def _lines(term: Term) -> list[tuple[str, str]]:
    match term:
        case Development():
            cost = formats.money(term.cost) if term.cost else ""
            hours = formats.hours(term.minutes) if term.minutes else ""
            paid = _chosen(term.paid_from) if term.cost else ""
            return [("cost", cost), ("paid_from", paid), ("minutes", hours)]
        case Tasks():
            return [("gains", term.gains), ("gives_up", term.gives_up)]
        case Hours():
            return [("starts_on", formats.day(term.starts_on))]
        case Place():
            return [("where", term.where)]
        case Leave():
            hours = (
                gettext("%(hours)s a week", hours=formats.hours(term.minutes))
                if term.minutes
                else gettext("the whole week")
            )
            return [("minutes", hours), ("financed_by", _chosen(term.financed_by))]
        case Bonus():
            return [
                ("target", term.target),
                ("measure", term.measure),
                ("due_month", formats.month_name(term.due_month)),
                ("paid_as", _chosen(term.paid_as)),
                ("objective_reason", term.objective_reason),
            ]
        case MoneyTerm():
            return _money_lines(term)
        case Other():
            return [("text", term.text if head_of(term) != term.text else "")]
    return []


def _money_lines(term: MoneyTerm) -> list[tuple[str, str]]:
    through = formats.month_name(term.through_month) if term.through_month else ""
    personal = gettext("yes: it comes with the allocation") if term.personal_part else ""
    return [
        ("from_month", formats.month_name(term.from_month)),
        ("through_month", through),
        ("into", _chosen(term.into)),
        ("personal_part", personal),
        ("objective_reason", term.objective_reason),
    ]


def _week(term: Term) -> tuple[tuple[str, str], ...]:
    match term:
        case Pattern():
            each = [formats.hours(day) if day else "" for day in term.minutes]
            return tuple(
                (str(DAYS[name]), said or gettext("free"))
                for name, said, day in zip(WEEKDAYS, each, range(7), strict=True)
                if said or day < 5
            )
        case Place():
            return tuple(
                (str(DAYS[name]), _chosen(where))
                for name, where in zip(WEEKDAYS, term.days, strict=True)
                if where is not None
            )
    return ()


def _chosen(word: StrEnum) -> str:
    return str(CHOICES[type(word)][word])


# Offers ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfferSaid:
    """`lines`: what goes with it, below both columns."""

    terms: tuple[TermSaid, ...]
    employee_gets: str
    employer_gets: str
    lines: tuple[tuple[str, str], ...]


def said_offer(offer: OfferText) -> OfferSaid:
    until = formats.day(offer.ends_on) if offer.ends_on else gettext("until somebody ends it")
    lines = [
        ("starts_on", formats.day(offer.starts_on)),
        ("ends_on", until),
        ("evaluate_on", formats.day(offer.evaluate_on)),
        ("colleagues", offer.colleagues),
        ("departs_from", offer.departs_from),
        ("reason", offer.reason),
        ("ends_early", offer.ends_early),
        ("visibility", str(VISIBILITIES[offer.visibility])),
    ]
    said = tuple((str(FIELDS[key]), value) for key, value in lines if value)
    terms = tuple(said_term(term) for term in offer.terms)
    return OfferSaid(terms, offer.employee_gets, offer.employer_gets, said)


# Differences ----------------------------------------------------------------------------------


def said_difference(difference: Difference) -> tuple[str, str | None, str | None]:
    """(what, before, after), a side that is `None` was not there."""
    *above, last = difference.path.split(".")
    before, after = difference.before, difference.after
    if above[:1] != ["terms"]:
        return str(FIELDS[last]), _value(last, before), _value(last, after)
    if len(above) == 1:
        kind, place = _kind_of(last)
        return _placed(kind, place), _whole(before), _whole(after)
    kind, place = _kind_of(above[1])
    what = _placed(kind, place)
    if last in DAYS and above[-1] in ("minutes", "days"):
        free = gettext("free") if kind is TermKind.PATTERN else gettext("as it is")
        day = DAYS[last]
        was, is_ = (_value(above[-1], each) or free for each in (before, after))
        return f"{what}: {day}", was, is_
    return f"{what}: {FIELDS[last]}", _value(last, before), _value(last, after)


def _kind_of(part: str) -> tuple[TermKind, int]:
    """`money[1]`."""
    kind, _, place = part.partition("[")
    return TermKind(kind), int(place.rstrip("]"))


def _placed(kind: TermKind, place: int) -> str:
    name = str(KINDS[kind]).capitalize()
    return f"{name} ({place + 1})" if place else name


def _whole(plain: Any) -> str | None:
    if plain is None:
        return None
    terms = read([plain])
    return head_of(terms[0]) if isinstance(terms, tuple) else ""


def _value(key: str, value: Any) -> str | None:
    """As it is kept, written for people."""
    match key, value:
        case _, None:
            return None
        case "minutes", int():
            return formats.hours(value)
        case (("amount" | "cost"), str()):
            return formats.money(Money.parse(value))
        case _, bool():
            return gettext("yes") if value else gettext("no")
        case (("starts_on" | "ends_on" | "evaluate_on"), str()):
            return formats.day(date.fromisoformat(value))
        case (("from_month" | "through_month" | "due_month"), str()):
            return formats.month_name(Month.parse(value))
        case "visibility", str():
            return str(VISIBILITIES[Visibility(value)])
    return _chosen(_CHOSEN[key](value)) if key in _CHOSEN else str(value)
