"""`/style`: every part of the pages in every state, with made-up data. In demo mode only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from babel.dates import format_date
from flask import Blueprint, Response, abort, current_app, flash, render_template, request
from flask_babel import gettext

from ideals.kernel.errors import Conflict, NotAllowed
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.web.charts import Mark
from ideals.web.cursors import Page, page_of_list, page_request
from ideals.web.differences import compare
from ideals.web.export import csv_response, xlsx_response
from ideals.web.formats import money
from ideals.web.guards import guard, public
from ideals.web.language import language

bp = Blueprint("style_pages", __name__, url_prefix="/style")

JOBS = 12
"""Steps until the made-up long work is done."""
MARCH = Month(2026, 3)
OLD = """scheme: meridian
version: "2025-01"
rounding: half_up
calendar:
  allocate_on: 1
  left_over: keep_until_december
components:
  holiday_allowance: {formula: "8% * salary"}
  life_course: {formula: "1.50% * salary"}
  parking: {formula: "25"}
leaving: {rest: pay}
"""
NEW = """scheme: meridian
version: "2026-01"
rounding: half_up
calendar:
  allocate_on: 1
  left_over: keep_until_december
components:
  holiday_allowance: {formula: "8% * salary"}
  life_course: {formula: "1.80% * salary"}
  extra_leave: {formula: "(2.00% + 0.80% + 0.40%) * salary"}
leaving: {rest: pay}
"""


@dataclass(frozen=True, slots=True)
class Somebody:
    number: str
    name: str
    unit: str
    budget: Money


NAMES = ("Anna", "Boris", "Clara", "Dina", "Egor", "Fatma", "Guus", "Hanna")
SURNAMES = ("de Vries", "Öztürk", "van den Berg-Jansen", "Kowalski")
UNITS = ("Bank/Retail/Zwolle", "Bank/Operations")
PEOPLE = tuple(
    Somebody(
        f"{1001 + place}",
        f"{NAMES[place % 8]} {SURNAMES[place % 4]}",
        UNITS[place % 2],
        Money(42900 + place * 1317 if place % 5 else 0),
    )
    for place in range(16)
)
_KEYS = {
    "number": lambda p: p.number,
    "name": lambda p: (p.name, p.number),
    "budget": lambda p: (p.budget.minor, p.number),
}


@bp.before_request
def only_in_a_demo() -> None:
    if not current_app.config["IDEALS_DEMO"]:
        abort(404)


@bp.get("")
@guard(public)
def page() -> str:
    """Also takes what its own filter bar, sort links and long work put in the address."""
    if request.args.get("flash"):
        flash(gettext("Kept. You can change it until 15 March."))
        flash(gettext("This was not kept: the month is sealed."), "bad")
    done = min(_whole(request.args, "done"), JOBS)
    return render_template(
        "style.html",
        people=_people(request.args),
        args=request.args,
        unit_options=[(unit, unit) for unit in UNITS],
        done=done,
        jobs=JOBS,
        step=min(done + 1, JOBS),
        month=MARCH,
        amount=Money(42900),
        salary=Money(330000),
        factor=Decimal("0.8"),
        parts=_parts(),
        differences=_differences(),
        year=_year(),
        rows=compare(OLD, NEW, around=2),
        errors={"salary": gettext("The salary must be above zero; you typed −3.")},
    )


@bp.get("/people.<kind>")
@guard(public)
def download(kind: str) -> Response:
    header = (gettext("Number"), gettext("Name"), gettext("Unit"), gettext("Budget"))
    rows = [(p.number, p.name, p.unit, p.budget) for p in PEOPLE]
    if kind not in ("csv", "xlsx"):
        abort(404)
    return (csv_response if kind == "csv" else xlsx_response)("people", header, rows)


@bp.get("/errors/<int:status>")
@guard(public)
def error(status: int) -> Response:
    """Each kind of page that says no."""
    if status == 403:
        raise NotAllowed("This belongs to somebody else")
    if status == 409:
        raise Conflict("Somebody changed this while you were looking. Look again.")
    if status == 500:
        raise ZeroDivisionError("on purpose, to show the page")
    abort(404)


def _people(args: Mapping[str, str]) -> Page[Somebody]:
    wanted = args.get("q", "").casefold()
    unit = args.get("unit", "")
    found = [
        p for p in PEOPLE if wanted in f"{p.number} {p.name}".casefold() and unit in ("", p.unit)
    ]
    sort = args.get("sort", "number")
    key = _KEYS.get(sort.removeprefix("-"), _KEYS["number"])
    found.sort(key=key, reverse=sort.startswith("-"))
    # The place in the list is the key: it is short and never changes.
    places = {p.number: place for place, p in enumerate(found)}
    return page_of_list(found, page_request(limit=6), key=lambda p: places[p.number])


def _whole(args: Mapping[str, str], name: str) -> int:
    text = args.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 4 else 0


def _parts() -> list[Mark]:
    parts = (
        (gettext("Holiday allowance"), 26400),
        (gettext("Leave value"), 10560),
        (gettext("Life course"), 5940),
    )
    return [Mark(label, cents, money(Money(cents))) for label, cents in parts]


def _differences() -> list[Mark]:
    parts = (
        (gettext("Holiday allowance"), 128040),
        (gettext("Leave value"), -41010),
        (gettext("Life course"), 9500),
    )
    return [
        Mark(label, cents, money(Money(cents)), "second" if cents < 0 else "")
        for label, cents in parts
    ]


def _year() -> list[Mark]:
    amounts = (429, 429, 436, 436, 1120, 436, 441, 441, 441, 441, 441, 980)
    marks = []
    for offset, euros in enumerate(amounts):
        month = Month(2026, offset + 1)
        label = str(format_date(month.first, "LLL", locale=language())).rstrip(".")
        tone = "expected" if month > MARCH else ""
        text = money(Money.of(Decimal(euros)))
        marks.append(Mark(label, euros * 100, text, tone))
    return marks
