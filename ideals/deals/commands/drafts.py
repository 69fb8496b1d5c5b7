"""What somebody is writing: kept for them, and for nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ideals.deals import policy, queries
from ideals.deals.commands import going
from ideals.deals.errors import DraftMovedOn, DraftUnusable, MayNotPropose
from ideals.deals.models import Draft
from ideals.deals.policy import Do
from ideals.deals.rules.offers import KEYS
from ideals.kernel.actor import Actor
from ideals.people.models import Employee

LONGEST = 200_000
"""Of the text of a draft as JSON: it may be twice too long for an offer, but not without end."""
MOST_OFFERS = 32_767
"""What the column holds."""
BESIDE = ("subject", "template")
"""What the draft of a deal that is not there yet holds beside an offer."""


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """`deal_id` `None`: of a deal that is yet to begin. `seen`: the offer it answers. `version`:
    of the draft that was read; 0: there was none."""

    deal_id: UUID | None
    seen: int
    text: Mapping[str, Any]
    version: int


@dataclass(frozen=True, slots=True)
class DropDraft:
    deal_id: UUID | None


def save_draft(session: Session, cmd: SaveDraft, *, actor: Actor, now: datetime) -> Draft:
    """No history, no audit, no notice: nobody else learns of it. Raises `DealUnknown`,
    `NotYoursToDo`, `DraftMovedOn`, `DraftUnusable`, `MayNotPropose`."""
    if actor.employee_id is None:
        raise MayNotPropose
    if cmd.deal_id is not None:
        today = going.day_of(now)
        access = queries.access_deal(session, cmd.deal_id, actor=actor, today=today)
        policy.check_may(access.standing, Do.DRAFT)
    if not 0 <= cmd.seen <= MOST_OFFERS:
        raise DraftUnusable
    _check(cmd.text)
    # Two windows of one person come one after another.
    me = select(Employee.id).where(Employee.id == actor.employee_id)
    session.execute(me.with_for_update(key_share=True))
    draft = queries.draft_of(session, cmd.deal_id, actor=actor)
    there = 0 if draft is None else draft.version
    if there != cmd.version:
        raise DraftMovedOn(there)
    if draft is None:
        draft = Draft(employee_id=actor.employee_id, deal_id=cmd.deal_id, version=0)
        session.add(draft)
    draft.seen, draft.text = cmd.seen, dict(cmd.text)
    draft.version, draft.changed_at = draft.version + 1, now
    return draft


def drop_draft(session: Session, cmd: DropDraft, *, actor: Actor, now: datetime) -> None:
    del now
    drop_own(session, cmd.deal_id, actor=actor)


def drop_own(session: Session, deal_id: UUID | None, *, actor: Actor) -> None:
    """What it was for has been put forward."""
    if actor.employee_id is not None:
        of = Draft.deal_id.is_(None) if deal_id is None else Draft.deal_id == deal_id
        session.execute(delete(Draft).where(Draft.employee_id == actor.employee_id, of))


def _check(text: Mapping[str, Any]) -> None:
    """It need not be a whole offer, nor a right one; but it must be possible to keep it."""
    if not set(text) <= {*KEYS, *BESIDE}:
        raise DraftUnusable
    if len(json.dumps(text)) > LONGEST or any(map(_cannot_be_kept, _texts(text))):
        raise DraftUnusable


def _texts(value: object) -> Iterator[str]:
    """Every text inside, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _cannot_be_kept(text: str) -> bool:
    """PostgreSQL keeps no null character, and half a pair is no text."""
    return any(each == "\x00" or "\ud800" <= each <= "\udfff" for each in text)
