"""The condition of a case: compiled, and refused where it cannot mean anything."""

from __future__ import annotations

from collections.abc import Iterator

from ideals.approvals.rules.facts import PolicyFacts
from ideals.kernel.formula import Formula, FormulaRefused, Names, compile_formula
from ideals.kernel.formula import Kind as FactKind
from ideals.kernel.formula.tree import Binary, Constant, Member, Name, Node, children
from ideals.kernel.said import say as _
from ideals.schemes.rules.document import Item
from ideals.schemes.rules.formulas import short
from ideals.schemes.rules.values import Values, nearest


def read_condition(values: Values, item: Item, facts: Names) -> Formula | None:
    """`None`: it has faults, which are noted."""
    if not item.text:
        values.fault(item, item.what, _("a formula is needed here"))
        return None
    try:
        formula = compile_formula(item.text, facts, wanted=FactKind.YES_NO)
    except FormulaRefused as refused:
        for problem in refused.problems:
            place = _("character %(column)s", column=problem.column)
            if problem.line > 1:
                place = _("line %(line)s of the formula, %(place)s", line=problem.line, place=place)
            found = _("the formula %(text)s at %(place)s", text=short(item.text), place=place)
            values.fault(item, found, problem.message)
        return None
    _check_sense(values, item, formula, facts)
    return formula


def _check_sense(values: Values, item: Item, formula: Formula, facts: Names) -> None:
    text = short(formula.source)
    if not formula.names:
        values.fault(
            item,
            _("the formula %(text)s, which reads no fact", text=text),
            _("a condition compares a fact: amount <= 250"),
        )
    for node in _nodes(formula.root):
        if isinstance(node, Binary) and node.operator == "/" and not node.right.at.constant:
            values.fault(
                item,
                _("the formula %(text)s, which divides by a fact", text=text),
                _("multiply instead: a fact may be zero, and then nobody could be asked"),
            )
        if isinstance(facts, PolicyFacts):
            for name, value in _compared(node):
                options = facts.options(name)
                if options and value not in options:
                    values.fault(
                        item,
                        _("%(value)s, which %(fact)s never is", value=repr(value[:60]), fact=name),
                        nearest(value, options, closed=True),
                    )


def _compared(node: Node) -> Iterator[tuple[str, str]]:
    """Facts with the texts they are compared to, of this node alone."""
    match node:
        case Binary(operator="==" | "!=", left=Name(name=name), right=Constant(value=str(value))):
            yield name, value
        case Binary(operator="==" | "!=", left=Constant(value=str(value)), right=Name(name=name)):
            yield name, value
        case Member(needle=Name(name=name), options=options):
            yield from ((name, each.value) for each in options if isinstance(each.value, str))


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from _nodes(child)
