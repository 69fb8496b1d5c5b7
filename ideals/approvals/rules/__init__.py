"""Everything about decisions that is no storage: pure values in, values or a named error out.

A package where other features have one file, because policies are documents: `policies` are what
is used, `check` with `conditions` reads the YAML into them or finds its faults, `written` writes it
from plain data, `builtin` reads those that hold from the beginning, `facts` are what conditions may
read. `progress` is the life of an approval's steps, `days` counts working days, `draws` draws cases
for a check, `reasons` is what a decision must say.
"""

from __future__ import annotations

from ideals.approvals.rules.builtin import built_in, built_in_text
from ideals.approvals.rules.check import check, checked, kind_of
from ideals.approvals.rules.days import MONDAY_TO_FRIDAY, Calendar
from ideals.approvals.rules.draws import is_drawn
from ideals.approvals.rules.facts import PolicyFacts, facts_with
from ideals.approvals.rules.policies import (
    By,
    Case,
    CheckTerms,
    Effect,
    Mode,
    Policy,
    Stage,
    Step,
    Then,
    WhenBroken,
    Who,
    case_for,
    share_to_check,
    steps_when_broken,
)
from ideals.approvals.rules.progress import (
    Change,
    Progress,
    StepAct,
    StepNow,
    StepState,
    after_act,
    after_end,
    applied,
    opened,
    planned,
    step_after,
)
from ideals.approvals.rules.reasons import LONGEST_REASON, checked_reason
from ideals.approvals.rules.written import has_remarks, plain_of, text_of
from ideals.schemes.rules.check import describe
from ideals.schemes.rules.document import Fault

__all__ = [
    "LONGEST_REASON",
    "MONDAY_TO_FRIDAY",
    "By",
    "Calendar",
    "Case",
    "Change",
    "CheckTerms",
    "Effect",
    "Fault",
    "Mode",
    "Policy",
    "PolicyFacts",
    "Progress",
    "Stage",
    "Step",
    "StepAct",
    "StepNow",
    "StepState",
    "Then",
    "WhenBroken",
    "Who",
    "after_act",
    "after_end",
    "applied",
    "built_in",
    "built_in_text",
    "case_for",
    "check",
    "checked",
    "checked_reason",
    "describe",
    "facts_with",
    "has_remarks",
    "is_drawn",
    "kind_of",
    "opened",
    "plain_of",
    "planned",
    "share_to_check",
    "step_after",
    "steps_when_broken",
    "text_of",
]
