"""What the schemes sell, for HR: each product in figures and in words, and how many chose it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask_babel import lazy_gettext

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.pricing.errors import ProductUnknown
from ideals.schemes.pages import product_words
from ideals.schemes.pages import words as told
from ideals.schemes.rules import Product, ProductKind
from ideals.schemes.rules.differences import said_limit
from ideals.shop.pages.words import gettext
from ideals.shop.queries import products as queries
from ideals.shop.queries.products import ProductLine
from ideals.web.export import Row, csv_response, xlsx_response
from ideals.web.guards import guard, role
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("products_pages", __name__, template_folder="../templates")
navigation.register(
    "65-products",
    NavItem(lazy_gettext("Products"), "products_pages.products", role(Role.HR), group="rules"),
)


def this_month() -> Month:
    return clock.month_of(clock.now(), Settings.read().zone)


@dataclass(frozen=True, slots=True)
class ProductsAsked:
    """What HR asks of the list; empty asks nothing. `sort`: `people` or `total`, `-` before: down;
    empty: in the order of the documents."""

    search: str = ""
    scheme: str = ""
    kind: str = ""
    sort: str = ""

    @property
    def anything(self) -> bool:
        return bool(self.search or self.scheme or self.kind)


@bp.get("/products")
@guard(role(Role.HR))
def products() -> str:
    asked = _asked()
    with unit_of_work() as session:
        lines = queries.product_lines(session, this_month())
    schemes = {line.scheme.code: line.scheme.name(language()) for line in lines}
    return render_template(
        "shop/products.html",
        found=_wanted(lines, asked),
        anything=bool(lines),
        asked=asked,
        schemes=schemes,
        kinds=_kinds(lines),
        files={ending: _file_address(ending) for ending in ("csv", "xlsx")},
        told=told,
        sold=product_words,
        price=price,
        limits=limits,
    )


@bp.get("/products.<any(csv, xlsx):ending>")
@guard(role(Role.HR))
def products_file(ending: str) -> Response:
    """As the list is filtered and sorted."""
    with unit_of_work() as session:
        lines = _wanted(queries.product_lines(session, this_month()), _asked())
    header = [
        gettext("Scheme"),
        gettext("Code"),
        gettext("Name"),
        gettext("Kind"),
        gettext("Price"),
        gettext("Limits"),
        gettext("Tax"),
        gettext("Version"),
        gettext("People"),
        gettext("Orders"),
        gettext("Euro"),
    ]
    answer = csv_response if ending == "csv" else xlsx_response
    return answer(gettext("products"), header, map(_row, lines))


@bp.get("/products/<scheme>/<code>")
@guard(role(Role.HR))
def product(scheme: str, code: str) -> str:
    """All that the document says of one product, and the way to see it as an employee does."""
    with unit_of_work() as session:
        try:
            line = queries.product_line(session, this_month(), scheme, code)
        except ProductUnknown:
            abort(404)
    return render_template("shop/products_one.html", line=line, told=told, sold=product_words)


def _asked() -> ProductsAsked:
    """From the address; what cannot be read asks nothing."""
    given = request.args
    return ProductsAsked(
        search=given.get("q", "").strip()[:100],
        scheme=given.get("scheme", "")[:40],
        kind=given.get("kind", "") if given.get("kind", "") in list(ProductKind) else "",
        sort=given.get("sort", ""),
    )


def _wanted(lines: Sequence[ProductLine], asked: ProductsAsked) -> list[ProductLine]:
    found = [
        line
        for line in lines
        if asked.scheme in ("", line.scheme.code)
        and asked.kind in ("", line.product.kind)
        and _fits(line.product, asked.search)
    ]
    key, down = asked.sort.removeprefix("-"), asked.sort.startswith("-")
    match key:
        case "name":
            found.sort(key=lambda line: named(line.product).casefold(), reverse=down)
        case "people":
            found.sort(key=lambda line: line.people, reverse=down)
        case "total":
            found.sort(key=lambda line: line.total.minor, reverse=down)
    return found


def _fits(product: Product, search: str) -> bool:
    """By its code, and by its name in any language: HR may know it by another than they read."""
    words = f"{product.code} {' '.join(product.names.values())} {product_words.KINDS[product.kind]}"
    return search.casefold() in words.casefold()


def _kinds(lines: Sequence[ProductLine]) -> list[tuple[str, str]]:
    """Those there are, in the order of the language."""
    kinds = {line.product.kind for line in lines}
    return sorted(
        ((kind.value, str(product_words.KINDS[kind])) for kind in kinds), key=lambda kind: kind[1]
    )


def _file_address(ending: str) -> str:
    given: dict[str, Any] = {name: value for name, value in request.args.items() if value}
    return url_for("products_pages.products_file", **given | {"ending": ending})


def _row(line: ProductLine) -> Row:
    product = line.product
    formula, text = price(product)
    return (
        line.scheme.code,
        product.code,
        named(product),
        str(product_words.KINDS[product.kind]),
        f"{formula} {text}".strip(),
        "; ".join(limits(product)),
        str(product_words.TAX[product.tax]) if product.is_ordered else None,
        line.scheme.version,
        line.people,
        line.orders,
        line.total,
    )


def named(product: Product) -> str:
    return told.name(product.names, product.code)


def price(product: Product) -> tuple[str, str]:
    """The formula of one, empty when there is none, and by what it counts."""
    if not product.is_ordered:
        return "", gettext("is not ordered")
    if product.price is not None:
        return product.price.source, str(product_words.UNITS[product.unit])
    if product.asks_price:
        return "", gettext("the employee says what it costs")
    return "", gettext("one euro for one euro")


def limits(product: Product) -> list[str]:
    """At least, at most in one order, and each limit over a longer time."""
    said = []
    if product.minimum is not None:
        said.append(gettext("at least %(amount)s an order", amount=product.minimum.source))
    if product.maximum is not None:
        said.append(gettext("at most %(amount)s an order", amount=product.maximum.source))
    said += [product_words.limit(said_limit(each)) for each in product.limits]
    if product.quota is not None:
        said.append(gettext("for all: %(quota)s", quota=product_words.quota(product.quota)))
    return said
