"""One month for HR: what stands in the way of closing it, what the close would do, how far it is,
and what it did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import LazyString, lazy_gettext, ngettext
from sqlalchemy import Row as Found
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ideals import audit
from ideals.budgets.models import Run
from ideals.budgets.pages.runs import remedy, span
from ideals.budgets.queries import DifferenceLine, RunView
from ideals.budgets.queries import runs as run_queries
from ideals.budgets.queries.runs import Pace
from ideals.budgets.states import RunState, StartedAs
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month, MonthUnreadable
from ideals.kernel.quantity import Minutes, Unit
from ideals.ledger.states import AccountKind, MonthState, Reason
from ideals.notices.queries import Words
from ideals.people import queries as people_queries
from ideals.people.models import Employee
from ideals.schemes import queries as schemes
from ideals.schemes.rules import Debt, LeftOver, Scheme
from ideals.schemes.rules.scheme import named
from ideals.shop.commands import closing as commands
from ideals.shop.commands.closing import CloseMonth, NoteDeath
from ideals.shop.errors import CloseRefused
from ideals.shop.models import Order
from ideals.shop.pages.months import STATES, payroll_of
from ideals.shop.pages.words import gettext, order_title
from ideals.shop.queries import before_close, closing, departures
from ideals.shop.queries import months as month_queries
from ideals.shop.queries.before_close import Expected, LeftOut, Waiting
from ideals.shop.queries.closing import MonthView, Obstacle, SchemeMonth
from ideals.shop.rules.closing import (
    DEBT,
    LEAVE,
    LEFT_OVER,
    PAY,
    REST,
    UNTOLD,
    Move,
    pays_out,
)
from ideals.shop.states import Waits
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.errors import register_words, words_for
from ideals.web.export import Row, csv_response, xlsx_response
from ideals.web.guards import guard, role
from ideals.web.language import language

bp = Blueprint("closing_pages", __name__, template_folder="../templates")

LEAVERS, WAITING, SKIPPED = 25, 10, 50
"""Lines shown at once; the files have all of them."""
LONGEST_REASON = 200
NO_EUROS, NO_TIME = Money(0), Minutes(0)

register_words("month_unknown", lazy_gettext("There is no such month in the books."))
register_words(
    "close_refused",
    lazy_gettext("This month cannot be closed now. Look at what stands in its way."),
)

QUESTIONS: dict[str, LazyString] = {
    "earlier_month": lazy_gettext("Earlier months are sealed"),
    "run_unfinished": lazy_gettext("No run is at work"),
    "not_allocated": lazy_gettext("Budgets are allocated"),
    "deadline": lazy_gettext("The deadline has passed"),
}
"""What has to be so before a month is closed, by the code of the obstacle."""


# The page


@bp.get("/months/<month>")
@guard(role(Role.HR))
def month(month: str) -> str:
    return _page(_month(month))


@bp.post("/months/<month>/close")
@guard(role(Role.HR))
def close(month: str) -> BaseResponse | tuple[str, int]:
    """Pressed twice, or after it was closed, it leads to the same close."""
    asked, actor, now = _month(month), current_actor(), clock.now()
    early = request.form.get("early", "").strip()[:LONGEST_REASON]
    cmd = CloseMonth(asked, StartedAs.PAGE, early)
    try:
        with unit_of_work() as session:
            commands.close_month(session, cmd, actor=actor, now=now, zone=Settings.read().zone)
    except CloseRefused as refused:
        return _page(asked, refused=refused), 409
    return redirect(url_for("closing_pages.month", month=month), 303)


@bp.post("/months/<month>/deaths")
@guard(role(Role.HR))
def death(month: str) -> BaseResponse:
    """That a leaver has died, so that the scheme waives a debt; or that this was a mistake."""
    asked, actor, now = _month(month), current_actor(), clock.now()
    died = request.form.get("died") == "yes"
    with unit_of_work() as session:
        number = request.form.get("number", "")
        employee = people_queries.access_employee(session, number, actor=actor, on=_today(now))
        commands.note_death(session, NoteDeath(employee.id, died), actor=actor, now=now)
    flash(
        gettext("Noted: %(name)s has died.", name=employee.name)
        if died
        else gettext("Taken back: %(name)s has not died.", name=employee.name)
    )
    return redirect(url_for("closing_pages.month", month=asked, _anchor="leavers"), 303)


def _month(given: str) -> Month:
    try:
        return Month.parse(given)
    except MonthUnreadable:
        abort(404)


def _today(now: datetime) -> date:
    return now.astimezone(Settings.read().zone).date()


def _page(month: Month, *, refused: CloseRefused | None = None) -> str:
    now = clock.now()
    with unit_of_work() as session:
        view = closing.month_view(session, month, _today(now))
        book = _schemes(session, view)
        about = _parts(session, view, book, now)
    return render_template(
        "shop/closing.html",
        view=view,
        title=formats.month_name(month),
        state=STATES[view.state],
        scheme_name=lambda code: book[code].name(language()) if code in book else code,
        errors={} if refused is None else _errors(refused),
        early=request.form.get("early", ""),
        title_of=order_title,
        waits_for=WAITS_FOR,
        becomes=BECOMES,
        cents=Money,
        **about,
    )


def _schemes(session: Session, view: MonthView) -> dict[str, Scheme]:
    codes = [each.scheme for each in view.schemes]
    found = {code: schemes.scheme_for(session, code, view.month) for code in codes}
    return {code: scheme for code, scheme in found.items() if scheme is not None}


def _parts(
    session: Session, view: MonthView, book: Mapping[str, Scheme], now: datetime
) -> dict[str, object]:
    match view.state:
        case MonthState.OPEN:
            return {"before": _before(session, view, book)}
        case MonthState.CLOSING:
            return {"working": _working(session, view, now), "span": span}
        case MonthState.SEALED:
            return {
                "after": _after(session, view, book),
                "payroll": payroll_of(view.month),
                "remedy": remedy,
            }


def _errors(refused: CloseRefused) -> dict[str, str]:
    """Beside the field where a word is missing, else over the page."""
    if refused.data["why"] == "deadline":
        return {"early": gettext("Say in a few words why it is closed before its deadline.")}
    return {"": words_for(refused)}


# Before it is closed


@dataclass(frozen=True, slots=True)
class Check:
    """Something that has to be so. `hindrances`: in words, with where it is cleared."""

    question: str
    hindrances: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that the close would do: in words, to how many, for how much."""

    what: str
    people: int
    euros: Money | None = None


