"""What really happened by a price rule: the orders whose steps name it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.pricing.steering import OWN_STEPS

# The steps of one order stand in their order. What a rule did is what came out of its step, less
# what went into it; the last rule takes what bounds and rounding did after it. Months and products
# are asked for first: the index by month bounds what is read.
_HAPPENED = text(
    """
    SELECT month, count(*) AS orders, count(DISTINCT employee_id) AS people,
           coalesce(sum(sign * minutes), 0)::bigint AS minutes,
           coalesce(sum(sign * charges * price), 0)::bigint AS after,
           coalesce(sum(sign * charges * (price - change)), 0)::bigint AS before
      FROM (SELECT o.month, o.employee_id, o.minutes, o.price_minor AS price,
                   CASE WHEN o.kind = 'sell_leave' THEN -1 ELSE 1 END AS sign,
                   CASE WHEN o.commitment ->> 'divided' = 'false'
                        THEN (o.commitment ->> 'months')::integer ELSE 1 END AS charges,
                   round(o.quantity * (
                     CASE WHEN s.is_last THEN o.unit_minor
                          ELSE (o.steps -> s.place ->> 'amount')::bigint END))
                   - round(o.quantity * (o.steps -> (s.place - 1) ->> 'amount')::bigint) AS change
              FROM shop_order o
              CROSS JOIN LATERAL (
                   SELECT min(nth) FILTER (WHERE code = :code)::integer - 1 AS place,
                          max(nth) FILTER (WHERE code <> ALL(:own))
                            = min(nth) FILTER (WHERE code = :code) AS is_last
                     FROM (SELECT e.step ->> 'code' AS code, e.nth
                             FROM jsonb_array_elements(o.steps)
                                  WITH ORDINALITY AS e(step, nth)) each) s
             WHERE o.month BETWEEN :first AND :last AND o.state IN ('held', 'posted')
               AND o.scheme = :scheme AND o.product = ANY(:products)
               AND o.steps @> jsonb_build_array(jsonb_build_object('code', :code))) touched
     GROUP BY month ORDER BY month
    """
)


@dataclass(frozen=True, slots=True)
class Happened:
    """A month of orders into which a rule went; cents with it (`after`) and without (`before`),
    below nothing where employees are paid."""

    month: Month
    orders: int
    people: int
    minutes: int
    before: int
    after: int

    def to_line(self) -> dict[str, Any]:
        """As a line of a result."""
        return {**asdict(self), "month": str(self.month)}


def happened(
    session: Session,
    code: str,
    scheme: str,
    products: Collection[str],
    months: tuple[Month, Month],
) -> list[Happened]:
    """One statement, whatever there is."""
    values = {
        "code": code,
        "scheme": scheme,
        "products": list(products),
        "first": months[0].number,
        "last": months[1].number,
        "own": list(OWN_STEPS),
    }
    return [
        Happened(
            Month.from_number(row.month),
            row.orders,
            row.people,
            row.minutes,
            row.before,
            row.after,
        )
        for row in session.execute(_HAPPENED, values)
    ]
