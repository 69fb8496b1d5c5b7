"""The one blueprint of these pages, and their line of the navigation."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from ideals.config import Settings
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.web.guards import guard, role
from ideals.web.shell import NavItem, navigation

bp = Blueprint("price_pages", __name__, url_prefix="/prices", template_folder="../templates")
only_prices = role(Role.HR_PRICES)
navigation.register(
    "55-prices",
    NavItem(lazy_gettext("Prices"), "price_pages.prices", only_prices, group="rules"),
)


@bp.get("")
@guard(only_prices)
def prices() -> Response:
    return redirect(url_for("price_pages.rules"))


def today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()


def this_month() -> Month:
    return Month.of(today())


def seen_sent() -> int:
    """The version that was open when a form was filled in; 0 for what is none."""
    seen = request.form.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else 0


@bp.app_context_processor
def _shared() -> dict[str, object]:
    return {"price_tabs": tabs}


def tabs() -> list[tuple[str, str]]:
    return [
        (gettext("Price rules"), url_for("price_pages.rules")),
        (gettext("Indicators"), url_for("price_pages.indicators")),
        (gettext("Price lists"), url_for("price_pages.lists")),
        (gettext("Bounds"), url_for("price_pages.bounds")),
    ]
