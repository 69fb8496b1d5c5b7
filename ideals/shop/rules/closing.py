"""The end of a month: what is left over, and what somebody gets or pays who leaves.

Everything is worked out as moves between named accounts; who books them finds the accounts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.states import AccountKind, Reason
from ideals.schemes.rules import Debt, LeftOver, LeftOverNow, Scheme, UnusedBought, last_day

LEFT_OVER, REST, DEBT, UNTOLD = "left_over", "rest", "debt", "untold"
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


def part_of(minor: int, part: int, whole: int) -> int:
    """Half up, to the cent."""
    return (2 * minor * part + whole) // (2 * whole)


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


def moves_of(left: LeftOverNow) -> list[Move]:
    """What the scheme makes of what is left, as moves: saved as leave, or paid, or both."""
    moves: list[Move] = []
    if left.saved_minor:
        seller = employers(AccountKind.PURCHASE)
        moves.append(euros(BUDGET, seller, left.saved_minor, Reason.LEFT_OVER, LEFT_OVER))
    if left.minutes:
        moves.append(
            minutes_of_leave(LEAVE_OF_EMPLOYER, LEAVE, left.minutes, Reason.LEFT_OVER, LEFT_OVER)
        )
    if left.paid_minor:
        moves.append(paid(left.paid_minor))
    return moves


# Leaving --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hour:
    """Today's price of leave: cents and minutes of a unit."""

    unit_minor: int
    unit_minutes: int

    def value_of(self, minutes: int) -> int:
        return part_of(self.unit_minor, minutes, self.unit_minutes)


class Bought(NamedTuple):
    """Leave bought at once, under `code`: minutes, what was paid for them, how many are left.
    `cheaper`: a price rule made it cheaper than the scheme does."""

    code: str
    minutes: int
    paid_minor: int
    unused: int
    cheaper: bool = False

    @property
    def paid_for_unused(self) -> int:
        return part_of(self.paid_minor, self.unused, self.minutes)


@dataclass(frozen=True, slots=True)
class UnusedLeave:
    """What of the leave account was not taken.

    `granted`: minutes of any other origin. `told`: a leave system tells what was taken of them;
    otherwise they leave the books as hours, and payroll settles them by what it knows. `hour`:
    `None` when nothing needs a price, or the scheme sells no leave and has none.
    """

    bought: Sequence[Bought] = ()
    granted: int = 0
    told: bool = True
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
    """Bought hours go back, each for its part of the price paid, or all for today's value. What a
    rule made cheaper is never worth more than was paid for it: nobody buys leave to leave."""
    unused = [each for each in leave.bought if each.unused]
    if rule is UnusedBought.AT_PRICE_PAID:
        for each in unused:
            yield from _leave_for(
                each.code, each.unused, AccountKind.PURCHASE, each.paid_for_unused
            )
    elif unused and leave.hour is not None:
        usual = sum(each.unused for each in unused if not each.cheaper)
        value = leave.hour.value_of(usual) + sum(
            min(each.paid_for_unused, leave.hour.value_of(each.unused))
            for each in unused
            if each.cheaper
        )
        minutes = sum(each.unused for each in unused)
        yield from _leave_for(leave.code, minutes, AccountKind.BUDGET, value)


def _granted_paid(leave: UnusedLeave) -> Iterator[Move]:
    if leave.granted and not leave.told:
        yield from _leave_for(UNTOLD, leave.granted, AccountKind.BUDGET, 0)
    elif leave.granted and leave.hour is not None:
        value = leave.hour.value_of(leave.granted)
        yield from _leave_for(leave.code, leave.granted, AccountKind.BUDGET, value)


def _leave_for(code: str, minutes: int, payer: AccountKind, value: int) -> Iterator[Move]:
    yield minutes_of_leave(LEAVE, LEAVE_OF_EMPLOYER, minutes, Reason.SETTLEMENT, code)
    if value:
        yield euros(employers(payer), BUDGET, value, Reason.SETTLEMENT, code)


def _leave_owed(leaver: Leaver) -> Iterator[Move]:
    """Leave taken beyond what there was becomes a debt in money, at today's price."""
    leave, minutes = leaver.leave, leaver.debt_minutes
    if not minutes or (leave.told and leave.hour is None):
        return
    code = leave.code if leave.told else UNTOLD
    value = leave.hour.value_of(minutes) if leave.told and leave.hour is not None else 0
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
