"""What a run must post for one employee: pure arithmetic on whole cents and minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ideals.kernel.quantity import Unit

LARGEST_CHUNK = 10_000
SMALLEST_CHUNK = 200
CHUNKS_WANTED = 20
"""A run of a small organisation still moves its bar in steps that can be seen."""


class Entry(NamedTuple):
    """A component's right of one month: `for_month` as 202603, `code` of component or grant."""

    for_month: int
    code: str
    unit: Unit


class Booking(NamedTuple):
    """`minor` more (or, negative, less) for the employee on the named entry.

    `owed`: the part that could not be taken back from the account and becomes the employee's debt.
    """

    entry: Entry
    minor: int
    owed: bool


class Purse(NamedTuple):
    """What an employee has of one unit: available in the account, and the debt standing (>= 0)."""

    available: int
    debt: int


class Worked(NamedTuple):
    """What working on a chunk came to, whatever the kind of its run.

    `skipped`: (code, reason) by employee. `changed`: for how many employees something was posted.
    `differences`: per code `[code, unit, earlier, employees, minor]`, as a chunk keeps them.
    """

    skipped: Mapping[int, tuple[str, str]]
    transfers: int
    changed: int
    differences: list[list[object]]


def differences(should: Mapping[Entry, int], has: Mapping[Entry, int]) -> dict[Entry, int]:
    """Should minus has, for every entry of either, without the zeros. In order of `should`."""
    if not has:
        return {entry: minor for entry, minor in should.items() if minor}
    found = {entry: minor - has.get(entry, 0) for entry, minor in should.items()}
    found |= {entry: -minor for entry, minor in has.items() if entry not in should}
    return {entry: minor for entry, minor in found.items() if minor}


def bookings(changes: Mapping[Entry, int], purse: Purse) -> list[Booking]:
    """Book every difference whole; what is no longer there to take back becomes a debt."""
    if min(changes.values(), default=0) > 0:
        return [Booking(entry, minor, owed=False) for entry, minor in changes.items()]
    room = purse.available + sum(minor for minor in changes.values() if minor > 0)
    booked = []
    for entry, minor in changes.items():
        if minor > 0:
            booked.append(Booking(entry, minor, owed=False))
            continue
        back = min(-minor, room)
        room -= back
        if back:
            booked.append(Booking(entry, -back, owed=False))
        if back < -minor:
            booked.append(Booking(entry, minor + back, owed=True))
    return booked


def set_off(changes: Mapping[Entry, int], purse: Purse) -> int:
    """How much of a standing debt is set off: at most what this run adds, and what is there."""
    added = sum(changes.values())
    return max(0, min(purse.debt, added, purse.available + added))


def chunk_size(employees: int) -> int:
    return max(SMALLEST_CHUNK, min(LARGEST_CHUNK, -(-employees // CHUNKS_WANTED)))


def chunked(employee_ids: list[int], largest: int | None = None) -> Iterable[list[int]]:
    size = chunk_size(len(employee_ids))
    if largest is not None:
        size = min(size, largest)
    return (employee_ids[at : at + size] for at in range(0, len(employee_ids), size))
