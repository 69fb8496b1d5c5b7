"""What a simulation is about, in words and addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from ideals.insight.simulating.computation.scheme import document_of
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.states import SimulationKind
from ideals.kernel.month import Month
from ideals.pricing.queries.prices import Part, texts_of
from ideals.pricing.steering import RuleText
from ideals.schemes import queries as schemes
from ideals.schemes.rules.scheme import Scheme, named
from ideals.shop.pages.words import product_name
from ideals.web import formats
from ideals.web.language import language


@dataclass(frozen=True, slots=True)
class About:
    """`links`: (words, address) of the rules or the scheme. `names`: of products or components."""

    title: str
    links: Sequence[tuple[str, str]]
    names: Mapping[str, str]


def parts_of(simulation: Simulation) -> list[Part]:
    """The versions of rules it is about; none where it is about a scheme."""
    rules = simulation.about.get("rules", ())
    return [Part(UUID(rule), number) for rule, number in rules]


def rule_names(session: Session, simulation: Simulation) -> dict[str, str]:
    """What its rules are called, by code."""
    return {text.code: rule_name(text) for text in texts_of(session, parts_of(simulation)).values()}


def titles(session: Session, simulations: Iterable[Simulation]) -> dict[UUID, str]:
    """By the id of the simulation: the names of its rules, or its scheme and month."""
    kept = list(simulations)
    texts = texts_of(session, {part for each in kept for part in parts_of(each)})
    return {each.id: _title(each, texts) for each in kept}


def about(session: Session, simulation: Simulation) -> About:
    title = titles(session, [simulation])[simulation.id]
    code = simulation.about["scheme"]
    scheme = next((each for each in schemes.latest_schemes(session) if each.code == code), None)
    if simulation.kind == SimulationKind.SCHEME:
        links = [
            (gettext("Scheme %(code)s", code=code), url_for("schemes_pages.scheme", code=code))
        ]
        new = document_of(simulation)
        return About(title, links, (_components(scheme) if scheme else {}) | _components(new))
    texts = texts_of(session, parts_of(simulation))
    links = [(rule_name(text), rule_href(part.rule)) for part, text in texts.items()]
    products = {} if scheme is None else scheme.products
    return About(title, links, {code: product_name(each) for code, each in products.items()})


def rule_name(text: RuleText) -> str:
    return named(text.name, language(), text.code)


def page_of(simulation: Simulation) -> str:
    return url_for("simulation_pages.simulation", simulation_id=simulation.id)


def rule_href(rule_id: UUID) -> str:
    return f"/prices/rules/{rule_id}"


def _title(simulation: Simulation, texts: Mapping[Part, RuleText]) -> str:
    if simulation.kind == SimulationKind.SCHEME:
        month = formats.month_name(Month.parse(simulation.about["version"]))
        name = document_of(simulation).name(language())
        return str(gettext("%(name)s from %(month)s", name=name, month=month))
    return ", ".join(rule_name(texts[part]) for part in parts_of(simulation))


def _components(scheme: Scheme) -> dict[str, str]:
    names = {each.code: each.names for each in scheme.components}
    names |= {each.code: each.names for each in scheme.hours}
    return {code: named(each, language(), code) for code, each in names.items()}
