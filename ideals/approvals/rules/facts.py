"""The facts that conditions of policies may read, and the form in which an approval keeps them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from ideals.kernel.formula import FixedNames, Names
from ideals.kernel.formula import Kind as FactKind

COMMON = {
    "amount": FactKind.NUMBER,
    "unit": FactKind.TEXT,
    "scale": FactKind.TEXT,
    "part_time_factor": FactKind.NUMBER,
    "weekly_hours": FactKind.NUMBER,
    "years_of_service": FactKind.NUMBER,
    "asked_by": FactKind.TEXT,
    "trusted": FactKind.YES_NO,
}
"""The facts of every kind. Salary is none."""

COMMON_OPTIONS: Mapping[str, Collection[str]] = {
    "asked_by": ("employee", "manager", "hr", "system"),
}

TODO_ABOUT = ("payroll", "deal", "other")
"""What tasks are about, the one kind that is the approvals' own."""


class PolicyFacts(FixedNames):
    """The facts of one kind. `options`: the values a text may have, where they are known."""

    def __init__(
        self, kinds: Mapping[str, FactKind], options: Mapping[str, Collection[str]] | None = None
    ) -> None:
        super().__init__(kinds)
        self._options = options or {}

    def options(self, name: str) -> Collection[str]:
        """Empty: it may be any text."""
        return self._options.get(name, ())


def facts_with(
    own: Mapping[str, FactKind], options: Mapping[str, Collection[str]] | None = None
) -> PolicyFacts:
    """The common facts, and those that a kind has of its own."""
    return PolicyFacts({**COMMON, **own}, {**COMMON_OPTIONS, **(options or {})})


def kept(facts: Mapping[str, str | Decimal | bool]) -> dict[str, str | bool]:
    """As JSON keeps them exactly: numbers as texts."""
    return {
        name: format(value, "f") if isinstance(value, Decimal) else value
        for name, value in facts.items()
    }


def again(values: Mapping[str, Any], names: Names) -> dict[str, str | Decimal | bool]:
    """What `kept` made, as facts. What is no fact any more, or of another kind now, is left out."""
    facts: dict[str, str | Decimal | bool] = {}
    for name, value in values.items():
        fact = _as(names.kind(name), value)
        if fact is not None:
            facts[name] = fact
    return facts


def _as(kind: FactKind | None, value: Any) -> str | Decimal | bool | None:
    if kind is FactKind.YES_NO:
        return value if isinstance(value, bool) else None
    if not isinstance(value, str):
        return None
    if kind is FactKind.NUMBER:
        return _number(value)
    return value if kind is FactKind.TEXT else None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None
