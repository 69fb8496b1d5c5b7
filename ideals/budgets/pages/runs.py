"""HR's road: look at a month, post it, and see what every run did and whom it left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ideals import audit
from ideals.budgets import commands, computation, queries
from ideals.budgets.commands import PostLook, StartRun, StartRuns
from ideals.budgets.errors import LookOvertaken
from ideals.budgets.models import Run
from ideals.budgets.pages.words import code_words, gettext, quantity
from ideals.budgets.queries import RunView
from ideals.budgets.queries import runs as run_queries
from ideals.budgets.queries.runs import Cause, Compared, Comparison, Pace, RunsAsked, Skipped
from ideals.budgets.states import UNFINISHED, RunState, StartedAs
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.people.models import Employee
from ideals.schemes import queries as schemes
from ideals.schemes.rules.scheme import Component, GrantedHours, Scheme, named
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.charts import Mark
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.errors import register_words, words_for
from ideals.web.export import Row, csv_response, xlsx_response
from ideals.web.formats import SPACE
from ideals.web.guards import guard, role
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("runs_pages", __name__, template_folder="../templates")
navigation.register(
    "60-runs", NavItem(lazy_gettext("Runs"), "runs_pages.runs", role(Role.HR), group="monthly")
)

PAGE = 25
SKIPPED_PAGE = 50
MONTHS_BACK = 12
MONTHS_AHEAD = 3

register_words(
    "no_scheme_in_force",
    lazy_gettext(
        "Nobody has a scheme in force in that month. Publish a scheme, and import people whose "
        "rows name it."
    ),
)
register_words(
    "before_first_month",
    lazy_gettext("The scheme begins in %(first_month)s; nothing is owed for %(month)s."),
)
register_words(
    "month_too_far_ahead",
    lazy_gettext("%(month)s is too far ahead. The latest month that can be run is %(latest)s."),
)
register_words(
    "look_unfinished",
    lazy_gettext("This look is not done yet. Wait until it shows what posting would do."),
)
register_words(
    "look_overtaken",
    lazy_gettext("This month was posted after the look. See what that run did, or look again."),
)

STATES: dict[str, tuple[str, str, LazyString]] = {
    RunState.PLANNING: ("wait", "○", lazy_gettext("waits")),
    RunState.RUNNING: ("wait", "◐", lazy_gettext("working")),
    RunState.DONE: ("good", "●", lazy_gettext("done")),
    RunState.FAILED: ("bad", "✕", lazy_gettext("failed")),
}
"""State to tone, shape and word: colour is never the only sign."""

STARTED = {
    StartedAs.SCHEDULE: lazy_gettext("by the schedule"),
    StartedAs.COMMAND: lazy_gettext("by a command, %(who)s"),
    StartedAs.API: lazy_gettext("by a program, for %(who)s"),
    StartedAs.PAGE: lazy_gettext("by %(who)s, on this page"),
}


# The list


@bp.get("/runs")
@guard(role(Role.HR))
def runs() -> str:
    """Runs and looks by month, the newest first; and the way to begin one."""
    return _list_page()


def _list_page(errors: dict[str, str] | None = None, asked_month: Month | None = None) -> str:
    asked = _asked()
    now = clock.now()
    zone = Settings.read().zone
    this = clock.month_of(now, zone)
    with unit_of_work() as session:
        found = paginate(
            session,
            run_queries.runs_wanted(asked),
            page_request(limit=PAGE),
            *run_queries.NEWEST_FIRST,
            descending=True,
        )
        views = queries.run_views(session, found.items)
        in_force = {scheme.code: scheme for scheme in schemes.latest_schemes(session)}
        due = run_queries.next_due(session, in_force, now.astimezone(zone).date())
        choices = run_queries.run_choices(session)
    names = {code: scheme.name(language()) for code, scheme in in_force.items()}
    return render_template(
        "budgets/runs.html",
        page=Page(views, found.next),
        asked=asked,
        filtered=asked != RunsAsked(),
        schemes=[(code, names.get(code, code)) for code in choices.schemes],
        months=choices.months,
        names=names,
        states=STATES,
        next_month=due or this,
        months_to_look_at=[this.plus(step) for step in range(MONTHS_AHEAD, -MONTHS_BACK - 1, -1)],
        asked_month=asked_month or this,
        is_due=due is not None,
        errors=errors or {},
        started=_started,
        total=_total,
    )


def _asked() -> RunsAsked:
    """From the address; what cannot be read asks nothing."""
    states = {state.value: state for state in RunState}
    kinds = {"look": True, "run": False}
    return RunsAsked(
        scheme=request.args.get("scheme") or None,
        month=_month(request.args.get("month")),
        state=states.get(request.args.get("state", "")),
        look=kinds.get(request.args.get("kind", "")),
    )


def _month(given: str | None) -> Month | None:
    try:
        return Month.parse(given) if given else None
    except IdealsError:
        return None


@bp.post("/runs")
@guard(role(Role.HR))
def look() -> BaseResponse | str | tuple[str, int]:
    """Start a look at a month, for one scheme or each that is in use. Posts nothing."""
    month = _month(request.form.get("month"))
    if month is None:
        error = gettext("Choose a month, such as 2026-03.")
        return _list_page({"month": error}), 422
    scheme = request.form.get("scheme")
    actor, now = current_actor(), clock.now()
    try:
        with unit_of_work() as session:
            if scheme:
                one = StartRun(scheme, month, look=True, started_as=StartedAs.PAGE)
                started = [commands.start_run(session, one, actor=actor, now=now)]
            else:
                each = StartRuns(month, look=True, started_as=StartedAs.PAGE)
                started = commands.start_runs(session, each, actor=actor, now=now)
    except IdealsError as error:
        return _list_page({"month": words_for(error)}, month), 422
    if len(started) == 1:
        return redirect(url_for("runs_pages.run", run_id=started[0].id), 303)
    flash(gettext("A look was started for each scheme in use."))
    return redirect(url_for("runs_pages.runs", month=str(month)), 303)


# One run


@dataclass(frozen=True, slots=True)
class Finished:
    """What a finished run did, or a look would do; `skipped` is one page of them."""

    comparison: Comparison
    skipped: Page[Skipped]
    posted: Run | None
    changed_since: bool


@bp.get("/runs/<int:run_id>")
@guard(role(Role.HR))
def run(run_id: int) -> str:
    """How far it is, as long as it works; then what it did, to whom not, and what to do next."""
    now = clock.now()
    with unit_of_work() as session:
        shown = run_queries.run_of(session, run_id)
        view = queries.run_views(session, [shown])[0]
        pace = run_queries.pace_of(session, shown, view, now=now)
        scheme = schemes.scheme_for(session, shown.scheme, shown.month)
        finished = _finished(session, shown, view, scheme) if view.state == RunState.DONE else None
        waits_for = run_queries.waits_for(session, shown)
        under_way = queries.unfinished_run(session, shown.scheme, shown.month)
    names = _part_names(scheme)
    tables = _by_unit(finished.comparison, names) if finished else {}
    return render_template(
        "budgets/runs_one.html",
        run=view,
        title=_title(view),
        scheme_name=scheme.name(language()) if scheme else view.scheme,
        working=view.state in UNFINISHED,
        percent=_percent(view),
        pace=pace,
        minutes_still=_whole_minutes(pace),
        waits_for=waits_for,
        under_way=under_way,
        finished=finished,
        bars=_bars(tables.get(Unit.EUR, []), names),
        tables=tables,
        earlier=[line for line in view.differences if line.earlier],
        names=names,
        total=_total(view),
        states=STATES,
        started=_started,
        remedy=remedy,
        span=span,
        signed=signed,
        quantity=quantity,
        Unit=Unit,
    )


def _finished(session: Session, run: Run, view: RunView, scheme: Scheme | None) -> Finished:
    found = paginate(
        session,
        run_queries.skipped_of(run.id),
        page_request(limit=SKIPPED_PAGE),
        Employee.number,
        show=run_queries.skipped,
    )
    return Finished(
        comparison=run_queries.comparison(session, run, view, scheme),
        skipped=found,
        posted=run_queries.posted_since(session, run) if run.look else None,
        changed_since=run.look and run_queries.facts_changed_since(session, run),
    )


@bp.post("/runs/<int:run_id>/post")
@guard(role(Role.HR))
def post(run_id: int) -> BaseResponse:
    """Post what the look `run_id` showed. Pressed twice, it leads to the same run twice."""
    now = clock.now()
    with unit_of_work() as session:
        cmd = PostLook(run_id, StartedAs.PAGE)
        started = commands.post_look(session, cmd, actor=current_actor(), now=now)
        new = started.created_at == now
    if not new:
        flash(gettext("This month has a run since that look: this is it."), "wait")
    return redirect(url_for("runs_pages.run", run_id=started.id), 303)


# Downloads


@bp.get("/runs/<int:run_id>/skipped.<any(csv, xlsx):kind>")
@guard(role(Role.HR))
def skipped_file(run_id: int, kind: str) -> Response:
    """Everybody who was skipped, with reason and remedy. Written down."""
    view, names = _downloaded(run_id, "budgets.skipped_downloaded", kind)
    header = [gettext("Number"), gettext("Name"), gettext("Reason"), gettext("What to do")]
    return _file(kind, f"skipped-{_file_name(view)}", header, _skipped_rows(run_id, names))


@bp.get("/runs/<int:run_id>/differences.<any(csv, xlsx):kind>")
@guard(role(Role.HR))
def differences_file(run_id: int, kind: str) -> BaseResponse:
    """What the run did to whom, one line for each employee, month and part. Written down."""
    try:
        with unit_of_work() as session:
            run = run_queries.run_of(session, run_id)
            computation.differences_for(session, run, [])
    except LookOvertaken as error:
        flash(words_for(error), "wait")
        return redirect(url_for("runs_pages.run", run_id=run_id))
    view, names = _downloaded(run_id, "budgets.differences_downloaded", kind)
    header = [
        gettext("Number"),
        gettext("Name"),
        gettext("Month"),
        gettext("Part"),
        gettext("Euro"),
        gettext("Hours"),
    ]
    return _file(kind, f"differences-{_file_name(view)}", header, _difference_rows(run_id, names))


def _downloaded(run_id: int, act: str, kind: str) -> tuple[RunView, dict[str, str]]:
    """The run and the names of its parts; that somebody took a file of people is recorded."""
    with unit_of_work() as session:
        run = run_queries.run_of(session, run_id)
        audit.record(
            session, act, run.source, actor=current_actor(), now=clock.now(), run=run_id, file=kind
        )
        scheme = schemes.scheme_for(session, run.scheme, run.month)
        return queries.run_views(session, [run])[0], _part_names(scheme)


def _file(kind: str, name: str, header: list[str], rows: Iterable[Row]) -> Response:
    return (csv_response if kind == "csv" else xlsx_response)(name, header, rows)


def _file_name(view: RunView) -> str:
    which = gettext("look") if view.look else gettext("run")
    return f"{which}-{view.scheme}-{view.month}-{view.id if view.look else view.round}"


def _skipped_rows(run_id: int, names: dict[str, str]) -> Iterator[Row]:
    with unit_of_work() as session:
        for line in run_queries.all_skipped(session, run_id):
            told = remedy(line, names)
            yield line.number, line.name, told.why, told.what


def _difference_rows(run_id: int, names: dict[str, str]) -> Iterator[Row]:
    """By number; some hundred employees at a time, so that it costs no memory."""
    with unit_of_work() as session:
        everybody = run_queries.employees_of(session, run_id)
    for at in range(0, len(everybody), run_queries.BATCH):
        with unit_of_work() as session:
            run = run_queries.run_of(session, run_id)
            some = everybody[at : at + run_queries.BATCH]
            for line in computation.differences_for(session, run, some):
                euros = Money(line.minor) if line.unit is Unit.EUR else None
                hours = Minutes(line.minor) if line.unit is Unit.MIN else None
                part = names.get(line.code) or code_words(line.code)
                yield line.number, line.name, line.for_month, part, euros, hours


# In words


@dataclass(frozen=True, slots=True)
class Remedy:
    """Why somebody was skipped, what to enter where, and the text of the failure if that helps."""

    why: str
    what: str
    detail: str = ""


_AGAIN = lazy_gettext("The next run then settles this month by itself.")
_MISSING: dict[Cause, tuple[LazyString, LazyString]] = {
    Cause.SALARY_PAID: (
        lazy_gettext("What was really paid during sickness is not known."),
        lazy_gettext("Import the pay element salary_paid of the month in the pay file."),
    ),
    Cause.WEEKLY_HOURS: (
        lazy_gettext("The weekly hours are not known."),
        lazy_gettext("Give weekly_hours in the people file."),
    ),
    Cause.SCALE: (
        lazy_gettext("The salary scale is not known."),
        lazy_gettext("Give scale in the people file."),
    ),
    Cause.BIRTH_DATE: (
        lazy_gettext("The date of birth is not known."),
        lazy_gettext("Give birth_date in the people file."),
    ),
}


def remedy(line: Skipped, names: dict[str, str]) -> Remedy:
    part = names.get(line.component, line.component)
    if line.cause in _MISSING:
        why, what = _MISSING[line.cause]
        if part:
            why_with = gettext("%(why)s It is needed for %(part)s.", why=str(why), part=part)
        return Remedy(why_with if part else str(why), f"{what} {_AGAIN}")
    match line.cause:
        case Cause.FORMULA:
            return Remedy(
                gettext("The formula of %(part)s has no result.", part=part),
                gettext(
                    "Correct this employee's facts; if they are right, publish a version of the "
                    "scheme whose formula can handle them."
                ),
                line.reason,
            )
        case Cause.NEGATIVE:
            return Remedy(
                gettext("%(part)s would be below zero.", part=part),
                gettext(
                    "Correct this employee's facts, or publish a version of the scheme whose "
                    "formula begins with max(0, ...)."
                ),
            )
        case Cause.POISON:
            return Remedy(
                gettext("The calculation for this employee ended its worker each time."),
                gettext("This is our fault, not yours: tell the makers the number of the run."),
            )
    return Remedy(
        gettext("The budget could not be worked out."),
        gettext("Correct what the message names."),
        line.reason,
    )


def _part_names(scheme: Scheme | None) -> dict[str, str]:
    """Components and granted hours by code, in the order of the scheme."""
    parts: list[Component | GrantedHours] = []
    if scheme is not None:
        parts = [*scheme.components, *scheme.hours]
    return {part.code: named(part.names, language(), _readable(part.code)) for part in parts}


def _readable(code: str) -> str:
    """`holiday_allowance` for who gave it no name."""
    return code.replace("_", " ").capitalize()


def _started(view: RunView) -> str:
    return str(STARTED[StartedAs(view.started_as)] % {"who": view.started_by})


def _total(view: RunView) -> str:
    """`€ 264.000,00 and 120 h`: all that the run changed, corrections of earlier months too."""
    euros = sum(line.amount.minor for line in view.differences if line.amount is not None)
    minutes = sum(line.minutes.minor for line in view.differences if line.minutes is not None)
    parts = []
    if euros or not minutes:
        parts.append(formats.money(Money(euros)))
    if minutes:
        parts.append(formats.hours(minutes))
    return gettext(" and ").join(parts)


def _title(view: RunView) -> str:
    month = formats.month_name(view.month)
    return (
        gettext("Look %(month)s", month=month)
        if view.look
        else gettext("Run %(month)s", month=month)
    )


def _percent(view: RunView) -> int:
    if view.state == RunState.DONE:
        return 100
    return view.done * 100 // view.employees if view.employees else 0


def _whole_minutes(pace: Pace) -> int:
    return int(pace.still_for.total_seconds() // 60) if pace.still_for else 0


def span(length: timedelta) -> str:
    """`less than a second`, `40 s`, `3 min`, `1 h 20 min`: as exact as one cares."""
    seconds = round(length.total_seconds())
    if seconds < 1:
        return gettext("less than a second")
    if seconds < 90:
        return f"{seconds}{SPACE}{gettext('s')}"
    return formats.hours(round(seconds / 60))


def signed(unit: Unit, minor: int) -> str:
    """A difference: with its sign, so that it reads as one."""
    sign = "+" if minor > 0 else ""
    return f"{sign}{quantity(unit, minor)}"


def _by_unit(compared: Comparison, names: dict[str, str]) -> dict[Unit, list[Compared]]:
    """Euros, then hours, each in the order of the scheme; what it no longer has comes last."""
    order = {code: place for place, code in enumerate(names)}
    lines = sorted(compared.lines, key=lambda line: order.get(line.code, len(order)))
    return {
        unit: of_unit for unit in Unit if (of_unit := [line for line in lines if line.unit is unit])
    }


def _bars(lines: list[Compared], names: dict[str, str]) -> list[Mark]:
    """The differences that can be drawn, the negative ones in the second colour."""
    return [
        Mark(
            names.get(line.code) or code_words(line.code),
            line.difference,
            signed(line.unit, line.difference),
            "second" if line.difference < 0 else "",
        )
        for line in lines
        if line.difference is not None
    ]
