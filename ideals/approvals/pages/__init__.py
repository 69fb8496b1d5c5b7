"""Pages of approvals. A package: `inbox` is what waits and one request; `words` says it."""

from ideals.approvals.pages.inbox import bp

__all__ = ["bp"]
