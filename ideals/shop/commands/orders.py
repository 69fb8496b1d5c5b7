"""Placing an order: the way that everybody takes on the last day, so it is kept short.

Statements are plain and named; each says what it is for. Facts and formulas were looked at when the
quote was made: here only what may have changed since is looked at, under the locks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from ideals import audit, outbox
from ideals.access.rules import check_fresh
from ideals.approvals.commands import Route
from ideals.approvals.rules import Effect
from ideals.db import driver
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger.commands import NewTransfer, Till
from ideals.ledger.errors import MonthSealed
from ideals.ledger.states import AccountKind, MonthState, Reason
from ideals.pricing.errors import MonthClosed, QuoteExpired, QuoteUsed
from ideals.pricing.rules import QuotaTerm, Terms
from ideals.schemes.rules import Product, ProductKind, quota_months
from ideals.shop import queries, rules
from ideals.shop.commands import asking, commitments, evidence
from ideals.shop.commands.evidence import NewEvidence
from ideals.shop.errors import OrderDiffers
from ideals.shop.models import Order
from ideals.shop.queries import Purchase, Seen
from ideals.shop.rules import Leg, Movement
from ideals.shop.states import OrderState, Waits

QUOTA_LOCKS = 7311
"""Key space of the advisory locks of quotas: who takes of one waits for who took before."""
PLACED = "order.placed"
"""What is announced: the task counts how many people chose the product."""


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """`order_id` is made before and is the retry key; `token` is the quote's.

    `evidence`: files, where the product asks for them; they may follow later.
    """

    order_id: UUID
    token: str
    employee_id: int
    evidence: tuple[NewEvidence, ...] = ()


def place_order(session: Session, cmd: PlaceOrder, *, actor: Actor, now: datetime) -> Order:
    """Post the order at once, or hold it while somebody has to agree. Sent again: the same order.

    Raises `QuoteUnknown`, `QuoteExpired`, `QuoteUsed`, `MonthClosed`, `LimitExceeded`,
    `QuotaUsedUp`, `InsufficientBudget`, `NotSellable`, `OrderDiffers`, `EvidenceUnusable`; for what
    binds month by month `SignInNotFresh`.
    """
    quote = queries.quoted(session, cmd.token, cmd.employee_id, now)
    if quote.order_id is not None:
        return _same(session, cmd.order_id, quote.order_id)
    if quote.purchase.terms.commitment is not None:
        check_fresh(actor, now)
    till = lock(session, quote.purchase)
    seen = queries.seen(session, cmd.order_id, quote.quote_id, quote.purchase)
    if seen.same is not None:
        return _same_under_lock(session, cmd.order_id, quote.quote_id, seen.same)
    if quote.expired:
        raise QuoteExpired("This price was promised until a moment that has passed.")
    check_room(session, quote.purchase, till, seen)
    placing = Placing(quote.purchase, cmd.order_id, quote_id=quote.quote_id, evidence=cmd.evidence)
    return put(session, placing, till, actor=actor, now=now)


def _same(session: Session, wanted: UUID, there: UUID) -> Order:
    if there != wanted:
        raise _used(there)
    return queries.order_of(session, there)


def _same_under_lock(
    session: Session, wanted: UUID, quote_id: UUID | None, same: tuple[UUID, UUID | None]
) -> Order:
    """Somebody was quicker: with this quote, or with this id."""
    there, with_quote = same
    if with_quote != quote_id:
        raise _differs(wanted)
    return _same(session, wanted, there)


def _differs(order_id: UUID) -> OrderDiffers:
    return OrderDiffers("This id is another order's; choose a new one.", order=str(order_id))


def _used(order_id: UUID) -> QuoteUsed:
    return QuoteUsed("This quote was used; ask for a new one.", order=str(order_id))


# Locks and room -----------------------------------------------------------------------------


def movement(terms: Terms) -> Movement:
    return rules.movement_of(terms.kind, AccountKind(terms.paid_from))


def lock(session: Session, purchase: Purchase) -> Till:
    """The month against its seal, then the employee's accounts. Raises `MonthClosed`."""
    moves = movement(purchase.terms)
    try:
        if purchase.terms.commitment is not None:
            commitments.lock(session, purchase.employee_id, purchase.month)
        till = ledger.lock_till(
            session,
            purchase.employee_id,
            purchase.month,
            moves.own_kinds,
            moves.employer_kinds,
        )
    except MonthSealed:
        raise closed(purchase.month) from None
    if till.state is not MonthState.OPEN:
        raise closed(purchase.month)
    return till


