"""`/api/v1/deals`: propose, make offers, accept, refuse, take back; and what there is to see.

Whoever acts names the offer that they saw, or the ETag of the deal in `If-Match`.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request, url_for
from sqlalchemy.orm import Session

from ideals.db import unit_of_work
from ideals.deals import commands, queries
from ideals.deals.api import told
from ideals.deals.api.told import Shown
from ideals.deals.commands import Accept, MakeOffer, Propose, Refuse, Withdraw
from ideals.deals.models import Deal, Offer
from ideals.deals.queries.afterwards import is_due_for_evaluation
from ideals.deals.queries.persons import employee_named, manager_named
from ideals.deals.schemas import (
    AcceptanceIn,
    ChangesIn,
    ChangesOut,
    DealIn,
    DealOut,
    DealsIn,
    DealWithPartsOut,
    OfferIn,
    OfferOut,
    RefusalIn,
    WithdrawalIn,
)
from ideals.deals.states import DealState
from ideals.kernel import clock
from ideals.kernel.ids import new_id
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, paginate
from ideals.web.guards import guard, signed_in
from ideals.web.preconditions import VersionStale, etag, seen_version

bp = Blueprint("deals", __name__, url_prefix="/api/v1/deals", description="Individual agreements")


@bp.get("")
@guard(signed_in)
@bp.arguments(DealsIn, location="query", as_kwargs=True)
@bp.response(200, page_of(DealOut))
def deals(
    page: PageRequest,
    state: DealState | None = None,
    employee: str | None = None,
    overdue: bool = False,
) -> Page[Shown]:
    """Those of which you may see something, what somebody acted on last first."""
    actor, today = current_actor(), told.today()
    with unit_of_work() as session:
        wanted = queries.visible_to(session, actor=actor, today=today)
        wanted = queries.narrowed(wanted, state=state, employee=employee)
        if overdue:
            wanted = wanted.where(is_due_for_evaluation(today))
        found = paginate(session, wanted, page, Deal.acted_at, Deal.id, descending=True)
        standings = queries.standings(session, found.items, actor=actor, today=today)
        return Page(told.deals(session, standings), found.next)


@bp.post("")
@guard(signed_in)
@bp.arguments(DealIn)
@creates(bp, DealWithPartsOut, location=lambda made: url_for("deals.deal", deal_id=made["id"]))
def propose(session: Session, asked: dict[str, Any]) -> Shown:
    """Begin one with its first offer: for yourself, somebody who reports to you, or as HR."""
    actor = current_actor()
    cmd = Propose(
        id=new_id(),
        employee_id=employee_named(session, asked.pop("employee"), actor=actor),
        manager_id=manager_named(session, asked.pop("manager"), actor=actor),
        text=asked.pop("offer"),
        **asked,
    )
    made = commands.propose(session, cmd, actor=actor, now=clock.now())
    return told.now(session, made.id)


@bp.get("/<uuid:deal_id>")
@guard(signed_in)
@bp.response(200, DealWithPartsOut)
def deal(deal_id: UUID) -> Any:
    """One with its current offer. Its ETag names what you saw."""
    with unit_of_work() as session:
        found = told.access(session, deal_id)
        return told.deal(session, found), 200, etag(found.deal.version)


# Offers ---------------------------------------------------------------------------------------


@bp.get("/<uuid:deal_id>/offers")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(OfferOut))
def offers(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """In their order. Whoever had to agree to a deal sees those that both sides accepted."""
    with unit_of_work() as session:
        wanted = queries.offers_seen(told.access(session, deal_id))
        found = paginate(session, wanted, page, Offer.number)
        return Page(told.offers(session, found.items), found.next)


@bp.post("/<uuid:deal_id>/offers")
@guard(signed_in)
@bp.arguments(OfferIn, as_kwargs=True)
@creates(bp, OfferOut, location=lambda made: _address(made["number"]))
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def make_offer(
    session: Session, deal_id: UUID, seen: int | None, offer: dict[str, Any], template: str | None
) -> Shown:
    """The next one, an answer to the one that you saw. Of a deal in force it is a renewal."""
    cmd = MakeOffer(deal_id, _seen(session, deal_id, seen), offer, template)
    made = commands.make_offer(session, cmd, actor=current_actor(), now=clock.now())
    return told.offers(session, [made])[0]


def _address(number: int) -> str:
    deal_id = (request.view_args or {})["deal_id"]
    return url_for("deals.offer", deal_id=deal_id, number=number)


@bp.get("/<uuid:deal_id>/offers/<int:number>")
@guard(signed_in)
@bp.response(200, OfferOut)
def offer(deal_id: UUID, number: int) -> Shown:
    """One of them, with who accepted it."""
    with unit_of_work() as session:
        found = queries.access_offer(session, told.access(session, deal_id), number)
        return told.offers(session, [found])[0]


@bp.get("/<uuid:deal_id>/offers/<int:number>/changes")
@guard(signed_in)
@bp.arguments(ChangesIn, location="query", as_kwargs=True)
@bp.response(200, ChangesOut)
def changes(deal_id: UUID, number: int, since: int | None) -> Shown:
    """What it says otherwise than another one, term by term."""
    with unit_of_work() as session:
        found = queries.changes_of(session, told.access(session, deal_id), number, since)
        return {"since": found.since, "number": number, "changes": found.changes}


# Deciding -------------------------------------------------------------------------------------


@bp.post("/<uuid:deal_id>/acceptances")
@guard(signed_in)
@bp.arguments(AcceptanceIn, as_kwargs=True)
@creates(bp, DealWithPartsOut, location=lambda made: url_for("deals.deal", deal_id=made["id"]))
@bp.alt_response(412, "PRECONDITION_FAILED")
def accept(session: Session, deal_id: UUID, offer: int) -> Shown:
    """Accept the offer of this number for your side. It takes a fresh sign-in, or token."""
    cmd = Accept(deal_id, _seen(session, deal_id, offer))
    commands.accept(session, cmd, actor=current_actor(), now=clock.now())
    return told.now(session, deal_id)


@bp.post("/<uuid:deal_id>/refusals")
@guard(signed_in)
@bp.arguments(RefusalIn, as_kwargs=True)
@creates(bp, DealWithPartsOut, location=lambda made: url_for("deals.deal", deal_id=made["id"]))
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def refuse(session: Session, deal_id: UUID, offer: int | None, reason: str) -> Shown:
    """Go on no further, and say why. Of a deal in force it is the renewal that is refused."""
    cmd = Refuse(deal_id, _seen(session, deal_id, offer), reason)
    commands.refuse(session, cmd, actor=current_actor(), now=clock.now())
    return told.now(session, deal_id)


@bp.post("/<uuid:deal_id>/withdrawal")
@guard(signed_in)
@bp.arguments(WithdrawalIn, as_kwargs=True)
@creates(bp, DealWithPartsOut, location=lambda made: url_for("deals.deal", deal_id=made["id"]))
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def withdraw(session: Session, deal_id: UUID, offer: int | None, reason: str) -> Shown:
    """Take back what you asked for, until everybody has agreed."""
    cmd = Withdraw(deal_id, _seen(session, deal_id, offer), reason)
    commands.withdraw(session, cmd, actor=current_actor(), now=clock.now())
    return told.now(session, deal_id)


def _seen(session: Session, deal_id: UUID, number: int | None) -> int:
    """The offer that they saw: by its number, by the ETag of the deal, or by both, which must then
    hold both. What happens before the deal is locked, the command sees.

    Raises `DealUnknown`, `VersionMissing`, `VersionStale`.
    """
    if number is not None and "If-Match" not in request.headers:
        return number
    found = told.access(session, deal_id).deal
    if seen_version() != found.version:
        raise VersionStale(
            "Somebody acted on this deal since: look at it again", current=found.offer_number
        )
    return found.offer_number if number is None else number
