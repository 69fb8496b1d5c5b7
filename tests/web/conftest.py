"""The plumbing on an app of its own, with a small feature on top and actors by header."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import flask
import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from marshmallow import fields, post_load, validate
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel.actor import Actor, Role
from ideals.kernel.errors import Conflict, NotAllowed, NotFound, RuleBroken
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list, paginate
from ideals.web.fields import (
    HoursField,
    In,
    MinutesField,
    MomentField,
    MoneyField,
    MonthField,
    Out,
    WholeField,
)
from ideals.web.guards import guard, public, role, signed_in
from ideals.web.headers import MB, body_limit
from ideals.web.shell import Shell, init_web

ANNA = Actor(name="anna@example.org", user_id=1, employee_id=11)
BORIS = Actor(name="boris@example.org", user_id=2, employee_id=12)
DINA = Actor(name="dina@example.org", user_id=4, roles=frozenset({Role.HR}), language="nl")
CAST = {"anna": ANNA, "boris": BORIS, "dina": DINA}


@dataclass(frozen=True)
class Gift:
    amount: Money
    month: Month
    leave: Minutes = field(default_factory=lambda: Minutes(480))
    at: datetime = datetime(2026, 3, 15, 11, 0, tzinfo=UTC)
    count: int = 1


class GiftIn(In):
    amount = MoneyField(required=True)
    month = MonthField(required=True)
    minutes = MinutesField(load_default=Minutes(0))
    at = MomentField(load_default=None)
    count = WholeField(load_default=1, validate=validate.Range(1, 5))
    password = fields.String(validate=validate.Length(min=3))

    @post_load
    def gift(self, data: dict[str, Any], **_: Any) -> Gift:
        return Gift(data["amount"], data["month"], count=data["count"])


class GiftOut(Out):
    amount = MoneyField(required=True)
    month = MonthField(required=True)
    minutes = MinutesField(attribute="leave", required=True)
    hours = HoursField(attribute="leave", required=True)
    at = MomentField(required=True)


class EntryOut(Out):
    id = fields.Integer()
    act = fields.String()


class EntriesIn(PageIn):
    act = fields.String(load_default="gift")


class Taken(Conflict):
    code = "taken"


class Strange(RuleBroken):
    code = "strange"


ERRORS: dict[str, Exception] = {
    "not_found": NotFound("There is no such gift"),
    "not_allowed": NotAllowed("Not yours to give"),
    "conflict": Taken("Somebody was first", current=3, status="hidden"),
    "rule": Strange("This cannot be", field="amount", value="12"),
    "failure": ZeroDivisionError("a secret text"),
}

gifts = Blueprint("gifts", __name__, url_prefix="/api/v1")


@gifts.post("/gifts")
@guard(role(Role.HR, Role.PAYROLL))
@gifts.arguments(GiftIn)
@creates(gifts, GiftOut, location=lambda gift: f"/api/v1/gifts/{gift.month}")
def give(session: Session, gift: Gift) -> Gift:
    """Give something."""
    before = session.scalar(select(func.count()).select_from(Entry))
    session.add(entry("gift"))
    if gift.count == 5:
        raise Taken("Somebody was first")
    if gift.count == 4:
        session.execute(text("SELECT pg_sleep(0.4)"))
    return replace(gift, amount=gift.amount + Money(before or 0))


@gifts.post("/uploads")
@guard(role(Role.HR))
@body_limit(2 * MB)
@creates(gifts, EntryOut, status=202)
def upload(session: Session) -> Entry:
    made = entry(flask.request.files["file"].read()[:40].decode())
    session.add(made)
    session.flush()
    return made


@gifts.get("/entries")
@guard(signed_in)
@gifts.arguments(EntriesIn, location="query", as_kwargs=True)
@gifts.response(200, page_of(EntryOut))
def entries(page: PageRequest, act: str) -> Page[Entry]:
    with unit_of_work() as session:
        wanted = select(Entry).where(Entry.act == act)
        return paginate(session, wanted, page, Entry.happened_at, Entry.id, descending=True)


@gifts.get("/words")
@guard(signed_in)
@gifts.arguments(PageIn, location="query", as_kwargs=True)
def words(page: PageRequest) -> dict[str, Any]:
    found = page_of_list(["c", "a", "b"], page, key=str)
    return {"items": found.items, "next": found.next}


@gifts.get("/errors/<name>")
@guard(public)
def fail(name: str) -> None:
    raise ERRORS[name]


@gifts.get("/open")
def unguarded() -> dict[str, bool]:
    return {"reached": True}


pages = flask.Blueprint("sheets", __name__)


@pages.get("/sheet")
@guard(signed_in)
def sheet() -> str:
    return flask.render_template_string(
        "{% extends 'layout.html' %}{% block content %}<h1>Sheet</h1>{% endblock %}"
    )


@pages.post("/sheet")
@guard(signed_in)
def write() -> str:
    return "written"


@pages.get("/sheets/errors/<name>")
@guard(public)
def fail_page(name: str) -> None:
    raise ERRORS[name]


@pages.post("/leave")
@guard(signed_in)
def leave() -> str:
    return "left"


class Door(flask.views.MethodView):
    @guard(signed_in)
    def get(self) -> str:
        return "in"

    def post(self) -> str:
        return "never"


def entry(act: str, at: datetime | None = None) -> Entry:
    return Entry(
        happened_at=at or datetime(2026, 3, 1, tzinfo=UTC),
        actor="test",
        act=act,
        subject="",
        details={},
    )


def settings(**changes: str) -> Settings:
    return Settings.read({"IDEALS_SECRET_KEY": "a key of the tests", **changes})


@pytest.fixture
def chosen() -> list[tuple[str, str, str]]:
    return []


MakeApp = Callable[..., Flask]


@pytest.fixture
def make_app(chosen: list[tuple[str, str, str]]) -> MakeApp:
    def make(**changes: str) -> Flask:
        app = Flask("ideals", static_folder="web/static", template_folder="web/templates")
        app.secret_key = "a key of the tests"
        shell = Shell(
            load_actor=_by_header,
            sign_in_url="/sign-in",
            sign_out="sheets.leave",
            account="sheets.sheet",
            remember=lambda actor, name, value: chosen.append((actor.name, name, value)),
        )
        api = init_web(app, settings(**changes), shell)
        api.register_blueprint(gifts)
        app.register_blueprint(pages)
        app.add_url_rule("/door", view_func=Door.as_view("door"))
        return app

    return make


def _by_header(request: Request) -> Actor | None:
    authorization = request.authorization
    if authorization is not None and authorization.token:
        return CAST.get(authorization.token)
    return CAST.get(request.cookies.get("who", ""))


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def bearer(name: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}", **{k.replace("_", "-"): v for k, v in more.items()}}


def repo_path(*parts: str) -> Path:
    return Path(__file__).resolve().parents[2].joinpath(*parts)
