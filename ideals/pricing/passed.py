"""Rules that did nothing to a price, as quotes and orders keep them. Pure.

Of a rule its name and why it did nothing are kept, in every language there is: an order can explain
itself when the rule is long over. What the reason says is the rule's own; nobody's facts are in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ideals.kernel.said import Said, Texts, say
from ideals.pricing.rules import packed, unpacked
from ideals.pricing.steering import NotApplied


class Passed(NamedTuple):
    """A rule that did nothing, and why."""

    code: str
    name: Texts
    why: Said


def to_json(not_applied: Iterable[NotApplied]) -> list[Any]:
    return [
        {
            "code": each.code,
            "name": each.name.by_language,
            "text": each.why.template,
            "values": packed(each.why.values),
        }
        for each in not_applied
    ]


def of_json(kept: Sequence[Mapping[str, Any]]) -> list[Passed]:
    """From the stored form."""
    return [
        Passed(each["code"], Texts.of(each["name"]), say(each["text"], **unpacked(each["values"])))
        for each in kept
    ]
