"""How numbers, hours, months and moments are written for people, as template filters.

Money `€ 1.234,50` in Dutch and `€1,234.50` in English, with a real minus and spaces that do not
break; hours `7 h 30 min` in text and `7,50` in tables; months by name.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal
from flask import Flask, current_app
from flask_babel import gettext

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.kernel.said import Said, Texts
from ideals.web.language import language

MINUS = "\u2212"
SPACE = "\u00a0"


def money(amount: Money) -> str:
    """`€ 1.234,50` (nl), `€1,234.50` (en); below zero with a real minus."""
    return format_currency(amount.euros, "EUR", locale=language()).replace("-", MINUS)


def figure(amount: Money) -> str:
    """The same for a dense table: no sign of the currency, and `-` for nothing."""
    return number(amount.euros, 2) if amount else "-"


def number(value: Decimal | int, digits: int = 0, *, most: int | None = None) -> str:
    """With `digits` decimals, or up to `most`; half up, as money is."""
    most = digits if most is None else most
    exact = Decimal(value).quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP) + 0
    pattern = "#,##0" + ("." if most else "") + "0" * digits + "#" * (most - digits)
    text: str = format_decimal(exact, pattern, locale=language())
    return text.replace("-", MINUS)


def percent(share: Decimal, most: int = 4) -> str:
    """`0.0833` is `8,33%`, with no more decimals than it has."""
    return number(share * 100, 0, most=most) + "%"


def hours(minutes: Minutes | int) -> str:
    """In a sentence: `7 h 30 min`, `8 h`, `30 min`."""
    value = minutes.minor if isinstance(minutes, Minutes) else minutes
    whole, rest = divmod(abs(value), 60)
    hour, minute = gettext("h"), gettext("min")
    parts = []
    if whole or not rest:
        parts.append(f"{number(whole)}{SPACE}{hour}")
    if rest:
        parts.append(f"{rest}{SPACE}{minute}")
    return (MINUS if value < 0 else "") + SPACE.join(parts)


def hours_figure(minutes: Minutes | int) -> str:
    """In a table: `7,50`."""
    value = minutes if isinstance(minutes, Minutes) else Minutes(minutes)
    return number(value.hours, 2)


def month_name(month: Month) -> str:
    """`maart 2026`."""
    return str(format_date(month.first, "LLLL y", locale=language()))


def day(value: date) -> str:
    """In a sentence: `15 maart 2026`."""
    return str(format_date(_local(value), "d MMMM y", locale=language()))


def day_figure(value: date) -> str:
    """In a table: `15-03-2026`."""
    return str(format_date(_local(value), "dd-MM-yyyy", locale=language()))


def at(value: datetime) -> str:
    """`15 maart 2026 14:05`, in the organisation's time zone."""
    local = _on_our_clock(value)
    return f"{day(local)} {format_time(local, 'HH:mm', locale=language())}"


def clock_time(value: datetime) -> str:
    """`14:05`, where the day is plain."""
    return str(format_time(_on_our_clock(value), "HH:mm", locale=language()))


def said(text: str) -> str:
    """A sentence of the layers below in the reader's language, its values written as here."""
    if not isinstance(text, Said):
        return text
    values = {name: written(value) for name, value in text.values.items()}
    return str(gettext(text.template, **values))


def written(value: object) -> str:
    """A value in a sentence, by what it is; a figure with the decimals it has, six at most."""
    match value:
        case Money():
            return money(value)
        case Minutes():
            return hours(value)
        case Month():
            return month_name(value)
        case date():
            return day(value)
        case Decimal():
            return number(value, 0, most=6)
        case Texts():
            return value.read_in(language())
        case str():
            return said(value)
    return str(value)


def _local(value: date) -> date:
    """A moment is read on the organisation's clock; a day is a day."""
    return _on_our_clock(value) if isinstance(value, datetime) else value


def _on_our_clock(value: datetime) -> datetime:
    zone: ZoneInfo = current_app.config["IDEALS_ZONE"]
    return value.astimezone(zone)


def init_formats(app: Flask) -> None:
    for filter_ in (
        money, figure, number, percent, hours, hours_figure, month_name, day, day_figure, at,
        clock_time, said,
    ):  # fmt: skip
        app.jinja_env.filters[filter_.__name__] = filter_
