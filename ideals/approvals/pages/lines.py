"""Requests as lines of a list, in words: however many, by as many questions to the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.approvals import queries
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.pages import words
from ideals.approvals.queries import Names, Told
from ideals.approvals.rules import StepState
from ideals.approvals.states import Kind
from ideals.config import Settings
from ideals.kernel import clock
from ideals.web.actor import current_actor
from ideals.web.language import language

SOON_DAYS = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A request in a list."""

    approval: Approval
    step: ApprovalStep | None
    """The one that somebody has now, or had last."""
    told: Told
    names: Names
    state: tuple[str, str]
    urgency: str
    """The colour of its last day: `bad` once it has passed, `wait` when it is near."""
    for_whom: str | None
    """In whose place the reader would decide."""

    @property
    def holder(self) -> str:
        """Who has it now: a name, or a role."""
        if self.step is None or self.step.approver_id is None:
            return "" if self.step is None else words.holder_of(self.step, {})
        return self.names.approver or ""

    @property
    def plain(self) -> bool:
        """Whether the list alone says enough to decide: what it costs, and nothing to look at."""
        return (
            self.approval.kind not in _ONE_BY_ONE
            and self.step is not None
            and self.step.state == StepState.OPEN
            and self.told.cost is not None
            and not any(fact.href for fact in self.told.lines)
        )


_ONE_BY_ONE = (Kind.DEAL, Kind.PRICE_RULE, Kind.EVIDENCE, Kind.TODO, Kind.CHECK, Kind.CONTEST)


def lines_of(session: Session, steps: Sequence[ApprovalStep]) -> list[Line]:
    by_id = queries.approvals_of(session, steps)
    approvals = list(by_id.values())
    told = queries.told(session, approvals, language())
    names = queries.names_of(session, approvals)
    return [_line(by_id[step.approval_id], step, told, names) for step in steps]


def lines_about(session: Session, approvals: Sequence[Approval]) -> list[Line]:
    """With the step that somebody has now, or had last."""
    steps = queries.steps_of(session, approvals)
    told = queries.told(session, approvals, language())
    names = queries.names_of(session, approvals)
    return [_line(each, _last(steps[each.id]), told, names) for each in approvals]


def _last(steps: Sequence[ApprovalStep]) -> ApprovalStep | None:
    begun = [step for step in steps if step.opened_at is not None]
    return queries.now_with(steps) or (begun[-1] if begun else None)


def _line(
    approval: Approval, step: ApprovalStep | None, told: dict[str, Told], names: dict[UUID, Names]
) -> Line:
    return Line(
        approval,
        step,
        told[approval.subject],
        names[approval.id],
        words.state_of(approval),
        urgency(step.due_on if step else None),
        names[approval.id].approver if step is not None and _in_place(step) else None,
    )


def _in_place(step: ApprovalStep) -> bool:
    return step.approver_id is not None and step.approver_id != current_actor().employee_id


def urgency(due_on: date | None) -> str:
    if due_on is None:
        return "plain"
    if due_on < today():
        return "bad"
    return "wait" if (due_on - today()).days <= SOON_DAYS else "plain"


def today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
