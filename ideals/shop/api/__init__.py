"""`/api/v1`: products, quotes, orders and their evidence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, current_app, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.errors import Conflict
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.pricing import commands as pricing
from ideals.pricing.commands import MakeQuote, RenewQuote
from ideals.pricing.errors import MonthClosed, QuoteExpired
from ideals.pricing.models import Quote
from ideals.pricing.over_time import changes
from ideals.pricing.queries import did_nothing
from ideals.pricing.queries.over_time import prices_over_time
from ideals.pricing.rules import Step, Terms
from ideals.pricing.steering import NotApplied
from ideals.schemes.rules import Product
from ideals.shop import commands, queries
from ideals.shop.commands import CancelOrder, PlaceOrder, UploadEvidence, asking
from ideals.shop.errors import NoOrdersOfOwn
from ideals.shop.models import Evidence, Order
from ideals.shop.queries import OrdersAsked, OrderTold
from ideals.shop.queries.considering import net_of_quote
from ideals.shop.rules import waits_of
from ideals.shop.rules.commitments import Plan, PlanLine
from ideals.shop.schemas import (
    CancelIn,
    EvidenceOut,
    OrderOut,
    OrdersQuery,
    OrderWithPartsOut,
    PlacedOut,
    PlaceOrderIn,
    PricesOverTimeOut,
    ProductOut,
    ProductsQuery,
    QuoteIn,
    QuoteOut,
    UploadIn,
)
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageRequest, page_of, page_of_list, paginate
from ideals.web.guards import guard, signed_in
from ideals.web.headers import MB, body_limit

bp = Blueprint("shop", __name__, url_prefix="/api/v1", description="What to choose, and orders")
View = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class QuoteView:
    quote: Quote
    steps: list[Step]
    not_applied: list[NotApplied]
    waits_for: list[str]
    net_minor: int | None
    plan: list[PlanLine]


def view_of(session: Session, quote: Quote) -> QuoteView:
    terms, steps = Terms.of(quote.terms), [Step.of(step) for step in quote.steps]
    net = net_of_quote(session, quote)
    asks = _asks(session, quote, terms)
    not_applied = did_nothing(session, quote.not_applied)
    return QuoteView(
        quote, steps, not_applied, waits_of(terms, asks=asks), net, _plan(quote, terms)
    )


def _asks(session: Session, quote: Quote, terms: Terms) -> bool:
    """Whether somebody would have to agree to an order of this."""
    purchase = queries.purchase_of_quote(quote, terms)
    route = asking.route_of(session, purchase, actor=current_actor(), now=clock.now())
    return route.waits


def _plan(quote: Quote, terms: Terms) -> list[PlanLine]:
    agreed = terms.commitment
    if agreed is None:
        return []
    months, divided = agreed["months"], agreed["divided"]
    plan = Plan(quote.month, months, divided, quote.price_minor, quote.addition_minor)
    return list(plan.lines())


@dataclass(frozen=True, slots=True)
class OrderLine:
    order: Order
    product: Product


@bp.get("/products")
@guard(signed_in)
@bp.arguments(ProductsQuery, location="query", as_kwargs=True)
@bp.response(200, page_of(ProductOut))
def products(page: PageRequest, month: Month | None = None) -> Page[Any]:
    """What your scheme sells, priced for you, in the order of the scheme."""
    employee_id = own_employee()
    with unit_of_work() as session:
        found = queries.catalogue(session, employee_id, month, today())
        lines = page_of_list(list(enumerate(found.cards)), page, key=lambda line: line[0])
        return Page([card for _, card in lines.items], lines.next)


@bp.get("/products/<code>/prices")
@guard(signed_in)
@bp.response(200, PricesOverTimeOut)
def prices(code: str) -> dict[str, Any]:
    """What one costs you in the months with a published list and those you can order for: twelve
    months back and twelve ahead, and why it became another."""
    with unit_of_work() as session:
        product, found = prices_over_time(session, own_employee(), code, today())
    return {"product": product.code, "prices": found, "changes": changes(found)}


@bp.post("/quotes")
@guard(signed_in)
@bp.arguments(QuoteIn)
@creates(bp, QuoteOut)
def quote(session: Session, asked: dict[str, Any]) -> QuoteView:
    """A price for so much of a product, guaranteed until `expires_at`, for one order of yours."""
    selling = asked.pop("sell")
    cmd = MakeQuote(own_employee(), selling=selling, **asked)
    now = clock.now()
    made = pricing.make_quote(session, cmd, actor=current_actor(), now=now, zone=zone())
    return view_of(session, made)


def renews(view: View) -> View:
    """Answer a quote that ran out with a new one: made and kept, though the order is refused."""

    @wraps(view)
    def answered(asked: dict[str, Any]) -> Response:
        try:
            return view(asked)
        except (QuoteExpired, MonthClosed):
            raise renewed(asked["quote"]) from None

    return answered


def renewed(token: str) -> Conflict:
    """The refusal, with the new quote; in a transaction of its own, which stays."""
    cmd = RenewQuote(token, own_employee())
    with unit_of_work() as session:
        made = pricing.renew_quote(
            session, cmd, actor=current_actor(), now=clock.now(), zone=zone()
        )
        refusal = made.refusal
        refusal.data["quote"] = QuoteOut().dump(view_of(session, made.quote))
    return refusal


@bp.post("/orders")
@guard(signed_in)
@bp.arguments(PlaceOrderIn())
@renews
@creates(bp, PlacedOut, location=lambda made: url_for("shop.order", order_id=made.id))
def place(session: Session, asked: dict[str, Any]) -> Order:
    """Order what a quote of yours promised. It is done at once, or waits while somebody decides."""
    cmd = PlaceOrder(new_id(), asked["quote"], own_employee())
    return commands.place_order(session, cmd, actor=current_actor(), now=clock.now())


@bp.get("/orders")
@guard(signed_in)
@bp.arguments(OrdersQuery, location="query", as_kwargs=True)
@bp.response(200, page_of(OrderOut))
def orders(page: PageRequest, **asked: Any) -> Page[Any]:
    """Your own orders, the newest first."""
    wanted = queries.orders_wanted(own_employee(), OrdersAsked(**asked))
    with unit_of_work() as session:
        found = paginate(session, wanted, page, Order.number, descending=True)
        products = queries.products_of(session, found.items)
        return Page([OrderLine(each, products[each.id]) for each in found.items], found.next)


@bp.get("/orders/<uuid:order_id>")
@guard(signed_in)
@bp.response(200, OrderWithPartsOut)
def order(order_id: UUID) -> OrderTold:
    """One order with the steps of its price, its transfers, evidence and decisions."""
    actor = current_actor()
    with unit_of_work() as session:
        found = queries.access_order(session, order_id, actor=actor, now=clock.now())
        return queries.order_told(session, found, today())


@bp.post("/orders/<uuid:order_id>/cancellation")
@guard(signed_in)
@bp.arguments(CancelIn)
@creates(bp, PlacedOut)
def cancel(session: Session, asked: dict[str, Any], order_id: UUID) -> Order:
    """Take an order of yours back, as its product allows."""
    actor = current_actor()
    queries.access_own_order(session, order_id, actor=actor)
    cmd = CancelOrder(order_id, asked["reason"])
    return commands.cancel_order(session, cmd, actor=actor, now=clock.now(), zone=zone())


@bp.post("/orders/<uuid:order_id>/evidence")
@guard(signed_in)
@body_limit(6 * MB)
@bp.arguments(UploadIn, location="files", as_kwargs=True)
@creates(
    bp,
    EvidenceOut,
    location=lambda made: url_for("shop.evidence", order_id=made.order_id, evidence_id=made.id),
)
def upload(session: Session, *, order_id: UUID, file: FileStorage) -> Evidence:
    """Send a PDF, PNG or JPEG that shows what you bought. HR looks at it."""
    actor = current_actor()
    queries.access_own_order(session, order_id, actor=actor)
    with closing(file):
        cmd = UploadEvidence(order_id, file.read())
    return commands.upload_evidence(session, cmd, actor=actor, now=clock.now())


@bp.get("/orders/<uuid:order_id>/evidence/<uuid:evidence_id>")
@guard(signed_in)
@bp.response(200, content_type="application/octet-stream")
def evidence(order_id: UUID, evidence_id: UUID) -> Response:
    """The file, for its owner and for HR: to save, never to be shown by the browser."""
    actor = current_actor()
    with unit_of_work() as session:
        found = queries.access_evidence(
            session, order_id, evidence_id, actor=actor, now=clock.now()
        )
        return attached(found)


def attached(found: Evidence) -> Response:
    """To save under our name: the browser neither shows it nor guesses what it is."""
    response = Response(found.content, mimetype=found.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=found.file_name)
    return response


def own_employee() -> int:
    """Raises `NoOrdersOfOwn`."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        raise NoOrdersOfOwn("This account is not an employee's, and orders nothing.")
    return employee_id


def zone() -> ZoneInfo:
    found: ZoneInfo = current_app.config["IDEALS_ZONE"]
    return found


def today() -> date:
    return clock.now().astimezone(zone()).date()
