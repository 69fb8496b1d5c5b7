"""What a row of each kind of file may hold, and what the report of an import says.

Pure: a row in, values or faults out. What needs other rows, or what is known already, is asked
of the database by `commands`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ideals.kernel.tabular import (
    Cell,
    CellWrong,
    Row,
    nearest,
    parse_cents,
    parse_date,
    parse_decimal,
    parse_month,
    parse_text,
    shown,
)
from ideals.people.errors import ColumnsWrong
from ideals.people.states import Kind, LeaveKind, Outcome

REQUIRED = (
    "number",
    "name",
    "hired_on",
    "unit",
    "scheme",
    "valid_from",
    "full_time_salary",
    "part_time_factor",
)
OPTIONAL = (
    "email",
    "birth_date",
    "gender",
    "leaves_on",
    "manager_number",
    "weekly_hours",
    "scale",
    "sick_from",
    "unpaid_from",
    "unpaid_until",
)
PAY_REQUIRED = ("number", "month", "code", "amount")
LEAVE_REQUIRED = ("number", "date", "minutes", "kind", "id")
ALLOWANCE = "allowance."

LONGEST_FILE_NAME = 200
LARGEST_SALARY_MINOR = 100_000_000
"""A million euros a month: more is a misread number, not a salary."""
MOST_WEEKLY_HOURS = 80
HOURS_TOLERANCE = Decimal("0.05")
"""Hours a week. Factors arrive rounded: 0.8889 of 36 is 32.0004."""
YOUNGEST, OLDEST = 13, 100
"""Years of age on the day of hiring; outside is a mistyped date."""
EARLIEST, LATEST = date(1940, 1, 1), date(2100, 12, 31)
DEEPEST_UNIT = 12
MOST_LEAVE_MINUTES = 2000 * 60
"""A year of work. A system that exports leave by period gives its first day and all its minutes."""
LONGEST_ID = 100

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SCHEME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_EMAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s.,;<>\"]+")
_GENDERS = {
    "female": ("f", "v", "female", "vrouw", "woman"),
    "male": ("m", "male", "man"),
    "other": ("x", "o", "other", "anders"),
}
_LEAVE_KINDS = {
    LeaveKind.PLANNED: ("planned", "approved", "gepland", "goedgekeurd"),
    LeaveKind.TAKEN: ("taken", "opgenomen", "genomen"),
}
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """`value` is what the cell shows. `message` says why it is wrong and what would be right."""

    field: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One row of the file, or one of its faults. For a change, `field` lists what changes."""

    row: int
    number: str | None
    outcome: Outcome
    field: str | None = None
    value: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do.

    Counts are of rows and exact; `lines` holds the wrong rows first, then the others, each kind
    up to a bound. `new_units` lists the first hundred paths. `fact_changes` counts employees whose
    money may move.
    """

    kind: Kind
    file_name: str
    dry_run: bool
    applied: bool
    rows: int
    new: int
    changed: int
    unchanged: int
    wrong: int
    new_employees: int = 0
    fact_changes: int = 0
    new_units: tuple[str, ...] = ()
    lines: tuple[ReportLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the schemes say, handed down by the caller; `None` is not checked.

    `full_time_hours` maps a scheme to the hours of its full-time week.
    """

    schemes: Collection[str] | None = None
    full_time_hours: Mapping[str, Decimal] | None = None


@dataclass(slots=True)
class Reading:
    """The values of one row by column, and what is wrong with it."""

    values: dict[str, Any] = field(default_factory=dict)
    allowances: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, column: str, value: object, message: str) -> None:
        self.faults.append(Fault(column, str(value), message))


def sort_key(name: str) -> str:
    """A name folded for ordering and search: no accents, lower case."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


# Columns


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a kind of file, each with how its cells are read.

    `allowances`: columns of the form `allowance.CODE` may stand beside them.
    """

    required: tuple[str, ...]
    parsers: Mapping[str, Callable[[Cell], Any]]
    optional: tuple[str, ...] = ()
    allowances: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)

    def has(self, name: str) -> bool:
        return name in self.parsers or (self.allowances and is_allowance(name))


