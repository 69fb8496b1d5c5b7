"""What an order waits for before it is done."""

from __future__ import annotations

from ideals.pricing.rules import Terms
from ideals.shop.states import Waits


def waits_of(terms: Terms, *, asks: bool, with_evidence: bool = False) -> list[str]:
    """Somebody's yes, and evidence: that it is sent, or, when it is there, that HR looks at it.

    `asks`: what the policy of approvals says.
    """
    waits = []
    if asks:
        waits.append(Waits.APPROVAL.value)
    if terms.evidence:
        waits.append((Waits.CHECK if with_evidence else Waits.EVIDENCE).value)
    return waits
