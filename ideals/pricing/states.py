"""The life of a price rule: one line a move."""

from __future__ import annotations

from enum import StrEnum

from ideals.pricing.errors import RuleMoveNotAllowed


class RuleState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    """A second person has to agree."""
    REFUSED = "refused"
    SCHEDULED = "scheduled"
    """Agreed; its first month is still to come."""
    IN_FORCE = "in_force"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class RuleAct(StrEnum):
    SAVE = "save"
    SUBMIT = "submit"
    APPROVE = "approve"
    REFUSE = "refuse"
    BEGIN = "begin"
    """The clock: its first month is there."""
    END = "end"
    """Somebody says which month is its last."""
    RUN_OUT = "run_out"
    """The clock: its last month is over."""
    WITHDRAW = "withdraw"


_S, _A = RuleState, RuleAct
MOVES: dict[tuple[RuleState, RuleAct], RuleState] = {
    (_S.DRAFT, _A.SAVE): _S.DRAFT,
    (_S.DRAFT, _A.SUBMIT): _S.SUBMITTED,
    (_S.DRAFT, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.SUBMITTED, _A.APPROVE): _S.SCHEDULED,
    (_S.SUBMITTED, _A.REFUSE): _S.REFUSED,
    (_S.SUBMITTED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.REFUSED, _A.SAVE): _S.DRAFT,
    (_S.REFUSED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.SCHEDULED, _A.BEGIN): _S.IN_FORCE,
    (_S.SCHEDULED, _A.END): _S.SCHEDULED,
    (_S.SCHEDULED, _A.RUN_OUT): _S.ENDED,
    (_S.SCHEDULED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.IN_FORCE, _A.END): _S.IN_FORCE,
    (_S.IN_FORCE, _A.RUN_OUT): _S.ENDED,
}
LIVE = (RuleState.SCHEDULED, RuleState.IN_FORCE)


def after(state: RuleState, act: RuleAct) -> RuleState:
    """Raises `RuleMoveNotAllowed`."""
    try:
        return MOVES[state, act]
    except KeyError:
        raise RuleMoveNotAllowed(state=state, act=act) from None
