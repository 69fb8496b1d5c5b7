"""One product: what it is and its conditions; and the decision, with what it means.

Each look promises the price that it shows by a quote, and the button orders by that quote alone. A
price that has become another one is said, old and new, and asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.wrappers import Response

from ideals.access.errors import SignInNotFresh
from ideals.approvals.commands.asking import Route
from ideals.approvals.rules import Effect
from ideals.budgets.pages.words import fact_value, fact_words, gettext
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import Conflict, IdealsError
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.pricing import commands as pricing
from ideals.pricing.errors import PriceChanged, QuoteExpired, QuoteUsed
from ideals.pricing.models import Quote
from ideals.pricing.rules import Terms
from ideals.schemes.rules import Product, ProductKind, ProductUnit
from ideals.shop import commands
from ideals.shop.commands import NewEvidence, PlaceOrder, asking
from ideals.shop.errors import EvidenceUnusable
from ideals.shop.pages import terms, words
from ideals.shop.pages.steered import reasons
from ideals.shop.queries import considering, purchase_of
from ideals.shop.queries.considering import Asked, Considered
from ideals.shop.rules import LARGEST_FILE, MOST_FILES
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.guards import guard, signed_in
from ideals.web.headers import MB, body_limit
from ideals.web.language import language

bp = Blueprint("product_pages", __name__, template_folder="../templates")

MOST_SENT = MOST_FILES * LARGEST_FILE + MB


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the fields, as it was typed; `faults`: what of it cannot be read."""

    quantity: str = ""
    price: str = ""
    faults: Mapping[str, str] | None = None


