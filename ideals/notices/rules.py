"""When a mail is tried again, and when the daily one is due."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

TRIED_FOR = timedelta(days=3)
"""An attempt that fails later than this is the last: a server may be away over a weekend."""
MOST_TRIES = 100
"""More than the pauses leave room for in that time."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (2, 4, 8, 15, 30, 60))
"""After the first attempt, the second and so on; the last one repeats. The first is longer than an
attempt can take: so one that was cut off is not doubled while it may still be at work."""
AWAY_FOR = timedelta(minutes=1)
"""When no server answers, nothing else is tried for so long."""
ANNOUNCED_FOR = timedelta(minutes=2)
"""A mail that was announced and not tried by then is announced again."""
DAILY_AT = time(7, 0)
MOST_COUNTED = 99
"""More unread notices than this are not counted out."""


def pause_after(tries: int) -> timedelta:
    """How long to wait after that many attempts (one or more)."""
    return PAUSES[min(tries, len(PAUSES)) - 1]


def last_daily_moment(now: datetime, zone: ZoneInfo) -> datetime:
    """The latest moment, up to now, at which daily mails were due."""
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), DAILY_AT, zone)
    if today <= local:
        return today
    return datetime.combine(local.date() - timedelta(days=1), DAILY_AT, zone)
