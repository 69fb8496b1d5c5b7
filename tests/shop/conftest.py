"""Anna with 1,000.00 in her budget and a shop of every kind; short ways to quote and order.

An hour costs Anna 3,000.00 / 150 = 20.00. March 2026 takes orders through the 15th.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.access import commands as access_commands
from ideals.access import queries as access
from ideals.app import connect_features, create_app
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.states import AccountKind
from ideals.pricing.models import Quote
from ideals.seeds import factories
from ideals.seeds.factories import Organisation
from ideals.shop import commands
from ideals.shop.models import Order

ZONE = ZoneInfo("Europe/Amsterdam")
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)  # a Tuesday
MARCH, APRIL, MAY = Month(2026, 3), Month(2026, 4), Month(2026, 5)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

HOUR_PRICE = "full_time_salary / 150"
PRODUCTS: dict[str, dict[str, Any]] = {
    "cash": {"kind": "pay_out", "name": {"en": "Pay", "nl": "Uitbetalen"}, "months_ahead": "6"},
    "leave": {
        "kind": "leave",
        "name": {"en": "Extra leave", "nl": "Extra verlof"},
        "unit": "hour",
        "step": "1",
        "price": HOUR_PRICE,
        "limit": {"per": "year", "amount": "40 * part_time_factor", "round": "down"},
        "cancellation": "until_deadline",
        "months_ahead": "2",
    },
    "leave_asked": {
        "kind": "leave",
        "name": {"en": "Long leave", "nl": "Lang verlof"},
        "unit": "hour",
        "step": "1",
        "price": HOUR_PRICE,
        "approval": "manager",
        "cancellation": "until_close",
    },
    "sell": {
        "kind": "sell_leave",
        "name": {"en": "Sell leave", "nl": "Verlof verkopen"},
        "unit": "hour",
        "step": "1",
        "price": HOUR_PRICE,
        "cancellation": "until_close",
    },
    "sell_asked": {
        "kind": "sell_leave",
        "name": {"en": "Sell with consent", "nl": "Verkopen met akkoord"},
        "unit": "hour",
        "step": "1",
        "price": HOUR_PRICE,
        "approval": "hr",
        "cancellation": "until_close",
    },
    "savings": {"kind": "savings", "cancellation": "until_close"},
    "training": {"kind": "development", "cancellation": "until_close"},
    "course": {"kind": "other", "paid_from": "development", "cancellation": "until_close"},
    "bicycle": {
        "kind": "bicycle",
        "name": {"en": "Bicycle", "nl": "Fiets"},
        "unit": "piece",
        "limit": {"per": "years", "years": "3", "amount": "3000", "times": "1"},
        "evidence": {"en": "The invoice", "nl": "De factuur"},
        "approval": "manager",
        "cancellation": "never",
    },
    "dues": {"kind": "union_dues", "evidence": {"en": "Proof"}, "cancellation": "until_close"},
    "seat": {
        "kind": "other",
        "name": {"en": "Festival", "nl": "Festival"},
        "unit": "piece",
        "price": "50",
        "quota": {"per": "year", "amount": "3"},
        "cancellation": "until_deadline",
    },
    "keep": {"kind": "keep"},
}


@dataclass
class Shop:
    """Amsterdam's shop as seen by Anna; `people` have users to act as."""

    people: Organisation
    anna: Actor
    boris: Actor
    dina: Actor
    egor: Actor

    def quote(
        self,
        session: Session,
        product: str,
        quantity: str | None = None,
        *,
        who: Actor | None = None,
        now: datetime = NOW,
        **more: Any,
    ) -> Quote:
        month = more.pop("month", None)
        return factories.a_quote(
            session, who or self.anna, month, product, quantity, now=now, **more
        )

    def place(
        self,
        session: Session,
        quote: Quote,
        *,
        order_id: UUID | None = None,
        evidence: tuple[bytes, ...] = (),
        who: Actor | None = None,
        now: datetime = NOW,
    ) -> Order:
        return factories.a_placed_order(
            session, who or self.anna, quote, order_id=order_id, evidence=evidence, now=now
        )

    def order(
        self, session: Session, product: str, quantity: str | None = None, **more: Any
    ) -> Order:
        """Quoted and placed at the same moment."""
        kept = {key: more.pop(key) for key in ("who", "now") if key in more}
        placing = {key: more.pop(key) for key in ("evidence", "order_id") if key in more}
        quote = self.quote(session, product, quantity, **kept, **more)
        return self.place(session, quote, **kept, **placing)

    def cancel(
        self, session: Session, order: Order, *, now: datetime = NOW, who: Actor | None = None
    ) -> Order:
        cmd = commands.CancelOrder(order.id)
        return commands.cancel_order(session, cmd, actor=who or self.anna, now=now, zone=ZONE)


def employee_of(actor: Actor) -> int:
    assert actor.employee_id is not None
    return actor.employee_id


