"""HR's list of units: who owns each, and who answers for those without an owner."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.people.commands.units import GiveOwner, give_owner
from ideals.people.errors import OwnerMovedOn, PersonNotEmployed, PersonUnknown
from ideals.people.models import Unit
from ideals.people.queries import organisation
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.errors import register_words, words_for
from ideals.web.guards import guard, role
from ideals.web.shell import NavItem, navigation

bp = Blueprint("unit_pages", __name__, template_folder="../templates")
only_hr = role(Role.HR)
PAGE = 50
navigation.register("52-units", NavItem(lazy_gettext("Units"), "unit_pages.units", needs=only_hr))
register_words("person_unknown", lazy_gettext("There is no employee with number %(value)s."))
register_words("person_not_employed", lazy_gettext("%(value)s does not work here on that day."))
register_words(
    "owner_moved_on",
    lazy_gettext("Somebody changed the owner meanwhile. Below is how it is now; look again."),
)
register_words("unit_unknown", lazy_gettext("There is no such unit."))


@bp.get("/units")
@guard(only_hr)
def units() -> str:
    search, without = request.args.get("search", ""), "without" in request.args
    with unit_of_work() as session:
        found = organisation.unit_lines(
            actor=current_actor(), today=_today(), search=search, without_owner=without
        )
        page = paginate(session, found, page_request(limit=PAGE), Unit.path)
    return render_template("people/units.html", page=page, search=search, without=without)


@bp.get("/units/<path:unit>")
@guard(only_hr)
def unit(unit: str) -> str:
    """Its owner, and who was before."""
    with unit_of_work() as session:
        return _one(session, unit)


@bp.post("/units/<path:unit>")
@guard(only_hr)
def own(unit: str) -> Response | tuple[str, int]:
    """Give it an owner, or, with an empty number, none any more."""
    number, seen = request.form.get("owner", "").strip(), request.form.get("version", "")
    version = int(seen) if seen.isdecimal() and len(seen) < 10 else 0
    cmd = GiveOwner(unit, number or None, version)
    try:
        with unit_of_work() as session:
            give_owner(session, cmd, actor=current_actor(), now=clock.now())
    except (PersonUnknown, PersonNotEmployed) as error:
        with unit_of_work() as session:
            return _one(session, unit, {"owner": words_for(error)}, number), 422
    except OwnerMovedOn as moved:
        with unit_of_work() as session:
            return _one(session, unit, {"": words_for(moved)}), 409
    flash(gettext("Kept."), "good")
    return redirect(url_for("unit_pages.unit", unit=unit), 303)


def _one(
    session: Session,
    path: str,
    errors: Mapping[str, str] | None = None,
    given: str | None = None,
) -> str:
    actor = current_actor()
    line = organisation.unit_line(session, path, actor=actor, today=_today())
    return render_template(
        "people/unit.html",
        line=line,
        history=organisation.owner_history(session, line.id, actor=actor),
        errors=errors or {},
        given=line.owner or "" if given is None else given,
    )


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
