"""Terms from plain data and back: every fault at once, or the terms.

On the wire and in storage a term is its `kind` and its fields by their names: euros as texts, days
and months as they are always written, a week as minutes or a place by weekday.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from enum import StrEnum
from typing import Any

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
    keys_of,
)
from ideals.deals.rules.texts import LONGEST_LINE
from ideals.deals.rules.values import Fault, Reader
from ideals.deals.states import TermKind
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.said import say as _
from ideals.people.rules.weeks import WEEKDAYS

MOST_TERMS = 20
MOST_OF_DAY = 24 * 60
MOST_OF_WEEK = 60 * 60
"""Minutes; more is no pattern that anybody may work."""
MOST_STUDY = 5_000 * 60
ONCE_IN_AN_OFFER = (TermKind.HOURS, TermKind.PATTERN, TermKind.PLACE)

# Reading --------------------------------------------------------------------------------------


def read(plain: object, starts_on: date | None = None) -> tuple[Term, ...] | list[Fault]:
    """The terms of plain data, a list of mappings; or every fault.

    `starts_on`: from when a term counts that does not say so itself.
    """
    reader = Reader("", {"terms": plain})
    terms = read_from(reader, starts_on)
    return reader.faults or terms


def read_from(reader: Reader, starts_on: date | None) -> tuple[Term, ...]:
    """The key `terms` of an offer; faults are the reader's."""
    empty = _("an offer holds one term or more, as a list")
    each = [(inner, _term(inner, starts_on)) for inner in reader.listed("terms", MOST_TERMS, empty)]
    terms = [(inner, term) for inner, term in each if term is not None]
    _check_once(terms)
    _check_week(terms)
    return tuple(term for _, term in terms)


def _term(reader: Reader, starts_on: date | None) -> Term | None:
    words = [each.value for each in TermKind]
    if reader.plain.get("kind") not in words:
        reader.wrong("kind", _("one of: %(words)s", words=", ".join(words)))
        return None
    kind = TermKind(reader.plain["kind"])
    reader.known(keys_of(kind))
    return _READING[kind](reader, starts_on)


def _development(reader: Reader, _starts_on: date | None) -> Development:
    return Development(
        course=_line(reader, "course", _("say what is learnt")),
        cost=reader.money("cost"),
        minutes=reader.whole("minutes", 0, MOST_STUDY, 0),
        paid_from=reader.member("paid_from", PaidFrom, PaidFrom.EMPLOYER),
        note=reader.text("note"),
    )


def _tasks(reader: Reader, _starts_on: date | None) -> Tasks:
    gains, gives_up = reader.text("gains"), reader.text("gives_up")
    if not gains and not gives_up:
        reader.wrong("gains", _("say what is gained, given up, or both"))
    return Tasks(gains, gives_up, reader.text("note"))


def _hours(reader: Reader, starts_on: date | None) -> Hours:
    return Hours(
        minutes=reader.whole("minutes", 1, MOST_OF_WEEK),
        starts_on=reader.day("starts_on", starts_on),
        note=reader.text("note"),
    )


def _pattern(reader: Reader, _starts_on: date | None) -> Pattern:
    before = len(reader.faults)
    week = reader.inner("minutes")
    week.known(WEEKDAYS)
    minutes = tuple(week.whole(day, 0, MOST_OF_DAY, 0) for day in WEEKDAYS)
    if len(reader.faults) == before and not 0 < sum(minutes) <= MOST_OF_WEEK:
        reader.fault(
            "minutes",
            _("%(count)s minutes in the week", count=f"{sum(minutes):,}"),
            _("minutes by weekday are needed, at most %(most)s a week", most=f"{MOST_OF_WEEK:,}"),
        )
    return Pattern(minutes, reader.text("note"))


def _place(reader: Reader, _starts_on: date | None) -> Place:
    before = len(reader.faults)
    week = reader.inner("days")
    week.known(WEEKDAYS)
    days = tuple(
        None if week.plain.get(day) is None else week.member(day, Where, Where.OTHER)
        for day in WEEKDAYS
    )
    if len(reader.faults) == before and not any(days):
        reader.wrong("days", _("say of one weekday or more where it is worked"))
    needed = _("say where that is") if Where.OTHER in days else ""
    return Place(days, _line(reader, "where", needed), reader.text("note"))


