"""From when to when contract hours of an offer count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ideals.deals.rules.kinds import Hours
from ideals.deals.rules.offers import OfferText


@dataclass(frozen=True, slots=True)
class HoursFlow:
    """`minutes` a week. `through` `None`: until stopped."""

    minutes: int
    first: date
    through: date | None

    def stopped(self, after: date | None) -> HoursFlow | None:
        """Through that day at most; `None` when nothing of it is left."""
        if after is None:
            return self
        if after < self.first:
            return None
        through = after if self.through is None else min(after, self.through)
        return HoursFlow(self.minutes, self.first, through)


def hours_of(offer: OfferText) -> HoursFlow | None:
    """An offer has such a term once at most; it ends with the deal."""
    term = next((each for each in offer.terms if isinstance(each, Hours)), None)
    if term is None:
        return None
    return HoursFlow(term.minutes, term.starts_on, None).stopped(offer.ends_on)


def day_before(starts_on: date) -> date:
    """The last day of what a renewal from that day replaces."""
    return starts_on - timedelta(days=1)
