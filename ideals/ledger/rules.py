"""Facts about value: what a transfer does to balances, and what an opening amount means."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple, Protocol
from uuid import UUID

from ideals.kernel.errors import RuleBroken
from ideals.kernel.money import LARGEST_MINOR
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger.errors import InsufficientBalance, OwedOverpaid, TransferRefused
from ideals.ledger.states import EMPLOYEE_KINDS, UNITS, AccountKind, Phase

OPENING_ACCOUNTS = {kind.value: kind for kind in EMPLOYEE_KINDS if kind is not AccountKind.OWED}
"""Accounts that may start with something in them, by the name a file gives them."""


class Balance(NamedTuple):
    """What an account holds, in its smallest unit: `held_minor` is the part set aside."""

    posted_minor: int
    held_minor: int

    @property
    def available_minor(self) -> int:
        return self.posted_minor - self.held_minor

    def plus(self, effect: Balance) -> Balance:
        return Balance(self.posted_minor + effect.posted_minor, self.held_minor + effect.held_minor)


NOTHING = Balance(0, 0)


class Movement(Protocol):
    """The part of a transfer that moves balances."""

    @property
    def phase(self) -> Phase: ...
    @property
    def from_account(self) -> int: ...
    @property
    def to_account(self) -> int: ...
    @property
    def amount_minor(self) -> int: ...
    @property
    def released_minor(self) -> int:
        """For a post or void: the amount of its hold."""
        ...


def effects(transfers: Iterable[Movement]) -> dict[int, Balance]:
    """What these transfers together do to each account: the change of posted and held."""
    changes: dict[int, Balance] = {}
    for one in transfers:
        moved = one.amount_minor if one.phase in (Phase.SINGLE, Phase.POST) else 0
        held = one.amount_minor if one.phase is Phase.PENDING else -one.released_minor
        _add(changes, one.from_account, Balance(-moved, held))
        _add(changes, one.to_account, Balance(moved, 0))
    return changes


def _add(changes: dict[int, Balance], account: int, effect: Balance) -> None:
    changes[account] = changes.get(account, NOTHING).plus(effect)


def check_amount(amount_minor: int) -> None:
    """Raises `TransferRefused`. Value that goes the other way is a transfer the other way."""
    if not 0 < amount_minor <= LARGEST_MINOR:
        raise TransferRefused(
            f"A transfer is for 1 to {LARGEST_MINOR} cents or minutes; swap the accounts to move "
            "value the other way."
        )


def check_balance(kind: AccountKind, after: Balance) -> None:
    """Raises `InsufficientBalance` or `OwedOverpaid`. The database checks the same again."""
    if kind is AccountKind.OWED:
        if after.posted_minor > 0:
            raise OwedOverpaid("More would be set off than is owed; set off what is owed at most.")
        if after.held_minor:
            raise TransferRefused("A debt cannot be held; post the transfer instead.")
    elif after.available_minor < 0:
        raise InsufficientBalance(
            f"There is not enough available in the {kind} account; choose a smaller amount.",
            account=kind.value,
        )


def month_of_id(transfer_id: UUID) -> Month:
    """The month that a transfer's id shows. Raises `TransferRefused`."""
    digits = transfer_id.hex[:6]
    try:
        return Month.from_number(int(digits))
    except (ValueError, RuleBroken):
        raise TransferRefused(
            f"{transfer_id} is not the id of a transfer: its first six digits are no month.",
            id=str(transfer_id),
        ) from None


def opening_minor(kind: AccountKind, amount: Decimal) -> int:
    """An opening amount as cents or minutes: euros, or hours for the leave account.

    Euros are whole cents. Hours are rounded to the minute, half up: a file writes 20 minutes as
    0.33. Raises `TransferRefused` when it is negative, too large, or has a part of a cent.
    """
    euros = UNITS[kind][0] is Unit.EUR
    parts = 100 if euros else 60
    if not amount.is_finite() or not 0 <= amount * parts <= LARGEST_MINOR:
        raise TransferRefused("An opening amount is zero or more, and below a thousand billion.")
    exact = amount * parts
    whole = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    if euros and exact != whole:
        raise TransferRefused("An opening amount in euros has two decimals at most.")
    return whole
