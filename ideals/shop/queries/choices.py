"""Standing choices: an employee's, and who has something to be done in a month."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, text
from sqlalchemy.orm import Session

from ideals.budgets.models import Run
from ideals.db import array, driver
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.ledger.queries import Difference
from ideals.shop.errors import ChoiceUnknown
from ideals.shop.models import Choice
from ideals.shop.states import ChoiceState, Outcome


def choices_of(session: Session, employee_id: int) -> Sequence[Choice]:
    """In the order in which they run; those that have ended come last."""
    return session.scalars(
        select(Choice)
        .where(Choice.employee_id == employee_id)
        .order_by(Choice.state == ChoiceState.ENDED, Choice.position, Choice.created_at, Choice.id)
        .execution_options(populate_existing=True)
    ).all()


def access_choice(session: Session, choice_id: UUID, *, actor: Actor) -> Choice:
    """One's own. Raises `ChoiceUnknown`."""
    found = session.get(Choice, choice_id, populate_existing=True)
    if found is None or found.employee_id != actor.employee_id:
        raise ChoiceUnknown("There is no such standing choice of yours.")
    return found


def _of_month(month: Month) -> ColumnElement[bool]:
    return and_(
        Choice.state == ChoiceState.ACTIVE,
        Choice.from_month <= month,
        or_(Choice.until_month.is_(None), Choice.until_month >= month),
    )


def choices_to_make(
    session: Session, scheme: str, employee_ids: Collection[int], month: Month
) -> dict[int, list[Choice]]:
    """By employee, in their order, what is still to be ordered for the month."""
    rows = session.scalars(
        select(Choice)
        .where(
            Choice.scheme == scheme,
            Choice.employee_id == func.any(list(employee_ids)),
            _of_month(month),
        )
        .order_by(Choice.employee_id, Choice.position, Choice.created_at, Choice.id)
        .execution_options(populate_existing=True)
    )
    found: dict[int, list[Choice]] = {}
    for choice in rows:
        found.setdefault(choice.employee_id, []).append(choice)
    return found


def was_made(choice: Choice, month: Month) -> bool:
    return choice.last_month == month and choice.last_outcome == Outcome.ORDERED


def chooses_for(session: Session, employee_ids: Collection[int], month: Month) -> set[int]:
    """Who of these has a standing choice for the month."""
    query = select(Choice.employee_id).where(
        Choice.employee_id == func.any(list(employee_ids)), _of_month(month)
    )
    return set(session.scalars(query))


def anything_to_do(session: Session, scheme: str, month: Month) -> bool:
    row = driver(session).execute(
        f"SELECT EXISTS ({_TO_DO})",
        {"scheme": scheme, "month": month.number},
    )
    found = row.fetchone()
    return bool(found and found[0])


def population(session: Session, run: Run) -> list[int]:
    """Who is charged, or has a choice that was not made for the month yet."""
    rows = driver(session).execute(
        f"{_TO_DO} ORDER BY employee_id", {"scheme": run.scheme, "month": run.month.number}
    )
    return [employee for (employee,) in rows]


_TO_DO = """
SELECT employee_id FROM shop_choice
 WHERE scheme = %(scheme)s AND state = 'active' AND from_month <= %(month)s
   AND (until_month IS NULL OR until_month >= %(month)s)
   AND (last_month, last_outcome) IS DISTINCT FROM (%(month)s, 'ordered')
UNION
SELECT employee_id FROM shop_commitment c
 WHERE scheme = %(scheme)s AND first_month <= %(month)s AND last_month >= %(month)s
   AND NOT EXISTS (SELECT FROM shop_charge
                    WHERE commitment_id = c.id AND month = %(month)s AND NOT rest)
"""


def available(session: Session, employee_id: int, kind: str) -> int:
    """What an account of the employee holds just now that is not set aside; cents."""
    row = (
        driver(session)
        .execute(
            "SELECT posted_minor - held_minor FROM ledger_account"
            " WHERE employee_id = %s AND kind = %s AND unit = 'EUR'",
            (employee_id, kind),
        )
        .fetchone()
    )
    return int(row[0]) if row else 0


def allocated(session: Session, employee_ids: Collection[int], month: Month) -> dict[int, int]:
    """The rights of the month in euros, by employee: what percentages are of."""
    rows = driver(session).execute(
        _ALLOCATED, {"ids": array(employee_ids), "month": month.number}, prepare=False
    )
    return dict(rows.fetchall())


_ALLOCATED = """
SELECT a.employee_id, sum(moved.amount)::bigint
  FROM ledger_account a
 CROSS JOIN LATERAL (
    SELECT amount_minor AS amount FROM ledger_transfer
     WHERE month >= %(month)s AND for_month = %(month)s AND to_account = a.id
       AND reason = 'allocation'
    UNION ALL
    SELECT -amount_minor FROM ledger_transfer
     WHERE month >= %(month)s AND for_month = %(month)s AND from_account = a.id
       AND reason = 'allocation'
    OFFSET 0
 ) moved
 WHERE a.employee_id = ANY(%(ids)s::bigint[]) AND a.kind = 'budget' AND a.unit = 'EUR'
 GROUP BY a.employee_id
"""


def prove_choices(session: Session) -> Iterable[Difference]:
    """What a choice says it ordered is there, of that choice and month; and every order that a
    choice made is of the employee and product of that choice."""
    for check in _CHECKS:
        for what, expected, found in session.execute(text(check)):
            yield Difference(what, expected, found)


_CHECKS = (
    """
    SELECT format('choice %s', c.id), format('its order of %s', c.last_month),
           CASE WHEN o.id IS NULL THEN 'no order'
                ELSE format('order %s of %s', o.number, o.month) END
      FROM shop_choice c LEFT JOIN shop_order o ON o.id = c.last_order_id
     WHERE c.last_outcome = 'ordered'
       AND (o.choice_id, o.month) IS DISTINCT FROM (c.id, c.last_month)
     ORDER BY c.id
    """,
    """
    SELECT format('order %s', o.number), 'a choice of this employee and product',
           CASE WHEN c.id IS NULL THEN 'no choice'
                ELSE format('choice %s of %s', c.id, c.product) END
      FROM shop_order o LEFT JOIN shop_choice c ON c.id = o.choice_id
     WHERE o.choice_id IS NOT NULL
       AND (c.employee_id, c.product) IS DISTINCT FROM (o.employee_id, o.product)
     ORDER BY o.number
    """,
)
