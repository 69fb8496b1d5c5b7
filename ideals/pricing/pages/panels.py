"""What higher features say of a price rule, on its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from markupsafe import Markup
from sqlalchemy.orm import Session

from ideals.approvals.queries import Fact
from ideals.kernel.registry import Registry
from ideals.pricing.models import PriceRule

PANELS: Registry[Callable[[Session, PriceRule], Markup]] = Registry(
    "show what is known of a price rule beside it"
)
GROUNDS: Registry[Callable[[Session, Sequence[PriceRule]], Mapping[UUID, Fact]]] = Registry(
    "tell whoever decides about price rules what is known of each"
)
"""By the id of the rule."""


def panels(session: Session, rule: PriceRule) -> list[Markup]:
    return [tell(session, rule) for _, tell in PANELS.items()]


def grounds(session: Session, rules: Sequence[PriceRule]) -> dict[UUID, list[Fact]]:
    """As many questions however many rules there are."""
    found: dict[UUID, list[Fact]] = {rule.id: [] for rule in rules}
    for _, tell in GROUNDS.items():
        for rule_id, fact in tell(session, rules).items():
            found[rule_id].append(fact)
    return found
