"""Whether a bonus may be judged, and as what."""

from __future__ import annotations

from enum import StrEnum

from ideals.deals.rules.kinds import Bonus
from ideals.kernel.money import ZERO, Money
from ideals.kernel.month import Month


class BonusState(StrEnum):
    STATED = "stated"
    """Waits for who else must agree."""
    APPROVED = "approved"
    REFUSED = "refused"
    """The statement; another may follow."""


def unfit(term: Bonus, amount: Money, this_month: Month, held_through: Month | None) -> str | None:
    """Why not, as a code; `None`: it may. `held_through`: the last month in which the promise held,
    `None` while it does, or where the deal came to its own end: a bonus may be judged after that.
    """
    if term.due_month > this_month:
        return "not_due"
    if held_through is not None and term.due_month > held_through:
        return "over"
    if not ZERO <= amount <= term.amount:
        return "more_than_promised"
    return None
