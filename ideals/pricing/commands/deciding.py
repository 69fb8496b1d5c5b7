"""A price rule is decided by a second person, or by nobody before its first month."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.commands import lock_subjects
from ideals.approvals.commands.going import NO_TIME
from ideals.approvals.models import Approval
from ideals.approvals.states import State
from ideals.kernel.actor import Actor
from ideals.notices import commands as notices
from ideals.pricing.commands.passing import (
    check_clear,
    check_not_published,
    checked,
    lock_lists,
    moved,
    this_month,
)
from ideals.pricing.errors import ApproverIsAuthor
from ideals.pricing.models import PriceRule
from ideals.pricing.queries import steering as queries
from ideals.pricing.states import RuleAct, RuleState, after

DECIDED = "price_rule.decided"


def lock_before_decision(session: Session, subject: str) -> None:
    """Registered with approvals: the lists come before the approval."""
    del subject
    lock_lists(session)


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
    if actor.user_id is None or actor.user_id in queries.authors_of(session, rule):
        raise ApproverIsAuthor("Somebody who did not write this price rule has to approve it.")
    rule_text = checked(session, queries.version_of(session, rule).plain)
    check_clear(session, rule.id, rule_text)
    check_not_published(session, rule_text)
    rule.state, rule.version = state, rule.version + 1
    rule.approved_at, rule.approved_by, rule.approved_by_user_id = now, actor.name, actor.user_id
    rule.last_month, rule.next_on = rule.through_month, rule.from_month.first
    moved(session, rule, "approved", was, actor=actor, now=now)
    _tell(session, rule, actor=actor, now=now)


def expired(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> bool:
    """Whether nobody decided before its first month. Until then the policy says what happens when
    somebody is late. Registered with approvals."""
    rule = queries.lock_rule(session, queries.id_of(approval.subject))
    if rule.from_month > this_month(now):
        return False
    _back(session, rule, NO_TIME, actor=actor, now=now)
    return True


def refuse_undecided(session: Session, *, actor: Actor, now: datetime) -> int:
    """What nobody decided before its first month, however late somebody was; how many."""
    late = select(PriceRule.id).where(
        PriceRule.state == RuleState.SUBMITTED, PriceRule.from_month <= this_month(now)
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
    moved(session, rule, "refused", was, actor=actor, now=now)
    _tell(session, rule, actor=actor, now=now)


def _tell(session: Session, rule: PriceRule, *, actor: Actor, now: datetime) -> None:
    """Whoever submitted it is told what became of it."""
    assert rule.submitted_by_user_id is not None  # noqa: S101  nothing else is decided
    approved = rule.state == RuleState.SCHEDULED
    cmd = notices.Tell(
        DECIDED,
        rule.source,
        f"{rule.source}:{rule.version}:decided",
        user_ids=[rule.submitted_by_user_id],
        data={
            "rule": str(rule.id),
            "name": dict(queries.texts(session, [rule])[rule.id].name),
            "from": str(rule.from_month),
            "refused": None if approved else rule.reason,
        },
    )
    notices.tell(session, cmd, actor=actor, now=now)
