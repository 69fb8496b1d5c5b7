"""Simulations: start, cancel, and work a part out."""

from __future__ import annotations

from ideals.insight.simulating.commands.parts import (
    Lease,
    fail,
    part_waits,
    simulate_part,
    take_part,
)
from ideals.insight.simulating.commands.starting import (
    CancelSimulation,
    StartSimulation,
    cancel,
    start,
)
from ideals.insight.simulating.commands.telling import ENDED, SIMULATE

__all__ = [
    "ENDED",
    "SIMULATE",
    "CancelSimulation",
    "Lease",
    "StartSimulation",
    "cancel",
    "fail",
    "part_waits",
    "simulate_part",
    "start",
    "take_part",
]
