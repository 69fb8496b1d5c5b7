"""Pages and API by token, as the guards take a session too."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.access import commands as access
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.people.models import Employee

HR, PAYROLL = (Role.HR,), (Role.PAYROLL,)


@dataclass
class Desk:
    client: FlaskClient
    header: dict[str, str]

    def get(self, path: str, status: int = 200, language: str = "en") -> TestResponse:
        answer = self.client.get(path, headers=self.header | {"Accept-Language": language})
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer

    def words(self, path: str, language: str = "en") -> str:
        return words(self.get(path, language=language).get_data(as_text=True))

    def json(self, path: str) -> Any:
        return json.loads(self.file(f"/api/v1/{path}"))

    def file(self, path: str) -> bytes:
        answer = self.get(path)
        content = answer.get_data()
        answer.close()
        return content

    def post(self, path: str, status: int = 303, **form: Any) -> TestResponse:
        answer = self.client.post(path, headers=self.header, data=form)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer

    def call(self, path: str, key: str, status: int = 201, **body: Any) -> Any:
        answer = self.client.post(
            f"/api/v1/{path}", headers=self.header | {"Idempotency-Key": key}, json=body
        )
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json

    def send(self, path: str, key: str, content: str, status: int = 200, **form: Any) -> Any:
        answer = self.client.post(
            f"/api/v1/{path}",
            headers=self.header | {"Idempotency-Key": key},
            data=form | {"file": (io.BytesIO(content.encode()), "file.csv")},
        )
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.json


def desk(client: FlaskClient, name: str, *roles: Role, number: str | None = None) -> Desk:
    """`number`: whose employee this user is."""
    now, email = clock.now(), f"{name}@meridian.example"
    with unit_of_work() as session:
        if number is not None:
            _address(session, number, email)
        access.invite(session, access.Invite(email, frozenset(roles)), actor=SYSTEM, now=now)
        made = access.issue_token(session, access.IssueToken(email, "test"), actor=SYSTEM, now=now)
    return Desk(client, {"Authorization": f"Bearer {made}"})


def _address(session: Session, number: str, email: str) -> None:
    session.scalars(select(Employee).where(Employee.number == number)).one().email = email


def words(page: str) -> str:
    """What is read on a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").split())
