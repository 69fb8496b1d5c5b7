"""The life of an order: what it may become, and what it may wait for meanwhile."""

from __future__ import annotations

from enum import StrEnum

from ideals.shop.errors import MoveNotAllowed


class OrderState(StrEnum):
    HELD = "held"
    """Waits; what it costs (or sells) is set aside."""
    POSTED = "posted"
    """In force: the value has moved."""
    REFUSED = "refused"
    """Somebody who had to agree did not."""
    RELEASED = "released"
    """Nobody decided before the month closed."""
    CANCELLED = "cancelled"
    """Taken back, by who ordered it or by a reversal."""


STANDING = (OrderState.HELD, OrderState.POSTED)
"""What counts against limits, quotas and the number of people who chose something."""


class Action(StrEnum):
    APPROVE = "approve"
    """Everything it waited for is there."""
    REFUSE = "refuse"
    RELEASE = "release"
    CANCEL = "cancel"
    REVERSE = "reverse"
    """Taken back past the product's rule: payroll refused it, or HR corrects."""


MOVES = {
    (OrderState.HELD, Action.APPROVE): OrderState.POSTED,
    (OrderState.HELD, Action.REFUSE): OrderState.REFUSED,
    (OrderState.HELD, Action.RELEASE): OrderState.RELEASED,
    (OrderState.HELD, Action.CANCEL): OrderState.CANCELLED,
    (OrderState.HELD, Action.REVERSE): OrderState.CANCELLED,
    (OrderState.POSTED, Action.CANCEL): OrderState.CANCELLED,
    (OrderState.POSTED, Action.REVERSE): OrderState.CANCELLED,
}


def after(state: OrderState, action: Action) -> OrderState:
    """Raises `MoveNotAllowed`."""
    try:
        return MOVES[state, action]
    except KeyError:
        raise MoveNotAllowed(
            f"The order is {state}; that cannot be followed by {action}. Look at it again.",
            state=state.value,
        ) from None


class Waits(StrEnum):
    """What a held order waits for."""

    EVIDENCE = "evidence"
    """The employee still has to upload it."""
    CHECK = "check"
    """HR looks at the evidence."""
    APPROVAL = "approval"
    """Whoever has to agree to the order itself."""


class ChoiceMode(StrEnum):
    """How much a standing choice orders each month."""

    QUANTITY = "quantity"
    """So many units."""
    PERCENT = "percent"
    """A share of what the month brings."""
    REST = "rest"
    """Whatever is there when its turn comes."""


class ChoiceState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    """Makes no orders until it goes on."""
    ENDED = "ended"


class Outcome(StrEnum):
    """What became of a choice in its last month."""

    ORDERED = "ordered"
    NOTHING = "nothing"
    """Nothing was left that would have paid for any of it."""
    FAILED = "failed"


class EndedBecause(StrEnum):
    """Why a commitment ended before its last month."""

    EARLY = "early"
    """The employee ended it, as the product allows."""
    LEAVING = "leaving"
    CANCELLED = "cancelled"
    """Its order was taken back."""
