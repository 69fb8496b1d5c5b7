"""Ask for a decision, decide, answer, withdraw; what the clock does. See docs/approvals.md."""

from __future__ import annotations

from ideals.approvals.commands.asking import Ask, Route, ask, consider
from ideals.approvals.commands.clock import ACT_ON_STEP, FOLLOW, act_on_step, follow, sweep
from ideals.approvals.commands.deciding import (
    Answer,
    Decide,
    Expire,
    Withdraw,
    answer,
    decide,
    expire,
    lock_subjects,
    withdraw,
)
from ideals.approvals.commands.going import (
    ANSWER,
    ASKED,
    BY_CLOCK,
    GONE_ON,
    OVERDUE,
    QUESTION,
    REMINDER,
)

__all__ = [
    "ACT_ON_STEP",
    "ANSWER",
    "ASKED",
    "BY_CLOCK",
    "FOLLOW",
    "GONE_ON",
    "OVERDUE",
    "QUESTION",
    "REMINDER",
    "Answer",
    "Ask",
    "Decide",
    "Expire",
    "Route",
    "Withdraw",
    "act_on_step",
    "answer",
    "ask",
    "consider",
    "decide",
    "expire",
    "follow",
    "lock_subjects",
    "sweep",
    "withdraw",
]