def closed(month: Month) -> MonthClosed:
    return MonthClosed(
        f"{month} takes no more orders.", month=str(month), possible=str(month.plus(1))
    )


def check_room(session: Session, purchase: Purchase, till: Till, seen: Seen) -> None:
    """Limits, quota, and what there is to give. Under the locks: it stays true until the commit."""
    terms = purchase.terms
    rules.check_limits(terms.limits, seen.standing, purchase.quantity, purchase.price_minor)
    if terms.quota is not None:
        taken = lock_quota(session, purchase, terms.quota)
        rules.check_quota(terms.quota.amount, taken, purchase.quantity)
    if terms.commitment is not None:
        return  # charged month by month; what the budget lacks then, pay makes up
    if terms.kind is ProductKind.SELL_LEAVE:
        free = queries.sellable(session, purchase, till.available(AccountKind.LEAVE))
        rules.check_sellable(terms, free, purchase.quantity, purchase.minutes)
        return
    available = till.available(AccountKind(terms.paid_from))
    rules.check_balance(terms, available, purchase.unit_minor, purchase.price_minor)


def lock_quotas(session: Session, products: Sequence[Product], scheme: str, month: Month) -> None:
    """For who places many orders at once: every quota first, in the order of the products."""
    for product in products:
        if product.quota is not None:
            first, _ = quota_months(product.quota, month)
            _lock_quota(session, scheme, product.code, first)


def _lock_quota(session: Session, scheme: str, product: str, first: Month) -> None:
    key = f"{scheme}:{product}:{first}"
    driver(session).execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (QUOTA_LOCKS, key))


def lock_quota(session: Session, purchase: Purchase, quota: QuotaTerm) -> Decimal:
    """Wait for who takes of the same quota, and answer what is taken. After the accounts."""
    _lock_quota(session, purchase.scheme, purchase.product, quota.first_month)
    return queries.taken_of_quota(
        session, purchase.scheme, purchase.product, quota.first_month, quota.last_month
    )


# The order and what it moves ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Placing:
    purchase: Purchase
    order_id: UUID
    quote_id: UUID | None = None
    choice_id: UUID | None = None
    evidence: tuple[NewEvidence, ...] = ()


def put(session: Session, placing: Placing, till: Till, *, actor: Actor, now: datetime) -> Order:
    """Write the order and move, or set aside, what it moves; ask who has to agree."""
    route = asking.route_of(session, placing.purchase, actor=actor, now=now)
    order = _made(placing, asks=route.waits, actor=actor, now=now)
    held = order.state == OrderState.HELD
    _ask(session, order, placing, route, actor=actor, now=now)
    _write(session, order, placing, till, actor=actor, now=now)
    for file in placing.evidence:
        evidence.keep(session, order, file, actor=actor, now=now)
    if order.commitment is not None and not held:
        commitments.begin(session, order, actor=actor, now=now)
    return order


def _write(
    session: Session, order: Order, placing: Placing, till: Till, *, actor: Actor, now: datetime
) -> None:
    """The order, what it moves, and its traces: what nobody has to wait for one by one.

    Raises `OrderDiffers` when somebody else's order has the id since.
    """
    state = str(order.state)
    transfers = _transfers(order, movement(placing.purchase.terms), till)
    try:
        with ledger.together(session):
            inserted = driver(session).execute(_INSERT, _values(order))
            if transfers:
                held = state == OrderState.HELD
                ledger.post_new(session, till, transfers, held=held, actor=actor, now=now)
            audit.record(
                session, "shop.order_placed", order.source, actor=actor, now=now, state=state
            )
            if placing.quote_id is not None:
                # A person did it: who chose what is counted anew.
                outbox.announce_quietly(session, PLACED, scheme=order.scheme, product=order.product)
    except psycopg.errors.UniqueViolation:
        raise _differs(order.id) from None
    row = inserted.fetchone()
    assert row is not None  # noqa: S101  an inserted row returns
    order.number = row[0]


def _transfers(order: Order, moves: Movement, till: Till) -> list[NewTransfer]:
    """What is set aside, or moves at once; what is charged month by month moves otherwise."""
    if order.commitment is not None:
        return []
    held = order.state == OrderState.HELD
    legs = [moves.gives] if held else [moves.money, moves.minutes]
    return [made for leg in legs if leg and (made := transfer_of(order, leg, till))]


