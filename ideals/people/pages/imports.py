"""The files HR sends: hand in, say which column is which, look, take."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import LazyString, gettext, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.ids import new_id
from ideals.kernel.tabular import FileUnusable, open_table, shown
from ideals.people import commands, queries
from ideals.people.commands import HandIn, NameColumns, TakeImport
from ideals.people.errors import ColumnsUnnamed, ImportMovedOn
from ideals.people.models import Import, ImportLine
from ideals.people.pages import words
from ideals.people.pages.faults import fault
from ideals.people.rules import LAYOUTS, naming
from ideals.people.rules.naming import Columns
from ideals.people.states import ImportState, Kind, Outcome, Stage
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.errors import register_words
from ideals.web.export import Row, csv_response
from ideals.web.guards import guard, role
from ideals.web.headers import MB, body_limit
from ideals.web.shell import NavItem, navigation

bp = Blueprint("import_pages", __name__, template_folder="../templates")
navigation.register(
    "55-imports", NavItem(lazy_gettext("Imports"), "import_pages.imports", needs=role(Role.HR))
)
register_words("import_unknown", lazy_gettext("There is no such file that you may see."))
register_words(
    "import_moved_on",
    lazy_gettext(
        "This file was taken already, is being read, or is no longer kept. "
        "Look at it again; send it once more if it is needed."
    ),
)

LARGEST_MB = 64
MOST_SHOWN = 200
"""Lines of a kind on the page; the download has more."""
EXAMPLES = 3
LONG_WAIT = timedelta(minutes=2)
_FAULTS: dict[str, LazyString] = {
    "twice": lazy_gettext("%(column)s is taken from the column %(other)s already."),
    "alone": lazy_gettext("This needs the first day of the unpaid leave too."),
    "unknown": lazy_gettext("There is no such fact here; choose one of the list."),
    "missing": lazy_gettext(
        "%(column)s is needed in every row; choose its column, or give one value for all."
    ),
}


# Hand in


@bp.get("/imports")
@guard(role(Role.HR))
def imports() -> str:
    """What was sent, the latest first, and the form to send another."""
    return _imports_page({}, Kind.PEOPLE, at_once=False)


@bp.post("/imports")
@guard(role(Role.HR))
@body_limit(LARGEST_MB * MB)
def hand_in() -> BaseResponse | tuple[str, int]:
    """The id comes with the form: the same form sent twice is one file."""
    given = request.form
    asked = given.get("kind", "")
    kind = Kind(asked) if asked in list(Kind) else Kind.PEOPLE
    at_once = given.get("at_once") == "yes"
    file = request.files.get("file")
    if file is None or not file.filename:
        errors = {"file": gettext("Choose a file first.")}
        return _imports_page(errors, kind, at_once=at_once), 422
    cmd = HandIn(_form_id(), kind, file.filename, file.read(), at_once)
    try:
        with unit_of_work() as session:
            commands.lock_facts(session, shared=True)
            made = commands.hand_in(session, cmd, actor=current_actor(), now=clock.now())
    except FileUnusable as error:
        return _imports_page({"file": fault(error.message)}, kind, at_once=at_once), 422
    return redirect(url_for("import_pages.one_import", import_id=made.id), 303)


def _form_id() -> UUID:
    try:
        return UUID(request.form.get("import_id", ""))
    except ValueError:
        return new_id()


def _imports_page(errors: Mapping[str, str], kind: Kind, *, at_once: bool) -> str:
    with unit_of_work() as session:
        sent = queries.imports(actor=current_actor())
        page = paginate(
            session, sent, page_request(), Import.created_at, Import.id, descending=True
        )
        return render_template(
            "people/imports.html",
            page=page,
            errors=errors,
            kind=kind,
            at_once=at_once,
            import_id=new_id(),
            largest=LARGEST_MB,
            words=words,
        )


# One file


@dataclass(frozen=True, slots=True)
class Report:
    """What is shown of a file that was read. `takeable`: rows that are right and not known yet."""

    counts: Mapping[str, int]
    new_units: Sequence[str]
    wrong: Sequence[ImportLine]
    changes: Sequence[ImportLine]

    @property
    def takeable(self) -> int:
        return self.counts["new"] + self.counts["changed"]


@bp.get("/imports/<uuid:import_id>")
@guard(role(Role.HR))
def one_import(import_id: UUID) -> BaseResponse | str:
    """How far it is, what was found, and what can be done with it."""
    with unit_of_work() as session:
        found = queries.access_import(session, import_id, actor=current_actor())
        if found.state == ImportState.NAMING:
            return redirect(url_for("import_pages.columns", import_id=import_id))
        progress = queries.import_progress(session, import_id)
        since = progress.noted_at if progress else found.created_at
        waiting = found.state == ImportState.WAITING
        return render_template(
            "people/import.html",
            file=found,
            waiting=waiting,
            progress=progress,
            stage=words.STAGES[Stage(progress.stage)] if progress else words.STAGES[Stage.READING],
            stuck=waiting and clock.now() - since > LONG_WAIT,
            report=None if waiting or found.report is None else _report(session, found),
            kept=queries.is_kept(session, found),
            used=None if found.columns is None else Columns.read(found.columns),
            header_of=_header_of(found),
            most=MOST_SHOWN,
            words=words,
            fault=fault,
        )


def _report(session: Session, found: Import) -> Report:
    counts = dict(found.report or {})
    new_units = counts.pop("new_units", [])
    return Report(
        counts,
        new_units,
        queries.import_lines(session, found.id, outcomes=(Outcome.WRONG,), limit=MOST_SHOWN),
        queries.import_lines(
            session, found.id, outcomes=(Outcome.NEW, Outcome.CHANGED), limit=MOST_SHOWN
        ),
    )


def _header_of(found: Import) -> dict[str, str]:
    """Our name to the file's, where they differ: people look for their own."""
    if found.columns is None:
        return {}
    names = Columns.read(found.columns).names
    return {ours: name for name, ours in names.items() if ours is not None and ours != name}


