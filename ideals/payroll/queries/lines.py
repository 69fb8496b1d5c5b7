"""One line, down to what it came from: acts, choices, prices with their steps, decisions, rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals import queries as approvals
from ideals.approvals.models import Approval
from ideals.approvals.queries import Names
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.models import Account, Reversal, Transfer
from ideals.ledger.queries import SourceTold, described, statement
from ideals.ledger.states import AccountKind
from ideals.payroll.models import Item, Line
from ideals.payroll.queries.batches import access_batch, items_of, line_of
from ideals.payroll.queries.claims import Claimed, claimed_of
from ideals.payroll.states import LineKind
from ideals.people.models import Employee
from ideals.pricing.rules import Step
from ideals.schemes.rules import Product
from ideals.shop import queries as shop
from ideals.shop.models import Choice, Order


def claimed_by(session: Session, line: Line) -> list[Claimed]:
    """What the line stands for, found by the rule that made it."""
    return _under(line, items_of(session, line.month), _claimed(session, line))


def _claimed(session: Session, line: Line) -> list[Claimed]:
    return claimed_of(session, line.month, line.employee_id)


def _under(line: Line, items: Sequence[Item], claimed: Sequence[Claimed]) -> list[Claimed]:
    wanted = (line.code, line.unit, line.tax)
    mine = {
        (item.kind, item.item, item.tax)
        for item in items
        if (item.code, item.unit, item.tax) == wanted
    }
    return [one for one in claimed if (one.kind, one.item, one.tax) in mine]


@dataclass(frozen=True, slots=True)
class Behind:
    """An order that a line comes from. `choice`: the standing choice that made it, if one did.

    `product` is as the version of the scheme says that the order was placed under.
    """

    order: Order
    product: Product | None
    steps: Sequence[Step]
    choice: Choice | None
    decisions: Sequence[Approval]
    deciders: Mapping[UUID, Names]


@dataclass(frozen=True, slots=True)
class Act:
    """What one order, charge, run or file did to the line. `told`: what its feature says of it."""

    origin: str
    told: SourceTold | None
    behind: Behind | None
    minor: int
    transfers: Sequence[Transfer]


@dataclass(frozen=True, slots=True)
class LineTold:
    """A line with the person it is of, and everything behind it; the acts add up to the line.

    `accounts`: of each account in the transfers, its kind and whether it is the employee's.
    """

    line: Line
    name: str
    employee: Employee
    acts: Sequence[Act]
    accounts: Mapping[int, tuple[AccountKind, bool]] = field(default_factory=dict)


def access_line(
    session: Session, month: Month, line: int, *, actor: Actor, now: datetime
) -> LineTold:
    """A line with everything behind it; that somebody looked is written down.

    Raises `BatchUnknown`, `LineUnknown`.
    """
    batch = access_batch(session, month, actor=actor)
    found = line_of(session, batch.month, line)
    audit.record(
        session,
        "payroll.line_viewed",
        f"payroll_line:{found.reference}",
        actor=actor,
        now=now,
    )
    return line_told(session, found)


def line_told(session: Session, line: Line) -> LineTold:
    """The same number of statements however much is behind it, and what describers ask."""
    items = items_of(session, line.month)
    claimed = _under(line, items, _claimed(session, line))
    transfers = _transfers(session, line, [one.id for one in claimed if one.id is not None])
    act_of = {one.id: one.origin for one in claimed}
    origins = sorted({one.origin for one in claimed})
    told = described(session, origins)
    behind = _behind(session, origins)
    return LineTold(
        line=line,
        name=min((item.name for item in items if item.code == line.code), default=""),
        employee=session.get_one(Employee, line.employee_id),
        acts=[
            Act(
                origin,
                told.get(origin),
                behind.get(origin),
                sum(one.minor for one in claimed if one.origin == origin),
                [row for row in transfers.values() if act_of[row.id] == origin],
            )
            for origin in origins
        ],
        accounts=_accounts(session, transfers.values()),
    )


def _transfers(session: Session, line: Line, ids: Collection[UUID]) -> dict[UUID, Transfer]:
    """By id, in the order in which they were booked."""
    found = session.scalars(
        select(Transfer)
        .where(Transfer.month == line.month, Transfer.id.in_(ids))
        .order_by(Transfer.recorded_at, Transfer.id)
    )
    return {transfer.id: transfer for transfer in found}


def _accounts(
    session: Session, transfers: Collection[Transfer]
) -> dict[int, tuple[AccountKind, bool]]:
    ids = {id_ for each in transfers for id_ in (each.from_account, each.to_account)}
    rows = session.execute(
        select(Account.id, Account.kind, Account.employee_id).where(Account.id.in_(ids))
    )
    return {id_: (AccountKind(kind), employee is not None) for id_, kind, employee in rows}


def _behind(session: Session, origins: Collection[str]) -> dict[str, Behind]:
    """The orders of these origins; a commitment has the id of the order that began it."""
    sources = {origin: f"order:{origin.split(':')[1]}" for origin in origins if _is_order(origin)}
    orders = shop.orders_by_source(session, set(sources.values()))
    products = shop.products_of(session, orders.values())
    choices = _choices(session, [order.choice_id for order in orders.values() if order.choice_id])
    asked = session.scalars(
        select(Approval).where(Approval.subject.in_(orders)).order_by(Approval.asked_at)
    ).all()
    names = approvals.names_of(session, asked)
    return {
        origin: Behind(
            order=orders[source],
            product=products.get(orders[source].id),
            steps=[Step.of(step) for step in orders[source].steps],
            choice=choices.get(orders[source].choice_id),
            decisions=[approval for approval in asked if approval.subject == source],
            deciders=names,
        )
        for origin, source in sources.items()
        if source in orders
    }


def _is_order(origin: str) -> bool:
    return origin.startswith("order:") or is_charge(origin)


def _choices(session: Session, ids: Collection[UUID]) -> dict[UUID | None, Choice]:
    found = session.scalars(select(Choice).where(Choice.id.in_(ids)))
    return {choice.id: choice for choice in found}


# Taking it back -------------------------------------------------------------------------------

TOGETHER = (LineKind.DEDUCTION, LineKind.HOURS, LineKind.PURCHASE)
"""What was bought comes with what was paid for it, and what was kept back with what it was for."""
_IN_ORDER = (*TOGETHER, LineKind.PAY)
"""A debt must be there again before it can be let go."""


def order_of(origin: str) -> UUID | None:
    """The order that an origin names."""
    kind, _colon, rest = origin.partition(":")
    try:
        return UUID(rest) if kind == "order" else None
    except ValueError:
        return None


def is_charge(origin: str) -> bool:
    return origin.startswith("commitment:")


def rows_to_take_back(session: Session, line: Line, others: Sequence[Claimed]) -> list[UUID]:
    """The transfers to reverse where no order and no charge knows what belongs together, in an
    order in which they can be: `others`, what came with them, less what was taken back before.
    """
    acts = {(one.origin, one.item) for one in others if one.kind in TOGETHER}
    wanted = [
        one
        for one in _claimed(session, line)
        if one in others or (one.kind in TOGETHER and (one.origin, one.item) in acts)
    ]
    wanted.sort(key=lambda one: _IN_ORDER.index(one.kind))
    ids = [one.id for one in wanted if one.id is not None]
    answered = _answered(session, line.month, ids)
    return [id_ for id_ in ids if id_ not in answered]


def _answered(session: Session, month: Month, ids: Collection[UUID]) -> set[UUID]:
    """Those that were reversed, and those that reverse one of the others: they have met."""
    reversed_ = session.scalars(select(Reversal.reversed_id).where(Reversal.reversed_id.in_(ids)))
    reversing = session.scalars(
        select(Transfer.id).where(
            Transfer.month == month, Transfer.id.in_(ids), Transfer.reverses_id.in_(ids)
        )
    )
    return {*reversed_, *reversing}


def goes_back(session: Session, line: Line) -> list[tuple[AccountKind, Unit, int]]:
    """What taking the line back would change on the employee's accounts, in cents or minutes."""
    claimed = [one for one in claimed_by(session, line) if one.id is not None]
    whole = {one.origin for one in claimed if order_of(one.origin) or is_charge(one.origin)}
    others = [one for one in claimed if one.origin not in whole]
    rows = statement(session, line.employee_id, line.month, line.month)
    ids = {row.id for row in rows if row.source in whole and row.reverses_id is None}
    standing = ids - _answered(session, line.month, ids)
    standing.update(rows_to_take_back(session, line, others))
    changes: Counter[tuple[AccountKind, Unit]] = Counter()
    for row in rows:
        if row.id in standing:
            changes[row.kind, row.unit] -= row.amount_minor
    return [(kind, unit, minor) for (kind, unit), minor in sorted(changes.items()) if minor]
