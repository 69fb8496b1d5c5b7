"""`/api/v1/payroll`: batches, what is behind them, codes, bonuses and refused lines."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import Any

from flask import Response
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.payroll import commands, queries
from ideals.payroll.commands import (
    BonusReport,
    KeepCode,
    NoteExport,
    RefusalReport,
    TakeRefusals,
    UploadBonuses,
)
from ideals.payroll.models import Batch, Bonus, Refusal
from ideals.payroll.policy import SEES
from ideals.payroll.queries import Act, Behind, BonusOfMonth, LineTold, Reconciled
from ideals.payroll.rules.codes import Kept
from ideals.payroll.rules.written import reference
from ideals.payroll.schemas import (
    MIMETYPES,
    BatchLineOut,
    BatchOut,
    BatchQuery,
    BonusesQuery,
    BonusFileIn,
    BonusOut,
    BonusReportOut,
    KeepPayrollCodeIn,
    LinesQuery,
    LineToldOut,
    OwnBonusOut,
    PayrollCodeOut,
    ReconciliationOut,
    RefusalFileIn,
    RefusalOut,
    RefusalReportOut,
    WholeBatchOut,
    value,
    write_batch,
)
from ideals.payroll.states import FileKind
from ideals.people.api import FormWithFile
from ideals.people.models import Employee
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, paginate
from ideals.web.export import written_response
from ideals.web.guards import guard, role, signed_in
from ideals.web.headers import MB, body_limit

LARGEST = 16 * MB

bp = Blueprint(
    "payroll", __name__, url_prefix="/api/v1", description="Payroll: batches of sealed months"
)
bp.ARGUMENTS_PARSER = FormWithFile()


# Batches


@bp.get("/payroll/batches")
@guard(role(*SEES))
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(BatchOut))
def batches(page: PageRequest) -> Page[Batch]:
    """The latest month first."""
    with unit_of_work() as session:
        return paginate(session, queries.batches(), page, Batch.month, descending=True)


@bp.get("/payroll/batches/<month>")
@guard(role(*SEES))
@bp.arguments(BatchQuery, location="query", as_kwargs=True)
@bp.response(200, WholeBatchOut)
def batch(month: str, format: FileKind) -> Response:
    """The whole batch, as JSON, CSV or XLSX. Again it is the same bytes. That you took it is
    written down."""
    cmd = NoteExport(Month.parse(month), format)
    with unit_of_work() as session:
        found = commands.note_export(session, cmd, actor=current_actor(), now=clock.now())
        name = f"payroll-{found.month}"
        return written_response(
            name, format, MIMETYPES[format], partial(write_batch, session, found, format)
        )


@bp.get("/payroll/batches/<month>/reconciliation")
@guard(role(*SEES))
@bp.response(200, ReconciliationOut)
def reconciliation(month: str) -> dict[str, Any]:
    """Each total of the batch beside what the ledger has now, and what stands behind it."""
    with unit_of_work() as session:
        found = queries.access_batch(session, Month.parse(month), actor=current_actor())
        codes = [_reconciled(each) for each in queries.reconciliation(session, found.month)]
        return {"month": found.month, "digest": found.digest, "codes": codes}


def _reconciled(each: Reconciled) -> dict[str, Any]:
    unit = each.unit.value
    names = ("code", "name", "mapped", "lines")
    return {name: getattr(each, name) for name in names} | {
        "batch": value(unit, each.minor),
        "ledger": value(unit, each.ledger_minor),
        "difference": value(unit, each.difference_minor),
        "parts": [
            {name: getattr(part, name) for name in ("kind", "item", "tax", "people", "count")}
            | {
                "value": value(unit, part.minor),
                "reversed": value(unit, part.reversed_minor),
                "earlier": value(unit, part.earlier_minor),
            }
            for part in each.parts
        ],
    }


@bp.get("/payroll/batches/<month>/lines")
@guard(role(*SEES))
@bp.arguments(LinesQuery, location="query", as_kwargs=True)
@bp.response(200, page_of(BatchLineOut))
def lines(month: str, page: PageRequest, code: str, search: str) -> Page[Any]:
    """In the order of the batch."""
    with unit_of_work() as session:
        found = queries.access_batch(session, Month.parse(month), actor=current_actor())
        listing = queries.lines_listing(found.month, queries.Asked(search, code))
        return paginate(session, listing.statement, page, *listing.keys, show=_line)


def _line(row: Any) -> dict[str, Any]:
    names = ("line", "number", "code", "tax")
    return {name: getattr(row, name) for name in names} | {
        "employee": row.name,
        "reference": reference(row.month, row.line),
        **value(row.unit, row.minor),
    }


@bp.get("/payroll/batches/<month>/lines/<int:line>")
@guard(role(*SEES))
@bp.response(200, LineToldOut)
def line(month: str, line: int) -> dict[str, Any]:
    """Down to choices, prices with their steps, decisions and transfers. That you looked is
    written down."""
    with unit_of_work() as session:
        told = queries.access_line(
            session, Month.parse(month), line, actor=current_actor(), now=clock.now()
        )
        return _told(told)


def _told(told: LineTold) -> dict[str, Any]:
    line = told.line
    return {
        "line": line.line,
        "number": told.employee.number,
        "employee": told.employee.name,
        "code": line.code,
        "name": told.name,
        "tax": line.tax,
        "reference": line.reference,
        **value(line.unit, line.minor),
        "acts": [_act(told, act) for act in told.acts],
    }


def _act(told: LineTold, act: Act) -> dict[str, Any]:
    return {
        "origin": act.origin,
        "told": act.told and act.told.sentence,
        "order": act.behind and _order(act.behind),
        **value(told.line.unit, act.minor),
        "transfers": [
            {
                "id": row.id,
                "month": row.month,
                "for_month": row.for_month,
                "from_account": told.accounts[row.from_account][0].value,
                "to_account": told.accounts[row.to_account][0].value,
                "reason": row.reason,
                "code": row.code,
                "source": row.source,
                "reverses": row.reverses_id,
                "happened_at": row.happened_at,
                **value(row.unit, row.amount_minor),
            }
            for row in act.transfers
        ],
    }


def _order(behind: Behind) -> dict[str, Any]:
    order = behind.order
    names = ("id", "number", "product", "month", "scheme", "scheme_version")
    return {name: getattr(order, name) for name in names} | {
        "quantity": f"{order.quantity.normalize():f}",
        "price": Money(order.price_minor),
        "steps": [
            {"code": step.code, "text": str(step.text), "amount": Money(step.amount_minor)}
            for step in behind.steps
        ],
        "choice": order.choice_id,
        "decisions": [
            {
                "kind": approval.kind,
                "state": approval.state,
                "by": behind.deciders[approval.id].ender,
                "at": approval.ended_at,
                "reason": approval.reason,
            }
            for approval in behind.decisions
        ],
    }


# Codes


@bp.get("/payroll/codes")
@guard(role(*SEES))
@bp.response(200, PayrollCodeOut(many=True))
def codes() -> list[Kept]:
    """Every code HR keeps, with the month it holds from."""
    with unit_of_work() as session:
        return queries.kept_codes(session)


@bp.post("/payroll/codes")
@guard(role(Role.HR))
@bp.arguments(KeepPayrollCodeIn)
@creates(bp, PayrollCodeOut)
def keep_code(session: Session, cmd: KeepCode) -> Kept:
    """Give a thing, or all of a kind, a code from a month on. Batches that are made keep theirs."""
    return commands.keep_code(session, cmd, actor=current_actor(), now=clock.now())


# Bonuses


@bp.post("/payroll/bonuses")
@guard(role(Role.HR))
@body_limit(LARGEST)
@bp.arguments(BonusFileIn, location="files", as_kwargs=True)
@creates(bp, BonusReportOut, status=200)
def upload_bonuses(session: Session, *, dry_run: bool, file: FileStorage) -> BonusReport:
    """Take the bonuses of open months. What a second file names, it replaces."""
    cmd = UploadBonuses(BytesIO(file.read()), file.filename or "file", dry_run)
    return commands.upload_bonuses(session, cmd, actor=current_actor(), now=clock.now())


@bp.get("/payroll/bonuses")
@guard(role(Role.HR))
@bp.arguments(BonusesQuery, location="query", as_kwargs=True)
@bp.response(200, page_of(BonusOut))
def bonuses(page: PageRequest, month: Month | None) -> Page[Any]:
    """By month, the latest first."""
    with unit_of_work() as session:
        wanted = queries.bonuses(month)
        keys = (Bonus.month, Employee.number)
        return paginate(session, wanted, page, *keys, descending=True, show=_bonus)


def _bonus(row: Any) -> dict[str, Any]:
    names = ("month", "number", "name", "recorded_at", "actor")
    return {name: getattr(row, name) for name in names} | {"amount": Money(row.amount_minor)}


@bp.get("/me/bonuses")
@guard(signed_in)
@bp.response(200, OwnBonusOut(many=True))
def my_bonuses() -> list[BonusOfMonth]:
    """Your performance bonuses from this month on. They are paid beside your budget."""
    employee_id = current_actor().employee_id
    this = clock.month_of(clock.now(), Settings.read().zone)
    if employee_id is None:
        return []
    with unit_of_work() as session:
        return queries.bonuses_of(session, employee_id, this)


# Refused lines


@bp.post("/payroll/batches/<month>/refusals")
@guard(role(*SEES))
@body_limit(LARGEST)
@bp.arguments(RefusalFileIn, location="files", as_kwargs=True)
@creates(bp, RefusalReportOut, status=200)
def take_refusals(session: Session, *, month: str, file: FileStorage) -> RefusalReport:
    """Send lines back: each becomes a task for HR. The same file again changes nothing."""
    cmd = TakeRefusals(Month.parse(month), BytesIO(file.read()), file.filename or "file")
    return commands.take_refusals(session, cmd, actor=current_actor(), now=clock.now())


@bp.get("/payroll/batches/<month>/refusals")
@guard(role(*SEES))
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(RefusalOut))
def refusals(month: str, page: PageRequest) -> Page[Any]:
    """The latest first. HR decides at `approvals/ID/decisions`."""
    with unit_of_work() as session:
        found = queries.access_batch(session, Month.parse(month), actor=current_actor())
        wanted = queries.refusals(found.month)
        keys = (Refusal.reported_at, Refusal.id)
        return paginate(session, wanted, page, *keys, descending=True, show=_refusal)


def _refusal(row: Any) -> dict[str, Any]:
    names = (
        "id", "month", "line", "number", "code", "reason", "state",
        "reported_by", "reported_at", "decided_by", "decided_at", "note",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {
        "employee": row.name,
        **value(row.unit, row.minor),
    }
