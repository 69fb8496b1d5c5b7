"""Price rules as approvals show them, and the notices about prices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask_babel import gettext, lazy_gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.pages.words import said_of
from ideals.approvals.queries import Fact, FactSaid, Told
from ideals.kernel.formula import Kind as FactKind
from ideals.kernel.month import Month
from ideals.notices.queries import Words
from ideals.pricing.models import PriceRule
from ideals.pricing.pages.panels import grounds
from ideals.pricing.pages.rule_words import change, telling
from ideals.pricing.queries import steering as queries
from ideals.schemes.rules.scheme import named
from ideals.web import formats
from ideals.web.language import language

RULE_FACTS: Mapping[str, FactSaid] = {
    "scheme": FactSaid(FactKind.TEXT, lazy_gettext("the scheme")),
    "change": FactSaid(
        FactKind.TEXT,
        lazy_gettext("how it changes the price"),
        {
            "percent": lazy_gettext("a percentage"),
            "amount": lazy_gettext("an amount"),
            "fixed": lazy_gettext("a fixed price"),
            "floor": lazy_gettext("a least price"),
            "cap": lazy_gettext("a highest price"),
        },
    ),
    "products": FactSaid(FactKind.NUMBER, lazy_gettext("of how many products")),
    "months": FactSaid(FactKind.NUMBER, lazy_gettext("for how many months; 0 without an end")),
}
"""What a policy of price rules may decide by."""


def page_of(rule: PriceRule) -> str:
    return f"/prices/rules/{rule.id}"


def describe_subjects(session: Session, subjects: Collection[str]) -> Mapping[str, Told]:
    """A price rule as whoever has to agree sees it. Registered with the approvals."""
    ids = [queries.id_of(subject) for subject in subjects]
    rules = session.scalars(select(PriceRule).where(PriceRule.id.in_(ids))).all()
    texts = queries.texts(session, rules)
    tell, told, known = telling(session), {}, grounds(session, rules)
    for rule in rules:
        text = texts[rule.id]
        lines = [
            Fact(gettext("What employees read"), named(text.says, language(), "")),
            Fact(gettext("Products"), tell.products_of(text.scheme, text.products)),
            Fact(gettext("How much"), change(text)),
            Fact(gettext("From"), formats.month_name(rule.from_month)),
        ]
        if rule.through_month is not None:
            lines.append(Fact(gettext("Through"), formats.month_name(rule.through_month)))
        if text.condition is not None:
            lines.append(Fact(gettext("For whom"), tell.whom(text)))
        if text.reason:
            lines.append(Fact(gettext("The reason, for HR"), text.reason))
        lines += known[rule.id]
        title = gettext("Price rule: %(name)s", name=named(text.name, language(), rule.code))
        told[rule.source] = Told(title, tuple(lines), href=page_of(rule))
    return told


def rule_decided(data: Mapping[str, Any], in_language: str) -> Words:
    """To who submitted a price rule."""
    name = named(data["name"], in_language, "")
    if data["refused"] is None:
        month = formats.month_name(Month.parse(data["from"]))
        title = gettext("Agreed: the price rule “%(name)s”", name=name)
        text = gettext("It counts from %(month)s on.", month=month)
    else:
        title = gettext("Refused: the price rule “%(name)s”", name=name)
        text = said_of(data["refused"]) or ""
    return Words(title, text, f"/prices/rules/{data['rule']}", gettext("Look at the price rule"))


def prices_changed(data: Mapping[str, Any], in_language: str) -> Words:
    """To an employee: which prices, from when, and why."""
    month = formats.month_name(Month.parse(data["month"]))
    products = _listed(data["products"], in_language)
    lines = [named(says, in_language, "") for says in data["says"]]
    lines += [
        gettext("No longer: %(rule)s", rule=named(name, in_language, "")) for name in data["over"]
    ]
    text = gettext(
        "From %(month)s on, another price: %(products)s.", month=month, products=products
    )
    codes = data.get("codes", ())
    one = len(codes) == 1
    return Words(
        gettext("Prices change in %(month)s", month=month),
        "\n\n".join([text, *filter(None, lines)]),
        f"/shop/{codes[0]}/prices" if one else "/shop",
        gettext("Look at the price over time") if one else gettext("Look at the shop"),
    )


def published(data: Mapping[str, Any], in_language: str) -> Words:
    """To HR: what begins and what is over."""
    del in_language  # what is said comes out in it
    month = formats.month_name(Month.parse(data["month"]))
    lines = [gettext("The price list of %(month)s is published.", month=month)]
    if data["began"]:
        lines.append(gettext("It begins: %(rules)s.", rules=", ".join(data["began"])))
    if data["over"]:
        lines.append(gettext("It is over: %(rules)s.", rules=", ".join(data["over"])))
    return Words(
        gettext("Prices of %(month)s: what changes", month=month),
        "\n\n".join(lines),
        "/prices/rules",
        gettext("Look at the price rules"),
    )


def indicator_missing(data: Mapping[str, Any], in_language: str) -> Words:
    """To HR: a price list waits for a number."""
    del in_language  # what is said comes out in it
    month, list_ = (formats.month_name(Month.parse(data[key])) for key in ("month", "list"))
    return Words(
        gettext("Missing: %(indicator)s of %(month)s", indicator=data["indicator"], month=month),
        gettext(
            "The price list of %(list)s goes by it. Without it, the last value of three months "
            "counts; without one, rules that name it do nothing.",
            list=list_,
        ),
        "/prices/indicators",
        gettext("Look at the indicators"),
    )


def _listed(names: Sequence[Mapping[str, str]], in_language: str) -> str:
    return ", ".join(named(each, in_language, "") for each in names)
