"""Clauses and templates that HR keeps, and what clauses say of an offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ideals.deals import policy
from ideals.deals.errors import OnlyHrKeepsDeals, TemplateUnknown
from ideals.deals.models import Clause, Template
from ideals.deals.rules import clauses as rules
from ideals.deals.rules import templates
from ideals.deals.rules.kinds import Term
from ideals.deals.rules.offers import OfferText
from ideals.kernel.actor import Actor
from ideals.people import queries as people
from ideals.people.models import Employment, Unit

# As HR keeps them -----------------------------------------------------------------------------


def clauses_in_force(session: Session) -> list[Clause]:
    """By code. What binds is no secret: everybody may read it."""
    query = select(Clause).where(Clause.superseded_at.is_(None)).order_by(Clause.code)
    return list(session.scalars(query))


def clause_in_force(session: Session, code: str, *, lock: bool = False) -> Clause | None:
    query = select(Clause).where(Clause.code == code, Clause.superseded_at.is_(None))
    return session.scalar(query.with_for_update() if lock else query)


def clause_history(code: str, *, actor: Actor) -> Select[Clause]:
    """Every version, the latest first. Raises `OnlyHrKeepsDeals`."""
    if not policy.keeps_deals(actor):
        raise OnlyHrKeepsDeals
    return select(Clause).where(Clause.code == code).order_by(Clause.id.desc())


def templates_in_force(session: Session) -> list[Template]:
    """By code, for everybody."""
    query = select(Template).where(Template.superseded_at.is_(None)).order_by(Template.code)
    return list(session.scalars(query))


def template_in_force(session: Session, code: str, *, lock: bool = False) -> Template | None:
    query = select(Template).where(Template.code == code, Template.superseded_at.is_(None))
    return session.scalar(query.with_for_update() if lock else query)


def offer_from(session: Session, code: str, starts_on: date, language: str) -> dict[str, Any]:
    """The offer that a template starts, as plain data. Raises `TemplateUnknown`."""
    row = template_in_force(session, code)
    if row is None:
        raise TemplateUnknown(code)
    read = templates.read(
        {"code": row.code, "names": row.names, "says": row.says, "text": row.text}
    )
    assert isinstance(read, templates.Template)  # noqa: S101  only what could be read is stored
    return templates.started(read, starts_on, language)


# What they say of an offer --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Against:
    """A term that goes against a clause; `sure` false: a fact is missing, nothing can be said.
    `place`: of the term, from 0."""

    place: int
    term: Term
    clause: rules.Clause
    sure: bool

    def plain(self, language: str = "en") -> dict[str, str]:
        return {
            "path": f"terms[{self.place}]",
            "kind": self.term.kind.value,
            "clause": self.clause.code,
            "says": self.clause.said(language),
        }


def against(session: Session, employee_id: int, offer: OfferText, today: date) -> list[Against]:
    """Every term that is void, and each of which it cannot be said. Three statements at most."""
    kept = [_read(row) for row in clauses_in_force(session)]
    if not kept:
        return []
    facts = person_facts(session, employee_id, max(offer.starts_on, today), today)
    found = []
    for place, term in enumerate(offer.terms):
        for sure, looked in ((True, rules.void), (False, rules.unsure)):
            found += [
                Against(place, term, clause, sure) for _term, clause in looked([term], kept, facts)
            ]
    return found


def void_terms(session: Session, employee_id: int, offer: OfferText, today: date) -> list[Against]:
    return [each for each in against(session, employee_id, offer, today) if each.sure]


def _read(row: Clause) -> rules.Clause:
    read = rules.read(
        {"code": row.code, "says": row.says, "kinds": row.kinds, "formula": row.formula}
    )
    assert isinstance(read, rules.Clause)  # noqa: S101  only what could be read is stored
    return read


def person_facts(
    session: Session, employee_id: int, day: date, today: date
) -> Mapping[str, str | Decimal | bool]:
    """As `rules.clauses.PERSON` names them, on that day, or today where it is not known that they
    work then. What is not known is not there."""
    row = people.employment_on(session, employee_id, day) or people.employment_on(
        session, employee_id, today
    )
    if row is None:
        return {}
    unit = session.get(Unit, row.unit_id)
    facts: dict[str, str | Decimal | bool] = {
        "unit": "" if unit is None else unit.path,
        "part_time_factor": row.part_time_factor,
        "years_of_service": Decimal(_whole_years(row.hired_on, day)),
    }
    if row.scale:
        facts["scale"] = row.scale
    hours = _weekly_hours(session, row)
    if hours is not None:
        facts["weekly_hours"] = hours
    return facts


def _weekly_hours(session: Session, row: Employment) -> Decimal | None:
    if row.weekly_hours is not None:
        return row.weekly_hours
    full_time = people.surroundings(session).full_time_hours or {}
    hours = full_time.get(row.scheme)
    return None if hours is None else hours * row.part_time_factor


def _whole_years(since: date, day: date) -> int:
    return day.year - since.year - ((day.month, day.day) < (since.month, since.day))
