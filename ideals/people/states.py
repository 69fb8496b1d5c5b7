"""What an import can be, and what can become of a row in it."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Of a file."""

    PEOPLE = "people"
    PAY = "pay"
    LEAVE = "leave"


class LeaveKind(StrEnum):
    PLANNED = "planned"
    """Agreed for a day to come; moves nothing."""
    TAKEN = "taken"


class Outcome(StrEnum):
    """Of a row of a file, against what was known."""

    NEW = "new"
    """Nothing was known from this day (or for this month and code, or under this id)."""
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


class ImportState(StrEnum):
    NAMING = "naming"
    """Its columns have other names than ours: somebody says which is which."""
    WAITING = "waiting"
    """Handed in, not read yet."""
    CHECKED = "checked"
    """A dry run: read, and nothing taken."""
    APPLIED = "applied"
    REFUSED = "refused"
    """Rows were wrong, so nothing was taken."""
    FAILED = "failed"
    """The file as a whole could not be read; `message` says why."""


class Stage(StrEnum):
    """How far the reading of a large file is."""

    QUEUED = "queued"
    READING = "reading"
    COMPARING = "comparing"
    WRITING = "writing"
