"""What an import can be, and what can become of a row in it."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    PEOPLE = "people"
    PAY = "pay"


class Outcome(StrEnum):
    """Of a row of a file, against what was known."""

    NEW = "new"
    """Nothing was known from this day (or for this month and code)."""
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


class ImportState(StrEnum):
    WAITING = "waiting"
    """Taken in, not read yet."""
    CHECKED = "checked"
    """A dry run: read, and nothing taken."""
    APPLIED = "applied"
    REFUSED = "refused"
    """Rows were wrong, so nothing was taken."""
    FAILED = "failed"
    """The file as a whole could not be read; `message` says why."""
