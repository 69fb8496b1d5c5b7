"""The clock of approvals: reminders, what is out of time, and people who moved on."""

from __future__ import annotations

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


@app.task(name=commands.ACT_ON_STEP)
def act_on_step(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            commands.act_on_step(session, payload["step"], actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())


@app.task(name=commands.FOLLOW)
def follow(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            commands.follow(session, payload["step"], actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())
