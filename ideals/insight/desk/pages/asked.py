"""What an address asks: which product, which group."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from flask import abort, request

from ideals.config import Settings
from ideals.insight.desk import rules
from ideals.insight.desk.queries.use import Span
from ideals.insight.desk.rules import By
from ideals.kernel import clock
from ideals.kernel.month import Month
from ideals.people.pages.words import GENDERS

LOOKED_BACK = 12
"""Months of orders that the use of the shop is about."""


def span_asked(today: date, names: Mapping[str, str]) -> Span:
    """The last twelve months; a product that nobody sells asks nothing."""
    asked = request.args.get("product", "")
    last = Month.of(today)
    return Span(today, last.plus(1 - LOOKED_BACK), last, asked if asked in names else "")


def group_asked() -> tuple[By | None, str]:
    """By what people are grouped, and of which group; a group that there is not is not found."""
    asked, key = request.args.get("by", ""), request.args.get("group", "")
    if not asked:
        return None, ""
    known: Mapping[str, Collection[str]] = {
        By.AGE: {str(place) for place in range(len(rules.AGES) + 1)} | {""},
        By.SIZE: {str(place) for place in range(len(rules.SIZES) + 1)},
        By.GENDER: {*GENDERS, ""},
        By.UNIT: {key},
    }
    if key not in known.get(asked, ()):
        abort(404)
    return By(asked), key


def today_here() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
