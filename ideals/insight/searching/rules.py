"""What an entry says of before and after, and which entries are of deals or of prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class Topic:
    """Entries that need a right of their own. `acts`: how their acts begin; `words`: of what their
    subject, or what a decision is about, names; `kinds`: of what was decided or checked."""

    acts: tuple[str, ...]
    words: tuple[str, ...]
    kinds: tuple[str, ...]


DEALS = Topic(
    acts=("deals.",),
    words=("deal", "deals", "deal_bonus", "breach"),
    kinds=("deal", "deal_bonus", "breach"),
)
PRICES = Topic(
    acts=("pricing.",),
    words=("price_rule", "price_bounds", "price_list", "indicator"),
    kinds=("price_rule",),
)


@dataclass(frozen=True, slots=True)
class Change:
    """`what` is empty when the entry is about one thing. A side that is `None` was not there."""

    what: str
    before: str | None
    after: str | None


def changes_of(details: Mapping[str, Any]) -> list[Change]:
    """What differs between `before` and `after`, where the entry has them."""
    if BEFORE not in details and AFTER not in details:
        return []
    before, after = details.get(BEFORE), details.get(AFTER)
    if not _parts(before) or not _parts(after):
        return _one("", before, after)
    names = list(dict.fromkeys([*(before or {}), *(after or {})]))
    old, new = before or {}, after or {}
    return [each for name in names for each in _one(name, old.get(name), new.get(name))]


def _parts(side: Any) -> bool:
    return side is None or isinstance(side, Mapping)


def _one(what: str, before: Any, after: Any) -> list[Change]:
    old, new = _written(before), _written(after)
    return [] if old == new else [Change(what, old, new)]


def others_of(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the entry says besides, as (name, value)."""
    return [
        (name, _written(value) or "")
        for name, value in details.items()
        if name not in (BEFORE, AFTER)
    ]


def _written(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case Mapping():
            return "; ".join(f"{name}: {_written(each) or '-'}" for name, each in value.items())
        case str():
            return value
        case Sequence():
            return ", ".join(_written(each) or "-" for each in value)
    return str(value)


def begins_at(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone)


def ends_at(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The first moment after it. The last day of the calendar has no day after it."""
    return None if day in (None, date.max) else begins_at(day + timedelta(days=1), zone)
