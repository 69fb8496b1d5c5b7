"""The shop over HTTP: a client that signs in as one of the cast by token, on a clock of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.access import commands as access
from ideals.app import create_app
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from tests.shop.conftest import NOW, Shop, open_shop


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
                cmd = access.IssueToken(f"{who}@meridian.example", "test")
                made = access.issue_token(session, cmd, actor=SYSTEM, now=NOW)
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
        headers = self.headers(who) | {"Idempotency-Key": uuid4().hex}
        return self.client.post(
            f"/api/v1/orders/{order_id}/evidence",
            data={"file": (BytesIO(content), name)},
            headers=headers,
            content_type="multipart/form-data",
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
