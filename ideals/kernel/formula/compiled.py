"""Tree to closures. A formula is checked once and then evaluated for every employee.

Values are `Decimal`, `str` and `bool`. Inside `arithmetic()` numbers have 28 digits; a division
that does not end is cut there, and `settled` takes that last trace away before a value is rounded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from typing import Any, NoReturn, TypeAlias

from ideals.kernel.formula.check import KINDS, Checker, Kind, Names
from ideals.kernel.formula.errors import FormulaFailed, FormulaRefused, Problem, position
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
    Value,
    children,
    names,
    parse,
)
from ideals.kernel.said import say as _

Facts: TypeAlias = Mapping[str, Any]
Closure: TypeAlias = Callable[[Facts], Any]

CONTEXT = Context(
    prec=28,
    rounding=ROUND_HALF_UP,
    traps=[DivisionByZero, InvalidOperation, Overflow],
)
LONG_ROW = 4
"""Steps of a row after which it is worked out in a loop."""
_SETTLING = Context(prec=22, rounding=ROUND_HALF_UP)
_MODES = {"round": ROUND_HALF_UP, "floor": ROUND_FLOOR, "ceil": ROUND_CEILING}


def arithmetic() -> AbstractContextManager[Context]:
    """The numbers of formulas: enter it once around a batch of evaluations."""
    return localcontext(CONTEXT)


def settled(value: Decimal) -> Decimal:
    """Without the trace that 1 / 3 * 3 leaves in the last digits: use before rounding."""
    return _SETTLING.plus(value)


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula ready for use. `evaluate(facts)` raises `FormulaFailed`; enter `arithmetic` first.

    `facts` is any mapping; what its lookup raises beside `KeyError` goes through unchanged.
    `names` are the facts it reads, each once, in the order of the text.
    """

    source: str
    kind: Kind
    names: tuple[str, ...]
    evaluate: Callable[[Facts], Any]
    root: Node

    def __str__(self) -> str:
        return self.source


def names_in(text: str) -> tuple[str, ...]:
    """The facts a text reads, each once. Raises `FormulaRefused` when it cannot be read."""
    return tuple(dict.fromkeys(name.name for name in names(parse(text))))


def compile_formula(text: str, known: Names, *, wanted: Kind | None) -> Formula:
    """Raises `FormulaRefused` with every problem found. `wanted` `None`: any type will do."""
    root = parse(text)
    checker = Checker(text, known)
    kind = checker.kind(root)
    if kind is not None and wanted is not None and kind is not wanted:
        checker.problem(
            root,
            _(
                "the result must be a %(wanted)s, and this gives a %(kind)s",
                wanted=KINDS[wanted],
                kind=KINDS[kind],
            ),
        )
    if not checker.problems:
        with arithmetic():
            checker.problems.extend(_constant_failures(text, root))
    if checker.problems:
        ordered = sorted(checker.problems, key=lambda each: (each.line, each.column))
        raise FormulaRefused(tuple(ordered))
    with arithmetic():
        evaluate = _guarded(text, root)
    read = dict.fromkeys(name.name for name in names(root))
    return Formula(text, kind or Kind.NUMBER, tuple(read), evaluate, root)


def _constant_failures(text: str, node: Node) -> list[Problem]:
    """Parts without any fact that have no result, and division by what is always zero."""
    if node.at.constant:
        try:
            _Compiler(text).closure(node)
        except FormulaFailed as failed:
            return [Problem(failed.line, failed.column, failed.reason)]
        return []
    found = [problem for child in children(node) for problem in _constant_failures(text, child)]
    if isinstance(node, Binary) and node.operator == "/" and node.right.at.constant and not found:
        divisor = _Compiler(text).closure(node.right)({})
        if divisor == 0:
            line, column = position(text, node.right.at.start)
            found.append(Problem(line, column, _("this divides by zero")))
    return found


