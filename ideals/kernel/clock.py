"""The one place that reads the time. Edges read it once; everything below receives `now`."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from ideals.kernel.month import Month


def now() -> datetime:
    return datetime.now(UTC)


def month_of(moment: datetime, zone: ZoneInfo) -> Month:
    """The month a moment falls in, in the organisation's time zone."""
    return Month.of(moment.astimezone(zone).date())
