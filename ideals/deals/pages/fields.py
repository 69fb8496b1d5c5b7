"""An offer as the fields of a form, and the fields as a plain offer again.

Terms are numbered: `terms-0-amount` is the name of a field and its id on the page. What cannot be
read stays as it was typed, in the offer as in a draft: the check finds it, and the form shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from flask_babel import LazyString, lazy_gettext

from ideals.deals.pages.terms import CHOICES, DAYS, FIELDS
from ideals.deals.pages.words import KINDS
from ideals.deals.rules.kinds import FinancedBy, Into, Paid, PaidAs, PaidFrom, Where
from ideals.deals.rules.terms import MOST_TERMS
from ideals.deals.rules.values import Fault
from ideals.deals.states import TermKind
from ideals.people.rules.weeks import WEEKDAYS
from ideals.web.language import language


class Type(StrEnum):
    LINE = "line"
    TEXT = "text"
    EUROS = "euros"
    HOURS = "hours"
    DAY = "day"
    MONTH = "month"
    CHOICE = "choice"
    YES = "yes"
    WEEK = "week"
    """Hours by weekday."""
    PLACES = "places"
    """A place by weekday."""


Words = type[StrEnum]


@dataclass(frozen=True, slots=True)
class FormField:
    name: str
    type: Type
    label: LazyString
    help: LazyString | str = ""
    needed: bool = False
    options: Words | None = None


def _of(
    name: str,
    type_: Type,
    label: LazyString | None = None,
    help_: LazyString | str = "",
    *,
    needed: bool = False,
    options: type[StrEnum] | None = None,
) -> FormField:
    return FormField(name, type_, label or FIELDS[name], help_, needed, options)


NOTE = _of("note", Type.TEXT, lazy_gettext("What else there is to say about it"))
REASON = _of(
    "objective_reason",
    Type.TEXT,
    lazy_gettext("Why this money is right"),
    lazy_gettext(
        "Such as a task that others do not have. A colleague who asks must understand it."
    ),
)
EUROS = lazy_gettext("Euros, such as 250,00")
TERM_FIELDS: Mapping[TermKind, Sequence[FormField]] = {
    TermKind.PATTERN: (
        _of("minutes", Type.WEEK, lazy_gettext("Hours by weekday"), needed=True),
        NOTE,
    ),
    TermKind.PLACE: (
        _of("days", Type.PLACES, lazy_gettext("Where, by weekday"), needed=True),
        _of("where", Type.LINE, lazy_gettext("Where “somewhere else” is")),
        NOTE,
    ),
    TermKind.HOURS: (
        _of("minutes", Type.HOURS, lazy_gettext("Contract hours a week"), needed=True),
        _of(
            "starts_on",
            Type.DAY,
            help_=lazy_gettext("Left open: from the first day of the deal"),
        ),
        NOTE,
    ),
    TermKind.LEAVE: (
        _of("starts_on", Type.DAY, lazy_gettext("First day of leave"), needed=True),
        _of("ends_on", Type.DAY, lazy_gettext("Last day of leave"), needed=True),
        _of("financed_by", Type.CHOICE, options=FinancedBy),
        _of(
            "minutes",
            Type.HOURS,
            lazy_gettext("Hours of leave a week"),
            lazy_gettext("Left open: the whole week"),
        ),
        NOTE,
    ),
    TermKind.DEVELOPMENT: (
        _of("course", Type.LINE, lazy_gettext("What is learnt"), needed=True),
        _of("cost", Type.EUROS, lazy_gettext("What it costs"), EUROS),
        _of("paid_from", Type.CHOICE, options=PaidFrom),
        _of("minutes", Type.HOURS, lazy_gettext("Working time for it, in hours")),
        NOTE,
    ),
    TermKind.TASKS: (
        _of("gains", Type.TEXT, lazy_gettext("Tasks that come")),
        _of("gives_up", Type.TEXT, lazy_gettext("Tasks that go")),
        NOTE,
    ),
    TermKind.BONUS: (
        _of("target", Type.TEXT, lazy_gettext("What is to be reached"), needed=True),
        _of("measure", Type.TEXT, lazy_gettext("By what both see that it is"), needed=True),
        _of("amount", Type.EUROS, lazy_gettext("Bonus"), EUROS, needed=True),
        _of("due_month", Type.MONTH, lazy_gettext("Month in which it is judged"), needed=True),
        _of("paid_as", Type.CHOICE, options=PaidAs),
        REASON,
        NOTE,
    ),
    TermKind.MONEY: (
        _of("amount", Type.EUROS, None, EUROS, needed=True),
        _of("paid", Type.CHOICE, options=Paid),
        _of(
            "from_month",
            Type.MONTH,
            help_=lazy_gettext("Left open: the month in which the deal begins"),
        ),
        _of(
            "through_month",
            Type.MONTH,
            help_=lazy_gettext("Of monthly money. Left open: as long as the deal"),
        ),
        _of("into", Type.CHOICE, options=Into),
        _of("personal_part", Type.YES, lazy_gettext("It is a monthly part of the budget")),
        REASON,
        NOTE,
    ),
    TermKind.OTHER: (_of("text", Type.TEXT, needed=True),),
}
"""The kinds in the order in which they are offered, each with its fields."""
OFFER_TEXTS = ("employee_gets", "employer_gets", "colleagues", "departs_from", "reason")
OFFER_KEYS = (*OFFER_TEXTS, "ends_early", "starts_on", "evaluate_on", "ends_on", "visibility")
DAY_MINUTES = 480
STARTS: Mapping[TermKind, Mapping[str, Any]] = {
    TermKind.PATTERN: {"minutes": dict.fromkeys(WEEKDAYS[:5], DAY_MINUTES)},
}
"""What a new term begins with."""


def new_term(kind: TermKind) -> dict[str, Any]:
    return {"kind": kind.value, **STARTS.get(kind, {})}


# From the form --------------------------------------------------------------------------------


def sent_offer(form: Mapping[str, str]) -> dict[str, Any]:
    """What was typed as a plain offer; what is empty is left out."""
    made: dict[str, Any] = {"terms": [_term(form, at) for at in _numbered(form)]}
    for key in OFFER_KEYS:
        if text := form.get(key, "").strip():
            made[key] = text
    return made


def _numbered(form: Mapping[str, str]) -> Iterator[str]:
    for number in range(MOST_TERMS + 1):
        if f"terms-{number}-kind" not in form:
            return
        yield f"terms-{number}"


def _term(form: Mapping[str, str], at: str) -> dict[str, Any]:
    kind = form[f"{at}-kind"]
    made: dict[str, Any] = {"kind": kind}
    if kind not in set(TermKind):
        return made
    for each in TERM_FIELDS[TermKind(kind)]:
        value = _sent(form, f"{at}-{each.name}", each)
        if value not in ("", {}, False):
            made[each.name] = value
    return made


def _sent(form: Mapping[str, str], at: str, field: FormField) -> Any:
    text = form.get(at, "").strip()
    match field.type:
        case Type.EUROS:
            return euros_of(text)
        case Type.HOURS:
            return minutes_of(text)
        case Type.YES:
            return text == "yes"
        case Type.WEEK:
            week = {day: minutes_of(form.get(f"{at}-{day}", "").strip()) for day in WEEKDAYS}
            return {day: minutes for day, minutes in week.items() if minutes not in ("", 0)}
        case Type.PLACES:
            places = {day: form.get(f"{at}-{day}", "") for day in WEEKDAYS}
            return {day: place for day, place in places.items() if place}
    return text


_EUROS = re.compile(r"€?\s*(\d{1,9})(?:[.,](\d{1,2}))?")
_THOUSANDS = re.compile(r"€?\s*(\d{1,3}(?:([.,])\d{3})+)(?:(?!\2)[.,](\d{1,2}))?")
_HOURS = re.compile(r"(\d{1,4})(?:[.,](\d{1,4}))?")
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)")


def euros_of(text: str) -> str:
    """`1.250,5` is `1250.50`; what is no amount stays."""
    if found := _EUROS.fullmatch(text):
        return f"{int(found[1])}.{found[2] or '':0<2}"
    if found := _THOUSANDS.fullmatch(text):
        return f"{int(re.sub('[.,]', '', found[1]))}.{found[3] or '':0<2}"
    return text


def minutes_of(text: str) -> int | str:
    """`7,5`, `7.5` and `7:30` are 450; what is no time in whole minutes stays."""
    if found := _CLOCK.fullmatch(text):
        return int(found[1]) * 60 + int(found[2])
    if found := _HOURS.fullmatch(text):
        minutes = Decimal(f"{found[1]}.{found[2] or 0}") * 60
        if minutes == int(minutes):
            return int(minutes)
    return text


# To the form ----------------------------------------------------------------------------------


def shown_value(field: FormField, value: Any) -> str:
    """As it is written in the field: what could not be read as it was typed."""
    if value is None:
        return ""
    if field.type is Type.HOURS or field.type is Type.WEEK:
        return hours_text(value)
    if field.type is Type.EUROS and language() == "nl":
        return str(value).replace(".", ",")
    return str(value)


def hours_text(value: Any) -> str:
    """450 is `7,5`; what has no short form is `7:20`."""
    if isinstance(value, bool) or not isinstance(value, int):
        return "" if value is None else str(value)
    if value % 15:
        return f"{value // 60}:{value % 60:02}"
    text = f"{Decimal(value) / 60:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if language() == "nl" else text


@dataclass(frozen=True, slots=True)
class FieldShown:
    """`week`: (weekday, its name, value) of each day, where it is a week."""

    id: str
    type: Type
    label: str
    help: str
    needed: bool
    value: str
    options: tuple[tuple[str, str], ...] = ()
    week: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TermShown:
    id: str
    number: int
    kind: str
    name: str
    fields: tuple[FieldShown, ...]


def shown_terms(plain: Mapping[str, Any]) -> list[TermShown]:
    return [_shown(number, term) for number, term in enumerate(terms_in(plain))]


def terms_in(plain: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that the form has fields for: a draft may hold anything."""
    listed = plain.get("terms")
    kinds = set(TermKind)
    terms = listed if isinstance(listed, list) else []
    return [each for each in terms if isinstance(each, dict) and each.get("kind") in kinds]


