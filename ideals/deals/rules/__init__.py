"""Facts about deals that need no database: pure values in, values or faults out.

`kinds` are the terms, `terms` reads and writes them with `values` and `texts`, `offers` is the
whole that is put forward, `law` the Flexible Working Act, `clauses` what else a term must hold,
`typical` what such deals look like here. docs/deals.md says it in words.
"""

from __future__ import annotations

from ideals.deals.rules.clauses import Clause, facts_for, unsure, void
from ideals.deals.rules.clauses import read as read_clause
from ideals.deals.rules.kinds import (
    MONEY_KINDS,
    Bonus,
    Development,
    FinancedBy,
    Hours,
    Into,
    Leave,
    MoneyTerm,
    Other,
    Paid,
    PaidAs,
    PaidFrom,
    Pattern,
    Place,
    Tasks,
    Term,
    Where,
    keys_of,
)
from ideals.deals.rules.law import (
    FLEXIBLE_WORK,
    FlexibleWork,
    WhyNot,
    by_law_on,
    decide_by,
    next_request_on,
    qualifies,
    request_by,
    rule_on,
    why_not,
)
from ideals.deals.rules.offers import (
    Difference,
    Moved,
    OfferText,
    check,
    checked,
    compare,
    cost,
    digest,
    moved,
    plain_of_offer,
    reason_of,
)
from ideals.deals.rules.offers import read as read_offer
from ideals.deals.rules.terms import plain_of, read
from ideals.deals.rules.texts import LONGEST_LINE, LONGEST_TEXT, cleaned, wrong_with
from ideals.deals.rules.typical import (
    InForce,
    Measure,
    Measured,
    Typical,
    counts,
    typical,
)
from ideals.deals.rules.values import Fault

__all__ = [
    "FLEXIBLE_WORK",
    "LONGEST_LINE",
    "LONGEST_TEXT",
    "MONEY_KINDS",
    "Bonus",
    "Clause",
    "Development",
    "Difference",
    "Fault",
    "FinancedBy",
    "FlexibleWork",
    "Hours",
    "InForce",
    "Into",
    "Leave",
    "Measure",
    "Measured",
    "MoneyTerm",
    "Moved",
    "OfferText",
    "Other",
    "Paid",
    "PaidAs",
    "PaidFrom",
    "Pattern",
    "Place",
    "Tasks",
    "Term",
    "Typical",
    "Where",
    "WhyNot",
    "by_law_on",
    "check",
    "checked",
    "cleaned",
    "compare",
    "cost",
    "counts",
    "decide_by",
    "digest",
    "facts_for",
    "keys_of",
    "moved",
    "next_request_on",
    "plain_of",
    "plain_of_offer",
    "qualifies",
    "read",
    "read_clause",
    "read_offer",
    "reason_of",
    "request_by",
    "rule_on",
    "typical",
    "unsure",
    "void",
    "why_not",
    "wrong_with",
]
