"""Propose, make offers, accept, refuse; advisers, messages, drafts; what the clock does.

See docs/deals.md.
"""

from __future__ import annotations

from ideals.deals.commands.accepting import Accept, accept
from ideals.deals.commands.advising import (
    InviteAdviser,
    RemoveAdviser,
    invite_adviser,
    remove_adviser,
)
from ideals.deals.commands.bonuses import StateBonus, state_bonus
from ideals.deals.commands.clock import ACT_ON_DEAL, act_on_deal, sweep
from ideals.deals.commands.decisions import decided
from ideals.deals.commands.drafts import DropDraft, SaveDraft, drop_draft, save_draft
from ideals.deals.commands.ending import Refuse, Withdraw, refuse, withdraw
from ideals.deals.commands.keeping import (
    DropClause,
    DropTemplate,
    KeepClause,
    KeepTemplate,
    drop_clause,
    drop_template,
    keep_clause,
    keep_template,
)
from ideals.deals.commands.offering import MakeOffer, make_offer
from ideals.deals.commands.proposing import Propose, propose
from ideals.deals.commands.talking import Say, say

__all__ = [
    "ACT_ON_DEAL",
    "Accept",
    "DropClause",
    "DropDraft",
    "DropTemplate",
    "InviteAdviser",
    "KeepClause",
    "KeepTemplate",
    "MakeOffer",
    "Propose",
    "Refuse",
    "RemoveAdviser",
    "SaveDraft",
    "Say",
    "StateBonus",
    "Withdraw",
    "accept",
    "act_on_deal",
    "decided",
    "drop_clause",
    "drop_draft",
    "drop_template",
    "invite_adviser",
    "keep_clause",
    "keep_template",
    "make_offer",
    "propose",
    "refuse",
    "remove_adviser",
    "save_draft",
    "say",
    "state_bonus",
    "sweep",
    "withdraw",
]
