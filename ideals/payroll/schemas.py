"""Payroll on the wire, and batches as files."""

from __future__ import annotations

from typing import IO, Any

from marshmallow import fields, pre_dump
from sqlalchemy.orm import Session

from ideals.kernel.money import Money
from ideals.kernel.quantity import Minutes, Unit
from ideals.payroll import queries
from ideals.payroll.models import Batch
from ideals.payroll.rules.written import HEADER, Exported, csv_of, json_of
from ideals.payroll.states import FileKind, Tax
from ideals.web.export import XLSX, Row, write_workbook
from ideals.web.fields import HoursField, MinutesField, MomentField, MoneyField, MonthField, Out

MIMETYPES = {
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.XLSX: XLSX,
    FileKind.JSON: "application/json",
}


def write_batch(session: Session, batch: Batch, kind: FileKind, file: IO[bytes]) -> None:
    """The whole batch as a file. Again, it is the same bytes."""
    lines = queries.exported(session, batch.month)
    if kind is FileKind.XLSX:
        rows = (_row(line) for line in lines)
        write_workbook(file, f"payroll-{batch.month}", HEADER, rows, at=batch.made_at)
        return
    if kind is FileKind.CSV:
        pieces = csv_of(lines)
    else:
        head = BatchOut().dump(batch)
        totals = TotalOut(many=True).dump(queries.totals_of(session, batch.month))
        pieces = json_of(head, totals, lines)
    for piece in pieces:
        file.write(piece)


def _row(line: Exported) -> Row:
    minutes = line.minutes
    return (
        line.month,
        line.number,
        line.code,
        line.name,
        line.amount,
        None if minutes is None else minutes.minor,
        minutes,
        line.tax.value,
        line.reference,
    )


class QuantityOut(Out):
    """Of a row with `unit` and `minor`: euros, or minutes; the others are null."""

    amount = MoneyField(required=True, allow_none=True)
    minutes = MinutesField(required=True, allow_none=True)
    hours = HoursField(required=True, allow_none=True, attribute="minutes")

    @pre_dump
    def by_unit(self, row: Any, **_: Any) -> dict[str, Any]:
        euros = row.unit == Unit.EUR
        names = self.fields.keys() - {"amount", "minutes", "hours"}
        return {name: getattr(row, name) for name in names if hasattr(row, name)} | {
            "amount": Money(row.minor) if euros else None,
            "minutes": None if euros else Minutes(row.minor),
        }


class BatchOut(Out):
    """`digest`: SHA-256 of the batch as CSV. `seal`: the ledger's digest of the month."""

    month = MonthField(required=True)
    lines = fields.Integer(required=True, data_key="line_count")
    seal = fields.String(required=True)
    digest = fields.String(required=True)
    made_at = MomentField(required=True)


class TotalOut(QuantityOut):
    code = fields.String(required=True)
    name = fields.String(required=True)
    tax = fields.Enum(Tax, by_value=True, required=True)
    lines = fields.Integer(required=True)
    mapped = fields.Boolean(
        required=True, metadata={"description": "whether HR gave this code, or nobody did"}
    )
