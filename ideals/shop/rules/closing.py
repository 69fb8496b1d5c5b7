"""The end of a month: what is left over, and what somebody gets or pays who leaves.

Everything is worked out as moves between named accounts; who books them finds the accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.states import AccountKind, Reason
from ideals.schemes.rules import Debt, LeftOver, Scheme, UnusedBought, last_day, price_of

LEFT_OVER, REST, DEBT = "left_over", "rest", "debt"
"""What the rows of a close are called where no product gives them its name."""
PAID_OUT = (AccountKind.BUDGET, AccountKind.SAVINGS, AccountKind.DEVELOPMENT)
"""The accounts of money, in the order in which they pay a debt."""
DECEMBER = 12


class Side(NamedTuple):
    """The employee's account of a kind, or the employer's."""

    kind: AccountKind
    own: bool


class Move(NamedTuple):
    source: Side
    target: Side
    unit: Unit
    minor: int
    reason: Reason
    code: str

    @property
    def gain(self) -> int:
        """What it brings to the employee's accounts; negative when it takes."""
        return self.minor * (self.target.own - self.source.own)


def own(kind: AccountKind) -> Side:
    return Side(kind, True)


def employers(kind: AccountKind) -> Side:
    return Side(kind, False)


def euros(source: Side, target: Side, minor: int, reason: Reason, code: str) -> Move:
    return Move(source, target, Unit.EUR, minor, reason, code)


def minutes_of_leave(source: Side, target: Side, minor: int, reason: Reason, code: str) -> Move:
    return Move(source, target, Unit.MIN, minor, reason, code)


BUDGET, LEAVE, OWED = own(AccountKind.BUDGET), own(AccountKind.LEAVE), own(AccountKind.OWED)
PAY = employers(AccountKind.PAY_OUT)
LEAVE_OF_EMPLOYER = employers(AccountKind.LEAVE)


# When ------------------------------------------------------------------------------------------


def closes_after(scheme: Scheme, month: Month) -> date:
    """The last day on which anything of the scheme can be ordered for the month."""
    days = [last_day(scheme, each, month) for each in scheme.products.values() if each.is_ordered]
    return max([scheme.calendar.deadline.last_day(month), *days])


# What is left over ----------------------------------------------------------------------------


def left_over(available_minor: int, moved_later_minor: int) -> int:
    """What of a budget is left of the month, and still there.

    `moved_later_minor`: what later months brought, or took when negative. Their budgets are not
    this month's to pay out; what they spent of it is gone.
    """
    return max(0, min(available_minor, available_minor - moved_later_minor))


def pays_out(rule: LeftOver, month: Month) -> bool:
    return rule is LeftOver.PAY_EACH_MONTH or (
        rule is LeftOver.KEEP_UNTIL_DECEMBER and month.month == DECEMBER
    )


def paid(minor: int) -> Move:
    return euros(BUDGET, PAY, minor, Reason.LEFT_OVER, LEFT_OVER)


@dataclass(frozen=True, slots=True)
class Hour:
    """What leave costs somebody: a unit in cents and minutes, and the step it is bought in."""

    unit_minor: int
    unit_minutes: int
    step: Decimal

    def units_in(self, minutes: int) -> Decimal:
        """So many minutes in the product's unit: not rounded."""
        return Decimal(minutes) / self.unit_minutes

    def value_of(self, minutes: int) -> int:
        return price_of(self.unit_minor, self.units_in(minutes))


def saved(minor: int, hour: Hour, room_minutes: int) -> list[Move]:
    """As much leave, in whole steps, as it pays for and there is room for; the rest is paid."""
    step_minutes = int(hour.step * hour.unit_minutes)
    steps = max(0, room_minutes) // step_minutes if step_minutes else 0
    if hour.unit_minor:
        steps = min(steps, int(minor / (hour.unit_minor * hour.step)) + 1)
    while steps and hour.value_of(steps * step_minutes) > minor:
        steps -= 1
    moves: list[Move] = []
    cost = hour.value_of(steps * step_minutes)
    if steps:
        moves += _leave_for_money(cost, steps * step_minutes)
    if minor > cost:
        moves.append(paid(minor - cost))
    return moves


def _leave_for_money(cost: int, minutes: int) -> Iterator[Move]:
    if cost:
        seller = employers(AccountKind.PURCHASE)
        yield euros(BUDGET, seller, cost, Reason.LEFT_OVER, LEFT_OVER)
    yield minutes_of_leave(LEAVE_OF_EMPLOYER, LEAVE, minutes, Reason.LEFT_OVER, LEFT_OVER)


