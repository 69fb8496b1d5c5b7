"""The four kinds of refusal. They know no HTTP: `web/errors.py` maps kind to status.

Each feature derives its own named errors from these in its `errors.py`. `code` is stable and
part of the API; `data` holds what the person needs to see, as JSON-able values, never a salary.
"""

from __future__ import annotations

from typing import Any, ClassVar


class IdealsError(Exception):
    """A refusal that a person can read. `code` is stable; `message` says what would be right."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class NotFound(IdealsError):
    """There is no such thing, or it is not this person's to see: both answer alike."""

    code = "not_found"


class NotAllowed(IdealsError):
    """The thing is visible to this person, the act is not theirs."""

    code = "not_allowed"


class Conflict(IdealsError):
    """The state has moved on: used, sealed, already decided, not enough left."""

    code = "conflict"


class RuleBroken(IdealsError):
    """A value breaks a rule: `data` names the field, the value and what would be right."""

    code = "rule_broken"
