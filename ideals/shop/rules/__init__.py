"""Facts about orders that need no database: pure values in, values or one named error out.

`movements`: what each kind of product moves. `room`: what limits, quotas, balances and the leave
that may be sold still allow. `waiting`: what an order waits for. `cancelling`: until when it may be
taken back. `evidence`: what an uploaded file is, by its content.
"""

from __future__ import annotations

from ideals.shop.rules.cancelling import check_cancellable
from ideals.shop.rules.evidence import LARGEST_FILE, MOST_FILES, MediaType, checked_media_type
from ideals.shop.rules.movements import Leg, Movement, movement_of
from ideals.shop.rules.room import (
    Lot,
    Ordered,
    Room,
    check_balance,
    check_limits,
    check_quota,
    check_sellable,
    largest,
    room_in,
    sellable_minutes,
)
from ideals.shop.rules.waiting import waits_of

__all__ = [
    "LARGEST_FILE",
    "MOST_FILES",
    "Leg",
    "Lot",
    "MediaType",
    "Movement",
    "Ordered",
    "Room",
    "check_balance",
    "check_cancellable",
    "check_limits",
    "check_quota",
    "check_sellable",
    "checked_media_type",
    "largest",
    "movement_of",
    "room_in",
    "sellable_minutes",
    "waits_of",
]