def balance(session: Session, actor: Actor, kind: str = "budget") -> tuple[int, int]:
    """(posted, held) of one of somebody's accounts."""
    for each in ledger_queries.balances(session, employee_of(actor)):
        if each.kind == AccountKind(kind):
            return each.posted_minor, each.held_minor
    return 0, 0


def proved(session: Session) -> bool:
    session.flush()
    found = ledger_queries.prove(session)
    assert found == [], found
    return True


def stored(session: Session, order: Order) -> Order:
    """As the database has it now."""
    query = select(Order).where(Order.id == order.id).execution_options(populate_existing=True)
    return session.scalars(query).one()


HOURS = {
    "statutory": {"formula": "144 * part_time_factor", "moment": "january", "round": "up",
                  "unit": "hour", "statutory": "yes"},
    "extra": {"formula": "24 * part_time_factor", "moment": "january", "round": "up",
              "unit": "hour"},
}  # fmt: skip


def publish(
    session: Session,
    *,
    budget: str = "1000",
    products: Mapping[str, Any] = PRODUCTS,
    **keys: Any,
) -> None:
    """A version of the scheme: a budget of so many euros, 144 statutory and 24 other hours."""
    components = {"budget": f"{budget} * part_time_factor"}
    factories.a_scheme(session, components=components, hours=HOURS, products=products, **keys)


def open_shop(
    session: Session,
    *,
    budget: str = "1000",
    products: Mapping[str, Any] = PRODUCTS,
    **keys: Any,
) -> Shop:
    """March allocated to everybody, the months through August opened."""
    publish(session, budget=budget, products=products, **keys)
    people = factories.an_organisation(session)
    actors = {
        name: _actor(session, name, {Role.HR} if name == "dina" else set())
        for name in ("anna", "boris", "dina", "egor")
    }
    months = ledger.OpenMonths(Month(2026, 1), Month(2026, 8))
    ledger.open_months(session, months, actor=actors["dina"], now=NOW)
    factories.a_run(session, MARCH)
    connect_features()
    return Shop(people=people, **actors)


def _actor(session: Session, name: str, roles: set[Role]) -> Actor:
    user = factories.a_user(session, f"{name}@meridian.example", roles=frozenset(roles))
    return access.actor_of(user, sorted(roles), NOW)


@pytest.fixture
def shop(session: Session) -> Shop:
    return open_shop(session)


@pytest.fixture
def own_shop(own_database: str) -> Shop:
    """In a database of its own, for threads and real commits."""
    with unit_of_work() as session:
        return open_shop(session)


# Over HTTP


@dataclass
class Site:
    """`now` is what the edges read; `who` is signed in unless a call says otherwise."""

    client: FlaskClient
    shop: Shop
    now: datetime = NOW
    who: str = "anna"
    tokens: dict[str, str] = field(default_factory=dict)

    def headers(self, who: str | None = None) -> dict[str, str]:
        who = who or self.who
        if who not in self.tokens:
            with unit_of_work() as session:
                cmd = access_commands.IssueToken(f"{who}@meridian.example", "test")
                made = access_commands.issue_token(session, cmd, actor=SYSTEM, now=NOW)
            self.tokens[who] = str(made)
        return {"Authorization": f"Bearer {self.tokens[who]}", "Accept-Language": "en"}

    def get(self, path: str, *, who: str | None = None, **headers: str) -> TestResponse:
        kept = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(f"/api/v1{path}", headers=self.headers(who) | kept)

    def post(
        self, path: str, body: Any, *, who: str | None = None, key: str | None = None
    ) -> TestResponse:
        headers = self.headers(who) | {"Idempotency-Key": key or uuid4().hex}
        return self.client.post(f"/api/v1{path}", json=body, headers=headers)

    def upload(
        self, order_id: str, content: bytes, name: str = "a.pdf", who: str | None = None
    ) -> TestResponse:
        """The body is written out: the client's own way leaves large files open."""
        head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = head.encode() + b"Content-Type: text/html\r\n\r\n" + content + b"\r\n--b--\r\n"
        return self.client.post(
            f"/api/v1/orders/{order_id}/evidence",
            data=body,
            headers=self.headers(who) | {"Idempotency-Key": uuid4().hex},
            content_type="multipart/form-data; boundary=b",
        )

    def order(self, product: str, quantity: Any = None, **more: Any) -> TestResponse:
        asked = {"product": product} | ({} if quantity is None else {"quantity": quantity}) | more
        made = self.post("/quotes", asked)
        assert made.status_code == 201, made.json
        return self.post("/orders", {"quote": made.json["id"]})


@pytest.fixture
def site(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    shop = open_shop(session)
    session.commit()
    with create_app(Settings.read({})).test_client() as client:
        made = Site(client, shop)
        monkeypatch.setattr(clock, "now", lambda: made.now)
        yield made
