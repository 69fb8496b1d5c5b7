"""Everything about schemes that is no storage: pure values in, values or a named error out.

A package where other features have one file, because a document language needs its parts apart:
`document` and `values` read the YAML, `check` with `formulas`, `products` and `sense` turns it into
a `Scheme` (its products stand in `product`) or its faults, `catalogue` and `facts` are the facts
formulas may use, `days` counts the days, `rounding` rounds hours, `owed` works out what is owed,
`explained` shows how, `selling` what a product is for somebody, `remainder` what becomes of what
is left, `replaced` what a component took the place of, `differences` what changed between two
versions, `made_up` an employee for examples.
"""

from __future__ import annotations

from ideals.schemes.rules.catalogue import CATALOGUE, Fact, Use
from ideals.schemes.rules.check import check, checked, describe
from ideals.schemes.rules.days import Deadline, PartMonth
from ideals.schemes.rules.differences import Difference, differences
from ideals.schemes.rules.document import Fault
from ideals.schemes.rules.explained import Explanation, explain_month
from ideals.schemes.rules.made_up import Asked, MadeUp, asked, made_up
from ideals.schemes.rules.owed import OwedHours, owed_amounts, owed_hours
from ideals.schemes.rules.person import Person, Stretch
from ideals.schemes.rules.product import (
    Cancellation,
    Commitment,
    Counts,
    Group,
    Limit,
    NeedsApproval,
    OnLeaving,
    Opening,
    PaidFrom,
    Per,
    Picture,
    PriceMoment,
    Product,
    ProductKind,
    ProductUnit,
    Quota,
    Resale,
    TaxTreatment,
)
from ideals.schemes.rules.remainder import (
    BoughtHours,
    LeftOverNow,
    debt_to_set_off,
    left_over,
    unused_bought,
)
from ideals.schemes.rules.replaced import Replaced, replaced
from ideals.schemes.rules.scheme import (
    Debt,
    GrantedHours,
    LeaveRules,
    Leaving,
    LeftOver,
    Pending,
    Scheme,
    UnusedBought,
    Window,
)
from ideals.schemes.rules.selling import (
    Bounds,
    LimitNow,
    Offered,
    Priced,
    addition_minor,
    check_quantity,
    last_day,
    limits_of,
    minutes_of,
    most_for,
    offered,
    order_bounds,
    price_facts,
    price_of,
    quota_months,
    unit_price,
    widened,
)

__all__ = [
    "CATALOGUE",
    "Asked",
    "BoughtHours",
    "Bounds",
    "Cancellation",
    "Commitment",
    "Counts",
    "Deadline",
    "Debt",
    "Difference",
    "Explanation",
    "Fact",
    "Fault",
    "GrantedHours",
    "Group",
    "LeaveRules",
    "Leaving",
    "LeftOver",
    "LeftOverNow",
    "Limit",
    "LimitNow",
    "MadeUp",
    "NeedsApproval",
    "Offered",
    "OnLeaving",
    "Opening",
    "OwedHours",
    "PaidFrom",
    "PartMonth",
    "Pending",
    "Per",
    "Person",
    "Picture",
    "PriceMoment",
    "Priced",
    "Product",
    "ProductKind",
    "ProductUnit",
    "Quota",
    "Replaced",
    "Resale",
    "Scheme",
    "Stretch",
    "TaxTreatment",
    "UnusedBought",
    "Use",
    "Window",
    "addition_minor",
    "asked",
    "check",
    "check_quantity",
    "checked",
    "debt_to_set_off",
    "describe",
    "differences",
    "explain_month",
    "last_day",
    "left_over",
    "limits_of",
    "made_up",
    "minutes_of",
    "most_for",
    "offered",
    "order_bounds",
    "owed_amounts",
    "owed_hours",
    "price_facts",
    "price_of",
    "quota_months",
    "replaced",
    "unit_price",
    "unused_bought",
    "widened",
]
