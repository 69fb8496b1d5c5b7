"""Allocation jobs."""

from __future__ import annotations

from ideals import outbox
from ideals.budgets import commands
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from workers.app import app


@app.task(name="budgets.plan_run")
def plan_run(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            commands.plan_run(session, payload["run_id"], actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())


@app.task(name="budgets.work_chunk")
def work_chunk(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        lease = payload and commands.take_chunk(
            session, payload["run_id"], payload["number"], now=clock.now()
        )
        # Done already, or split: nothing is left to send. Taken by another: it will be sent again.
        if payload and lease is None and not commands.chunk_waits(session, **payload):
            outbox.finish(session, message_id, now=clock.now())
    if not lease:
        return
    with unit_of_work() as session:
        commands.work_chunk(session, lease, now=clock.now())
        outbox.finish(session, message_id, now=clock.now())
    with unit_of_work() as session:
        commands.close_run(session, lease.run_id, actor=SYSTEM, now=clock.now())


@app.task(name="budgets.sweep")
def sweep() -> None:
    with unit_of_work() as session:
        commands.sweep(session, zone=Settings.read().zone, actor=SYSTEM, now=clock.now())
