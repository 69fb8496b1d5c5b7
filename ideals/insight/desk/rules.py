"""Groups of people, and which of their figures would tell of somebody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

LEAST_COUNTED = 5
"""People of whom a count may be shown."""
LEAST_SUMMED = 10
"""People of whom an amount may be shown."""

AGES = (25, 35, 45, 55)
"""Where the next age group begins."""
SIZES = (Decimal("0.5"), Decimal("0.8"), Decimal("1"))
"""Of the part-time factor."""


class By(StrEnum):
    """How people are grouped."""

    UNIT = "unit"
    AGE = "age"
    SIZE = "size"
    GENDER = "gender"


@dataclass(frozen=True, slots=True)
class Group:
    """`key` is empty where it is not known of people. `chose` of the `people`, for `minor` cents in
    all."""

    key: str
    people: int
    chose: int
    minor: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A group as it may be shown: `None` where it would tell of somebody."""

    key: str
    people: int | None
    chose: int | None
    minor: int | None


def shown(groups: Sequence[Group]) -> list[Shown]:
    """What of the groups may be shown beside the total of each column.

    Who is few in a column is hidden in the columns after it too: an amount without a count, or a
    count without its group, tells nothing that it should.
    """
    people = hidden([each.people for each in groups], LEAST_COUNTED)
    chose = hidden([each.chose for each in groups], LEAST_COUNTED, people)
    minor = hidden([each.chose for each in groups], LEAST_SUMMED, chose)
    return [
        Shown(
            each.key,
            None if place in people else each.people,
            None if place in chose else each.chose,
            None if place in minor else each.minor,
        )
        for place, each in enumerate(groups)
    ]


def summed(chose: Sequence[int], apart: Sequence[bool]) -> frozenset[int]:
    """Places of the products whose amount may be shown. What stands `apart` is in no total; of the
    others the total is known from the groups."""
    together = [place for place, alone in enumerate(apart) if not alone]
    few = hidden([chose[place] for place in together], LEAST_SUMMED)
    secret = {together[place] for place in few}
    return frozenset(
        place for place, count in enumerate(chose) if place not in secret and count >= LEAST_SUMMED
    )


def total(groups: Sequence[Group]) -> Shown:
    """Of all of them: everybody is in one group."""
    people, chose = sum(each.people for each in groups), sum(each.chose for each in groups)
    return Shown(
        "",
        _from(people, people, LEAST_COUNTED),
        _from(chose, chose, LEAST_COUNTED),
        _from(sum(each.minor for each in groups), chose, LEAST_SUMMED),
    )


def _from(figure: int, people: int, least: int) -> int | None:
    return figure if people >= least or people == 0 else None


def hidden(counts: Sequence[int], least: int, already: Collection[int] = ()) -> frozenset[int]:
    """Places of what must not be shown beside the total of all.

    Hidden is what is of at least one and fewer than `least` people. One that is hidden alone is the
    total less the others; several that are few together are few. So the smallest of the others is
    hidden too, until neither is so. Of nobody nothing can be told, so nobody hides anybody.
    """
    found = {place for place, count in enumerate(counts) if 0 < count < least or place in already}
    others = sorted(
        (place for place, count in enumerate(counts) if count and place not in found),
        key=lambda place: (counts[place], place),
    )
    while others and _tells(found, counts, least):
        found.add(others.pop(0))
    return frozenset(found)


def _tells(found: Collection[int], counts: Sequence[int], least: int) -> bool:
    some = [counts[place] for place in found if counts[place]]
    return bool(some) and (len(some) < 2 or sum(some) < least)
