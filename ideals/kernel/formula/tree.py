"""Text to tree. The parser is bottom-up and the caps are checked while the tree is built, so that
no text, however hostile, costs more than its 2,000 characters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple, NoReturn, TypeAlias, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from ideals.kernel.formula.errors import FormulaRefused, Problem, position
from ideals.kernel.said import say as _

MAX_LENGTH = 2_000
MAX_DEPTH = 20
MAX_NODES = 200
MAX_NUMBER = Decimal(10) ** 12
MAX_DECIMALS = 12

Value: TypeAlias = Decimal | str | bool

GRAMMAR = r"""
start: expr

?expr: either | either IF either ELSE expr -> choice
?either: both | either OR both -> logic
?both: negation | both AND negation -> logic
?negation: comparison | NOT negation -> negated
?comparison: sum
    | sum COMPARE sum -> compare
    | sum IN LPAR constants RPAR -> member
    | sum NOT IN LPAR constants RPAR -> not_member
?sum: product | sum (PLUS | MINUS) product -> arithmetic
?product: unary | product (TIMES | DIVIDE) unary -> arithmetic
?unary: atom | MINUS unary -> minus
?atom: NUMBER -> number
    | PERCENT -> percent
    | TEXT -> text
    | NAME -> name
    | NAME LPAR [argument (_COMMA argument)*] RPAR -> call
    | LPAR expr RPAR -> group
argument: expr | expr _COLON expr
constants: constant (_COMMA constant)*
?constant: NUMBER -> number | MINUS NUMBER -> negative | PERCENT -> percent | TEXT -> text

