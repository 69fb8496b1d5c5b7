"""The cast with users, and a kind of notice with words of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.registry import Registry
from ideals.notices import commands, queries
from ideals.notices.commands import Tell
from ideals.notices.models import Mail, Notice
from ideals.notices.queries import Words
from ideals.outbox import Message
from ideals.people.models import Employee
from ideals.seeds import factories
from ideals.seeds.factories import Organisation
from ideals.web.formats import day

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


@dataclass
class Cast:
    """Anna and Boris are employees with users, Clara one without; Dina is HR and an employee,
    Frank is HR and none."""

    people: Organisation
    anna: Actor
    boris: Actor
    dina: Actor
    frank: Actor


def cast_of(session: Session) -> Cast:
    people = factories.an_organisation(session)
    return Cast(
        people,
        _actor(session, "anna@meridian.example"),
        _actor(session, "boris@meridian.example"),
        _actor(session, "dina@meridian.example", Role.HR),
        _actor(session, "frank@elsewhere.example", Role.HR),
    )


def _actor(session: Session, email: str, *roles: Role) -> Actor:
    return access.actor_of(factories.a_user(session, email, roles=frozenset(roles)), roles)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def gift_words(data: Mapping[str, Any], language: str) -> Words:
    title = {"nl": "Een cadeau: %s", "en": "A gift: %s"}[language] % data["what"]
    text = f"{gettext('Settings')}, {day(date(2026, 3, 10))}, café"
    return Words(title, text, "/gifts?of=<you>", "Look")


@pytest.fixture(autouse=True)
def gifts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "WORDS", Registry("words of the test"))
    queries.WORDS.register("gift", gift_words)


@pytest.fixture
def mail_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDEALS_SMTP_URL", "smtp://127.0.0.1:1")


def tell(session: Session, *people: Employee, now: datetime = NOW, **more: Any) -> int:
    cmd = {
        "kind": "gift",
        "subject": "gift:1",
        "key": "gift:1",
        "employee_ids": [person.id for person in people],
        "data": {"what": "socks"},
    }
    return commands.tell(session, Tell(**(cmd | more)), actor=SYSTEM, now=now)


def notices(session: Session) -> list[Notice]:
    return list(session.scalars(select(Notice).order_by(Notice.id)))


def mails(session: Session) -> list[Mail]:
    query = select(Mail).order_by(Mail.id).execution_options(populate_existing=True)
    return list(session.scalars(query))


def announced(session: Session) -> list[str]:
    rows = select(Message).where(Message.name == commands.SEND_MAIL).order_by(Message.id)
    return [row.payload["mail_id"] for row in session.scalars(rows)]
