"""Who is away when: a manager's team, and for HR any unit. Days and hours; never why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext
from sqlalchemy.orm import Session

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.people import policy, queries
from ideals.people.queries import Away, LeaveRow
from ideals.people.states import LeaveKind
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.guards import guard, signed_in
from ideals.web.language import language

bp = Blueprint("calendar_pages", __name__, template_folder="../templates")

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DayShown:
    """A column. `rest`: a Saturday or Sunday."""

    day: date
    letter: str
    rest: bool
    today: bool


@dataclass(frozen=True, slots=True)
class CellShown:
    """`short` is what fits in a column; `words` says it all, `on` is the day on a phone.

    `outside`: a day on which this person is not the reader's to see.
    """

    short: str = ""
    words: str = ""
    on: str = ""
    kind: LeaveKind | None = None
    outside: bool = False


@dataclass(frozen=True, slots=True)
class LineShown:
    name: str
    number: str
    cells: tuple[CellShown, ...]
    minutes: Minutes


@bp.get("/team/calendar")
@guard(signed_in)
def calendar() -> str:
    """One's own team; with `unit` in the address, for HR, that unit or everybody."""
    actor, today = current_actor(), _today()
    month = _asked_month(Month.of(today))
    by_unit = policy.may_see_everybody(actor) and "unit" in request.args
    with unit_of_work() as session:
        if by_unit:
            page = _of_unit(session, month, today)
        else:
            manager = actor.employee_id
            team = [] if manager is None else queries.team_calendar(session, manager, month)
            page = Page(team, None)
        days = [_day(day, today) for day in _days(month)]
        return render_template(
            "people/calendar.html",
            month=month,
            earlier=month.plus(-1),
            later=month.plus(1),
            names=[_alone(month.plus(-1)), _alone(month.plus(1))],
            this_month=Month.of(today),
            days=days,
            people=[_line(away, days) for away in page.items],
            counts=None if page.next or "cursor" in request.args else _counts(page.items, days),
            page=page,
            by_unit=by_unit,
            may_ask=policy.may_see_everybody(actor),
            unit=_asked_unit(),
            units=queries.unit_paths(session) if policy.may_see_everybody(actor) else (),
            kinds=LeaveKind,
        )


def _alone(month: Month) -> str:
    """`March`: which year is plain from the month between."""
    return str(format_date(month.first, "LLLL", locale=language())).capitalize()


def _today() -> date:
    zone: ZoneInfo = current_app.config["IDEALS_ZONE"]
    return clock.now().astimezone(zone).date()


def _asked_month(default: Month) -> Month:
    try:
        return Month.parse(request.args.get("month", str(default)))
    except IdealsError:
        return default


def _asked_unit() -> str:
    return request.args.get("unit", "").strip()[:1000]


def _of_unit(session: Session, month: Month, today: date) -> Page[Away]:
    listing = queries.employed_in(_asked_unit(), month, actor=current_actor(), today=today)
    page = paginate(session, listing.statement, page_request(), *listing.keys)
    return Page(queries.calendar_of(session, [one.id for one in page.items], month), page.next)


def _days(month: Month) -> list[date]:
    return [month.first.replace(day=day) for day in range(1, month.days + 1)]


def _day(day: date, today: date) -> DayShown:
    letter = str(format_date(day, "EEEEE", locale=language()))
    return DayShown(day, letter, day.weekday() >= SATURDAY, day == today)


def _line(away: Away, days: list[DayShown]) -> LineShown:
    by_day: dict[date, list[LeaveRow]] = {}
    for row in away.leave:
        by_day.setdefault(row.day, []).append(row)
    return LineShown(
        away.name,
        away.number,
        tuple(_cell(away, shown.day, by_day.get(shown.day, [])) for shown in days),
        Minutes(sum(row.minutes for row in away.leave)),
    )


def _cell(away: Away, day: date, rows: list[LeaveRow]) -> CellShown:
    if not any(start <= day <= end for start, end in away.shown):
        return CellShown(outside=True)
    if not rows:
        return CellShown()
    minutes = Minutes(sum(row.minutes for row in rows))
    # What is partly taken already is no longer only planned.
    taken = any(row.kind is LeaveKind.TAKEN for row in rows)
    kind = LeaveKind.TAKEN if taken else LeaveKind.PLANNED
    hours = formats.hours(minutes)
    return CellShown(
        formats.number(minutes.hours, 0, most=1),
        gettext("%(hours)s taken", hours=hours)
        if taken
        else gettext("%(hours)s planned", hours=hours),
        str(format_date(day, "EEE d MMM", locale=language())),
        kind,
    )


def _counts(people: Sequence[Away], days: list[DayShown]) -> list[int]:
    """How many are away on each day."""
    away = [{row.day for row in one.leave} for one in people]
    return [sum(shown.day in each for each in away) for shown in days]
