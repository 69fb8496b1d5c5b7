"""What columns, facts, states and stages are called on these pages, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import LazyString, gettext, lazy_gettext

from ideals.kernel.money import Money
from ideals.people.models import Employee, Employment
from ideals.people.rules import ALLOWANCE
from ideals.people.states import ImportState, Kind, Outcome, Stage
from ideals.web import formats

COLUMNS: dict[str, LazyString] = {
    "number": lazy_gettext("Personnel number"),
    "name": lazy_gettext("Name"),
    "hired_on": lazy_gettext("Hired on"),
    "unit": lazy_gettext("Unit"),
    "scheme": lazy_gettext("Scheme"),
    "valid_from": lazy_gettext("True from"),
    "full_time_salary": lazy_gettext("Full-time salary a month"),
    "part_time_factor": lazy_gettext("Part-time factor"),
    "email": lazy_gettext("E-mail address"),
    "birth_date": lazy_gettext("Birth date"),
    "gender": lazy_gettext("Gender"),
    "leaves_on": lazy_gettext("Last day employed"),
    "manager_number": lazy_gettext("Personnel number of the manager"),
    "weekly_hours": lazy_gettext("Hours a week"),
    "scale": lazy_gettext("Pay scale"),
    "sick_from": lazy_gettext("Sick from"),
    "unpaid_from": lazy_gettext("Unpaid leave from"),
    "unpaid_until": lazy_gettext("Unpaid leave until, included"),
    "month": lazy_gettext("Month"),
    "code": lazy_gettext("Code of the pay element"),
    "amount": lazy_gettext("Amount"),
    "allowances": lazy_gettext("Allowances"),
    "date": lazy_gettext("Day of leave"),
    "minutes": lazy_gettext("Minutes"),
    "kind": lazy_gettext("Planned or taken"),
    "id": lazy_gettext("Id of the leave"),
}
FIXED_HELP: dict[str, LazyString] = {
    "unit": lazy_gettext("A path from the top, such as Bank/Retail/Zwolle"),
    "valid_from": lazy_gettext("The day from which the rows are true, such as 01-03-2026"),
    "hired_on": lazy_gettext("Such as 01-03-2026"),
    "part_time_factor": lazy_gettext("1 is full time; 0.8 or 80% is four days of five"),
    "month": lazy_gettext("The month it was paid for, such as 03-2026"),
    "code": lazy_gettext("Small letters, such as overtime"),
    "date": lazy_gettext("Such as 01-03-2026"),
    "kind": lazy_gettext("Write planned or taken"),
}
KINDS: dict[Kind, LazyString] = {
    Kind.PEOPLE: lazy_gettext("People"),
    Kind.PAY: lazy_gettext("Pay elements"),
    Kind.LEAVE: lazy_gettext("Leave"),
}
STATES: dict[ImportState, tuple[LazyString, str]] = {
    ImportState.NAMING: (lazy_gettext("columns to be named"), "wait"),
    ImportState.WAITING: (lazy_gettext("is being read"), "wait"),
    ImportState.CHECKED: (lazy_gettext("looked at, nothing taken"), "plain"),
    ImportState.APPLIED: (lazy_gettext("taken"), "good"),
    ImportState.REFUSED: (lazy_gettext("nothing taken"), "bad"),
    ImportState.FAILED: (lazy_gettext("could not be read"), "bad"),
}
STAGES: dict[Stage, LazyString] = {
    Stage.QUEUED: lazy_gettext("The file waits for its turn."),
    Stage.READING: lazy_gettext("The rows are being read."),
    Stage.COMPARING: lazy_gettext("The rows are being compared with what is known."),
    Stage.WRITING: lazy_gettext("The rows are being taken."),
}
OUTCOMES: dict[Outcome, LazyString] = {
    Outcome.NEW: lazy_gettext("new"),
    Outcome.CHANGED: lazy_gettext("changed"),
    Outcome.UNCHANGED: lazy_gettext("unchanged"),
    Outcome.WRONG: lazy_gettext("wrong"),
}
GENDERS: dict[str, LazyString] = {
    "female": lazy_gettext("female"),
    "male": lazy_gettext("male"),
    "other": lazy_gettext("other"),
}


def column(name: str) -> str:
    """`full_time_salary` as people say it; an allowance by its code."""
    if name.startswith(ALLOWANCE):
        return str(gettext("Allowance %(code)s", code=name.removeprefix(ALLOWANCE)))
    return str(COLUMNS.get(name, name))


def columns(names: str | None) -> str:
    """A comma-separated list of them, as a report's line holds it."""
    return ", ".join(column(name) for name in (names or "").split(", ") if name)


def state(name: str) -> str:
    return str(STATES[ImportState(name)][0])


def tone(name: str) -> str:
    return STATES[ImportState(name)][1]


@dataclass(frozen=True, slots=True)
class Surrounding:
    """What the rows of a history refer to by id."""

    units: Mapping[int, str]
    managers: Mapping[int, Employee]


def facts(row: Employment, around: Surrounding) -> dict[str, str]:
    """The facts of an employment row, by column, as texts; those that it does not have are out."""
    shown: dict[str, str | None] = {
        "unit": around.units[row.unit_id],
        "manager_number": _person(row.manager_id, around),
        "scheme": row.scheme,
        "full_time_salary": formats.money(Money(row.full_time_salary_minor)),
        "part_time_factor": plain(row.part_time_factor),
        "weekly_hours": plain(row.weekly_hours),
        "scale": row.scale,
        **{
            f"{ALLOWANCE}{code}": formats.money(Money(cents))
            for code, cents in sorted(row.allowances.items())
        },
        "hired_on": _day(row.hired_on),
        "leaves_on": _day(row.leaves_on),
        "birth_date": _day(row.birth_date),
        "gender": None if row.gender is None else str(GENDERS[row.gender]),
        "sick_from": _day(row.sick_from),
        "unpaid_from": _day(row.unpaid_from),
        "unpaid_until": _day(row.unpaid_until),
    }
    return {name: text for name, text in shown.items() if text is not None}


def changes(
    before: Mapping[str, str], after: Mapping[str, str]
) -> list[tuple[str, str | None, str | None]]:
    """(what, before, after) of what is different, for the macro of that name."""
    names: Iterable[str] = dict.fromkeys((*after, *before))
    return [
        (fact_name(name), before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    ]


def fact_name(name: str) -> str:
    return str(gettext("Manager")) if name == "manager_number" else column(name)


def plain(value: Decimal | None) -> str | None:
    """A factor or hours, with no more decimals than it has."""
    return None if value is None else formats.number(value, 0, most=6)


def _day(value: date | None) -> str | None:
    return None if value is None else formats.day(value)


def _person(employee_id: int | None, around: Surrounding) -> str | None:
    if employee_id is None:
        return None
    manager = around.managers[employee_id]
    return f"{manager.name} ({manager.number})"
