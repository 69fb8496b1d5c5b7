"""Targets with a bonus: what was promised, what the manager says it came to, what became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session

from ideals.deals import policy, queries
from ideals.deals.models import DealBonus
from ideals.deals.pages.words import gettext
from ideals.deals.policy import Do, Part
from ideals.deals.queries import Access, lists, living
from ideals.deals.rules.bonuses import BonusState, unfit
from ideals.deals.rules.kinds import Bonus
from ideals.kernel.ids import new_id
from ideals.kernel.money import ZERO, Money
from ideals.kernel.month import Month
from ideals.web import formats

STATE: Mapping[BonusState, tuple[str, LazyString]] = {
    BonusState.STATED: ("wait", lazy_gettext("waits for who else must agree")),
    BonusState.APPROVED: ("good", lazy_gettext("agreed to")),
    BonusState.REFUSED: ("bad", lazy_gettext("not agreed to")),
}


@dataclass(frozen=True, slots=True)
class Stated:
    amount: str
    evidence: str
    by: str
    at: str
    state: tuple[str, str]
    paid_in: str


@dataclass(frozen=True, slots=True)
class BonusSaid:
    """`may`: the reader can say now what it came to; `id`: of what they would say."""

    offer: int
    place: int
    id: UUID
    target: str
    measure: str
    amount: str
    due: str
    stated: tuple[Stated, ...]
    may: bool


def bonuses_said(session: Session, access: Access, today: date) -> list[BonusSaid]:
    """Of every offer that has been in force, for who sees offers."""
    if not access.sees(Part.OFFERS):
        return []
    held = living.held_through(session, access.deal)
    offers = lists.offers_numbered(session, access, held)
    promises = [
        (number, place, term)
        for number in sorted(offers)
        for place, term in enumerate(queries.text_of(offers[number]).terms)
        if isinstance(term, Bonus)
    ]
    rows = living.bonuses_of(session, access)
    judges = policy.may(access.standing, Do.JUDGE)
    said = [
        _said(number, place, term, _about(rows, number, place), held[number], judges, today)
        for number, place, term in promises
    ]
    # What never was due under an offer that was replaced stands in that offer, not here.
    now = access.deal.in_force_number
    return [each for each in said if each.stated or each.may or each.offer == now]


def _about(rows: Sequence[DealBonus], number: int, place: int) -> list[DealBonus]:
    return [row for row in rows if (row.offer, row.place) == (number, place)]


def _said(
    number: int,
    place: int,
    term: Bonus,
    rows: list[DealBonus],
    held: Month | None,
    judges: bool,
    today: date,
) -> BonusSaid:
    counts = any(row.state != BonusState.REFUSED for row in rows)
    fits = unfit(term, ZERO, Month.of(today), held) is None
    return BonusSaid(
        offer=number,
        place=place,
        id=new_id(),
        target=term.target,
        measure=term.measure,
        amount=formats.money(term.amount),
        due=formats.month_name(term.due_month),
        stated=tuple(_stated(row) for row in rows),
        may=judges and fits and not counts,
    )


def _stated(row: DealBonus) -> Stated:
    colour, word = STATE[BonusState(row.state)]
    paid_in = gettext("in %(month)s", month=formats.month_name(row.paid_in)) if row.paid_in else ""
    return Stated(
        formats.money(Money(row.amount_minor)),
        row.evidence,
        row.stated_by,
        formats.at(row.stated_at),
        (colour, str(word)),
        paid_in,
    )
