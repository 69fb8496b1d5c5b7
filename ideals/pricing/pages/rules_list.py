"""`/prices/rules`: every price rule, what it does and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, NamedTuple

from flask import Response, render_template, request, url_for
from flask_babel import gettext

from ideals.db import unit_of_work
from ideals.pricing.models import PriceRule
from ideals.pricing.pages import band
from ideals.pricing.pages import rule_words as words
from ideals.pricing.pages.blueprint import bp, only_prices, this_month
from ideals.pricing.pages.rule_words import Telling
from ideals.pricing.queries import keeping
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.keeping import Asked
from ideals.pricing.states import RuleState
from ideals.pricing.steering import RuleText
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.export import Row, csv_response
from ideals.web.guards import guard
from ideals.web.language import language


class Line(NamedTuple):
    rule: PriceRule
    text: RuleText
    cells: list[band.Cell]


@bp.get("/rules")
@guard(only_prices)
def rules() -> str:
    wanted, this = asked(), this_month()
    with unit_of_work() as session:
        tell = words.telling(session)
        query = keeping.rules(wanted, language(), actor=current_actor())
        keys, down = keeping.sorted_by(wanted, query)
        found = paginate(session, query, page_request(), *keys, descending=down)
        texts = queries.texts(session, [row.PriceRule for row in found.items])
        lines = [_line(row.PriceRule, texts[row.PriceRule.id], this) for row in found.items]
    return render_template(
        "pricing/rules.html",
        page=Page(lines, found.next),
        asked=wanted,
        tell=tell,
        words=words,
        csv=url_for("price_pages.rules_file", **_given(wanted)),
        **_choices(tell),
    )


def _line(rule: PriceRule, text: RuleText, this: Any) -> Line:
    return Line(rule, text, band.small(rule.from_month, last_of(rule), this))


def last_of(rule: PriceRule) -> Any:
    """Its last month, as far as there is one."""
    return rule.last_month or rule.through_month


def asked() -> Asked:
    """From the address; what is not known asks nothing."""
    given = {name: request.args.get(name, "").strip()[:100] for name in asdict(Asked())}
    if given["state"] not in set(RuleState):
        given["state"] = ""
    if given["sort"].removeprefix("-") not in keeping.SORTS:
        given["sort"] = Asked().sort
    return Asked(**given)


def _given(wanted: Asked) -> dict[str, Any]:
    return {name: value or None for name, value in asdict(wanted).items()}


def _choices(tell: Telling) -> dict[str, Any]:
    everything = ("", gettext("everything"))
    several = len(tell.schemes) > 1
    return {
        "states": [
            everything,
            *((each.value, str(word)) for each, (word, _) in words.STATES.items()),
        ],
        "schemes": [everything, *tell.schemes.items()] if several else [],
        "products": [
            everything,
            *(
                (f"{scheme}:{code}", f"{name} ({tell.schemes[scheme]})" if several else name)
                for (scheme, code), name in tell.products.items()
            ),
        ],
    }


@bp.get("/rules.csv")
@guard(only_prices)
def rules_file() -> Response:
    wanted, actor, in_language = asked(), current_actor(), language()

    def rows() -> Iterator[Row]:
        with unit_of_work() as session:
            tell = words.telling(session)
            query = keeping.rules(wanted, in_language, actor=actor)
            keys, down = keeping.sorted_by(wanted, query)
            query = query.order_by(*(key.desc() if down else key.asc() for key in keys))
            found = [row.PriceRule for row in session.execute(query)]
            texts = queries.texts(session, found)
            for rule in found:
                text = texts[rule.id]
                yield (
                    rule.code, words.named_of(text), tell.schemes.get(rule.scheme, rule.scheme),
                    tell.products_of(rule.scheme, text.products), rule.from_month, last_of(rule),
                    words.change(text), "" if text.condition is None else text.condition.source,
                    text.order, text.combines, str(words.STATES[RuleState(rule.state)][0]),
                )  # fmt: skip

    header = [
        gettext("Code"), gettext("Name"), gettext("Scheme"), gettext("Products"), gettext("From"),
        gettext("Through"), gettext("How much"), gettext("Condition"),
        gettext("Place in the order"),
        gettext("Combines"), gettext("State"),
    ]  # fmt: skip
    return csv_response(gettext("price-rules"), header, rows())
