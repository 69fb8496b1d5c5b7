"""What a run of choices does: charge commitments, then make each employee's standing choices.

A choice is made by the order that belongs to it and its month, always the same one: a run that is
repeated changes nothing, and one that failed may succeed in a further round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from ideals.budgets import commands as budgets
from ideals.budgets.commands import Kind, StartRun
from ideals.budgets.models import Run
from ideals.budgets.rules import Worked
from ideals.budgets.states import RunKind, StartedAs
from ideals.config import Settings
from ideals.kernel.actor import SYSTEM
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.errors import MonthSealed
from ideals.ledger.states import EMPLOYEE_KINDS, MonthState
from ideals.notices import commands as notices
from ideals.pricing.queries import PriceBook, price_book
from ideals.schemes import queries as schemes
from ideals.schemes.facts import facts_to_sell
from ideals.schemes.rules import Person, ProductKind, Scheme
from ideals.shop.commands import commitments, orders
from ideals.shop.commands.direct import DirectOrder, Known, order_directly
from ideals.shop.errors import ChoiceHasNoScheme, InsufficientBudget
from ideals.shop.models import Choice, Order
from ideals.shop.queries import choices as queries
from ideals.shop.rules.choices import Purse, order_id, wanted
from ideals.shop.states import ChoiceMode, Outcome

FAILED = "choice.failed"
"""The notice that a standing choice could not be ordered."""
LARGEST_CHUNK = 500
"""Each choice is an order with all its checks: some milliseconds."""


def follow_allocation(session: Session, run: Run, now: datetime) -> None:
    """Registered to follow allocations: a run of choices, if anybody has any for an open month."""
    if ledger_queries.month_state(session, run.month) is not MonthState.OPEN:
        return
    if queries.anything_to_do(session, run.scheme, run.month):
        cmd = StartRun(run.scheme, run.month, False, StartedAs.SCHEDULE, RunKind.CHOICES)
        budgets.start_run(session, cmd, actor=SYSTEM, now=now)


def work(session: Session, run: Run, employee_ids: list[int], now: datetime) -> Worked:
    """Nobody is skipped: a choice that cannot be made says so to who made it, and leaves the others
    alone."""
    if not _takes_orders(session, run.month):
        return Worked({}, 0, 0, [])
    # All accounts of the chunk first, in one order, and then what is scarce: who shops meanwhile
    # waits here, and never we for them.
    ledger.lock_accounts_of(session, employee_ids, EMPLOYEE_KINDS)
    charges = commitments.charge_due(session, run.scheme, employee_ids, run.month, now=now)
    chosen = queries.choices_to_make(session, run.scheme, employee_ids, run.month)
    chunk = _Chunk.of(session, run, chosen, now)
    for employee, choices in chosen.items():
        _make_all(session, chunk, employee, choices)
    _tell(session, chunk)
    moved = [(each.employee_id, each.product, _brought(each)) for each in chunk.orders]
    moved += [(each.employee_id, each.product, -charge.charged_minor) for each, charge in charges]
    return Worked({}, len(moved), len({employee for employee, _, _ in moved}), _summary(moved))


def _takes_orders(session: Session, month: Month) -> bool:
    """Read under the month's lock. Its close may have begun since the run was planned."""
    try:
        ledger.lock_month(session, month)
    except MonthSealed:
        return False
    return ledger_queries.month_state(session, month) is MonthState.OPEN


@dataclass(slots=True)
class _Chunk:
    """What is known of everybody in the chunk, and what came of it."""

    month: Month
    scheme: Scheme | None
    prices: PriceBook | None
    persons: Mapping[int, Person]
    allocated: Mapping[int, int]
    now: datetime
    orders: list[Order] = field(default_factory=list)
    failed: dict[tuple[str, str], list[Choice]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, session: Session, run: Run, chosen: Mapping[int, Sequence[Choice]], now: datetime
    ) -> _Chunk:
        scheme = schemes.scheme_for(session, run.scheme, run.month)
        persons: dict[int, Person] = {}
        prices: PriceBook | None = None
        if scheme is not None and chosen:
            prices = price_book(session, scheme.code, run.month)
            found = facts_to_sell(session, list(chosen), prices.wide(scheme), run.month)
            persons = {person.employee_id: person for person in found}
            _lock_quotas(session, scheme, run.month, chosen)
        allocated = queries.allocated(session, chosen, run.month)
        return cls(run.month, scheme, prices, persons, allocated, now)

    def names_of(self, code: str) -> dict[str, str]:
        product = self.scheme.products.get(code) if self.scheme else None
        return dict(product.names) if product else {}


