"""What HR does with price rules: written, submitted, ended, withdrawn. `deciding` is the second
person's part, `passing` what both look at.

Locks: the lists, then approvals of the rule, then the rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.commands import Ask, lock_subjects
from ideals.approvals.states import Kind, State
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.pricing import policy
from ideals.pricing.commands.passing import (
    LISTS_LOCK,
    check_clear,
    check_not_published,
    checked,
    lock_lists,
    moved,
    record,
    this_month,
)
from ideals.pricing.errors import (
    PriceRuleCodeTaken,
    PriceRuleMovedOn,
    PriceRuleRefused,
    RuleStillHolds,
    SecondPersonNeeded,
)
from ideals.pricing.models import PriceRule, PriceRuleVersion
from ideals.pricing.queries import steering as queries
from ideals.pricing.states import RuleAct, RuleState, after
from ideals.pricing.steering import RuleText
from ideals.schemes.rules.document import Fault


@dataclass(frozen=True, slots=True)
class SaveRule:
    """`rule_id` is made before and is the retry key; `plain` is the whole rule; `seen`: the version
    that was open while it was written, `None` for a new one."""

    rule_id: UUID
    plain: Mapping[str, Any]
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class SubmitRule:
    rule_id: UUID
    seen: int


@dataclass(frozen=True, slots=True)
class WithdrawRule:
    rule_id: UUID


@dataclass(frozen=True, slots=True)
class EndRule:
    """`last_month`: the last one for which it holds; `None`: as early as can be."""

    rule_id: UUID
    last_month: Month | None = None


def save_rule(session: Session, cmd: SaveRule, *, actor: Actor, now: datetime) -> PriceRule:
    """Keep a draft, as its next version; what says the same as before is none.

    A refused rule becomes a draft again. Raises `PricesNotYours`, `PriceRuleRefused`,
    `PriceRuleUnclear`, `PriceRuleCodeTaken`, `PriceRuleMovedOn`, `RuleMoveNotAllowed`.
    """
    policy.check_steers(actor)
    rule_text = checked(session, cmd.plain)
    check_clear(session, cmd.rule_id, rule_text)
    plain = dict(cmd.plain)
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    _lock_code(session, cmd.rule_id, rule_text.code)
    rule = session.get(PriceRule, cmd.rule_id, with_for_update=True, populate_existing=True)
    before = None if rule is None else queries.version_of(session, rule)
    if rule is None:
        rule = PriceRule(
            id=cmd.rule_id,
            state=RuleState.DRAFT,
            version=1,
            text_number=1,
            created_at=now,
            created_by=actor.name,
            created_by_user_id=actor.user_id,
        )
        session.add(rule)
    elif before is not None and before.digest == digest:
        return rule
    else:
        _check_seen(rule, cmd.seen)
        rule.state = after(RuleState(rule.state), RuleAct.SAVE)
        _check_name_kept(rule, rule_text)
        rule.version += 1
        rule.text_number += 1
        rule.reason = None
    rule.code, rule.scheme = rule_text.code, rule_text.scheme
    rule.from_month, rule.through_month = rule_text.from_month, rule_text.through_month
    session.flush()  # reason: the database takes versions of drafts only, and looks at the row
    session.add(
        PriceRuleVersion(
            rule_id=rule.id,
            number=rule.text_number,
            plain=plain,
            digest=digest,
            at=now,
            by=actor.name,
            by_user_id=actor.user_id,
        )
    )
    session.flush()  # reason: who submits in the same transaction reads it
    record(
        session, rule, "saved", actor=actor, now=now, number=rule.text_number,
        before=before and before.plain, after=plain,
    )  # fmt: skip
    return rule


def submit_rule(session: Session, cmd: SubmitRule, *, actor: Actor, now: datetime) -> PriceRule:
    """Ask a second person. Raises `PricesNotYours`, `PriceRuleMovedOn`, `RuleMoveNotAllowed`,
    `PriceRuleUnclear`, `MonthPublished`, `SecondPersonNeeded`."""
    policy.check_steers(actor)
    lock_lists(session)
    rule = queries.lock_rule(session, cmd.rule_id)
    was = RuleState(rule.state)
    state = after(was, RuleAct.SUBMIT)
    _check_seen(rule, cmd.seen)
    version = queries.version_of(session, rule)
    rule_text = checked(session, version.plain)
    check_clear(session, rule.id, rule_text)
    check_not_published(session, rule_text)
    rule.state, rule.version = state, rule.version + 1
    rule.submitted_at, rule.submitted_by = now, actor.name
    rule.submitted_by_user_id = actor.user_id
    rule.approval_id = new_id()
    asked = approvals.ask(
        session,
        Ask(
            id=rule.approval_id,
            kind=Kind.PRICE_RULE,
            subject=rule.source,
            employee_id=None,
            facts=_facts(rule_text),
            latest_on=rule.from_month.first - timedelta(days=1),
            what=dict(rule_text.name),
        ),
        actor=actor,
        now=now,
    )
    if asked is None or asked.state != State.OPEN:
        raise SecondPersonNeeded("The policy of price rules has to name who decides about them.")
    moved(session, rule, "submitted", was, actor=actor, now=now)
    return rule


def withdraw_rule(session: Session, cmd: WithdrawRule, *, actor: Actor, now: datetime) -> PriceRule:
    """Before it has done anything. Raises `PricesNotYours`, `RuleMoveNotAllowed`,
    `RuleStillHolds`."""
    policy.check_steers(actor)
    subject = f"{queries.SUBJECT}:{cmd.rule_id}"
    lock_lists(session)
    lock_subjects(session, [subject])
    rule = queries.lock_rule(session, cmd.rule_id)
    was = RuleState(rule.state)
    state = after(was, RuleAct.WITHDRAW)
    if not queries.may_be_withdrawn(rule, queries.traces_of(session, rule)):
        raise RuleStillHolds(
            "A price list or an order came about by this rule: it can be ended.", earliest=None
        )
    rule.state, rule.version = state, rule.version + 1
    rule.next_on = None
    rule.ended_at, rule.ended_by = now, actor.name
    if was is RuleState.SUBMITTED:
        approvals.withdraw(session, approvals.Withdraw(subject), actor=actor, now=now)
    moved(session, rule, "withdrawn", was, actor=actor, now=now)
    return rule


def end_rule(session: Session, cmd: EndRule, *, actor: Actor, now: datetime) -> PriceRule:
    """Let it hold no longer than a month: lists that are published keep it.

    Raises `PricesNotYours`, `RuleMoveNotAllowed`, `RuleStillHolds`.
    """
    policy.check_steers(actor)
    lock_lists(session)
    rule = queries.lock_rule(session, cmd.rule_id)
    rule.state = after(RuleState(rule.state), RuleAct.END)
    earliest = queries.earliest_end(session, rule, this_month(now))
    last = earliest if cmd.last_month is None else cmd.last_month
    if last < earliest or (rule.last_month is not None and last > rule.last_month):
        raise RuleStillHolds(
            f"The rule can end with {earliest} at the earliest, and never later than it said.",
            earliest=str(earliest),
        )
    was, rule.version = rule.last_month, rule.version + 1
    rule.ended_at, rule.ended_by = now, actor.name
    if rule.state == RuleState.IN_FORCE:
        rule.next_on = last.last + timedelta(days=1)
    if last >= rule.from_month:
        rule.last_month = last
    else:
        # No list has it: it is over without having begun.
        rule.last_month, rule.next_on = rule.from_month, None
        rule.state = RuleState.ENDED
    record(
        session, rule, "ended", actor=actor, now=now,
        before={"last_month": None if was is None else str(was)},
        after={"last_month": str(last)},
    )  # fmt: skip
    return rule


# What they share ------------------------------------------------------------------------------


def _facts(rule: RuleText) -> dict[str, str | Decimal]:
    """What the policy may decide by."""
    last = rule.through_month
    months = 0 if last is None else len(list(rule.from_month.until(last)))
    return {
        "scheme": rule.scheme,
        "change": rule.kind.value,
        "products": Decimal(len(rule.products)),
        "months": Decimal(months),
    }


def _check_seen(rule: PriceRule, seen: int | None) -> None:
    if seen != rule.version:
        raise PriceRuleMovedOn(
            "Somebody changed this price rule since you opened it.", current=rule.version
        )


def _check_name_kept(rule: PriceRule, rule_text: RuleText) -> None:
    """Somebody was asked about it by this name."""
    if rule.submitted_at is None:
        return
    faults = [
        Fault(name, 0, f"another {name} than it was submitted with", was)
        for name, was in (("code", rule.code), ("scheme", rule.scheme))
        if getattr(rule_text, name) != was
    ]
    if faults:
        raise PriceRuleRefused(
            "a price rule that was submitted keeps its code and scheme",
            faults=[asdict(each) for each in faults],
        )


def _lock_code(session: Session, rule_id: UUID, code: str) -> None:
    """Two drafts of one code queue here; the second hears it."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(code, LISTS_LOCK))))
    taken = session.scalar(
        select(PriceRule.id).where(PriceRule.code == code, PriceRule.id != rule_id)
    )
    if taken is not None:
        raise PriceRuleCodeTaken(f"Another price rule is called {code!r}.")
