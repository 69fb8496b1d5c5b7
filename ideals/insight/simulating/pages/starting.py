"""Starting a simulation: from the page of a price rule, or with a scheme that was checked."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from ideals.db import unit_of_work
from ideals.insight.simulating.commands import StartSimulation, start
from ideals.insight.simulating.pages.about import rule_href
from ideals.insight.simulating.pages.blueprint import bp, only_hr, only_prices, refusal
from ideals.insight.simulating.states import SimulationKind
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError, NotFound
from ideals.pricing.queries import steering
from ideals.schemes.errors import SchemeRefused
from ideals.schemes.pages.checking import checked_page
from ideals.schemes.rules.check import plain
from ideals.web.actor import current_actor
from ideals.web.guards import guard


@bp.post("/prices/rules/<uuid:rule_id>/simulation")
@guard(only_prices)
def simulate(rule_id: UUID) -> Response:
    """Of this rule as it says now, with those that `with` names. Asked again within the hour, it
    leads to the same simulation."""
    actor = current_actor()
    try:
        others = [UUID(each) for each in request.form.getlist("with")]
    except ValueError:
        flash(gettext("Choose the other rules from the list."), "bad")
        return redirect(rule_href(rule_id), 303)
    try:
        with unit_of_work() as session:
            steering.access_rule(session, rule_id, actor=actor)
            rules = [str(each) for each in dict.fromkeys([rule_id, *others])]
            cmd = StartSimulation(SimulationKind.PRICES, {"rules": rules})
            made = start(session, cmd, actor=actor, now=clock.now())
    except NotFound:
        raise
    except IdealsError as refused:
        flash(refusal(refused), "bad")
        return redirect(rule_href(rule_id), 303)
    return redirect(url_for("simulation_pages.simulation", simulation_id=made), 303)


@bp.post("/schemes/simulation")
@guard(only_hr)
def simulate_scheme() -> Response | tuple[str, int]:
    """Of a document that is not published. What is refused stays on the page, with the reason."""
    document = plain(request.form.get("document", ""))
    try:
        with unit_of_work() as session:
            cmd = StartSimulation(SimulationKind.SCHEME, {"document": document})
            made = start(session, cmd, actor=current_actor(), now=clock.now())
    except SchemeRefused:
        return checked_page(document)
    except IdealsError as refused:
        flash(refusal(refused), "bad")
        return checked_page(document)[0], 409
    return redirect(url_for("simulation_pages.simulation", simulation_id=made), 303)
