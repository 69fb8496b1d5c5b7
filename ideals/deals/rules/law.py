"""The Flexible Working Act: a request of the employee about hours, times or place of work.

Who asks in time gets an answer in time: where the employer is silent past its last day, exactly
what was asked for comes into force. Days are counted back by calendar month, to the same day of it
or to its last: two months before 30 April is 28 February.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ideals.deals.rules.offers import OfferText
from ideals.deals.states import TermKind
from ideals.kernel.month import Month

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FlexibleWork:
    """What the Act says, to requests made from `since` on. `service_days`: on the first day of what
    is asked for. `again_months`: after the decision on a request, until the next."""

    since: date = date(2016, 1, 1)
    service_days: int = 26 * 7
    request_months: int = 2
    decide_months: int = 1
    again_months: int = 12
    kinds: frozenset[TermKind] = frozenset({TermKind.HOURS, TermKind.PATTERN, TermKind.PLACE})
    source: str = "Wet flexibel werken, article 2"


FLEXIBLE_WORK = (FlexibleWork(),)
"""Each holds until the next."""


class WhyNot(StrEnum):
    """Why an offer is no request under the Act; a deal it may be all the same."""

    NOT_FIRST = "not_first"
    """Not the first offer of the deal, or not by the employee."""
    OTHER_TERMS = "other_terms"
    """It holds more than hours, times and place."""
    SERVICE = "service"
    """Not long enough in service."""
    LATE = "late"
    """Asked too short before its first day."""
    TOO_SOON = "too_soon"
    """An earlier request was decided less than a year ago."""


def rule_on(day: date, rules: Sequence[FlexibleWork] = FLEXIBLE_WORK) -> FlexibleWork | None:
    """For what is asked on that day; `None`: no law then."""
    held = [rule for rule in rules if rule.since <= day]
    return max(held, key=lambda rule: rule.since, default=None)


def why_not(
    offer: OfferText,
    service_days: int,
    first_by_employee: bool,
    *,
    asked_on: date,
    decided_on: date | None = None,
    rule: FlexibleWork = FLEXIBLE_WORK[-1],
) -> tuple[WhyNot, ...]:
    """Nothing: it is a request under the Act.

    `service_days`: on the offer's first day. `first_by_employee`: it is the first offer of its
    deal, made by the employee or their adviser. `decided_on`: when their last request was.
    """
    again_on = None if decided_on is None else next_request_on(decided_on, rule)
    reasons = {
        WhyNot.NOT_FIRST: not first_by_employee,
        WhyNot.OTHER_TERMS: not offer.kinds <= rule.kinds,
        WhyNot.SERVICE: service_days < rule.service_days,
        WhyNot.LATE: asked_on > request_by(offer.starts_on, rule),
        WhyNot.TOO_SOON: again_on is not None and asked_on < again_on,
    }
    return tuple(reason for reason, holds in reasons.items() if holds)


def qualifies(
    offer: OfferText,
    service_days: int,
    first_by_employee: bool,
    *,
    asked_on: date,
    decided_on: date | None = None,
    rule: FlexibleWork = FLEXIBLE_WORK[-1],
) -> bool:
    """Whether it is a request under the Act: see `why_not`."""
    return not why_not(
        offer, service_days, first_by_employee, asked_on=asked_on, decided_on=decided_on, rule=rule
    )


def request_by(starts_on: date, rule: FlexibleWork = FLEXIBLE_WORK[-1]) -> date:
    """The last day on which it can be asked for."""
    return moved_by(starts_on, -rule.request_months)


def decide_by(starts_on: date, rule: FlexibleWork = FLEXIBLE_WORK[-1]) -> date:
    """The last day on which the employer can answer."""
    return moved_by(starts_on, -rule.decide_months)


def by_law_on(starts_on: date, rule: FlexibleWork = FLEXIBLE_WORK[-1]) -> date:
    """The day on which, after silence, it is in force."""
    return decide_by(starts_on, rule) + _DAY


def next_request_on(decided_on: date, rule: FlexibleWork = FLEXIBLE_WORK[-1]) -> date:
    """The first day of a new request after one was decided."""
    return moved_by(decided_on, rule.again_months)


def moved_by(day: date, months: int) -> date:
    """The same day of another month, or its last where it has none such."""
    month = Month.of(day).plus(months)
    return date(month.year, month.month, min(day.day, month.days))
