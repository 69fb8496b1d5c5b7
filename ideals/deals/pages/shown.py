"""What colleagues let others know of their deals."""

from __future__ import annotations

from flask import Blueprint, render_template

from ideals.db import unit_of_work
from ideals.deals.pages.deal import today
from ideals.deals.pages.terms import TermSaid, said_term
from ideals.deals.pages.words import KINDS, gettext
from ideals.deals.queries import before
from ideals.deals.queries.before import Shown
from ideals.web.actor import current_actor
from ideals.web.guards import guard, signed_in

bp = Blueprint("deal_shown_pages", __name__, template_folder="../templates")


@bp.get("/deals/shown")
@guard(signed_in)
def shown() -> str:
    """Those that are for everyone, and of the own team what is told without a name."""
    with unit_of_work() as session:
        found = before.shown_to(session, actor=current_actor(), today=today())
    return render_template(
        "deals/shown.html",
        title=gettext("What colleagues agreed"),
        named=[(each.name, _terms(each), each.colleagues) for each in found if each.name],
        nameless=[_kinds(each) for each in found if each.name is None],
    )


def _terms(each: Shown) -> list[TermSaid]:
    return [said_term(term) for term in each.terms]


def _kinds(each: Shown) -> str:
    return ", ".join(str(KINDS[kind]) for kind in each.kinds)
