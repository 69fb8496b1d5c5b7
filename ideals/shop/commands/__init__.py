"""Order, decide, cancel; evidence; and counting who chose what.

The order of locks, everywhere: month (shared), approvals, the order, accounts, the quota, outbox.
"""

from __future__ import annotations

from ideals.shop.commands.chosen import count_chosen
from ideals.shop.commands.decisions import decided, lock_before_decision
from ideals.shop.commands.direct import DirectOrder, Known, order_directly
from ideals.shop.commands.ending import (
    CancelOrder,
    ConfirmOrder,
    ReleaseOrder,
    ReverseOrder,
    cancel_order,
    confirm_order,
    release_order,
    reverse_order,
)
from ideals.shop.commands.evidence import NewEvidence, UploadEvidence, upload_evidence
from ideals.shop.commands.orders import PlaceOrder, place_order

__all__ = [
    "CancelOrder",
    "ConfirmOrder",
    "DirectOrder",
    "Known",
    "NewEvidence",
    "PlaceOrder",
    "ReleaseOrder",
    "ReverseOrder",
    "UploadEvidence",
    "cancel_order",
    "confirm_order",
    "count_chosen",
    "decided",
    "lock_before_decision",
    "order_directly",
    "place_order",
    "release_order",
    "reverse_order",
    "upload_evidence",
]
