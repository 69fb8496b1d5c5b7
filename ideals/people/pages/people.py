"""HR's list of people and the page of a person, and a manager's team."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from ideals import audit
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.people import queries
from ideals.people.models import Employment, FactChange, PayElement
from ideals.people.pages import words
from ideals.people.queries import Asked, Effect, Presence
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.errors import register_words
from ideals.web.export import Row, csv_response
from ideals.web.guards import guard, role, signed_in
from ideals.web.shell import NavItem, navigation

bp = Blueprint("people_pages", __name__, template_folder="../templates")

AT_ONCE = 1000
"""Rows of a download that are read in one transaction."""
PRESENCES = {
    Presence.EMPLOYED: lazy_gettext("Employed"),
    Presence.LEFT: lazy_gettext("Left"),
    Presence.COMING: lazy_gettext("Not begun yet"),
}

register_words(
    "employee_unknown", lazy_gettext("There is no employee with this number that you may see.")
)
register_words(
    "import_busy",
    lazy_gettext("Another import or a run is at work just now. Try again in a minute."),
)


def _today() -> date:
    zone: ZoneInfo = current_app.config["IDEALS_ZONE"]
    return clock.now().astimezone(zone).date()


# The team


def manages(actor: Actor) -> bool:
    if actor.employee_id is None:
        return False
    with unit_of_work() as session:
        return queries.manages_anybody(session, actor.employee_id, _today())


navigation.register(
    "30-team", NavItem(lazy_gettext("Team"), "people_pages.team", employee=True, when=manages)
)
navigation.register(
    "50-people", NavItem(lazy_gettext("People"), "people_pages.people", needs=role(Role.HR))
)


@bp.get("/team")
@guard(signed_in)
def team() -> str:
    """Whoever reports to the signed-in person on a day: no amounts."""
    actor, today = current_actor(), _today()
    on = _asked_day(today)
    with unit_of_work() as session:
        found = [] if actor.employee_id is None else queries.team_of(session, actor.employee_id, on)
    return render_template("people/team.html", team=found, on=on, today=today, plain=words.plain)


def _asked_day(default: date) -> date:
    """A day that cannot be read is today."""
    try:
        return date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return default


# The list


@bp.get("/people")
@guard(role(Role.HR))
def people() -> str:
    """Everybody, to search and filter; nothing about pay."""
    asked, today = _asked(), _today()
    with unit_of_work() as session:
        listing = queries.people_listing(asked, actor=current_actor(), on=today)
        page = paginate(
            session,
            listing.statement,
            page_request(),
            *listing.keys,
            descending=listing.descending,
        )
        return render_template(
            "people/people.html",
            asked=asked,
            page=page,
            today=today,
            units=queries.unit_paths(session),
            scheme_options=[
                ("", gettext("All")),
                *((code, code) for code in sorted(queries.surroundings(session).schemes or ())),
            ],
            presence_options=[("", gettext("All")), *PRESENCES.items()],
            csv=url_for("people_pages.people_csv", **_filters()),
            anything=bool(_filters()),
        )


@bp.get("/people.csv")
@guard(role(Role.HR))
def people_csv() -> Response:
    """The whole list as it is filtered and sorted."""
    header = [
        str(words.COLUMNS[name])
        for name in ("number", "name", "email", "unit", "scheme", "manager_number")
    ] + [str(words.COLUMNS["hired_on"]), str(words.COLUMNS["leaves_on"])]
    rows = _listed(_asked(), current_actor(), _today())
    return csv_response(gettext("people"), header, rows)


def _listed(asked: Asked, actor: Actor, today: date) -> Iterator[Row]:
    listing = queries.people_listing(asked, actor=actor, on=today)
    order = [key.desc() if listing.descending else key.asc() for key in listing.keys]
    with unit_of_work() as session:
        found = session.execute(
            listing.statement.order_by(*order), execution_options={"yield_per": AT_ONCE}
        )
        for row in found:
            yield (
                row.number,
                row.name,
                row.email,
                row.unit,
                row.scheme,
                row.manager,
                row.hired_on,
                row.leaves_on,
            )


def _filters() -> dict[str, Any]:
    """What the address says of the list, but for the page of it."""
    return {name: value for name, value in request.args.items() if value and name != "cursor"}


def _asked() -> Asked:
    given = request.args
    presence = given.get("presence", "")
    return Asked(
        search=given.get("q", "").strip()[:100],
        unit=given.get("unit", "").strip()[:1000],
        scheme=given.get("scheme", "")[:40],
        presence=Presence(presence) if presence in list(Presence) else None,
        sort=given.get("sort", "name"),
    )


# A person


@dataclass(frozen=True, slots=True)
class EffectShown:
    """`euros`, `minutes`: what moved in earlier months, in all, when it `corrects` any; else what
    the run posted for its own month.

    `shared`: other changes were settled by the same run, which posted the lines for all of them.
    """

    effect: Effect
    corrects: bool
    euros: Money
    minutes: Minutes
    shared: bool


@dataclass(frozen=True, slots=True)
class ChangeShown:
    """A change of facts that may have moved money; without effects no run has looked at it yet."""

    change: FactChange
    effects: Sequence[EffectShown]


@dataclass(frozen=True, slots=True)
class FactsShown:
    """One row of the history. `changes` is what it said that was not so before; `first`: all."""

    row: Employment
    facts: dict[str, str]
    changes: list[tuple[str, str | None, str | None]]
    first: bool
    replaced: bool
    late: int
    """Days after it became true that it was learned; 0 for what we began with."""
    change: ChangeShown | None
    """On the earliest row of those that were learned together."""


@bp.get("/people/<number>")
@guard(role(Role.HR))
def person(number: str) -> str:
    """What is true today, and all that was ever known; that somebody looked is written down."""
    actor, today = current_actor(), _today()
    with unit_of_work() as session:
        employee = queries.access_employee(session, number, actor=actor, on=today)
        audit.record(
            session, "people.facts_seen", f"employee:{number}", actor=actor, now=clock.now()
        )
        rows = queries.history(session, employee.id)
        around = words.Surrounding(
            queries.units_of(session, rows), queries.managers_of(session, rows)
        )
        by_moment = _changes_by_moment(session, employee.id)
        history = _history(rows, around, by_moment)
        now_true = _shown_today(rows, today)
        return render_template(
            "people/person.html",
            employee=employee,
            today=today,
            now_true=now_true,
            facts=words.facts(now_true, around),
            manager=around.managers.get(now_true.manager_id or 0),
            presence=_presence(now_true, today),
            presences=PRESENCES,
            history=history,
            pay=_pay(queries.pay_history(session, employee.id)),
            pay_changes=[
                shown
                for moment, shown in sorted(by_moment.items(), reverse=True)
                if moment not in {row.recorded_at for row in rows}
            ],
            fact_name=words.fact_name,
            cents=Money,
        )


def _shown_today(rows: Sequence[Employment], today: date) -> Employment:
    """The row in force, or the first one when all begin later: as in the list."""
    known = [row for row in rows if row.superseded_at is None]
    begun = [row for row in known if row.valid_from <= today]
    return begun[-1] if begun else known[0]


def _presence(row: Employment, today: date) -> Presence:
    if row.hired_on > today:
        return Presence.COMING
    left = row.leaves_on is not None and row.leaves_on < today
    return Presence.LEFT if left else Presence.EMPLOYED


def _changes_by_moment(session: Session, employee_id: int) -> dict[datetime, ChangeShown]:
    """What moved money, by when it was learned: a file is learned in one moment."""
    effects: dict[int, list[Effect]] = {}
    settled_by: dict[str, set[int]] = {}
    for effect in queries.effects_of(session, employee_id):
        effects.setdefault(effect.change_id, []).append(effect)
        settled_by.setdefault(effect.source, set()).add(effect.change_id)
    return {
        change.recorded_at: ChangeShown(
            change,
            [
                _effect(effect, shared=len(settled_by[effect.source]) > 1)
                for effect in effects.get(change.id, [])
            ],
        )
        for change in queries.fact_changes_of(session, employee_id)
    }


def _effect(effect: Effect, *, shared: bool) -> EffectShown:
    earlier = [line for line in effect.lines if not line.own]
    counted = earlier or effect.lines
    return EffectShown(
        effect,
        corrects=bool(earlier),
        euros=Money(sum(line.amount.minor for line in counted if line.amount)),
        minutes=Minutes(sum(line.minutes.minor for line in counted if line.minutes)),
        shared=shared,
    )


def _history(
    rows: Sequence[Employment], around: words.Surrounding, changes: dict[datetime, ChangeShown]
) -> list[FactsShown]:
    """The latest day first; of one day what was learned last first."""
    facts = {row.id: words.facts(row, around) for row in rows}
    shown = []
    told: set[datetime] = set()
    begun = min(row.recorded_at for row in rows)
    for row in rows:  # by valid_from, then by when it was learned
        before = _before(row, rows)
        shown.append(
            FactsShown(
                row=row,
                facts=facts[row.id],
                changes=words.changes(facts[before.id], facts[row.id]) if before else [],
                first=before is None,
                replaced=row.superseded_at is not None,
                late=_days_late(row) if row.recorded_at > begun else 0,
                change=None if row.recorded_at in told else changes.get(row.recorded_at),
            )
        )
        told.add(row.recorded_at)
    return shown[::-1]


def _before(row: Employment, rows: Sequence[Employment]) -> Employment | None:
    """What was thought of that day when this row was learned, or of the day before it.

    `rows` are ordered; the last that fits is the nearest.
    """
    thought = [
        other
        for other in rows
        if other.id != row.id
        and other.valid_from <= row.valid_from
        and (other.recorded_at < row.recorded_at or other.valid_from < row.valid_from)
        and other.recorded_at <= row.recorded_at
        and (other.superseded_at is None or other.superseded_at >= row.recorded_at)
        and not (other.valid_from < row.valid_from and other.superseded_at == row.recorded_at)
    ]
    return thought[-1] if thought else None


def _days_late(row: Employment) -> int:
    zone: ZoneInfo = current_app.config["IDEALS_ZONE"]
    return max((row.recorded_at.astimezone(zone).date() - row.valid_from).days, 0)


def _pay(elements: Sequence[PayElement]) -> list[tuple[Month, list[PayElement]]]:
    """By month, the latest first."""
    return [(month, list(rows)) for month, rows in groupby(elements, lambda element: element.month)]
