"""Simulations, part by part."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import OperationalError

from ideals import outbox
from ideals.db import unit_of_work
from ideals.insight.simulating import commands
from ideals.insight.simulating.errors import PartTakenOver
from ideals.kernel import clock
from workers.app import app


@app.task(name=commands.SIMULATE)
def simulate(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is None:
            return
        part = UUID(payload["simulation_id"]), payload["number"]
        lease = commands.take_part(session, *part, now=clock.now())
        # Done already, or over. Taken by another: the message will be sent again.
        if lease is None and not commands.part_waits(session, *part):
            outbox.finish(session, message_id, now=clock.now())
    if lease is not None:
        _work(lease, message_id)


def _work(lease: commands.Lease, message_id: int) -> None:
    try:
        with unit_of_work() as session:
            commands.simulate_part(session, lease, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())
    except (OperationalError, PartTakenOver):
        raise  # another try may do better, or has
    except Exception as error:
        with unit_of_work() as session:
            commands.fail(session, lease, error, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())
