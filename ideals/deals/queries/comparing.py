"""All that both sides look at before they agree: what `before` says, the cost and the mandate, and
who of the team is there on which day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from ideals.approvals.queries.standing_in import mandates_above
from ideals.deals.models import Deal, Offer
from ideals.deals.policy import Standing
from ideals.deals.queries import Access, manager_of, text_of
from ideals.deals.queries.before import (
    Comparable,
    Held,
    comparable,
    held_against_clauses,
)
from ideals.deals.rules.cover import Cover, cover, pattern_of, with_deal
from ideals.deals.rules.offers import OfferText
from ideals.deals.rules.typical import (
    AT_LEAST_FOR_COUNTS,
)
from ideals.deals.states import DealState, TermKind
from ideals.kernel.money import Money
from ideals.people import queries as people
from ideals.people.models import Employee, Unit
from ideals.people.queries.units import week_of


@dataclass(frozen=True, slots=True)
class OnMandate:
    """The nearest mandate upward this year. `left` is before this deal."""

    unit: str
    left: Money
    cost: Money

    @property
    def covered(self) -> bool:
        return self.left >= self.cost


@dataclass(frozen=True, slots=True)
class Before:
    """`mandate`: for the employer's side and HR; `covered` for both sides; `None`: there is no
    mandate, or it costs nothing. `cover`: who is there on each weekday; `None`: the team is small,
    or it changes no days."""

    cost: Money
    covered: bool | None
    mandate: OnMandate | None
    held: Held
    comparable: Comparable
    cover: Cover | None


def before_agreeing(session: Session, access: Access, offer: Offer, today: date) -> Before:
    """About an offer of a deal that this actor may see, each part at a constant cost."""
    deal, text = access.deal, text_of(offer)
    cost = Money(offer.cost_minor)
    mandate = on_mandate(session, deal.employee_id, cost, today) if cost else None
    sums = access.standing in (Standing.EMPLOYER, Standing.HR, Standing.APPROVER)
    return Before(
        cost=cost,
        covered=None if mandate is None else mandate.covered,
        mandate=mandate if sums else None,
        held=held_against_clauses(session, deal, text),
        comparable=comparable(session, deal, text.kinds, today),
        cover=team_cover(session, deal.employee_id, text, today),
    )


def on_mandate(session: Session, employee_id: int, cost: Money, today: date) -> OnMandate | None:
    employment = people.employment_on(session, employee_id, today)
    if employment is None:
        return None
    found = mandates_above(session, employment.unit_id, today.year)
    if not found:
        return None
    unit = session.get(Unit, found[0].unit_id)
    return OnMandate("" if unit is None else unit.path, found[0].left, cost)


# The team -------------------------------------------------------------------------------------


def _others(session: Session, employee_id: int, today: date) -> Sequence[Employee]:
    manager = manager_of(session, employee_id, today)
    if manager is None:
        return []
    return [each for each in people.reports_of(session, manager, today) if each.id != employee_id]


def _deals_of(session: Session, employee_ids: Collection[int]) -> Sequence[Row[Deal, Offer]]:
    return session.execute(
        select(Deal, Offer)
        .join(Offer, (Offer.deal_id == Deal.id) & (Offer.number == Deal.in_force_number))
        .where(Deal.employee_id.in_(employee_ids), Deal.state == DealState.IN_FORCE)
        .order_by(Deal.id)
    ).all()


def team_cover(session: Session, employee_id: int, text: OfferText, today: date) -> Cover | None:
    """How many of the team work on each weekday, now and with this offer. Of a small team it would
    say who has which day off."""
    if not text.kinds & {TermKind.PATTERN, TermKind.LEAVE}:
        return None
    others = [each.id for each in _others(session, employee_id, today)]
    if len(others) < AT_LEAST_FOR_COUNTS - 1:
        return None
    everybody = [*others, employee_id]
    weeks: dict[int, frozenset[int]] = dict(week_of(session, everybody))
    for deal, offer in _deals_of(session, everybody):
        days = pattern_of(text_of(offer).terms)
        weeks[deal.employee_id] = weeks[deal.employee_id] if days is None else days
    return cover(weeks.values(), weeks[employee_id], with_deal(text.terms, weeks[employee_id]))
