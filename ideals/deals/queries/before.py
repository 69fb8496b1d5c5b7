"""What both sides see before they agree: clauses that a term fails, and what such deals look like
here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from ideals.deals import queries, rules
from ideals.deals.errors import KeptUnknown
from ideals.deals.models import Clause, Deal, Offer, Template
from ideals.deals.rules import InForce, Measure, Typical
from ideals.deals.rules.kinds import Term
from ideals.deals.rules.offers import OfferText
from ideals.deals.rules.typical import AT_LEAST_FOR_COUNTS
from ideals.deals.states import DealState, TermKind, Visibility
from ideals.kernel.actor import Actor
from ideals.people import queries as people
from ideals.people.models import Employee
from ideals.people.queries.overlays import hours_on

MOST_SHOWN = 100
"""Deals of others that one page lists."""
MOST_LOOKED_AT = 2_500
"""Deals in force, the latest, among which those alike are looked for."""
MOST_COMPARED = 250
"""Of those, whose terms are read."""

# Clauses and templates, as HR keeps them --------------------------------------------------------


def clauses_in_force(session: Session) -> list[Clause]:
    query = select(Clause).where(Clause.superseded_at.is_(None))
    return list(session.scalars(query.order_by(Clause.code)))


def templates_in_force(session: Session) -> list[Template]:
    query = select(Template).where(Template.superseded_at.is_(None))
    return list(session.scalars(query.order_by(Template.code)))


def clause_of(session: Session, code: str) -> Clause:
    """That in force. Raises `KeptUnknown`."""
    row = next((each for each in clauses_in_force(session) if each.code == code), None)
    if row is None:
        raise KeptUnknown
    return row


def template_of(session: Session, code: str) -> Template:
    """That in force. Raises `KeptUnknown`."""
    row = next((each for each in templates_in_force(session) if each.code == code), None)
    if row is None:
        raise KeptUnknown
    return row


def is_clause(session: Session, code: str) -> bool:
    return any(each.code == code for each in clauses_in_force(session))


def is_template(session: Session, code: str) -> bool:
    return any(each.code == code for each in templates_in_force(session))


def plain_of_clause(row: Clause) -> dict[str, object]:
    """As it is read."""
    return {"code": row.code, "says": row.says, "kinds": row.kinds, "formula": row.formula}


def read_clauses(rows: Iterable[Clause]) -> list[rules.Clause]:
    """Those that can be read today: they were checked when they were kept."""
    read = [rules.read_clause(plain_of_clause(row)) for row in rows]
    return [each for each in read if isinstance(each, rules.Clause)]


@dataclass(frozen=True, slots=True)
class Held:
    """Of an offer the terms that a clause makes void, and those of which nothing can be said, each
    by its place in the offer with the clause."""

    void: tuple[tuple[int, rules.Clause], ...]
    unsure: tuple[tuple[int, rules.Clause], ...]


def held_against_clauses(session: Session, deal: Deal, offer: OfferText) -> Held:
    """By what is known of the employee on the offer's first day."""
    clauses = read_clauses(clauses_in_force(session))
    if not clauses:
        return Held((), ())
    facts = facts_of(session, deal.employee_id, offer.starts_on)
    found = [
        tuple(
            (place, clause)
            for place, term in enumerate(offer.terms)
            for _, clause in look([term], clauses, facts)
        )
        for look in (rules.void, rules.unsure)
    ]
    return Held(found[0], found[1])


def facts_of(session: Session, employee_id: int, day: date) -> Mapping[str, str | Decimal | bool]:
    """What a clause may read of somebody; what is not known is left out. Salary is none."""
    row = people.employment_on(session, employee_id, day)
    if row is None:
        return {}
    facts: dict[str, str | Decimal | bool] = {
        "unit": people.units_of(session, [row])[row.unit_id],
        "scale": row.scale or "",
        "part_time_factor": row.part_time_factor,
        "years_of_service": Decimal(_whole_years(row.hired_on, day)),
    }
    agreed = hours_on(session, [employee_id], day).get(employee_id)
    full_time = (people.surroundings(session).full_time_hours or {}).get(row.scheme)
    if agreed is not None:
        facts["part_time_factor"] = agreed.part_time_factor
        facts["weekly_hours"] = agreed.weekly_hours
    elif row.weekly_hours is not None:
        facts["weekly_hours"] = row.weekly_hours
    elif full_time is not None:
        facts["weekly_hours"] = row.part_time_factor * full_time
    return facts


def _whole_years(since: date, day: date) -> int:
    return day.year - since.year - ((day.month, day.day) < (since.month, since.day))


