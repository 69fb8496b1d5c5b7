"""Loads what is known of many employees at once, as the tuples that the rules compute with.

A file of its own: it is the reading half of the hot path, one statement for a whole chunk, and its
cost follows the months asked for, not the length of anybody's history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy.orm import Session

from ideals.db import array, driver
from ideals.kernel.month import Month
from ideals.people.rules.overlays import Overlay, pieces
from ideals.schemes.rules.person import Person, Stretch
from ideals.schemes.rules.scheme import Scheme, Window

_ONE_DAY = timedelta(days=1)
_NO_PAY: dict[tuple[int, str], int] = {}

# The row in force when the window opens, found by one step down the index, and those that begin
# inside it. Columns as in `Stretch`, without `until`, which is the day before the next row's.
_STRETCHES = """
SELECT asked.id, e.valid_from, e.hired_on, e.leaves_on, e.scheme, e.full_time_salary_minor,
       e.part_time_factor, e.weekly_hours, e.scale, {unit}, NULLIF(e.allowances, '{{}}'),
       e.birth_date, e.sick_from, e.unpaid_from, e.unpaid_until,
       (SELECT json_agg(json_build_array(from_day, through_day, weekly_hours::text,
                                         part_time_factor::text) ORDER BY id)
          FROM people_hours_overlay
         WHERE employee_id = asked.id AND from_day <= %(last)s
           AND (through_day IS NULL OR through_day >= %(first)s) AND {known}),
       (SELECT json_agg(json_build_array(from_day, through_day) ORDER BY id)
          FROM people_agreed_leave
         WHERE employee_id = asked.id AND from_day <= %(last)s AND through_day >= %(first)s
           AND unpaid AND {known})
  FROM unnest(%(ids)s::bigint[]) AS asked (id)
 CROSS JOIN LATERAL (
    (SELECT * FROM people_employment
      WHERE employee_id = asked.id AND valid_from <= %(first)s AND {known}
      ORDER BY valid_from DESC LIMIT 1)
    UNION ALL
    SELECT * FROM people_employment
     WHERE employee_id = asked.id AND valid_from > %(first)s AND valid_from <= %(last)s AND {known}
 ) e
 ORDER BY asked.id, e.valid_from
"""
_KNOWN_NOW = "superseded_at IS NULL"
_KNOWN_THEN = (
    "recorded_at <= %(known_at)s AND (superseded_at IS NULL OR superseded_at > %(known_at)s)"
)
_PAY = """
SELECT employee_id, month, code, amount_minor FROM people_pay_element
 WHERE employee_id = ANY(%(ids)s) AND month BETWEEN %(first_month)s AND %(last_month)s AND {known}
