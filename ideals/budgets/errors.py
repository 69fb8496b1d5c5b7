"""What can be wrong with a run."""

from __future__ import annotations

from ideals.kernel.errors import Conflict, NotFound, RuleBroken


class NoSchemeInForce(RuleBroken):
    code = "no_scheme_in_force"


class BeforeFirstMonth(RuleBroken):
    code = "before_first_month"


class MonthTooFarAhead(RuleBroken):
    code = "month_too_far_ahead"


class RunNotFound(NotFound):
    code = "run_not_found"


class LookUnfinished(Conflict):
    """It does not show yet what posting would do."""

    code = "look_unfinished"


class LookOvertaken(Conflict):
    """The month was posted after the look: what it showed can no longer be worked out again."""

    code = "look_overtaken"


class LeaseLost(Conflict):
    """Another worker took the chunk over in the meantime; this one's work is rolled back."""

    code = "lease_lost"


class NoBudgetOfOwn(NotFound):
    code = "no_budget_of_own"