@bp.get("/imports/<uuid:import_id>/report.csv")
@guard(role(Role.HR))
def report_csv(import_id: UUID) -> Response:
    """The wrong rows first, then the others, as far as they are kept."""
    with unit_of_work() as session:
        found = queries.access_import(session, import_id, actor=current_actor())
        lines = queries.import_lines(session, import_id)
        header = [
            gettext("Row"),
            gettext("Personnel number"),
            gettext("Outcome"),
            gettext("Column"),
            gettext("Value"),
            gettext("What would be right"),
        ]
        return csv_response(
            gettext("report %(file)s", file=found.file_name), header, _report_rows(lines)
        )


def _report_rows(lines: Sequence[ImportLine]) -> Iterator[Row]:
    for line in lines:
        yield (
            line.row,
            line.number,
            str(words.OUTCOMES[Outcome(line.outcome)]),
            line.field,
            line.value,
            fault(line.message or ""),
        )


@bp.post("/imports/<uuid:import_id>/take")
@guard(role(Role.HR))
def take(import_id: UUID) -> BaseResponse:
    """Take what was looked at, from what was kept. Sent twice, it is taken once."""
    cmd = TakeImport(import_id, request.form.get("only_good_rows") == "yes")
    with unit_of_work() as session:
        commands.lock_facts(session, shared=True)
        commands.take_import(session, cmd, actor=current_actor(), now=clock.now())
    return redirect(url_for("import_pages.one_import", import_id=import_id), 303)


# Which column is which


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """A column of the file with what stands in its first rows. `asked`: the field's name."""

    asked: str
    header: str
    examples: Sequence[str]
    options: Sequence[tuple[str, str]]
    chosen: str


@bp.get("/imports/<uuid:import_id>/columns")
@guard(role(Role.HR))
def columns(import_id: UUID) -> str:
    """Each column of the file with a guess, or with what was said last."""
    with unit_of_work() as session:
        found, header, rows = _opened(session, import_id)
        if found.columns is not None:
            suggested = Columns.read(found.columns)
        else:
            suggested = queries.suggested_columns(session, Kind(found.kind), header)
        return _columns_page(session, found, header, rows, suggested, {})


