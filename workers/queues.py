"""The queues, each with what waits in it."""

from __future__ import annotations

from enum import StrEnum

from kombu import Exchange, Queue


class Name(StrEnum):
    MONEY = "money"
    """Chunks of runs and what plans them."""
    CLOCK = "clock"
    """Short looks at what is due."""
    MAIL = "mail"
    """Mails, whose server may be slow."""
    LOOKS = "looks"
    """Long work that somebody wants to look at: it takes turns with the others."""


# The default exchange needs no binding in Redis: a flushed Redis still receives (a named exchange
# would swallow messages without an error).
QUEUES = tuple(Queue(name.value, Exchange("", type="direct"), routing_key=name) for name in Name)

ROUTES = {
    "budgets.sweep": {"queue": Name.CLOCK.value},
    "budgets.look_at_leave": {"queue": Name.CLOCK.value},
    "ledger.open_months": {"queue": Name.CLOCK.value},
    "access.forget_old": {"queue": Name.CLOCK.value},
    "people.forget_files": {"queue": Name.CLOCK.value},
    "notices.sweep": {"queue": Name.CLOCK.value},
    "notices.mail": {"queue": Name.MAIL.value},
    "approvals.sweep": {"queue": Name.CLOCK.value},
    "approvals.look_for_draws": {"queue": Name.CLOCK.value},
    "pricing.sweep": {"queue": Name.CLOCK.value},
    "pricing.look_at_lists": {"queue": Name.CLOCK.value},
    "pricing.publish_lists": {"queue": Name.CLOCK.value},
    "pricing.tell_employees": {"queue": Name.CLOCK.value},
    "deals.sweep": {"queue": Name.CLOCK.value},
    "deals.look_at_lives": {"queue": Name.CLOCK.value},
    "deals.act_on_deal": {"queue": Name.CLOCK.value},
    "deals.write_letters": {"queue": Name.CLOCK.value},
    "deals.settle_money": {"queue": Name.CLOCK.value},
    "insight.simulate": {"queue": Name.LOOKS.value},
    "order.placed": {"queue": Name.CLOCK.value},
    "shop.upkeep": {"queue": Name.CLOCK.value},
    "shop.sweep": {"queue": Name.CLOCK.value},
    "shop.look_at_deadlines": {"queue": Name.CLOCK.value},
}
"""Where a task waits; whatever is not named here waits with the money."""
