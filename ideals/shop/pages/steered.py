"""What price rules do to a price, as employees read it: the mark on a card, and why a rule did
nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from babel.dates import format_date

from ideals.budgets.pages.words import gettext
from ideals.pricing.steering import NotApplied
from ideals.shop.queries import Card
from ideals.web import formats
from ideals.web.language import language


class Reason(NamedTuple):
    """A rule by its name, and why it did nothing."""

    name: str
    why: str


def reasons(passed: Iterable[NotApplied]) -> list[Reason]:
    return [Reason(each.name.read_in(language()), formats.said(each.why)) for each in passed]


def mark(card: Card, today: date) -> str:
    """That the price is another than the scheme's formula gives, how far, and until when."""
    if card.listed is None or card.unit_minor is None or not card.listed.minor:
        return ""
    share = Decimal(card.unit_minor - card.listed.minor) / card.listed.minor
    if not share:
        return ""
    percent = formats.percent(abs(share), most=1)
    if card.price_until is None:
        if share < 0:
            return gettext("%(percent)s less than usual", percent=percent)
        return gettext("%(percent)s more than usual", percent=percent)
    until = _day(card.price_until.last, today)
    if share < 0:
        return gettext("%(percent)s less until %(day)s", percent=percent, day=until)
    return gettext("%(percent)s more until %(day)s", percent=percent, day=until)


def _day(value: date, today: date) -> str:
    """`30 June`, with its year where that is another."""
    if value.year == today.year:
        return str(format_date(value, "d MMMM", locale=language()))
    return formats.day(value)
