"""Which months a simulation looks at, and for which month of a rule each of them stands."""

from __future__ import annotations

from ideals.kernel.month import Month

MONTHS = 12


def looked_at(this: Month) -> tuple[Month, Month]:
    """The twelve months before this one: each month of the calendar once, and all of it."""
    return this.plus(-MONTHS), this.plus(-1)


def stands_for(past: Month, from_month: Month, through_month: Month | None) -> Month | None:
    """The month of a rule that has the same place in the calendar; `None` where the rule is over
    before it. A rule without an end reaches each of twelve months."""
    month = from_month.plus((past.month - from_month.month) % MONTHS)
    return month if through_month is None or month <= through_month else None
