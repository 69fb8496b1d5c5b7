"""Messages beside the offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.deals.commands import going
from ideals.deals.commands.reading import LONGEST_MESSAGE, read_text
from ideals.deals.errors import MoveNotAllowed
from ideals.deals.models import Message
from ideals.deals.policy import Do
from ideals.deals.states import OVER
from ideals.kernel.actor import Actor

MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Say:
    """`asks`: a question that waits for an answer."""

    deal_id: UUID
    said: str
    asks: bool = False


def say(session: Session, cmd: Say, *, actor: Actor, now: datetime) -> Message:
    """Raises `DealUnknown`, `NotYoursToDo`, `MoveNotAllowed` of what is over, `TextWrong`."""
    place = going.stand(session, cmd.deal_id, Do.SAY, actor=actor, now=now)
    deal = place.deal
    if deal.state in OVER:
        raise MoveNotAllowed(state=deal.state, act=Do.SAY)
    made = Message(
        deal_id=deal.id,
        offer=deal.offer_number,
        side=place.side,
        by_adviser=place.by_adviser,
        asks=cmd.asks,
        said=read_text(cmd.said, "said", LONGEST_MESSAGE),
        at=now,
        by=actor.name,
        by_user_id=actor.user_id,
        by_employee_id=actor.employee_id,
    )
    session.add(made)
    # Somebody goes on with it: it has not lapsed.
    deal.acted_at = now
    going.tell(session, deal, MESSAGE, going.others(place, actor), now=now)
    going.look_when(session, deal)
    return made
