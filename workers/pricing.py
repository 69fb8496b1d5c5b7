"""Price rules in and out of force, price lists, and who is told of them."""

from __future__ import annotations

from ideals import outbox
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.pricing.commands import publishing, telling
from workers.app import app


@app.task(name="pricing.sweep")
def sweep() -> None:
    with unit_of_work() as session:
        publishing.sweep(session, zone=Settings.read().zone, actor=SYSTEM, now=clock.now())


@app.task(name="pricing.look_at_lists")
def look_at_lists() -> None:
    with unit_of_work() as session:
        publishing.look_at_lists(session, zone=Settings.read().zone, now=clock.now())


@app.task(name=publishing.PUBLISH)
def publish_lists(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            cmd = publishing.PublishLists(Month.parse(payload["month"]), bool(payload["wait"]))
            zone, now = Settings.read().zone, clock.now()
            publishing.publish_lists(session, cmd, zone=zone, actor=SYSTEM, now=now)
            outbox.finish(session, message_id, now=now)


@app.task(name=publishing.TELL)
def tell_employees(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            cmd = telling.TellEmployees.of(payload)
            zone, now = Settings.read().zone, clock.now()
            telling.tell_employees(session, cmd, zone=zone, actor=SYSTEM, now=now)
            outbox.finish(session, message_id, now=now)