def _guarded(text: str, root: Node) -> Closure:
    """The whole formula: whatever arithmetic or a missing fact raises becomes `FormulaFailed`."""
    inner = _Compiler(text).closure(root)
    fail = _Failing(text)

    def evaluate(facts: Facts) -> Any:
        try:
            return inner(facts)
        except KeyError as missing:
            name = str(missing.args[0])
            places = [each for each in names(root) if each.name == name]
            fail(places[0] if places else root, _("the fact %(name)s is missing", name=repr(name)))
        except DecimalException:
            fail(root, _("the numbers are too large"))

    return evaluate


class _Failing:
    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self, node: Node, reason: str) -> NoReturn:
        line, column = position(self.text, node.at.start)
        raise FormulaFailed(self.text, line, column, reason) from None


class _Compiler:
    """Closures for the nodes of one text. Parts without facts are worked out once, here."""

    def __init__(self, text: str) -> None:
        self.fail = _Failing(text)

    def closure(self, node: Node) -> Closure:
        made = self._made(node)
        if not node.at.constant or isinstance(node, Constant):
            return made
        try:
            value = made({})
        except DecimalException:
            self.fail(node, _("the numbers are too large"))
        return lambda _facts: value

    def _made(self, node: Node) -> Closure:
        match node:
            case Constant(value=value):
                return lambda _facts: value
            case Name(name=name):
                return lambda facts: facts[name]
            case Minus(operand=operand):
                inner = self.closure(operand)
                return lambda facts: -inner(facts)
            case Not(operand=operand):
                inner = self.closure(operand)
                return lambda facts: not inner(facts)
            case Binary():
                return self._binary(node)
            case Member(needle=needle, options=options, negated=negated):
                if isinstance(needle, Name):
                    return _named_member(needle.name, options, negated)
                return _member(self.closure(needle), options, negated)
            case Choice():
                return self._choice(node)
            case Band():
                return self._band(node)
            case Call():
                return self._call(node)
        raise AssertionError(node)

    def _binary(self, node: Binary) -> Closure:
        first, rest = _row(node)
        if len(rest) > LONG_ROW:
            return self._long_row(first, rest)
        left, right = self.closure(node.left), self.closure(node.right)
        if node.operator in _COMPARED and isinstance(node.left, Name) and node.right.at.constant:
            return _COMPARED[node.operator](node.left.name, right({}))
        if node.operator == "/":
            return self._division(node, left, right)
        if node.operator == "*" and node.left.at.constant:
            return _scaled(left({}), node.right, right)
        return _OPERATORS[node.operator](left, right)

    def _long_row(self, first: Node, rest: list[Binary]) -> Closure:
        """a + b - c + ... in a loop, so that no row of terms makes a tower of calls."""
        start = self.closure(first)
        right = [self.closure(node.right) for node in rest]
        if rest[0].operator in ("and", "or"):
            ends = rest[0].operator == "or"
            conditions = [start, *right]
            return lambda facts: ends is any(bool(each(facts)) is ends for each in conditions)
        terms = [
            (each, node if node.operator == "/" else None, _APPLIED[node.operator])
            for each, node in zip(right, rest, strict=True)
        ]
        fail = self.fail

        def row(facts: Facts) -> Any:
            value = start(facts)
            for term, division, apply in terms:
                other = term(facts)
                if division is not None and not other:
                    fail(division.right, _("division by zero"))
                value = apply(value, other)
            return value

        return row

    def _division(self, node: Binary, left: Closure, right: Closure) -> Closure:
        fail = self.fail

        def divide(facts: Facts) -> Any:
            divisor = right(facts)
            if not divisor:
                fail(node.right, _("division by zero"))
            return left(facts) / divisor

        return divide

    def _choice(self, node: Choice) -> Closure:
        """One `if`, or a row of them, asked in turn."""
        cases = []
        rest: Node = node
        while isinstance(rest, Choice):
            cases.append((self.closure(rest.condition), self.closure(rest.then)))
            rest = rest.otherwise
        otherwise = self.closure(rest)
        if len(cases) == 1:
            condition, then = cases[0]
            return lambda facts: then(facts) if condition(facts) else otherwise(facts)

        def choose(facts: Facts) -> Any:
            for condition, then in cases:
                if condition(facts):
                    return then(facts)
            return otherwise(facts)

        return choose

    def _band(self, node: Band) -> Closure:
        subject, fail = self.closure(node.subject), self.fail
        steps = tuple((start, self.closure(value)) for start, value in reversed(node.steps))
        lowest = node.steps[0][0]

        def band(facts: Facts) -> Any:
            value = subject(facts)
            for start, result in steps:
                if value >= start:
                    return result(facts)
            return fail(
                node,
                _("the value is below the first step; add a step below %(lowest)s", lowest=lowest),
            )

        return band

    def _call(self, node: Call) -> Closure:
        if node.function in ("min", "max"):
            return _extreme(node.function, [self.closure(each) for each in node.arguments])
        value, fail = self.closure(node.arguments[0]), self.fail
        places = node.arguments[1].value if len(node.arguments) == 2 else 0  # type: ignore[attr-defined]
        step, mode = Decimal(1).scaleb(-int(places)), _MODES[node.function]

        def rounded(facts: Facts) -> Any:
            try:
                return settled(value(facts)).quantize(step, mode)
            except InvalidOperation:
                fail(node, _("the number is too large to be rounded"))

        return rounded


