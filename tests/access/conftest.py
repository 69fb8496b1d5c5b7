"""The cast with their users, and browsers to sign in with."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.access import commands
from ideals.access.commands import AcceptInvitation, Browser, Invite
from ideals.app import create_app
from ideals.config import Settings
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.people.models import Employee, Employment, Unit

PASSWORD = "four unrelated words here"
HOME = Browser("192.0.2.1", "Firefox")
NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def employee(session: Session, name: str, manager: Employee | None = None) -> Employee:
    """`name` in the cast is the number, the name and the address; hired in 2020."""
    unit = session.query(Unit).filter_by(path="Bank").one_or_none()
    if unit is None:
        unit = Unit(name="Bank", path="Bank")
        session.add(unit)
    email = f"{name}@Example.org"
    person = Employee(number=name, name=name.title(), sort_name=name, email=email, recorded_at=NOW)
    session.add(person)
    session.flush()
    session.add(
        Employment(
            employee_id=person.id,
            valid_from=date(2020, 1, 1),
            recorded_at=NOW,
            hired_on=date(2020, 1, 1),
            unit_id=unit.id,
            manager_id=manager.id if manager else None,
            scheme="nwb",
            full_time_salary_minor=300_000,
            part_time_factor=Decimal(1),
            allowances={},
        )
    )
    session.flush()
    return person


def user(session: Session, email: str, *roles: Role, now: datetime = NOW) -> None:
    """Invited and accepted, with `PASSWORD`; signed in nowhere."""
    token = commands.invite(session, Invite(email, frozenset(roles)), actor=SYSTEM, now=now)
    accept = AcceptInvitation(token, PASSWORD, HOME)
    signed = commands.accept_invitation(session, accept, actor=SYSTEM, now=now)
    commands.sign_out(session, commands.SignOut(signed.token), actor=SYSTEM, now=now)


class Clock:
    """The time that edges read; a test moves it."""

    def __init__(self) -> None:
        self.time = NOW

    def pass_(self, **span: float) -> None:
        self.time += timedelta(**span)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moving = Clock()
    monkeypatch.setattr(clock, "now", lambda: moving.time)
    return moving


MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app() -> MakeApp:
    def make(**changes: str) -> Flask:
        return create_app(Settings.read({"IDEALS_SECRET_KEY": "a key of the tests", **changes}))

    return make


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def anna(session: Session) -> Employee:
    person = employee(session, "anna")
    user(session, "anna@example.org")
    session.commit()
    return person


@pytest.fixture
def dina(session: Session) -> None:
    user(session, "dina@example.org", Role.HR)
    session.commit()


def form_token(page: TestResponse) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def post(client: FlaskClient, path: str, page: str = "/sign-in", **form: str) -> TestResponse:
    """As a browser does: open `page`, then send its form."""
    token = form_token(client.get(page))
    return client.post(path, data={"csrf_token": token, **form})


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **form: str) -> TestResponse:
    return post(client, "/sign-in", email=email, password=password, **form)


def signed_in(app: Flask, email: str = "anna@example.org") -> FlaskClient:
    client = app.test_client()
    assert sign_in(client, email).status_code == 303
    return client


def me(client: FlaskClient, **headers: str) -> TestResponse:
    return client.get("/api/v1/me", headers=headers)


def cookie_of(client: FlaskClient, name: str = "ideals") -> str:
    cookie = client.get_cookie(name)
    assert cookie is not None
    return cookie.value
