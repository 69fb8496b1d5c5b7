"""What is approved by whom, and the life of an approval."""

from __future__ import annotations

from enum import StrEnum

from ideals.approvals.errors import MoveNotAllowed


class Kind(StrEnum):
    ORDER = "order"
    """May it be bought?"""
    EVIDENCE = "evidence"
    """Does what was handed in show what it must?"""
    TODO = "todo"
    """A task: nobody's permission is asked."""
    CHECK = "check"
    """Was kept what took effect at once?"""
    CONTEST = "contest"
    """Is what a check found right?"""


class Who(StrEnum):
    """Whose yes it needs."""

    MANAGER = "manager"
    """The employee's manager of the day it is asked."""
    HR = "hr"


class WhyHr(StrEnum):
    """Why it is HR that decides."""

    ROLE = "role"
    """It is theirs from the beginning."""
    NO_MANAGER = "no_manager"
    MANAGER_ASKS = "manager_asks"
    """The manager asked for it, and so cannot say yes."""
    MANAGER_LEFT = "manager_left"


class Decision(StrEnum):
    """What who decides can say. A task is done (`approve`) or not needed (`refuse`)."""

    APPROVE = "approve"
    REFUSE = "refuse"


class Act(StrEnum):
    """Everything that can happen to an open approval."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    """Whoever asked, or its subject, no longer needs it."""
    EXPIRE = "expire"
    """Its time is over, and its subject says that this ends it."""


class State(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


MOVES = {
    (State.OPEN, Act.APPROVE): State.APPROVED,
    (State.OPEN, Act.REFUSE): State.REFUSED,
    (State.OPEN, Act.WITHDRAW): State.WITHDRAWN,
    (State.OPEN, Act.EXPIRE): State.EXPIRED,
}


def after(state: State, act: Act) -> State:
    """Raises `MoveNotAllowed`: what has ended stays as it is."""
    try:
        return MOVES[state, act]
    except KeyError:
        raise MoveNotAllowed(state=state, act=act) from None
