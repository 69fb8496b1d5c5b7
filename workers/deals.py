"""The clock of deals: what begins, ends, lapses or is forgotten on its day; and their letters."""

from __future__ import annotations

from uuid import UUID

from ideals import outbox
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.deals import commands
from ideals.deals.commands import living
from ideals.deals.pages.letter import write_letters
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from workers.app import app
from workers.site import site


@app.task(name="deals.sweep")
def sweep() -> None:
    with unit_of_work() as session:
        zone = Settings.read().zone
        commands.sweep(session, zone=zone, actor=SYSTEM, now=clock.now())
        living.sweep(session, zone=zone, actor=SYSTEM, now=clock.now())


@app.task(name="deals.look_at_lives")
def look_at_lives() -> None:
    with unit_of_work() as session:
        commands.look_at_lives(session, zone=Settings.read().zone, actor=SYSTEM, now=clock.now())


@app.task(name=commands.ACT_ON_DEAL)
def act_on_deal(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            commands.act_on_deal(session, UUID(payload["deal"]), actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())


@app.task(name=commands.WRITE_LETTERS)
def letters(message_id: int) -> None:
    with unit_of_work() as session, site().app_context():
        payload = outbox.read(session, message_id)
        if payload is not None:
            deal_id, now = UUID(payload["deal"]), clock.now()
            write_letters(session, deal_id, payload["offer"], actor=SYSTEM, now=now)
            outbox.finish(session, message_id, now=now)


@app.task(name=living.SETTLE_MONEY)
def settle_money(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            living.lock_facts(session)
            living.settle(session, UUID(payload["deal"]), actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())
