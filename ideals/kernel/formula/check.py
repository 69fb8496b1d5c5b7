"""What can be known of a formula before any employee's facts: names, types, division by zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Protocol

from ideals.kernel.formula.errors import Problem, position
from ideals.kernel.formula.tree import (
    Band,
    Binary,
    Call,
    Choice,
    Constant,
    Member,
    Minus,
    Name,
    Node,
    Not,
)
from ideals.kernel.said import Said
from ideals.kernel.said import say as _


class Kind(StrEnum):
    """The three types of value."""

    NUMBER = "number"
    TEXT = "text"
    YES_NO = "yes or no"


KINDS = {Kind.NUMBER: _("number"), Kind.TEXT: _("text"), Kind.YES_NO: _("yes or no")}


class Names(Protocol):
    """The facts a formula may use."""

    def kind(self, name: str) -> Kind | None:
        """`None`: there is no such fact."""

    def known(self) -> Iterable[str]:
        """Names to propose when another was meant."""


class FixedNames:
    """A closed list of names."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds

    def kind(self, name: str) -> Kind | None:
        return self._kinds.get(name)

    def known(self) -> Iterable[str]:
        return self._kinds


FUNCTIONS = ("min", "max", "round", "floor", "ceil", "band")
_ROUNDING = ("round", "floor", "ceil")
MOST_DECIMALS = 6


def kind_of_value(value: object) -> Kind:
    if isinstance(value, bool):
        return Kind.YES_NO
    return Kind.TEXT if isinstance(value, str) else Kind.NUMBER


class Checker:
    """Walks one tree and collects its problems; a part of unknown type causes no second one."""

    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        self.names = names
        self.problems: list[Problem] = []

    def problem(self, node: Node, message: str) -> None:
        line, column = position(self.text, node.at.start)
        self.problems.append(Problem(line, column, message))

    def kind(self, node: Node) -> Kind | None:
        match node:
            case Constant(value=value):
                return kind_of_value(value)
            case Name():
                return self._name(node)
            case Minus(operand=operand):
                self._expect(operand, Kind.NUMBER, "'-'")
                return Kind.NUMBER
            case Not(operand=operand):
                self._expect(operand, Kind.YES_NO, "'not'")
                return Kind.YES_NO
            case Binary():
                return self._binary(node)
            case Member():
                self._member(node)
                return Kind.YES_NO
            case Choice():
                return self._choice(node)
            case Call():
                return self._call(node)
            case Band(subject=subject, steps=steps):
                self._expect(subject, Kind.NUMBER, "band")
                for _threshold, result in steps:
                    self._expect(result, Kind.NUMBER, _("a step of band"))
                return Kind.NUMBER
        raise AssertionError(node)

    def _expect(self, node: Node, wanted: Kind, where: str) -> None:
        found = self.kind(node)
        if found is not None and found is not wanted:
            self.problem(
                node,
                _(
                    "%(where)s needs a %(wanted)s, and %(source)s is a %(found)s",
                    where=where,
                    wanted=KINDS[wanted],
                    source=self._source(node),
                    found=KINDS[found],
                ),
            )

    def _source(self, node: Node) -> str:
        source = self.text[node.at.start : node.at.end]
        return repr(source if len(source) <= 40 else source[:37] + "...")

    def _name(self, node: Name) -> Kind | None:
        kind = self.names.kind(node.name)
        if kind is None:
            self.problem(node, self._no_fact(node.name))
        return kind

    def _no_fact(self, name: str) -> Said:
        fact = repr(name[:60])
        near = get_close_matches(name[:60], list(self.names.known()), n=1)
        if near:
            return _(
                "there is no fact %(fact)s; did you mean %(near)s?", fact=fact, near=repr(near[0])
            )
        return _("there is no fact %(fact)s", fact=fact)

    def _binary(self, node: Binary) -> Kind:
        operator = node.operator
        if operator in ("and", "or"):
            self._expect(node.left, Kind.YES_NO, repr(operator))
            self._expect(node.right, Kind.YES_NO, repr(operator))
            return Kind.YES_NO
        if operator in ("+", "-", "*", "/"):
            self._expect(node.left, Kind.NUMBER, repr(operator))
            self._expect(node.right, Kind.NUMBER, repr(operator))
            return Kind.NUMBER
        if operator in ("==", "!="):
            self._alike(node.left, node.right, _("%(sign)s compares", sign=repr(operator)))
            return Kind.YES_NO
        self._expect(node.left, Kind.NUMBER, repr(operator))
        self._expect(node.right, Kind.NUMBER, repr(operator))
        return Kind.YES_NO

    def _alike(self, left: Node, right: Node, what: str) -> Kind | None:
        one, other = self.kind(left), self.kind(right)
        if one and other and one is not other:
            self.problem(
                right,
                _(
                    "%(what)s two values of one type, not a %(one)s and a %(other)s",
                    what=what,
                    one=KINDS[one],
                    other=KINDS[other],
                ),
            )
        return one or other

    def _member(self, node: Member) -> None:
        kind = self.kind(node.needle)
        for option in node.options:
            if kind is not None and kind_of_value(option.value) is not kind:
                self.problem(
                    option, _("'in' looks for a %(kind)s, and this is none", kind=KINDS[kind])
                )

    def _choice(self, node: Choice) -> Kind | None:
        self._expect(node.condition, Kind.YES_NO, "'if'")
        return self._alike(node.then, node.otherwise, _("both sides of 'if' give"))

    def _call(self, node: Call) -> Kind:
        if node.function not in FUNCTIONS:
            near = get_close_matches(node.function[:60], FUNCTIONS, n=1)
            if near:
                hint = _("did you mean %(near)s?", near=near[0])
            else:
                hint = _("there are %(functions)s", functions=", ".join(FUNCTIONS))
            name = repr(node.function[:60])
            self.problem(node, _("there is no function %(name)s; %(hint)s", name=name, hint=hint))
            return Kind.NUMBER
        for argument in node.arguments:
            self._expect(argument, Kind.NUMBER, node.function)
        if node.function in _ROUNDING:
            self._rounding(node)
        elif len(node.arguments) < 2:
            self.problem(node, _("%(function)s needs two values or more", function=node.function))
        return Kind.NUMBER

    def _rounding(self, node: Call) -> None:
        if not 1 <= len(node.arguments) <= 2:
            self.problem(
                node,
                _(
                    "%(function)s takes a value and perhaps a number of decimals",
                    function=node.function,
                ),
            )
        elif len(node.arguments) == 2:
            decimals = node.arguments[1]
            whole = isinstance(decimals, Constant) and decimals.value in range(MOST_DECIMALS + 1)
            if not whole:
                self.problem(
                    decimals,
                    _("the decimals are a whole number from 0 to %(most)s", most=MOST_DECIMALS),
                )
