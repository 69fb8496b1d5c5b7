"""Why something has no price for somebody now, and why a quote cannot be used."""

from __future__ import annotations

from ideals.kernel.errors import Conflict, NotAllowed, NotFound, RuleBroken


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


# Price rules, indicators, price lists ---------------------------------------------------------


class PricesNotYours(NotAllowed):
    """Changing prices takes the role `hr_prices`."""

    code = "prices_not_yours"


class PriceRuleUnknown(NotFound):
    code = "price_rule_unknown"


class PriceRuleRefused(RuleBroken):
    """`faults`: each with its path, what is wrong and what would be right."""

    code = "price_rule_refused"


class PriceRuleUnclear(RuleBroken):
    """Together with others it could not be explained. `unclear`: why, and with which rules."""

    code = "price_rule_unclear"


class PriceRuleCodeTaken(Conflict):
    code = "price_rule_code_taken"


class PriceRuleMovedOn(Conflict):
    """Somebody changed it since. `current`: the version there is now."""

    code = "price_rule_moved_on"


class RuleMoveNotAllowed(Conflict):
    """`state`: where the rule stands; `act`: what was wanted."""

    code = "price_rule_move_not_allowed"

    def __init__(self, *, state: str, act: str) -> None:
        super().__init__(f"A price rule that is {state} cannot {act}.", state=state, act=act)


class ApproverIsAuthor(NotAllowed):
    """Who wrote a price rule or submitted it does not approve it."""

    code = "approver_is_author"


class SecondPersonNeeded(RuleBroken):
    """The policy would let a price rule through without anybody's decision."""

    code = "second_person_needed"


class MonthPublished(Conflict):
    """The price list is published and stays as it is. `earliest`: the first month without one."""

    code = "price_list_published"


class RuleStillHolds(Conflict):
    """It holds in a published list, or an order came about by it. `earliest`: what its last month
    can be; null when it can only be ended, not withdrawn."""

    code = "price_rule_still_holds"


class IndicatorUnknown(NotFound):
    code = "indicator_unknown"


class IndicatorFileRefused(RuleBroken):
    """`faults`: the lines that cannot be read, and why."""

    code = "indicator_file_refused"


class PriceListUnknown(NotFound):
    """Nothing is published for that month."""

    code = "price_list_unknown"


class MonthTooFar(RuleBroken):
    """`last`: the latest month whose price list can be published now."""

    code = "price_list_too_early"


class MonthOver(RuleBroken):
    """`earliest`: the first month whose price list can still be published."""

    code = "price_list_too_late"


class BoundsCrossed(RuleBroken):
    """The least a product may cost lies above the most, or below nothing."""

    code = "price_bounds_crossed"


class BoundsMovedOn(Conflict):
    """Somebody changed them since. `current`: the version there is now."""

    code = "price_bounds_moved_on"