def _shown(number: int, term: Mapping[str, Any]) -> TermShown:
    kind, at = TermKind(term["kind"]), f"terms-{number}"
    fields = tuple(_field(f"{at}-{each.name}", each, term) for each in TERM_FIELDS[kind])
    return TermShown(at, number, kind.value, str(KINDS[kind]).capitalize(), fields)


def _field(id_: str, field: FormField, term: Mapping[str, Any]) -> FieldShown:
    value = term.get(field.name)
    week: tuple[tuple[str, str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    if field.type in (Type.WEEK, Type.PLACES):
        days = value if isinstance(value, dict) else {}
        week = tuple((day, str(DAYS[day]), shown_value(field, days.get(day))) for day in WEEKDAYS)
        value = None
    if field.type is Type.PLACES:
        options = (("", str(AS_IT_IS)), *_options(Where))
    if field.options is not None:
        options = _options(field.options)
    return FieldShown(
        id_,
        field.type,
        str(field.label),
        str(field.help),
        field.needed,
        shown_value(field, value),
        options,
        week,
    )


AS_IT_IS = lazy_gettext("as it is")


def _options(words: type[StrEnum]) -> tuple[tuple[str, str], ...]:
    return tuple((each.value, str(said)) for each, said in CHOICES[words].items())


# Faults at their fields -----------------------------------------------------------------------


def field_at(path: str) -> str:
    """`terms[0].minutes.monday`: `terms-0-minutes-monday`."""
    return path.replace("[", "-").replace("]", "").replace(".", "-")


def errors_of(faults: Sequence[Fault], say: Any) -> dict[str, str]:
    """By the id of a field; `say`: in the reader's language."""
    errors: dict[str, str] = {}
    for fault in faults:
        found, expected = say(fault.found), say(fault.expected)
        nothing = fault.found in ("nothing", "None")
        right = expected[:1].upper() + expected[1:]
        text = f"{right}." if nothing else f"{found}: {expected}."
        errors.setdefault(field_at(fault.path), text)
    return errors
