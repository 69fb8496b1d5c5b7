"""Two texts side by side, line by line: what was added, removed and changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest

ALIKE = 0.6
"""From this share of equal letters on, a line is the other one changed, not a new one."""
MOST_COMPARED = 2500
"""Pairs of lines; a larger block is put side by side in its order, which takes no time."""


class Kind(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    GAP = "gap"
    """Lines that are alike and left out; `left` is how many."""


@dataclass(frozen=True, slots=True)
class DiffRow:
    """Lines are numbered from 1; a side that has no line has neither number nor text."""

    kind: Kind
    left_number: int | None
    left: str
    right_number: int | None
    right: str


def compare(left: str, right: str, *, around: int = 3) -> list[DiffRow]:
    """Rows for the `diff` macro, with `around` lines that are alike beside each difference.

    Two equal texts give no rows.
    """
    one, two = left.splitlines(), right.splitlines()
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    rows: list[DiffRow] = []
    seen = 0
    groups = matcher.get_grouped_opcodes(around)
    for group in groups:
        rows += _gap(group[0][1] - seen)
        for tag, i1, i2, j1, j2 in group:
            rows += _rows(tag, one[i1:i2], two[j1:j2], i1, j1)
        seen = group[-1][2]
    return rows + _gap(len(one) - seen) if rows else []


def _gap(count: int) -> list[DiffRow]:
    return [DiffRow(Kind.GAP, None, str(count), None, "")] if count > 0 else []


def _rows(tag: str, one: list[str], two: list[str], i: int, j: int) -> Iterator[DiffRow]:
    pairs = _pairs(one, two) if tag == "replace" else zip_longest(one, two)
    for left, right in pairs:
        kind = Kind.SAME if tag == "equal" else Kind.CHANGED
        if left is None:
            kind = Kind.ADDED
        elif right is None:
            kind = Kind.REMOVED
        i, j = i + (left is not None), j + (right is not None)
        yield DiffRow(
            kind,
            None if left is None else i,
            left or "",
            None if right is None else j,
            right or "",
        )


def _pairs(one: list[str], two: list[str]) -> Iterator[tuple[str | None, str | None]]:
    """Lines beside each other where one is the other changed; alone where they are strangers."""
    if len(one) * len(two) > MOST_COMPARED:
        yield from zip_longest(one, two)
        return
    at = 0
    for left in one:
        like = next((k for k in range(at, len(two)) if _alike(left, two[k])), None)
        if like is None:
            yield left, None
            continue
        yield from ((None, right) for right in two[at:like])
        yield left, two[like]
        at = like + 1
    yield from ((None, right) for right in two[at:])


def _alike(left: str, right: str) -> bool:
    matcher = SequenceMatcher(None, left.strip(), right.strip(), autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE
