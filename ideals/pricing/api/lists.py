"""`/api/v1/indicators`, `/api/v1/price-lists` and `/api/v1/price-bounds`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.kernel.month import Month, MonthUnreadable
from ideals.pricing.commands import indicators as commands
from ideals.pricing.commands import publishing
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.pricing.commands.indicators import DefineIndicator, PutIndicator, UploadIndicators
from ideals.pricing.errors import PriceListUnknown
from ideals.pricing.models import Indicator, IndicatorValue, ProductBounds
from ideals.pricing.queries import numbers
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.numbers import NO_BOUNDS_YET
from ideals.pricing.queries.steering import Listed
from ideals.pricing.schemas import (
    IndicatorFileIn,
    IndicatorFileOut,
    IndicatorIn,
    IndicatorOut,
    IndicatorValueIn,
    IndicatorValueOut,
    IndicatorValuesIn,
    PriceBoundsIn,
    PriceBoundsOut,
    PriceListIn,
    PriceListOut,
    PriceListsPublishedOut,
)
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list, paginate
from ideals.web.guards import guard, role, signed_in
from ideals.web.preconditions import etag, seen_version

bp = Blueprint("price_lists", __name__, url_prefix="/api/v1", description="What prices go by")
only_prices = role(Role.HR_PRICES)
ValuesPage = page_of(IndicatorValueOut)


@bp.get("/indicators")
@guard(only_prices)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(IndicatorOut))
def indicators(page: PageRequest) -> Page[Indicator]:
    """The numbers that HR keeps by month."""
    with unit_of_work() as session:
        return paginate(session, queries.indicators(), page, Indicator.code)


@bp.post("/indicators/uploads")
@guard(only_prices)
@bp.arguments(IndicatorFileIn, location="files", as_kwargs=True)
@creates(bp, IndicatorFileOut)
def upload(session: Session, file: FileStorage) -> dict[str, int]:
    """A CSV file or workbook with the columns indicator, month and value: all rows or none."""
    cmd = UploadIndicators(file.stream)  # type: ignore[arg-type]
    rows = commands.upload_indicators(session, cmd, actor=current_actor(), now=clock.now())
    return {"rows": rows}


@bp.put("/indicators/<code>")
@guard(only_prices)
@bp.arguments(IndicatorIn)
@bp.response(200, IndicatorOut)
def define(asked: dict[str, Any], code: str) -> Indicator:
    """What an indicator is called, and its unit."""
    cmd = DefineIndicator(code, asked["name"], asked["unit"])
    with unit_of_work() as session:
        return commands.define_indicator(session, cmd, actor=current_actor(), now=clock.now())


@bp.get("/indicators/<code>")
@guard(only_prices)
@bp.arguments(IndicatorValuesIn, location="query", as_kwargs=True)
@bp.response(200, ValuesPage)
def values(page: PageRequest, known_at: datetime | None, code: str) -> Page[IndicatorValue]:
    """Its values, the latest month first: as known now, or at a moment."""
    with unit_of_work() as session:
        queries.indicator_of(session, code)
        found = queries.values_of(session, code, known_at=known_at)
        return page_of_list(found, page, lambda each: -each.month.number)


@bp.get("/indicators/<code>/<month>")
@guard(only_prices)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, ValuesPage)
def history(page: PageRequest, code: str, month: str) -> Page[IndicatorValue]:
    """Everything that was said of one month, the latest first."""
    with unit_of_work() as session:
        queries.indicator_of(session, code)
        found = queries.history_of(session, code, _month(month))
        return page_of_list(found, page, lambda each: -each.id)


@bp.put("/indicators/<code>/<month>")
@guard(only_prices)
@bp.arguments(IndicatorValueIn)
@bp.response(200, IndicatorValueOut)
def put(asked: dict[str, Any], code: str, month: str) -> IndicatorValue:
    """What it was in a month. Prices that were given stay."""
    cmd = PutIndicator(code, _month(month), asked["value"])
    with unit_of_work() as session:
        return commands.put_indicator(session, cmd, actor=current_actor(), now=clock.now())


@bp.get("/price-lists/<month>")
@guard(signed_in)
@bp.arguments(PriceListIn, location="query", as_kwargs=True)
@bp.response(200, page_of(PriceListOut))
def price_list(page: PageRequest, scheme: str | None, month: str) -> Page[dict[str, Any]]:
    """What changes prices of a month, product by product, as it was published."""
    with unit_of_work() as session:
        found = [_told(each) for each in queries.price_list(session, _month(month), scheme)]
    return page_of_list(found, page, lambda each: f"{each['scheme']}:{each['product']}")


@bp.post("/price-lists/<month>")
@guard(only_prices)
@creates(bp, PriceListsPublishedOut)
def publish(session: Session, month: str) -> dict[str, Any]:
    """Publish what is not published yet. It stays as it is then."""
    cmd, zone = publishing.PublishLists(_month(month)), Settings.read().zone
    lists = publishing.publish_lists(
        session, cmd, zone=zone, actor=current_actor(), now=clock.now()
    )
    return {"month": cmd.month, "lists": lists}


@bp.get("/price-bounds")
@guard(only_prices)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(PriceBoundsOut))
def all_bounds(page: PageRequest) -> Page[dict[str, Any]]:
    """Of every product that has a least or a most."""
    with unit_of_work() as session:
        kept = sorted(numbers.all_bounds(session).items())
        found = [
            _bounds_told(*product, row)
            for product, row in kept
            if (row.least_minor, row.most_minor) != (None, None)
        ]
    return page_of_list(found, page, lambda each: f"{each['scheme']}:{each['product']}")


@bp.get("/price-bounds/<scheme>/<product>")
@guard(only_prices)
@bp.response(200, PriceBoundsOut)
def bounds(scheme: str, product: str) -> Any:
    """What no rule may pass; its ETag is what a change has to name."""
    with unit_of_work() as session:
        return _with_etag(scheme, product, numbers.bounds_of(session, scheme, product))


@bp.put("/price-bounds/<scheme>/<product>")
@guard(only_prices)
@bp.arguments(PriceBoundsIn)
@bp.response(200, PriceBoundsOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def bound(asked: dict[str, Any], scheme: str, product: str) -> Any:
    """Another least and most, for price lists that are not published yet."""
    least, most = asked["least"], asked["most"]
    seen = seen_version()
    cmd = PutBounds(scheme, product, least and least.minor, most and most.minor, seen)
    with unit_of_work() as session:
        kept = put_bounds(session, cmd, actor=current_actor(), now=clock.now())
        return _with_etag(scheme, product, kept)


# --- putting it together ----------------------------------------------------------------------


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except MonthUnreadable:
        raise PriceListUnknown(f"{text!r} is no month; one is written as 2026-03") from None


def _told(listed: Listed) -> dict[str, Any]:
    row, holds = listed.row, listed.holds
    least, most = holds.bounds.least, holds.bounds.most
    return {
        "scheme": row.scheme,
        "product": row.product,
        "month": row.month,
        "published_at": row.published_at,
        "rules": listed.rules,
        "indicators": [
            {"code": code, "month": seen.month, "value": seen.value}
            for code, seen in sorted(holds.indicators.items())
        ],
        "without": holds.unknown,
        "least": None if least is None else Money.of(least),
        "most": None if most is None else Money.of(most),
    }


def _bounds_told(scheme: str, product: str, row: ProductBounds | None) -> dict[str, Any]:
    least, most = (None, None) if row is None else (row.least_minor, row.most_minor)
    return {
        "scheme": scheme,
        "product": product,
        "least": None if least is None else Money(least),
        "most": None if most is None else Money(most),
    }


def _with_etag(
    scheme: str, product: str, row: ProductBounds | None
) -> tuple[dict[str, Any], int, dict[str, str]]:
    version = NO_BOUNDS_YET if row is None else row.version
    return _bounds_told(scheme, product, row), 200, etag(version)
