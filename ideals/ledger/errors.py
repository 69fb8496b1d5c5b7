"""What the ledger refuses."""

from __future__ import annotations

from ideals.kernel.errors import Conflict, NotFound, RuleBroken


class MonthSealed(Conflict):
    code = "month_sealed"


class MonthNotOpened(Conflict):
    """The month has no place in the ledger yet: months are opened ahead by a job."""

    code = "month_not_opened"


class MonthOutOfOrder(Conflict):
    """Months are opened and sealed in their order."""

    code = "month_out_of_order"


class InsufficientBalance(Conflict):
    code = "insufficient_balance"


class OwedOverpaid(Conflict):
    """More was set off than is owed."""

    code = "owed_overpaid"


class TransferDiffers(Conflict):
    """The id was used before, for something else."""

    code = "transfer_differs"


class HoldRefused(Conflict):
    """The hold is resolved already, or for less, or is no hold."""

    code = "hold_refused"


class ReversalRefused(Conflict):
    """The transfer is reversed already, or moved nothing."""

    code = "reversal_refused"


class TransferRefused(RuleBroken):
    """The transfer breaks a rule of the ledger's own: amount, unit, accounts, id."""

    code = "transfer_refused"


class TransferUnknown(NotFound):
    code = "transfer_unknown"


class OpeningsRefused(RuleBroken):
    """`data["rows"]` lists each wrong row with its place and what would be right."""

    code = "openings_refused"
