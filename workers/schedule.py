"""What beat sends. Late or twice does no harm: each task looks in the database for what is due."""

from __future__ import annotations

from typing import Any

EVERY_HALF_MINUTE = 30.0
EVERY_FIVE_MINUTES = 300.0
HOURLY = 3600.0


def _tick(task: str, seconds: float) -> dict[str, Any]:
    # A tick that could not be delivered in time is worthless: the next one follows.
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


SCHEDULE = {
    "budgets.sweep": _tick("budgets.sweep", EVERY_HALF_MINUTE),
    "budgets.look_at_leave": _tick("budgets.look_at_leave", HOURLY),
    "ledger.open_months": _tick("ledger.open_months", HOURLY),
    "access.forget_old": _tick("access.forget_old", HOURLY),
    "people.forget_files": _tick("people.forget_files", HOURLY),
    "notices.sweep": _tick("notices.sweep", EVERY_HALF_MINUTE),
    "payroll.sweep": _tick("payroll.sweep", EVERY_HALF_MINUTE),
    "pricing.sweep": _tick("pricing.sweep", EVERY_FIVE_MINUTES),
    "pricing.look_at_lists": _tick("pricing.look_at_lists", HOURLY),
    "deals.sweep": _tick("deals.sweep", EVERY_FIVE_MINUTES),
    "deals.look_at_lives": _tick("deals.look_at_lives", HOURLY),
    "shop.upkeep": _tick("shop.upkeep", HOURLY),
    "shop.sweep": _tick("shop.sweep", EVERY_HALF_MINUTE),
    "shop.look_at_deadlines": _tick("shop.look_at_deadlines", HOURLY),
    "approvals.sweep": _tick("approvals.sweep", EVERY_FIVE_MINUTES),
    "approvals.look_for_draws": _tick("approvals.look_for_draws", HOURLY),
}
