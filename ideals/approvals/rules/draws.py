"""Which cases are drawn for a check: by chance, and still to be repeated and defended.

A case is drawn when its fraction, made from the seed of the draw and its own id, lies below the
share. So neither the order of the cases nor what else is drawn matters, and without the seed
nobody can tell beforehand. The fraction is the first eight hexadecimal digits of HMAC-SHA-256 of
the id under the seed, out of 16^8.
"""

from __future__ import annotations

import hmac
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

DIGITS = 8
ALL: int = 16**DIGITS


def place_of(seed: str, approval_id: UUID) -> int:
    """The fraction, as the number of `ALL` parts."""
    digest = hmac.new(seed.encode(), str(approval_id).encode(), sha256).hexdigest()
    return int(digest[:DIGITS], 16)


def is_drawn(seed: str, approval_id: UUID, share: Decimal) -> bool:
    """`share` from 0 (nobody) to 1 (everybody)."""
    return place_of(seed, approval_id) < share * ALL
