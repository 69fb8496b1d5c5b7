"""Pages of approvals. A package: `inbox` is what waits, with `one` beside the list; `several` at
once; `handing` over; `lines` and `words` say them, `messages` tells people."""

from ideals.approvals.pages import handing, several
from ideals.approvals.pages.inbox import bp

__all__ = ["bp", "handing", "several"]
