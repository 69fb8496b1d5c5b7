"""Who has not chosen anything for a month, and which reminders are due."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.month import Month
from ideals.ledger.models import LedgerMonth
from ideals.ledger.states import MonthState
from ideals.schemes import queries as schemes
from ideals.schemes.rules import LeftOver
from ideals.shop.rules import reminders as rules


class Due(NamedTuple):
    """A reminder of a scheme's last day to choose for a month, `days` before it.

    A deadline once a year is that of twelve months: they are reminded of the first.
    """

    scheme: str
    month: Month
    last_day: date
    days: int
    left_over: LeftOver


def due(session: Session, today: date) -> list[Due]:
    """The latest that is due for each scheme and last day, over the months that take orders."""
    months = session.scalars(
        select(LedgerMonth.month)
        .where(LedgerMonth.state == MonthState.OPEN)
        .order_by(LedgerMonth.month)
    ).all()
    found: dict[tuple[str, date], Due] = {}
    for code in sorted(schemes.scheme_codes(session)):
        for month in months:
            scheme = schemes.scheme_for(session, code, month)
            if scheme is None or not any(each.is_ordered for each in scheme.products.values()):
                continue
            last = scheme.calendar.deadline.last_day(month)
            days = rules.due(last, today)
            if days is not None:
                each = Due(code, month, last, days, scheme.calendar.left_over)
                found.setdefault((code, last), each)
    return list(found.values())


def undecided(
    session: Session, scheme: str, month: Month, first: int = 0, last: int = 2**63 - 1
) -> list[int]:
    """Employees, with ids from the first through the last, who have this scheme in the month and no
    order for it, made or waiting, and no standing choice that will make one."""
    rows = driver(session).execute(
        _UNDECIDED,
        {
            "scheme": scheme,
            "month": month.number,
            "first_day": month.first,
            "last_day": month.last,
            "first": first,
            "last": last,
        },
        prepare=False,
    )
    return [employee for (employee,) in rows]


_UNDECIDED = """
WITH in_force AS (
    SELECT employee_id, scheme, hired_on, leaves_on,
           lead(valid_from) OVER (PARTITION BY employee_id ORDER BY valid_from) AS next_from
      FROM people_employment
     WHERE superseded_at IS NULL AND valid_from <= %(last_day)s
       AND employee_id BETWEEN %(first)s AND %(last)s
)
SELECT DISTINCT employee_id FROM in_force e
 WHERE scheme = %(scheme)s AND (next_from IS NULL OR next_from > %(first_day)s)
   AND hired_on <= %(last_day)s AND (leaves_on IS NULL OR leaves_on >= %(first_day)s)
   AND NOT EXISTS (SELECT FROM shop_order o
                    WHERE o.employee_id = e.employee_id AND o.month = %(month)s
                      AND o.state IN ('held', 'posted'))
   AND NOT EXISTS (SELECT FROM shop_choice c
                    WHERE c.employee_id = e.employee_id AND c.state = 'active'
                      AND c.from_month <= %(month)s
                      AND (c.until_month IS NULL OR c.until_month >= %(month)s))
 ORDER BY employee_id
"""
