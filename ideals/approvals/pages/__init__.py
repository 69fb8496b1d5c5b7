"""Pages of approvals. A package: `inbox` is what waits and one request, `checks` what is looked at
afterwards; `words` and `check_words` say it."""

from ideals.approvals.pages import checks
from ideals.approvals.pages.inbox import bp

BLUEPRINTS = (bp, checks.bp)

__all__ = ["BLUEPRINTS", "bp"]
