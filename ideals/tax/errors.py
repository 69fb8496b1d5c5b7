"""What can be refused about an amount or a year, and what can be wrong with the figures."""

from __future__ import annotations

from ideals.kernel.errors import IdealsError, RuleBroken


class NotKnown(RuleBroken):
    """`data["known"]` lists the years whose monthly table is known."""

    code = "tax_not_known"


class GrossRefused(RuleBroken):
    code = "gross_refused"


class DataDamaged(IdealsError):
    """A file of figures that came with the program is not what it was. `data`: `file`, `key`."""

    code = "tax_data_damaged"
