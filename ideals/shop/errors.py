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


class ChoiceUnknown(NotFound):
    code = "choice_unknown"


class ChoiceUnreadable(RuleBroken):
    """`field` names what is wrong."""

    code = "choice_unreadable"


class ChoicesBeyondWhole(RuleBroken):
    """More than all of the budget in `month`."""

    code = "choices_beyond_whole"


class RestNotLast(RuleBroken):
    code = "rest_not_last"


class NotForChoices(RuleBroken):
    """The product cannot be ordered month by month without being asked. `why` names the reason."""

    code = "not_for_choices"


class ChoiceHasNoScheme(Conflict):
    """It is of a scheme that the employee has no longer."""

    code = "choice_has_no_scheme"


class ChoiceMovedOn(Conflict):
    """It was changed since it was read; `version` is what it is now."""

    code = "choice_moved_on"


class ChoiceEnded(Conflict):
    code = "choice_ended"


class CommitmentUnknown(NotFound):
    code = "commitment_unknown"


class CommitmentStays(Conflict):
    """It cannot be ended early, or has ended. `why` names which."""

    code = "commitment_stays"


class CloseRefused(Conflict):
    """The month cannot be closed now. `why` names the reason, other members what it is about."""

    code = "close_refused"


class MonthUnknown(NotFound):
    """The ledger has no such month."""

    code = "month_unknown"
