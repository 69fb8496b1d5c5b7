"""`/prices/indicators`."""

from __future__ import annotations

from flask import abort

from ideals.pricing.pages.blueprint import bp, only_prices
from ideals.web.guards import guard


@bp.get("/indicators")
@guard(only_prices)
def indicators() -> str:
    abort(404)


@bp.get("/lists")
@guard(only_prices)
def lists() -> str:
    abort(404)


@bp.get("/bounds")
@guard(only_prices)
def bounds() -> str:
    abort(404)
