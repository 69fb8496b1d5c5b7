"""Facts about payroll: which code a thing has, how a line is written, how much a bonus may be, and
what a row of a file says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeVar

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.kernel.said import say as _
from ideals.kernel.tabular import (
    Cell,
    CellWrong,
    Table,
    parse_cents,
    parse_decimal,
    parse_month,
    parse_text,
    protected,
    shown,
)
from ideals.payroll.errors import CodeRefused
from ideals.payroll.states import LineKind, Tax, unit_of
from ideals.people.errors import ColumnsWrong

# --- codes ------------------------------------------------------------------------------------

LONGEST_CODE = 40
LONGEST_NAME = 100
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")

USUAL_NAMES = {
    LineKind.PAY: "Paid out",
    LineKind.DEDUCTION: "Kept back",
    LineKind.PURCHASE: "Paid from the budget",
    LineKind.HOURS: "Leave, hours",
    LineKind.ADDITION: "Addition to wage",
    LineKind.BONUS: "Performance bonus",
}


class Coded(NamedTuple):
    """`mapped` is false for a code that nobody gave: it says what it stands for."""

    code: str
    name: str
    mapped: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A code that HR keeps, in force from a month on; an empty `item` is every item of the kind."""

    kind: LineKind
    item: str
    first_month: Month
    code: str
    name: str


def code_of(kind: LineKind, item: str, month: Month, kept: Iterable[Kept]) -> Coded:
    """The code HR gave to exactly this, else to the whole kind, else one made of both names."""
    fitting = [
        each
        for each in kept
        if each.kind is kind and each.item in (item, "") and each.first_month <= month
    ]
    best = max(fitting, key=lambda each: (each.item == item, each.first_month), default=None)
    return usual_code(kind, item) if best is None else Coded(best.code, best.name, mapped=True)


def usual_code(kind: LineKind, item: str) -> Coded:
    return Coded(f"{kind}.{item}", f"{USUAL_NAMES[kind]}: {item}", mapped=False)


def check_code(new: Kept, others: Collection[Kept]) -> None:
    """Raises `CodeRefused`. `others` are the codes in force for other things."""
    if not _CODE.fullmatch(new.code):
        raise CodeRefused(
            f"{new.code!r} is no payroll code; use at most {LONGEST_CODE} letters, digits and"
            " . _ / -, beginning with a letter or digit",
            field="code",
        )
    if not 0 < len(new.name) <= LONGEST_NAME or not new.name.isprintable():
        raise CodeRefused(f"Give the code a name of at most {LONGEST_NAME} signs", field="name")
    clash = next(
        (o for o in others if o.code == new.code and unit_of(o.kind) is not unit_of(new.kind)), None
    )
    if clash is not None:
        raise CodeRefused(
            f"The code {new.code} counts {'hours' if clash.kind is LineKind.HOURS else 'euros'} "
            "already; one code cannot count both",
            field="code",
        )


# --- lines as they are exported ---------------------------------------------------------------

HEADER = ("month", "number", "code", "name", "amount", "minutes", "hours", "tax", "reference")
_AT_ONCE = 1000


class Exported(NamedTuple):
    """A line of a batch with everything that leaves the house of it."""

    month: Month
    line: int
    number: str
    code: str
    name: str
    unit: Unit
    minor: int
    tax: Tax

    @property
    def amount(self) -> Money | None:
        return Money(self.minor) if self.unit is Unit.EUR else None

    @property
    def minutes(self) -> Minutes | None:
        return Minutes(self.minor) if self.unit is Unit.MIN else None

    @property
    def reference(self) -> str:
        return reference(self.month, self.line)


def reference(month: Month, line: int) -> str:
    return f"{month}-{line:06d}"


