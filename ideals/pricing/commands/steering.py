"""The life of price rules: written, submitted, decided by a second person, ended, withdrawn.

Locks: the lists, then approvals of the rule, then the rule. Whoever decides what the next price
list holds takes the lock of the lists, so that a list is published either with a rule or without.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals import commands as approvals
from ideals.approvals.commands import Ask, lock_subjects
from ideals.approvals.commands.going import NO_TIME
from ideals.approvals.models import Approval
from ideals.approvals.states import Kind, State
from ideals.config import Settings
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.pricing import policy
from ideals.pricing.errors import (
    ApproverIsAuthor,
    MonthPublished,
    PriceRuleCodeTaken,
    PriceRuleMovedOn,
    PriceRuleRefused,
    PriceRuleUnclear,
    RuleStillHolds,
    SecondPersonNeeded,
)
from ideals.pricing.models import PriceRule, PriceRuleVersion
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import ConditionNames
from ideals.pricing.rules import steerable
from ideals.pricing.states import RuleAct, RuleState, after
from ideals.pricing.steering import RuleText, read, unclear
from ideals.schemes import queries as schemes
from ideals.schemes.rules.document import Fault

LISTS_LOCK = 0x70726C73
"""The advisory lock of whoever changes what the next list holds."""


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
    _record(
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
    _check_not_published(session, rule_text)
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
    _moved(session, rule, "submitted", was, actor=actor, now=now)
    return rule


def decided(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """A yes schedules the rule, a no gives it back with the reason. Registered with approvals.

    Raises `ApproverIsAuthor`, `RuleMoveNotAllowed`, `PriceRuleUnclear`, `MonthPublished`.
    """
    lock_lists(session)
    rule = queries.lock_rule(session, queries.id_of(approval.subject))
    if approval.state != State.APPROVED:
        _back(session, rule, approval.reason or "", actor=actor, now=now)
        return
    was = RuleState(rule.state)
    state = after(was, RuleAct.APPROVE)
    agreed = {actor.user_id, *queries.users_who_decided(session, approval)}
    if actor.user_id is None or agreed & queries.authors_of(session, rule):
        raise ApproverIsAuthor("Somebody who did not write this price rule has to approve it.")
    rule_text = checked(session, queries.version_of(session, rule).plain)
    check_clear(session, rule.id, rule_text)
    _check_not_published(session, rule_text)
    rule.state, rule.version = state, rule.version + 1
    rule.approved_at, rule.approved_by, rule.approved_by_user_id = now, actor.name, actor.user_id
    rule.last_month, rule.next_on = rule.through_month, rule.from_month.first
    _moved(session, rule, "approved", was, actor=actor, now=now)


def expired(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> bool:
    """Whether nobody decided before its first month. Until then the policy says what happens when
    somebody is late. Registered with approvals."""
    rule = queries.lock_rule(session, queries.id_of(approval.subject))
    if rule.from_month > _this_month(now):
        return False
    _back(session, rule, NO_TIME, actor=actor, now=now)
    return True


def refuse_undecided(session: Session, *, actor: Actor, now: datetime) -> int:
    """What nobody decided before its first month, however late somebody was; how many."""
    late = select(PriceRule.id).where(
        PriceRule.state == RuleState.SUBMITTED, PriceRule.from_month <= _this_month(now)
    )
    return sum(
        _refuse_undecided(session, rule_id, actor=actor, now=now)
        for rule_id in session.scalars(late.order_by(PriceRule.id)).all()
    )


def _refuse_undecided(session: Session, rule_id: UUID, *, actor: Actor, now: datetime) -> bool:
    subject = f"{queries.SUBJECT}:{rule_id}"
    lock_lists(session)
    lock_subjects(session, [subject])
    rule = queries.lock_rule(session, rule_id)
    if rule.state != RuleState.SUBMITTED:
        return False
    approvals.expire(session, approvals.Expire(subject, NO_TIME), actor=actor, now=now)
    _back(session, rule, NO_TIME, actor=actor, now=now)
    return True


def _back(session: Session, rule: PriceRule, reason: str, *, actor: Actor, now: datetime) -> None:
    was = RuleState(rule.state)
    rule.state = after(was, RuleAct.REFUSE)
    rule.version += 1
    rule.reason = reason
    _moved(session, rule, "refused", was, actor=actor, now=now)


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
    _moved(session, rule, "withdrawn", was, actor=actor, now=now)
    return rule


def end_rule(session: Session, cmd: EndRule, *, actor: Actor, now: datetime) -> PriceRule:
    """Let it hold no longer than a month: lists that are published keep it.

    Raises `PricesNotYours`, `RuleMoveNotAllowed`, `RuleStillHolds`.
    """
    policy.check_steers(actor)
    lock_lists(session)
    rule = queries.lock_rule(session, cmd.rule_id)
    rule.state = after(RuleState(rule.state), RuleAct.END)
    earliest = queries.earliest_end(session, rule, _this_month(now))
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
    _record(
        session, rule, "ended", actor=actor, now=now,
        before={"last_month": None if was is None else str(was)},
        after={"last_month": str(last)},
    )  # fmt: skip
    return rule


# What they share ------------------------------------------------------------------------------


def _this_month(now: datetime) -> Month:
    return Month.of(now.astimezone(Settings.read().zone).date())


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


def _check_not_published(session: Session, rule: RuleText) -> None:
    last = queries.last_published(session, rule.scheme, rule.products)
    if last is not None and rule.from_month <= last:
        raise MonthPublished(
            f"The price list of {last} is published and stays as it is; begin with"
            f" {last.plus(1)} or later.",
            earliest=str(last.plus(1)),
        )


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


def lock_lists(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LISTS_LOCK})


def lock_before_decision(session: Session, subject: str) -> None:
    """Registered with approvals: the lists come before the approval."""
    del subject
    lock_lists(session)


def _moved(
    session: Session, rule: PriceRule, what: str, was: RuleState, *, actor: Actor, now: datetime
) -> None:
    _record(
        session, rule, what, actor=actor, now=now, number=rule.text_number,
        before={"state": was}, after={"state": rule.state},
    )  # fmt: skip


def _record(
    session: Session, rule: PriceRule, what: str, *, actor: Actor, now: datetime, **details: Any
) -> None:
    audit.record(
        session, f"pricing.rule_{what}", rule.source, actor=actor, now=now,
        code=rule.code, **details,
    )  # fmt: skip


__all__: Sequence[str] = (
    "EndRule",
    "SaveRule",
    "SubmitRule",
    "WithdrawRule",
    "decided",
    "end_rule",
    "expired",
    "lock_before_decision",
    "save_rule",
    "submit_rule",
    "withdraw_rule",
)
