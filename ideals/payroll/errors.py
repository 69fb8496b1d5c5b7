"""What can be wrong with batches, codes, refusals and bonuses."""

from __future__ import annotations

from ideals.kernel.errors import Conflict, NotFound, RuleBroken


class BatchUnknown(NotFound):
    """The month has no batch: it is not sealed, or its batch is being made."""

    code = "payroll_batch_unknown"


class MonthNotSealed(Conflict):
    """A batch is made from sealed rows alone."""

    code = "month_not_sealed"


class LineUnknown(NotFound):
    code = "payroll_line_unknown"


class CodeRefused(RuleBroken):
    """`data` names the field and what would be right."""

    code = "payroll_code_refused"


class CodeTooLate(Conflict):
    """The batch of that month was made, and remembers the codes it was made with."""

    code = "payroll_code_too_late"


class RefusalUnknown(NotFound):
    code = "payroll_refusal_unknown"


class RefusalDecided(Conflict):
    """HR decided about it before; `state` says how."""

    code = "payroll_refusal_decided"


class NothingToReverse(Conflict):
    """The line has no transfers, or all of them were reversed before."""

    code = "payroll_nothing_to_reverse"
