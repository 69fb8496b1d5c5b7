"""How a person wants mail, and what becomes of one."""

from __future__ import annotations

from enum import StrEnum


class Channel(StrEnum):
    """What a person gets by mail; on the pages there is everything in any case."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    """One mail a day with what was not read by then."""
    NEVER = "never"


class MailState(StrEnum):
    WAITING = "waiting"
    """To be sent, now or after a pause."""
    SENT = "sent"
    """The server took it."""
    REFUSED = "refused"
    """The server said that it never will."""
    GIVEN_UP = "given_up"
    """It was tried for as long as mails are tried."""
    DROPPED = "dropped"
    """Not to be sent any more: no address, or mail was turned off meanwhile."""


NOT_DELIVERED = (MailState.REFUSED, MailState.GIVEN_UP)


class Sending(StrEnum):
    """How one attempt ended."""

    TAKEN = "taken"
    REFUSED = "refused"
    """For good, and because of this mail or its address."""
    LATER = "later"
    """The server asks for patience, or refuses us rather than the mail."""
    AWAY = "away"
    """No server answered."""
