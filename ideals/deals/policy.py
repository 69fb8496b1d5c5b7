"""Who stands where in a deal, what each of them sees, and what they may do. Pure questions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ideals.deals.errors import NotYoursToDo
from ideals.deals.states import Side
from ideals.kernel.actor import Actor, Role


class Standing(StrEnum):
    """What somebody is in a deal; of several, the first here."""

    EMPLOYEE = "employee"
    EMPLOYER = "employer"
    """The employee's manager of today: who was it before is nobody here."""
    ADVISER = "adviser"
    """While invited."""
    HR = "hr"
    """With rights to deals."""
    APPROVER = "approver"
    """Who has, or had, to agree to it."""


class Part(StrEnum):
    """What there is to see of a deal, beside that there is one."""

    OFFERS = "offers"
    AGREED = "agreed"
    """Of the offers only those that both accepted."""
    MESSAGES = "messages"
    HISTORY = "history"
    ADVISERS = "advisers"
    REASON = "reason"
    """Why it was refused."""
    EVALUATIONS = "evaluations"
    """Blind to each other until both are there, whoever looks."""
    LETTER = "letter"


class Do(StrEnum):
    OFFER = "offer"
    ACCEPT = "accept"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    SAY = "say"
    DRAFT = "draft"
    """Of one's own, which nobody else sees."""
    INVITE = "invite"
    EVALUATE = "evaluate"
    """And name a breach, or answer one."""
    END = "end"
    """Ask that it ends, and answer that; HR ends it where a rule says so."""
    LOOK_AGAIN = "look_again"
    """Say what becomes of it after something happened in somebody's life at work."""
    JUDGE = "judge"
    """Say what a target came to, for its bonus."""


SEES: Mapping[Standing, frozenset[Part]] = {
    Standing.EMPLOYEE: frozenset(Part),
    Standing.EMPLOYER: frozenset(Part),
    Standing.ADVISER: frozenset(Part) - {Part.EVALUATIONS, Part.LETTER},
    # What the two say to each other on the way is theirs.
    Standing.HR: frozenset(Part) - {Part.MESSAGES},
    Standing.APPROVER: frozenset({Part.AGREED}),
}
MAY: Mapping[Standing, frozenset[Do]] = {
    Standing.EMPLOYEE: frozenset(Do) - {Do.JUDGE},
    Standing.EMPLOYER: frozenset(Do) - {Do.INVITE},
    # They write, and the employee decides.
    Standing.ADVISER: frozenset({Do.OFFER, Do.SAY, Do.DRAFT}),
    Standing.HR: frozenset({Do.END}),
    Standing.APPROVER: frozenset(),
}


def sees(standing: Standing, part: Part) -> bool:
    return part in SEES[standing]


def may(standing: Standing, act: Do) -> bool:
    return act in MAY[standing]


def check_may(standing: Standing, act: Do) -> Side:
    """For which side this act is. Raises `NotYoursToDo`."""
    if not may(standing, act):
        raise NotYoursToDo(act)
    return Side.EMPLOYER if standing is Standing.EMPLOYER else Side.EMPLOYEE


def keeps_deals(actor: Actor) -> bool:
    """HR's right to deals: the register, clauses, templates, proposing for others."""
    return actor.has(Role.HR_DEALS)
