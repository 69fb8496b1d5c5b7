"""Months and their batches: totals beside the ledger, lines, and what payroll sent back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response as BaseResponse

from ideals import audit
from ideals.budgets.pages.words import gettext
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.kernel.tabular import FileUnusable
from ideals.ledger.models import LedgerMonth
from ideals.payroll import commands, queries
from ideals.payroll.commands import DecideRefusal, NoteExport, RefusalReport, TakeRefusals
from ideals.payroll.models import Refusal
from ideals.payroll.pages import words
from ideals.payroll.policy import SEES
from ideals.payroll.queries import Asked
from ideals.payroll.rules.written import reference
from ideals.payroll.schemas import MIMETYPES, write_batch
from ideals.payroll.states import FileKind, RefusalState
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.errors import words_for
from ideals.web.export import Row, csv_response, written_response
from ideals.web.guards import guard, may, role
from ideals.web.headers import MB, body_limit
from ideals.web.shell import NavItem, navigation

bp = Blueprint("payroll_pages", __name__, template_folder="../templates")
navigation.register(
    "70-payroll",
    NavItem(lazy_gettext("Batches"), "payroll_pages.months", role(*SEES), group="payroll"),
)

PAGE = 25
LINES_PAGE = 50
LARGEST_MB = 16
MOST_FAULTS = 200
"""Wrong rows shown on the page."""


# The months


@bp.get("/payroll")
@guard(role(*SEES))
def months() -> str:
    """Every month with its state and what its batch has, the latest first."""
    with unit_of_work() as session:
        page = paginate(
            session,
            queries.months(),
            page_request(limit=PAGE),
            LedgerMonth.month,
            descending=True,
        )
        lines = queries.month_lines(session, page.items)
    return render_template("payroll/months.html", page=Page(lines, page.next), words=words)


# One month


@bp.get("/payroll/<month>")
@guard(role(*SEES))
def month(month: str) -> str:
    """Its totals beside the ledger's, and its lines to search and sort."""
    asked = _asked()
    with unit_of_work() as session:
        batch = queries.access_batch(session, Month.parse(month), actor=current_actor())
        codes = queries.reconciliation(session, batch.month)
        listing = queries.lines_listing(batch.month, asked)
        page = paginate(
            session,
            listing.statement,
            page_request(limit=LINES_PAGE),
            *listing.keys,
            descending=listing.descending,
        )
        return render_template(
            "payroll/month.html",
            batch=batch,
            codes=codes,
            page=page,
            asked=asked,
            filtered=bool(asked.search or asked.code),
            filters=_filters(),
            products=queries.product_names(session),
            waiting=queries.count_open_refusals(session, batch.month),
            reference=reference,
            words=words,
            Unit=Unit,
        )


def _asked() -> Asked:
    given = request.args
    return Asked(
        search=given.get("q", "").strip()[:100],
        code=given.get("code", "")[:64],
        sort=given.get("sort", "line"),
    )


def _filters() -> dict[str, Any]:
    """What the address says of the list, but for the page of it."""
    return {name: given for name, given in request.args.items() if given and name != "cursor"}


@bp.get("/payroll/<month>.<any(csv, xlsx, json):ending>")
@guard(role(*SEES))
def file(month: str, ending: str) -> Response:
    """The whole batch. Again it is the same bytes. Written down."""
    kind = FileKind(ending)
    cmd = NoteExport(Month.parse(month), kind)
    with unit_of_work() as session:
        batch = commands.note_export(session, cmd, actor=current_actor(), now=clock.now())
        name = f"payroll-{batch.month}"
        return written_response(
            name, ending, MIMETYPES[kind], partial(write_batch, session, batch, kind)
        )


@bp.get("/payroll/<month>/lines.csv")
@guard(role(*SEES))
def lines_file(month: str) -> Response:
    """The lines as they are searched and sorted, with names. Written down."""
    asked = _asked()
    with unit_of_work() as session:
        batch = queries.access_batch(session, Month.parse(month), actor=current_actor())
        audit.record(
            session,
            "payroll.lines_downloaded",
            f"month:{batch.month}",
            actor=current_actor(),
            now=clock.now(),
            code=asked.code,
        )
    header = [
        gettext("Number"), gettext("Name"), gettext("Code"), gettext("Euro"), gettext("Hours"),
        gettext("Treatment"), gettext("Reference"),
    ]  # fmt: skip
    return csv_response(f"payroll-lines-{month}", header, _line_rows(batch.month, asked))


