"""How an order ends, or stops waiting: agreed, refused, released, cancelled, reversed.

Every way takes the locks in the same order and goes through `states.MOVES`, so of two who act at
once one wins and the other is told what the order is now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ideals import audit
from ideals.approvals import commands as approvals
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.errors import InsufficientBalance, MonthSealed
from ideals.ledger.states import AccountKind, MonthState
from ideals.schemes.rules import Cancellation, ProductKind
from ideals.shop import queries, rules
from ideals.shop.commands import asking, commitments
from ideals.shop.commands.orders import name_transfers, transfer_of
from ideals.shop.errors import MinutesUsed, NotCancellable
from ideals.shop.models import Order
from ideals.shop.states import Action, OrderState, after


@dataclass(frozen=True, slots=True)
class CancelOrder:
    order_id: UUID
    reason: str = ""


def cancel_order(
    session: Session, cmd: CancelOrder, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> Order:
    """Take an order back as its product allows: all of it, euros and minutes together.

    Cancelling a cancelled order changes nothing. Raises `NotCancellable`, `MinutesUsed`,
    `MoveNotAllowed`, `OrderUnknown`.
    """
    order, month = _locked(session, cmd.order_id, actor=actor, now=now)
    if order.state == OrderState.CANCELLED:
        return order
    state = after(OrderState(order.state), Action.CANCEL)
    rules.check_cancellable(
        Cancellation(order.cancellation),
        order.month,
        order.last_day,
        month_open=ledger_queries.month_state(session, order.month) is MonthState.OPEN,
        today=now.astimezone(zone).date(),
    )
    _take_back(session, order, month, f"{order.source}:cancelled", actor=actor, now=now)
    return _end(session, order, state, cmd.reason, actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class ReverseOrder:
    """`source`: what the reversing transfers name as their cause; `None`: that it was cancelled."""

    order_id: UUID
    reason: str
    source: str | None = None


def reverse_order(session: Session, cmd: ReverseOrder, *, actor: Actor, now: datetime) -> Order:
    """Take an order back past its product's rule: payroll refused it, or HR corrects.

    Booked in the open month, for the month it belongs to. Again: changes nothing. Raises
    `MinutesUsed`, `NotCancellable`, `MoveNotAllowed`, `OrderUnknown`.
    """
    order, month = _locked(session, cmd.order_id, actor=actor, now=now)
    if order.state == OrderState.CANCELLED:
        return order
    state = after(OrderState(order.state), Action.REVERSE)
    source = cmd.source or f"{order.source}:cancelled"
    _take_back(session, order, month, source, actor=actor, now=now)
    _end(session, order, state, cmd.reason, actor=actor, now=now)
    asking.tell(session, order, "reversed", actor=actor, now=now)
    return order


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    order_id: UUID
    reason: str


def release_order(session: Session, cmd: ReleaseOrder, *, actor: Actor, now: datetime) -> Order:
    """Nobody decided in time: what was set aside is free again. Again: changes nothing.

    Raises `MoveNotAllowed` when it was decided meanwhile, `OrderUnknown`.
    """
    order, month = _locked(session, cmd.order_id, expired=True, actor=actor, now=now)
    if order.state == OrderState.RELEASED:
        return order
    state = after(OrderState(order.state), Action.RELEASE)
    _free(session, order, month, actor=actor, now=now)
    _end(session, order, state, cmd.reason, actor=actor, now=now)
    asking.tell(session, order, "released", actor=actor, now=now)
    return order


@dataclass(frozen=True, slots=True)
class ConfirmOrder:
    order_id: UUID
    reason: str


def confirm_order(session: Session, cmd: ConfirmOrder, *, actor: Actor, now: datetime) -> Order:
    """Nobody decided in time, and the scheme says that this is a yes. Again: changes nothing.

    Raises `MoveNotAllowed` when it ended meanwhile, `OrderUnknown`.
    """
    order, month = _locked(session, cmd.order_id, expired=True, actor=actor, now=now)
    if order.state == OrderState.POSTED:
        return order
    take_effect(session, order, month, actor=actor, now=now)
    order.reason = cmd.reason
    return order


def take_effect(
    session: Session, order: Order, month: Month, *, actor: Actor, now: datetime
) -> None:
    """Everything it waited for is there: move what was set aside, and what comes in return."""
    held = OrderState(order.state)
    order.state = after(held, Action.APPROVE)
    order.waits_for = []
    _decided(order, actor=actor, now=now)
    if order.commitment is not None:
        commitments.begin(session, order, actor=actor, now=now)
    else:
        _post(session, order, month, actor=actor, now=now)
    audit.record(session, "shop.order_posted", order.source, actor=actor, now=now)
    asking.tell(session, order, "posted", actor=actor, now=now)


def _post(session: Session, order: Order, month: Month, *, actor: Actor, now: datetime) -> None:
    moves = rules.movement_of(ProductKind(order.kind), AccountKind(order.paid_from))
    till = ledger.lock_till(
        session, order.employee_id, month, moves.own_kinds, moves.employer_kinds
    )
    name_transfers(order, month)
    gives_money = moves.gives is moves.money
    posted = order.money_transfer if gives_money else order.minutes_transfer
    assert posted is not None and order.hold_transfer is not None  # noqa: S101  it was held
    cmd = ledger.PostHold(posted, order.hold_transfer, month)
    ledger.post_hold(session, cmd, actor=actor, now=now)
    gets = moves.minutes if gives_money else moves.money
    transfer = gets and transfer_of(order, gets, till)
    if transfer:
        ledger.post_new(session, till, [transfer], actor=actor, now=now)


def refuse(
    session: Session, order: Order, month: Month, reason: str, *, actor: Actor, now: datetime
) -> None:
    state = after(OrderState(order.state), Action.REFUSE)
    approvals.withdraw(session, approvals.Withdraw(order.source), actor=actor, now=now)
    _free(session, order, month, actor=actor, now=now)
    _end(session, order, state, reason, actor=actor, now=now)
    asking.tell(session, order, "refused", actor=actor, now=now)


# What all of them share ---------------------------------------------------------------------


def lock_booking_month(session: Session, month: Month) -> Month:
    """The month that takes what belongs to this one, kept from its seal."""
    while True:
        booked = ledger_queries.booking_month(session, month)
        try:
            ledger.lock_month(session, booked)
        except MonthSealed:
            continue  # sealed while we waited: the next one takes it
        return booked


def _locked(
    session: Session, order_id: UUID, *, expired: bool = False, actor: Actor, now: datetime
) -> tuple[Order, Month]:
    """Month, approvals, order; open approvals end, for whatever follows makes them pointless.

    When what follows is refused, that is undone with it.
    """
    seen = queries.order_of(session, order_id)
    month = lock_booking_month(session, seen.month)
    if seen.approval_id or seen.check_id:
        if expired:
            approvals.expire(session, approvals.Expire(seen.source), actor=actor, now=now)
        else:
            approvals.withdraw(session, approvals.Withdraw(seen.source), actor=actor, now=now)
    return queries.lock_order(session, order_id), month


def _take_back(
    session: Session, order: Order, month: Month, source: str, *, actor: Actor, now: datetime
) -> None:
    if order.state == OrderState.HELD:
        _free(session, order, month, actor=actor, now=now)
        return
    if order.commitment is not None:
        commitments.undo(session, order, month, source, actor=actor, now=now)
        return
    moves = rules.movement_of(ProductKind(order.kind), AccountKind(order.paid_from))
    ledger.lock_till(session, order.employee_id, month, moves.own_kinds, moves.employer_kinds)
    if order.kind == ProductKind.LEAVE and queries.minutes_left(session, order) < order.minutes:
        raise _gone(order, AccountKind.LEAVE)
    for transfer_id in filter(None, (order.minutes_transfer, order.money_transfer)):
        cmd = ledger.ReverseTransfer(new_transfer_id(month), transfer_id, month, source)
        try:
            ledger.reverse_transfer(session, cmd, actor=actor, now=now)
        except InsufficientBalance as short:
            raise _gone(order, str(short.data.get("account"))) from None


def _gone(order: Order, account: str) -> MinutesUsed | NotCancellable:
    if account == AccountKind.LEAVE:
        return MinutesUsed("This leave was taken or sold already.", minutes=order.minutes)
    return NotCancellable("What it brought is spent already.", why="spent", account=account)


def _free(session: Session, order: Order, month: Month, *, actor: Actor, now: datetime) -> None:
    """What was set aside can be used again."""
    if order.hold_transfer is not None:
        cmd = ledger.VoidHold(new_transfer_id(month), order.hold_transfer, month)
        ledger.void_hold(session, cmd, actor=actor, now=now)


def _end(
    session: Session, order: Order, state: OrderState, reason: str, *, actor: Actor, now: datetime
) -> Order:
    order.state = state
    order.waits_for = []
    order.reason = reason or None
    _decided(order, actor=actor, now=now)
    audit.record(session, f"shop.order_{state}", order.source, actor=actor, now=now)
    return order


def _decided(order: Order, *, actor: Actor, now: datetime) -> None:
    order.decided_at = now
    order.decided_by = actor.name
    order.decided_by_user_id = actor.user_id
