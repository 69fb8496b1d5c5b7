"""The life of a deal, and the closed lists of words about it."""

from __future__ import annotations

from enum import StrEnum

from ideals.deals.errors import MoveNotAllowed


class DealState(StrEnum):
    NEGOTIATING = "negotiating"
    AGREED = "agreed"
    """Both sides accepted the same offer: it waits for who else must agree, and for its first
    day."""
    IN_FORCE = "in_force"
    ENDED = "ended"
    """Somebody ended it, a rule did, or its last day has passed."""
    LAPSED = "lapsed"
    """Nobody went on with it in time."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OVER = (DealState.ENDED, DealState.LAPSED, DealState.REFUSED, DealState.WITHDRAWN)


class Act(StrEnum):
    """Everything that can happen to a deal.

    Of a deal in force, acts of negotiating are about the renewal on the table; the deal goes on.
    """

    OFFER = "offer"
    ACCEPT = "accept"
    """One side accepts the last offer."""
    AGREE = "agree"
    """Now both have accepted the same offer."""
    APPROVE = "approve"
    """Whoever else must agree does."""
    DISAPPROVE = "disapprove"
    """Somebody else who must agree does not: back to the table."""
    REFUSE = "refuse"
    """One side does not want to go on."""
    WITHDRAW = "withdraw"
    """Who asked no longer asks."""
    START = "start"
    """Its first day has come."""
    START_BY_LAW = "start_by_law"
    """The employer, or who else had to agree, was silent past the day of the Flexible Working
    Act."""
    RENEW = "renew"
    """The renewal that was agreed takes over."""
    END = "end"
    LAPSE = "lapse"
    """Its time is over, and nobody went on with it."""


MOVES = {
    (DealState.NEGOTIATING, Act.OFFER): DealState.NEGOTIATING,
    (DealState.NEGOTIATING, Act.ACCEPT): DealState.NEGOTIATING,
    (DealState.NEGOTIATING, Act.AGREE): DealState.AGREED,
    (DealState.NEGOTIATING, Act.REFUSE): DealState.REFUSED,
    (DealState.NEGOTIATING, Act.WITHDRAW): DealState.WITHDRAWN,
    (DealState.NEGOTIATING, Act.START_BY_LAW): DealState.IN_FORCE,
    (DealState.NEGOTIATING, Act.LAPSE): DealState.LAPSED,
    (DealState.AGREED, Act.APPROVE): DealState.AGREED,
    (DealState.AGREED, Act.DISAPPROVE): DealState.NEGOTIATING,
    (DealState.AGREED, Act.WITHDRAW): DealState.WITHDRAWN,
    (DealState.AGREED, Act.START): DealState.IN_FORCE,
    (DealState.AGREED, Act.START_BY_LAW): DealState.IN_FORCE,
    (DealState.AGREED, Act.END): DealState.ENDED,
    (DealState.AGREED, Act.LAPSE): DealState.LAPSED,
    (DealState.IN_FORCE, Act.OFFER): DealState.IN_FORCE,
    (DealState.IN_FORCE, Act.ACCEPT): DealState.IN_FORCE,
    (DealState.IN_FORCE, Act.AGREE): DealState.IN_FORCE,
    (DealState.IN_FORCE, Act.APPROVE): DealState.IN_FORCE,
    (DealState.IN_FORCE, Act.DISAPPROVE): DealState.IN_FORCE,
    (DealState.IN_FORCE, Act.REFUSE): DealState.IN_FORCE,
    (DealState.IN_FORCE, Act.WITHDRAW): DealState.IN_FORCE,
    (DealState.IN_FORCE, Act.RENEW): DealState.IN_FORCE,
    (DealState.IN_FORCE, Act.END): DealState.ENDED,
    (DealState.IN_FORCE, Act.LAPSE): DealState.LAPSED,
}


def after(state: DealState, act: Act) -> DealState:
    """Raises `MoveNotAllowed`."""
    try:
        return MOVES[state, act]
    except KeyError:
        raise MoveNotAllowed(state=state, act=act) from None


class Side(StrEnum):
    """Who is bound. The manager speaks for the employer."""

    EMPLOYEE = "employee"
    EMPLOYER = "employer"

    @property
    def other(self) -> Side:
        return Side.EMPLOYER if self is Side.EMPLOYEE else Side.EMPLOYEE


class Visibility(StrEnum):
    PARTIES = "parties"
    TEAM_ANONYMISED = "team_anonymised"
    """The team knows that there is one, and what it holds, but not whose."""
    EVERYONE = "everyone"


class Started(StrEnum):
    """Who began it; before hiring HR writes down what was promised."""

    BY_EMPLOYEE = "by_employee"
    BY_MANAGER = "by_manager"
    BY_HR = "by_hr"
    BEFORE_HIRING = "before_hiring"


class TermKind(StrEnum):
    DEVELOPMENT = "development"
    TASKS = "tasks"
    HOURS = "hours"
    """How many a week, by contract."""
    PATTERN = "pattern"
    """On which days how long."""
    PLACE = "place"
    LEAVE = "leave"
    """Sabbatical or unpaid."""
    BONUS = "bonus"
    MONEY = "money"
    OTHER = "other"
