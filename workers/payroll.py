"""Payroll jobs."""

from __future__ import annotations

from ideals import outbox
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.payroll import commands
from ideals.shop.commands.closing import SEALED
from workers.app import app


@app.task(name=SEALED)
def month_sealed(message_id: int) -> None:
    """Whoever has work with a month that was sealed gets a message of its own."""
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            outbox.announce(session, commands.MAKE_BATCH, month=payload["month"])
            outbox.finish(session, message_id, now=clock.now())


@app.task(name=commands.MAKE_BATCH)
def make_batch(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            cmd = commands.MakeBatch(Month.parse(payload["month"]))
            commands.make_batch(session, cmd, actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())


@app.task(name="payroll.sweep")
def sweep() -> None:
    """A sealed month whose message was lost."""
    with unit_of_work() as session:
        commands.sweep(session, actor=SYSTEM, now=clock.now())
