"""Conditions in words, as rows to choose from, and by their indicators alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ideals.kernel.formula import (
    FixedNames,
    Formula,
    FormulaFailed,
    Kind,
    Value,
    arithmetic,
    compile_formula,
    names_in,
)
from ideals.kernel.formula.tree import Binary, Constant, Member, Minus, Name, Node, Not
from ideals.kernel.money import Money
from ideals.kernel.said import Said
from ideals.kernel.said import say as _

INDICATOR = "indicator_"
"""What names of indicators begin with in conditions."""
FACTS: Mapping[str, Said] = {
    "weekly_hours": _("the number of hours a week"),
    "part_time_factor": _("the part-time factor"),
    "full_time_hours": _("the number of hours of a full-time week"),
    "salary": _("the salary"),
    "full_time_salary": _("the full-time salary"),
    "allowances": _("the sum of the allowances"),
    "years_of_service": _("the number of years of service"),
    "age": _("the age"),
    "scale": _("the salary scale"),
    "unit": _("the unit"),
    "calendar_month": _("the month of the year, 1 to 12"),
    "calendar_year": _("the calendar year"),
    "share_employed": _("the share of the month employed"),
    "share_paid": _("the share of the month paid"),
}
"""What a form offers, in this order. Others are said as they are called."""
EUROS = ("salary", "full_time_salary", "allowances")
SIGNS: Mapping[str, Said] = {
    ">=": _("%(what)s is at least %(value)s"),
    "<=": _("%(what)s is at most %(value)s"),
    ">": _("%(what)s is more than %(value)s"),
    "<": _("%(what)s is less than %(value)s"),
    "==": _("%(what)s is %(value)s"),
    "!=": _("%(what)s is not %(value)s"),
    "in": _("%(what)s is one of: %(values)s"),
    "not in": _("%(what)s is none of: %(values)s"),
}
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
Names = Mapping[str, str]
"""What indicators are called, by their codes."""
NO_NAMES: Names = {}


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: a fact or indicator, a sign of `SIGNS`, and one value, or several."""

    name: str
    sign: str
    values: tuple[Value, ...]


# In words -------------------------------------------------------------------------------------


def told(condition: Formula, names: Names = NO_NAMES) -> Said:
    """`when the number of hours a week is at least 32 and utilisation is less than 85`."""
    return _("when %(this)s", this=_told(condition.root, condition.source, names))


def fact_said(name: str, names: Names = NO_NAMES) -> str:
    """A fact or indicator as it stands in a sentence."""
    if name.startswith(INDICATOR):
        code = name.removeprefix(INDICATOR)
        return names.get(code) or code.replace("_", " ")
    return FACTS.get(name, name)


def _told(node: Node, source: str, names: Names) -> str:
    row = row_of(node)
    if row is not None:
        return _row_told(row, names)
    match node:
        case Binary(operator="and" | "or" as word, left=left, right=right):
            one, other = (_inner(each, word, source, names) for each in (left, right))
            if word == "and":
                return _("%(one)s and %(other)s", one=one, other=other)
            return _("%(one)s or %(other)s", one=one, other=other)
        case Not(operand=operand):
            return _("it is not so that %(this)s", this=_inner(operand, "not", source, names))
    return source[node.at.start : node.at.end]


def _inner(node: Node, word: str, source: str, names: Names) -> str:
    this = _told(node, source, names)
    if isinstance(node, Binary) and node.operator in ("and", "or") and node.operator != word:
        return _("(%(this)s)", this=this)
    return this


def _row_told(row: Row, names: Names) -> str:
    what = fact_said(row.name, names)
    values = [_value(row.name, each) for each in row.values]
    template = SIGNS[row.sign].template
    if row.sign in ("in", "not in"):
        listed: object = values[0]
        for each in values[1:]:
            listed = _("%(one)s, %(other)s", one=listed, other=each)
        return _(template, what=what, values=listed)
    return _(template, what=what, value=values[0])


