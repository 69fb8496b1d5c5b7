"""How things stand today: as many questions, however many people, orders and deals there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    column,
    exists,
    func,
    not_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session, aliased

from ideals.approvals.models import LIVE, Approval, ApprovalStep
from ideals.budgets.models import Run, Skip
from ideals.budgets.states import RunKind, RunState
from ideals.deals.models import Deal
from ideals.deals.states import DealState
from ideals.insight.desk.rules import AGES, SIZES, By, Group
from ideals.insight.searching.policy import hidden_from
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.ledger.models import LedgerMonth
from ideals.people.models import Employee
from ideals.shop.models import Choice, Order
from ideals.shop.queries.evidence import EvidenceAsked, evidence_wanted
from ideals.shop.queries.months import MonthLine, month_lines
from ideals.shop.states import STANDING, Waits

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
        .distinct(Run.scheme, Run.kind)
        .order_by(Run.scheme, Run.kind, Run.month.desc(), Run.round.desc())
    )
    skipped = select(Skip.run_id, func.count().label("count")).group_by(Skip.run_id).subquery()
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


# Who chose what -------------------------------------------------------------------------------

# Everybody who is employed on a day, with what they are grouped by. Hours agreed in a deal count.
_EMPLOYED = """
WITH latest AS (
    SELECT DISTINCT ON (employee_id) employee_id, unit_id, birth_date, gender, part_time_factor,
           hired_on, leaves_on
      FROM people_employment
     WHERE superseded_at IS NULL AND valid_from <= :today
     ORDER BY employee_id, valid_from DESC
), agreed AS (
    SELECT DISTINCT ON (employee_id) employee_id, part_time_factor
      FROM people_hours_overlay
     WHERE superseded_at IS NULL AND from_day <= :today
       AND (through_day IS NULL OR through_day >= :today)
     ORDER BY employee_id, from_day DESC
), employed AS (
    SELECT e.employee_id,
           split_part(u.path, '/', 1)
             || CASE WHEN u.path LIKE '%/%' THEN '/' || split_part(u.path, '/', 2) ELSE '' END
             AS unit,
           CASE WHEN e.birth_date IS NULL THEN ''
                ELSE width_bucket(extract(year FROM age(CAST(:today AS date), e.birth_date)),
                                  CAST(:ages AS numeric[]))::text END AS age,
           width_bucket(coalesce(a.part_time_factor, e.part_time_factor),
                        CAST(:sizes AS numeric[]))::text AS size,
           coalesce(e.gender, '') AS gender
      FROM latest e
      JOIN people_unit u ON u.id = e.unit_id
      LEFT JOIN agreed a ON a.employee_id = e.employee_id
     WHERE e.hired_on <= :today AND (e.leaves_on IS NULL OR e.leaves_on >= :today)
)
"""

# What is charged month by month counts in all its months.
_COST = """price_minor * CASE WHEN commitment ->> 'divided' = 'false'
                              THEN (commitment ->> 'months')::bigint ELSE 1 END"""

_GROUPS = text(
    f"""{_EMPLOYED}, chosen AS (
    SELECT employee_id, sum({_COST}) FILTER (WHERE kind <> 'sell_leave') AS minor
      FROM shop_order
     WHERE month BETWEEN :first AND :last AND state IN ('held', 'posted')
       AND (CAST(:product AS text) = '' OR scheme || ':' || product = :product)
     GROUP BY employee_id
)
SELECT CASE WHEN grouping(unit) = 0 THEN 'unit' WHEN grouping(age) = 0 THEN 'age'
            WHEN grouping(size) = 0 THEN 'size' ELSE 'gender' END AS by,
       coalesce(unit, age, size, gender) AS key,
       count(*) AS people, count(c.employee_id) AS chose, coalesce(sum(c.minor), 0)::bigint AS minor
  FROM employed LEFT JOIN chosen c USING (employee_id)
 GROUP BY GROUPING SETS ((unit), (age), (size), (gender))
 ORDER BY 1, 2
"""  # noqa: S608 - of the texts above alone
)

_PRODUCTS = text(
    f"""{_EMPLOYED}
