"""What the next price list still waits for, and the price rules there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.pricing.commands.publishing import PUBLISH_FROM_DAY, wanted
from ideals.pricing.models import Indicator, IndicatorValue, PriceRule
from ideals.pricing.queries.steering import published_in
from ideals.pricing.states import RuleState


@dataclass(frozen=True, slots=True)
class Missing:
    """Indicators without a value for `month`, by which the prices of `list_for` go. `due`: the day
    from which that list waits for them."""

    codes: Sequence[str]
    month: Month
    list_for: Month
    due: date


def missing_indicators(session: Session, today: date) -> Missing:
    """Of the first list, from this month's on, that is not published for every product."""
    this = Month.of(today)
    months = (this, this.plus(1))
    lists = (each for each in months if wanted(session, each) - published_in(session, each))
    list_for = next(lists, this.plus(2))
    month = list_for.plus(-1)
    known = exists().where(
        IndicatorValue.code == Indicator.code,
        IndicatorValue.month == month,
        IndicatorValue.superseded_at.is_(None),
    )
    codes = session.scalars(select(Indicator.code).where(~known).order_by(Indicator.code)).all()
    return Missing(codes, month, list_for, month.first.replace(day=PUBLISH_FROM_DAY))


def price_rules(session: Session) -> Mapping[RuleState, int]:
    """How many there are in each state, of those that are not over."""
    states = (RuleState.SUBMITTED, RuleState.SCHEDULED, RuleState.IN_FORCE)
    rows = session.execute(
        select(PriceRule.state, func.count())
        .where(PriceRule.state.in_(states))
        .group_by(PriceRule.state)
    )
    return {RuleState(state): count for state, count in rows}
