"""Dora and Fatima steer prices of Anna's shop; short ways to write, submit and decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.approvals.commands import Decide, decide
from ideals.approvals.states import Decision
from ideals.kernel.actor import Actor, Role
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.outbox import Message
from ideals.pricing.commands import indicators, publishing, steering, telling
from ideals.pricing.commands.steering import EndRule, SaveRule, SubmitRule, WithdrawRule
from ideals.pricing.commands.telling import TellEmployees
from ideals.pricing.models import IndicatorValue, PriceRule
from ideals.seeds import factories
from tests.shop.conftest import NOW, ZONE, Shop

QUIET: Mapping[str, Any] = {
    "code": "quiet_season",
    "name": {"en": "Quiet season", "nl": "Rustig seizoen"},
    "says": {
        "en": "Quiet season: leave costs 15% less",
        "nl": "Rustig seizoen: verlof kost 15% minder",
    },
    "products": ["leave"],
    "scheme": "simple",
    "from_month": "2026-04",
    "through_month": "2026-06",
    "condition": "indicator_utilisation < 85",
    "change": {"kind": "percent", "value": "-15"},
    "order": 10,
    "combines": True,
    "reason": "The order book is thin.",
}


def on(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 9, tzinfo=UTC)


@dataclass
class Desk:
    """Two people of HR with the right to prices, of whom one writes."""

    session: Session
    shop: Shop
    dora: Actor
    fatima: Actor

    def know(self, month: Month, value: str, now: datetime) -> IndicatorValue:
        cmd = indicators.PutIndicator("utilisation", month, Decimal(value))
        return indicators.put_indicator(self.session, cmd, actor=self.dora, now=now)

    def write(self, now: datetime, rule_id: UUID | None = None, **changed: Any) -> PriceRule:
        cmd = SaveRule(rule_id or new_id(), {**QUIET, **changed})
        return steering.save_rule(self.session, cmd, actor=self.dora, now=now)

    def submit(self, rule: PriceRule, now: datetime) -> PriceRule:
        cmd = SubmitRule(rule.id, rule.version)
        return steering.submit_rule(self.session, cmd, actor=self.dora, now=now)

    def decide(
        self, rule: PriceRule, now: datetime, *, by: Actor | None = None, yes: bool = True
    ) -> None:
        assert rule.approval_id is not None
        decision = Decision.APPROVE if yes else Decision.REFUSE
        cmd = Decide(rule.approval_id, decision, None if yes else "Not now.")
        decide(self.session, cmd, actor=by or self.fatima, now=now)

    def agreed(self, now: datetime, **changed: Any) -> PriceRule:
        rule = self.submit(self.write(now, **changed), now)
        self.decide(rule, now)
        return rule

    def publish(self, month: Month, now: datetime) -> int:
        cmd = publishing.PublishLists(month)
        return publishing.publish_lists(self.session, cmd, zone=ZONE, actor=self.dora, now=now)

    def sweep(self, now: datetime) -> int:
        return publishing.sweep(self.session, zone=ZONE, actor=self.dora, now=now)

    def tell(self, month: Month, now: datetime) -> int:
        """What was announced, again and again."""
        sent = select(Message.payload).where(Message.name == publishing.TELL).order_by(Message.id)
        return sum(
            telling.tell_employees(
                self.session, TellEmployees.of(payload), zone=ZONE, actor=self.dora, now=now
            )
            for payload in self.session.scalars(sent)
            if payload["month"] == str(month)
        )

    def end(self, rule: PriceRule, now: datetime, last: Month | None = None) -> PriceRule:
        return steering.end_rule(self.session, EndRule(rule.id, last), actor=self.dora, now=now)

    def withdraw(self, rule: PriceRule, now: datetime) -> PriceRule:
        cmd = WithdrawRule(rule.id)
        return steering.withdraw_rule(self.session, cmd, actor=self.dora, now=now)


def opened(session: Session, shop: Shop) -> Desk:
    dora, fatima = (of_prices(session, name) for name in ("dora", "fatima"))
    return Desk(session, shop, dora, fatima)


def of_prices(session: Session, name: str) -> Actor:
    roles = frozenset({Role.HR_PRICES})
    user = factories.a_user(session, f"{name}@meridian.example", roles=roles)
    return access.actor_of(user, sorted(roles), NOW)
