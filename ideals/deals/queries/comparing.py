"""What both sides look at before they agree: the cost and the mandate, what such deals look like
here, who in the team has something comparable, and who is there on which day.

Of others never more than counts from five people on and figures from ten, but for deals whose two
sides chose to show them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from ideals.approvals.queries.standing_in import mandates_above
from ideals.deals.models import Deal, Offer
from ideals.deals.policy import Standing
from ideals.deals.queries import Access, manager_of, text_of
from ideals.deals.queries.keeping import Against, against
from ideals.deals.rules.cover import Cover, cover, pattern_of, with_deal
from ideals.deals.rules.offers import OfferText
from ideals.deals.rules.typical import (
    AT_LEAST_FOR_COUNTS,
    OF_KIND,
    InForce,
    Measure,
    Typical,
    counts,
    typical,
)
from ideals.deals.states import DealState, TermKind, Visibility
from ideals.kernel.money import Money
from ideals.people import queries as people
from ideals.people.models import Employee, Unit
from ideals.people.queries.units import week_of

LATEST = 2000
"""Of each look at what deals are like: so many of the latest."""


@dataclass(frozen=True, slots=True)
class Here:
    """What deals with terms of these kinds look like in the organisation; `None`: too few to say.
    The same for whoever asks, so that two answers tell nothing by their difference."""

    people: Mapping[TermKind, int | None]
    figures: Mapping[Measure, Typical | None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A deal that its two sides show. `name` `None`: to the team, but not whose it is."""

    kinds: tuple[TermKind, ...]
    name: str | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Team:
    """Of the others who report to the same manager: how many people have a term of each kind."""

    people: Mapping[TermKind, int | None]
    shown: tuple[Shown, ...]


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
    against: tuple[Against, ...]
    here: Here
    team: Team
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
        against=tuple(against(session, deal.employee_id, text, today)),
        here=here(session, text.kinds),
        team=team(session, deal.employee_id, text.kinds, today),
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


# What such deals look like --------------------------------------------------------------------


def here(session: Session, kinds: Collection[TermKind]) -> Here:
    deals = list(_in_force(session, kinds))
    return Here(
        people={kind: count for kind, count in counts(deals).items() if kind in kinds},
        figures={
            measure: found for measure, found in typical(deals).items() if OF_KIND[measure] in kinds
        },
    )


def _in_force(session: Session, kinds: Collection[TermKind]) -> Iterator[InForce]:
    rows = session.execute(
        select(Deal.employee_id, Offer)
        .join(Offer, (Offer.deal_id == Deal.id) & (Offer.number == Deal.in_force_number))
        .where(
            Deal.state == DealState.IN_FORCE,
            Offer.kinds.overlap([kind.value for kind in kinds]),
        )
        .order_by(Deal.id.desc())
        .limit(LATEST)
    )
    for employee_id, offer in rows:
        yield InForce(employee_id, text_of(offer).terms)


# The team -------------------------------------------------------------------------------------


def team(session: Session, employee_id: int, kinds: Collection[TermKind], today: date) -> Team:
    others = _others(session, employee_id, today)
    rows = _deals_of(session, [each.id for each in others])
    found = [InForce(deal.employee_id, text_of(offer).terms) for deal, offer in rows]
    names = {each.id: each.name for each in others}
    return Team(
        people={kind: count for kind, count in counts(found).items() if kind in kinds},
        shown=tuple(_shown(rows, kinds, names)),
    )


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


def _shown(
    rows: Iterable[Row[Deal, Offer]], kinds: Collection[TermKind], names: Mapping[int, str]
) -> Iterator[Shown]:
    """Without names only where the team is large enough that there is somebody to be mixed up
    with."""
    for deal, offer in rows:
        alike = tuple(TermKind(kind) for kind in offer.kinds if kind in kinds)
        if not alike:
            continue
        if deal.visibility == Visibility.EVERYONE:
            yield Shown(alike, names[deal.employee_id], deal.number)
        elif deal.visibility == Visibility.TEAM_ANONYMISED and len(names) >= AT_LEAST_FOR_COUNTS:
            yield Shown(alike, None, None)


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
