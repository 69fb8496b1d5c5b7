"""The orders of a span of employees, as plain rows that stream."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.month import Month

AT_A_TIME = 2_000
"""Rows in memory."""


class Ordered(NamedTuple):
    """An order with the price of one unit before rules: `exact` euros, empty where nothing tells.

    `first`: the code of the first step. `price` in cents with all its charges, of which there are
    `charges`; `sold`: the employee got it. `day`: when it was ordered, where the organisation is.
    """

    employee_id: int
    month: int
    product: str
    version: int
    sold: bool
    leave: bool
    free: bool
    quantity: Decimal
    price: int
    minutes: int
    charges: int
    day: date
    first: str
    exact: Decimal | None


# The steps are read in the database: they are long, and one number of them is wanted. A formula's
# own value is exact, the amount beside it in whole cents.
ORDERS = """
SELECT employee_id, month, product, scheme_version, kind = 'sell_leave',
       kind IN ('leave', 'sell_leave'), tax = 'free_space', quantity, price_minor, minutes,
       CASE WHEN commitment ->> 'divided' = 'false'
            THEN (commitment ->> 'months')::integer ELSE 1 END,
       (ordered_at AT TIME ZONE %(zone)s)::date,
       steps -> 0 ->> 'code',
       CASE steps -> 0 ->> 'code'
            WHEN 'amount' THEN 1
            WHEN 'list_price' THEN coalesce((steps #>> '{0,parts,-1,2,number}')::numeric,
                                            (steps #>> '{0,amount}')::numeric / 100) END
  FROM shop_order
 WHERE employee_id > %(after)s AND employee_id <= %(through)s AND scheme = %(scheme)s
   AND month BETWEEN %(first)s AND %(last)s AND state IN ('held', 'posted')
 ORDER BY employee_id
"""


def orders_between(
    session: Session,
    employees: tuple[int, int],
    scheme: str,
    months: tuple[Month, Month],
    zone: str,
) -> Iterator[Ordered]:
    """What was bought and waits for nothing but a decision, by employee."""
    values = {
        "after": employees[0],
        "through": employees[1],
        "scheme": scheme,
        "first": months[0].number,
        "last": months[1].number,
        "zone": zone,
    }
    with driver(session).cursor(name="orders") as cursor:
        cursor.itersize = AT_A_TIME
        cursor.execute(ORDERS, values)
        yield from map(Ordered._make, cursor)
