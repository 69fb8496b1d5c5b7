"""What price rules do to a price, as employees read it: the mark on a card, and why a rule did
nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from babel.dates import format_date

from ideals.budgets.pages.words import fact_words, gettext
from ideals.kernel.errors import IdealsError
from ideals.kernel.formula import names_in
from ideals.kernel.said import Said
from ideals.pricing.rules import INDICATOR
from ideals.pricing.steering import NotApplied
from ideals.shop.queries import Card
from ideals.web import formats
from ideals.web.language import language


class Reason(NamedTuple):
    """Why a rule did nothing. `condition`: for whom it is, as it is written; mostly empty."""

    name: str
    why: str
    condition: str = ""


def reasons(passed: Iterable[NotApplied]) -> list[Reason]:
    return [_reason(each.name.read_in(language()), each.why) for each in passed]


def _reason(name: str, why: Said) -> Reason:
    """Facts by what people call them. Whose they are is nobody's business: of a condition only
    what it goes by is told, and its text."""
    if "condition" in why.values:
        condition = str(why.values["condition"])
        facts = ", ".join(map(_called, _read_by(condition)))
        text = gettext("It is for others. It goes by: %(facts)s.", facts=facts)
        return Reason(name, text, condition)
    if "fact" in why.values:
        return Reason(
            name,
            gettext(
                "It goes by %(fact)s, which is not known", fact=_called(str(why.values["fact"]))
            ),
        )
    return Reason(name, formats.said(why))


def _read_by(condition: str) -> tuple[str, ...]:
    try:
        return names_in(condition)
    except IdealsError:
        return ()


def _called(fact: str) -> str:
    return fact_words(fact.removeprefix(INDICATOR)).name


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