# What such deals look like here -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparable:
    """Of everybody: figures, and how many have such a term; of the team how many. Never whose, and
    `None` where there are too few to say."""

    figures: Mapping[Measure, Typical | None]
    everywhere: Mapping[TermKind, int | None]
    team: Mapping[TermKind, int | None]


def comparable(session: Session, deal: Deal, kinds: Collection[str], today: date) -> Comparable:
    """Deals in force with a term of these kinds, of others than the employee: with their own, a
    count of one more would tell of it. Of everybody only the latest are looked at, so that it
    costs the same however many there are."""
    everywhere = _in_force(session, _latest(), list(kinds), but=deal.employee_id)
    manager_id = queries.manager_now(session, deal, today)
    colleagues = [each.id for each in people.reports_of(session, manager_id, today)]
    of_team = select(Deal).where(Deal.state == DealState.IN_FORCE, Deal.employee_id.in_(colleagues))
    team = _in_force(session, of_team, list(kinds), but=deal.employee_id)
    figures, wanted = rules.typical(everywhere), {TermKind(kind) for kind in kinds}
    return Comparable(
        {measure: figure for measure, figure in figures.items() if measure.kind in wanted},
        _only(wanted, rules.counts(everywhere)),
        _only(wanted, rules.counts(team)),
    )


def _latest() -> Select[Deal]:
    """By their ids, which follow time; the index of states has them in that order."""
    query = select(Deal).where(Deal.state == DealState.IN_FORCE)
    return query.order_by(Deal.id.desc()).limit(MOST_LOOKED_AT)


def _only(
    kinds: Collection[TermKind], counted: Mapping[TermKind, int | None]
) -> dict[TermKind, int | None]:
    """Of other kinds not every deal was looked at."""
    return {kind: count for kind, count in counted.items() if kind in kinds}


def _in_force(
    session: Session, deals: Select[Deal], kinds: Sequence[str], *, but: int
) -> list[InForce]:
    """Of these deals the terms of those kinds that hold, the latest first: one statement."""
    some = deals.subquery()
    rows = session.execute(
        select(some.c.employee_id, Offer.text, Offer.starts_on)
        .join(Offer, (Offer.deal_id == some.c.id) & (Offer.number == some.c.in_force_number))
        .where(some.c.employee_id != but, Offer.kinds.overlap(kinds))
        .order_by(some.c.id.desc())
        .limit(MOST_COMPARED)
    )
    return [InForce(row[0], _terms(row[1], kinds, row[2])) for row in rows]


def _terms(text: Mapping[str, Any], kinds: Sequence[str], starts_on: date) -> tuple[Term, ...]:
    """They were checked when they were put forward; the others are not read, which takes time."""
    wanted = [each for each in text["terms"] if each["kind"] in kinds]
    terms = rules.read(wanted, starts_on)
    assert isinstance(terms, tuple)  # noqa: S101  only what could be read is stored
    return terms


# What colleagues may know -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A deal in force as colleagues see it. Without a name nothing is told that somebody wrote: by
    their words people are known."""

    kinds: tuple[TermKind, ...]
    name: str | None = None
    terms: tuple[Term, ...] = ()
    colleagues: str = ""


def shown_to(session: Session, *, actor: Actor, today: date) -> list[Shown]:
    """What is for everyone, by number; and of their own team, by what it holds, what is for the
    team without a name, from as many in the team on as nobody is known by being counted."""
    if actor.employee_id is None:
        return []
    manager_id = queries.manager_of(session, actor.employee_id, today)
    team = people.reports_of(session, manager_id, today) if manager_id else []
    ids = [each.id for each in team] if len(team) >= AT_LEAST_FOR_COUNTS else []
    rows = session.execute(
        select(Deal, Offer, Employee.name)
        .join(Offer, (Offer.deal_id == Deal.id) & (Offer.number == Deal.in_force_number))
        .join(Employee, Employee.id == Deal.employee_id)
        .where(
            Deal.state == DealState.IN_FORCE,
            Deal.employee_id != actor.employee_id,
            or_(
                Deal.visibility == Visibility.EVERYONE,
                and_(Deal.visibility == Visibility.TEAM_ANONYMISED, Deal.employee_id.in_(ids)),
            ),
        )
        .order_by(Deal.number)
        .limit(MOST_SHOWN)
    ).all()
    named, nameless = [], []
    for deal, offer, name in rows:
        kinds = tuple(TermKind(kind) for kind in sorted(offer.kinds))
        if deal.visibility == Visibility.EVERYONE:
            text = queries.text_of(offer)
            named.append(Shown(kinds, name, text.terms, text.colleagues))
        else:
            nameless.append(Shown(kinds))
    # In no order that would tell of one.
    return named + sorted(nameless, key=lambda each: each.kinds)