@bp.get("/shop/<code>")
@guard(signed_in)
def product(code: str) -> str | Response:
    """What is asked stands in the address, so that it can be kept and sent."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    asked, typed = read(request.args)
    with unit_of_work() as session:
        return _page(session, employee_id, code, asked, typed)


@bp.post("/shop/<code>")
@guard(signed_in)
@body_limit(MOST_SENT)
def buy(code: str) -> Response | tuple[str, int]:
    """The id comes with the form: the same form sent twice is one order."""
    actor, now = current_actor(), clock.now()
    employee_id = actor.employee_id
    if employee_id is None:
        return redirect("/")
    token, order_id = request.form.get("quote", ""), _form_id()
    try:
        cmd = PlaceOrder(order_id, token, employee_id, _evidence())
        with unit_of_work() as session:
            order = commands.place_order(session, cmd, actor=actor, now=now)
    except QuoteUsed as used:
        return redirect(url_for("order_pages.order", order_id=used.data["order"]), 303)
    except SignInNotFresh:
        here = url_for("product_pages.product", code=code, **_kept(request.form))
        return redirect(url_for("access_pages.again", next=here), 303)
    except QuoteExpired:
        return _asked_again(employee_id, code, token)
    except (Conflict, EvidenceUnusable) as refusal:
        asked, typed = read(request.form)
        with unit_of_work() as session:
            return _page(session, employee_id, code, asked, typed, refusal=refusal), 409
    flash(_thanks(order.state))
    return redirect(url_for("order_pages.order", order_id=order.id), 303)


def _thanks(state: str) -> str:
    if state == "held":
        return gettext("Asked for. The amount is set aside until it is decided.")
    return gettext("Done. You find it back under your choices.")


def _form_id() -> UUID:
    try:
        return UUID(request.form.get("order_id", ""))
    except ValueError:
        return new_id()


def _evidence() -> tuple[NewEvidence, ...]:
    files: list[FileStorage] = request.files.getlist("evidence")
    return tuple(NewEvidence(file.read()) for file in files[:MOST_FILES] if file.filename)


def _asked_again(employee_id: int, code: str, token: str) -> tuple[str, int]:
    """The promise ran out: the same with the price of now, and the old one beside it."""
    actor, now, zone = current_actor(), clock.now(), Settings.read().zone
    cmd = pricing.RenewQuote(token, employee_id)
    with unit_of_work() as session:
        renewed = pricing.renew_quote(session, cmd, actor=actor, now=now, zone=zone)
        quote = renewed.quote
        asked = asked_of(quote)
        page = _page(session, employee_id, code, asked, Typed(), renewed=renewed)
    return page, 409


def asked_of(quote: Quote) -> Asked:
    kept = Terms.of(quote.terms)
    return Asked(quote.quantity, 0, kept.stated_minor, quote.month, kept.back)


def _kept(given: MultiDict[str, str]) -> dict[str, Any]:
    """What is asked, for an address that asks it again."""
    return {key: given[key] for key in ("quantity", "price", "month", "selling") if given.get(key)}


# What is asked --------------------------------------------------------------------------------


def read(given: MultiDict[str, str]) -> tuple[Asked, Typed]:
    """A quantity and a price as people write them; a month that cannot be read is left out."""
    faults = {}
    values: dict[str, Decimal | None] = {}
    for name in ("quantity", "price"):
        text = given.get(name, "")
        values[name] = number(text, language())
        if text.strip() and values[name] is None:
            faults[name] = gettext("Write a number, such as 8 or 7.5.")
    price = values["price"]
    asked = Asked(
        quantity=values["quantity"],
        notches={"more": 1, "less": -1}.get(given.get("step", ""), 0),
        price_minor=None if price is None else Money.of(price).minor,
        month=_month(given.get("month", "")),
        selling=given.get("selling") == "yes",
    )
    return asked, Typed(given.get("quantity", ""), given.get("price", ""), faults)


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except IdealsError:
        return None


def number(text: str, in_language: str) -> Decimal | None:
    """`8`, `7,5`, `1.234,50`, `€ 1,234.50`; `None` for what is none or below zero."""
    text = re.sub(r"[€\s\u00a0]", "", text)
    groups, point = (".", ",") if in_language == "nl" else (",", ".")
    if point not in text and text.count(groups) == 1 and not re.search(r"\d{3}$", text):
        groups, point = point, groups  # the other language's, and plain what is meant
    plain = text.replace(groups, "").replace(point, ".")
    if not re.fullmatch(r"\d{1,9}(\.\d{0,6})?|\.\d{1,6}", plain):
        return None
    return Decimal(plain)


# The page ---------------------------------------------------------------------------------------


def _page(
    session: Session,
    employee_id: int,
    code: str,
    asked: Asked,
    typed: Typed,
    *,
    refusal: IdealsError | None = None,
    renewed: pricing.Renewed | None = None,
) -> str:
    actor, now, zone = current_actor(), clock.now(), Settings.read().zone
    day = now.astimezone(zone).date()
    found = considering.consider(session, employee_id, code, asked, day=day)
    quote = None if renewed is None else renewed.quote
    if quote is None and found.offer is not None and found.refusal is None and not typed.faults:
        quote = pricing.promise(session, found.buyer, found.offer, actor=actor, now=now, zone=zone)
    route = None
    if found.offer is not None:
        purchase = purchase_of(found.offer, employee_id)
        route = asking.route_of(session, purchase, actor=actor, now=now)
    return render_template(
        "shop/product.html",
        shown=shown(found, asked, typed, day, route),
        quote=quote,
        order_id=new_id(),
        refused=None if refusal is None else terms.why_not(refusal, found.product.unit),
        was=_was(renewed),
        can_sell=_can_sell(found.product, selling=asked.selling),
        **WORDS,
    )


WORDS = {
    "terms": terms, "cents": Money, "fact_words": fact_words, "fact_value": fact_value,
    "reasons": reasons,
}  # fmt: skip
"""What the templates of a product say things with."""


def _can_sell(product: Product, *, selling: bool) -> bool:
    sells = product.sells_granted or product.sells_bought
    return product.kind is ProductKind.LEAVE and sells and not selling


def _was(renewed: pricing.Renewed | None) -> Money | None:
    """The old price, where it is another one now."""
    if renewed is None or not isinstance(renewed.refusal, PriceChanged):
        return None
    return Money.parse(renewed.refusal.data["was"])


@dataclass(frozen=True, slots=True)
class Shown:
    """A product before a choice, in words: what the templates need and nothing about who looks.

    `shut`: why there is nothing to fill in at all. `why_not`: why not as it stands.
    """

    found: Considered
    selling: bool
    name: str
    text: str
    terms: list[terms.Term]
    limits: list[str]
    shut: str
    why_not: str
    quantity: str
    price: str
    faults: Mapping[str, str]
    act: str
    day: date

    @property
    def product(self) -> Product:
        return self.found.product


NOTHING_TO_FILL_IN = (
    "not_eligible", "product_closed", "not_for_order", "not_employed", "facts_incomplete",
    "component_failed", "component_negative", "budget_not_computable",
)  # fmt: skip


def shown(
    found: Considered, asked: Asked, typed: Typed, day: date, route: Route | None = None
) -> Shown:
    """`route`: who has to agree, for whom it is shown; `None`: as the product itself says."""
    product, refusal = found.product, found.refusal
    why = "" if refusal is None else terms.why_not(refusal, product.unit)
    closed = refusal is not None and (refusal.code in NOTHING_TO_FILL_IN or not found.months)
    first_look = refusal is not None and refusal.code == "price_stated_by_buyer"
    offer = found.offer
    return Shown(
        found=found,
        selling=asked.selling,
        name=words.product_name(product),
        text=terms.product_text(product),
        terms=terms.terms(product, month=found.month, last_day=found.last_day, rule=_rule(route)),
        limits=[terms.room(room, product.unit) for room in found.rooms],
        shut=why if closed else "",
        why_not="" if closed or first_look or typed.faults else why,
        quantity=_in_field(found.quantity, typed.quantity, product, typed.faults),
        price=typed.price or _price_in_field(asked),
        faults=typed.faults or {},
        act=""
        if offer is None
        else terms.act(
            product,
            offer.quantity,
            offer.price.minor,
            selling=asked.selling,
            asks=None if route is None else route.waits,
        ),
        day=day,
    )


def _rule(route: Route | None) -> str:
    """What a policy that HR published says; what is built in is the product's own."""
    if route is None or route.policy_id is None:
        return ""
    said = route.case.said(language())
    if route.waits and route.case.effect is Effect.AFTER:
        lost = gettext("Until one of yours is found kept again, it is decided before.")
        return f"{said} {lost}"
    return said


def _in_field(
    value: Decimal | None, text: str, product: Product, faults: Mapping[str, str] | None
) -> str:
    """What was typed while it cannot be read, else the figure as it counts."""
    if value is None or (faults and "quantity" in faults):
        return text
    euros = product.unit is ProductUnit.EURO
    return formats.number(value, 2) if euros else formats.number(value, 0, most=6)


def _price_in_field(asked: Asked) -> str:
    if asked.price_minor is None:
        return ""
    return formats.number(Money(asked.price_minor).euros, 2)