def csv_of(lines: Iterable[Exported]) -> Iterator[bytes]:
    """The batch as CSV for a program: comma, point, UTF-8, the same for whoever asks.

    Its SHA-256 is the digest of the batch.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(HEADER)
    left = iter(lines)
    while True:
        writer.writerows(map(_cells, islice(left, _AT_ONCE)))
        if not (piece := buffer.getvalue()):
            return
        yield piece.encode()
        buffer.seek(0)
        buffer.truncate()


def _cells(line: Exported) -> tuple[object, ...]:
    amount, minutes = line.amount, line.minutes
    return (
        line.month,
        protected(line.number),
        _safe(line.code),
        _safe(line.name),
        "" if amount is None else amount,
        "" if minutes is None else minutes.minor,
        "" if minutes is None else minutes,
        line.tax,
        line.reference,
    )


_safe = lru_cache(maxsize=1024)(protected)
"""Codes and their names are few."""


# --- bonuses ----------------------------------------------------------------------------------

MOST_OF_SALARY = Decimal("0.20")
MONTHS_OF_YEAR = 12


def largest_bonus(month_salary_minor: int) -> int:
    """A fifth of twelve monthly salaries, in cents, half up."""
    exact = Decimal(month_salary_minor * MONTHS_OF_YEAR) * MOST_OF_SALARY
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def salary_minor(full_time_salary_minor: int, part_time_factor: Decimal) -> int:
    """What is paid in a whole month, in cents, half up."""
    exact = full_time_salary_minor * part_time_factor
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


# --- rows of files ----------------------------------------------------------------------------

LONGEST_REASON = 200
BONUS_COLUMNS = ("number", "month", "amount")
REFUSAL_COLUMNS = ("number", "code", "reason")
REFUSAL_MAY_HAVE = ("amount",)

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class BonusRow:
    place: int
    number: str
    month: Month
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """`amount`: euros or hours, as the line has it; `None` where the file does not say."""

    place: int
    number: str
    code: str
    amount: Decimal | None
    reason: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that cannot be taken. `message` ends in what would be right."""

    row: int
    number: str
    message: str


def check_columns(header: Sequence[str], needed: Sequence[str], optional: Sequence[str]) -> None:
    """Raises `ColumnsWrong`."""
    known = (*needed, *optional)
    faults = [f"column {name} is missing" for name in needed if name not in header]
    faults += [
        f"column {name!r} is not known; known are {', '.join(known)}"
        for name in header
        if name not in known
    ]
    if faults:
        raise ColumnsWrong(faults)


def read_bonuses(table: Table, faults: list[Fault]) -> list[BonusRow]:
    """Every row that can be read; what is wrong with the others joins `faults`."""
    check_columns(table.header, BONUS_COLUMNS, ())
    return _read(table, _bonus, faults)


def read_refusals(table: Table, faults: list[Fault]) -> list[RefusedRow]:
    check_columns(table.header, REFUSAL_COLUMNS, REFUSAL_MAY_HAVE)
    return _read(table, _refused, faults)


def _read(
    table: Table, read: Callable[[int, Mapping[str, Cell]], R], faults: list[Fault]
) -> list[R]:
    good = []
    for row in table.rows:
        cells = dict(zip(table.header, row.cells, strict=True))
        try:
            good.append(read(row.number, cells))
        except CellWrong as wrong:
            faults.append(Fault(row.number, shown(cells["number"]), wrong.message))
    return good


def _bonus(place: int, cells: Mapping[str, Cell]) -> BonusRow:
    amount = parse_cents(cells["amount"])
    if amount < 0:
        raise CellWrong(_("A bonus is zero or more; 0 takes it away"))
    return BonusRow(place, _text(cells, "number"), parse_month(cells["month"]), amount)


def _refused(place: int, cells: Mapping[str, Cell]) -> RefusedRow:
    amount = cells.get("amount")
    return RefusedRow(
        place,
        _text(cells, "number"),
        _text(cells, "code"),
        None if amount is None else parse_decimal(amount),
        _text(cells, "reason"),
    )


def _text(cells: Mapping[str, Cell], column: str) -> str:
    text = parse_text(cells[column], longest=LONGEST_REASON)
    if not text:
        raise CellWrong(_("%(column)s is empty; every row needs it", column=column))
    return text


def says_amount(row: RefusedRow, unit: Unit, minor: int) -> bool:
    """Whether the row means a line of this much: hours to the second decimal, as exported."""
    if row.amount is None:
        return True
    if unit is Unit.EUR:
        return row.amount * 100 == minor
    return row.amount.quantize(Decimal("0.01")) == Minutes(minor).hours.quantize(Decimal("0.01"))
