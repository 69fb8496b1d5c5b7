"""The life of a run and of a chunk."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    PLANNING = "planning"
    """Waits for its turn, or for its employees to be frozen into chunks."""
    RUNNING = "running"
    DONE = "done"
    """Every chunk is done; employees may have been skipped with a reason."""
    FAILED = "failed"
    """Could not be planned: nothing was posted."""


UNFINISHED = (RunState.PLANNING, RunState.RUNNING)


class ChunkState(StrEnum):
    TODO = "todo"
    DONE = "done"
    SPLIT = "split"
    """Killed its worker too often and was replaced by two halves."""


class StartedAs(StrEnum):
    SCHEDULE = "schedule"
    COMMAND = "command"
    API = "api"
    PAGE = "page"
