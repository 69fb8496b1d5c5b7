"""What a part comes to: whole numbers under names, in as many levels as there are.

Two parts together are the sum under each name, so in whatever order and groups parts are put
together, the result is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Part: TypeAlias = dict[str, "int | Part"]


def added(into: Part, more: Mapping[str, int | Part]) -> Part:
    """`into`, with the other part in it. What is a number in one of them is so in both."""
    for name, value in more.items():
        if isinstance(value, dict):
            below = into.setdefault(name, {})
            assert isinstance(below, dict)  # noqa: S101  parts of one kind have one shape
            added(below, value)
        else:
            so_far = into.get(name, 0)
            assert isinstance(so_far, int)  # noqa: S101  the same
            into[name] = so_far + value
    return into
