"""`/prices/indicators`: numbers by month, typed in or uploaded; what is missing; corrections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month, MonthUnreadable
from ideals.pricing.commands import indicators as commands
from ideals.pricing.commands.indicators import DefineIndicator, PutIndicator, UploadIndicators
from ideals.pricing.errors import IndicatorFileRefused
from ideals.pricing.models import Indicator
from ideals.pricing.pages import rule_words as words
from ideals.pricing.pages.blueprint import bp, only_prices, this_month
from ideals.pricing.pages.condition_fields import typed_decimal
from ideals.pricing.queries import numbers
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.numbers import Known
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.guards import guard
from ideals.web.headers import MB, body_limit
from ideals.web.language import LANGUAGES

SHOWN = 12
"""Months side by side."""
MOST_LOOKED_AT = 500
"""Rows of a file that are shown before they are taken."""


class Line(NamedTuple):
    """An indicator with what is known of each month shown."""

    indicator: Indicator
    known: list[Known | None]


class Coming(NamedTuple):
    """A row of a file. `before`: what is known now."""

    row: PutIndicator
    before: Decimal | None

    @property
    def changes(self) -> bool:
        return self.before != self.row.value


@dataclass(slots=True)
class Page:
    """What was typed, and what is wrong with it; a file that was read, and what it would do."""

    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    faults: Sequence[str] = ()
    coming: Sequence[Coming] = ()
    text: str = ""


@bp.get("/indicators")
@guard(only_prices)
def indicators() -> str:
    return _show(Page())


def _show(page: Page) -> str:
    this = this_month()
    last = _month(request.args.get("through", "")) or this
    months = list(last.plus(1 - SHOWN).until(last))
    with unit_of_work() as session:
        rows = numbers.all_indicators(session)
        names = words.names_of(rows)
        known = numbers.known_between(session, min(months[0], this), max(last, this))
        return render_template(
            "pricing/indicators.html",
            table=[Line(row, [known.get((row.code, each)) for each in months]) for row in rows],
            months=months,
            this=this,
            missing=(missing := [row for row in rows if (row.code, this) not in known]),
            missing_names=", ".join(names[row.code] for row in missing),
            names=names,
            page=page,
            earlier=str(months[0].plus(-1)),
            later=str(min(last.plus(SHOWN), this)) if last < this else "",
        )


@bp.post("/indicators")
@guard(only_prices)
def put_value() -> Response | tuple[str, int]:
    """One value, from the short form."""
    typed = {name: request.form.get(name, "").strip() for name in ("indicator", "month", "value")}
    month, value = _month(typed["month"]), typed_decimal(typed["value"])
    page = Page(typed)
    if not typed["indicator"]:
        page.errors["indicator"] = gettext("Choose an indicator, or begin one below.")
    if month is None:
        page.errors["month"] = gettext("Choose a month.")
    if value is None:
        page.errors["value"] = gettext("Give a number, such as 85 or 0.8.")
    if page.errors or month is None or value is None:
        return _show(page), 422
    cmd = PutIndicator(typed["indicator"], month, value)
    with unit_of_work() as session:
        queries.indicator_of(session, cmd.code)
        said = _put(session, cmd)
    flash(said, "good")
    return redirect(url_for("price_pages.indicators"), 303)


def _put(session: Session, cmd: PutIndicator) -> str:
    """Keep it, and what there is to say about it."""
    went_by = numbers.went_by(session, cmd.code, cmd.month)
    commands.put_indicator(session, cmd, actor=current_actor(), now=clock.now())
    month, value = formats.month_name(cmd.month), formats.number(cmd.value, 0, most=6)
    if went_by is not None:
        return str(
            gettext(
                "Kept: %(value)s in %(month)s. A price list that went by the value of before is "
                "published: this changes no price already given.",
                value=value,
                month=month,
            )
        )
    return str(gettext("Kept: %(value)s in %(month)s.", value=value, month=month))


@bp.post("/indicators/defined")
@guard(only_prices)
def define_indicator() -> Response | tuple[str, int]:
    """Begin an indicator, or call it otherwise."""
    sent = request.form
    names = {code: sent.get(f"name-{code}", "").strip() for code in LANGUAGES}
    cmd = DefineIndicator(
        sent.get("code", "").strip(),
        {code: text[:100] for code, text in names.items() if text},
        sent.get("unit", "").strip()[:40],
    )
    typed = {f"name-{code}": text for code, text in names.items()}
    page = Page({**typed, "code": cmd.code, "unit": cmd.unit})
    if not cmd.name:
        page.errors["name-nl"] = gettext("Give it a name.")
        return _show(page), 422
    try:
        with unit_of_work() as session:
            commands.define_indicator(session, cmd, actor=current_actor(), now=clock.now())
    except IndicatorFileRefused:
        page.errors["code"] = gettext("Small letters, digits and _, at most 40.")
        return _show(page), 422
    flash(gettext("Kept: conditions can choose it."), "good")
    return redirect(url_for("price_pages.indicators"), 303)


# A file ---------------------------------------------------------------------------------------


@bp.post("/indicators/file")
@guard(only_prices)
@body_limit(4 * MB)
def look_at_file() -> tuple[str, int]:
    """What is in it and what it would change; nothing is kept yet."""
    page = Page()
    file = request.files.get("file")
    try:
        rows = commands.read_file(BytesIO(file.read() if file else b""))
    except IndicatorFileRefused as refused:
        page.faults = refused.data["faults"]
        return _show(page), 422
    except IdealsError as refused:
        page.errors["file"] = words_for(refused)
        return _show(page), 422
    if not rows or len(rows) > MOST_LOOKED_AT:
        page.errors["file"] = gettext(
            "The file has no rows, or more than %(most)s.", most=MOST_LOOKED_AT
        )
        return _show(page), 422
    with unit_of_work() as session:
        known = numbers.known_now(session, {(row.code, row.month) for row in rows})
    page.coming = [
        Coming(row, known[key].value if (key := (row.code, row.month)) in known else None)
        for row in rows
    ]
    lines = [f"{row.code},{row.month},{_written(row.value)}" for row in rows]
    page.text = "\n".join([",".join(commands.COLUMNS), *lines])
    return _show(page), 200


def _written(value: Decimal) -> str:
    """Never with three decimals, which could be taken for thousands."""
    text = f"{value:f}"
    return f"{text}0" if len(text.partition(".")[2]) == len("000") else text


@bp.post("/indicators/file/taken")
@guard(only_prices)
@body_limit(MB)
def take_file() -> Response | tuple[str, int]:
    """Take what was looked at; taken twice it changes nothing more."""
    cmd = UploadIndicators(BytesIO(request.form.get("text", "").encode()))
    try:
        with unit_of_work() as session:
            count = commands.upload_indicators(session, cmd, actor=current_actor(), now=clock.now())
    except IdealsError as refused:
        return _show(Page(errors={"file": words_for(refused)})), 422
    flash(gettext("Taken: %(count)s rows.", count=count), "good")
    return redirect(url_for("price_pages.indicators"), 303)


# One month of one -----------------------------------------------------------------------------


@bp.get("/indicators/<code>/<month>")
@guard(only_prices)
def indicator_month(code: str, month: str) -> str:
    return _one(code, month)


def _one(code: str, month: str, typed: str = "", error: str = "") -> str:
    with unit_of_work() as session:
        indicator, wanted = queries.indicator_of(session, code), _month(month)
        if wanted is None:
            raise queries.unknown_indicator(code)
        return render_template(
            "pricing/indicator.html",
            indicator=indicator,
            name=words.names_of([indicator])[code],
            month=wanted,
            history=queries.history_of(session, code, wanted),
            went_by=numbers.went_by(session, code, wanted),
            typed=typed,
            errors={"value": error} if error else {},
        )


@bp.post("/indicators/<code>/<month>")
@guard(only_prices)
def correct_value(code: str, month: str) -> Response | tuple[str, int]:
    typed = request.form.get("value", "").strip()
    value, wanted = typed_decimal(typed), _month(month)
    if value is None or wanted is None:
        return _one(code, month, typed, gettext("Give a number, such as 85 or 0.8.")), 422
    with unit_of_work() as session:
        queries.indicator_of(session, code)
        said = _put(session, PutIndicator(code, wanted, value))
    flash(said, "good")
    return redirect(url_for("price_pages.indicator_month", code=code, month=month), 303)


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except MonthUnreadable:
        return None
