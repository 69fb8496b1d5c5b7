"""How groups, products and spans are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from flask_babel import LazyString, gettext, lazy_gettext, ngettext
from sqlalchemy.orm import Session

from ideals.budgets.states import RunKind
from ideals.insight.desk import rules
from ideals.insight.desk.rules import By
from ideals.kernel.month import Month
from ideals.people.pages.words import GENDERS
from ideals.schemes import queries as schemes
from ideals.shop.pages.words import product_name
from ideals.web import formats
from ideals.web.language import language

BYS: Mapping[By, tuple[LazyString, LazyString]] = {
    By.UNIT: (lazy_gettext("By unit"), lazy_gettext("Unit")),
    By.AGE: (lazy_gettext("By age"), lazy_gettext("Age")),
    By.SIZE: (lazy_gettext("By contract"), lazy_gettext("Contract")),
    By.GENDER: (lazy_gettext("By gender"), lazy_gettext("Gender")),
}
"""(title, head of the column)."""
RUNS: Mapping[RunKind, LazyString] = {
    RunKind.ALLOCATION: lazy_gettext("Allocation"),
    RunKind.CHOICES: lazy_gettext("Standing choices"),
    RunKind.CLOSE: lazy_gettext("Close"),
}


def product_names(session: Session) -> dict[str, str]:
    """Of every product there is, with its scheme where there are several."""
    found = schemes.latest_schemes(session)
    return {
        f"{scheme.code}:{code}": product_name(product)
        + (f" ({scheme.name(language())})" if len(found) > 1 else "")
        for scheme in found
        for code, product in scheme.products.items()
    }


def said_days(days: Decimal) -> str:
    figure = formats.number(days, most=1)
    return str(ngettext("%(figure)s day", "%(figure)s days", 1 if days == 1 else 2, figure=figure))


def group_name(by: By, key: str) -> str:
    if not key:
        return str(gettext("not known"))
    match by:
        case By.UNIT:
            return key.rpartition("/")[2]
        case By.GENDER:
            return str(GENDERS[key])
        case By.AGE:
            return _between(int(key), rules.AGES)
        case By.SIZE:
            return _part_of(int(key))


def _between(place: int, bounds: Sequence[int]) -> str:
    if place == 0:
        return str(gettext("under %(age)s", age=bounds[0]))
    if place == len(bounds):
        return str(gettext("%(age)s and over", age=bounds[-1]))
    return f"{bounds[place - 1]}–{bounds[place] - 1}"


def _part_of(place: int) -> str:
    bounds = [formats.percent(each, 0) for each in rules.SIZES]
    if place == 0:
        return str(gettext("less than %(share)s of full time", share=bounds[0]))
    if place == len(bounds):
        return str(gettext("full time"))
    return str(
        gettext("from %(low)s to less than %(high)s", low=bounds[place - 1], high=bounds[place])
    )


def short(month: Month) -> str:
    return formats.month_name(month)[:3]