@dataclass(frozen=True, slots=True)
class LeaverLine:
    """`gets`: paid out; `pays`: deducted from pay. `waives`: whether the scheme lets a debt go when
    somebody has died, as HR says with `died`. `failure`: why it cannot be worked out."""

    number: str
    name: str
    leaves_on: date
    gets: Money = NO_EUROS
    pays: Money = NO_EUROS
    waived: Money = NO_EUROS
    leave: Minutes = NO_TIME
    waives: bool = False
    died: bool = False
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    checks: Sequence[Check]
    only_deadline: bool
    """Nothing but the deadline stands in the way: HR may close early, with a word."""
    undecided: int | None
    runs_first: bool
    """Facts of leavers have changed: an allocation comes before the close, and their amounts
    change."""
    left_out: Sequence[LeftOut]
    effects: Mapping[str, Sequence[Effect]]
    summary: str
    leavers: Page[LeaverLine]
    waiting: Sequence[Waiting]
    waits: int

    @property
    def ready(self) -> bool:
        return not any(check.hindrances for check in self.checks)


def _before(session: Session, view: MonthView, book: Mapping[str, Scheme]) -> Before:
    would = before_close.expected(session, view.month, book)
    held = session.execute(
        before_close.waiting_wanted(view.month).order_by(Order.number).limit(WAITING)
    ).all()
    leaving = paginate(
        session,
        before_close.leavers_wanted(view.month),
        page_request(limit=LEAVERS),
        Employee.number,
    )
    ids = {row.id for row in leaving.items}
    return Before(
        checks=_checks(view, book),
        only_deadline=bool(view.obstacles)
        and all(each.code == "deadline" for each in view.obstacles),
        undecided=_undecided(session, view),
        runs_first=any(closing.leavers_changed(session, code, view.month) for code in book),
        left_out=before_close.left_out(session, view.month),
        effects={code: _effects(book[code], view.month, each) for code, each in would.items()},
        summary=_summary(view.month, would.values()),
        leavers=Page(_leavers(session, view.month, leaving.items, book), leaving.next),
        waiting=before_close.waiting(session, held, book, ids),
        waits=sum(each.pending for each in view.schemes),
    )


def _undecided(session: Session, view: MonthView) -> int | None:
    """Of a month without budgets nobody asks."""
    if not any(each.allocated for each in view.schemes):
        return None
    return month_queries.undecided(session, [view.month]).get(view.month, 0)


