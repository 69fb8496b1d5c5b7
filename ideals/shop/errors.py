"""What an order can be refused for, and what would be possible instead."""

from __future__ import annotations

from ideals.kernel.errors import Conflict, NotAllowed, NotFound, RuleBroken


class OrderUnknown(NotFound):
    code = "order_unknown"


class OrderDiffers(Conflict):
    """The id was used before, for another order."""

    code = "order_differs"


class MoveNotAllowed(Conflict):
    """The order is in a state that this act cannot follow. `state` says which."""

    code = "order_moved_on"


class LimitExceeded(Conflict):
    """`left`: how much of it is still possible, `per`: within what."""

    code = "limit_exceeded"


class QuotaUsedUp(Conflict):
    """A scarce product: `left` is what everybody together may still order."""

    code = "quota_used_up"


class InsufficientBudget(Conflict):
    """`available`: what there is, `quantity`: the largest that it pays for."""

    code = "insufficient_budget"


class NotSellable(Conflict):
    """More leave than may be sold. `minutes` and `quantity`: the largest that may."""

    code = "not_sellable"


class NotCancellable(Conflict):
    """The product's rule, or the moment, does not let it be taken back. `why` names which."""

    code = "not_cancellable"


class MinutesUsed(Conflict):
    """Bought leave that was taken (or sold) already cannot be given back."""

    code = "minutes_used"


class EvidenceUnknown(NotFound):
    code = "evidence_unknown"


class EvidenceUnusable(RuleBroken):
    """Not a PDF, PNG or JPEG by its content, empty, or too large. `why` names which."""

    code = "evidence_unusable"


class EvidenceNotAsked(Conflict):
    """The order does not wait for evidence."""

    code = "evidence_not_asked"


class NoOrdersOfOwn(NotAllowed):
    """This account is not an employee's."""

    code = "no_orders_of_own"
