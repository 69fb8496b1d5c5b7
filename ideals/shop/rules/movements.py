"""What an order moves: euros, minutes or both, from which account to which."""

from __future__ import annotations

from dataclasses import dataclass

from ideals.kernel.quantity import Unit
from ideals.ledger.states import AccountKind
from ideals.schemes.rules import ProductKind

_OWN_POCKETS = {
    ProductKind.SAVINGS: AccountKind.SAVINGS,
    ProductKind.DEVELOPMENT: AccountKind.DEVELOPMENT,
}
"""What stays with the employee and only changes its place."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One transfer: `own` is the employee's account, `other` the employer's or another of theirs.

    `gives`: value leaves `own`; else it comes to it. `within`: `other` is the employee's too.
    """

    unit: Unit
    own: AccountKind
    other: AccountKind
    gives: bool = True
    within: bool = False


@dataclass(frozen=True, slots=True)
class Movement:
    """`money` is always there; `minutes` where leave is bought or sold."""

    money: Leg
    minutes: Leg | None = None

    @property
    def gives(self) -> Leg:
        """What leaves the employee: set aside while the order waits."""
        return self.money if self.money.gives or self.minutes is None else self.minutes

    @property
    def own_kinds(self) -> tuple[AccountKind, ...]:
        kinds = [self.money.own, *([self.money.other] if self.money.within else [])]
        return (*kinds, *([self.minutes.own] if self.minutes else []))

    @property
    def employer_kinds(self) -> tuple[AccountKind, ...]:
        kinds = [] if self.money.within else [self.money.other]
        return (*kinds, *([self.minutes.other] if self.minutes else []))


def movement_of(kind: ProductKind, paid_from: AccountKind) -> Movement:
    """`paid_from` is the employee's account that pays. A sale of leave is paid into the budget."""
    match kind:
        case ProductKind.SELL_LEAVE:
            return Movement(
                Leg(Unit.EUR, AccountKind.BUDGET, AccountKind.BUDGET, gives=False),
                Leg(Unit.MIN, AccountKind.LEAVE, AccountKind.LEAVE),
            )
        case ProductKind.LEAVE:
            return Movement(
                Leg(Unit.EUR, paid_from, AccountKind.PURCHASE),
                Leg(Unit.MIN, AccountKind.LEAVE, AccountKind.LEAVE, gives=False),
            )
        case ProductKind.PAY_OUT:
            return Movement(Leg(Unit.EUR, paid_from, AccountKind.PAY_OUT))
        case ProductKind.SAVINGS | ProductKind.DEVELOPMENT:
            return Movement(Leg(Unit.EUR, paid_from, _OWN_POCKETS[kind], within=True))
    return Movement(Leg(Unit.EUR, paid_from, AccountKind.PURCHASE))