def check_header(kind: Kind, header: Collection[str]) -> None:
    """Raises `ColumnsWrong` naming every missing and unknown column at once."""
    faults = _column_faults(header, LAYOUTS[kind])
    if "unpaid_until" in header and "unpaid_from" not in header:
        faults.append("column unpaid_until needs the column unpaid_from beside it")
    if faults:
        raise ColumnsWrong(faults)


def _column_faults(header: Collection[str], layout: Layout) -> list[str]:
    faults = [f"column {name} is missing" for name in layout.required if name not in header]
    for name in header:
        if layout.has(name):
            continue
        meant = nearest(name, layout.names)
        known = ", ".join((*layout.names, *([f"{ALLOWANCE}CODE"] if layout.allowances else [])))
        hint = f"did you mean {meant}?" if meant else f"known are {known}"
        faults.append(f"column {name!r} is not known; {hint}")
    return faults


def is_allowance(name: str) -> bool:
    code = name.removeprefix(ALLOWANCE)
    return code != name and CODE.fullmatch(code) is not None


def allowance_codes(header: Iterable[str]) -> list[str]:
    return [name.removeprefix(ALLOWANCE) for name in header if name.startswith(ALLOWANCE)]


# Rows


def read_row(kind: Kind, row: Row, header: tuple[str, ...], around: Surroundings) -> Reading:
    """The values of a row, and every fault that it shows by itself."""
    reading = _read_cells(row, header, LAYOUTS[kind])
    if kind is Kind.PEOPLE:
        _check_person(reading, around)
    return reading


def _check_person(reading: Reading, around: Surroundings) -> None:
    values = reading.values
    _check_dates(reading)
    _check_age(reading)
    _check_scheme(reading, around)
    if values.get("manager_number") and values["manager_number"] == values.get("number"):
        reading.fault(
            "manager_number",
            values["manager_number"],
            "Nobody is their own manager; give the number of somebody else or leave it empty",
        )


def _read_cells(row: Row, header: tuple[str, ...], layout: Layout) -> Reading:
    reading = Reading()
    for column, cell in zip(header, row.cells, strict=True):
        if cell is None:
            if column in layout.required:
                reading.fault(column, "", f"{column} is empty; every row needs it")
            continue
        try:
            if column in layout.parsers:
                reading.values[column] = layout.parsers[column](cell)
            else:
                reading.allowances[column.removeprefix(ALLOWANCE)] = parse_cents(cell)
        except CellWrong as error:
            reading.fault(column, shown(cell), error.message)
    if row.beyond:
        reading.fault("", "", "There is a value to the right of the last named column; remove it")
    return reading


def _check_dates(reading: Reading) -> None:
    values = reading.values
    hired_on, valid_from = values.get("hired_on"), values.get("valid_from")
    if hired_on and valid_from and valid_from < hired_on:
        reading.fault(
            "valid_from",
            valid_from,
            f"valid_from is before hired_on ({hired_on}); it can be that day at the earliest",
        )
    leaves_on = values.get("leaves_on")
    if hired_on and leaves_on and leaves_on < hired_on:
        reading.fault(
            "leaves_on",
            leaves_on,
            f"leaves_on, the last day employed, is before hired_on ({hired_on})",
        )
    unpaid_from, unpaid_until = values.get("unpaid_from"), values.get("unpaid_until")
    if unpaid_until and not unpaid_from and not _has_fault(reading, "unpaid_from"):
        reading.fault(
            "unpaid_until", unpaid_until, "unpaid_until needs the first day too, in unpaid_from"
        )
    if unpaid_from and unpaid_until and unpaid_until < unpaid_from:
        reading.fault(
            "unpaid_until",
            unpaid_until,
            f"unpaid_until, the last unpaid day, is before unpaid_from ({unpaid_from})",
        )


def _has_fault(reading: Reading, column: str) -> bool:
    return any(fault.field == column for fault in reading.faults)


