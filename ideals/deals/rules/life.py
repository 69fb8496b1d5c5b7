"""What happens in somebody's life at work and asks both sides to look at their deal again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

LONG_SICK = timedelta(weeks=6)
"""Ill for so long: by then, in the Netherlands, both look at what is possible anyway."""
_DAY = timedelta(days=1)


class Life(StrEnum):
    NEW_MANAGER = "new_manager"
    UNIT_MOVED = "unit_moved"
    LONG_SICKNESS = "long_sickness"
    LEAVING = "leaving"


class Then(StrEnum):
    """What becomes of the deal, as one side sees it."""

    CONTINUE = "continue"
    CHANGE = "change"
    END = "end"


@dataclass(frozen=True, slots=True)
class Happened:
    kind: Life
    on: date


@dataclass(frozen=True, slots=True)
class State:
    """Of an employee's employment on a day."""

    unit_id: int
    valid_from: date
    sick_from: date | None
    leaves_on: date | None


def happened(unit_before: int | None, now: State, today: date) -> list[Happened]:
    """What both sides have to be asked about; asked twice it is the same. A new manager is not
    found here: who speaks for the employer is followed wherever somebody acts."""
    found = []
    if unit_before is not None and now.unit_id != unit_before:
        found.append(Happened(Life.UNIT_MOVED, now.valid_from))
    if now.sick_from is not None and long_sick_on(now.sick_from) <= today:
        found.append(Happened(Life.LONG_SICKNESS, now.sick_from))
    if now.leaves_on is not None:
        found.append(Happened(Life.LEAVING, now.leaves_on))
    return found


def outcome(employee_says: Then | None, employer_says: Then | None) -> Then | None:
    """Of both together; `None` while one has not answered. It ends when both want that; where they
    differ it goes on as it is, and they talk about a change."""
    if employee_says is None or employer_says is None:
        return None
    return employee_says if employee_says is employer_says else Then.CHANGE


def long_sick_on(sick_from: date) -> date:
    return sick_from + LONG_SICK


def after(day: date) -> date:
    return day + _DAY
