"""`/api/v1/deals/...`: what stands beside the offers: messages, history, advisers, drafts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, url_for
from sqlalchemy.orm import Session

from ideals.db import unit_of_work
from ideals.deals import commands, queries
from ideals.deals.api import told
from ideals.deals.api.told import Shown
from ideals.deals.commands import DropDraft, InviteAdviser, RemoveAdviser, SaveDraft, Say
from ideals.deals.errors import DraftUnknown
from ideals.deals.models import DealEvent, Draft, Letter, Message
from ideals.deals.policy import Part
from ideals.deals.schemas import (
    AdviserIn,
    AdviserOut,
    DealDraftIn,
    DealDraftOut,
    DealEventOut,
    DealMessageIn,
    DealMessageOut,
    LetterOut,
)
from ideals.kernel import clock
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list, paginate
from ideals.web.guards import guard, signed_in
from ideals.web.preconditions import etag, seen_version

bp = Blueprint(
    "deal_parts", __name__, url_prefix="/api/v1/deals", description="What stands beside offers"
)


@bp.get("/<uuid:deal_id>/messages")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(DealMessageOut))
def messages(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """What both sides and the adviser said, in the order in which they did."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.MESSAGES)
        rows = paginate(session, queries.messages_in(found.deal), page, Message.id)
        return Page(told.messages(session, rows.items), rows.next)


@bp.post("/<uuid:deal_id>/messages")
@guard(signed_in)
@bp.arguments(DealMessageIn, as_kwargs=True)
@creates(bp, DealMessageOut)
def say(session: Session, deal_id: UUID, said: str, asks: bool) -> Shown:
    """Say something beside the offers, or ask."""
    cmd = Say(deal_id, said, asks)
    made = commands.say(session, cmd, actor=current_actor(), now=clock.now())
    session.flush()  # reason: the answer names its id
    return told.messages(session, [made])[0]


@bp.get("/<uuid:deal_id>/history")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(DealEventOut))
def history(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """What happened to it, in its order."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.HISTORY)
        rows = paginate(session, queries.history_in(found.deal), page, DealEvent.id)
        return Page(told.history(session, rows.items), rows.next)


# Advisers -------------------------------------------------------------------------------------


@bp.get("/<uuid:deal_id>/advisers")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(AdviserOut))
def advisers(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """Those who are beside the employee now."""
    with unit_of_work() as session:
        rows = told.advisers(session, told.access_part(session, deal_id, Part.ADVISERS))
        return page_of_list(rows, page, key=lambda row: row["number"])


@bp.post("/<uuid:deal_id>/advisers")
@guard(signed_in)
@bp.arguments(AdviserIn, as_kwargs=True)
@creates(bp, AdviserOut)
def invite(session: Session, deal_id: UUID, number: str) -> Shown:
    """Ask a colleague to negotiate beside you. They see this deal alone, all that was said too."""
    cmd = InviteAdviser(deal_id, number)
    made = commands.invite_adviser(session, cmd, actor=current_actor(), now=clock.now())
    return told.adviser(session, made)


@bp.delete("/<uuid:deal_id>/advisers/<number>")
@guard(signed_in)
@bp.response(204)
def remove(deal_id: UUID, number: str) -> None:
    """From now on they see nothing of it."""
    cmd = RemoveAdviser(deal_id, number)
    with unit_of_work() as session:
        commands.remove_adviser(session, cmd, actor=current_actor(), now=clock.now())


# Drafts ---------------------------------------------------------------------------------------


@bp.get("/draft")
@guard(signed_in)
@bp.response(200, DealDraftOut)
def first_draft() -> Any:
    """What you are writing of a deal that is not there yet. Nobody else ever reads it."""
    return _read(None)


@bp.put("/draft")
@guard(signed_in)
@bp.arguments(DealDraftIn, as_kwargs=True)
@bp.response(200, DealDraftOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def save_first(seen: int, offer: dict[str, Any]) -> Any:
    """Keep what is written, right or not. The first one names no ETag."""
    return _save(None, seen, offer)


@bp.delete("/draft")
@guard(signed_in)
@bp.response(204)
def drop_first() -> None:
    """Throw it away."""
    _drop(None)


@bp.get("/<uuid:deal_id>/draft")
@guard(signed_in)
@bp.response(200, DealDraftOut)
def draft(deal_id: UUID) -> Any:
    """What you are writing for the next offer. Nobody else ever reads it."""
    return _read(deal_id)


@bp.put("/<uuid:deal_id>/draft")
@guard(signed_in)
@bp.arguments(DealDraftIn, as_kwargs=True)
@bp.response(200, DealDraftOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def save(deal_id: UUID, seen: int, offer: dict[str, Any]) -> Any:
    """Keep what is written, right or not. The first one names no ETag."""
    return _save(deal_id, seen, offer)


@bp.delete("/<uuid:deal_id>/draft")
@guard(signed_in)
@bp.response(204)
def drop(deal_id: UUID) -> None:
    """Throw it away."""
    _drop(deal_id)


def _read(deal_id: UUID | None) -> Any:
    with unit_of_work() as session:
        if deal_id is not None:
            told.access(session, deal_id)
        found = queries.draft_of(session, deal_id, actor=current_actor())
        if found is None:
            raise DraftUnknown
        return _told(found)


def _save(deal_id: UUID | None, seen: int, offer: dict[str, Any]) -> Any:
    actor = current_actor()
    with unit_of_work() as session:
        there = queries.draft_of(session, deal_id, actor=actor)
        cmd = SaveDraft(deal_id, seen, offer, seen_version() if there else 0)
        return _told(commands.save_draft(session, cmd, actor=actor, now=clock.now()))


def _drop(deal_id: UUID | None) -> None:
    with unit_of_work() as session:
        if deal_id is not None:
            told.access(session, deal_id)
        commands.drop_draft(session, DropDraft(deal_id), actor=current_actor(), now=clock.now())


def _told(draft: Draft) -> tuple[Shown, int, dict[str, str]]:
    shown = {"seen": draft.seen, "offer": draft.text, "changed_at": draft.changed_at}
    return shown, 200, etag(draft.version)


# Letters --------------------------------------------------------------------------------------


@bp.get("/<uuid:deal_id>/letters")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(LetterOut))
def letters(page: PageRequest, deal_id: UUID) -> Page[Shown]:
    """Of what both accepted, one in each language."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.LETTER)
        rows = queries.letters_of(session, found)
        shown = page_of_list(rows, page, key=lambda row: row.id)
        return Page([told.letter(row, _href(deal_id, row)) for row in shown.items], shown.next)


def _href(deal_id: UUID, row: Letter) -> str:
    return url_for("deal_parts.letter", deal_id=deal_id, number=row.offer, language=row.language)


@bp.get("/<uuid:deal_id>/letters/<int:number>/<language>")
@guard(signed_in)
@bp.response(200, content_type="application/pdf")
def letter(deal_id: UUID, number: int, language: str) -> Response:
    """The file, as it was made."""
    with unit_of_work() as session:
        found = told.access_part(session, deal_id, Part.LETTER)
        row = queries.access_letter(session, found, number, language)
        response = Response(row.content, mimetype="application/pdf")
        name = f"deal-{found.deal.number}-offer-{row.offer}-{row.language}.pdf"
        response.headers.set("Content-Disposition", "attachment", filename=name)
        response.set_etag(row.digest)
        return response
