"""`/api/v1/deals/...`: clauses and templates that HR keeps, and what is usual here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from ideals.db import unit_of_work
from ideals.deals import commands, queries
from ideals.deals.api import told
from ideals.deals.api.told import Shown
from ideals.deals.commands import DropClause, DropTemplate, KeepClause, KeepTemplate
from ideals.deals.models import Clause, Template
from ideals.deals.policy import Part
from ideals.deals.queries import before, comparing
from ideals.deals.queries.starting import offer_from
from ideals.deals.rules import Clause as Rule
from ideals.deals.rules import Measure, Typical
from ideals.deals.rules.terms import plain_of
from ideals.deals.rules.typical import Measured
from ideals.deals.schemas import (
    AgainstClausesOut,
    BeforeAgreeingOut,
    ClauseIn,
    ClauseOut,
    ComparableOut,
    DealTemplateIn,
    DealTemplateOut,
    PublishedOut,
    ShownDealOut,
    StartedOut,
    StartsOnIn,
)
from ideals.deals.states import TermKind
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list
from ideals.web.guards import guard, role, signed_in
from ideals.web.language import language
from ideals.web.preconditions import etag, seen_version

bp = Blueprint(
    "deals_kept", __name__, url_prefix="/api/v1/deals", description="Clauses and templates"
)
only_hr = role(Role.HR_DEALS)


@bp.get("/clauses")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(ClauseOut))
def clauses(page: PageRequest) -> Page[Shown]:
    """What terms must hold by law, scheme or agreement, by code."""
    with unit_of_work() as session:
        rows = page_of_list(before.clauses_in_force(session), page, key=lambda row: row.code)
        return Page([_clause(row) for row in rows.items], rows.next)


@bp.get("/clauses/<code>")
@guard(signed_in)
@bp.response(200, ClauseOut)
def clause(code: str) -> Any:
    """One of them; its ETag is what a change has to name."""
    with unit_of_work() as session:
        row = before.clause_of(session, code)
        return _clause(row), 200, etag(row.id)


@bp.put("/clauses/<code>")
@guard(only_hr)
@bp.arguments(ClauseIn)
@bp.response(200, ClauseOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def keep_clause(asked: dict[str, Any], code: str) -> Any:
    """Write it down; the one before stays to be looked up. The first of a code names no ETag."""
    with unit_of_work() as session:
        there = before.is_clause(session, code)
        cmd = KeepClause(asked | {"code": code}, seen_version() if there else 0)
        row = commands.keep_clause(session, cmd, actor=current_actor(), now=clock.now())
        return _clause(row), 200, etag(row.id)


@bp.delete("/clauses/<code>")
@guard(only_hr)
@bp.response(204)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def drop_clause(code: str) -> None:
    """It holds no more."""
    with unit_of_work() as session:
        before.clause_of(session, code)
        cmd = DropClause(code, seen_version())
        commands.drop_clause(session, cmd, actor=current_actor(), now=clock.now())


def _clause(row: Clause) -> Shown:
    plain = before.plain_of_clause(row)
    return plain | {"kinds": [TermKind(k) for k in row.kinds], "changed_at": row.changed_at}


# Templates ------------------------------------------------------------------------------------


@bp.get("/templates")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(DealTemplateOut))
def templates(page: PageRequest) -> Page[Shown]:
    """What an offer can begin with, by code."""
    with unit_of_work() as session:
        rows = page_of_list(before.templates_in_force(session), page, key=lambda row: row.code)
        return Page([_template(row) for row in rows.items], rows.next)


@bp.get("/templates/<code>")
@guard(signed_in)
@bp.response(200, DealTemplateOut)
def template(code: str) -> Any:
    """One of them; its ETag is what a change has to name."""
    with unit_of_work() as session:
        row = before.template_of(session, code)
        return _template(row), 200, etag(row.id)


@bp.put("/templates/<code>")
@guard(only_hr)
@bp.arguments(DealTemplateIn)
@bp.response(200, DealTemplateOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def keep_template(asked: dict[str, Any], code: str) -> Any:
    """Publish it; what began with the one before stays. The first of a code names no ETag."""
    with unit_of_work() as session:
        seen = seen_version() if before.is_template(session, code) else 0
        cmd = KeepTemplate(code, asked["names"], asked["says"], asked["offer"], seen)
        row = commands.keep_template(session, cmd, actor=current_actor(), now=clock.now())
        return _template(row), 200, etag(row.id)


@bp.delete("/templates/<code>")
@guard(only_hr)
@bp.response(204)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def drop_template(code: str) -> None:
    """Nothing begins with it any more."""
    with unit_of_work() as session:
        before.template_of(session, code)
        cmd = DropTemplate(code, seen_version())
        commands.drop_template(session, cmd, actor=current_actor(), now=clock.now())


def _template(row: Template) -> Shown:
    return {
        "code": row.code,
        "names": row.names,
        "says": row.says,
        "offer": row.text,
        "changed_at": row.changed_at,
    }


@bp.get("/templates/<code>/offer")
@guard(signed_in)
@bp.arguments(StartsOnIn, location="query", as_kwargs=True)
@bp.response(200, StartedOut)
def template_offer(code: str, starts_on: date) -> Shown:
    """The offer that it starts from that day, in your language, to fill in and change."""
    with unit_of_work() as session:
        return {"template": code, "offer": offer_from(session, code, starts_on, language())}


@bp.post("/usual")
@guard(only_hr)
@bp.response(200, PublishedOut)
def publish_usual() -> Shown:
    """The usual clauses and templates, as far as their codes are not in use. Again is nothing."""
    with unit_of_work() as session:
        made = commands.publish_usual(session, actor=current_actor(), now=clock.now())
        return {"published": made}


# Before agreeing ------------------------------------------------------------------------------


@bp.get("/<uuid:deal_id>/offers/<int:number>/clauses")
@guard(signed_in)
@bp.response(200, AgainstClausesOut)
def against_clauses(deal_id: UUID, number: int) -> Shown:
    """Which of its terms a clause does not allow, by what is known of the employee."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.OFFERS)
        offer = queries.text_of(queries.access_offer(session, found, number))
        held = before.held_against_clauses(session, found.deal, offer)
        return {"void": _against(held.void), "unsure": _against(held.unsure)}


