"""Payroll on the wire, and batches as files."""

from __future__ import annotations

from typing import IO, Any

from flask_smorest.fields import Upload  # type: ignore[import-untyped]
from marshmallow import fields, post_load, validate
from sqlalchemy.orm import Session

from ideals.kernel.money import Money
from ideals.kernel.quantity import Minutes, Unit
from ideals.payroll import queries
from ideals.payroll.commands.codes import KeepCode
from ideals.payroll.models import Batch
from ideals.payroll.rules.written import HEADER, Exported, csv_of, json_of
from ideals.payroll.states import FileKind, LineKind, RefusalState, Tax
from ideals.web.cursors import PageIn
from ideals.web.export import XLSX, Row, write_workbook
from ideals.web.fields import HoursField, In, MinutesField, MomentField, MoneyField, MonthField, Out

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
        totals = [total_shown(total) for total in queries.totals_of(session, batch.month)]
        pieces = json_of(BatchOut().dump(batch), BatchTotalOut(many=True).dump(totals), lines)
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


def value(unit: str, minor: int) -> dict[str, Any]:
    """What `EurosOrHoursOut` shows: euros, or minutes of leave."""
    euros = unit == Unit.EUR
    return {
        "amount": Money(minor) if euros else None,
        "minutes": None if euros else Minutes(minor),
    }


def total_shown(total: queries.CodeTotal) -> dict[str, Any]:
    names = ("code", "name", "tax", "lines", "mapped")
    return {name: getattr(total, name) for name in names} | value(total.unit, total.minor)


class EurosOrHoursOut(Out):
    """Euros, or minutes with the hours they are; the others are null."""

    amount = MoneyField(required=True, allow_none=True)
    minutes = MinutesField(required=True, allow_none=True)
    hours = HoursField(required=True, allow_none=True, attribute="minutes")


# Batches


class BatchOut(Out):
    """`digest`: SHA-256 of the batch as CSV. `seal`: the ledger's digest of the month."""

    month = MonthField(required=True)
    line_count = fields.Integer(required=True)
    seal = fields.String(required=True)
    digest = fields.String(required=True)
    made_at = MomentField(required=True)


class BatchTotalOut(EurosOrHoursOut):
    """`mapped`: HR gave this code; otherwise nobody did, and it says what it stands for."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    tax = fields.Enum(Tax, by_value=True, required=True)
    lines = fields.Integer(required=True)
    mapped = fields.Boolean(required=True)


class ExportedLineOut(EurosOrHoursOut):
    number = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True, metadata={"description": "of the code"})
    tax = fields.Enum(Tax, by_value=True, required=True)
    reference = fields.String(required=True)


class WholeBatchOut(BatchOut):
    totals = fields.List(fields.Nested(BatchTotalOut), required=True)
    lines = fields.List(fields.Nested(ExportedLineOut), required=True)


class BatchQuery(In):
    format = fields.Enum(FileKind, by_value=True, load_default=FileKind.JSON)


# Lines


class LinesQuery(PageIn):
    code = fields.String(validate=validate.Length(1, 64), load_default="")
    search = fields.String(
        validate=validate.Length(1, 100),
        load_default="",
        metadata={"description": "part of a name, or the beginning of a number"},
    )


class BatchLineOut(EurosOrHoursOut):
    """`line` is its number in the batch, and the end of its address."""

    line = fields.Integer(required=True)
    number = fields.String(required=True)
    employee = fields.String(required=True, metadata={"description": "the employee's name"})
    code = fields.String(required=True)
    tax = fields.String(required=True, validate=validate.OneOf(list(Tax)))
    reference = fields.String(required=True)


class LedgerRowOut(EurosOrHoursOut):
    """A transfer behind a line: what it moved, never below zero."""

    id = fields.UUID(required=True)
    month = MonthField(required=True)
    for_month = MonthField(required=True)
    from_account = fields.String(required=True)
    to_account = fields.String(required=True)
    reason = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    source = fields.String(required=True)
    reverses = fields.UUID(required=True, allow_none=True)
    happened_at = MomentField(required=True)


class PriceStepOut(Out):
    code = fields.String(required=True)
    text = fields.String(required=True)
    amount = MoneyField(required=True)


class DecisionBehindOut(Out):
    kind = fields.String(required=True)
    state = fields.String(required=True)
    by = fields.String(required=True, allow_none=True)
    at = MomentField(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class OrderBehindOut(Out):
    """`choice`: the standing choice that ordered it, if one did."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    product = fields.String(required=True)
    month = MonthField(required=True)
    quantity = fields.String(required=True)
    price = MoneyField(required=True)
    scheme = fields.String(required=True)
    scheme_version = MonthField(required=True)
    steps = fields.List(fields.Nested(PriceStepOut), required=True)
    choice = fields.UUID(required=True, allow_none=True)
    decisions = fields.List(fields.Nested(DecisionBehindOut), required=True)