def _checks(view: MonthView, book: Mapping[str, Scheme]) -> list[Check]:
    found: dict[str, list[tuple[str, str]]] = {code: [] for code in QUESTIONS}
    for obstacle in view.obstacles:
        found.setdefault(obstacle.code, []).append(_hindrance(view.month, obstacle, book))
    return [Check(str(QUESTIONS[code]), found[code]) for code in QUESTIONS]


def _hindrance(month: Month, obstacle: Obstacle, book: Mapping[str, Scheme]) -> tuple[str, str]:
    """In words, and where it is cleared; empty where only time does."""
    data = obstacle.data
    code = data.get("scheme", "")
    scheme = book[code].name(language()) if code in book else code
    match obstacle.code:
        case "earlier_month":
            earlier = Month.parse(data["earliest"])
            name = formats.month_name(earlier).capitalize()
            said = gettext("%(month)s is not closed yet.", month=name)
            return said, url_for("closing_pages.month", month=earlier)
        case "run_unfinished":
            said = gettext("A run of %(scheme)s is still at work.", scheme=scheme)
            return said, url_for("runs_pages.runs", month=month)
        case "not_allocated":
            said = gettext("There was no run for %(scheme)s yet.", scheme=scheme)
            return said, url_for("runs_pages.runs", month=month)
        case "deadline":
            day = formats.day(date.fromisoformat(data["last_day"]))
            said = gettext("%(scheme)s takes orders through %(day)s.", scheme=scheme, day=day)
            return said, ""
    return obstacle.message, ""


def _effects(scheme: Scheme, month: Month, would: Expected) -> list[Effect]:
    rule, left = scheme.calendar.left_over, Money(would.left_minor)
    if rule is LeftOver.SAVE_AS_LEAVE:
        what = gettext("What is left over is saved as leave; what is too little for it is paid out")
    elif pays_out(rule, month):
        what = gettext("What is left over is paid out")
    else:
        what = gettext("What is left over is kept; nothing moves")
    others = [
        Effect(gettext("Leavers are settled"), would.leavers),
        Effect(
            gettext("Orders that wait are ended, and what they hold is given back"), would.released
        ),
        Effect(gettext("Orders that wait are taken for a yes"), would.confirmed),
    ]
    return [Effect(what, would.left_people, left), *(each for each in others if each.people)]


def _summary(month: Month, would: Iterable[Expected]) -> str:
    """What the button does, in one sentence or two."""
    people = sum(each.employees for each in would)
    said = ngettext(
        "Closing %(month)s looks at one employee, and seals the month.",
        "Closing %(month)s looks at %(people)s employees, and seals the month.",
        people,
        month=formats.month_name(month),
        people=formats.number(people),
    )
    sealed = gettext("A sealed month never changes; payroll takes it from there.")
    return f"{said} {sealed}"


def _leavers(
    session: Session, month: Month, rows: Sequence[Found[Any]], book: Mapping[str, Scheme]
) -> list[LeaverLine]:
    found: dict[int, list[Move] | IdealsError] = {}
    for code, scheme in book.items():
        days = {row.id: row.leaves_on for row in rows if row.scheme == code}
        if days:
            found |= departures.settlements(session, scheme, month, days)
    dead = closing.dead(session, [row.id for row in rows])
    return [_leaver(row, book.get(row.scheme), found.get(row.id, []), dead) for row in rows]


def _leaver(
    row: Found[Any], scheme: Scheme | None, moves: list[Move] | IdealsError, dead: set[int]
) -> LeaverLine:
    waives = scheme is not None and scheme.leaving.debt is Debt.WAIVE_ON_DEATH
    line = LeaverLine(row.number, row.name, row.leaves_on, waives=waives, died=row.id in dead)
    if isinstance(moves, IdealsError):
        return replace(line, failure=moves.message)
    euros = [move for move in moves if move.unit is Unit.EUR]
    return replace(
        line,
        gets=Money(sum(move.minor for move in euros if move.target == PAY)),
        pays=Money(sum(move.minor for move in euros if move.source == PAY)),
        waived=Money(sum(move.minor for move in euros if move.reason is Reason.WAIVED)),
        leave=Minutes(
            sum(move.minor for move in moves if move.unit is Unit.MIN and move.source == LEAVE)
        ),
    )


# While it is closed


@dataclass(frozen=True, slots=True)
class Stage:
    """The close of one scheme. `still`: minutes without anything done, when they are many."""

    scheme: str
    run: RunView | None
    pace: Pace | None
    still: int
    waits_for: Run | None


