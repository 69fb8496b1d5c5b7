"""Whatever is ordered, decided, cancelled, released and reversed, and in whatever order: the books
agree, nobody is overdrawn, and no limit is passed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.commands import Decide, decide
from ideals.approvals.queries import of_subject
from ideals.approvals.states import Decision, State
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.errors import IdealsError
from ideals.kernel.ids import new_id
from ideals.ledger.queries import balances, prove
from ideals.shop import commands
from ideals.shop.models import Order
from ideals.shop.states import STANDING
from tests.approvals.conftest import step_of
from tests.shop.conftest import MARCH, NOW, PDF, ZONE, Shop, employee_of

PRODUCTS = ("cash", "leave", "leave_asked", "sell", "sell_asked", "savings", "training", "course",
            "bicycle", "dues", "seat")  # fmt: skip
who = st.sampled_from(("anna", "egor", "dina"))
place = st.tuples(
    st.just("place"), who, st.sampled_from(PRODUCTS), st.integers(1, 60), st.booleans()
)
directly = st.tuples(
    st.just("directly"), who, st.sampled_from(PRODUCTS), st.integers(1, 90000), st.booleans()
)
end = st.tuples(
    st.sampled_from(("cancel", "release", "confirm", "reverse", "agree", "refuse", "check")),
    st.integers(0, 30),
)
acts = st.lists(st.one_of(place, place, directly, end, end), min_size=1, max_size=25)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=acts)
def test_whatever_is_done_the_books_agree(
    session: Session, shop: Shop, acts: list[tuple[Any, ...]]
) -> None:
    outer = session.begin_nested()
    placed: list[Order] = []
    now = NOW
    for act, *more in acts:
        now += timedelta(seconds=1)
        inner = session.begin_nested()
        try:
            made = ACTS[act](session, shop, placed, now, *more)
            session.flush()
            inner.commit()
            if made is not None:
                placed.append(made)
        except IdealsError:
            inner.rollback()
    session.expire_all()
    assert prove(session) == []
    assert_within_limits(session, shop)
    outer.rollback()
    session.expire_all()


def _place(
    session: Session, shop: Shop, placed: list[Order], now: Any, name: str, product: str,
    quantity: int, with_file: bool,
) -> Order:  # fmt: skip
    del placed
    stated = quantity * 5000 if product == "bicycle" else None
    return shop.order(
        session, product, None if stated else str(quantity), who=getattr(shop, name), now=now,
        price_minor=stated, evidence=(PDF,) if with_file else (),
    )  # fmt: skip


def _directly(
    session: Session, shop: Shop, placed: list[Order], now: Any, name: str, product: str,
    euros: int, most: bool,
) -> Order:  # fmt: skip
    del placed
    employee_id = employee_of(getattr(shop, name))
    cmd = commands.DirectOrder(new_id(), employee_id, product, MARCH, euros_minor=euros, most=most)
    return commands.order_directly(session, cmd, actor=SYSTEM, now=now, zone=ZONE)


def _picked(placed: list[Order], number: int) -> Order:
    if not placed:
        raise IdealsError("nothing to pick")
    return placed[number % len(placed)]


def _cancel(session: Session, shop: Shop, placed: list[Order], now: Any, number: int) -> None:
    shop.cancel(session, _picked(placed, number), now=now)


def _release(session: Session, shop: Shop, placed: list[Order], now: Any, number: int) -> None:
    cmd = commands.ReleaseOrder(_picked(placed, number).id, "closed")
    commands.release_order(session, cmd, actor=SYSTEM, now=now)


def _confirm(session: Session, shop: Shop, placed: list[Order], now: Any, number: int) -> None:
    cmd = commands.ConfirmOrder(_picked(placed, number).id, "closed")
    commands.confirm_order(session, cmd, actor=SYSTEM, now=now)


def _reverse(session: Session, shop: Shop, placed: list[Order], now: Any, number: int) -> None:
    cmd = commands.ReverseOrder(_picked(placed, number).id, "refused by payroll")
    commands.reverse_order(session, cmd, actor=SYSTEM, now=now)


def _deciding(kind: str, answer: Decision) -> Callable[..., None]:
    def act(session: Session, shop: Shop, placed: list[Order], now: Any, number: int) -> None:
        for one in of_subject(session, _picked(placed, number).source):
            if one.kind == kind and one.state == State.OPEN:
                cmd = Decide(one.id, answer, "because")
                decide(
                    session, cmd, actor=_decider(shop, step_of(session, one).approver_id), now=now
                )

    return act


def _decider(shop: Shop, approver_id: int | None) -> Actor:
    actors = (shop.boris, shop.dina)
    return next((each for each in actors if each.employee_id == approver_id), shop.dina)


ACTS: dict[str, Callable[..., Order | None]] = {
    "place": _place,
    "directly": _directly,
    "cancel": _cancel,
    "release": _release,
    "confirm": _confirm,
    "reverse": _reverse,
    "agree": _deciding("order", Decision.APPROVE),
    "refuse": _deciding("order", Decision.REFUSE),
    "check": _deciding("evidence", Decision.APPROVE),
}


def assert_within_limits(session: Session, shop: Shop) -> None:
    standing = session.scalars(select(Order).where(Order.state.in_(STANDING))).all()
    for actor in (shop.anna, shop.egor, shop.dina):
        mine = [order for order in standing if order.employee_id == actor.employee_id]
        assert sum(o.quantity for o in mine if o.product == "leave") <= 40
        assert sum(o.minutes for o in mine if o.kind == "sell_leave") <= 24 * 60
        assert sum(o.product == "bicycle" for o in mine) <= 1
        for each in balances(session, employee_of(actor)):
            assert each.available_minor >= 0 and each.held_minor >= 0
    assert sum(o.quantity for o in standing if o.product == "seat") <= Decimal(3)
