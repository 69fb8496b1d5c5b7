"""Why something has no price for somebody now, and why a quote cannot be used."""

from __future__ import annotations

from ideals.kernel.errors import Conflict, NotFound, RuleBroken


class ProductUnknown(NotFound):
    """No product of that code is in the employee's scheme of that month."""

    code = "product_unknown"


class NoSchemeOfOwn(NotFound):
    """The employee has no scheme in that month, and so nothing to choose from."""

    code = "no_scheme_of_own"


class NotEligible(RuleBroken):
    """`why`: in the scheme's own words."""

    code = "not_eligible"


class ProductClosed(Conflict):
    """`opens`: the month in which it can be ordered next; null when that is not known."""

    code = "product_closed"


class MonthClosed(Conflict):
    """The month takes no more orders. `possible`: the month that does."""

    code = "month_closed"


class MonthBeyondPlan(RuleBroken):
    """`last`: the latest month that can be planned for."""

    code = "month_beyond_plan"


class PriceNotAsked(RuleBroken):
    """The price is the scheme's, and somebody stated another."""

    code = "price_not_asked"


class QuantityMissing(RuleBroken):
    code = "quantity_missing"


class NothingToPay(RuleBroken):
    """The price comes to nothing: there is no value to move."""

    code = "nothing_to_pay"


class NotForOrder(RuleBroken):
    """A product that only explains itself, such as keeping what is left."""

    code = "not_for_order"


class QuoteUnknown(NotFound):
    """Never made, altered, another person's, or long expired: all answer alike."""

    code = "quote_unknown"


class QuoteExpired(Conflict):
    """The price is the same as it was. `quote`: a new one."""

    code = "quote_expired"


class PriceChanged(Conflict):
    """The quote expired and the price is another now. `quote`: the new one; `was`: the old one."""

    code = "price_changed"


class QuoteUsed(Conflict):
    """`order`: the order that took it."""

    code = "quote_used"