def _value(name: str, value: Value) -> object:
    if isinstance(value, Decimal) and name in EUROS and value == round(value, 2):
        return Money.of(value)
    return value


# As rows --------------------------------------------------------------------------------------


def row_of(node: Node) -> Row | None:
    """The comparison of one fact with constants that a node is; `None`: it is something else."""
    match node:
        case Binary(operator=sign, left=Name(name=name), right=right) if sign in _TURNED:
            value = _constant(right)
            return None if value is None else Row(name, sign, (value,))
        case Binary(operator=sign, left=left, right=Name(name=name)) if sign in _TURNED:
            value = _constant(left)
            return None if value is None else Row(name, _TURNED[sign], (value,))
        case Member(needle=Name(name=name), options=options, negated=negated):
            values = tuple(each.value for each in options)
            return Row(name, "not in" if negated else "in", values)
    return None


def _constant(node: Node) -> Value | None:
    match node:
        case Constant(value=value):
            return value
        case Minus(operand=Constant(value=Decimal() as value)):
            return -value
    return None


def rows_of(condition: Formula) -> tuple[str, list[Row]] | None:
    """`and` or `or`, and the comparisons that it joins; `None`: it is not written so."""
    for word in ("and", "or"):
        rows = [row_of(node) for node in _joined(condition.root, word)]
        whole = [row for row in rows if row is not None]
        if len(whole) == len(rows):
            return word, whole
    return None


def _joined(node: Node, word: str) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == word:
        yield from _joined(node.left, word)
        yield from _joined(node.right, word)
    else:
        yield node


def source_of(word: str, rows: Sequence[Row]) -> str:
    """The formula that `rows_of` makes the same rows of; no rows: empty, which is everybody."""
    return f" {word} ".join(_source(row) for row in rows)


def _source(row: Row) -> str:
    values = [_written(each) for each in row.values]
    if row.sign in ("in", "not in"):
        return f"{row.name} {row.sign} ({', '.join(values)})"
    return f"{row.name} {row.sign} {values[0]}"


def _written(value: Value) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    return f"'{value}'"


# By indicators --------------------------------------------------------------------------------


class Holds(StrEnum):
    """Whether a condition holds, as far as indicators say."""

    YES = "yes"
    NO = "no"
    FOR_SOME = "for_some"
    """It depends on facts of the employee."""
    UNKNOWN = "unknown"
    """An indicator that it goes by has no value: the rule does nothing."""


def by_indicators(condition: Formula, values: Mapping[str, Decimal]) -> Holds:
    """`values`: of indicators, named as conditions name them."""
    needed = [name for name in condition.names if name.startswith(INDICATOR)]
    if len(needed) < len(condition.names) and not all(name in values for name in needed):
        return Holds.UNKNOWN
    try:
        with arithmetic():
            if len(needed) == len(condition.names):
                return Holds.YES if condition.evaluate(values) else Holds.NO
            found = _decided(condition.root, condition.source, values)
    except FormulaFailed:
        return Holds.UNKNOWN
    return Holds.FOR_SOME if found is None else Holds.YES if found else Holds.NO


def _decided(node: Node, source: str, values: Mapping[str, Decimal]) -> bool | None:
    """`None`: facts of the employee decide."""
    match node:
        case Binary(operator="and" | "or" as word, left=left, right=right):
            both = [_decided(each, source, values) for each in (left, right)]
            deciding = word == "or"
            if deciding in both:
                return deciding
            return None if None in both else not deciding
        case Not(operand=operand):
            found = _decided(operand, source, values)
            return None if found is None else not found
    part = source[node.at.start : node.at.end]
    names = names_in(part)
    if not all(name in values for name in names):
        return None
    known = FixedNames(dict.fromkeys(names, Kind.NUMBER))
    return bool(compile_formula(part, known, wanted=Kind.YES_NO).evaluate(values))