@bp.post("/imports/<uuid:import_id>/columns")
@guard(role(Role.HR))
def name_columns(import_id: UUID) -> BaseResponse | tuple[str, int]:
    with unit_of_work() as session:
        found, header, rows = _opened(session, import_id)
        chosen = _chosen(Kind(found.kind), header)
        cmd = NameColumns(import_id, chosen)
        try:
            commands.lock_facts(session, shared=True)
            commands.name_columns(session, cmd, actor=current_actor(), now=clock.now())
        except ColumnsUnnamed as error:
            errors = _errors(error, header, Kind(found.kind))
            return _columns_page(session, found, header, rows, chosen, errors), 422
    flash(gettext("Remembered: the next file with these columns is read the same way."))
    return redirect(url_for("import_pages.one_import", import_id=import_id), 303)


def _opened(session: Session, import_id: UUID) -> tuple[Import, Sequence[str], list[list[str]]]:
    """The import, its header and its first rows as texts. Raises `ImportMovedOn`."""
    found = queries.access_import(session, import_id, actor=current_actor())
    content = queries.content_of(session, found)
    if content is None or found.state == ImportState.WAITING:
        raise ImportMovedOn(found.state)
    with open_table(io.BytesIO(content)) as table:
        rows = [
            ["" if cell is None else shown(cell) for cell in row.cells]
            for row in islice(table.rows, EXAMPLES)
        ]
        return found, table.header, rows


def _chosen(kind: Kind, header: Sequence[str]) -> Columns:
    given = request.form
    names = {name: given.get(f"column-{place}") or None for place, name in enumerate(header)}
    fixed = {ours: given.get(f"fixed-{ours}", "").strip() for ours in naming.MAY_BE_FIXED[kind]}
    # What a column says needs no value for all: a value left over there is no fault.
    taken = set(names.values())
    return Columns(
        names, {ours: text for ours, text in fixed.items() if text and ours not in taken}
    )


def _errors(error: ColumnsUnnamed, header: Sequence[str], kind: Kind) -> dict[str, str]:
    errors: dict[str, str] = {}
    for each in error.data["faults"]:
        place, kind_of_fault, message = each["place"], each["fault"], each["message"]
        if kind_of_fault == "value":
            errors[f"fixed-{place}"] = fault(message)
        elif kind_of_fault == "missing":
            text = _FAULTS["missing"] % {"column": words.column(place)}
            can_be_fixed = place in naming.MAY_BE_FIXED[kind]
            errors[f"fixed-{place}" if can_be_fixed else f"missing-{place}"] = text
        else:
            at = list(header).index(place)
            chosen = request.form.get(f"column-{at}", "")
            said = {"column": words.column(chosen), "other": message}
            errors[f"column-{at}"] = _FAULTS[kind_of_fault] % said
    return errors


def _columns_page(
    session: Session,
    found: Import,
    header: Sequence[str],
    rows: list[list[str]],
    chosen: Columns,
    errors: Mapping[str, str],
) -> str:
    kind = Kind(found.kind)
    schemes = sorted(queries.surroundings(session).schemes or ())
    fixed = [
        (f"fixed-{ours}", words.column(ours), words.FIXED_HELP.get(ours, ""), ours)
        for ours in naming.MAY_BE_FIXED[kind]
    ]
    said = set(chosen.names.values())
    return render_template(
        "people/columns.html",
        file=found,
        columns=[
            ColumnShown(
                f"column-{place}",
                name,
                list(dict.fromkeys(row[place][:60] for row in rows if row[place])),
                _options(kind, name),
                chosen.names.get(name) or "",
            )
            for place, name in enumerate(header)
        ],
        fixed=[field for field in fixed if field[3] not in said],
        fixed_besides=[field for field in fixed if field[3] in said],
        values=chosen.fixed,
        schemes=schemes,
        scheme_options=[("", gettext("A column says it")), *((code, code) for code in schemes)],
        needed=[words.column(name) for name in naming.required_of(kind)],
        errors=errors,
        missing=[text for place, text in errors.items() if place.startswith("missing-")],
    )


def _options(kind: Kind, header: str) -> list[tuple[str, str]]:
    needed = naming.required_of(kind)
    options = [("", gettext("Leave this column out"))]
    options += [
        (name, f"{words.column(name)} *" if name in needed else words.column(name))
        for name in naming.names_of(kind)
    ]
    allowance = naming.allowance_of(header) if LAYOUTS[kind].allowances else None
    if allowance is not None:
        options.append((allowance, words.column(allowance)))
    return options
