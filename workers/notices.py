"""Mails: one task for each, and the look at what was left lying."""

from __future__ import annotations

from uuid import UUID

from ideals import outbox
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.notices import commands
from ideals.notices.commands import NoteSending
from ideals.notices.mail import letter_of, send
from workers.app import app
from workers.site import site


@app.task(name=commands.SEND_MAIL)
def mail(message_id: int) -> None:
    """Take, send, note: a transaction each, so that nothing is locked while a server is slow."""
    settings = Settings.read()
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        taken = payload and commands.take_mail(session, UUID(payload["mail_id"]), now=clock.now())
        if payload and not taken:  # it has left, or its time will come: the sweep sees to that
            outbox.finish(session, message_id, now=clock.now())
    if not taken:
        return
    with unit_of_work() as session, site().app_context():
        letter = letter_of(session, taken, settings=settings, now=clock.now())
    outcome = send(letter, settings=settings)
    with unit_of_work() as session:
        note = NoteSending(taken.id, outcome.sending, letter.address, outcome.answer)
        commands.note_sending(session, note, now=clock.now())
        outbox.finish(session, message_id, now=clock.now())


@app.task(name="notices.sweep")
def sweep() -> None:
    with unit_of_work() as session:
        commands.sweep(session, zone=Settings.read().zone, now=clock.now())
