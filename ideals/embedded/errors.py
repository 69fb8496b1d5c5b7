"""The one refusal of this package."""

from ideals.kernel.errors import IdealsError


class CannotStart(IdealsError):
    """A server or a part does not come up: the message says which, why, and what to do."""

    code = "cannot_start"
