"""Rules that did nothing to a price, as quotes and orders keep them. Pure.

Only which rules, and what of them is not told by the rules themselves: an approved rule never
changes, and its code is its own. So an order explains itself when the rules are long over, and is
small however many there are. What is told is the rules' own; nobody's facts are in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ideals.pricing.steering import NotApplied, RuleText, WhyNot, told_again


def to_json(not_applied: Iterable[NotApplied]) -> dict[str, Any]:
    """By why: codes, or codes with the rule or fact that it is about."""
    kept: dict[str, list[Any]] = {}
    for each in not_applied:
        entry = [each.code, each.about] if each.about else each.code
        kept.setdefault(each.kind.value, []).append(entry)
    return kept


def codes_in(kept: Mapping[str, Any]) -> set[str]:
    """The codes of the rules that are needed to tell it again."""
    pairs = [entry for entries in kept.values() for entry in entries]
    found = {entry if isinstance(entry, str) else entry[0] for entry in pairs}
    return found | {entry[1] for entry in kept.get(WhyNot.AFTER_LAST, ())}


def of_json(kept: Mapping[str, Any], rules: Mapping[str, RuleText]) -> list[NotApplied]:
    """From the stored form, in the order in which rules are looked at. `rules`: by their codes."""
    found = []
    for why, entries in kept.items():
        for entry in entries:
            code, about = (entry, "") if isinstance(entry, str) else entry
            if code in rules:
                told = told_again(rules[code], WhyNot(why), about, rules.get(about))
                found.append((rules[code].rank, told))
    return [told for _rank, told in sorted(found, key=lambda each: each[0])]
