"""HR's register: every deal, refusals with their reasons, money with its objective reason, and what
was not looked back on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext

from ideals.db import unit_of_work
from ideals.deals import queries
from ideals.deals.models import Deal, Offer
from ideals.deals.pages import stands
from ideals.deals.pages.deal import today
from ideals.deals.pages.lists import PAGE, Row, paged, rows_of
from ideals.deals.pages.terms import said_term
from ideals.deals.pages.words import KINDS, gettext
from ideals.deals.queries import lists
from ideals.deals.queries.lists import Asked
from ideals.deals.rules.kinds import MONEY_KINDS
from ideals.deals.rules.offers import reason_of
from ideals.deals.states import DealState, Started, TermKind
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.people.queries.overlays import Disagreement, disagreements
from ideals.web import formats
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.guards import guard, role
from ideals.web.shell import NavItem, navigation

MOST_SHOWN = 200
"""Rows that disagree: of so many the file as a whole is wrong."""

bp = Blueprint("deal_register_pages", __name__, template_folder="../templates")
keeps_deals = role(Role.HR_DEALS)
navigation.register(
    "56-deals",
    NavItem(lazy_gettext("Deals"), "deal_register_pages.register", keeps_deals, group="hr"),
)


@bp.get("/deals/register")
@guard(keeps_deals)
def register() -> str:
    wanted = asked()
    with unit_of_work() as session:
        return render_template(
            "deals/register.html",
            page=paged(session, lists.register(wanted), None),
            asked=wanted,
            states=[
                ("", gettext("everything")),
                *((e.value, str(w)) for e, (_, w) in stands.STATES.items()),
            ],
            kinds=[("", gettext("everything")), *((e.value, str(w)) for e, w in KINDS.items())],
            started=[
                ("", gettext("everything")),
                *((e.value, str(w)) for e, w in stands.STARTED.items()),
            ],
        )


def asked() -> Asked:
    """From the address; what is not known asks nothing."""
    given = {name: request.args.get(name, "") for name in ("search", "state", "kind", "started")}
    known: Mapping[str, set[str]] = {
        "state": set(DealState),
        "kind": set(TermKind),
        "started": set(Started),
    }
    return Asked(**{k: v if v in known.get(k, {v}) else "" for k, v in given.items()})


@bp.get("/deals/register/refused")
@guard(keeps_deals)
def refused() -> str:
    with unit_of_work() as session:
        return render_template("deals/refused.html", page=paged(session, lists.refused(), None))


@bp.get("/deals/register/overdue")
@guard(keeps_deals)
def overdue() -> str:
    """In force, and the day to look back has come."""
    with unit_of_work() as session:
        page = paged(session, lists.evaluation_due(today()), None)
        return render_template("deals/overdue.html", page=page)


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """`terms`: (what, objective reason) of each that is money. `cost`: of a year, to the unit."""

    row: Row
    terms: tuple[tuple[str, str], ...]
    cost: Money


@bp.get("/deals/register/money")
@guard(keeps_deals)
def money() -> str:
    with unit_of_work() as session:
        query = lists.with_money([kind.value for kind in MONEY_KINDS])
        page = paginate(
            session, query, page_request(limit=PAGE), Deal.acted_at, Deal.id, descending=True
        )
        offers = lists.counting_offers(session, page.items)
        rows = [
            _money(offers[deal.id], row)
            for deal, row in zip(page.items, rows_of(session, page.items, None), strict=True)
        ]
        return render_template("deals/money.html", page=Page(rows, page.next))


def _money(offer: Offer, row: Row) -> MoneyRow:
    return MoneyRow(row, money_terms(offer), Money(offer.cost_minor))


def money_terms(offer: Offer) -> tuple[tuple[str, str], ...]:
    text = queries.text_of(offer)
    return tuple(
        (said_term(term).head, reason_of(text, term))
        for term in text.terms
        if term.kind in MONEY_KINDS
    )


@dataclass(frozen=True, slots=True)
class HoursRow:
    deal: Deal
    found: Disagreement


@bp.get("/deals/register/hours")
@guard(keeps_deals)
def hours() -> str:
    """Rows of HR's files that say other hours than a deal in force, for HR to put right."""
    with unit_of_work() as session:
        found = disagreements(session)
        shown = found[:MOST_SHOWN]
        deals = queries.deals_by_source(session, {each.source for each in shown})
        rows = [HoursRow(deals[each.source], each) for each in shown if each.source in deals]
        return render_template(
            "deals/hours.html", rows=rows, count=len(found), day=formats.day, factor=_factor
        )


def _factor(value: Decimal) -> str:
    return formats.number(value, 0, most=6)
