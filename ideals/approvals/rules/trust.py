"""Trust, and what a check does to it.

A *finding* is what a check came to, at the moment of its decision: a finding that was overturned
counts as kept from then on, as if it had been found so at once. Trust is lost when the latest
finding of somebody's cases of a kind is a broken one that stands.
"""

from __future__ import annotations

from ideals.approvals.rules.policies import Case, WhenBroken, steps_when_broken
from ideals.approvals.states import CheckState

CONTEST_DAYS = 10
"""Working days of the employee in which a broken check can be contested."""
STANDS = frozenset({CheckState.BROKEN, CheckState.CONTESTED, CheckState.UPHELD})
"""Found broken, and not overturned."""
FOUND_KEPT = frozenset({CheckState.KEPT, CheckState.OVERTURNED})


def is_lost(latest: CheckState | None) -> bool:
    """`latest`: the state of the check that was decided last; `None`: there is none."""
    return latest in STANDS


def follows(case: Case | None) -> WhenBroken:
    """What becomes of somebody's further cases when one under this rule was found broken. `None`:
    the rule is not known any more."""
    before = case is not None and steps_when_broken(case)
    return WhenBroken.BEFORE if before else WhenBroken.CHECK_ALL
