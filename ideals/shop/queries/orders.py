"""Orders: those of an employee, one with all that belongs to it, and what a new one has to see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, undefer

from ideals import audit
from ideals.approvals import queries as approvals
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.queries import Names
from ideals.budgets.queries.statement import book
from ideals.db import cursor, driver
from ideals.kernel.actor import Actor
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.ledger import queries as ledger
from ideals.ledger.states import MonthState, Phase
from ideals.pricing.models import Quote
from ideals.pricing.queries import did_nothing, unknown_quote
from ideals.pricing.rules import Offer, Step, Terms
from ideals.pricing.steering import NotApplied, RuleText, passed
from ideals.schemes import queries as schemes
from ideals.schemes.rules import Cancellation, Product
from ideals.shop import policy, rules
from ideals.shop.errors import EvidenceUnknown, MoveNotAllowed, NotCancellable, OrderUnknown
from ideals.shop.models import Evidence, Order
from ideals.shop.rules import Ordered
from ideals.shop.states import Action, OrderState, after

# What an order takes, and what it has to see ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Purchase:
    """Everything that an order keeps of what was promised or worked out."""

    employee_id: int
    scheme: str
    scheme_version: Month
    product: str
    month: Month
    quantity: Decimal
    unit_minor: int
    price_minor: int
    minutes: int
    addition_minor: int
    terms: Terms
    steps: Sequence[object]
    not_applied: Mapping[str, object] = field(default_factory=dict)


def purchase_of_quote(quote: Quote, terms: Terms) -> Purchase:
    """What was promised, as an order keeps it."""
    return Purchase(
        quote.employee_id,
        quote.scheme,
        quote.scheme_version,
        quote.product,
        quote.month,
        quote.quantity,
        quote.unit_minor,
        quote.price_minor,
        quote.minutes,
        quote.addition_minor,
        terms,
        quote.steps,
        quote.not_applied,
    )


def purchase_of(offer: Offer, employee_id: int) -> Purchase:
    """What was worked out just now, as an order keeps it."""
    return Purchase(
        employee_id,
        offer.scheme.code,
        offer.scheme.version,
        offer.product.code,
        offer.month,
        offer.quantity,
        offer.price.unit_minor,
        offer.price.minor,
        offer.minutes,
        offer.addition_minor,
        offer.terms,
        [step.to_json() for step in offer.price.steps],
        passed.to_json(offer.price.not_applied),
    )


class Quoted(NamedTuple):
    """A quote to be used. `expired`: its promise is over; `order_id`: who took it."""

    quote_id: UUID
    purchase: Purchase
    expired: bool
    order_id: UUID | None


_QUOTED = """
SELECT q.id, q.scheme, q.scheme_version, q.product, q.month, q.quantity, q.unit_minor,
       q.price_minor, q.minutes, q.addition_minor, q.terms, q.steps, q.not_applied,
       q.expires_at <= %(now)s, o.id
  FROM pricing_quote q LEFT JOIN shop_order o ON o.quote_id = q.id
 WHERE q.token = %(token)s AND q.employee_id = %(employee)s
"""


def quoted(session: Session, token: str, employee_id: int, now: object) -> Quoted:
    """Raises `QuoteUnknown`, for another person's as for one that never was."""
    values = {"token": token, "employee": employee_id, "now": now}
    row = cursor(session).execute(_QUOTED, values).fetchone()
    if row is None:
        raise unknown_quote()
    quote_id, scheme, version, product, month, quantity, unit, price, minutes, addition, *rest = row
    terms, steps, not_applied, expired, order_id = rest
    purchase = Purchase(
        employee_id,
        scheme,
        Month.from_number(version),
        product,
        Month.from_number(month),
        quantity,
        unit,
        price,
        minutes,
        addition,
        Terms.of(terms),
        steps,
        not_applied,
    )
    return Quoted(quote_id, purchase, expired, order_id)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is there already, read under the employee's locks.

    `same`: the order of this id or this quote. `standing`: what counts against limits.
    """

    same: tuple[UUID, UUID | None] | None
    standing: tuple[Ordered, ...]


_SEEN = """
SELECT NULL::uuid, NULL::uuid, month, sum(quantity), sum(price_minor)::bigint, count(*)
  FROM shop_order
 WHERE employee_id = %(employee)s AND product = %(product)s AND scheme = %(scheme)s
   AND kind = %(kind)s AND month BETWEEN %(first)s AND %(last)s AND state IN ('held', 'posted')
 GROUP BY month
UNION ALL
SELECT id, quote_id, NULL, NULL, NULL, NULL FROM shop_order
 WHERE id = %(id)s OR quote_id = %(quote)s
"""


def seen(session: Session, order_id: UUID, quote_id: UUID | None, purchase: Purchase) -> Seen:
    """One statement, under the lock of the employee's accounts: nothing comes in between."""
    limits = purchase.terms.limits
    values = {
        "id": order_id,
        "quote": quote_id,
        "employee": purchase.employee_id,
        "scheme": purchase.scheme,
        "product": purchase.product,
        "kind": purchase.terms.kind.value,
        "first": min((limit.first_month.number for limit in limits), default=1),
        "last": max((limit.last_month.number for limit in limits), default=0),
    }
    same, standing = None, []
    for id_, quote, month, quantity, price, count in cursor(session).execute(_SEEN, values):
        if id_ is None:
            standing.append(Ordered(Month.from_number(month), quantity, price, count))
        else:
            same = (id_, quote)
    return Seen(same, tuple(standing))