def _against(found: Iterable[tuple[int, Rule]]) -> list[Shown]:
    return [
        {"term": place, "code": clause.code, "says": clause.said(language())}
        for place, clause in found
    ]


@bp.get("/<uuid:deal_id>/offers/<int:number>/before")
@guard(signed_in)
@bp.response(200, BeforeAgreeingOut)
def before_agreeing(deal_id: UUID, number: int) -> Shown:
    """What to look at before agreeing: cost and mandate, clauses, what is usual, and the team."""
    today = told.today()
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.OFFERS)
        offer = queries.access_offer(session, found, number)
        seen = comparing.before_agreeing(session, found, offer, today)
        return {
            "cost": seen.cost,
            "covered": seen.covered,
            "mandate": seen.mandate,
            "clauses": {"void": _against(seen.held.void), "unsure": _against(seen.held.unsure)},
            "comparable": _comparable(seen.comparable),
            "cover": seen.cover,
        }


@bp.get("/<uuid:deal_id>/comparable")
@guard(signed_in)
@bp.response(200, ComparableOut)
def comparable(deal_id: UUID) -> Shown:
    """What deals like the offer on the table usually look like here: never whose."""
    today = told.today()
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.OFFERS)
        offer = queries.offer_of(session, deal_id, found.deal.offer_number)
        return _comparable(before.comparable(session, found.deal, offer.kinds, today))


def _comparable(seen: before.Comparable) -> Shown:
    counts = [
        {"kind": kind, "everywhere": count, "team": seen.team.get(kind)}
        for kind, count in seen.everywhere.items()
    ]
    return {"figures": [_figure(*each) for each in seen.figures.items()], "counts": counts}


def _figure(measure: Measure, found: Typical | None) -> Shown:
    cents = measure.counts is Measured.CENTS

    def value(whole: int) -> str | int:
        return str(Money(whole)) if cents else whole

    return {
        "measure": measure,
        "kind": measure.kind,
        "counts": "euros" if cents else measure.counts.value,
        "deals": found.deals if found else None,
        "median": value(found.median) if found else None,
        "low": value(found.low) if found else None,
        "high": value(found.high) if found else None,
    }


@bp.get("/shown")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(ShownDealOut))
def shown(page: PageRequest) -> Page[Shown]:
    """Deals of colleagues, as far as they let others know."""
    with unit_of_work() as session:
        found = before.shown_to(session, actor=current_actor(), today=told.today())
        rows = page_of_list(list(enumerate(found)), page, key=lambda row: row[0])
        return Page([_shown(each) for _, each in rows.items], rows.next)


def _shown(each: before.Shown) -> Shown:
    return {
        "kinds": each.kinds,
        "name": each.name,
        "terms": [plain_of(term) for term in each.terms],
        "colleagues": each.colleagues,
    }
