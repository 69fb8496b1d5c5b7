"""A formula with the facts of one employee, part by part.

Only what counted is shown: the branch taken, the step of the band reached, each fact once. The
values come from the same closures that the result comes from, so the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from ideals.kernel.formula.compiled import Facts, Formula, _Compiler, arithmetic
from ideals.kernel.formula.tree import (
    Band,
    Binary,
    Call,
    Choice,
    Name,
    Node,
    Value,
    children,
    names,
    parse,
)


class PartKind(StrEnum):
    FACT = "fact"
    """A named fact and its value."""
    CHOICE = "choice"
    """The condition of an `if`, yes or no; `taken` is the side that counted."""
    BAND = "band"
    """The value looked up in a band; `taken` is the step reached, `45: 28.8`."""
    PICK = "pick"
    """A min or max; `taken` is the value that won."""
    RESULT = "result"
    """The whole formula: always the last part."""


@dataclass(frozen=True, slots=True)
class Part:
    """`name` is the fact, or the piece of the formula as it is written."""

    kind: PartKind
    name: str
    value: Value
    taken: str = ""


def explain(formula: Formula, facts: Facts) -> tuple[Part, ...]:
    """The parts in the order of reading, then the result. Raises what `evaluate` raises."""
    with arithmetic():
        result = formula.evaluate(facts)
        parts = dict.fromkeys(_Explainer(formula.source, facts).parts(formula.root))
    return (*parts, Part(PartKind.RESULT, formula.source, result))


def filled(source: str, parts: Iterable[Part], shown: Callable[[str, Value], str]) -> str:
    """The formula with each fact as `shown` shows its value: '(3,300.00 + 0.00) / 165'.

    A fact that did not count has no value among the parts, and keeps its name.
    """
    values = {part.name: part.value for part in parts if part.kind is PartKind.FACT}
    pieces, done = [], 0
    for name in names(parse(source)):
        if name.name in values:
            pieces += [source[done : name.at.start], shown(name.name, values[name.name])]
            done = name.at.end
    return "".join([*pieces, source[done:]])


class _Explainer:
    def __init__(self, text: str, facts: Facts) -> None:
        self.text = text
        self.facts = facts
        self.compiler = _Compiler(text)

    def source(self, node: Node) -> str:
        return self.text[node.at.start : node.at.end]

    def value(self, node: Node) -> Value:
        value: Value = self.compiler.closure(node)(self.facts)
        return value

    def parts(self, node: Node) -> Iterator[Part]:
        match node:
            case Name(name=name):
                yield Part(PartKind.FACT, name, self.value(node))
            case Choice(then=then, condition=condition, otherwise=otherwise):
                yield from self.parts(condition)
                answer = self.value(condition)
                taken = then if answer else otherwise
                source = self.source(condition)
                yield Part(PartKind.CHOICE, source, answer, self.source(taken))
                yield from self.parts(taken)
            case Band():
                yield from self._band(node)
            case Binary(operator="and" | "or", left=left, right=right):
                yield from self.parts(left)
                if bool(self.value(left)) == (node.operator == "and"):
                    yield from self.parts(right)
            case Call(function="min" | "max", arguments=arguments):
                for argument in arguments:
                    yield from self.parts(argument)
                value = self.value(node)
                won = next(each for each in arguments if self.value(each) == value)
                yield Part(PartKind.PICK, self.source(node), value, self.source(won))
            case _:
                for child in children(node):
                    yield from self.parts(child)

    def _band(self, node: Band) -> Iterator[Part]:
        yield from self.parts(node.subject)
        subject = self.value(node.subject)
        reached = [step for step in node.steps if step[0] <= subject]  # type: ignore[operator]
        start, taken = reached[-1]
        yield Part(
            PartKind.BAND, self.source(node.subject), subject, f"{start}: {self.source(taken)}"
        )
        yield from self.parts(taken)