class LineActOut(EurosOrHoursOut):
    """What one order, charge, run or file did to a line; `told` says it in words."""

    origin = fields.String(required=True)
    told = fields.String(required=True, allow_none=True)
    order = fields.Nested(OrderBehindOut, required=True, allow_none=True)
    transfers = fields.List(fields.Nested(LedgerRowOut), required=True)


class LineToldOut(BatchLineOut):
    """A line and everything behind it: the acts add up to it."""

    name = fields.String(required=True, metadata={"description": "of the code"})
    acts = fields.List(fields.Nested(LineActOut), required=True)


# Reconciliation


class BatchPartOut(Out):
    """What went under a code. Of it `reversed` was taken back, and `earlier` is of other months."""

    kind = fields.String(required=True, validate=validate.OneOf(list(LineKind)))
    item = fields.String(required=True)
    tax = fields.String(required=True, validate=validate.OneOf(list(Tax)))
    people = fields.Integer(required=True)
    count = fields.Integer(required=True)
    value = fields.Nested(EurosOrHoursOut, required=True)
    reversed = fields.Nested(EurosOrHoursOut, required=True)
    earlier = fields.Nested(EurosOrHoursOut, required=True)


class ReconciledOut(Out):
    """A code of the batch beside what the ledger has now."""

    code = fields.String(required=True)
    name = fields.String(required=True)
    mapped = fields.Boolean(required=True)
    lines = fields.Integer(required=True)
    batch = fields.Nested(EurosOrHoursOut, required=True)
    ledger = fields.Nested(EurosOrHoursOut, required=True)
    difference = fields.Nested(EurosOrHoursOut, required=True)
    parts = fields.List(fields.Nested(BatchPartOut), required=True)


class ReconciliationOut(Out):
    month = MonthField(required=True)
    digest = fields.String(required=True)
    codes = fields.List(fields.Nested(ReconciledOut), required=True)


# Codes


class KeepPayrollCodeIn(In):
    """An empty `item` gives the code to the whole kind."""

    kind = fields.Enum(LineKind, by_value=True, required=True)
    item = fields.String(validate=validate.Length(0, 64), load_default="")
    code = fields.String(required=True, validate=validate.Length(1, 40))
    name = fields.String(required=True, validate=validate.Length(1, 100))
    first_month = MonthField(required=True)

    @post_load
    def command(self, data: dict[str, Any], **_: Any) -> KeepCode:
        return KeepCode(**data)


class PayrollCodeOut(Out):
    kind = fields.Enum(LineKind, by_value=True, required=True)
    item = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    first_month = MonthField(required=True)


# Files that come in


class WrongRowOut(Out):
    """A row that was not taken, and what would be right."""

    row = fields.Integer(required=True)
    number = fields.String(required=True)
    message = fields.String(required=True)


class RefusalFileIn(In):
    file = Upload(required=True, metadata={"description": "CSV or XLSX, at most 16 MB"})


class BonusFileIn(RefusalFileIn):
    dry_run = fields.Boolean(load_default=False)


class BonusReportOut(Out):
    """With a wrong row nothing was taken: `applied` is false."""

    file_name = fields.String(required=True)
    applied = fields.Boolean(required=True)
    rows = fields.Integer(required=True)
    new = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)
    faults = fields.List(fields.Nested(WrongRowOut), required=True)


class BonusesQuery(PageIn):
    month = MonthField(load_default=None)


class BonusOut(Out):
    month = MonthField(required=True)
    number = fields.String(required=True)
    name = fields.String(required=True)
    amount = MoneyField(required=True)
    recorded_at = MomentField(required=True)
    actor = fields.String(required=True)


class OwnBonusOut(Out):
    month = MonthField(required=True)
    amount = MoneyField(required=True)


class RefusalReportOut(Out):
    """`new` tasks for HR, lines that were sent back before (`known`), rows that fit no line."""

    month = MonthField(required=True)
    file_name = fields.String(required=True)
    rows = fields.Integer(required=True)
    new = fields.Integer(required=True)
    known = fields.Integer(required=True)
    faults = fields.List(fields.Nested(WrongRowOut), required=True)


class RefusalOut(EurosOrHoursOut):
    """Decided as the approval of the same `id`: approve takes the line back, refuse keeps it."""

    id = fields.UUID(required=True)
    month = MonthField(required=True)
    line = fields.Integer(required=True)
    number = fields.String(required=True)
    employee = fields.String(required=True, metadata={"description": "the employee's name"})
    code = fields.String(required=True)
    reason = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(list(RefusalState)))
    reported_by = fields.String(required=True)
    reported_at = MomentField(required=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_at = MomentField(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
