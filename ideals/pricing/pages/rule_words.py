"""A price rule told in sentences, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext
from sqlalchemy.orm import Session

from ideals.kernel.formula import Kind as FormulaKind
from ideals.kernel.formula import compile_formula
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.pricing.models import Indicator
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import ANY_NAMES
from ideals.pricing.states import RuleState
from ideals.pricing.steering import ChangeKind, RuleText
from ideals.pricing.steering.conditions import told
from ideals.pricing.steering.words import plain_number
from ideals.schemes import queries as schemes
from ideals.schemes.rules import Scheme
from ideals.schemes.rules.scheme import named
from ideals.web import formats
from ideals.web.errors import register_words
from ideals.web.language import LANGUAGES, language

STATES: Mapping[RuleState, tuple[LazyString, str]] = {
    RuleState.DRAFT: (lazy_gettext("draft"), "plain"),
    RuleState.SUBMITTED: (lazy_gettext("waits for a second person"), "wait"),
    RuleState.REFUSED: (lazy_gettext("refused"), "bad"),
    RuleState.SCHEDULED: (lazy_gettext("agreed, to come"), "wait"),
    RuleState.IN_FORCE: (lazy_gettext("in force"), "good"),
    RuleState.ENDED: (lazy_gettext("ended"), "plain"),
    RuleState.WITHDRAWN: (lazy_gettext("withdrawn"), "plain"),
}
"""In a word, and its colour."""
register_words("prices_not_yours", lazy_gettext("Prices are changed by HR with the right to them."))
register_words("price_rule_unknown", lazy_gettext("There is no such price rule."))
register_words(
    "price_rule_code_taken", lazy_gettext("Another price rule has this code: take another.")
)
register_words(
    "price_rule_moved_on",
    lazy_gettext("Somebody changed this price rule since you opened it. Look at it again."),
)
register_words(
    "price_rule_move_not_allowed",
    lazy_gettext("The price rule stands differently by now. Look at it again."),
)
register_words(
    "approver_is_author",
    lazy_gettext("Somebody who did not write this price rule has to approve it."),
)
register_words(
    "second_person_needed",
    lazy_gettext("The rules of decisions have to name a second person for price rules."),
)
register_words(
    "price_list_published",
    lazy_gettext(
        "The price list of its first month is published and stays as it is. Begin with "
        "%(earliest)s or later."
    ),
)
register_words(
    "price_rule_still_holds",
    lazy_gettext("A price list or an order came about by it. End it with a month of the list."),
)
register_words(
    "price_list_too_early", lazy_gettext("Price lists can be published through %(last)s now.")
)
register_words(
    "price_list_too_late", lazy_gettext("That month is over: its price list is not made any more.")
)
register_words("price_list_unknown", lazy_gettext("Nothing is published for that month."))
register_words(
    "price_bounds_crossed",
    lazy_gettext("The least must not be below nothing, and not above the most."),
)
register_words(
    "price_bounds_moved_on",
    lazy_gettext(
        "Somebody changed these bounds since you opened the page: in the row stands what they are "
        "now. Keep yours to put them in the place of those."
    ),
)
register_words("indicator_unknown", lazy_gettext("There is no such indicator."))


@dataclass(frozen=True, slots=True)
class Telling:
    """`products`: what they are called, by scheme and code. `indicators`: by their codes."""

    products: Mapping[tuple[str, str], str]
    schemes: Mapping[str, str]
    indicators: Mapping[str, str]

    def product(self, scheme: str, code: str) -> str:
        return self.products.get((scheme, code), code)

    def products_of(self, scheme: str, codes: Any) -> str:
        return ", ".join(self.product(scheme, code) for code in codes)

    def whom(self, rule: RuleText) -> str:
        if rule.condition is None:
            return str(gettext("for everybody"))
        return formats.said(told(rule.condition, self.indicators))

    def sentence(self, rule: RuleText) -> str:
        """`Extra leave: 15% less from April 2026 through June 2026, for everybody.`"""
        return str(
            gettext(
                "%(products)s: %(change)s %(months)s, %(whom)s.",
                products=self.products_of(rule.scheme, rule.products),
                change=change(rule),
                months=months(rule.from_month, rule.through_month),
                whom=self.whom(rule),
            )
        )


def telling(session: Session) -> Telling:
    """Three statements: what products, schemes and indicators are called."""
    found = schemes.latest_schemes(session)
    return Telling(
        {(each.code, code): product_name(each, code) for each in found for code in each.products},
        {each.code: each.name(language()) for each in found},
        indicator_names(session),
    )


def indicator_names(session: Session) -> dict[str, str]:
    return names_of(session.scalars(queries.indicators()))


def names_of(rows: Iterable[Indicator]) -> dict[str, str]:
    return {row.code: named(row.name, language(), row.code) for row in rows}


def product_name(scheme: Scheme, code: str) -> str:
    return named(scheme.products[code].names, language(), code)


def named_of(rule: RuleText) -> str:
    return named(rule.name, language(), rule.code)


def change(rule: RuleText) -> str:
    """`15% less`, `€ 2,50 more`, `exactly € 18,00`."""
    size = abs(rule.value)
    if rule.kind is ChangeKind.PERCENT:
        percent = formats.number(plain_number(size), 0, most=6)
        if rule.value < 0:
            return str(gettext("%(percent)s%% less", percent=percent))
        return str(gettext("%(percent)s%% more", percent=percent))
    amount = formats.money(Money.of(size))
    match rule.kind:
        case ChangeKind.AMOUNT if rule.value < 0:
            return str(gettext("%(amount)s less a unit", amount=amount))
        case ChangeKind.AMOUNT:
            return str(gettext("%(amount)s more a unit", amount=amount))
        case ChangeKind.FIXED:
            return str(gettext("exactly %(amount)s a unit", amount=amount))
        case ChangeKind.FLOOR:
            return str(gettext("at least %(amount)s a unit", amount=amount))
    return str(gettext("at most %(amount)s a unit", amount=amount))


def months(first: Month, last: Month | None) -> str:
    if last is None:
        return str(gettext("from %(first)s on", first=formats.month_name(first)))
    if last == first:
        return str(gettext("in %(month)s", month=formats.month_name(first)))
    return str(
        gettext(
            "from %(first)s through %(last)s",
            first=formats.month_name(first),
            last=formats.month_name(last),
        )
    )


def place(rule: RuleText) -> str:
    """Where it comes and what happens after it."""
    if rule.combines:
        return str(gettext("place %(order)s; rules after it still count", order=str(rule.order)))
    return str(gettext("place %(order)s; no rule after it counts", order=str(rule.order)))


def differences(
    before: RuleText, after: RuleText, tell: Telling
) -> list[tuple[str, str | None, str | None]]:
    """(what, before, after) for the `changes` macro."""
    both = [_lines(each, tell) for each in (before, after)]
    keys = [*both[1], *(key for key in both[0] if key not in both[1])]
    return [
        (key, both[0].get(key), both[1].get(key))
        for key in keys
        if both[0].get(key) != both[1].get(key)
    ]


def _lines(rule: RuleText, tell: Telling) -> dict[str, str]:
    lines = {
        gettext("Code"): rule.code,
        gettext("Products"): tell.products_of(rule.scheme, rule.products),
        gettext("How much"): change(rule),
        gettext("When"): months(rule.from_month, rule.through_month),
        gettext("For whom"): tell.whom(rule),
        gettext("Place in the order"): place(rule),
        gettext("The reason, for HR"): rule.reason,
    }
    for code, word in LANGUAGES.items():
        lines[gettext("Name (%(language)s)", language=word)] = rule.name.get(code, "")
        lines[gettext("What employees read (%(language)s)", language=word)] = rule.says.get(
            code, ""
        )
    return {key: text for key, text in lines.items() if text}


def for_whom(source: str, tell: Telling) -> str:
    """Of the condition under which two rules hold."""
    if not source:
        return str(gettext("for everybody"))
    formula = compile_formula(source, ANY_NAMES, wanted=FormulaKind.YES_NO)
    return formats.said(told(formula, tell.indicators))
