"""The formula language: exact decimals, named facts, no loops, nothing of Python.

    max(8% * salary, 8% * 2102 * part_time_factor if age >= 21 else 0)

A formula goes through four steps, one module each: `tree` reads the text with a grammar and caps
its size, `check` finds unknown names, wrong types and division by zero before anything is saved,
`compiled` turns the tree into closures over `Decimal`, `explained` shows each part with its value.
No step evaluates Python.
"""

from __future__ import annotations

from ideals.kernel.formula.check import FixedNames, Kind, Names
from ideals.kernel.formula.compiled import Formula, arithmetic, compile_formula, names_in, settled
from ideals.kernel.formula.errors import FormulaFailed, FormulaRefused, Problem
from ideals.kernel.formula.explained import Part, PartKind, explain, filled
from ideals.kernel.formula.tree import Value

__all__ = [
    "FixedNames",
    "Formula",
    "FormulaFailed",
    "FormulaRefused",
    "Kind",
    "Names",
    "Part",
    "PartKind",
    "Problem",
    "Value",
    "arithmetic",
    "compile_formula",
    "explain",
    "filled",
    "names_in",
    "settled",
]
