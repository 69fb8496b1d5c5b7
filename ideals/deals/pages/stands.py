"""Where a deal stands: what is on the table, whose turn it is, and what the reader can do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import LazyString, lazy_gettext

from ideals.deals import policy
from ideals.deals.models import Deal, Offer
from ideals.deals.pages.words import gettext
from ideals.deals.policy import Do, Standing
from ideals.deals.states import OVER, DealState, Side, Started
from ideals.web import formats

STATES: Mapping[DealState, tuple[str, LazyString]] = {
    DealState.NEGOTIATING: ("wait", lazy_gettext("being negotiated")),
    DealState.AGREED: ("wait", lazy_gettext("agreed")),
    DealState.IN_FORCE: ("good", lazy_gettext("in force")),
    DealState.ENDED: ("plain", lazy_gettext("ended")),
    DealState.LAPSED: ("plain", lazy_gettext("lapsed")),
    DealState.REFUSED: ("bad", lazy_gettext("refused")),
    DealState.WITHDRAWN: ("plain", lazy_gettext("taken back")),
}
"""Colour and word."""
STARTED: Mapping[Started, LazyString] = {
    Started.BY_EMPLOYEE: lazy_gettext("the employee"),
    Started.BY_MANAGER: lazy_gettext("the manager"),
    Started.BY_HR: lazy_gettext("HR"),
    Started.BEFORE_HIRING: lazy_gettext("before hiring"),
}


def on_table(deal: Deal) -> int | None:
    """The number of the offer that waits for a yes."""
    if deal.state in OVER or deal.agreed_number is not None:
        return None
    if deal.offer_number in (deal.in_force_number, deal.turned_down_number):
        return None
    return deal.offer_number


def shown_number(deal: Deal) -> int:
    """The offer that stands on top of the page."""
    return on_table(deal) or deal.agreed_number or deal.in_force_number or deal.offer_number


def turn_of(deal: Deal, last: Offer, accepted: Collection[Side]) -> Side | None:
    """Whose answer is missing; who made an offer need not be asked first."""
    if on_table(deal) is None:
        return None
    missing = [side for side in Side if side not in accepted]
    if len(missing) == 1:
        return missing[0]
    return Side(last.by_side).other


def side_of(standing: Standing) -> Side | None:
    """For whom the reader acts or writes."""
    match standing:
        case Standing.EMPLOYEE | Standing.ADVISER:
            return Side.EMPLOYEE
        case Standing.EMPLOYER:
            return Side.EMPLOYER
    return None


@dataclass(frozen=True, slots=True)
class Acts:
    """What the reader can do now. `late`: why the offer cannot be accepted though it is there."""

    accept: bool = False
    late: bool = False
    offer: bool = False
    refuse: bool = False
    withdraw: bool = False
    say: bool = False
    invite: bool = False


def acts_of(
    deal: Deal,
    shown: Offer,
    standing: Standing,
    accepted: Collection[Side],
    asked_by: Side,
    today: date,
) -> Acts:
    """`asked_by`: who began it, or the renewal that is on the table."""
    table, side = on_table(deal), side_of(standing)
    if side is None or deal.state in OVER:
        return Acts()

    def may(act: Do, when: bool) -> bool:
        return when and policy.may(standing, act)

    accept = may(Do.ACCEPT, table is not None and side not in accepted)
    late = shown.starts_on < today
    open_ = deal.agreed_number is None
    asked = side is asked_by
    live = table is not None or deal.state == DealState.NEGOTIATING
    return Acts(
        accept=accept and not late,
        late=accept and late,
        offer=may(Do.OFFER, open_ and deal.state != DealState.AGREED),
        refuse=may(Do.REFUSE, live and open_ and not asked),
        withdraw=may(Do.WITHDRAW, asked and deal.approved_at is None and (live or not open_)),
        say=policy.may(standing, Do.SAY),
        invite=policy.may(standing, Do.INVITE),
    )


# In one line ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Names:
    """Of both sides; `mine`: the side of the reader, whose name is not said to them."""

    employee: str
    manager: str
    mine: Side | None = None

    def of(self, side: Side) -> str:
        return self.employee if side is Side.EMPLOYEE else self.manager


def stands(
    deal: Deal, last: Offer, accepted: Collection[Side], names: Names, today: date
) -> tuple[str, str]:
    """(colour, sentence): whose turn it is, or what comes next."""
    turn = turn_of(deal, last, accepted)
    if turn is not None:
        return _turn(deal, last, turn, accepted, names)
    match DealState(deal.state):
        case DealState.NEGOTIATING:
            number = str(deal.turned_down_number)
            return "wait", gettext(
                "Somebody else did not agree to offer %(number)s. Either side can make another.",
                number=number,
            )
        case DealState.AGREED:
            return "wait", _agreed(deal, last)
        case DealState.IN_FORCE:
            return _in_force(deal, today)
    over = formats.day(deal.ended_at) if deal.ended_at else ""
    return "plain", gettext("It is over since %(day)s.", day=over)


def _turn(
    deal: Deal, last: Offer, turn: Side, accepted: Collection[Side], names: Names
) -> tuple[str, str]:
    number = str(last.number)
    other = names.of(turn.other)
    if turn is names.mine:
        if accepted:
            said = gettext(
                "Your turn: %(name)s accepted offer %(number)s. With your yes it is agreed.",
                name=other,
                number=number,
            )
        else:
            said = gettext(
                "Your turn: accept offer %(number)s, or make another.", number=number, name=other
            )
        return "wait", said
    said = gettext("%(name)s has offer %(number)s now.", name=names.of(turn), number=number)
    if deal.in_force_number is not None:
        said = f"{said} {gettext('Until it is agreed everything stays as it is.')}"
    return "plain", said


def _agreed(deal: Deal, last: Offer) -> str:
    day = formats.day(deal.starts_on or last.starts_on)
    if deal.approved_at is None:
        return gettext("Both accepted. Somebody else must agree before %(day)s.", day=day)
    return gettext("Everybody has agreed. It holds from %(day)s.", day=day)


def _in_force(deal: Deal, today: date) -> tuple[str, str]:
    if deal.evaluate_on is not None and deal.evaluate_on <= today:
        day = formats.day(deal.evaluate_on)
        return "wait", gettext("It holds. It was to be looked back on by %(day)s.", day=day)
    if deal.agreed_number is not None:
        return "good", gettext(
            "It holds. Offer %(number)s was agreed, and takes its place on its first day.",
            number=str(deal.agreed_number),
        )
    if deal.ends_on is not None:
        return "good", gettext("It holds until %(day)s.", day=formats.day(deal.ends_on))
    return "good", gettext("It holds until somebody ends it.")
