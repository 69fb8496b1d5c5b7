"""The life of a simulation and of its parts."""

from __future__ import annotations

from enum import StrEnum


class SimulationKind(StrEnum):
    """What is simulated. `computation.kinds.KINDS` says what a part of each kind does."""

    PRICES = "prices"
    """Price rules, with the orders of the past twelve months."""
    SCHEME = "scheme"
    """A version of a scheme, for everybody who has it."""


class SimulationState(StrEnum):
    QUEUED = "queued"
    """No worker has begun."""
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


UNFINISHED = (SimulationState.QUEUED, SimulationState.RUNNING)


class PartState(StrEnum):
    TODO = "todo"
    DONE = "done"
