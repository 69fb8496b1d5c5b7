"""Whether two conditions can never hold together, where that can be seen at a glance.

Looked at are rows of `and` whose parts compare one fact with constants: `unit == 'Bank/Retail'`,
`age >= 60`, `scale in ('7', '8')`. Two conditions are apart when one fact cannot be both. Whatever
is written otherwise is taken as perhaps true: rules are rather shown to meet than not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from ideals.kernel.formula import Formula, Value
from ideals.kernel.formula.tree import Binary, Constant, Member, Name, Node, Not

_TURNED = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(slots=True)
class _Room:
    """What is left for one fact: values, when `only` says which, between two numbers."""

    only: frozenset[Value] | None = None
    least: tuple[Decimal, bool] | None = None
    most: tuple[Decimal, bool] | None = None
    """The number, and whether it is left out itself: the larger pair is the narrower least."""
    never: set[Value] = field(default_factory=set)

    def narrow(self, operator: str, values: frozenset[Value]) -> None:
        if operator == "==":
            self.only = values if self.only is None else self.only & values
        elif operator == "!=":
            self.never |= values
        else:
            (value,) = values
            if not isinstance(value, Decimal):
                return
            if operator in (">", ">="):
                least = (value, operator == ">")
                self.least = least if self.least is None else max(self.least, least)
            else:
                most = (value, operator == "<=")
                self.most = most if self.most is None else min(self.most, most)

    def is_empty(self) -> bool:
        if self.only is not None:
            return not any(self._fits(value) for value in self.only)
        if self.least is None or self.most is None:
            return False
        (low, above), (high, included) = self.least, self.most
        return low > high or (low == high and (above or not included or low in self.never))

    def _fits(self, value: Value) -> bool:
        if value in self.never:
            return False
        if not isinstance(value, Decimal):
            return True
        if self.least is not None and (value, False) < self.least:
            return False
        return self.most is None or value < self.most[0] or (value, True) == self.most


def never_together(one: Formula | None, other: Formula | None) -> bool:
    """Only where it is certain. Everybody (`None`) is apart from nobody."""
    if one is None or other is None:
        return False
    rooms: dict[str, _Room] = {}
    for formula in (one, other):
        for name, operator, values in _parts(formula.root):
            rooms.setdefault(name, _Room()).narrow(operator, values)
    return any(room.is_empty() for room in rooms.values())


def _parts(node: Node) -> Iterator[tuple[str, str, frozenset[Value]]]:
    """Fact, comparison, constants: of what must be true for the whole to be."""
    match node:
        case Binary(operator="and", left=left, right=right):
            yield from _parts(left)
            yield from _parts(right)
        case Binary(operator=operator, left=Name(name=name), right=Constant(value=value)) if (
            operator in _TURNED or operator == "!="
        ):
            yield name, operator, frozenset([value])
        case Binary(operator=operator, left=Constant(value=value), right=Name(name=name)) if (
            operator in _TURNED or operator == "!="
        ):
            yield name, _TURNED.get(operator, operator), frozenset([value])
        case Member(needle=Name(name=name), options=options, negated=negated):
            yield name, "!=" if negated else "==", frozenset(each.value for each in options)
        case Name(name=name):
            yield name, "==", frozenset([True])
        case Not(operand=Name(name=name)):
            yield name, "==", frozenset([False])