def transfer_of(order: Order, leg: Leg, till: Till) -> NewTransfer | None:
    """What the order moves along this leg; nothing, where that is no minutes."""
    euros = leg.unit is Unit.EUR
    own = till.own[leg.own][0]
    other = till.own[leg.other][0] if leg.within else till.employer[leg.other]
    moved = order.money_transfer if euros else order.minutes_transfer
    transfer_id = order.hold_transfer if order.state == OrderState.HELD else moved
    if transfer_id is None:
        return None
    return NewTransfer(
        id=transfer_id,
        month=till.month,
        for_month=order.month,
        from_account=own if leg.gives else other,
        to_account=other if leg.gives else own,
        unit=leg.unit,
        amount_minor=order.price_minor if euros else order.minutes,
        reason=Reason.ORDER,
        source=order.source,
        code=order.product,
    )


def name_transfers(order: Order, month: Month) -> None:
    """The ids of what the order moves, made before they are written."""
    order.money_transfer = new_transfer_id(month)
    order.minutes_transfer = new_transfer_id(month) if order.minutes else None


def _ask(
    session: Session, order: Order, placing: Placing, route: Route, *, actor: Actor, now: datetime
) -> None:
    """Whoever has to agree, or may look at it afterwards, and whoever looks at evidence."""
    if route.effect is not Effect.AT_ONCE:
        order.approval_id = asking.ask(
            session, order, placing.purchase, route, actor=actor, now=now
        )
    if Waits.CHECK in order.waits_for:
        order.check_id = asking.ask_to_look(session, order, actor=actor, now=now)


def _made(placing: Placing, *, asks: bool, actor: Actor, now: datetime) -> Order:
    """Plain, not attached to the session: it is written by one statement, and only read here. So
    nothing of it is tracked, which would cost as much as two statements do."""
    purchase, terms = placing.purchase, placing.purchase.terms
    waits = rules.waits_of(terms, asks=asks, with_evidence=bool(placing.evidence))
    order = Order()
    vars(order).update(
        id=placing.order_id,
        employee_id=purchase.employee_id,
        scheme=purchase.scheme,
        scheme_version=purchase.scheme_version,
        product=purchase.product,
        kind=terms.kind.value,
        unit=terms.unit.value,
        tax=terms.tax,
        paid_from=terms.paid_from,
        month=purchase.month,
        quantity=purchase.quantity,
        unit_minor=purchase.unit_minor,
        price_minor=purchase.price_minor,
        minutes=purchase.minutes,
        addition_minor=purchase.addition_minor,
        steps=list(purchase.steps),
        not_applied=dict(purchase.not_applied),
        commitment=None if terms.commitment is None else dict(terms.commitment),
        cancellation=terms.cancellation,
        last_day=terms.last_day,
        scarce=terms.quota is not None,
        state=(OrderState.HELD if waits else OrderState.POSTED).value,
        waits_for=waits,
        quote_id=placing.quote_id,
        choice_id=placing.choice_id,
        approval_id=None,
        check_id=None,
        hold_transfer=None,
        money_transfer=None,
        minutes_transfer=None,
        ordered_at=now,
        ordered_by=actor.name,
        ordered_by_user_id=actor.user_id,
        decided_at=None,
        decided_by=None,
        decided_by_user_id=None,
        reason=None,
    )
    if order.commitment is None and waits:
        order.hold_transfer = new_transfer_id(purchase.month)
    elif order.commitment is None:
        name_transfers(order, purchase.month)
    return order


_COLUMNS = (
    "id", "employee_id", "scheme", "scheme_version", "product", "kind", "unit", "tax", "paid_from",
    "month", "quantity", "unit_minor", "price_minor", "minutes", "addition_minor", "steps",
    "not_applied", "commitment", "cancellation", "last_day", "scarce", "state", "waits_for",
    "quote_id", "choice_id", "approval_id", "check_id", "hold_transfer", "money_transfer",
    "minutes_transfer", "ordered_at", "ordered_by", "ordered_by_user_id",
)  # fmt: skip
_INSERT = (
    f"INSERT INTO shop_order ({', '.join(_COLUMNS)})"  # noqa: S608 - names of columns
    f" VALUES ({', '.join(['%s'] * len(_COLUMNS))}) RETURNING number"
)


def _values(order: Order) -> list[object]:
    """As the driver takes them."""
    kept = vars(order)
    values = [kept[name] for name in _COLUMNS]
    for place, name in _MONTHS:
        values[place] = kept[name].number
    for place, name in _JSON:
        values[place] = None if kept[name] is None else Jsonb(kept[name])
    return values


def _places(*names: str) -> list[tuple[int, str]]:
    return [(_COLUMNS.index(name), name) for name in names]


_MONTHS = _places("month", "scheme_version")
_JSON = _places("steps", "not_applied", "commitment")
