"""The life of a run and of a chunk."""

from __future__ import annotations

from enum import StrEnum


class RunKind(StrEnum):
    """What a run is for. `budgets.commands.KINDS` says what the runs of a kind do."""

    ALLOCATION = "allocation"
    """Brings every budget to what the scheme says it must be."""
    CHOICES = "choices"
    """After an allocation: commitments are charged, then standing choices made."""
    CLOSE = "close"
    """At the end of a month: what is left follows the default, leavers are settled."""

    @property
    def source(self) -> str:
        """The word with which the transfers of such a run name their cause."""
        return "run" if self is RunKind.ALLOCATION else self.value


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
