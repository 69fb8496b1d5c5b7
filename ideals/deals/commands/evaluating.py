"""Look back at a deal: each side once in a round, blind to the other until both have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.deals.commands import going
from ideals.deals.commands.going import Place
from ideals.deals.errors import (
    AnswersRefused,
    EvaluatedAlready,
    EvaluationMovedOn,
    EvaluationNotDue,
    NeverInForce,
)
from ideals.deals.models import Deal, Evaluation
from ideals.deals.policy import Do
from ideals.deals.queries import afterwards
from ideals.deals.queries.afterwards import Round, round_of
from ideals.deals.rules.evaluations import (
    Answers,
    closes_on,
    next_evaluation,
    opens_on,
    plain_of_answers,
    read_answers,
)
from ideals.deals.states import DealState, Side
from ideals.kernel.actor import Actor

LOOKED_BACK = "looked_back"
"""One side has."""
EVALUATED = "evaluated"
"""Both have: each sees both."""
NOT_EVALUATED = "not_evaluated"
"""A round was closed in which not both had."""


@dataclass(frozen=True, slots=True)
class Evaluate:
    """`number`: of the round that was seen. `answers`: as `read_answers` takes them."""

    deal_id: UUID
    number: int
    answers: Mapping[str, Any]


def evaluate(session: Session, cmd: Evaluate, *, actor: Actor, now: datetime) -> Evaluation:
    """The same answers again: what is there. Raises `DealUnknown`, `NotYoursToDo`, `NeverInForce`,
    `AnswersRefused`, `EvaluatedAlready`, `EvaluationMovedOn`, `EvaluationNotDue`."""
    place = going.stand(session, cmd.deal_id, Do.EVALUATE, actor=actor, now=now)
    deal = place.deal
    if deal.in_force_number is None:
        raise NeverInForce
    answers = plain_of_answers(_read(cmd.answers))
    there = afterwards.evaluation_of(session, deal.id, cmd.number, place.side)
    if there is not None:
        if there.answers != answers:
            raise EvaluatedAlready(there.number)
        return there
    due = _due(session, deal, cmd.number, going.day_of(now))
    made = Evaluation(
        deal_id=deal.id,
        number=due.number,
        offer=due.offer,
        due_on=due.due_on,
        side=place.side,
        answers=answers,
        at=now,
        by=actor.name,
        by_user_id=actor.user_id,
        by_employee_id=actor.employee_id,
    )
    session.add(made)
    _noted(session, place, both=bool(due.answered), actor=actor, now=now)
    return made


def _read(plain: Mapping[str, Any]) -> Answers:
    read = read_answers(plain)
    if not isinstance(read, Answers):
        raise AnswersRefused([{k: str(v) for k, v in asdict(each).items()} for each in read])
    return read


def _due(session: Session, deal: Deal, number: int, today: date) -> Round:
    """Raises `EvaluationNotDue`, `EvaluationMovedOn`."""
    due = round_of(session, deal)
    if due is None or today >= closes_on(due.due_on):
        raise EvaluationNotDue(None)
    if number != due.number:
        raise EvaluationMovedOn(due.number)
    if today < opens_on(due.due_on):
        raise EvaluationNotDue(opens_on(due.due_on))
    return due


def _noted(session: Session, place: Place, *, both: bool, actor: Actor, now: datetime) -> None:
    deal = place.deal
    going.note(session, deal, LOOKED_BACK, side=place.side, actor=actor, now=now)
    if both:
        going.note(session, deal, EVALUATED, actor=actor, now=now)
        _next_round(deal)
    what = EVALUATED if both else LOOKED_BACK
    going.tell(session, deal, what, going.others(place, actor), now=now)
    session.flush()  # reason: what is due next depends on what was answered
    going.look_when(session, deal)


def _next_round(deal: Deal) -> None:
    """Of a deal that goes on; what is over stays as it is."""
    if deal.state == DealState.IN_FORCE and deal.evaluate_on is not None:
        deal.evaluate_on = next_evaluation(deal.evaluate_on, deal.ends_on)
        deal.evaluation_asked_at = None


# The clock ------------------------------------------------------------------------------------


def close_round(session: Session, deal: Deal, today: date, *, actor: Actor, now: datetime) -> bool:
    """After its time the round is over, and the next one comes. Whether the deal lapses: it has no
    last day, and neither side looked back."""
    if deal.evaluate_on is None or today < closes_on(deal.evaluate_on):
        return False
    due = round_of(session, deal)
    if deal.ends_on is None and due is not None and not due.answered:
        return True
    going.note(session, deal, NOT_EVALUATED, actor=actor, now=now)
    _next_round(deal)
    return False


def missing(session: Session, deal: Deal) -> list[int]:
    """Whose answers are missing in the round that is due."""
    due = round_of(session, deal)
    if due is None:
        return []
    people = {Side.EMPLOYEE: deal.employee_id, Side.EMPLOYER: deal.manager_id}
    return [id_ for side, id_ in people.items() if side not in due.answered]
