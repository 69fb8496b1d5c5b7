"""Price rules as HR's list shows them: searched, filtered, sorted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.pricing.models import PriceList, PriceRule, PriceRuleVersion
from ideals.pricing.queries import steering
from ideals.pricing.states import RuleState

SORTS = ("newest", "name", "months", "order", "state")


@dataclass(frozen=True, slots=True)
class Asked:
    """Empty: whatever it is. `product`: scheme and code, as `simple:leave`. `sort`: one of `SORTS`,
    with a minus in front for the other way round."""

    search: str = ""
    state: str = ""
    scheme: str = ""
    product: str = ""
    sort: str = "newest"


def rules(asked: Asked, language: str, *, actor: Actor) -> Select[Any]:
    """Rows of (PriceRule, plain, and what it can be sorted by)."""
    plain = PriceRuleVersion.plain
    state = RuleState(asked.state) if asked.state else None
    name = func.coalesce(plain["name"][language].astext, plain["name"]["en"].astext, PriceRule.code)
    query = (
        steering.rules_shown(actor=actor, state=state)
        .add_columns(
            plain,
            func.lower(name).label("by_name"),
            cast(plain["order"].astext, Integer).label("by_order"),
            PriceRule.number.label("by_number"),
            PriceRule.from_month.label("by_month"),
            PriceRule.state.label("by_state"),
        )
        .join(
            PriceRuleVersion,
            (PriceRuleVersion.rule_id == PriceRule.id)
            & (PriceRuleVersion.number == PriceRule.text_number),
        )
    )
    scheme, _, product = asked.product.partition(":")
    if asked.scheme or scheme:
        query = query.where(PriceRule.scheme == (scheme or asked.scheme))
    if product:
        query = query.where(plain["products"].contains(cast([product], JSONB)))
    if asked.search:
        query = query.where(_found(asked.search))
    return query


def _found(search: str) -> Any:
    plain = PriceRuleVersion.plain
    texts = [plain[key][code].astext for key in ("name", "says") for code in ("nl", "en")]
    return or_(*(each.icontains(search, autoescape=True) for each in (PriceRule.code, *texts)))


def sorted_by(asked: Asked, query: Select[Any]) -> tuple[list[Any], bool]:
    """For `paginate`: the keys, and whether from the last to the first."""
    columns = query.selected_columns
    number = columns["by_number"]
    by = {
        "name": [columns["by_name"], number],
        "months": [columns["by_month"], number],
        "order": [columns["by_order"], number],
        "state": [columns["by_state"], number],
    }
    down = asked.sort.startswith("-")
    sort = asked.sort.removeprefix("-")
    if sort not in by:
        return [number], not down
    return by[sort], down


def published_months(session: Session, scheme: str, products: list[str]) -> frozenset[Month]:
    """For which one of the products has a list."""
    return frozenset(
        session.scalars(
            select(PriceList.month)
            .where(PriceList.scheme == scheme, PriceList.product.in_(products))
            .distinct()
        )
    )