def _leave(reader: Reader, starts_on: date | None) -> Leave:
    before = len(reader.faults)
    begins, ends = reader.day("starts_on", starts_on), reader.day("ends_on")
    if len(reader.faults) == before and ends < begins:
        reader.wrong("ends_on", _("the last day comes after the first"))
    if reader.plain.get("financed_by") is None:
        words = ", ".join(FinancedBy)
        reader.wrong("financed_by", _("one of: %(words)s", words=words))
    partly = reader.plain.get("minutes") is not None
    return Leave(
        starts_on=begins,
        ends_on=ends,
        financed_by=reader.member("financed_by", FinancedBy, FinancedBy.UNPAID),
        minutes=reader.whole("minutes", 1, MOST_OF_WEEK) if partly else None,
        note=reader.text("note"),
    )


def _bonus(reader: Reader, _starts_on: date | None) -> Bonus:
    return Bonus(
        target=reader.text("target", needed=_("say what is to be reached")),
        measure=reader.text("measure", needed=_("say by what it is seen that it is reached")),
        amount=reader.money("amount", needed=True),
        due_month=reader.month("due_month"),
        paid_as=reader.member("paid_as", PaidAs, PaidAs.PAYROLL),
        objective_reason=reader.text("objective_reason"),
        note=reader.text("note"),
    )


def _money(reader: Reader, starts_on: date | None) -> MoneyTerm:
    before = len(reader.faults)
    paid = reader.member("paid", Paid, Paid.ONCE)
    begins = reader.month("from_month", Month.of(starts_on) if starts_on else None)
    through = reader.month_or_none("through_month")
    personal_part = reader.yes_no("personal_part")
    into = reader.member("into", Into, Into.BUDGET)
    if len(reader.faults) > before:
        pass  # one thing wrong is one fault
    elif paid is Paid.ONCE and through is not None:
        reader.wrong("through_month", _("leave it out, or say that it is paid monthly"))
    elif through is not None and through < begins:
        reader.wrong("through_month", _("the last month comes after the first"))
    if (
        len(reader.faults) == before
        and personal_part
        and (paid is Paid.ONCE or into is not Into.BUDGET)
    ):
        reader.wrong("personal_part", _("a personal part is monthly, and part of the budget"))
    return MoneyTerm(
        amount=reader.money("amount", needed=True),
        paid=paid,
        from_month=begins,
        through_month=through,
        into=into,
        personal_part=personal_part,
        objective_reason=reader.text("objective_reason"),
        note=reader.text("note"),
    )


def _other(reader: Reader, _starts_on: date | None) -> Other:
    return Other(reader.text("text", needed=_("say what is agreed")))


_READING: Mapping[TermKind, Callable[[Reader, date | None], Term]] = {
    TermKind.DEVELOPMENT: _development,
    TermKind.TASKS: _tasks,
    TermKind.HOURS: _hours,
    TermKind.PATTERN: _pattern,
    TermKind.PLACE: _place,
    TermKind.LEAVE: _leave,
    TermKind.BONUS: _bonus,
    TermKind.MONEY: _money,
    TermKind.OTHER: _other,
}


def _line(reader: Reader, key: str, needed: str) -> str:
    return reader.text(key, LONGEST_LINE, lines=False, needed=needed)


def _check_once(terms: Sequence[tuple[Reader, Term]]) -> None:
    seen: set[TermKind] = set()
    for reader, term in terms:
        if term.kind in seen and term.kind in ONCE_IN_AN_OFFER:
            reader.fault(
                "kind", _("%(kind)s again", kind=term.kind.value), _("give it once in an offer")
            )
        seen.add(term.kind)


def _check_week(terms: Sequence[tuple[Reader, Term]]) -> None:
    """A pattern and contract hours in one offer speak of the same week."""
    hours = next((term for _, term in terms if isinstance(term, Hours)), None)
    for reader, term in terms:
        if hours is not None and isinstance(term, Pattern) and term.week != hours.minutes:
            reader.fault(
                "minutes",
                _("%(count)s minutes in the week", count=f"{term.week:,}"),
                _("%(count)s, as the contract hours of this offer", count=f"{hours.minutes:,}"),
            )


# Writing --------------------------------------------------------------------------------------


def plain_of(term: Term) -> dict[str, Any]:
    """As `read` takes it. What is empty is left out."""
    plain: dict[str, Any] = {"kind": term.kind.value}
    for each in fields(term):
        value = _plain(getattr(term, each.name))
        if value is None or value is False or value == "":
            continue
        plain[each.name] = value
    return plain


def _plain(value: object) -> Any:
    match value:
        case StrEnum():
            return value.value
        case Money() | Month():
            return str(value)
        case date():
            return value.isoformat()
        case tuple():
            week = zip(WEEKDAYS, map(_plain, value), strict=True)
            return {day: each for day, each in week if each}
    return value


def days_of(term: Term) -> Iterator[tuple[str, date | Month]]:
    """The days and months that a term names, with the field."""
    for each in fields(term):
        value = getattr(term, each.name)
        if isinstance(value, date | Month):
            yield each.name, value