def taken_of_quota(
    session: Session, scheme: str, product: str, first: Month, last: Month
) -> Decimal:
    """What everybody together has of a scarce product."""
    row = (
        driver(session)
        .execute(
            "SELECT coalesce(sum(quantity), 0) FROM shop_order WHERE scheme = %s AND product = %s"
            " AND month BETWEEN %s AND %s AND scarce AND state IN ('held', 'posted')",
            (scheme, product, first.number, last.number),
        )
        .fetchone()
    )
    taken: Decimal = row[0] if row else Decimal(0)
    return taken


# One order ----------------------------------------------------------------------------------


def order_of(session: Session, order_id: UUID) -> Order:
    """As it is now. Raises `OrderUnknown`. For the system; edges use `access_order`."""
    found = session.get(Order, order_id, populate_existing=True)
    if found is None:
        raise unknown_order()
    return found


def lock_order(session: Session, order_id: UUID) -> Order:
    """After the month and the approvals, before the accounts. Raises `OrderUnknown`."""
    found = session.get(Order, order_id, populate_existing=True, with_for_update=True)
    if found is None:
        raise unknown_order()
    return found


def lock_orders(session: Session, order_ids: Sequence[UUID]) -> None:
    """Many at once, in the order of their ids."""
    if order_ids:
        query = select(Order.id).where(Order.id.in_(order_ids)).order_by(Order.id)
        session.execute(query.with_for_update())


def unknown_order() -> OrderUnknown:
    return OrderUnknown("There is no such order of yours.")


def access_order(session: Session, order_id: UUID, *, actor: Actor, now: datetime) -> Order:
    """The order, if this actor may see it; a look at somebody else's is written down.

    Raises `OrderUnknown`, for who may not see as for what is not there.
    """
    order = order_of(session, order_id)
    if not policy.may_see_order(actor, order.employee_id):
        raise unknown_order()
    if not policy.is_own(actor, order.employee_id):
        audit.record(session, "shop.order_viewed", order.source, actor=actor, now=now)
    return order


def access_own_order(session: Session, order_id: UUID, *, actor: Actor) -> Order:
    """Only one's own: to take it back, or to add to it. Raises `OrderUnknown`."""
    order = order_of(session, order_id)
    if not policy.is_own(actor, order.employee_id):
        raise unknown_order()
    return order


def access_evidence(
    session: Session, order_id: UUID, evidence_id: UUID, *, actor: Actor, now: datetime
) -> Evidence:
    """With its content. Raises `EvidenceUnknown`, for who may not see as for what is not there."""
    found = session.execute(
        select(Evidence, Order)
        .join(Order, Order.id == Evidence.order_id)
        .where(Evidence.id == evidence_id, Order.id == order_id)
        .options(undefer(Evidence.content))
    ).one_or_none()
    if found is None or not policy.may_see_evidence(actor, found.Order.employee_id):
        raise EvidenceUnknown("There is no such file that you may see.")
    if not policy.is_own(actor, found.Order.employee_id):
        audit.record(
            session,
            "shop.evidence_viewed",
            found.Order.source,
            actor=actor,
            now=now,
            evidence=str(evidence_id),
        )
    evidence: Evidence = found.Evidence
    return evidence


@dataclass(frozen=True, slots=True)
class OrdersAsked:
    """What is asked of a list of orders; `None` asks nothing. `products`: their codes."""

    state: OrderState | None = None
    product: str | None = None
    month: Month | None = None
    number: int | None = None
    products: Collection[str] | None = None


def orders_wanted(employee_id: int, asked: OrdersAsked) -> Select[Order]:
    """For a list by `Order.number`, the newest first."""
    wanted = select(Order).where(Order.employee_id == employee_id)
    for column, value in (
        (Order.state, asked.state),
        (Order.product, asked.product),
        (Order.month, asked.month),
        (Order.number, asked.number),
    ):
        if value is not None:
            wanted = wanted.where(column == value)
    if asked.products is not None:
        wanted = wanted.where(Order.product.in_(asked.products))
    return wanted


@dataclass(frozen=True, slots=True)
class Moved:
    """A transfer of an order. `reverses`: it took another back."""

    id: UUID
    month: Month
    unit: Unit
    minor: int
    phase: Phase
    reverses: bool
    happened_at: datetime

    @property
    def amount(self) -> Money | None:
        return Money(self.minor) if self.unit is Unit.EUR else None

    @property
    def minutes(self) -> Minutes | None:
        return Minutes(self.minor) if self.unit is Unit.MIN else None