def _check_age(reading: Reading) -> None:
    birth_date, hired_on = reading.values.get("birth_date"), reading.values.get("hired_on")
    if not birth_date or not hired_on:
        return
    had_birthday = (hired_on.month, hired_on.day) >= (birth_date.month, birth_date.day)
    age = hired_on.year - birth_date.year - (0 if had_birthday else 1)
    if not YOUNGEST <= age <= OLDEST:
        reading.fault(
            "birth_date",
            birth_date,
            f"That makes {age} years of age on the day of hiring; "
            f"between {YOUNGEST} and {OLDEST} is expected",
        )


def _check_scheme(reading: Reading, around: Surroundings) -> None:
    values = reading.values
    scheme = values.get("scheme")
    if scheme is None:
        return
    if around.schemes is not None and scheme not in around.schemes:
        meant = nearest(scheme, around.schemes)
        hint = f"did you mean {meant}?" if meant else f"known are {_listed(around.schemes)}"
        reading.fault("scheme", scheme, f"There is no scheme {scheme}; {hint}")
        return
    full_time = (around.full_time_hours or {}).get(scheme)
    hours, factor = values.get("weekly_hours"), values.get("part_time_factor")
    if full_time is None or hours is None or factor is None:
        return
    expected = factor * full_time
    if abs(hours - expected) > HOURS_TOLERANCE:
        reading.fault(
            "weekly_hours",
            hours,
            f"{hours} hours contradict a part_time_factor of {factor.normalize():f}: of the "
            f"{full_time} hours of scheme {scheme} that is {expected.quantize(Decimal('0.01'))}; "
            "correct one of them",
        )


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)[:10]) or "none yet"


# Cells


def _number(cell: Cell) -> str:
    text = parse_text(cell)
    if not _NUMBER.fullmatch(text):
        raise CellWrong(
            f"{text!r} is not a personnel number: letters, digits, point, hyphen and underscore, "
            "at most 40, beginning with a letter or digit"
        )
    return text


def _email(cell: Cell) -> str:
    text = parse_text(cell, longest=254)
    if not _EMAIL.fullmatch(text):
        raise CellWrong(f"{text!r} is not an e-mail address; write it such as anna@example.nl")
    return text


def _unit(cell: Cell) -> str:
    parts = [part.strip() for part in parse_text(cell, longest=1000).split("/")]
    if not all(parts) or len(parts) > DEEPEST_UNIT:
        raise CellWrong(
            "A unit is written as a path from the top, such as Bank/Retail/Zwolle: "
            f"1 to {DEEPEST_UNIT} names parted by a slash, none empty"
        )
    return "/".join(parts)


def _coded(pattern: re.Pattern[str], what: str, like: str) -> Callable[[Cell], str]:
    def parse(cell: Cell) -> str:
        text = parse_text(cell)
        if not pattern.fullmatch(text):
            raise CellWrong(
                f"{text!r} is not {what}; write small letters, digits and underscores, like {like}"
            )
        return text

    return parse


def _day(cell: Cell) -> date:
    day = parse_date(cell)
    if not EARLIEST <= day <= LATEST:
        raise CellWrong(f"{day} is outside {EARLIEST} to {LATEST}; look at the year")
    return day


def _birth_date(cell: Cell) -> date:
    return parse_date(cell)


def _salary(cell: Cell) -> int:
    cents = parse_cents(cell)
    if cents < 0:
        raise CellWrong("A full-time salary cannot be below zero")
    if cents > LARGEST_SALARY_MINOR:
        raise CellWrong(
            "That is over a million euros a month; give the monthly salary at full time in euros"
        )
    return cents


def _factor(cell: Cell) -> Decimal:
    """A share of full time, rounded half up to six decimals: 24/36 is written in many ways."""
    percent = isinstance(cell, str) and cell.endswith("%")
    number = parse_decimal(cell[:-1].strip() if percent else cell, thousands=False)  # type: ignore[index]
    factor = (number / 100 if percent else number).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    if not 0 < factor <= Decimal("1.5"):
        raise CellWrong(
            f"{shown(cell)} is not a part-time factor, which is above 0 and at most 1.5; "
            "write 0.6 (or 60%) for three days of five"
        )
    return factor


