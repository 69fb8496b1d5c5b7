"""Who chose what, in groups, and the people and orders behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    Subquery,
    Text,
    column,
    exists,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session

from ideals.insight.desk.rules import AGES, SIZES, By, Group
from ideals.kernel.month import Month
from ideals.people.models import Employee
from ideals.shop.models import Choice, Order
from ideals.shop.states import STANDING, ChoiceState, OrderState

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

# By person first: to count people apart from each other, all their orders would have to be sorted.
_PRODUCTS = text(
    f"""{_EMPLOYED}, of_person AS (
    SELECT scheme, product, employee_id, sum({_COST}) AS minor, bool_or(kind = 'sell_leave') AS sold
      FROM shop_order JOIN employed USING (employee_id)
     WHERE month BETWEEN :first AND :last AND state IN ('held', 'posted')
     GROUP BY scheme, product, employee_id
)
SELECT scheme, product, count(*) AS chose, sum(minor)::bigint AS minor, bool_or(sold) AS sold
  FROM of_person
 GROUP BY scheme, product
 ORDER BY chose DESC, scheme, product
"""  # noqa: S608 - of the texts above alone
)


_BOUNDS = {"ages": [Decimal(age) for age in AGES], "sizes": list(SIZES)}


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
            **_BOUNDS,
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
    sold: bool
    """Leave that people gave up: its amount is not in those of the groups."""

    @property
    def key(self) -> str:
        return f"{self.scheme}:{self.product}"


def products(session: Session, span: Span) -> list[ProductLine]:
    """What was chosen, by most people first."""
    values = {name: value for name, value in span.values.items() if name != "product"}
    return [ProductLine(*row) for row in session.execute(_PRODUCTS, values)]


def chosen(span: Span, by: By | None = None, key: str = "") -> Select[Order, int, str, str]:
    """The orders behind a number, of a group where one is named. For `paginate` by `Order.number`.
    `Order` comes with the name and the number of whose it is."""
    people = _employed(span.today, by, key)
    query = _orders().join(people, people.c.employee_id == Order.employee_id)
    query = query.where(Order.month.between(span.first, span.last), Order.state.in_(STANDING))
    if span.product:
        query = query.where(Order.scheme.concat(":").concat(Order.product) == span.product)
    return query


def orders_of(month: Month, state: OrderState) -> Select[Order, int, str, str]:
    """Everybody's, for `paginate` by `Order.number`."""
    return _orders().where(Order.month == month, Order.state == state)


def _orders() -> Select[Order, int, str, str]:
    return select(Order, Order.number, Employee.number.label("whose"), Employee.name).join(
        Employee, Employee.id == Order.employee_id
    )


# People ---------------------------------------------------------------------------------------

BY_NAME = (Employee.sort_name, Employee.id)
"""For `paginate`."""


def members(today: date, by: By, key: str) -> Select[Any]:
    """Who is employed and in a group."""
    return _people(_employed(today, by, key))


def never_chose(today: date) -> Select[Any]:
    """Who is employed and has no order, whatever became of it, and no standing choice."""
    return _people(_employed(today)).where(
        ~exists().where(Order.employee_id == Employee.id),
        ~exists().where(Choice.employee_id == Employee.id),
    )


def undecided(month: Month) -> Select[Any]:
    """Who is employed in the month and has no order for it, made or waiting, and no standing choice
    that will make one. How many: `shop.queries.months.undecided`."""
    ends = or_(Choice.until_month.is_(None), Choice.until_month >= month)
    values = {"first": month.first, "last": month.last}
    who = text(_IN_MONTH).bindparams(**values).columns(*_WITH_UNIT).subquery("employed")
    return _people(who).where(
        ~exists().where(
            Order.employee_id == Employee.id, Order.month == month, Order.state.in_(STANDING)
        ),
        ~exists().where(
            Choice.employee_id == Employee.id,
            Choice.state == ChoiceState.ACTIVE,
            Choice.from_month <= month,
            ends,
        ),
    )


# Everybody with a day of employment in the month, with where they were last.
_IN_MONTH = """
SELECT DISTINCT ON (e.employee_id) e.employee_id, u.path AS unit
  FROM people_employment e JOIN people_unit u ON u.id = e.unit_id
 WHERE e.superseded_at IS NULL AND e.valid_from <= :last AND e.hired_on <= :last
   AND (e.leaves_on IS NULL OR e.leaves_on >= :first)
   AND NOT EXISTS (
       SELECT FROM people_employment later
        WHERE later.employee_id = e.employee_id AND later.superseded_at IS NULL
          AND later.valid_from > e.valid_from AND later.valid_from <= :first)
 ORDER BY e.employee_id, e.valid_from DESC
"""
_WITH_UNIT = column("employee_id", BigInteger), column("unit", Text)


def _people(employed: Subquery) -> Select[Any]:
    query: Select[Any] = select(
        Employee.sort_name, Employee.id, Employee.name, Employee.number, employed.c.unit
    )
    return query.join(employed, employed.c.employee_id == Employee.id)


def _employed(today: date, by: By | None = None, key: str = "") -> Subquery:
    group = "" if by is None else f" WHERE {by.value} = :key"
    who = text(f"{_EMPLOYED} SELECT employee_id, unit FROM employed{group}")  # noqa: S608 - a column of ours
    values: dict[str, Any] = {"today": today, **_BOUNDS}
    if by is not None:
        values["key"] = key
    return who.bindparams(**values).columns(*_WITH_UNIT).subquery("employed")