def _scaled(factor: Decimal, node: Node, right: Closure) -> Closure:
    """A constant times something: the commonest part of all, in one call less."""
    if isinstance(node, Name):
        name = node.name
        return lambda facts: factor * facts[name]
    return lambda facts: factor * right(facts)


def _member(needle: Closure, options: tuple[Constant, ...], negated: bool) -> Closure:
    values: frozenset[Value] = frozenset(option.value for option in options)
    if negated:
        return lambda facts: needle(facts) not in values
    return lambda facts: needle(facts) in values


def _named_member(name: str, options: tuple[Constant, ...], negated: bool) -> Closure:
    values: frozenset[Value] = frozenset(option.value for option in options)
    if negated:
        return lambda facts: facts[name] not in values
    return lambda facts: facts[name] in values


def _extreme(function: str, values: list[Closure]) -> Closure:
    pick = min if function == "min" else max
    if len(values) == 2:
        one, other = values
        return lambda facts: pick(one(facts), other(facts))
    return lambda facts: pick([value(facts) for value in values])


_ROWS = (("+", "-"), ("*", "/"), ("and",), ("or",))
_APPLIED: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _row(node: Binary) -> tuple[Node, list[Binary]]:
    """The first term of a row of like operators, and each further step, left to right."""
    like = next((row for row in _ROWS if node.operator in row), ())
    steps: list[Binary] = []
    first: Node = node
    while isinstance(first, Binary) and first.operator in like:
        steps.append(first)
        first = first.left
    return first, steps[::-1]


_OPERATORS: dict[str, Callable[[Closure, Closure], Closure]] = {
    "+": lambda left, right: lambda facts: left(facts) + right(facts),
    "-": lambda left, right: lambda facts: left(facts) - right(facts),
    "*": lambda left, right: lambda facts: left(facts) * right(facts),
    "==": lambda left, right: lambda facts: left(facts) == right(facts),
    "!=": lambda left, right: lambda facts: left(facts) != right(facts),
    "<": lambda left, right: lambda facts: left(facts) < right(facts),
    "<=": lambda left, right: lambda facts: left(facts) <= right(facts),
    ">": lambda left, right: lambda facts: left(facts) > right(facts),
    ">=": lambda left, right: lambda facts: left(facts) >= right(facts),
    "and": lambda left, right: lambda facts: left(facts) and right(facts),
    "or": lambda left, right: lambda facts: left(facts) or right(facts),
}
_COMPARED: dict[str, Callable[[str, Value], Closure]] = {
    "==": lambda name, value: lambda facts: facts[name] == value,
    "!=": lambda name, value: lambda facts: facts[name] != value,
    "<": lambda name, value: lambda facts: facts[name] < value,
    "<=": lambda name, value: lambda facts: facts[name] <= value,
    ">": lambda name, value: lambda facts: facts[name] > value,
    ">=": lambda name, value: lambda facts: facts[name] >= value,
}
"""A fact beside a constant: what conditions are mostly made of, in two calls less."""
