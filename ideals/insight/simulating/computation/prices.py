"""Price rules beside what held, with the orders of the past twelve months."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ideals.insight.simulating.computation.kinds import Asked, Kind, Span
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.rules import Part


def check(session: Session, about: Mapping[str, Any], now: datetime) -> Asked:
    """Raises `NothingToSimulate`, `PriceRuleUnknown`."""
    raise NotImplementedError


def part(session: Session, simulation: Simulation, span: Span) -> Part:
    raise NotImplementedError


def result(session: Session, simulation: Simulation, everything: Part) -> dict[str, Any]:
    raise NotImplementedError


PRICES = Kind(check, part, result)
