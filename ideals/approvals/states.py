"""What is approved by whom, and the life of an approval."""

from __future__ import annotations

from enum import StrEnum

from ideals.approvals.errors import MoveNotAllowed


class Kind(StrEnum):
    ORDER = "order"
    """May it be bought?"""
    DEAL = "deal"
    """May what both sides accepted be agreed?"""
    PRICE_RULE = "price_rule"
    """May prices be changed by it?"""
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
    DRAWN = "drawn"
    """Drawn for a check afterwards; this and what follows of it stand with the case itself."""
    KEPT = "kept"
    BROKEN = "broken"
    CONTESTED = "contested"
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    LET_GO = "let_go"
    """The check is not needed: what it followed from was overturned."""


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


# Checks afterwards


class WhyChecked(StrEnum):
    DRAWN = "drawn"
    """By chance."""
    TRUST_LOST = "all_after_broken"
    """Every case is checked while trust is lost."""


class CheckState(StrEnum):
    DRAWN = "drawn"
    """Nobody has been asked yet."""
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    CONTESTED = "contested"
    """HR looks at it again."""
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    VOID = "void"


class CheckAct(StrEnum):
    BEGIN = "begin"
    """Whoever checks is asked."""
    KEEP = "keep"
    BREAK = "break"
    CONTEST = "contest"
    UPHOLD = "uphold"
    OVERTURN = "overturn"
    LET_GO = "let_go"


CHECK_MOVES = {
    (CheckState.DRAWN, CheckAct.BEGIN): CheckState.OPEN,
    (CheckState.DRAWN, CheckAct.LET_GO): CheckState.VOID,
    (CheckState.OPEN, CheckAct.KEEP): CheckState.KEPT,
    (CheckState.OPEN, CheckAct.BREAK): CheckState.BROKEN,
    (CheckState.OPEN, CheckAct.LET_GO): CheckState.VOID,
    (CheckState.BROKEN, CheckAct.CONTEST): CheckState.CONTESTED,
    (CheckState.CONTESTED, CheckAct.UPHOLD): CheckState.UPHELD,
    (CheckState.CONTESTED, CheckAct.OVERTURN): CheckState.OVERTURNED,
}


def check_after(state: CheckState, act: CheckAct) -> CheckState:
    """Raises `MoveNotAllowed`."""
    try:
        return CHECK_MOVES[state, act]
    except KeyError:
        raise MoveNotAllowed(state=state, act=act) from None


class DelegationState(StrEnum):
    """Of a delegation on a day."""

    COMING = "coming"
    IN_FORCE = "in_force"
    OVER = "over"
    """Its last day has passed."""
    ENDED = "ended"
    """Somebody ended it before."""
