"""What deals do when somebody decided about them. Registered with the approvals."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ideals.approvals.models import Approval
from ideals.approvals.states import Kind, State
from ideals.deals import queries
from ideals.deals.commands import accepting, going
from ideals.deals.errors import MoveNotAllowed
from ideals.deals.models import Deal
from ideals.deals.states import Act, DealState, after
from ideals.kernel.actor import Actor


def decided(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """A yes lets the deal begin on its day; a no puts it back on the table, with the reason in the
    approval. Tasks about a deal change nothing of it.

    Raises `MoveNotAllowed` when the deal does not wait any more.
    """
    if approval.kind != Kind.DEAL:
        return
    deal = queries.lock_deal(session, queries.id_of(approval.subject))
    act = Act.DISAPPROVE if approval.state == State.REFUSED else Act.APPROVE
    after(DealState(deal.state), act)
    if deal.agreed_number is None or deal.approved_at is not None:
        raise MoveNotAllowed(state=deal.state, act=act)
    going.follow_manager(session, deal, now=now)
    if act is Act.APPROVE:
        offer = queries.offer_of(session, deal.id, deal.agreed_number)
        accepting.approved(session, deal, offer, actor=actor, now=now)
    else:
        _back_to_the_table(session, deal, approval.reason or "", actor=actor, now=now)


def _back_to_the_table(
    session: Session, deal: Deal, reason: str, *, actor: Actor, now: datetime
) -> None:
    offer = deal.agreed_number
    going.move(deal, Act.DISAPPROVE, now=now)
    drop_agreed(deal)
    going.note(session, deal, Act.DISAPPROVE, offer=offer, actor=actor, now=now)
    going.tell(session, deal, Act.DISAPPROVE, going.parties(deal), data={"reason": reason}, now=now)
    going.look_when(session, deal)


def drop_agreed(deal: Deal) -> None:
    """What both accepted does not come: only another offer can be accepted."""
    deal.turned_down_number = deal.agreed_number
    deal.agreed_number = deal.agreed_at = deal.approved_at = None
    if deal.in_force_number is None:
        deal.starts_on = deal.evaluate_on = deal.ends_on = None
        deal.visibility = "parties"
