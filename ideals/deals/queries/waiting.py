"""What waits in a deal in force for one side of it, beside a yes to an offer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, literal, select, union_all
from sqlalchemy.orm import Session

from ideals.deals.models import Breach, Deal, Ending, Evaluation, LifeEvent
from ideals.deals.rules.evaluations import CLOSES, OPENS
from ideals.deals.states import DealState, Side


class Waits(StrEnum):
    """The most pressing first."""

    ENDING = "ending"
    BREACH = "breach"
    LIFE_EVENT = "life_event"
    EVALUATION = "evaluation"


def waits_for(side: Side, today: date) -> dict[Waits, ColumnElement[bool]]:
    """Of a deal in a query: what waits for this side in it."""
    lives = Deal.state == DealState.IN_FORCE
    says = LifeEvent.employee_says if side is Side.EMPLOYEE else LifeEvent.employer_says
    has_looked = exists().where(
        Evaluation.deal_id == Deal.id,
        Evaluation.offer == Deal.in_force_number,
        Evaluation.due_on == Deal.evaluate_on,
        Evaluation.side == side,
    )
    return {
        Waits.ENDING: and_(
            lives,
            exists().where(
                Ending.deal_id == Deal.id, Ending.state == "asked", Ending.side == side.other
            ),
        ),
        Waits.BREACH: exists().where(
            Breach.deal_id == Deal.id, Breach.state == "named", Breach.side == side.other
        ),
        Waits.LIFE_EVENT: and_(
            lives,
            exists().where(
                LifeEvent.deal_id == Deal.id, LifeEvent.settled_at.is_(None), says.is_(None)
            ),
        ),
        Waits.EVALUATION: and_(
            Deal.in_force_number.is_not(None),
            Deal.evaluate_on <= today + OPENS,
            Deal.evaluate_on > today - CLOSES,
            ~has_looked,
        ),
    }


def waiting_in(
    session: Session, deal_ids: Collection[UUID], side: Side, today: date
) -> dict[UUID, list[Waits]]:
    """Of these deals those in which something waits for this side: one question."""
    if not deal_ids:
        return {}
    rows = session.execute(
        union_all(
            *(
                select(Deal.id, literal(what.value)).where(Deal.id.in_(deal_ids), waits)
                for what, waits in waits_for(side, today).items()
            )
        )
    )
    found: dict[UUID, set[str]] = {}
    for deal_id, what in rows:
        found.setdefault(deal_id, set()).add(what)
    return {id_: [each for each in Waits if each in there] for id_, there in found.items()}
