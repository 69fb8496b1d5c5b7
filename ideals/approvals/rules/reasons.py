"""What a decision must say."""

from __future__ import annotations

from ideals.approvals.errors import ReasonMissing, ReasonTooLong
from ideals.approvals.states import Decision

LONGEST_REASON = 2000


def checked_reason(decision: Decision, reason: str | None) -> str | None:
    """The reason as it is kept. Raises `ReasonMissing` or `ReasonTooLong`."""
    said = (reason or "").strip() or None
    if said is None and decision is Decision.REFUSE:
        raise ReasonMissing
    if said is not None and len(said) > LONGEST_REASON:
        raise ReasonTooLong(LONGEST_REASON)
    return said