"""


def window_of(plan: Iterable[tuple[Month, Scheme]]) -> Window:
    """The days and pay months that these months under these schemes need together."""
    windows = [scheme.window(month) for month, scheme in plan]
    return Window(
        min(window.first_day for window in windows),
        max(window.last_day for window in windows),
        min(window.first_pay_month for window in windows),
    )


def facts_for(
    session: Session,
    employee_ids: Collection[int],
    plan: Sequence[tuple[Month, Scheme]],
    *,
    known_at: datetime | None = None,
) -> list[Person]:
    """Every employee asked for, in order of id, with what the (month, scheme) pairs need.

    `known_at` gives what was known then; `None` what is known now. An employee without a row in
    the window has no stretches.
    """
    if not plan:
        return []
    schemes = [scheme for _, scheme in plan]
    last_month = max(month for month, _ in plan)
    return _persons(session, employee_ids, schemes, window_of(plan), last_month, known_at)


def facts_to_sell(
    session: Session,
    employee_ids: Collection[int],
    scheme: Scheme,
    month: Month,
    *,
    known_at: datetime | None = None,
) -> list[Person]:
    """The same, with what the products of a scheme need to be sold into a month on any day."""
    window = scheme.offer_window(month)
    return _persons(session, employee_ids, [scheme], window, month, known_at)


def _persons(
    session: Session,
    employee_ids: Collection[int],
    schemes: Sequence[Scheme],
    window: Window,
    last_month: Month,
    known_at: datetime | None,
) -> list[Person]:
    ids = sorted(employee_ids)
    values: dict[str, Any] = {
        "ids": array(ids),
        "first": window.first_day,
        "last": window.last_day,
        "known_at": known_at,
        "first_month": window.first_pay_month.number,
        "last_month": last_month.number,
    }
    known = _KNOWN_NOW if known_at is None else _KNOWN_THEN
    stretches = _stretches(session, values, known, with_unit=_read_any(schemes, "unit"))
    pay = _pay(session, values, known) if _read_any(schemes, "pay.", "salary") else {}
    return [
        Person(employee, stretches.get(employee, ()), pay.get(employee, _NO_PAY))
        for employee in ids
    ]


def _read_any(schemes: Iterable[Scheme], *names: str) -> bool:
    return any(reader.startswith(names) for scheme in schemes for reader in scheme.readers)


def _stretches(
    session: Session, values: dict[str, Any], known: str, *, with_unit: bool
) -> dict[int, tuple[Stretch, ...]]:
    unit = "(SELECT path FROM people_unit WHERE id = e.unit_id)" if with_unit else "''"
    statement = _STRETCHES.format(unit=unit, known=known)
    rows = driver(session).execute(statement, values, prepare=False).fetchall()
    return {
        employee: _until_next(list(group)) for employee, group in groupby(rows, key=itemgetter(0))
    }


def _until_next(rows: list[tuple[Any, ...]]) -> tuple[Stretch, ...]:
    """One employee's rows, each ending the day before the next, with the hours that were agreed."""
    ends = [row[1] - _ONE_DAY for row in rows[1:]]
    stretches = tuple(
        Stretch._make((row[1], until, *row[2:10], row[10] or {}, *row[11:15]))
        for row, until in zip(rows, [*ends, date.max], strict=True)
    )
    agreed, unpaid = rows[0][15:17]
    if agreed:
        stretches = _laid_over(stretches, [_overlay(*each) for each in agreed])
    for first, through in unpaid or ():
        days = date.fromisoformat(first), date.fromisoformat(through)
        stretches = tuple(piece for each in stretches for piece in _without_pay(each, *days))
    return stretches


def _overlay(first: str, through: str | None, weekly_hours: str, factor: str) -> Overlay:
    until = None if through is None else date.fromisoformat(through)
    return Overlay(date.fromisoformat(first), until, Decimal(weekly_hours), Decimal(factor))


def _laid_over(stretches: Iterable[Stretch], overlays: Sequence[Overlay]) -> tuple[Stretch, ...]:
    """With the hours that were agreed, cut where they begin and end."""
    made = []
    for stretch in stretches:
        for first, last, overlay in pieces(stretch.valid_from, stretch.until, overlays):
            piece = stretch._replace(valid_from=first, until=last)
            if overlay is not None:
                piece = piece._replace(
                    part_time_factor=overlay.part_time_factor, weekly_hours=overlay.weekly_hours
                )
            made.append(piece)
    return tuple(made)


def _without_pay(stretch: Stretch, first: date, through: date) -> Iterator[Stretch]:
    """Cut around days that were agreed to be unpaid; what is known of the others stays."""
    begin, end = max(first, stretch.valid_from), min(through, stretch.until)
    if begin > end:
        yield stretch
        return
    if stretch.valid_from < begin:
        yield stretch._replace(until=begin - _ONE_DAY)
    yield stretch._replace(valid_from=begin, until=end, unpaid_from=begin, unpaid_until=end)
    if end < stretch.until:
        yield stretch._replace(valid_from=end + _ONE_DAY)


def _pay(
    session: Session, values: dict[str, Any], known: str
) -> dict[int, dict[tuple[int, str], int]]:
    pay: dict[int, dict[tuple[int, str], int]] = {}
    rows = driver(session).execute(_PAY.format(known=known), values, prepare=False)
    for employee, month, code, minor in rows:
        pay.setdefault(employee, {})[month, code] = minor
    return pay
