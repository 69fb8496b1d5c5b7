"""What can be refused about a deal."""

from __future__ import annotations

from ideals.kernel.errors import Conflict


class MoveNotAllowed(Conflict):
    """`current`: where the deal stands."""

    code = "deal_act_not_possible"

    def __init__(self, *, state: str, act: str) -> None:
        super().__init__(
            f"A deal that is {state} cannot be followed by {act}; look at it again", current=state
        )
