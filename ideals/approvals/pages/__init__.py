"""Pages of approvals. A package: `inbox` is what waits, with `one` beside the list; `several` at
once; `handing` over; `checks` what is looked at afterwards; `lines`, `words` and `check_words` say
them, `messages` tells people."""

from ideals.approvals.pages import checks, handing, several
from ideals.approvals.pages.inbox import bp

BLUEPRINTS = (bp, checks.bp)

__all__ = ["BLUEPRINTS", "bp", "handing", "several"]
