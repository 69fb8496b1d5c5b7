"""What the parts of an entry of the audit are called."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext

from ideals.approvals.pages.words import KINDS, ROLES
from ideals.insight.searching.pages.acts import ACTS
from ideals.insight.searching.rules import Wording
from ideals.people.pages.weeks import DAYS
from ideals.people.rules.weeks import WEEKDAYS
from ideals.pricing.pages.rule_words import STATES as RULE_STATES
from ideals.shop.pages.words import STATES as ORDER_STATES

AREAS: Mapping[str, LazyString] = {
    "access": lazy_gettext("Signing in and rights"),
    "approvals": lazy_gettext("Decisions"),
    "budgets": lazy_gettext("Budgets"),
    "deals": lazy_gettext("Deals"),
    "insight": lazy_gettext("Overviews"),
    "ledger": lazy_gettext("Books"),
    "notices": lazy_gettext("Mail"),
    "payroll": lazy_gettext("Payroll"),
    "people": lazy_gettext("People"),
    "pricing": lazy_gettext("Prices"),
    "schemes": lazy_gettext("Schemes"),
    "shop": lazy_gettext("Shop"),
}
"""By how their acts begin."""
WHATS: Mapping[str, LazyString] = {
    "about": lazy_gettext("about"),
    "after": lazy_gettext("after"),
    "amount": lazy_gettext("amount"),
    "change": lazy_gettext("change of price"),
    "changed": lazy_gettext("changed"),
    "check": lazy_gettext("check"),
    "code": lazy_gettext("code"),
    "combines": lazy_gettext("combines with others"),
    "condition": lazy_gettext("condition"),
    "day": lazy_gettext("day"),
    "days": lazy_gettext("days"),
    "demo": lazy_gettext("by a button of the demo"),
    "departs_from": lazy_gettext("departs from"),
    "deputy": lazy_gettext("deputy"),
    "digest": lazy_gettext("digest"),
    "drawn": lazy_gettext("drawn"),
    "early": lazy_gettext("why early"),
    "employee_gets": lazy_gettext("the employee gets"),
    "employer_gets": lazy_gettext("the employer gets"),
    "en": lazy_gettext("English"),
    "ends_early": lazy_gettext("ends early"),
    "evaluate_after_months": lazy_gettext("looks back after so many months"),
    "evidence": lazy_gettext("evidence"),
    "file": lazy_gettext("file"),
    "first": lazy_gettext("first day"),
    "first_day": lazy_gettext("first day"),
    "first_month": lazy_gettext("first month"),
    "formula": lazy_gettext("formula"),
    "from_month": lazy_gettext("from month"),
    "hired_on": lazy_gettext("hired on"),
    "holder": lazy_gettext("holder"),
    "kind": lazy_gettext("kind"),
    "kinds": lazy_gettext("kinds"),
    "last": lazy_gettext("last day"),
    "last_month": lazy_gettext("last month"),
    "least": lazy_gettext("lowest price"),
    "leaves_on": lazy_gettext("last day of employment"),
    "lines": lazy_gettext("lines"),
    "lists": lazy_gettext("price lists"),
    "look": lazy_gettext("only a look"),
    "manager_number": lazy_gettext("number of the manager"),
    "month": lazy_gettext("month"),
    "months": lazy_gettext("months"),
    "most": lazy_gettext("highest price"),
    "name": lazy_gettext("name"),
    "names": lazy_gettext("names"),
    "new": lazy_gettext("new"),
    "nl": lazy_gettext("Dutch"),
    "not_told": lazy_gettext("changed too, not shown here"),
    "number": lazy_gettext("number"),
    "offer": lazy_gettext("offer"),
    "only_good_rows": lazy_gettext("only the good rows"),
    "order": lazy_gettext("place in the order"),
    "part_time_factor": lazy_gettext("part-time factor"),
    "population": lazy_gettext("out of"),
    "principal": lazy_gettext("in whose place"),
    "products": lazy_gettext("products"),
    "reason": lazy_gettext("reason"),
    "roles": lazy_gettext("rights"),
    "rows": lazy_gettext("rows"),
    "rules": lazy_gettext("price rules"),
    "says": lazy_gettext("what it says"),
    "scale": lazy_gettext("scale"),
    "scheme": lazy_gettext("scheme"),
    "state": lazy_gettext("state"),
    "terms": lazy_gettext("terms"),
    "text": lazy_gettext("text"),
    "through_month": lazy_gettext("through month"),
    "to": lazy_gettext("what was agreed to"),
    "unchanged": lazy_gettext("unchanged"),
    "unit": lazy_gettext("unit"),
    "valid_from": lazy_gettext("from the day"),
    "value": lazy_gettext("value"),
    "visibility": lazy_gettext("who sees it"),
    "weekly_hours": lazy_gettext("hours a week"),
    "words": lazy_gettext("words"),
    "wrong": lazy_gettext("wrong"),
}
"""By the names of details and of what was changed; another stands as it was written."""


def what(name: str) -> str:
    return str(WHATS.get(name, name))


_DAYS: Mapping[str, LazyString] = dict(zip(WEEKDAYS, DAYS, strict=True))
_VALUES: Mapping[str, Mapping[Any, LazyString]] = {
    "price_rule state": {state: words for state, (words, _) in RULE_STATES.items()},
    "order state": ORDER_STATES,
    "employee kind": KINDS,
    "employee ": _DAYS,
    "deal days": _DAYS,
    "user ": ROLES,
    "user roles": ROLES,
}
"""Codes among the values of an entry, by what it is about and the name they stand under."""


def wording(subject: str) -> Wording:
    """In the reader's language. `subject`: what the entry is about."""
    about = subject.partition(":")[0]

    def value(name: str, value: str | bool) -> str:
        if isinstance(value, bool):
            return str(gettext("yes") if value else gettext("no"))
        return str(_VALUES.get(f"{about} {name}", {}).get(value, value))

    return Wording(what, value)


def acts_by_area(hidden: Collection[str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """(area, what it is called, its acts with what they are called), without what begins with one
    of `hidden`."""
    seen = [act for act in ACTS if not act.startswith(tuple(hidden))]
    areas = dict.fromkeys(act.partition(".")[0] for act in seen)
    return [
        (
            area,
            str(AREAS[area]),
            [(act, str(ACTS[act])) for act in seen if act.startswith(f"{area}.")],
        )
        for area in areas
    ]
