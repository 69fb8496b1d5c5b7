"""How many people change by how much, in steps that are easy to read.

A part counts people under their change to three digits (`binned`), so that parts can be added;
only when all are together a step is chosen. Steps are so wide that each holds whole bins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

MOST_BINS = 20
LEAST_STEP = 100
"""Cents: nobody wants to know it more precisely."""
_DIGITS = 1000
_NICE = (1, 2, 5)


class Bin(NamedTuple):
    """From so many cents up to `below`, that not included. Nothing at all is a bin of its own."""

    start: int
    below: int
    people: int


def binned(change: int) -> int:
    """Cents rounded down to three digits; for less than nothing away from it."""
    size = _size(change)
    return change // size * size


def _size(change: int) -> int:
    """How wide the bin of a change is: a power of ten."""
    size = 1
    while abs(change) // size >= _DIGITS:
        size *= 10
    return size


def histogram(counts: Mapping[int, int]) -> list[Bin]:
    """`counts`: people by their binned change. From the lowest up, those without people between
    others included; who does not change at all is first among those that are not below nothing."""
    changed = [change for change, people in counts.items() if people and change]
    found: dict[int, int] = {}
    step = nice_step(min(changed), max(changed)) if changed else 1
    for change in changed:
        place = change // step
        found[place] = found.get(place, 0) + counts[change]
    places = range(min(found), max(found) + 1) if found else range(0)
    bins = [Bin(place * step, (place + 1) * step, found.get(place, 0)) for place in places]
    unchanged = counts.get(0, 0)
    if not unchanged:
        return bins
    below = [each for each in bins if each.start < 0]
    return [*below, Bin(0, 0, unchanged), *bins[len(below) :]]


def nice_step(least: int, most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 ... euros with which they fit, and no bin is cut."""
    widest = max(_size(least), _size(most))
    size = LEAST_STEP
    while True:
        for nice in _NICE:
            step = nice * size
            if step >= widest and most // step - least // step < MOST_BINS:
                return step
        size *= 10
