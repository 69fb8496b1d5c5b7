"""The clock of approvals: reminders, and what is overdue."""

from __future__ import annotations

from uuid import UUID

from ideals import outbox
from ideals.approvals import commands
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from workers.app import app


@app.task(name="approvals.sweep")
def sweep() -> None:
    with unit_of_work() as session:
        commands.sweep(session, zone=Settings.read().zone, actor=SYSTEM, now=clock.now())


@app.task(name=commands.END_OVERDUE)
def end_overdue(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            approval_id = UUID(payload["approval_id"])
            commands.end_overdue(session, approval_id, actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())