@dataclass(frozen=True, slots=True)
class OrderTold:
    """One order with all that belongs to it. `product` is as the version it was placed under says.

    `approvals` in the order of asking. `not_cancellable`: why it cannot be taken back now.
    """

    order: Order
    product: Product
    steps: list[Step]
    not_applied: list[NotApplied]
    moved: list[Moved]
    evidence: list[Evidence]
    approvals: list[Approval]
    steps_to_decide: Mapping[UUID, list[ApprovalStep]]
    deciders: Mapping[UUID, Names]
    not_cancellable: NotCancellable | MoveNotAllowed | None

    @property
    def cancellable(self) -> bool:
        return self.not_cancellable is None


def order_told(session: Session, order: Order, today: date) -> OrderTold:
    """A fixed number of statements."""
    scheme = schemes.scheme_version(session, order.scheme, order.scheme_version)
    asked = (
        approvals.of_subject(session, order.source) if order.approval_id or order.check_id else []
    )
    return OrderTold(
        order=order,
        product=scheme.products[order.product],
        steps=[Step.of(step) for step in order.steps],
        not_applied=did_nothing(session, order.not_applied),
        moved=_moved(session, order),
        evidence=evidence_of(session, order),
        approvals=asked,
        steps_to_decide=approvals.steps_of(session, asked) if asked else {},
        deciders=approvals.names_of(session, asked) if asked else {},
        not_cancellable=why_not_cancellable(session, order, today),
    )


def evidence_of(session: Session, order: Order) -> list[Evidence]:
    """Without the content."""
    query = select(Evidence).where(Evidence.order_id == order.id).order_by(Evidence.uploaded_at)
    return list(session.scalars(query))


def why_not_cancellable(
    session: Session, order: Order, today: date
) -> NotCancellable | MoveNotAllowed | None:
    """Whether the bought leave is still there is seen when it is done."""
    try:
        after(OrderState(order.state), Action.CANCEL)
        rules.check_cancellable(
            Cancellation(order.cancellation),
            order.month,
            order.last_day,
            month_open=ledger.month_state(session, order.month) is MonthState.OPEN,
            today=today,
        )
    except (NotCancellable, MoveNotAllowed) as refusal:
        return refusal
    return None


_MOVED = """
WITH named AS (SELECT unnest(%(ids)s::uuid[]) AS id
), every AS (
    SELECT id FROM named
    UNION SELECT transfer_id FROM ledger_hold_resolution JOIN named ON named.id = hold_id
    UNION SELECT r.transfer_id FROM ledger_reversal r JOIN named ON named.id = r.reversed_id
)
SELECT t.id, t.month, t.unit, t.amount_minor, t.phase, t.reverses_id IS NOT NULL, t.happened_at
  FROM every JOIN ledger_transfer t
    ON t.month = left(every.id::text, 6)::integer AND t.id = every.id
 ORDER BY t.recorded_at, t.phase, t.unit
"""


def _moved(session: Session, order: Order) -> list[Moved]:
    ids = [order.hold_transfer, order.money_transfer, order.minutes_transfer]
    values = {"ids": [each for each in ids if each is not None]}
    return [
        Moved(id_, Month.from_number(month), Unit(unit), minor, Phase(phase), reverses, at)
        for id_, month, unit, minor, phase, reverses, at in driver(session).execute(_MOVED, values)
    ]


def products_of(session: Session, orders: Iterable[Order]) -> dict[UUID, Product]:
    """What each order bought, as the version it was placed under says; one statement."""
    orders = list(orders)
    versions = book(session, sorted({order.scheme for order in orders}))
    found = {}
    for order in orders:
        scheme = versions.at(order.scheme, order.scheme_version)
        if scheme is not None and order.product in scheme.products:
            found[order.id] = scheme.products[order.product]
    return found


def orders_by_source(session: Session, sources: Iterable[str]) -> dict[str, Order]:
    """Of sources that name an order, `order:ID` or `order:ID:cancelled`; one statement."""
    ids = {source: order_id for source in sources if (order_id := _order_id(source))}
    query = select(Order).where(Order.id.in_(set(ids.values())))
    found = {order.id: order for order in session.scalars(query)} if ids else {}
    return {source: found[order_id] for source, order_id in ids.items() if order_id in found}


def _order_id(source: str) -> UUID | None:
    match source.split(":"):
        case ["order", text, *_]:
            try:
                return UUID(text)
            except ValueError:
                return None
    return None


def held_orders(session: Session, scheme: str, month: Month) -> list[UUID]:
    """What has to be decided or released before a month closes, in the order of ordering."""
    query = select(Order.id).where(
        Order.state == "held", Order.month == month, Order.scheme == scheme
    )
    return list(session.scalars(query.order_by(Order.number)))


def came_about_by(session: Session, rule: RuleText) -> bool:
    """Whether a price rule changed the price of some order; only its own months are looked at."""
    found = select(Order.id).where(
        Order.month >= rule.from_month,
        Order.scheme == rule.scheme,
        Order.product.in_(rule.products),
        Order.steps.contains([{"code": rule.code}]),
    )
    if rule.through_month is not None:
        found = found.where(Order.month <= rule.through_month)
    return session.scalar(found.limit(1)) is not None
