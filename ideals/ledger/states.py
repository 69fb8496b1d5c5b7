"""The ledger's closed lists. Each is repeated in a CHECK of the database, which decides."""

from __future__ import annotations

from enum import StrEnum

from ideals.kernel.quantity import Unit


class AccountKind(StrEnum):
    """What an account is for. The employer has one of each kind but `owed`."""

    BUDGET = "budget"
    LEAVE = "leave"
    SAVINGS = "savings"
    DEVELOPMENT = "development"
    OWED = "owed"
    """A debt of the employee, kept as a negative balance."""
    PAY_OUT = "pay_out"
    """The employer's: what left budgets as pay."""
    PURCHASE = "purchase"
    """The employer's: what left budgets for anything else."""


EMPLOYEE_KINDS = (
    AccountKind.BUDGET,
    AccountKind.LEAVE,
    AccountKind.SAVINGS,
    AccountKind.DEVELOPMENT,
    AccountKind.OWED,
)

UNITS: dict[AccountKind, tuple[Unit, ...]] = {
    AccountKind.BUDGET: (Unit.EUR,),
    AccountKind.LEAVE: (Unit.MIN,),
    AccountKind.SAVINGS: (Unit.EUR,),
    AccountKind.DEVELOPMENT: (Unit.EUR,),
    AccountKind.OWED: (Unit.EUR, Unit.MIN),
    AccountKind.PAY_OUT: (Unit.EUR,),
    AccountKind.PURCHASE: (Unit.EUR,),
}
"""The units an account of a kind may count."""


class Phase(StrEnum):
    SINGLE = "single"
    """Moves value at once."""
    PENDING = "pending"
    """A hold: sets value of the from-account aside."""
    POST = "post"
    """Ends a hold by moving its value, or less of it."""
    VOID = "void"
    """Ends a hold and moves nothing."""


class Reason(StrEnum):
    """Why value moved. A reversal keeps the reason of what it reverses, so that totals by reason
    come out right; that it is one is said by `reverses_id`."""

    ALLOCATION = "allocation"
    """An allocation run: euros of components, minutes of granted hours, and their corrections."""
    OPENING = "opening"
    """What an employee brought along when the organisation began with Ideals."""
    GRANT = "grant"
    """Money from a deal in force."""
    SET_OFF = "set_off"
    """A budget pays (a part of) what is owed."""
    ORDER = "order"
    INSTALMENT = "instalment"
    """One month's charge of something bought for a term."""
    LEAVE_TAKEN = "leave_taken"
    LEFT_OVER = "left_over"
    """The scheme's default for what nobody chose to spend."""
    SETTLEMENT = "settlement"
    """What a leaver gets or pays at the end."""
    WAIVED = "waived"
    """A debt that the scheme lets go."""
    LAPSED = "lapsed"
    """Leave that was not taken in time."""


class MonthState(StrEnum):
    OPEN = "open"
    CLOSING = "closing"
    """Being closed: still takes rows."""
    SEALED = "sealed"
    """Takes no row, ever."""
