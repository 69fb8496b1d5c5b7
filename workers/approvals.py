"""The clock of approvals: reminders, what is out of time, people who moved on, draws and checks."""

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


@app.task(name="approvals.look_for_draws")
def look_for_draws() -> None:
    with unit_of_work() as session:
        commands.draw_next_day(session, zone=Settings.read().zone, actor=SYSTEM, now=clock.now())


@app.task(name=commands.DRAW)
def draw(message_id: int) -> None:
    """The day after the one that was drawn, and so on until yesterday."""
    with unit_of_work() as session:
        if outbox.read(session, message_id) is not None:
            now, zone = clock.now(), Settings.read().zone
            commands.draw_next_day(session, zone=zone, actor=SYSTEM, now=now)
            outbox.finish(session, message_id, now=now)


@app.task(name=commands.BEGIN_CHECK)
def begin_check(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            commands.begin_check(session, UUID(payload["check"]), actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())
