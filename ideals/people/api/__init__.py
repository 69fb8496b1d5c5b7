"""People, and the files HR sends, under `/api/v1`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Request, current_app, url_for
from marshmallow import RAISE, Schema
from sqlalchemy.orm import Session
from werkzeug.datastructures import CombinedMultiDict, FileStorage

from ideals import audit
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.people import commands, policy, queries
from ideals.people.commands import StartImport
from ideals.people.errors import OnlyHr
from ideals.people.models import Employee, Import
from ideals.people.schemas import (
    AwayOut,
    ImportOut,
    ImportWithLinesOut,
    LeaveIn,
    PeopleIn,
    PersonFactsOut,
    PersonOut,
    StartImportIn,
)
from ideals.people.states import Kind
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, Parser, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list, paginate
from ideals.web.guards import guard, role, signed_in
from ideals.web.headers import MB, body_limit


class FormWithFile(Parser):
    """A form and the file in it are one body, so one schema; webargs would read them apart."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs' own shape
        **Parser.DEFAULT_UNKNOWN_BY_LOCATION,
        "files": RAISE,
    }

    def load_files(self, req: Request, schema: Schema) -> Any:
        return self._makeproxy(CombinedMultiDict([req.form, req.files]), schema)


bp = Blueprint(
    "people", __name__, url_prefix="/api/v1", description="People, and the files HR sends"
)
bp.ARGUMENTS_PARSER = FormWithFile()


def _today() -> date:
    zone: ZoneInfo = current_app.config["IDEALS_ZONE"]
    return clock.now().astimezone(zone).date()


@bp.get("/people")
@guard(signed_in)
@bp.arguments(PeopleIn, location="query", as_kwargs=True)
@bp.response(200, page_of(PersonOut))
def people(page: PageRequest, search: str | None = None, unit: str | None = None) -> Page[Any]:
    """Oneself and one's reports; everybody for HR. By name; leavers stay in the list."""
    with unit_of_work() as session:
        lines = queries.people_lines(actor=current_actor(), on=_today(), search=search, unit=unit)
        return paginate(session, lines, page, Employee.sort_name, Employee.id)


@bp.get("/people/<number>")
@guard(signed_in)
@bp.response(200, PersonFactsOut)
def person(number: str) -> dict[str, Any]:
    """A person; with what is known in both times for the person and for HR."""
    actor, today = current_actor(), _today()
    with unit_of_work() as session:
        employee = queries.access_employee(session, number, actor=actor, on=today)
        facts = None
        if policy.may_see_facts(actor, employee.id):
            facts = queries.history(session, employee.id)
            if not policy.is_self(actor, employee.id):
                audit.record(
                    session,
                    "people.facts_seen",
                    f"employee:{number}",
                    actor=actor,
                    now=clock.now(),
                )
        line = queries.person_line(session, employee, on=today)
        return asdict(line) | {"employments": facts}


@bp.get("/leave")
@guard(signed_in)
@bp.arguments(LeaveIn, location="query", as_kwargs=True)
@bp.response(200, page_of(AwayOut))
def leave(page: PageRequest, month: Month | None = None, unit: str | None = None) -> Page[Any]:
    """Who is away in a month: whoever reports to you, while they do; by `unit` for HR."""
    actor, today = current_actor(), _today()
    month = month or Month.of(today)
    if unit is not None and not policy.may_see_everybody(actor):
        raise OnlyHr
    with unit_of_work() as session:
        if unit is not None:
            listing = queries.employed_in(unit, month, actor=actor, today=today)
            found = paginate(session, listing.statement, page, *listing.keys)
            ids = [one.id for one in found.items]
            return Page(queries.calendar_of(session, ids, month), found.next)
        manager = actor.employee_id
        team = [] if manager is None else queries.team_calendar(session, manager, month)
        return page_of_list(team, page, key=lambda away: away.number)


def _address(started: Import) -> str:
    return url_for("people.one_import", import_id=started.id)


@bp.post("/imports")
@guard(role(Role.HR))
@body_limit(64 * MB)
@bp.arguments(StartImportIn, location="files", as_kwargs=True)
@creates(
    bp, ImportOut, status=202, location=lambda made: url_for("people.one_import", import_id=made.id)
)
def start_import(
    session: Session, *, kind: Kind, dry_run: bool, only_good_rows: bool, file: FileStorage
) -> Import:
    """Send a file. A small one has been read when the answer comes; a large one is waiting."""
    cmd = StartImport(kind, file.filename or "file", file.read(), dry_run, only_good_rows)
    commands.lock_facts(session, shared=True)
    return commands.start_import(session, cmd, actor=current_actor(), now=clock.now())


@bp.get("/imports")
@guard(role(Role.HR))
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(ImportOut))
def imports(page: PageRequest) -> Page[Import]:
    """Files that were sent, the latest first."""
    with unit_of_work() as session:
        sent = queries.imports(actor=current_actor())
        return paginate(session, sent, page, Import.created_at, Import.id, descending=True)


@bp.get("/imports/<uuid:import_id>")
@guard(role(Role.HR))
@bp.response(200, ImportWithLinesOut)
def one_import(import_id: UUID) -> dict[str, Any]:
    """One file with its report, line by line."""
    with unit_of_work() as session:
        found = queries.access_import(session, import_id, actor=current_actor())
        shown = {name: getattr(found, name) for name in ImportOut().fields}
        return shown | {"lines": queries.import_lines(session, import_id)}
