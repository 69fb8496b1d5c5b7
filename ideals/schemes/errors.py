"""What can be refused about a scheme, and why a budget could not be worked out for somebody."""

from __future__ import annotations

from typing import Any

from ideals.kernel.errors import Conflict, NotAllowed, NotFound, RuleBroken


class SchemeRefused(RuleBroken):
    """`data["faults"]` lists every fault with its path, its line and what would be right."""

    code = "scheme_refused"


class SchemeNotFound(NotFound):
    code = "scheme_not_found"


class SchemeCodeDiffers(RuleBroken):
    """The document is of another scheme than the one it was given for."""

    code = "scheme_code_differs"


class SchemeVersionPublished(Conflict):
    """The version exists with another text: a published version is never edited."""

    code = "scheme_version_published"


class SchemeVersionTooEarly(Conflict):
    """A scheme is replaced from a later month only."""

    code = "scheme_version_too_early"


class MayNotPublishSchemes(NotAllowed):
    code = "may_not_publish_schemes"


class BudgetNotComputable(RuleBroken):
    """One employee has no result; the others are not affected. Never holds a fact's value.

    `component` is the component or granted hours that failed, empty when it was none by itself.
    """

    code = "budget_not_computable"

    def __init__(self, message: str, *, component: str = "", **data: Any) -> None:
        super().__init__(message, component=component, **data)
        self.component = component

    def name_component(self, component: str, employee_id: int) -> None:
        """Say afterwards which component it was: a fact does not know who asked for it."""
        if not self.component:
            self.component = component
            self.message = f"{component}: {self.message}"
            self.data.update(component=component, employee_id=employee_id)


class FactsIncomplete(BudgetNotComputable):
    """A formula needs a fact that is not known. `data`: `fact`, and in `missing` what to enter."""

    code = "facts_incomplete"


class ComponentFailed(BudgetNotComputable):
    """A formula has no result. `data`: `formula`, `line`, `column`, `reason`, `employee_id`."""

    code = "component_failed"


class ComponentNegative(BudgetNotComputable):
    """A formula gives less than nothing."""

    code = "component_negative"


class NotEmployed(BudgetNotComputable):
    """Nobody sells anything to somebody who does not work under the scheme then."""

    code = "not_employed"


class PriceStatedByBuyer(RuleBroken):
    """The scheme has no price for it: who buys says what it costs."""

    code = "price_stated_by_buyer"


class NeverSold(RuleBroken):
    code = "never_sold"


class QuantityNotInSteps(RuleBroken):
    """`data["step"]` is the smallest step; every quantity is a number of them."""

    code = "quantity_not_in_steps"


class QuantityTooSmall(RuleBroken):
    """`data["minimum"]` is the least of one order."""

    code = "quantity_too_small"


class QuantityTooLarge(RuleBroken):
    """`data["maximum"]` is the most of one order."""

    code = "quantity_too_large"
