"""Jobs of the shop: what it remembers for a while and counts, the close of months, reminders."""

from __future__ import annotations

from datetime import date

from ideals import outbox
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.pricing import commands as pricing
from ideals.shop import commands
from ideals.shop.commands import closing, reminding
from ideals.shop.commands.reminding import Remind
from workers.app import app


@app.task(name="order.placed")
def order_placed(message_id: int) -> None:
    """The shop tells how many people chose what; counting itself sees to it that it is seldom."""
    with unit_of_work() as session:
        if outbox.read(session, message_id) is not None:
            commands.count_chosen(session, actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())


@app.task(name="shop.upkeep")
def upkeep() -> None:
    """Quotes that ran out, and people who chose something a year ago."""
    now = clock.now()
    with unit_of_work() as session:
        pricing.forget_quotes(session, actor=SYSTEM, now=now)
        commands.count_chosen(session, actor=SYSTEM, now=now)


# The digest of a month of a million rows takes seconds; the limit stays below the visibility.
@app.task(name=closing.SEAL, time_limit=240, soft_time_limit=230)
def seal_month(message_id: int) -> None:
    """A scheme is through: the month is sealed when all of them are."""
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            month = Month.parse(payload["month"])
            closing.seal_closed(session, month, actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())


@app.task(name="shop.sweep")
def sweep() -> None:
    with unit_of_work() as session:
        closing.sweep(session, actor=SYSTEM, now=clock.now())


@app.task(name="shop.look_at_deadlines")
def look_at_deadlines() -> None:
    with unit_of_work() as session:
        reminding.look(session, zone=Settings.read().zone, now=clock.now())


@app.task(name=reminding.REMIND)
def remind(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            month, last_day = Month.parse(payload["month"]), date.fromisoformat(payload["last_day"])
            cmd = Remind(**payload | {"month": month, "last_day": last_day})
            reminding.remind(session, cmd, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())
