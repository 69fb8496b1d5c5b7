"""What a row of a file says: of bonuses from HR, of refused lines from payroll."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

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
    shown,
)
from ideals.people.errors import ColumnsWrong

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
