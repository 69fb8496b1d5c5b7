"""What a price rule has to pass at each step of its life; what is locked and written down then.

Whoever decides what the next price list holds takes the lock of the lists, so that a list is
published either with a rule or without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals import audit
from ideals.config import Settings
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.pricing.errors import MonthPublished, PriceRuleRefused, PriceRuleUnclear
from ideals.pricing.models import PriceRule
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import ConditionNames
from ideals.pricing.rules import steerable
from ideals.pricing.states import RuleState
from ideals.pricing.steering import RuleText, read, unclear
from ideals.schemes import queries as schemes
from ideals.schemes.rules.document import Fault

LISTS_LOCK = 0x70726C73
"""The advisory lock of whoever changes what the next list holds."""


def checked(session: Session, plain: Mapping[str, Any]) -> RuleText:
    """What a rule says. Raises `PriceRuleRefused`."""
    names = ConditionNames(queries.indicator_codes(session))
    found = read(plain, names)
    if not isinstance(found, list):
        scheme = schemes.scheme_for(session, found.scheme, found.from_month)
        if scheme is None:
            known = ", ".join(schemes.scheme_codes(session))
            found = [Fault("scheme", 0, f"no scheme {found.scheme!r} then", f"one of: {known}")]
        else:
            sold = [code for code, each in scheme.products.items() if steerable(each)]
            found = read(plain, names, sold=sold)
    if isinstance(found, list):
        raise PriceRuleRefused(
            f"the price rule has {len(found)} faults", faults=[asdict(each) for each in found]
        )
    return found


def check_clear(session: Session, rule_id: UUID, rule: RuleText) -> None:
    """Raises `PriceRuleUnclear`: together with what holds or waits it could not be explained."""
    others = queries.counting(session, rule.scheme, rule_id)
    found = [each for each in unclear([rule, *others]) if rule.code in (each.rule, each.other)]
    if found:
        raise PriceRuleUnclear(
            str(found[0].why),
            unclear=[
                {"rule": each.rule, "other": each.other, "why": str(each.why)} for each in found
            ],
        )


def check_not_published(session: Session, rule: RuleText) -> None:
    last = queries.last_published(session, rule.scheme, rule.products)
    if last is not None and rule.from_month <= last:
        raise MonthPublished(
            f"The price list of {last} is published and stays as it is; begin with"
            f" {last.plus(1)} or later.",
            earliest=str(last.plus(1)),
        )


def lock_lists(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LISTS_LOCK})


def this_month(now: datetime) -> Month:
    return Month.of(now.astimezone(Settings.read().zone).date())


def moved(
    session: Session, rule: PriceRule, what: str, was: RuleState, *, actor: Actor, now: datetime
) -> None:
    record(
        session, rule, what, actor=actor, now=now, number=rule.text_number,
        before={"state": was}, after={"state": rule.state},
    )  # fmt: skip


def record(
    session: Session, rule: PriceRule, what: str, *, actor: Actor, now: datetime, **details: Any
) -> None:
    audit.record(
        session, f"pricing.rule_{what}", rule.source, actor=actor, now=now,
        code=rule.code, **details,
    )  # fmt: skip
