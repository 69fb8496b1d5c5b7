"""What the parts of a simulation come to together, and which months stand for which. Pure."""

from __future__ import annotations

from ideals.insight.simulating.rules.histogram import Bin, binned, histogram
from ideals.insight.simulating.rules.months import looked_at, stands_for
from ideals.insight.simulating.rules.parts import Part, added

__all__ = ["Bin", "Part", "added", "binned", "histogram", "looked_at", "stands_for"]
