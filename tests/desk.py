"""People at their browsers and scripts, on the whole app: each request carries their token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.access import commands as access
from ideals.access.commands import IssueToken
from ideals.app import create_app
from ideals.config import Settings
from ideals.kernel.actor import SYSTEM, Actor


def make_app(**settings: str) -> Flask:
    return create_app(Settings.read({"IDEALS_SECRET_KEY": "a key of the tests", **settings}))


@dataclass
class Desk:
    """One person; `language` is what their browser asks for."""

    client: FlaskClient
    token: str
    language: str = "en"

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.token}",
            "Accept-Language": self.language,
            **more,
        }

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self._headers(headers))

    def post(self, path: str, **form: Any) -> TestResponse:
        return self.client.post(path, data=form, headers=self._headers({}))

    def send(
        self, method: str, path: str, body: object = None, key: str | None = None
    ) -> TestResponse:
        """JSON, with an `Idempotency-Key` where one is given."""
        headers = self._headers({"Idempotency-Key": key} if key else {})
        return self.client.open(f"/api/v1/{path}", method=method, json=body, headers=headers)

    def asks(self, path: str) -> TestResponse:
        return self.get(f"/api/v1/{path}")


def desk(session: Session, app: Flask, actor: Actor, *, now: datetime) -> Desk:
    """`actor` has a user already. What the session holds is committed."""
    token = access.issue_token(session, IssueToken(actor.name, "test"), actor=SYSTEM, now=now)
    session.commit()
    return Desk(app.test_client(), token)
