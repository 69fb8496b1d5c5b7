"""What can go wrong while loading."""

from __future__ import annotations

from ideals.kernel.errors import NotFound, RuleBroken


class SeedUnknown(NotFound):
    code = "seed_unknown"


class RowsRefused(RuleBroken):
    """A generated file was refused: the import's rules have moved on, the generator has not."""

    code = "seed_rows_refused"


class NumberOfEmployeesMissing(RuleBroken):
    code = "number_of_employees_missing"
