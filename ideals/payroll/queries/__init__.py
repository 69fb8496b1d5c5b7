"""What payroll has, and where it came from.

`moved` and `claims` say what belongs into a batch. `batches`: what was made of it. `lines`: one
line down to its orders. `reconciliation`: batches beside the ledger. And `codes`, `bonuses`,
`refusals`.
"""

from __future__ import annotations

from ideals.payroll.queries.batches import (
    Asked,
    CodeTotal,
    Listing,
    MonthLine,
    access_batch,
    batch_of,
    batches,
    exported,
    line_of,
    lines_listing,
    month_lines,
    months,
    months_without_batch,
    totals_of,
)
from ideals.payroll.queries.bonuses import BonusOfMonth, bonus_months, bonuses, bonuses_of
from ideals.payroll.queries.codes import (
    CodeNow,
    codes_in,
    first_free_month,
    kept_codes,
    product_names,
)
from ideals.payroll.queries.lines import (
    Act,
    Behind,
    LineTold,
    access_line,
    claimed_by,
    goes_back,
    line_told,
)
from ideals.payroll.queries.reconciliation import Reconciled, prove_batches, reconciliation
from ideals.payroll.queries.refusals import (
    count_open_refusals,
    refusal_of,
    refusals,
    refusals_of_line,
)

__all__ = [
    "Act",
    "Asked",
    "Behind",
    "BonusOfMonth",
    "CodeNow",
    "CodeTotal",
    "LineTold",
    "Listing",
    "MonthLine",
    "Reconciled",
    "access_batch",
    "access_line",
    "batch_of",
    "batches",
    "bonus_months",
    "bonuses",
    "bonuses_of",
    "claimed_by",
    "codes_in",
    "count_open_refusals",
    "exported",
    "first_free_month",
    "goes_back",
    "kept_codes",
    "line_of",
    "line_told",
    "lines_listing",
    "month_lines",
    "months",
    "months_without_batch",
    "product_names",
    "prove_batches",
    "reconciliation",
    "refusal_of",
    "refusals",
    "refusals_of_line",
    "totals_of",
]
