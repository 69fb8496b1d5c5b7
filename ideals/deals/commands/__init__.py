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
from ideals.deals.commands.offering import MakeOffer, make_offer
from ideals.deals.commands.proposing import Propose, propose
from ideals.deals.commands.talking import Say, say

__all__ = [
    "ACT_ON_DEAL",
    "Accept",
    "DropDraft",
    "InviteAdviser",
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
    "drop_draft",
    "invite_adviser",
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
