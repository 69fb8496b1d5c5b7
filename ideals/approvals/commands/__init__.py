"""Ask for a decision, decide, answer, withdraw; what the clock does. See docs/approvals.md."""

from __future__ import annotations

from ideals.approvals.commands.asking import Ask, Route, ask, consider
from ideals.approvals.commands.checking import Contest, contest
from ideals.approvals.commands.clock import ACT_ON_STEP, act_on_step, follow, sweep
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
from ideals.approvals.commands.drawing import BEGIN_CHECK, DRAW, begin_check, draw_next_day
from ideals.approvals.commands.following import FOLLOW
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
    "BEGIN_CHECK",
    "BY_CLOCK",
    "DRAW",
    "FOLLOW",
    "GONE_ON",
    "OVERDUE",
    "QUESTION",
    "REMINDER",
    "Answer",
    "Ask",
    "Contest",
    "Decide",
    "Expire",
    "Route",
    "Withdraw",
    "act_on_step",
    "answer",
    "ask",
    "begin_check",
    "consider",
    "contest",
    "decide",
    "draw_next_day",
    "expire",
    "follow",
    "lock_subjects",
    "sweep",
    "withdraw",
]
