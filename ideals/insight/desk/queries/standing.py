"""Months, runs, what waits, deals, and how it goes by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from ideals.approvals.models import LIVE, Approval, ApprovalStep
from ideals.budgets.models import Run, Skip
from ideals.budgets.states import RunKind, RunState
from ideals.deals.models import Deal
from ideals.deals.queries.afterwards import is_due_for_evaluation
from ideals.deals.states import DealState
from ideals.insight.searching.policy import hidden_from
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.ledger.models import LedgerMonth
from ideals.people.models import Employee
from ideals.shop.models import Order
from ideals.shop.queries.evidence import EvidenceAsked, evidence_wanted
from ideals.shop.queries.months import MonthLine, month_lines
from ideals.shop.states import Waits

# Months and runs ------------------------------------------------------------------------------


def months(session: Session, first: Month, last: Month) -> list[MonthLine]:
    """Those of these that there are, the latest first."""
    query = (
        select(LedgerMonth)
        .where(LedgerMonth.month.between(first, last))
        .order_by(LedgerMonth.month.desc())
    )
    return month_lines(session, session.scalars(query).all())


@dataclass(frozen=True, slots=True)
class RunLine:
    """The last of its scheme and kind, looks apart."""

    id: int
    scheme: str
    kind: RunKind
    month: Month
    state: RunState
    employees: int
    skipped: int


def runs(session: Session) -> list[RunLine]:
    last = (
        select(Run.id)
        .where(~Run.look)
        .ext(distinct_on(Run.scheme, Run.kind))
        .order_by(Run.scheme, Run.kind, Run.month.desc(), Run.round.desc())
    )
    skipped = (
        select(Skip.run_id, func.count().label("count"))
        .where(Skip.run_id.in_(last))
        .group_by(Skip.run_id)
        .subquery()
    )
    rows = session.execute(
        select(Run, func.coalesce(skipped.c.count, 0))
        .outerjoin(skipped, skipped.c.run_id == Run.id)
        .where(Run.id.in_(last))
        .order_by(Run.scheme, Run.kind)
    )
    return [
        RunLine(
            run.id,
            run.scheme,
            RunKind(run.kind),
            run.month,
            RunState(run.state),
            run.employees,
            count,
        )
        for run, count in rows
    ]


# What waits -----------------------------------------------------------------------------------


Approver = aliased(Employee)


def stuck(today: date, *, actor: Actor) -> Select[Any]:
    """Steps that somebody has, past their day. For `paginate` by `OLDEST_FIRST`. Those of deals and
    of prices are there for whom has the right to them."""
    return (
        select(
            ApprovalStep.due_on,
            ApprovalStep.id,
            ApprovalStep.role,
            Approval.kind,
            Approval.what,
            Employee.name,
            Employee.number,
            Approver.name.label("approver"),
            Approver.number.label("approver_number"),
        )
        .join(Approval, Approval.id == ApprovalStep.approval_id)
        .outerjoin(Employee, Employee.id == Approval.employee_id)
        .outerjoin(Approver, Approver.id == ApprovalStep.approver_id)
        .where(text(f"approvals_step.{LIVE}"), ApprovalStep.due_on < today, *_may_see(actor))
    )


OLDEST_FIRST = (ApprovalStep.due_on, ApprovalStep.id)


def _may_see(actor: Actor) -> list[ColumnElement[bool]]:
    word = func.split_part(Approval.subject, ":", 1)
    return [
        not_(or_(word.in_(topic.words), Approval.kind.in_(topic.kinds)))
        for topic in hidden_from(actor)
    ]


def count_of(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def evidence_to_check() -> Select[Any]:
    """Orders whose evidence HR has to look at."""
    wanted = evidence_wanted(EvidenceAsked(waits=Waits.CHECK))
    return wanted.with_only_columns(Order.id)


# How it goes ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pace:
    """A month: orders that were settled, and of those the ones nobody had to decide or check; days
    from choosing to payroll, the middle of all that people ordered themselves, once it is there."""

    month: Month
    settled: int
    by_itself: int
    days: Decimal | None


_PACE = text(
    """
WITH by_hand AS (
    SELECT DISTINCT approval_id FROM approvals_step WHERE decided_by_user_id IS NOT NULL
)
SELECT o.month, count(*) AS settled,
       count(*) FILTER (WHERE a.approval_id IS NULL AND c.approval_id IS NULL) AS by_itself,
       (extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY b.made_at - o.ordered_at)
          FILTER (WHERE o.state = 'posted' AND o.choice_id IS NULL)) / 86400)::numeric AS days
  FROM shop_order o
  LEFT JOIN by_hand a ON a.approval_id = o.approval_id
  LEFT JOIN by_hand c ON c.approval_id = o.check_id
  LEFT JOIN payroll_batch b ON b.month = o.month
 WHERE o.month BETWEEN :first AND :last AND o.state IN ('posted', 'refused', 'released')
 GROUP BY o.month
 ORDER BY o.month
"""
)


def pace(session: Session, first: Month, last: Month) -> list[Pace]:
    rows = session.execute(_PACE, {"first": first.number, "last": last.number})
    return [
        Pace(Month.from_number(row.month), row.settled, row.by_itself, row.days) for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Deals:
    by_state: Mapping[DealState, int]
    overdue: int
    """Of which the day to look back has come."""


def deals(session: Session, today: date) -> Deals:
    due = is_due_for_evaluation(today)
    rows: Sequence[Any] = session.execute(
        select(Deal.state, func.count(), func.count().filter(due)).group_by(Deal.state)
    ).all()
    return Deals({DealState(state): count for state, count, _ in rows}, sum(row[2] for row in rows))
