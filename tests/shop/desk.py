"""Somebody at a desk: pages by token, which the guards take as they take a session."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ideals.access import commands as access
from ideals.app import create_app
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role


class Desk:
    def __init__(self, client: FlaskClient, header: dict[str, str]) -> None:
        self.client = client
        self.header = header

    def ask(self, path: str, language: str = "en") -> TestResponse:
        return self.client.get(path, headers=self.header | {"Accept-Language": language})

    def get(self, path: str, language: str = "en") -> str:
        answer = self.ask(path, language)
        assert answer.status_code == 200, (path, words(answer.get_data(as_text=True)))
        return answer.get_data(as_text=True)

    def read(self, path: str, language: str = "en") -> str:
        return words(self.get(path, language))

    def send(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, headers=self.header, data=form)

    def post(self, path: str, **form: str) -> str:
        """Where it leads."""
        answer = self.send(path, **form)
        assert answer.status_code == 303, words(answer.get_data(as_text=True))
        return str(answer.location)

    def file(self, path: str, language: str = "en") -> bytes:
        answer = self.ask(path, language)
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        content = answer.get_data()
        answer.close()
        return content

    def rows(self, path: str, language: str = "en") -> list[dict[str, str]]:
        content = self.file(path, language).decode("utf-8-sig")
        delimiter = ";" if language == "nl" else ","
        return list(csv.DictReader(io.StringIO(content), delimiter=delimiter))


def desk_of(client: FlaskClient, name: str, *roles: Role) -> Desk:
    """`name` of the cast, or anybody else."""
    email, now = f"{name}@meridian.example", datetime.now(UTC)
    with unit_of_work() as session:
        access.invite(session, access.Invite(email, frozenset(roles)), actor=SYSTEM, now=now)
        made = access.issue_token(session, access.IssueToken(email, "test"), actor=SYSTEM, now=now)
    return Desk(client, {"Authorization": f"Bearer {made}"})


def words(page: str) -> str:
    """What is read on a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").split())


def client_of(monkeypatch: pytest.MonkeyPatch, times: list[datetime]) -> FlaskClient:
    """A site whose clock stands at the last of `times`."""
    monkeypatch.setattr(clock, "now", lambda: times[-1])
    return create_app(Settings.read({})).test_client()


CAST = (("anna", ()), ("boris", ()), ("paula", (Role.PAYROLL,)), ("dina", (Role.HR,)))
"""An employee, her manager, somebody of payroll, HR."""


def answers(client: FlaskClient, path: str) -> dict[str, int]:
    """What each of the cast is answered."""
    found = {}
    for name, roles in CAST:
        answer = desk_of(client, name, *roles).ask(path)
        found[name] = answer.status_code
        answer.close()
    return found
