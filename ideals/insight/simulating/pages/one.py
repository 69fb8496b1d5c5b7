"""One simulation: how far it is, then what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ideals.budgets.pages.runs import span
from ideals.db import unit_of_work
from ideals.insight.desk.rules import LEAST_COUNTED, LEAST_SUMMED
from ideals.insight.simulating import queries
from ideals.insight.simulating.commands import CancelSimulation, cancel
from ideals.insight.simulating.errors import SimulationEnded
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.pages import wording
from ideals.insight.simulating.pages.about import about, rule_names, titles
from ideals.insight.simulating.pages.beside import beside
from ideals.insight.simulating.pages.blueprint import bp, either
from ideals.insight.simulating.pages.ruled import ruled
from ideals.insight.simulating.pages.tables import COLUMNS, tables, told_cell, written
from ideals.insight.simulating.queries import kept
from ideals.insight.simulating.rules.shown import shown
from ideals.insight.simulating.states import UNFINISHED
from ideals.kernel import clock
from ideals.pricing.pages.rule_words import indicator_names
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.guards import guard

MEASURED = timedelta(seconds=2)
"""Before that its speed says nothing."""


@bp.get("/prices/simulations/<uuid:simulation_id>")
@guard(either)
def simulation(simulation_id: UUID) -> str:
    """`?beside=ID`: with another one of the same scheme next to it."""
    actor, now = current_actor(), clock.now()
    with unit_of_work() as session:
        found = queries.access_simulation(session, simulation_id, actor=actor)
        subject = about(session, found)
        result = _result(session, found, subject.names) if found.result is not None else {}
        return render_template(
            "insight/simulation.html",
            simulation=found,
            about=subject,
            period=wording.period(found.from_month, found.through_month),
            states=wording.STATES,
            working=found.state in UNFINISHED,
            progress=queries.progress(found),
            rest=_rest(found, now),
            **result,
        )


def _result(session: Session, found: Simulation, names: Mapping[str, str]) -> dict[str, Any]:
    assert found.result is not None  # noqa: S101  asked before
    told = shown(found.result)
    asked = _asked()
    others = kept.comparable(session, found, asked)
    other = next((each for each in others if each.id == asked), None)
    called = titles(session, others)
    return {
        "told": told,
        "figure": wording.headline(found.kind, told["total"]),
        "tables": list(tables(told, names)),
        "columns": COLUMNS,
        "cell": told_cell,
        "written": written,
        "ruled": list(ruled(told, rule_names(session, found), indicator_names(session))),
        "assumed": list(wording.assumed(found.kind, told)),
        "least": (LEAST_COUNTED, LEAST_SUMMED),
        "other": other,
        "other_title": called[other.id] if other else "",
        "options": [("", gettext("Nothing")), *(_option(each, called) for each in others)],
        "beside": beside(found, other) if other else None,
    }


def _option(simulation: Simulation, called: Mapping[UUID, str]) -> tuple[str, str]:
    return str(simulation.id), f"{called[simulation.id]}, {formats.at(simulation.made_at)}"


def _asked() -> UUID | None:
    """The other one that the address names."""
    try:
        return UUID(request.args.get("beside", ""))
    except ValueError:
        return None


def _rest(found: Simulation, now: datetime) -> str:
    """How long it still takes at the speed it had so far; empty while nobody knows."""
    took = now - found.made_at
    if not found.done or took < MEASURED:
        return ""
    return span(took * (found.total - found.done) / found.done)


@bp.post("/prices/simulations/<uuid:simulation_id>/cancellation")
@guard(either)
def stop(simulation_id: UUID) -> BaseResponse:
    """Nothing of it is kept. One that is over meanwhile stays."""
    try:
        with unit_of_work() as session:
            cmd = CancelSimulation(simulation_id)
            cancel(session, cmd, actor=current_actor(), now=clock.now())
        flash(gettext("The simulation is cancelled."))
    except SimulationEnded as ended:
        flash(words_for(ended), "wait")
    return redirect(url_for("simulation_pages.simulation", simulation_id=simulation_id), 303)
