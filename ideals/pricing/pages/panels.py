"""What higher features say of a price rule, on its page."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from sqlalchemy.orm import Session

from ideals.kernel.registry import Registry
from ideals.pricing.models import PriceRule

PANELS: Registry[Callable[[Session, PriceRule], Markup]] = Registry(
    "show what is known of a price rule beside it"
)


def panels(session: Session, rule: PriceRule) -> list[Markup]:
    return [tell(session, rule) for _, tell in PANELS.items()]