@dataclass(frozen=True, slots=True)
class Working:
    stages: Sequence[Stage]
    done: int
    employees: int

    @property
    def percent(self) -> int:
        return self.done * 100 // self.employees if self.employees else 0

    @property
    def sealing(self) -> bool:
        return all(stage.run and stage.run.state == RunState.DONE for stage in self.stages)


def _working(session: Session, view: MonthView, now: datetime) -> Working:
    runs = {run.id: run for run in closing.close_runs(session, view.month)}
    stages = [_stage(session, each, runs, now) for each in view.schemes]
    views = [each.close for each in view.schemes if each.close is not None]
    return Working(stages, sum(each.done for each in views), sum(each.employees for each in views))


def _stage(session: Session, line: SchemeMonth, runs: Mapping[int, Run], now: datetime) -> Stage:
    run = runs.get(line.close.id) if line.close is not None else None
    if run is None or line.close is None:
        return Stage(line.scheme, None, None, 0, None)
    pace = run_queries.pace_of(session, run, line.close, now=now)
    still = int(pace.still_for.total_seconds() // 60) if pace.still_for else 0
    return Stage(line.scheme, line.close, pace, still, run_queries.waits_for(session, run))


# After it was sealed


@dataclass(frozen=True, slots=True)
class Did:
    """What a close moved: in words, for how many, and what it brought to their accounts or took."""

    what: str
    people: int
    euros: Money | None
    leave: Minutes | None


@dataclass(frozen=True, slots=True)
class After:
    did: Mapping[str, Sequence[Did]]
    skipped: int
    skips: Sequence[run_queries.Skipped]
    names: Mapping[str, str]
    released: int


def _after(session: Session, view: MonthView, book: Mapping[str, Scheme]) -> After:
    closes = [each.close for each in view.schemes if each.close is not None]
    run_ids = [run.id for run in closes]
    return After(
        did={run.scheme: _did(run, book.get(run.scheme)) for run in closes},
        skipped=sum(run.skipped for run in closes),
        skips=[*islice(month_queries.skipped(session, run_ids), SKIPPED)],
        names=_names(book),
        released=month_queries.released(session, view.month),
    )


def _did(run: RunView, scheme: Scheme | None) -> list[Did]:
    """One line for each thing that happened, euros and hours together."""
    lines: dict[str, list[DifferenceLine]] = {}
    for line in run.differences:
        lines.setdefault(line.code, []).append(line)
    return [
        Did(
            _in_words(code, scheme),
            max(line.employees for line in of_code),
            next((line.amount for line in of_code if line.amount is not None), None),
            next((line.minutes for line in of_code if line.minutes is not None), None),
        )
        for code, of_code in lines.items()
    ]


def _in_words(code: str, scheme: Scheme | None) -> str:
    if code == LEFT_OVER and scheme and scheme.calendar.left_over is LeftOver.SAVE_AS_LEAVE:
        return gettext("Left over, saved as leave; what was too little for it was paid out")
    if code in MOVED:
        return str(MOVED[code])
    product = scheme.products.get(code) if scheme is not None else None
    name = code if product is None else named(product.names, language(), code)
    return gettext("%(product)s of leavers, given back", product=name)


MOVED: dict[str, LazyString] = {
    LEFT_OVER: lazy_gettext("Left over, paid out"),
    REST: lazy_gettext("Budgets of leavers, paid out"),
    AccountKind.SAVINGS: lazy_gettext("Savings of leavers, paid out"),
    AccountKind.DEVELOPMENT: lazy_gettext("Development accounts of leavers, paid out"),
    DEBT: lazy_gettext("Debts of leavers, paid or waived"),
    UNTOLD: lazy_gettext("Granted leave of leavers, for payroll to settle"),
}
"""By the code of what a close moves; a product's own code is a product."""


def _names(book: Mapping[str, Scheme]) -> dict[str, str]:
    """Products by code, for the reasons why somebody was skipped."""
    return {
        code: named(product.names, language(), code)
        for scheme in book.values()
        for code, product in scheme.products.items()
    }


def closed_words(data: Mapping[str, Any], in_language: str) -> Words:
    """The notice that a month is sealed. Spoken in the language that is set, without a request."""
    del in_language
    month = Month.parse(data["month"])
    name = formats.month_name(month)
    said = gettext("%(month)s is closed and sealed; payroll can take it.", month=name.capitalize())
    if data["skipped"]:
        said += " " + ngettext(
            "%(num)s employee was skipped: look why, and what to do.",
            "%(num)s employees were skipped: look why, and what to do.",
            data["skipped"],
        )
    title = gettext("%(month)s is closed", month=name.capitalize())
    return Words(title, said, f"/months/{month}", gettext("Look at %(month)s", month=name))


# Downloads


@bp.get("/months/<month>/skipped.<any(csv, xlsx):kind>")
@guard(role(Role.HR))
def skipped_file(month: str, kind: str) -> Response:
    """Everybody whom the close skipped, with reason and remedy. Written down."""
    asked, now = _month(month), clock.now()
    with unit_of_work() as session:
        view = closing.month_view(session, asked, _today(now))
        names = _names(_schemes(session, view))
        _downloaded(session, "shop.skipped_downloaded", asked, kind, now)
    run_ids = [each.close.id for each in view.schemes if each.close is not None]
    header = [gettext("Number"), gettext("Name"), gettext("Reason"), gettext("What to do")]
    return _file(kind, gettext("skipped"), asked, header, _skipped_rows(run_ids, names))


def _skipped_rows(run_ids: Sequence[int], names: dict[str, str]) -> Iterator[Row]:
    with unit_of_work() as session:
        for line in month_queries.skipped(session, run_ids):
            told = remedy(line, names)
            yield line.number, line.name, told.why, told.what


@bp.get("/months/<month>/leavers.<any(csv, xlsx):kind>")
@guard(role(Role.HR))
def leavers_file(month: str, kind: str) -> Response:
    """What each leaver would get by a close now. Written down."""
    asked, now = _month(month), clock.now()
    with unit_of_work() as session:
        book = _schemes(session, closing.month_view(session, asked, _today(now)))
        _downloaded(session, "shop.leavers_downloaded", asked, kind, now)
    header = [
        gettext("Number"),
        gettext("Name"),
        gettext("Last day"),
        gettext("Gets"),
        gettext("Pays"),
        gettext("Waived"),
        gettext("Hours of leave"),
        gettext("What is missing"),
    ]
    return _file(kind, gettext("leavers"), asked, header, _leaver_rows(asked, book))


def _leaver_rows(month: Month, book: Mapping[str, Scheme]) -> Iterator[Row]:
    """By number; some at a time, so that it costs no memory."""
    with unit_of_work() as session:
        rows = session.execute(before_close.leavers_wanted(month).order_by(Employee.number)).all()
    for at in range(0, len(rows), run_queries.BATCH):
        with unit_of_work() as session:
            some = rows[at : at + run_queries.BATCH]
            for line in _leavers(session, month, some, book):
                yield (
                    line.number,
                    line.name,
                    line.leaves_on,
                    line.gets,
                    line.pays,
                    line.waived,
                    line.leave,
                    line.failure,
                )


@bp.get("/months/<month>/waiting.<any(csv, xlsx):kind>")
@guard(role(Role.HR))
def waiting_file(month: str, kind: str) -> Response:
    """Every order that nobody decided, and what a close now would make of it. Written down."""
    asked, now = _month(month), clock.now()
    with unit_of_work() as session:
        book = _schemes(session, closing.month_view(session, asked, _today(now)))
        found = session.execute(before_close.waiting_wanted(asked).order_by(Order.number)).all()
        leaving = {row.id for row in session.execute(before_close.leavers_wanted(asked))}
        lines = before_close.waiting(session, found, book, leaving)
        _downloaded(session, "shop.waiting_downloaded", asked, kind, now)
    header = [
        gettext("Order"),
        gettext("Number"),
        gettext("Name"),
        gettext("What"),
        gettext("Euro"),
        gettext("At the close"),
    ]
    rows = (
        (
            line.order.number,
            line.whose,
            line.name,
            order_title(line.order, line.product),
            Money(line.order.price_minor),
            str(BECOMES[line.released]),
        )
        for line in lines
    )
    return _file(kind, gettext("waiting"), asked, header, rows)


WAITS_FOR: dict[Waits, LazyString] = {
    Waits.EVIDENCE: lazy_gettext("evidence"),
    Waits.CHECK: lazy_gettext("a look at the evidence"),
    Waits.APPROVAL: lazy_gettext("somebody's yes"),
}
BECOMES = {
    True: lazy_gettext("is ended, and what it holds is given back"),
    False: lazy_gettext("is taken for a yes"),
}
"""What the close makes of an order that waits, by whether it is released."""


def _downloaded(session: Session, act: str, month: Month, kind: str, now: datetime) -> None:
    audit.record(session, act, f"month:{month}", actor=current_actor(), now=now, file=kind)


def _file(kind: str, what: str, month: Month, header: list[str], rows: Iterable[Row]) -> Response:
    answer = csv_response if kind == "csv" else xlsx_response
    return answer(f"{what}-{month}", header, rows)
