"""What happened to a deal, as steps of its timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ideals.deals.commands import acting, bonuses, breaches, closing, evaluating, going, life
from ideals.deals.models import DealEvent, Offer
from ideals.deals.pages.stands import Names
from ideals.deals.pages.words import gettext
from ideals.deals.rules.reminders import Reminder
from ideals.deals.states import Act, Side
from ideals.web import formats

TONES = {
    Act.OFFER: "wait",
    Act.ACCEPT: "good",
    Act.AGREE: "good",
    Act.APPROVE: "good",
    Act.START: "good",
    Act.START_BY_LAW: "good",
    Act.RENEW: "good",
    Act.REFUSE: "bad",
    Act.DISAPPROVE: "bad",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """`offer`: its number, when it was made in this step. `first`: nothing came before it."""

    at: str
    title: str
    note: str
    tone: str
    offer: int | None
    first: bool
    changed: tuple[tuple[str, str | None, str | None], ...]


def happened(
    event: DealEvent,
    offers: Mapping[int, Offer],
    names: Names,
    people: Mapping[int, str],
    changed: tuple[tuple[str, str | None, str | None], ...],
) -> Happening:
    made = event.offer if event.act == Act.OFFER else None
    offer = offers.get(made) if made is not None else None
    return Happening(
        at=formats.at(event.at),
        title=_title(event, names, people),
        note=_note(event, offer),
        tone=TONES.get(Act(event.act), "") if event.act in set(Act) else "",
        offer=made,
        first=made == 1,
        changed=changed,
    )


def _note(event: DealEvent, offer: Offer | None) -> str:
    if offer is not None and offer.by_adviser:
        return gettext("As the employee's adviser")
    if event.act == Act.START_BY_LAW:
        return gettext("Nobody answered before the last day of the Flexible Working Act.")
    if event.act in (Act.REFUSE, Act.WITHDRAW):
        return gettext("About offer %(number)s", number=str(event.offer))
    return ""


def _title(event: DealEvent, names: Names, people: Mapping[int, str]) -> str:
    who = people.get(event.by_employee_id or 0) or _by(event, names)
    to = people.get(event.to_id or 0, "")
    number = str(event.offer)
    said = {
        Act.OFFER: gettext("Offer %(number)s by %(who)s", number=number, who=who),
        Act.ACCEPT: gettext("%(who)s accepted offer %(number)s", number=number, who=who),
        Act.AGREE: gettext("Both sides agreed to offer %(number)s", number=number),
        Act.APPROVE: gettext("Nobody else has to agree any more"),
        Act.DISAPPROVE: gettext("Somebody else did not agree to offer %(number)s", number=number),
        Act.REFUSE: gettext("%(who)s refused", who=who),
        Act.WITHDRAW: gettext("%(who)s took it back", who=who),
        Act.START: gettext("It came into force"),
        Act.START_BY_LAW: gettext("It came into force by law"),
        Act.RENEW: gettext("Offer %(number)s took over", number=number),
        Act.END: gettext("It ended"),
        Act.LAPSE: gettext("It lapsed: nobody went on in time"),
        going.MANAGER_CHANGED: gettext("%(to)s speaks for the employer from now on", to=to),
        going.INVITED: gettext("%(to)s was invited to advise", to=to),
        going.REMOVED: gettext("%(to)s no longer advises", to=to),
        Reminder.EVALUATION_DUE: gettext("Both were asked to look back"),
        acting.COST_SHORT: gettext(
            "The account had too little for the course: it is paid once there is enough"
        ),
        acting.LEAVE_SHORT: gettext(
            "The account does not reach to the end of the leave: its last days are unpaid"
        ),
        acting.WEEK_STAYS: gettext(
            "The days of the week were changed meanwhile: they stay as they are"
        ),
        going.FORGOTTEN: gettext("The text of the reason was erased, as it is after a while"),
    }
    return said.get(event.act) or _afterwards(event, who)


def _afterwards(event: DealEvent, who: str) -> str:
    """What comes after agreeing. Not which kind of life event: that somebody is ill is not told
    to everybody who sees the history."""
    said = {
        evaluating.LOOKED_BACK: gettext("%(who)s looked back on it", who=who),
        evaluating.EVALUATED: gettext("Both have looked back: each sees what the other said"),
        evaluating.NOT_EVALUATED: gettext("Time to look back is over, and not both have"),
        Reminder.EVALUATION_SOON: gettext("Both were told that they can look back soon"),
        Reminder.EVALUATION_MISSING: gettext("Who has not looked back was asked again"),
        Reminder.EVALUATION_OVERDUE: gettext("HR sees that nobody has looked back in time"),
        Reminder.ENDS_SOON: gettext("Both were told that it ends soon"),
        Reminder.ENDS_VERY_SOON: gettext("Both were told again that it ends soon"),
        breaches.NAMED: gettext("%(who)s said that something was not kept", who=who),
        breaches.ANSWERED: gettext("%(who)s answered what was not kept", who=who),
        breaches.SETTLED: gettext("What was not kept is made good"),
        breaches.WITH_HR: gettext("What was not kept went to HR"),
        breaches.CLOSED: gettext("HR has looked at what was not kept"),
        closing.ENDING_ASKED: gettext("%(who)s asked to end it early", who=who),
        closing.ENDING_AGREED: gettext("It ends early"),
        closing.ENDING_OBJECTED: gettext("%(who)s wants it to go on", who=who),
        closing.ENDING_TAKEN_BACK: gettext("%(who)s no longer asks to end it", who=who),
        closing.ENDING_UNANSWERED: gettext("Nobody answered about ending it: it goes on"),
        closing.ENDS_BY_RULE: gettext("HR set a last day, by a rule"),
        going.LIFE_EVENT: gettext("Something changed: both were asked what becomes of it"),
        life.SAID: gettext("%(who)s said what should become of it", who=who),
        life.SETTLED: gettext("Both said what should become of it"),
        bonuses.STATED: gettext("%(who)s said what a target came to", who=who),
        bonuses.APPROVED: gettext("What a target came to was agreed to"),
        bonuses.REFUSED: gettext("What a target came to was not agreed to"),
    }
    return said.get(event.act, event.act)


def _by(event: DealEvent, names: Names) -> str:
    if event.side in set(Side):
        return names.of(Side(event.side))
    return event.by
