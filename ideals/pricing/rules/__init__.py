"""How a price comes about, step by step, and what an order that takes it has to keep to. Pure.

The list price of one unit is the product's formula. Then come the price rules in force, in their
order, then bounds, then rounding to the cent (`steered`), then the quantity (`cost`). Each leaves a
step (`steps`): what was done, and what it came to. With its `terms` it is what one employee can
have (`offers`).
"""

from __future__ import annotations

from ideals.pricing.rules.cost import (
    Price,
    charged,
    price_listed,
    price_stated,
    wanted_quantity,
)
from ideals.pricing.rules.offers import (
    GUARANTEED,
    Offer,
    check_offered,
    ends_at,
    expires_at,
    steerable,
    worked_out,
)
from ideals.pricing.rules.steered import (
    NO_BOUNDS,
    NO_FACTS,
    UNSTEERED,
    ConditionFacts,
    HeldOnce,
    Steering,
    Unit,
    adjusted,
    unit_of,
)
from ideals.pricing.rules.steps import Step
from ideals.pricing.rules.terms import QuotaTerm, Terms, commitment_to_json, terms_of

__all__ = [
    "GUARANTEED",
    "NO_BOUNDS",
    "NO_FACTS",
    "UNSTEERED",
    "ConditionFacts",
    "HeldOnce",
    "Offer",
    "Price",
    "QuotaTerm",
    "Steering",
    "Step",
    "Terms",
    "Unit",
    "adjusted",
    "charged",
    "check_offered",
    "commitment_to_json",
    "ends_at",
    "expires_at",
    "price_listed",
    "price_stated",
    "steerable",
    "terms_of",
    "unit_of",
    "wanted_quantity",
    "worked_out",
]