def _line_rows(month: Month, asked: Asked) -> Iterator[Row]:
    listing = queries.lines_listing(month, asked)
    order = [key.desc() if listing.descending else key.asc() for key in listing.keys]
    with unit_of_work() as session:
        found = session.execute(
            listing.statement.order_by(*order), execution_options={"yield_per": 1000}
        )
        for row in found:
            euros = row.unit == Unit.EUR
            yield (
                row.number,
                row.name,
                row.code,
                Money(row.minor) if euros else None,
                None if euros else Minutes(row.minor),
                row.tax,
                reference(row.month, row.line),
            )


# One line


@bp.get("/payroll/<month>/lines/<int:line>")
@guard(role(*SEES))
def line(month: str, line: int) -> str:
    """What it came from: choice, price with its steps, rule, decision, transfers."""
    return _line_page(month, line, {})


def _line_page(month: str, line: int, errors: dict[str, str]) -> str:
    with unit_of_work() as session:
        told = queries.access_line(
            session, Month.parse(month), line, actor=current_actor(), now=clock.now()
        )
        refusals = queries.refusals_of_line(session, told.line)
        decides = may(role(Role.HR)) and current_actor().employee_id != told.employee.id
        waits = any(refusal.state == RefusalState.OPEN for refusal in refusals)
        return render_template(
            "payroll/line.html",
            told=told,
            refusals=refusals,
            decides=decides,
            goes_back=queries.goes_back(session, told.line) if decides and waits else [],
            errors=errors,
            reason=request.form.get("reason", ""),
            words=words,
            states=words.REFUSALS,
            OPEN=RefusalState.OPEN,
        )


@bp.post("/payroll/refusals/<uuid:refusal_id>")
@guard(role(Role.HR))
def decide(refusal_id: UUID) -> BaseResponse | tuple[str, int]:
    """Take back what the line stands for, or keep it for a reason."""
    reverse = request.form.get("decision") == "reverse"
    cmd = DecideRefusal(refusal_id, reverse, request.form.get("reason", ""))
    try:
        with unit_of_work() as session:
            refusal = queries.refusal_of(session, refusal_id)
            commands.decide_refusal(session, cmd, actor=current_actor(), now=clock.now())
    except IdealsError as error:
        with unit_of_work() as session:
            refusal = queries.refusal_of(session, refusal_id)
        page = _line_page(str(refusal.month), refusal.line, {"reason": words_for(error)})
        return page, 422
    flash(
        gettext("It was taken back in the open month.")
        if reverse
        else gettext("It stays as it is.")
    )
    return redirect(url_for("payroll_pages.line", month=str(refusal.month), line=refusal.line), 303)


# What was sent back


@bp.get("/payroll/<month>/refusals")
@guard(role(*SEES))
def refusals(month: str) -> str:
    """The lines payroll sent back, what became of each, and the form to send more."""
    return _refusals_page(month, {}, None)


@bp.post("/payroll/<month>/refusals")
@guard(role(*SEES))
@body_limit(LARGEST_MB * MB)
def take_refusals(month: str) -> BaseResponse | str | tuple[str, int]:
    """The same file again changes nothing."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _refusals_page(month, {"file": gettext("Choose a file first.")}, None), 422
    cmd = TakeRefusals(Month.parse(month), BytesIO(sent.read()), sent.filename)
    try:
        with unit_of_work() as session:
            report = commands.take_refusals(session, cmd, actor=current_actor(), now=clock.now())
    except FileUnusable as error:
        return _refusals_page(month, {"file": words.file_fault(error.message)}, None), 422
    if report.faults:
        return _refusals_page(month, {}, report), 422
    flash(
        gettext(
            "New tasks for HR: %(new)s. Sent back before: %(known)s.",
            new=report.new,
            known=report.known,
        )
    )
    return redirect(url_for("payroll_pages.refusals", month=month), 303)


def _refusals_page(month: str, errors: dict[str, str], report: RefusalReport | None) -> str:
    with unit_of_work() as session:
        batch = queries.access_batch(session, Month.parse(month), actor=current_actor())
        page = paginate(
            session,
            queries.refusals(batch.month),
            page_request(limit=LINES_PAGE),
            Refusal.reported_at,
            Refusal.id,
            descending=True,
        )
        return render_template(
            "payroll/refusals.html",
            batch=batch,
            page=page,
            errors=errors,
            report=report,
            most=MOST_FAULTS,
            largest=LARGEST_MB,
            states=words.REFUSALS,
            waiting=queries.count_open_refusals(session, batch.month),
            words=words,
        )
