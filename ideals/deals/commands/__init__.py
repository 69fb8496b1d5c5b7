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
from ideals.deals.commands.breaches import (
    AnswerBreach,
    NameBreach,
    SettleBreach,
    answer_breach,
    decided_breach,
    name_breach,
    settle_breach,
)
from ideals.deals.commands.clock import ACT_ON_DEAL, act_on_deal, sweep
from ideals.deals.commands.closing import AnswerEnding, EndDeal, answer_ending, end_deal
from ideals.deals.commands.decisions import decided
from ideals.deals.commands.drafts import DropDraft, SaveDraft, drop_draft, save_draft
from ideals.deals.commands.ending import Refuse, Withdraw, refuse, withdraw
from ideals.deals.commands.evaluating import Evaluate, evaluate
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
from ideals.deals.commands.letters import WRITE_LETTERS, KeepLetter, keep_letter
from ideals.deals.commands.life import LookAgain, look_again
from ideals.deals.commands.life import look as look_at_lives
from ideals.deals.commands.offering import MakeOffer, make_offer
from ideals.deals.commands.proposing import Propose, propose
from ideals.deals.commands.talking import Say, say
from ideals.deals.commands.usual import publish_usual

__all__ = [
    "ACT_ON_DEAL",
    "WRITE_LETTERS",
    "Accept",
    "AnswerBreach",
    "AnswerEnding",
    "DropClause",
    "DropDraft",
    "DropTemplate",
    "EndDeal",
    "Evaluate",
    "InviteAdviser",
    "KeepClause",
    "KeepLetter",
    "KeepTemplate",
    "LookAgain",
    "MakeOffer",
    "NameBreach",
    "Propose",
    "Refuse",
    "RemoveAdviser",
    "SaveDraft",
    "Say",
    "SettleBreach",
    "StateBonus",
    "Withdraw",
    "accept",
    "act_on_deal",
    "answer_breach",
    "answer_ending",
    "decided",
    "decided_breach",
    "drop_clause",
    "drop_draft",
    "drop_template",
    "end_deal",
    "evaluate",
    "invite_adviser",
    "keep_clause",
    "keep_letter",
    "keep_template",
    "look_again",
    "look_at_lives",
    "make_offer",
    "name_breach",
    "propose",
    "publish_usual",
    "refuse",
    "remove_adviser",
    "save_draft",
    "say",
    "settle_breach",
    "state_bonus",
    "sweep",
    "withdraw",
]
