"""What the simulations of one kind do; who keeps a kind registers it in `app.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.rules import Part
from ideals.kernel.month import Month
from ideals.kernel.registry import Registry


class Asked(NamedTuple):
    """What is simulated, in the form in which it is kept, and the months that are looked at."""

    about: dict[str, Any]
    from_month: Month
    through_month: Month


class Span(NamedTuple):
    """The employees after one id, through another."""

    after: int
    through: int


@dataclass(frozen=True, slots=True)
class Kind:
    """`check` refuses what cannot be simulated. `part` works some employees out, in a transaction
    in which it writes nothing; the numbers of all parts are added (`rules.parts`), and `result`
    makes of their sum what is kept and shown."""

    check: Callable[[Session, Mapping[str, Any], datetime], Asked]
    part: Callable[[Session, Simulation, Span], Part]
    result: Callable[[Session, Simulation, Part], dict[str, Any]]


KINDS: Registry[Kind] = Registry("do what a kind of simulation is for")
"""By `SimulationKind`."""
