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


class Why(StrEnum):
    """Why a step is with somebody else than whom its policy names."""

    NO_MANAGER = "no_manager"
    NO_OWNER = "no_owner"
    NO_MANDATE = "no_mandate"
    """Nobody holds one that still covers the amount."""
    NOBODY = "nobody"
    """Nobody holds the role, or has the number."""
    ABOUT_THEM = "about_them"
    ASKED_IT = "asked_it"
    LEFT = "left"
    MOVED = "moved"
    """They are no longer whom the policy names."""
    HANDED_OVER = "handed_over"
    ESCALATED = "escalated"


class Happened(StrEnum):
    """What the history of an approval holds."""

    ASKED = "asked"
    AT_ONCE = "at_once"
    """It took effect when it was asked."""
    OPENED = "opened"
    """A step's turn came."""
    REMINDED = "reminded"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    MOVED = "moved"
    QUESTION = "question"
    ANSWER = "answer"
    HANDED_OVER = "handed_over"
    AGREED = "agreed"
    """A step was approved, and others follow."""
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Decision(StrEnum):
    """What who decides can say. A task is done (`approve`) or not needed (`refuse`)."""

    APPROVE = "approve"
    REFUSE = "refuse"
    ASK = "ask"
    """A question to who asked: the days stop until the answer."""
    HAND_OVER = "hand_over"


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
