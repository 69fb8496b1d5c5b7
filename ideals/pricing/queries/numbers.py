"""Indicators month by month, and price lists by month, as HR's pages show them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.pricing.errors import ProductUnknown
from ideals.pricing.models import Indicator, IndicatorValue, PriceList, ProductBounds
from ideals.pricing.queries.prices import PriceBook, price_book
from ideals.pricing.rules import steerable
from ideals.schemes import queries as schemes
from ideals.schemes.rules import Scheme


@dataclass(frozen=True, slots=True)
class Known:
    """What an indicator was in a month. `corrected`: something else was said before."""

    value: IndicatorValue
    corrected: bool


def all_indicators(session: Session) -> Sequence[Indicator]:
    return session.scalars(select(Indicator).order_by(Indicator.code)).all()


def known_between(session: Session, first: Month, last: Month) -> dict[tuple[str, Month], Known]:
    """By code and month, for all indicators."""
    rows = session.scalars(
        select(IndicatorValue)
        .where(IndicatorValue.month >= first, IndicatorValue.month <= last)
        .order_by(IndicatorValue.id)
    )
    found: dict[tuple[str, Month], Known] = {}
    for row in rows:
        found[row.code, row.month] = Known(row, (row.code, row.month) in found)
    return found


def known_now(
    session: Session, wanted: Collection[tuple[str, Month]]
) -> dict[tuple[str, Month], IndicatorValue]:
    """What is known of these codes and months."""
    codes, months = {code for code, _ in wanted}, {month for _, month in wanted}
    rows = session.scalars(
        select(IndicatorValue).where(
            IndicatorValue.code.in_(codes),
            IndicatorValue.month.in_(months),
            IndicatorValue.superseded_at.is_(None),
        )
    )
    return {(row.code, row.month): row for row in rows}


def first_published(session: Session) -> dict[Month, datetime]:
    """When the first list of each month was published, the latest month first."""
    rows = session.execute(
        select(PriceList.month, func.min(PriceList.published_at))
        .group_by(PriceList.month)
        .order_by(PriceList.month.desc())
    )
    return {month: at for month, at in rows}  # noqa: C416  rows are no pairs to the type checker


def went_by(session: Session, code: str, month: Month) -> datetime | None:
    """When a price list was first published that went by an indicator's value of a month."""
    held = {"indicators": {code: [str(month)]}}
    return session.scalar(
        select(func.min(PriceList.published_at)).where(
            PriceList.month > month, PriceList.holds.contains(held)
        )
    )


# Bounds and lists -----------------------------------------------------------------------------

NO_BOUNDS_YET = 1
"""The version of the bounds of a product that never had any."""


def check_bounded(session: Session, scheme: str, product: str) -> None:
    """What the buyer prices has no bounds of ours. Raises `ProductUnknown`."""
    sold = {
        each.code: [code for code, one in each.products.items() if steerable(one)]
        for each in schemes.latest_schemes(session)
    }
    if product not in sold.get(scheme, ()):
        known = ", ".join(f"{each}/{code}" for each in sorted(sold) for code in sold[each])
        raise ProductUnknown(f"No scheme prices {scheme}/{product}; bounds are for: {known}")


def bounds_of(session: Session, scheme: str, product: str) -> ProductBounds | None:
    """Raises `ProductUnknown`."""
    check_bounded(session, scheme, product)
    return session.get(ProductBounds, (scheme, product))


def all_bounds(session: Session) -> dict[tuple[str, str], ProductBounds]:
    """By scheme and product."""
    return {(row.scheme, row.product): row for row in session.scalars(select(ProductBounds))}


@dataclass(frozen=True, slots=True)
class SchemeBook:
    """A scheme of a month, and what changes its prices."""

    scheme: Scheme
    book: PriceBook


def books(session: Session, month: Month) -> list[SchemeBook]:
    """Of every scheme that there is in the month."""
    found = []
    for code in schemes.scheme_codes(session):
        scheme = schemes.scheme_for(session, code, month)
        if scheme is None or scheme.first_month > month:
            continue
        found.append(SchemeBook(scheme, price_book(session, code, month)))
    return found