def _lock_quotas(
    session: Session, scheme: Scheme, month: Month, chosen: Mapping[int, Sequence[Choice]]
) -> None:
    """In one order, so that two chunks never wait for each other in a circle."""
    codes = {choice.product for choices in chosen.values() for choice in choices}
    orders.lock_quotas(
        session, [scheme.products[code] for code in sorted(codes & scheme.products.keys())],
        scheme.code, month,
    )  # fmt: skip


def _make_all(session: Session, chunk: _Chunk, employee: int, choices: Sequence[Choice]) -> None:
    shared = Decimal(0)
    for choice in choices:
        mode = ChoiceMode(choice.mode)
        if not queries.was_made(choice, chunk.month):
            purse = Purse(chunk.allocated.get(employee, 0), shared, 0)
            _make(session, chunk, choice, purse)
        if mode is ChoiceMode.PERCENT and choice.amount is not None:
            shared += choice.amount


def _make(session: Session, chunk: _Chunk, choice: Choice, purse: Purse) -> None:
    """In a savepoint: what a refusal leaves half done is undone, and nothing else."""
    try:
        with session.begin_nested():
            order = _order(session, chunk, choice, purse)
    except IdealsError as refusal:
        nothing = choice.mode == ChoiceMode.REST and isinstance(refusal, InsufficientBudget)
        choice.last_outcome = Outcome.NOTHING if nothing else Outcome.FAILED
        choice.last_order_id = None
        choice.last_code, choice.last_reason = refusal.code, refusal.message
        choice.last_data = {key: str(value) for key, value in refusal.data.items()}
        if not nothing:
            chunk.failed.setdefault((choice.product, refusal.code), []).append(choice)
    else:
        choice.last_outcome, choice.last_order_id = Outcome.ORDERED, order.id
        choice.last_code = choice.last_reason = choice.last_data = None
        chunk.orders.append(order)
    choice.last_month = chunk.month


def _order(session: Session, chunk: _Chunk, choice: Choice, purse: Purse) -> Order:
    person = chunk.persons.get(choice.employee_id)
    if chunk.scheme is None or chunk.prices is None or person is None:
        raise ChoiceHasNoScheme(f"The scheme {choice.scheme} does not hold for you any more.")
    if choice.mode == ChoiceMode.REST:
        kind = _paid_from(chunk.scheme, choice.product)
        there = queries.available(session, choice.employee_id, kind)
        purse = Purse(purse.allocated_minor, purse.shared, there)
    wish = wanted(ChoiceMode(choice.mode), choice.amount, purse)
    cmd = DirectOrder(
        order_id=order_id(choice.id, chunk.month),
        employee_id=choice.employee_id,
        product=choice.product,
        month=chunk.month,
        choice_id=choice.id,
        quantity=wish.quantity,
        euros_minor=wish.euros_minor,
        most=wish.most,
    )
    return order_directly(
        session,
        cmd,
        actor=SYSTEM,
        now=chunk.now,
        zone=Settings.read().zone,
        known=Known(chunk.scheme, person, chunk.prices),
    )


def _paid_from(scheme: Scheme, code: str) -> str:
    product = scheme.products.get(code)
    return "budget" if product is None else product.paid_from.value


def _tell(session: Session, chunk: _Chunk) -> None:
    """One notice for a product and a reason, to all whom it concerns; amounts stay in the shop."""
    for (product, code), choices in sorted(chunk.failed.items()):
        cmd = notices.Tell(
            kind=FAILED,
            subject=f"choices:{product}:{chunk.month}",
            key=f"choice:{product}:{chunk.month}:{code}",
            employee_ids=sorted({choice.employee_id for choice in choices}),
            data={
                "scheme": choices[0].scheme,
                "product": product,
                "names": chunk.names_of(product),
                "month": str(chunk.month),
                "code": code,
            },
        )
        notices.tell(session, cmd, actor=SYSTEM, now=chunk.now)


def _brought(order: Order) -> int:
    sells = order.kind == ProductKind.SELL_LEAVE
    return order.price_minor if sells else -order.price_minor


def _summary(moved: Sequence[tuple[int, str, int]]) -> list[list[object]]:
    """By product: how many people it was for, and what it brought them (negative: it cost)."""
    people: dict[str, set[int]] = {}
    minor: dict[str, int] = {}
    for employee, product, brought in moved:
        people.setdefault(product, set()).add(employee)
        minor[product] = minor.get(product, 0) + brought
    return [
        [code, Unit.EUR.value, False, len(people[code]), minor[code]] for code in sorted(people)
    ]


def _ignore(*_: object) -> None:
    """Nothing has to be checked, left behind or followed."""


CHOICES = Kind(
    check=_ignore,
    plan=queries.population,
    work=work,
    skipped=_ignore,
    finish=_ignore,
    largest_chunk=LARGEST_CHUNK,
)