SELECT scheme, product, count(DISTINCT employee_id) AS chose, sum({_COST})::bigint AS minor
  FROM shop_order JOIN employed USING (employee_id)
 WHERE month BETWEEN :first AND :last AND state IN ('held', 'posted')
 GROUP BY scheme, product
 ORDER BY chose DESC, scheme, product
"""  # noqa: S608 - of the texts above alone
)


@dataclass(frozen=True, slots=True)
class Span:
    """Whom and when the use of the shop is about: who is employed `today`, and orders of these
    months. `product`: `scheme:code`, or empty for all."""

    today: date
    first: Month
    last: Month
    product: str = ""

    @property
    def values(self) -> dict[str, Any]:
        return {
            "today": self.today,
            "first": self.first.number,
            "last": self.last.number,
            "product": self.product,
            "ages": [Decimal(age) for age in AGES],
            "sizes": list(SIZES),
        }


def groups(session: Session, span: Span) -> dict[By, list[Group]]:
    found: dict[By, list[Group]] = {by: [] for by in By}
    for row in session.execute(_GROUPS, span.values):
        found[By(row.by)].append(Group(row.key, row.people, row.chose, row.minor))
    return found


@dataclass(frozen=True, slots=True)
class ProductLine:
    scheme: str
    product: str
    chose: int
    minor: int

    @property
    def key(self) -> str:
        return f"{self.scheme}:{self.product}"


def products(session: Session, span: Span) -> list[ProductLine]:
    """What was chosen, by most people first."""
    values = {name: value for name, value in span.values.items() if name != "product"}
    return [ProductLine(*row) for row in session.execute(_PRODUCTS, values)]


def chosen(span: Span, by: By | None = None, key: str = "") -> Select[Any]:
    """The orders behind a number, of a group where one is named. For `paginate` by `Order.number`.
    `Order` comes with the name and the number of whose it is."""
    group = "" if by is None else f" WHERE {by.value} = :key"
    who = text(f"{_EMPLOYED} SELECT employee_id FROM employed{group}")  # noqa: S608 - a column of ours
    values = {name: span.values[name] for name in ("today", "ages", "sizes")}
    if by is not None:
        values["key"] = key
    people = who.bindparams(**values).columns(column("employee_id", BigInteger)).subquery("people")
    query: Select[Any] = (
        select(Order, Order.number, Employee.number.label("whose"), Employee.name)
        .join(Employee, Employee.id == Order.employee_id)
        .join(people, people.c.employee_id == Order.employee_id)
        .where(Order.month.between(span.first, span.last), Order.state.in_(STANDING))
    )
    if span.product:
        query = query.where(Order.scheme.concat(":").concat(Order.product) == span.product)
    return query


def never_chose(today: date) -> Select[Any]:
    """Who is employed and has no order, whatever became of it, and no standing choice. For
    `paginate` by `Employee.sort_name` and `Employee.id`."""
    who = text(f"{_EMPLOYED} SELECT employee_id, unit FROM employed")  # noqa: S608 - the text above
    values = {name: Span(today, _ANY, _ANY).values[name] for name in ("today", "ages", "sizes")}
    columns = column("employee_id", BigInteger), column("unit", Text)
    employed = who.bindparams(**values).columns(*columns).subquery("people")
    return (
        select(Employee.sort_name, Employee.id, Employee.name, Employee.number, employed.c.unit)
        .join(employed, employed.c.employee_id == Employee.id)
        .where(
            and_(
                ~exists().where(Order.employee_id == Employee.id),
                ~exists().where(Choice.employee_id == Employee.id),
            )
        )
    )


_ANY = Month(2000, 1)


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
    """In force, and the day to look back has passed."""


def deals(session: Session, today: date) -> Deals:
    due = and_(Deal.state == DealState.IN_FORCE, Deal.evaluate_on <= today)
    rows: Sequence[Any] = session.execute(
        select(Deal.state, func.count(), func.count().filter(due)).group_by(Deal.state)
    ).all()
    return Deals({DealState(state): count for state, count, _ in rows}, sum(row[2] for row in rows))