IF.2: /if(?![A-Za-z0-9_.])/
ELSE.2: /else(?![A-Za-z0-9_.])/
OR.2: /or(?![A-Za-z0-9_.])/
AND.2: /and(?![A-Za-z0-9_.])/
NOT.2: /not(?![A-Za-z0-9_.])/
IN.2: /in(?![A-Za-z0-9_.])/
COMPARE: "==" | "!=" | "<=" | ">=" | "<" | ">"
PLUS: "+"
MINUS: "-"
TIMES: "*"
DIVIDE: "/"
LPAR: "("
RPAR: ")"
_COMMA: ","
_COLON: ":"
PERCENT.1: /[0-9]+(\.[0-9]+)? ?%/
NUMBER: /[0-9]+(\.[0-9]+)?/
TEXT: /'[^'\n]*'/
NAME: /[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*/
%ignore /[ \t\r\n]+/
"""


class At(NamedTuple):
    """Where a node stands in the text, and how large it is. `constant`: no fact below it."""

    start: int
    end: int
    depth: int = 1
    size: int = 1
    constant: bool = True


@dataclass(frozen=True, slots=True)
class Node:
    at: At


@dataclass(frozen=True, slots=True)
class Constant(Node):
    value: Value


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Minus(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`operator` is one of + - * / == != < <= > >= and or."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Member(Node):
    needle: Node
    options: tuple[Constant, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Choice(Node):
    then: Node
    condition: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Band(Node):
    """A table by steps: the value of the last step that `subject` reaches."""

    subject: Node
    steps: tuple[tuple[Decimal, Node], ...]


class _Argument(NamedTuple):
    value: Node
    step: Node | None


def parse(text: str) -> Node:
    """Raises `FormulaRefused`."""
    if len(text) > MAX_LENGTH:
        _refuse(
            text,
            0,
            _(
                "a formula has at most %(most)s characters, this has %(count)s",
                most=f"{MAX_LENGTH:,}",
                count=f"{len(text):,}",
            ),
        )
    try:
        root = cast(Node, _PARSER.parse(text))
    except UnexpectedInput as unexpected:
        _refuse(text, _offset(unexpected, text), _expectation(unexpected, text))
    except _TooMuch as too_much:
        _refuse(text, too_much.offset, too_much.message)
    return root


def children(node: Node) -> tuple[Node, ...]:
    match node:
        case Minus(operand=operand) | Not(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Member(needle=needle):
            return (needle,)
        case Choice(then=then, condition=condition, otherwise=otherwise):
            return (condition, then, otherwise)
        case Call(arguments=arguments):
            return arguments
        case Band(subject=subject, steps=steps):
            return (subject, *(value for _, value in steps))
        case _:
            return ()


def names(node: Node) -> tuple[Name, ...]:
    """Every reading of a fact, in the order of the text."""
    if isinstance(node, Name):
        return (node,)
    found = [name for child in children(node) for name in names(child)]
    return tuple(sorted(found, key=lambda name: name.at.start))


class _TooMuch(Exception):
    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    def start(self, root: Node) -> Node:
        return root

    def number(self, token: Token) -> Constant:
        return Constant(_at(token), _number(token, str(token)))

    def negative(self, sign: Token, token: Token) -> Constant:
        return Constant(_span(sign, token), -_number(token, str(token)))

    def percent(self, token: Token) -> Constant:
        return Constant(_at(token), _number(token, token.rstrip("% ")).scaleb(-2))

    def text(self, token: Token) -> Constant:
        return Constant(_at(token), str(token)[1:-1])

    def name(self, token: Token) -> Name:
        return Name(_at(token)._replace(constant=False), str(token))

    def group(self, left: Token, inner: Node, right: Token) -> Node:
        span = _span(left, right, inner)
        return replace(inner, at=span._replace(size=inner.at.size))

    def minus(self, sign: Token, operand: Node) -> Minus:
        return Minus(_span(sign, operand, operand), operand)

    def negated(self, word: Token, operand: Node) -> Not:
        return Not(_span(word, operand, operand), operand)

    def arithmetic(self, left: Node, operator: Token, right: Node) -> Binary:
        return Binary(_span(left, right, right, chained=left), str(operator), left, right)

    logic = arithmetic

    def compare(self, left: Node, operator: Token, right: Node) -> Binary:
        return Binary(_span(left, right, left, right), str(operator), left, right)

    def constants(self, *options: Constant) -> tuple[Constant, ...]:
        return options

    def member(
        self, needle: Node, _in: Token, _left: Token, options: Any, right: Token, negated: Any = 0
    ) -> Member:
        return Member(_span(needle, right, needle, *options), needle, options, bool(negated))

    def not_member(
        self, needle: Node, _not: Token, _in: Token, _left: Token, options: Any, right: Token
    ) -> Member:
        return self.member(needle, _in, _left, options, right, True)

    def choice(
        self, then: Node, _if: Token, condition: Node, _else: Token, otherwise: Node
    ) -> Choice:
        span = _span(then, otherwise, then, condition, chained=otherwise)
        return Choice(span, then, condition, otherwise)

    def argument(self, value: Node, step: Node | None = None) -> _Argument:
        return _Argument(value, step)

    def call(self, name: Token, _left: Token, *rest: Any) -> Node:
        *arguments, right = [each for each in rest if each is not None]
        values = [each.value for each in arguments]
        steps = [each.step for each in arguments if each.step is not None]
        span = _span(name, right, *values, *steps)
        if name == "band":
            return Band(span, *_band(name, arguments))
        if steps:
            raise _TooMuch(
                steps[0].at.start,
                _("only band has steps with ':', %(name)s has none", name=str(name)),
            )
        return Call(span, str(name), tuple(values))


def _band(name: Token, arguments: list[_Argument]) -> tuple[Node, tuple[tuple[Decimal, Node], ...]]:
    example = "band(age, 0: 1%, 45: 2%)"
    if len(arguments) < 2 or arguments[0].step is not None:
        raise _TooMuch(
            _start(name),
            _("band needs a value and steps; write it as %(example)s", example=example),
        )
    steps: list[tuple[Decimal, Node]] = []
    for threshold, value in arguments[1:]:
        if value is None:
            raise _TooMuch(
                threshold.at.start,
                _("this step of band has no ':'; write it as %(example)s", example=example),
            )
        start = threshold.value if isinstance(threshold, Constant) else None
        if not isinstance(start, Decimal):
            raise _TooMuch(
                threshold.at.start,
                _("a step of band starts at a number; write it as %(example)s", example=example),
            )
        if steps and start <= steps[-1][0]:
            raise _TooMuch(threshold.at.start, _("the steps of band must go up, each one once"))
        steps.append((start, value))
    return arguments[0].value, tuple(steps)


def _number(token: Token, digits: str) -> Decimal:
    value = Decimal(digits)
    if value > MAX_NUMBER:
        raise _TooMuch(_start(token), _("a number is at most 1,000,000,000,000"))
    if -int(value.as_tuple().exponent) > MAX_DECIMALS:
        raise _TooMuch(
            _start(token), _("a number has at most %(most)s decimals", most=MAX_DECIMALS)
        )
    return value


def _start(edge: Token | Node) -> int:
    return edge.at.start if isinstance(edge, Node) else int(edge.start_pos or 0)


def _end(edge: Token | Node) -> int:
    return edge.at.end if isinstance(edge, Node) else int(edge.end_pos or 0)


def _at(token: Token) -> At:
    return At(_start(token), _end(token))


def _span(first: Token | Node, last: Token | Node, *below: Node, chained: Node | None = None) -> At:
    """The place and size of a node over `below`.

    `chained` is the rest of a row such as a + b + c, which is read as one level however long.
    """
    inside = below if chained is None else (*below, chained)
    depth = max(
        1 + max((node.at.depth for node in below), default=0),
        chained.at.depth if chained else 0,
    )
    size = 1 + sum(node.at.size for node in inside)
    start = _start(first)
    if depth > MAX_DEPTH:
        raise _TooMuch(
            start,
            _("a formula is at most %(most)s levels deep; name a part as a fact", most=MAX_DEPTH),
        )
    if size > MAX_NODES:
        raise _TooMuch(
            start, _("a formula has at most %(most)s parts; name a part as a fact", most=MAX_NODES)
        )
    return At(start, _end(last), depth, size, all(node.at.constant for node in inside))


_PARSER = Lark(GRAMMAR, parser="lalr", transformer=_Builder(), maybe_placeholders=False)

_HINTS = {
    "=": _("write == to compare"),
    '"': _("write texts in single quotes, as 'A'"),
    "%": _("write a percentage as a number with %, as 8%"),
    "^": _("there are no powers"),
    "[": _("write lists in round brackets, as scale in ('A', 'B')"),
    "&": _("write and"),
    "|": _("write or"),
    "!": _("write not, or != for not equal"),
    ".": _("a number starts with a digit, as 0.5"),
    "€": _("write amounts as plain numbers of euros"),
}


def _offset(unexpected: UnexpectedInput, text: str) -> int:
    """Where the text went wrong; just after it when it ends too early."""
    ended = isinstance(unexpected, UnexpectedToken) and unexpected.token.type == "$END"
    return len(text.rstrip()) if ended else int(unexpected.pos_in_stream or 0)


def _expectation(unexpected: UnexpectedInput, text: str) -> str:
    expected: set[str] = set()
    found: str = _("the end")
    if isinstance(unexpected, UnexpectedToken):
        expected = set(unexpected.expected)
        if unexpected.token.type != "$END":
            found = f"{str(unexpected.token)[:40]!r}"
    elif isinstance(unexpected, UnexpectedCharacters):
        expected = set(unexpected.allowed or ())
        found = f"{unexpected.char!r}"
    wanted = (
        _("a number, a name, a text or '('")
        if "NAME" in expected
        else _("an operator, ')' or the end of the formula")
    )
    if not text.strip():
        return _("the formula is empty")
    hint = _HINTS.get(found.strip("'\"") or '"')
    if hint is None:
        return _("%(found)s is not expected here, but %(wanted)s", found=found, wanted=wanted)
    return _(
        "%(found)s is not expected here, but %(wanted)s; %(hint)s",
        found=found,
        wanted=wanted,
        hint=hint,
    )


def _refuse(text: str, offset: int, message: str) -> NoReturn:
    line, column = position(text, offset)
    raise FormulaRefused((Problem(line, column, message),)) from None
