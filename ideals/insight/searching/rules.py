"""What an entry says of before and after, and which entries are of deals or of prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
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


class Wording(NamedTuple):
    """How the name of a part is written, and a value beside the name it stands under."""

    name: Callable[[str], str]
    value: Callable[[str, str | bool], str]


def _plain(_name: str, value: str | bool) -> str:
    return value if isinstance(value, str) else "yes" if value else "no"


PLAIN = Wording(str, _plain)
"""As programs read it, in no language."""


def changes_of(details: Mapping[str, Any], wording: Wording = PLAIN) -> list[Change]:
    """What differs between `before` and `after`, where the entry has them."""
    if BEFORE not in details and AFTER not in details:
        return []
    before, after = details.get(BEFORE), details.get(AFTER)
    if not _parts(before) or not _parts(after):
        return _one("", before, after, wording)
    names = list(dict.fromkeys([*(before or {}), *(after or {})]))
    old, new = before or {}, after or {}
    return [each for name in names for each in _one(name, old.get(name), new.get(name), wording)]


def _parts(side: Any) -> bool:
    return side is None or isinstance(side, Mapping)


def _one(what: str, before: Any, after: Any, wording: Wording) -> list[Change]:
    old, new = (_written(what, each, wording) for each in (before, after))
    return [] if old == new else [Change(what, old, new)]


def others_of(details: Mapping[str, Any], wording: Wording = PLAIN) -> list[tuple[str, str]]:
    """What the entry says besides, as (name, value)."""
    return [
        (name, _written(name, value, wording) or "")
        for name, value in details.items()
        if name not in (BEFORE, AFTER)
    ]


def _written(name: str, value: Any, wording: Wording) -> str | None:
    match value:
        case None:
            return None
        case bool() | str():
            return wording.value(name, value)
        case Mapping():
            return "; ".join(
                f"{wording.name(inner)}: {_written(inner, each, wording) or '-'}"
                for inner, each in value.items()
            )
        case Sequence():
            return ", ".join(_written(name, each, wording) or "-" for each in value)
    return str(value)


def begins_at(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone)


def ends_at(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The first moment after it. The last day of the calendar has no day after it."""
    return None if day in (None, date.max) else begins_at(day + timedelta(days=1), zone)