def _weekly_hours(cell: Cell) -> Decimal:
    hours = parse_decimal(cell, thousands=False).quantize(Decimal("0.001"), ROUND_HALF_UP)
    if not 0 < hours <= MOST_WEEKLY_HOURS:
        raise CellWrong(
            f"{shown(cell)} is not a number of hours a week; "
            f"it is above 0 and at most {MOST_WEEKLY_HOURS}"
        )
    return hours


def _gender(cell: Cell) -> str:
    text = parse_text(cell).casefold()
    for gender, names in _GENDERS.items():
        if text in names:
            return gender
    raise CellWrong(f"{text!r} is not known here; write female, male or other (f, v, m, x)")


def _scale(cell: Cell) -> str:
    return parse_text(cell, longest=40)


def _leave_minutes(cell: Cell) -> int:
    minutes = parse_decimal(cell)
    if minutes != minutes.to_integral_value():
        raise CellWrong(f"{shown(cell)} is finer than a minute; give whole minutes")
    if not 0 <= minutes <= MOST_LEAVE_MINUTES:
        raise CellWrong(
            f"{shown(cell)} is not a number of minutes of leave, which is 0 to "
            f"{MOST_LEAVE_MINUTES}; 0 takes the leave away"
        )
    return int(minutes)


def _leave_kind(cell: Cell) -> LeaveKind:
    text = parse_text(cell).casefold()
    for kind, names in _LEAVE_KINDS.items():
        if text in names:
            return kind
    raise CellWrong(f"{text!r} is not known here; write planned or taken")


def _id(cell: Cell) -> str:
    return parse_text(cell, longest=LONGEST_ID)


_PEOPLE_PARSERS: Mapping[str, Callable[[Cell], Any]] = {
    "number": _number,
    "name": parse_text,
    "hired_on": _day,
    "unit": _unit,
    "scheme": _coded(_SCHEME, "the code of a scheme", "sociaal-werk"),
    "valid_from": _day,
    "full_time_salary": _salary,
    "part_time_factor": _factor,
    "email": _email,
    "birth_date": _birth_date,
    "gender": _gender,
    "leaves_on": _day,
    "manager_number": _number,
    "weekly_hours": _weekly_hours,
    "scale": _scale,
    "sick_from": _day,
    "unpaid_from": _day,
    "unpaid_until": _day,
}
_PAY_PARSERS: Mapping[str, Callable[[Cell], Any]] = {
    "number": _number,
    "month": parse_month,
    "code": _coded(CODE, "the code of a pay element", "overtime"),
    "amount": parse_cents,
}
_LEAVE_PARSERS: Mapping[str, Callable[[Cell], Any]] = {
    "number": _number,
    "date": _day,
    "minutes": _leave_minutes,
    "kind": _leave_kind,
    "id": _id,
}
LAYOUTS: Mapping[Kind, Layout] = {
    Kind.PEOPLE: Layout(REQUIRED, _PEOPLE_PARSERS, OPTIONAL, allowances=True),
    Kind.PAY: Layout(PAY_REQUIRED, _PAY_PARSERS),
    Kind.LEAVE: Layout(LEAVE_REQUIRED, _LEAVE_PARSERS),
}


# Managers


def circles(manager_of: Mapping[str, str]) -> list[list[str]]:
    """Every closed circle in who reports to whom, each from its smallest number onwards."""
    found: list[list[str]] = []
    done: set[str] = set()
    for start in sorted(manager_of):
        path: list[str] = []
        at: dict[str, int] = {}
        here: str | None = start
        while here is not None and here not in done and here not in at:
            at[here] = len(path)
            path.append(here)
            here = manager_of.get(here)
        if here is not None and here in at:
            found.append(_from_smallest(path[at[here] :]))
        done.update(path)
    return sorted(found)


def _from_smallest(circle: list[str]) -> list[str]:
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]
