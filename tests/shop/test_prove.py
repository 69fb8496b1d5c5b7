"""The proof of orders names what is wrong, both ways; every change here is by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ideals.db import driver
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_transfer_id
from ideals.ledger import commands as ledger
from ideals.shop.models import Order
from ideals.shop.queries import prove_orders
from tests.shop.conftest import MARCH, NOW, PDF, Shop, proved, stored
from tests.shop.test_ending import decision, seal


def found(session: Session) -> list[tuple[str, str, str]]:
    session.flush()
    return [(each.what, each.expected, each.found) for each in prove_orders(session)]


def by_hand(session: Session, change: str, order: Order) -> None:
    """Past every trigger: what only who owns the database can do."""
    connection = driver(session)
    connection.execute("SET session_replication_role = replica")
    connection.execute(f"UPDATE shop_order SET {change} WHERE id = %s", (order.id,))
    connection.execute("SET session_replication_role = origin")


def test_orders_in_every_state_prove(session: Session, shop: Shop) -> None:
    shop.order(session, "leave", "1")
    shop.order(session, "leave_asked", "1")
    decision(session, shop.order(session, "leave_asked", "2"), shop.boris)
    shop.cancel(session, shop.order(session, "leave", "3"))
    shop.cancel(session, shop.order(session, "leave_asked", "3"))
    agreed = shop.order(session, "sell_asked", "1")
    decision(session, agreed, shop.dina)
    shop.cancel(session, agreed)
    shop.order(session, "dues", "1", evidence=(PDF,))
    assert proved(session)


@pytest.mark.parametrize(
    ("product", "change", "expected", "seen"),
    [
        ("leave", "price_minor = 1999", "moved 1999", "single of 2000"),
        ("leave", "minutes = 61", "moved 61", "single of 60"),
        ("leave", "state = 'cancelled', decided_at = now(), decided_by = 'x'",
         "moved 2000, and back", "as it is"),
        ("leave", "state = 'held', waits_for = '{approval}'", "a hold", "hold none"),
        ("leave", "money_transfer = NULL", "euros, and minutes where it has any", "euros none"),
        ("leave", "minutes_transfer = NULL", "euros, and minutes where it has any",
         "minutes none"),
        ("leave_asked", "state = 'posted', waits_for = '{}'", "held 2000, then posted", "as it is"),
        ("leave_asked", "state = 'refused', waits_for = '{}', reason = 'x', decided_at = now(),"
         " decided_by = 'x'", "held 2000, then void", "as it is"),
        ("leave_asked", "price_minor = 3000", "held 3000, then nothing", "pending of 2000"),
        ("leave_asked", "hold_transfer = NULL", "a hold", "hold none"),
    ],
)  # fmt: skip
def test_an_order_that_was_changed_is_named(
    session: Session, shop: Shop, product: str, change: str, expected: str, seen: str
) -> None:
    order = stored(session, shop.order(session, product, "1"))
    by_hand(session, change, order)
    named = found(session)
    assert any(
        what.startswith(f"order {order.number}") and wanted == expected and seen in there
        for what, wanted, there in named
    ), named


def test_an_order_that_is_gone_leaves_transfers_nobody_named(session: Session, shop: Shop) -> None:
    order = stored(session, shop.order(session, "leave", "1"))
    connection = driver(session)
    connection.execute("SET session_replication_role = replica")
    connection.execute("DELETE FROM shop_order WHERE id = %s", (order.id,))
    connection.execute("SET session_replication_role = origin")
    assert sorted(what for what, _, _ in found(session)) == sorted(
        f"transfer {each} for {order.source}"
        for each in (order.money_transfer, order.minutes_transfer)
    )


@pytest.mark.parametrize("act", ["reverse", "void", "post"])
def test_what_the_ledger_did_alone_is_named(session: Session, shop: Shop, act: str) -> None:
    held = act != "reverse"
    order = stored(session, shop.order(session, "leave_asked" if held else "leave", "1"))
    id_ = new_transfer_id(MARCH)
    acts: dict[str, Callable[[], object]] = {
        "reverse": lambda: ledger.reverse_transfer(
            session,
            ledger.ReverseTransfer(id_, order.money_transfer, MARCH, "fix:1"),
            actor=SYSTEM,
            now=NOW,
        ),
        "void": lambda: ledger.void_hold(
            session, ledger.VoidHold(id_, order.hold_transfer, MARCH), actor=SYSTEM, now=NOW
        ),
        "post": lambda: ledger.post_hold(
            session, ledger.PostHold(id_, order.hold_transfer, MARCH), actor=SYSTEM, now=NOW
        ),
    }
    acts[act]()
    assert f"order {order.number}, {'hold' if held else 'euros'}" in [
        what for what, _, _ in found(session)
    ]


def test_what_is_held_for_a_sealed_month_is_named(session: Session, shop: Shop) -> None:
    order = shop.order(session, "leave_asked", "1")
    seal(session, shop)
    assert found(session) == [(f"order {order.number}", "decided before 202603 was sealed", "held")]


def test_an_invented_transfer_is_named(session: Session, shop: Shop) -> None:
    order = stored(session, shop.order(session, "leave", "1"))
    session.execute(
        text(
            "INSERT INTO ledger_transfer (id, month, for_month, from_account, to_account, unit,"
            " amount_minor, reason, code, source, actor, happened_at)"
            " SELECT :id, month, for_month, from_account, to_account, unit, 5, reason, code,"
            " source, 'x', happened_at FROM ledger_transfer WHERE id = :like"
        ),
        {"id": new_transfer_id(MARCH), "like": order.money_transfer},
    )
    assert [(expected, there) for _, expected, there in found(session)] == [
        ("an order that names it", "single of 5")
    ]
