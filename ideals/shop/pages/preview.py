"""The shop as one employee sees it, for HR to look at: no price is promised and nothing ordered.

Whoever looks sees somebody's prices and budget, and so something of their pay: it is written down.
"""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from ideals import audit
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.people import queries as people_queries
from ideals.people.models import Employee
from ideals.people.queries import Asked, Presence
from ideals.schemes.rules import Group
from ideals.shop import queries
from ideals.shop.pages import catalogue, product, terms
from ideals.shop.queries import considering
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.guards import guard, role

bp = Blueprint("preview_pages", __name__, template_folder="../templates")

PAGE = 25


@bp.get("/products/preview")
@guard(role(Role.HR))
def people() -> str:
    """Whose shop? Found as on the list of people, among those who are employed."""
    search = request.args.get("q", "").strip()[:100]
    scheme = request.args.get("scheme", "")[:40]
    asked = Asked(search=search, scheme=scheme, presence=Presence.EMPLOYED)
    with unit_of_work() as session:
        listing = people_queries.people_listing(
            asked, actor=current_actor(), on=_today(clock.now())
        )
        page = paginate(session, listing.statement, page_request(limit=PAGE), *listing.keys)
    return render_template(
        "shop/preview_people.html",
        page=page,
        search=search,
        scheme=scheme,
        product=request.args.get("product", "")[:40],
    )


@bp.get("/people/<number>/shop")
@guard(role(Role.HR))
def shop(number: str) -> str:
    now = clock.now()
    today = _today(now)
    with unit_of_work() as session:
        employee = _looked_at(session, number, now)
        found = queries.catalogue(session, employee.id, None, today)
    cards = [
        catalogue.card_shown(
            card,
            url_for("preview_pages.product_page", number=number, code=card.product.code),
            today,
        )
        for card in found.cards
    ]
    group, search = request.args.get("for", ""), request.args.get("q", "")
    shown = catalogue.wanted(cards, group, search)
    return render_template(
        "shop/preview_shop.html",
        employee=employee,
        cards=[card for card in shown if not card.why] + [card for card in shown if card.why],
        every=len(cards),
        groups=[(g, terms.GROUPS[g]) for g in Group if any(card.group is g for card in cards)],
        group=group,
        search=search,
        left=None if found.scheme is None else catalogue.left_in_sight(found, today),
    )


@bp.get("/people/<number>/shop/<code>")
@guard(role(Role.HR))
def product_page(number: str, code: str) -> str:
    """One product with what a choice of it would mean to this employee."""
    asked, typed = product.read(request.args)
    now = clock.now()
    today = _today(now)
    with unit_of_work() as session:
        employee = _looked_at(session, number, now)
        found = considering.consider(session, employee.id, code, asked, day=today)
        return render_template(
            "shop/preview_product.html",
            employee=employee,
            shown=product.shown(found, asked, typed, today),
            **product.WORDS,
        )


def _looked_at(session: Session, number: str, now: datetime) -> Employee:
    """The employee; that HR looked is recorded."""
    actor = current_actor()
    employee = people_queries.access_employee(session, number, actor=actor, on=_today(now))
    audit.record(session, "shop.previewed", f"employee:{number}", actor=actor, now=now)
    return employee


def _today(now: datetime) -> date:
    return now.astimezone(Settings.read().zone).date()
