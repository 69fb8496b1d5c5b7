"""Mails through a real relay, a real worker and a real server, and a worker that dies between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from ideals import embedded
from ideals.approvals.commands import ASKED
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM
from ideals.notices import commands
from ideals.notices.commands import Tell
from ideals.notices.models import Mail
from ideals.seeds import factories
from tests.notices.servers import Mailbox, free_port, serving
from tests.service import RELAY, WORKER, Service, service_on, wait_for

ZONE = ZoneInfo("Europe/Amsterdam")


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    made = Mailbox(free_port())
    monkeypatch.setenv("IDEALS_SMTP_URL", made.url)
    with serving(made):
        yield made


@pytest.fixture
def service(
    own_database: str, servers: embedded.Servers, tmp_path: Path, mailbox: Mailbox
) -> Iterator[Service]:
    with service_on(own_database, servers, tmp_path) as started:
        yield started


def tell(*names: str) -> None:
    data = {
        "approval": "01a2108c-fd0a-77db-90a6-37f49a740d4b",
        "kind": "order",
        "what": {"en": "Bicycle"},
        "employee": "Egor",
        "due_on": "2026-12-01",
    }
    with unit_of_work() as session:
        people = factories.an_organisation(session)
        ids = [getattr(people, name).id for name in names]
        cmd = Tell(ASKED, "approval:x", "approval:x:asked", employee_ids=ids, data=data)
        commands.tell(session, cmd, actor=SYSTEM, now=datetime.now(UTC))


def states() -> set[str]:
    with unit_of_work() as session:
        return {mail.state for mail in session.query(Mail)}


def time_passes() -> None:
    """As if the pause after an attempt was over, and the clock looked."""
    with unit_of_work() as session:
        session.execute(
            text("UPDATE notices_mail SET due_at = now(), announced_at = now() - interval '1 h'")
        )
    with unit_of_work() as session:
        commands.sweep(session, zone=ZONE, now=datetime.now(UTC))


def test_what_is_told_arrives(service: Service, mailbox: Mailbox) -> None:
    tell("anna", "boris", "clara")
    service.start(*RELAY)
    service.start(*WORKER)
    wait_for(lambda: states() == {"sent"}, "the mails to be sent")
    assert sorted(mail["To"] for mail in mailbox.mails) == [
        "anna@meridian.example",
        "boris@meridian.example",
        "clara@meridian.example",
    ]
    assert {mail["Subject"] for mail in mailbox.mails} == {"Egor asks for your yes: Bicycle"}


def test_a_worker_killed_after_sending_doubles_one_mail_at_most(
    service: Service, mailbox: Mailbox
) -> None:
    worker = service.start(*WORKER)

    def kill() -> None:
        """The server has the mail; the worker never hears that."""
        mailbox.meanwhile = None
        service.kill(worker)

    mailbox.meanwhile = kill
    tell("anna")
    service.start(*RELAY)
    wait_for(lambda: worker not in service.parts, "the worker to be killed")
    assert len(mailbox.mails) == 1
    assert states() == {"waiting"}
    service.start(*WORKER)
    time_passes()
    wait_for(lambda: states() == {"sent"}, "the mail to be sent")
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"], "so that a mailbox can tell"


def test_a_worker_killed_before_sending_loses_nothing(service: Service, mailbox: Mailbox) -> None:
    worker = service.start(*WORKER)

    def kill() -> None:
        mailbox.at_greeting = None
        service.kill(worker)

    mailbox.at_greeting = kill
    tell("anna")
    service.start(*RELAY)
    wait_for(lambda: worker not in service.parts, "the worker to be killed")
    service.start(*WORKER)
    time_passes()
    wait_for(lambda: states() == {"sent"}, "the mail to be sent")
    assert len(mailbox.mails) == 1
