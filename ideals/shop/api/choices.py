"""`/api/v1/me`: standing choices, in the order in which they run, and commitments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.shop.api import own_employee, zone
from ideals.shop.commands import choices as commands
from ideals.shop.commands.choices import ChangeChoice, ReorderChoices, SetChoice, What
from ideals.shop.commands.commitments import EndCommitment, end_commitment
from ideals.shop.models import Choice, Commitment
from ideals.shop.queries import choices as queries
from ideals.shop.queries import commitments as commitment_queries
from ideals.shop.schemas import (
    ChangeChoiceIn,
    ChoiceOut,
    ChoicesIn,
    ChoiceStateIn,
    CommitmentOut,
    SetChoiceIn,
)
from ideals.shop.states import ChoiceState
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list
from ideals.web.guards import guard, signed_in
from ideals.web.preconditions import etag, seen_version

bp = Blueprint(
    "choices", __name__, url_prefix="/api/v1/me", description="Standing choices and commitments"
)
ChoicePageOut = page_of(ChoiceOut)


@bp.get("/standing-choices")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, ChoicePageOut)
def choices(page: PageRequest) -> Page[Any]:
    """Yours, in the order in which they run; those that have ended come last."""
    employee_id = own_employee()
    with unit_of_work() as session:
        return _page(list(queries.choices_of(session, employee_id)), page)


@bp.put("/standing-choices")
@guard(signed_in)
@bp.arguments(ChoicesIn)
@bp.response(200, ChoicePageOut)
def reorder(asked: dict[str, Any]) -> Page[Any]:
    """Put them in another order: all that have not ended, by their ids."""
    cmd = ReorderChoices(own_employee(), asked["order"])
    with unit_of_work() as session:
        commands.reorder_choices(session, cmd, actor=current_actor(), now=clock.now())
        session.flush()  # reason: the list is read again as it is now
        return _page(list(queries.choices_of(session, cmd.employee_id)), PageRequest())


def _page(found: list[Choice], page: PageRequest) -> Page[Any]:
    lines = page_of_list(list(enumerate(found)), page, key=lambda line: line[0])
    return Page([choice for _, choice in lines.items], lines.next)


@bp.post("/standing-choices")
@guard(signed_in)
@bp.arguments(SetChoiceIn)
@creates(bp, ChoiceOut, location=lambda made: url_for("choices.choice", choice_id=made.id))
def set_choice(session: Session, asked: dict[str, Any]) -> Choice:
    """Order something each month, after its allocation, from a month to a month."""
    product, position = asked.pop("product"), asked.pop("position")
    cmd = SetChoice(own_employee(), product, What(**asked), position)
    return commands.set_choice(session, cmd, actor=current_actor(), now=clock.now(), zone=zone())


@bp.get("/standing-choices/<uuid:choice_id>")
@guard(signed_in)
@bp.response(200, ChoiceOut)
def choice(choice_id: UUID) -> Any:
    """One of yours; its ETag is what a change has to name."""
    with unit_of_work() as session:
        return _told(queries.access_choice(session, choice_id, actor=current_actor()))


@bp.put("/standing-choices/<uuid:choice_id>")
@guard(signed_in)
@bp.arguments(ChangeChoiceIn)
@bp.response(200, ChoiceOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def change(asked: dict[str, Any], choice_id: UUID) -> Any:
    """Another amount, or other months. One that has begun is followed by a new one."""
    cmd = ChangeChoice(choice_id, seen_version(), What(**asked))
    with unit_of_work() as session:
        changed = commands.change_choice(
            session, cmd, actor=current_actor(), now=clock.now(), zone=zone()
        )
        return _told(changed)


@bp.patch("/standing-choices/<uuid:choice_id>")
@guard(signed_in)
@bp.arguments(ChoiceStateIn)
@bp.response(200, ChoiceOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def turn(asked: dict[str, Any], choice_id: UUID) -> Any:
    """Pause it, let it go on, or end it for good."""
    turns = {
        ChoiceState.PAUSED: (commands.PauseChoice, commands.pause_choice),
        ChoiceState.ACTIVE: (commands.GoOnWithChoice, commands.go_on_with_choice),
        ChoiceState.ENDED: (commands.EndChoice, commands.end_choice),
    }
    make, act = turns[asked["state"]]
    with unit_of_work() as session:
        cmd = make(choice_id, seen_version())
        turned = act(session, cmd, actor=current_actor(), now=clock.now())  # type: ignore[operator]
        return _told(turned)


def _told(choice: Choice) -> tuple[Choice, int, dict[str, str]]:
    return choice, 200, etag(choice.version)


@bp.get("/commitments")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(CommitmentOut))
def commitments(page: PageRequest) -> Page[Any]:
    """What is charged to you month by month, with all that was and will be; the newest first."""
    employee_id = own_employee()
    with unit_of_work() as session:
        found = commitment_queries.commitments_of(session, employee_id)
        lines = page_of_list(list(enumerate(found)), page, key=lambda line: line[0])
        return Page([told for _, told in lines.items], lines.next)


@bp.delete("/commitments/<uuid:commitment_id>")
@guard(signed_in)
@bp.response(200, CommitmentOut)
@bp.alt_response(409, "CONFLICT")
def end(commitment_id: UUID) -> Any:
    """End one of yours before its time, as its product allows."""
    actor = current_actor()
    with unit_of_work() as session:
        cmd = EndCommitment(commitment_id)
        ended: Commitment = end_commitment(session, cmd, actor=actor, now=clock.now())
        session.flush()  # reason: it is told as it is now
        told = commitment_queries.commitments_of(session, ended.employee_id)
        return next(each for each in told if each.commitment.id == ended.id)