# Leaving --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bought:
    """Leave that was bought: by `code`, so many minutes for so much."""

    code: str
    minutes: int
    paid_minor: int


@dataclass(frozen=True, slots=True)
class UnusedLeave:
    """What of the leave account was not taken.

    `bought`: the newest first. `unused_bought`: minutes of them that are left. `granted`: minutes
    to be paid. `hour`: today's price; `None` when the scheme sells no leave, and so has none.
    """

    bought: Sequence[Bought] = ()
    unused_bought: int = 0
    granted: int = 0
    hour: Hour | None = None
    code: str = "leave"


@dataclass(frozen=True, slots=True)
class Leaver:
    """What somebody has on the last day. `debt_minor` and `debt_minutes` are above zero."""

    money: dict[AccountKind, int]
    debt_minor: int = 0
    debt_minutes: int = 0
    leave: UnusedLeave = UnusedLeave()
    died: bool = False


def settled(leaver: Leaver, unused_bought: UnusedBought, debt: Debt) -> list[Move]:
    """All of it, in order: leave becomes money, debts are paid, what is left is paid out."""
    moves = [*_leave_back(leaver.leave, unused_bought), *_granted_paid(leaver.leave)]
    money = dict(leaver.money)
    money[AccountKind.BUDGET] = money.get(AccountKind.BUDGET, 0) + sum(
        move.gain for move in moves if move.unit is Unit.EUR
    )
    owed_leave = list(_leave_owed(leaver))
    moves += owed_leave
    owed = leaver.debt_minor + sum(move.minor for move in owed_leave if move.unit is Unit.EUR)
    if leaver.died and debt is Debt.WAIVE_ON_DEATH:
        moves += _waived(owed)
    else:
        moves += _debt_paid(owed, money)
    return moves + [_paid_out(kind, money[kind]) for kind in PAID_OUT if money.get(kind)]


def _leave_back(leave: UnusedLeave, rule: UnusedBought) -> Iterator[Move]:
    """Bought hours go back, for the price paid for the last ones bought, or for today's value."""
    left = leave.unused_bought
    for lot in leave.bought:
        minutes = min(left, lot.minutes)
        if not minutes:
            continue
        left -= minutes
        if rule is UnusedBought.AT_PRICE_PAID:
            value = price_of(lot.paid_minor, Decimal(minutes) / lot.minutes)
            yield from _leave_for(lot.code, minutes, AccountKind.PURCHASE, value)
        elif leave.hour is not None:
            value = leave.hour.value_of(minutes)
            yield from _leave_for(lot.code, minutes, AccountKind.BUDGET, value)


def _granted_paid(leave: UnusedLeave) -> Iterator[Move]:
    if leave.granted and leave.hour is not None:
        value = leave.hour.value_of(leave.granted)
        yield from _leave_for(leave.code, leave.granted, AccountKind.BUDGET, value)


def _leave_for(code: str, minutes: int, payer: AccountKind, value: int) -> Iterator[Move]:
    yield minutes_of_leave(LEAVE, LEAVE_OF_EMPLOYER, minutes, Reason.SETTLEMENT, code)
    if value:
        yield euros(employers(payer), BUDGET, value, Reason.SETTLEMENT, code)


def _leave_owed(leaver: Leaver) -> Iterator[Move]:
    """Leave taken beyond what there was becomes a debt in money, at today's price."""
    if not leaver.debt_minutes or leaver.leave.hour is None:
        return
    value = leaver.leave.hour.value_of(leaver.debt_minutes)
    code, minutes = leaver.leave.code, leaver.debt_minutes
    yield minutes_of_leave(LEAVE_OF_EMPLOYER, OWED, minutes, Reason.SETTLEMENT, code)
    if value:
        yield euros(OWED, employers(AccountKind.BUDGET), value, Reason.SETTLEMENT, code)


def _debt_paid(owed: int, money: dict[AccountKind, int]) -> Iterator[Move]:
    """From what there is, then from pay. Takes it off `money`."""
    for kind in PAID_OUT:
        back = min(owed, money.get(kind, 0))
        if back:
            owed -= back
            money[kind] -= back
            yield euros(own(kind), OWED, back, Reason.SET_OFF, DEBT)
    if owed:
        yield euros(PAY, OWED, owed, Reason.SETTLEMENT, DEBT)


def _waived(owed: int) -> Iterator[Move]:
    if owed:
        yield euros(employers(AccountKind.BUDGET), OWED, owed, Reason.WAIVED, DEBT)


def _paid_out(kind: AccountKind, minor: int) -> Move:
    code = REST if kind is AccountKind.BUDGET else kind.value
    return euros(own(kind), PAY, minor, Reason.SETTLEMENT, code)
