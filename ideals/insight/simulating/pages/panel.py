"""What is known by simulation of a price rule: on its page, and for who decides about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import render_template
from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from ideals.approvals.queries import Fact
from ideals.insight.simulating import queries
from ideals.insight.simulating.computation.scheme import digest_of
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.pages import wording
from ideals.insight.simulating.pages.about import page_of, parts_of, rule_name, titles
from ideals.insight.simulating.pages.really import COLUMNS as REALLY
from ideals.insight.simulating.pages.really import really
from ideals.insight.simulating.pages.tables import COLUMNS, written
from ideals.insight.simulating.queries import kept
from ideals.insight.simulating.rules.shown import shown
from ideals.insight.simulating.states import UNFINISHED, SimulationState
from ideals.pricing.models import PriceRule
from ideals.pricing.queries import steering
from ideals.pricing.queries.prices import Part
from ideals.pricing.states import LIVE, RuleState
from ideals.schemes.rules import Scheme

MOST_EARLIER = 10
SIMULATED = (RuleState.DRAFT, RuleState.SUBMITTED, RuleState.REFUSED, *LIVE)
"""The states in which it is of use to see what a rule would do."""


@dataclass(frozen=True, slots=True)
class Line:
    """A simulation in a list. `said`: its main numbers, or how far it is. `of_now`: it is of what
    the rule says now."""

    id: UUID
    title: str
    href: str
    simulation: Simulation
    said: str
    of_now: bool


def panel(session: Session, rule: PriceRule) -> Markup:
    """Registered with the page of a price rule; as many statements whatever there is."""
    newest = queries.simulations_of(rule.id).order_by(Simulation.number.desc())
    found = session.scalars(newest.limit(MOST_EARLIER + 1)).all()
    called = titles(session, found)
    now = Part(rule.id, rule.text_number)
    lines = [_line(each, called[each.id], of_now=now in parts_of(each)) for each in found]
    latest = next((line for line in lines if line.of_now), None)
    others = kept.drafts_beside(session, rule) if rule.state in SIMULATED else []
    texts = steering.texts(session, [rule, *others])
    return Markup(  # noqa: S704  a template made it
        render_template(
            "insight/_simulations.html",
            rule=rule,
            latest=latest,
            earlier=[line for line in lines if line is not latest],
            others=[(each.id, rule_name(texts[each.id])) for each in others],
            may=rule.state in SIMULATED,
            working=latest is not None and latest.simulation.state in UNFINISHED,
            done=SimulationState.DONE,
            states=wording.STATES,
            columns=COLUMNS,
            really_columns=REALLY,
            written=written,
            really=really(session, rule, texts[rule.id]),
        )
    )


def _line(simulation: Simulation, title: str, *, of_now: bool) -> Line:
    return Line(
        simulation.id, title, page_of(simulation), simulation, said(simulation), of_now=of_now
    )


def said(simulation: Simulation) -> str:
    """The main numbers in one line; of what is not done, how far it is."""
    if simulation.result is None:
        if simulation.state in UNFINISHED:
            percent = queries.progress(simulation).percent
            return str(gettext("%(percent)s%% done", percent=percent))
        return str(wording.STATES[simulation.state][2])
    told = shown(simulation.result)
    touched = wording.people_touched(told["people"]["touched"])
    if told["total"]["change"] is None:
        return str(gettext("%(touched)s, too few to show the euros", touched=touched))
    figure, what = wording.headline(simulation.kind, told["total"])
    return f"{touched}, {figure} {what}"


def grounds(session: Session, rules: Sequence[PriceRule]) -> Mapping[UUID, Fact]:
    """A line for whoever decides about each of these rules: what was simulated of what it says."""
    parts = {rule.id: Part(rule.id, rule.text_number) for rule in rules}
    found = kept.grounds(session, parts.values())
    return {id_: _fact(found.get(part)) for id_, part in parts.items()}


def checked(session: Session, scheme: Scheme) -> Markup:
    """Registered with the page of a document that was checked, before it is published."""
    found = kept.of_document(session, scheme.code, digest_of(scheme.text))
    return Markup(  # noqa: S704  a template made it
        render_template(
            "insight/_scheme_simulation.html",
            document=scheme.text,
            latest=None if found is None else _line(found, "", of_now=True),
            states=wording.STATES,
        )
    )


def _fact(simulation: Simulation | None) -> Fact:
    label = gettext("What it would do")
    if simulation is None:
        return Fact(label, gettext("not simulated"))
    return Fact(label, said(simulation), page_of(simulation))
