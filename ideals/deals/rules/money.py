"""What the money terms of a deal in force come to: which months, and how much of each.

A month that has begun under the deal counts whole. A renewal takes over with the month of its
first day; what was paid once before it stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ideals.deals.rules.kinds import Into, MoneyTerm, Paid
from ideals.deals.rules.offers import OfferText
from ideals.kernel.month import Month


class Way(StrEnum):
    """How money of a deal comes to the employee."""

    GRANT = "grant"
    """A transfer of its own, into the budget or the development account."""
    PART = "part"
    """A personal part: the allocation takes it in."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A money term by month. `place`: which term of the offer. `through` `None`: until stopped."""

    place: int
    way: Way
    into: Into
    amount_minor: int
    first: Month
    through: Month | None

    def stopped(self, after: Month | None) -> Flow | None:
        """Through that month at most; `None` when nothing of it is left."""
        if after is None:
            return self
        if after < self.first:
            return None
        through = after if self.through is None else min(after, self.through)
        return Flow(self.place, self.way, self.into, self.amount_minor, self.first, through)

    def months(self, until: Month) -> Iterator[Month]:
        return self.first.until(until if self.through is None else min(until, self.through))


def flows_of(offer: OfferText) -> list[Flow]:
    """A deal with a last day ends its money with that month."""
    last = None if offer.ends_on is None else Month.of(offer.ends_on)
    flows = []
    for place, term in enumerate(offer.terms):
        if not isinstance(term, MoneyTerm):
            continue
        through = term.from_month if term.paid is Paid.ONCE else term.through_month
        way = Way.PART if term.personal_part else Way.GRANT
        flow = Flow(place, way, term.into, term.amount.minor, term.from_month, through)
        if (kept := flow.stopped(last)) is not None:
            flows.append(kept)
    return flows


def renewed_after(starts_on: date) -> Month:
    """The last month of what a renewal from that day replaces."""
    return Month.of(starts_on).plus(-1)


def granted(flow: Flow | None, until: Month, employed: Collection[Month]) -> list[Month]:
    """The months for which a grant is due by `until`; nothing when nobody was employed."""
    return [] if flow is None else [month for month in flow.months(until) if month in employed]


def next_grant(flows: Iterable[Flow | None], until: Month) -> Month | None:
    """The first month after `until` in which there is another."""
    coming = [
        max(flow.first, until.plus(1))
        for flow in flows
        if flow is not None and (flow.through is None or flow.through > until)
    ]
    return min(coming, default=None)
