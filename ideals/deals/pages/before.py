"""What both sides see before they agree: cost and limits, and what such deals look like here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session

from ideals.deals.models import Deal, Offer
from ideals.deals.pages.stands import side_of
from ideals.deals.pages.terms import head_of
from ideals.deals.pages.words import KINDS, gettext
from ideals.deals.queries import Access, before, text_of
from ideals.deals.rules import Measure, OfferText
from ideals.deals.rules.typical import Measured, Typical
from ideals.deals.states import OVER, DealState, Side
from ideals.kernel.money import Money
from ideals.web import formats
from ideals.web.language import language

MEASURES: Mapping[Measure, LazyString] = {
    Measure.COST: lazy_gettext("Cost of a course"),
    Measure.STUDY: lazy_gettext("Working time for a course"),
    Measure.WEEK: lazy_gettext("Contract hours a week"),
    Measure.DAYS_A_WEEK: lazy_gettext("Working days a week"),
    Measure.HOME_DAYS: lazy_gettext("Days a week at home"),
    Measure.LEAVE_DAYS: lazy_gettext("Days of long leave"),
    Measure.BONUS: lazy_gettext("Bonus"),
    Measure.ONCE: lazy_gettext("Money once"),
    Measure.MONTHLY: lazy_gettext("Money a month"),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A clause that a term fails, or of which that cannot be said."""

    term: str
    says: str
    code: str
    void: bool


@dataclass(frozen=True, slots=True)
class BeforeAgreeing:
    """`cost`: for the employer, said to whoever speaks for it."""

    cost: str
    limits: tuple[Limit, ...]


def before_agreeing(session: Session, access: Access, offer: Offer) -> BeforeAgreeing | None:
    """For both sides and an adviser, while there is something to agree to."""
    deal, side = access.deal, side_of(access.standing)
    holds = deal.state == DealState.IN_FORCE and offer.number == deal.in_force_number
    if side is None or holds or deal.state in OVER:
        return None
    cost = formats.money(Money(offer.cost_minor)) if side is Side.EMPLOYER else ""
    return BeforeAgreeing(cost, _limits(session, deal, text_of(offer)))


def _limits(session: Session, deal: Deal, text: OfferText) -> tuple[Limit, ...]:
    held = before.held_against_clauses(session, deal, text)
    return tuple(
        Limit(head_of(text.terms[place]), clause.said(language()), clause.code, is_void)
        for found, is_void in ((held.void, True), (held.unsure, False))
        for place, clause in found
    )


# What such deals look like here ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usual:
    """`figures`: (what, in the middle, from where to where), without the last two when there are
    too few to say. `counts`: (what, in the team, in all)."""

    figures: tuple[tuple[str, str, str], ...]
    counts: tuple[tuple[str, str, str], ...]


def usual(session: Session, deal: Deal, offer: Offer, today: date) -> Usual:
    found = before.comparable(session, deal, offer.kinds, today)
    return Usual(
        tuple(_figure(measure, figure) for measure, figure in found.figures.items()),
        tuple(
            (str(KINDS[kind]).capitalize(), _count(found.team[kind]), _count(count))
            for kind, count in found.everywhere.items()
        ),
    )


def _figure(measure: Measure, figure: Typical | None) -> tuple[str, str, str]:
    if figure is None:
        return str(MEASURES[measure]), "", ""
    middle, low, high = (_said(measure, n) for n in (figure.median, figure.low, figure.high))
    return str(MEASURES[measure]), middle, f"{low} – {high}"


def _said(measure: Measure, value: int) -> str:
    match measure.counts:
        case Measured.CENTS:
            return formats.money(Money(value))
        case Measured.MINUTES:
            return formats.hours(value)
    return formats.number(value)


def _count(count: int | None) -> str:
    return gettext("too few to say") if count is None else formats.number(count)
