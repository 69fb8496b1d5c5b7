"""The closed lists of payroll. Each is repeated in a CHECK of the database, which decides."""

from __future__ import annotations

from enum import StrEnum

from ideals.kernel.quantity import Unit


class LineKind(StrEnum):
    """What became of value, as payroll has to know it."""

    PAY = "pay"
    """Paid out with the salary; below zero where it is taken back."""
    DEDUCTION = "deduction"
    """Kept back from the salary, because a budget did not reach: below zero."""
    PURCHASE = "purchase"
    """What the employer paid for somebody out of a budget."""
    HOURS = "hours"
    """Minutes of leave that were bought or, below zero, sold."""
    ADDITION = "addition"
    """Wage that is not paid, and counts for tax: the private use of a bicycle or a car."""
    BONUS = "bonus"
    """A performance bonus, or that of a target agreed in a deal: beside every budget."""


LEDGER_KINDS = (LineKind.PAY, LineKind.DEDUCTION, LineKind.PURCHASE, LineKind.HOURS)
"""Kinds whose amounts are transfers; the others say what they come from."""


def unit_of(kind: LineKind) -> Unit:
    return Unit.MIN if kind is LineKind.HOURS else Unit.EUR


class Tax(StrEnum):
    """How payroll treats an amount."""

    TAXED = "taxed"
    EXEMPT = "exempt"
    FREE_SPACE = "free_space"
    ADDITION = "addition"
    NONE = "none"
    """Hours are no wage by themselves."""


class RefusalState(StrEnum):
    OPEN = "open"
    """Waits for HR."""
    REVERSED = "reversed"
    KEPT = "kept"
    """Stays as it is, for a reason that HR gave."""


class FileKind(StrEnum):
    """What a batch is exported as, by the ending of the file."""

    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"
