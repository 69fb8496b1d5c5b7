"""HR writes a price rule."""

from __future__ import annotations

from uuid import UUID

from flask import abort

from ideals.pricing.pages.blueprint import bp, only_prices
from ideals.web.guards import guard


@bp.get("/rules/new")
@guard(only_prices)
def new_rule() -> str:
    abort(404)


@bp.get("/rules/<uuid:rule_id>/edit")
@guard(only_prices)
def edit_rule(rule_id: UUID) -> str:
    del rule_id
    abort(404)
