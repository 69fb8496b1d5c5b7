"""`flask seeds load NAME`: which organisations there are, and the way to each."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.seeds.commands import Progress
from ideals.seeds.errors import NumberOfEmployeesMissing, SeedUnknown
from ideals.seeds.large import load_large
from ideals.seeds.meridian import LoadMeridian, load_meridian

NAMES = ("meridian", "large")


def load(
    name: str,
    *,
    now: datetime,
    zone: ZoneInfo,
    employees: int | None = None,
    history: int = 0,
    tell: Progress = lambda _: None,
) -> bool:
    """Whether anything was loaded: what is there already is left alone.

    `employees` and `history` (months) are for `large`. `tell` hears what has just been done.
    Raises `SeedUnknown` or `NumberOfEmployeesMissing`.
    """
    if name == "meridian":
        cmd = LoadMeridian(now.astimezone(zone).date())
        with unit_of_work() as session:
            return load_meridian(session, cmd, actor=SYSTEM, now=now, zone=zone, tell=tell)
    if name == "large":
        if not employees or employees < 1:
            raise NumberOfEmployeesMissing(
                "how many employees? say it with --employees, such as --employees 20000"
            )
        return load_large(employees=employees, history=history, now=now, tell=tell)
    raise SeedUnknown(f"there is no organisation {name!r}; there are {', '.join(NAMES)}", name=name)
