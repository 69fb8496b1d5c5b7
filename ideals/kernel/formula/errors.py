"""What can be wrong with a formula: refused when it is saved, or failed for one employee."""

from __future__ import annotations

from dataclasses import dataclass

from ideals.kernel.errors import RuleBroken


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a formula. `line` and `column` count from 1 inside the formula's own text."""

    line: int
    column: int
    message: str


class FormulaRefused(RuleBroken):
    """The text cannot be a formula. `problems` holds every fault found, in order of position."""

    code = "formula_refused"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        super().__init__(
            f"at {first.line}:{first.column}: {first.message}",
            problems=[
                {"line": each.line, "column": each.column, "message": each.message}
                for each in problems
            ],
        )
        self.problems = problems


class FormulaFailed(RuleBroken):
    """A saved formula has no result for these facts. Names the place, never a fact's value."""

    code = "formula_failed"

    def __init__(self, formula: str, line: int, column: int, reason: str) -> None:
        super().__init__(
            f"the formula {formula!r} failed at {line}:{column}: {reason}",
            formula=formula,
            line=line,
            column=column,
            reason=reason,
        )
        self.formula = formula
        self.line = line
        self.column = column
        self.reason = reason


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a place in the text."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
