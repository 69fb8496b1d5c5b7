"""`/prices/bounds`: the least and the most of each product."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.pricing.errors import BoundsMovedOn
from ideals.pricing.models import ProductBounds
from ideals.pricing.pages import rule_words as words
from ideals.pricing.pages.blueprint import bp, only_prices, seen_sent, this_month
from ideals.pricing.pages.condition_fields import typed_decimal
from ideals.pricing.queries import numbers
from ideals.pricing.queries.numbers import NO_BOUNDS_YET
from ideals.pricing.rules import steerable
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.guards import guard


class Line(NamedTuple):
    scheme: str
    product: str
    bounds: ProductBounds | None

    @property
    def version(self) -> int:
        return self.bounds.version if self.bounds else NO_BOUNDS_YET


@dataclass(frozen=True, slots=True)
class Refused:
    """`key`: the row whose form was refused, with what was typed in it and why."""

    key: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    error: str = ""


@bp.get("/bounds")
@guard(only_prices)
def bounds() -> str:
    return _show(Refused())


def _show(refused: Refused) -> str:
    """A row that was refused names the version that is shown now: its next save is knowing."""
    with unit_of_work() as session:
        kept = numbers.all_bounds(session)
        lines = [
            Line(found.scheme.code, code, kept.get((found.scheme.code, code)))
            for found in numbers.books(session, this_month())
            for code, product in found.scheme.products.items()
            if steerable(product)
        ]
        return render_template(
            "pricing/bounds.html",
            table=lines,
            tell=words.telling(session),
            refused=refused,
            money_of=Money,
            shown=_shown,
        )


@bp.post("/bounds/<scheme>/<product>")
@guard(only_prices)
def change_bounds(scheme: str, product: str) -> Response | tuple[str, int]:
    typed = {name: request.form.get(name, "").strip() for name in ("least", "most")}
    key = f"{scheme}:{product}"
    with unit_of_work() as session:
        if (scheme, product) not in words.telling(session).products:
            abort(404)
    try:
        least, most = _cents(typed["least"]), _cents(typed["most"])
    except ValueError:
        said = gettext("Give an amount in euros, such as 18 or 18.50, or nothing.")
        return _show(Refused(key, typed, said)), 422
    try:
        with unit_of_work() as session:
            cmd = PutBounds(scheme, product, least, most, seen_sent())
            put_bounds(session, cmd, actor=current_actor(), now=clock.now())
    except BoundsMovedOn as moved:
        return _show(Refused(key, typed, words_for(moved))), 409
    except IdealsError as wrong:
        return _show(Refused(key, typed, words_for(wrong))), 422
    flash(gettext("Kept, for price lists that are not published yet."), "good")
    return redirect(url_for("price_pages.bounds"), 303)


def _cents(typed: str) -> int | None:
    """Raises `ValueError`."""
    if not typed:
        return None
    found = typed_decimal(typed)
    if found is None or found != round(found, 2):
        raise ValueError(typed)
    return Money.of(found).minor


def _shown(minor: int | None) -> str:
    return "" if minor is None else formats.number(Money(minor).euros, 2)
