"""On which days somebody works: what they have to decide is due on one of them."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.people import queries
from ideals.people.commands.units import KeepWeek, keep_week
from ideals.people.errors import WeekEmpty
from ideals.people.policy import may_keep_week
from ideals.people.rules.weeks import ALL_DAYS
from ideals.web.actor import current_actor
from ideals.web.errors import register_words, words_for
from ideals.web.guards import guard, signed_in
from ideals.web.shell import NavItem, settings_pages

bp = Blueprint("week_pages", __name__, template_folder="../templates")
DAYS = (
    lazy_gettext("Monday"),
    lazy_gettext("Tuesday"),
    lazy_gettext("Wednesday"),
    lazy_gettext("Thursday"),
    lazy_gettext("Friday"),
    lazy_gettext("Saturday"),
    lazy_gettext("Sunday"),
)
settings_pages.register(
    "30-week", NavItem(lazy_gettext("The days you work"), "week_pages.mine", employee=True)
)
register_words("week_empty", lazy_gettext("Choose at least one day."))


@bp.get("/work-week")
@guard(signed_in)
def mine() -> str:
    with unit_of_work() as session:
        return _page(session, None)


@bp.get("/people/<number>/work-week")
@guard(signed_in)
def of(number: str) -> str:
    """Of somebody whom the reader may see; only they themselves and HR change it."""
    with unit_of_work() as session:
        return _page(session, number)


@bp.post("/work-week")
@guard(signed_in)
def keep_mine() -> Response | tuple[str, int]:
    return _keep(None)


@bp.post("/people/<number>/work-week")
@guard(signed_in)
def keep(number: str) -> Response | tuple[str, int]:
    return _keep(number)


def _keep(number: str | None) -> Response | tuple[str, int]:
    chosen = request.form.getlist("days")
    days = [day for day in ALL_DAYS if str(day) in chosen]
    try:
        with unit_of_work() as session:
            keep_week(session, KeepWeek(days, number), actor=current_actor(), now=clock.now())
    except WeekEmpty as error:
        with unit_of_work() as session:
            return _page(session, number, {"days": words_for(error)}), 422
    flash(gettext("Kept. What comes to wait from now on is due on one of these days."), "good")
    if number is None:
        return redirect(url_for("week_pages.mine"), 303)
    return redirect(url_for("week_pages.of", number=number), 303)


def _page(session: Session, number: str | None, errors: dict[str, str] | None = None) -> str:
    actor = current_actor()
    employee = (
        queries.own_employee(session, actor=actor)
        if number is None
        else queries.access_employee(session, number, actor=actor, on=_today())
    )
    return render_template(
        "people/week.html",
        employee=employee,
        number=number,
        days=list(enumerate(DAYS)),
        kept=queries.week_of(session, [employee.id])[employee.id] if not errors else frozenset(),
        hr=actor.has(Role.HR),
        changes=may_keep_week(actor, employee.id),
        errors=errors or {},
    )


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
