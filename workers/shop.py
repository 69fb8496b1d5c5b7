"""What the shop remembers for a while, and what it counts."""

from __future__ import annotations

from ideals import outbox
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.pricing import commands as pricing
from ideals.shop import commands
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
