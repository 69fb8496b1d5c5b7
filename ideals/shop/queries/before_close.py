"""What the close of a month would do as things stand, before anybody starts it.

Worked out in sets and without locks, so it is an expectation: who orders, or decides, before the
close changes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from ideals.budgets.models import Run, Skip
from ideals.budgets.queries import ALLOCATIONS
from ideals.db import driver
from ideals.kernel.month import Month
from ideals.ledger.models import Account
from ideals.people.models import Employee, Employment
from ideals.schemes.rules import Pending, Product, Scheme
from ideals.shop import queries
from ideals.shop.models import Order
from ideals.shop.queries.closing import CLOSED_WITH
from ideals.shop.states import OrderState, Waits


@dataclass(frozen=True, slots=True)
class Expected:
    """The close of one scheme. `left_people` have something left, together `left_minor` cents;
    `leavers` are settled instead. Of the orders that nobody decided, some are released and some
    confirmed, as the scheme says."""

    employees: int = 0
    leavers: int = 0
    left_people: int = 0
    left_minor: int = 0
    released: int = 0
    confirmed: int = 0


def expected(session: Session, month: Month, schemes: Mapping[str, Scheme]) -> dict[str, Expected]:
    """By scheme; two statements, however many people."""
    releasing = [
        code for code, scheme in schemes.items() if scheme.calendar.pending is Pending.RELEASE
    ]
    values = {
        "month": month.number,
        "first": month.first,
        "last": month.last,
        "releasing": releasing,
    }
    people = {row[0]: row[1:] for row in driver(session).execute(_LEFT, values, prepare=False)}
    orders = {row[0]: row[1:] for row in driver(session).execute(_HELD, values, prepare=False)}
    return {
        code: Expected(*people.get(code, (0, 0, 0, 0)), *orders.get(code, (0, 0)))
        for code in schemes
    }


# What a released order gives back is left over as well, and what a confirmed sale brings. What
# later months brought is not this month's to pay out; what they took of it is gone.
_PEOPLE = CLOSED_WITH.format(wanted="employee_id, scheme, leaves_on <= %(last)s AS leaves")
_LEFT = f"""
WITH closed AS ({_PEOPLE}),
later AS (
    SELECT account, sum(minor)::bigint AS minor FROM (
        SELECT to_account AS account, amount_minor AS minor FROM ledger_transfer
         WHERE month > %(month)s AND unit = 'EUR' AND phase IN ('single', 'post')
        UNION ALL
        SELECT from_account, -amount_minor FROM ledger_transfer
         WHERE month > %(month)s AND unit = 'EUR' AND phase IN ('single', 'post')
    ) moved GROUP BY account
),
brought AS (
    SELECT employee_id, sum(price_minor)::bigint AS minor FROM shop_order
     WHERE state = 'held' AND month <= %(month)s AND paid_from = 'budget' AND commitment IS NULL
       AND (kind <> 'sell_leave') = (scheme = ANY(%(releasing)s) OR 'evidence' = ANY(waits_for))
     GROUP BY employee_id
),
purse AS (
    SELECT c.scheme, coalesce(c.leaves, false) AS leaves,
           a.posted_minor - a.held_minor + coalesce(b.minor, 0) AS free,
           coalesce(l.minor, 0) AS later
      FROM closed c
      LEFT JOIN ledger_account a
        ON a.employee_id = c.employee_id AND a.kind = 'budget' AND a.unit = 'EUR'
      LEFT JOIN later l ON l.account = a.id
      LEFT JOIN brought b ON b.employee_id = c.employee_id
)
SELECT scheme, count(*), count(*) FILTER (WHERE leaves),
       count(*) FILTER (WHERE NOT leaves AND least(free, free - later) > 0),
       coalesce(sum(least(free, free - later))
                FILTER (WHERE NOT leaves AND least(free, free - later) > 0), 0)::bigint
  FROM purse GROUP BY scheme
"""  # noqa: S608 - no value is written into it
_HELD = """
SELECT scheme,
       count(*) FILTER (WHERE scheme = ANY(%(releasing)s) OR 'evidence' = ANY(waits_for)),
       count(*) FILTER (WHERE NOT (scheme = ANY(%(releasing)s) OR 'evidence' = ANY(waits_for)))
  FROM shop_order WHERE state = 'held' AND month <= %(month)s
 GROUP BY scheme
"""


# Who leaves -------------------------------------------------------------------------------------


def leavers_wanted(month: Month) -> Select[Any]:
    """(id, number, name, scheme, leaves_on) of who is settled with a month, for `paginate` by
    number: whose last day is in it, and who left before and still has something in an account."""
    latest = (
        select(Employment.employee_id, Employment.scheme, Employment.hired_on, Employment.leaves_on)
        .ext(distinct_on(Employment.employee_id))
        .where(Employment.superseded_at.is_(None), Employment.valid_from <= month.last)
        .order_by(Employment.employee_id, Employment.valid_from.desc())
        .subquery()
    )
    anything = exists().where(
        Account.employee_id == latest.c.employee_id,
        or_(Account.posted_minor != 0, Account.held_minor != 0),
    )
    return (
        select(Employee.id, Employee.number, Employee.name, latest.c.scheme, latest.c.leaves_on)
        .join(latest, latest.c.employee_id == Employee.id)
        .where(
            latest.c.hired_on <= month.last,
            latest.c.leaves_on <= month.last,
            or_(latest.c.leaves_on >= month.first, anything),
        )
    )


# What waits -------------------------------------------------------------------------------------


class Waiting(NamedTuple):
    """An order that nobody decided. `released`: what the close would make of it."""

    order: Order
    whose: str
    name: str
    product: Product | None
    released: bool


def waiting_wanted(month: Month) -> Select[Order, int, str, str]:
    """Orders of a month that nobody decided, and of earlier ones, for `paginate` by number."""
    return (
        select(Order, Order.number, Employee.number.label("whose"), Employee.name)
        .join(Employee, Employee.id == Order.employee_id)
        .where(Order.state == OrderState.HELD, Order.month <= month)
    )


def waiting(
    session: Session, rows: Sequence[Any], schemes: Mapping[str, Scheme], leavers: set[int]
) -> list[Waiting]:
    """One statement for the products."""
    products = queries.products_of(session, [row.Order for row in rows])
    return [
        Waiting(
            row.Order,
            row.whose,
            row.name,
            products.get(row.Order.id),
            _is_released(row.Order, schemes.get(row.Order.scheme), leavers),
        )
        for row in rows
    ]


def _is_released(order: Order, scheme: Scheme | None, leavers: set[int]) -> bool:
    if scheme is None or scheme.calendar.pending is Pending.RELEASE:
        return True
    return Waits.EVIDENCE in order.waits_for or order.employee_id in leavers


# Who was left out -------------------------------------------------------------------------------


class LeftOut(NamedTuple):
    """A run and how many employees it skipped."""

    run_id: int
    scheme: str
    skipped: int


def left_out(session: Session, month: Month) -> list[LeftOut]:
    """By the last allocation of each scheme: they have no budget of this month."""
    last = (
        select(Run.scheme, Run.id)
        .ext(distinct_on(Run.scheme))
        .where(*ALLOCATIONS, Run.month == month)
        .order_by(Run.scheme, Run.id.desc())
        .subquery()
    )
    rows = session.execute(
        select(last.c.id, last.c.scheme, func.count())
        .join(Skip, Skip.run_id == last.c.id)
        .group_by(last.c.id, last.c.scheme)
        .order_by(last.c.scheme)
    )
    return [LeftOut(*row) for row in rows]
