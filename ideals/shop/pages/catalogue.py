"""The shop: everything there is to choose, for one employee, with what is left in sight."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.budgets.pages.home import Open, if_nothing, open_until
from ideals.budgets.pages.words import gettext
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.ledger.states import AccountKind
from ideals.schemes.rules import Group, Picture
from ideals.schemes.rules.scheme import named
from ideals.shop import queries
from ideals.shop.pages import terms, words
from ideals.shop.pages.steered import mark
from ideals.shop.queries import Card, Catalogue
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.guards import guard, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("catalogue_pages", __name__, template_folder="../templates")
navigation.register(
    "06-shop",
    NavItem(lazy_gettext("Shop"), "catalogue_pages.shop", employee=True, group="mine"),
)


@dataclass(frozen=True, slots=True)
class CardShown:
    """A product on its card. `mark`: that its price is another than usual; `why`: why it cannot be
    ordered now, and from when; `chosen`: by how many colleagues, from ten up."""

    code: str
    href: str
    name: str
    text: str
    picture: Picture
    group: Group
    price: str
    mark: str
    chosen: str
    why: str


@dataclass(frozen=True, slots=True)
class Left:
    """What is left in sight: where, until when, and what else happens."""

    amount: Money
    month: Month
    open: Open | None
    if_nothing: str
    others: Sequence[tuple[str, str]]


@bp.get("/shop")
@guard(signed_in)
def shop() -> str | Response:
    """What is looked for stands in the address."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    today = clock.now().astimezone(Settings.read().zone).date()
    with unit_of_work() as session:
        return _page(session, employee_id, today)


def _page(session: Session, employee_id: int, today: date) -> str:
    found = queries.catalogue(session, employee_id, None, today)
    cards = [
        card_shown(card, url_for("product_pages.product", code=card.product.code), today)
        for card in found.cards
    ]
    group, search = request.args.get("for", ""), request.args.get("q", "")
    shown = wanted(cards, group, search)
    return render_template(
        "shop/catalogue.html",
        cards=[card for card in shown if not card.why] + [card for card in shown if card.why],
        count=str(ngettext("%(num)s choice", "%(num)s choices", len(shown))),
        every=len(cards),
        groups=[(g, terms.GROUPS[g]) for g in Group if any(card.group is g for card in cards)],
        group=group,
        search=search,
        left=None if found.scheme is None else left_in_sight(found, today),
    )


def left_in_sight(found: Catalogue, today: date) -> Left:
    """Of the month that an order would go into now."""
    assert found.scheme is not None  # noqa: S101  asked by the caller
    month = min((card.month for card in found.cards if card.month), default=Month.of(today))
    balances = {kind: each.available_minor for kind, each in found.balances.items()}
    others = []
    if minutes := balances.get(AccountKind.LEAVE):
        others.append((gettext("Leave"), formats.hours(Minutes(minutes))))
    for kind, name in (
        (AccountKind.SAVINGS, gettext("Savings")),
        (AccountKind.DEVELOPMENT, gettext("Development")),
    ):
        if balances.get(kind):
            others.append((name, formats.money(Money(balances[kind]))))
    return Left(
        Money(balances.get(AccountKind.BUDGET, 0)),
        month,
        open_until(found.scheme, month, today),
        if_nothing(found.scheme, month),
        others,
    )


# Cards ------------------------------------------------------------------------------------------


def card_shown(card: Card, href: str, today: date) -> CardShown:
    product = card.product
    why = _why_not(card)
    return CardShown(
        code=product.code,
        href=href,
        name=words.product_name(product),
        text=terms.product_text(product),
        picture=product.picture,
        group=product.group,
        price=_price(card),
        mark="" if why else mark(card, today),
        chosen=_chosen(card.people),
        why=why,
    )


def _price(card: Card) -> str:
    product = card.product
    if not product.is_ordered or (card.offered is not None and not card.offered.eligible):
        return ""
    if card.unit_minor is None:
        return gettext("You say what it costs") if product.asks_price else ""
    if card.listed is not None and not card.listed.formula:
        return gettext("You choose the amount")
    price = terms.price_of_one(product.unit, card.unit_minor)
    if product.commitment is not None and not product.commitment.divided:
        return gettext("%(price)s a month", price=formats.money(Money(card.unit_minor)))
    return price


def _chosen(people: int | None) -> str:
    if people is None:
        return ""
    return str(ngettext("%(num)s colleague chose it", "%(num)s colleagues chose it", people))


def _why_not(card: Card) -> str:
    """Why it cannot be ordered now and when it can; empty when it can."""
    if not card.product.is_ordered:
        return ""
    if card.failure:
        return gettext("It cannot be worked out for you: something about you is missing. Ask HR.")
    if card.offered is not None and not card.offered.available:
        return named(card.offered.texts, language(), "") or formats.said(card.offered.why)
    if card.month is None:
        return gettext("No month takes orders for this just now.")
    if card.quota_left == 0:
        return gettext("It is used up: colleagues have taken all there is.")
    for room in card.rooms:
        if room.left == 0 or room.times_left == 0:
            return gettext(
                "You have used what you may choose %(period)s.", period=terms.period(room.limit)
            )
    return ""


def wanted(cards: Iterable[CardShown], group: str, search: str) -> list[CardShown]:
    """Those of a group, with every word that is looked for in their name or line."""
    asked = search.casefold().split()
    return [
        card
        for card in cards
        if group in ("", card.group.value)
        and all(word in f"{card.name} {card.text}".casefold() for word in asked)
    ]
