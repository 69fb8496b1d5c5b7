"""Jobs about budgets: allocation, and leave."""

from __future__ import annotations

from datetime import date

from ideals import outbox
from ideals.budgets import commands
from ideals.budgets.commands import leave
from ideals.budgets.queries import leave as leave_queries
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.people import queries as people
from ideals.people.commands import LEAVE_CHANGED
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


@app.task(name=LEAVE_CHANGED)
def leave_changed(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            changed = people.employees_of_leave(session, payload["first_id"], payload["last_id"])
            cmd = leave.PostLeaveTaken(changed)
            leave.post_leave_taken(session, cmd, actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())


@app.task(name="budgets.look_at_leave")
def look_at_leave() -> None:
    now = clock.now()
    cmd = leave.LookAtLeave(now.astimezone(Settings.read().zone).date())
    with unit_of_work() as session:
        leave.look_at_leave(session, cmd, actor=SYSTEM, now=now)


@app.task(name=leave.LEAVE_DAY)
def leave_day(message_id: int) -> None:
    """Each step in a transaction of its own: it locks what it needs in order, and not for long."""
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is None:
            return
        ids = leave_queries.people_of_leave(session, payload["first"], payload["last"])
        leave.post_leave_taken(session, leave.PostLeaveTaken(ids), actor=SYSTEM, now=clock.now())
    today = date.fromisoformat(payload["day"])
    with unit_of_work() as session:
        cmd = leave.RemindOfLeave(ids, today)
        leave.remind_of_leave(session, cmd, actor=SYSTEM, now=clock.now())
    with unit_of_work() as session:
        leave.lapse_leave(session, leave.LapseLeave(ids, today), actor=SYSTEM, now=clock.now())
        outbox.finish(session, message_id, now=clock.now())
