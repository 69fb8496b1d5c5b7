"""How deals are said: to whoever must agree, in messages, and what policies may read of them.

Messages hold neither terms nor amounts nor what is written in a deal: those stay in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as translated
from flask_babel import ngettext as translated_plural
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.queries import Fact, FactSaid, Told
from ideals.deals import queries
from ideals.deals.commands import (
    acting,
    bonuses,
    breaches,
    closing,
    evaluating,
    going,
    life,
    talking,
)
from ideals.deals.models import Breach, Deal
from ideals.deals.queries import acting as acting_queries
from ideals.deals.queries import living
from ideals.deals.rules.reminders import Reminder
from ideals.deals.states import Act, TermKind
from ideals.kernel.formula import Kind as FactKind
from ideals.kernel.money import Money
from ideals.ledger.queries import SourceTold
from ideals.notices.queries import Words
from ideals.web import formats

KINDS: Mapping[TermKind, LazyString] = {
    TermKind.DEVELOPMENT: lazy_gettext("development"),
    TermKind.TASKS: lazy_gettext("tasks"),
    TermKind.HOURS: lazy_gettext("contract hours"),
    TermKind.PATTERN: lazy_gettext("working pattern"),
    TermKind.PLACE: lazy_gettext("place of work"),
    TermKind.LEAVE: lazy_gettext("sabbatical or unpaid leave"),
    TermKind.BONUS: lazy_gettext("target and bonus"),
    TermKind.MONEY: lazy_gettext("money"),
    TermKind.OTHER: lazy_gettext("something else"),
}


def gettext(text: str, **values: object) -> str:
    """Flask-Babel's, with a type."""
    return str(translated(text, **values))


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Flask-Babel's, with a type; `num` in the text is the count."""
    return str(translated_plural(one, many, count, **values))


# To whoever must agree ------------------------------------------------------------------------


def describe_subjects(session: Session, subjects: Collection[str]) -> Mapping[str, Told]:
    """A deal as whoever has to agree sees it. Registered with the approvals."""
    deals = queries.deals_by_source(session, subjects)
    names = queries.names_of(session, deals.values())
    offers = queries.asked_about(session, deals.values())
    told = {}
    for subject, deal in deals.items():
        offer = offers.get(deal.id)
        lines = [
            Fact(gettext("Employee"), names.get(deal.employee_id, "")),
            Fact(gettext("Manager"), names.get(deal.manager_id, "")),
        ]
        if offer is not None:
            about = ", ".join(str(KINDS[TermKind(kind)]) for kind in offer.kinds)
            lines.append(Fact(gettext("About"), about))
            lines.append(Fact(gettext("From"), formats.day(offer.starts_on)))
        cost = Money(offer.cost_minor) if offer and offer.cost_minor else None
        told[subject] = Told(title(deal), tuple(lines), cost=cost, href=page_of(deal))
    return told


def describe_breaches(session: Session, subjects: Collection[str]) -> Mapping[str, Told]:
    """A breach as HR has it: what was said stays in the deal. Registered with the approvals."""
    ids = [queries.id_of(subject) for subject in subjects]
    rows = session.execute(
        select(Breach, Deal).join(Deal, Deal.id == Breach.deal_id).where(Breach.id.in_(ids))
    ).all()
    names = queries.names_of(session, [row[1] for row in rows])
    told = {}
    for breach, deal in rows:
        lines = (
            Fact(gettext("Employee"), names.get(deal.employee_id, "")),
            Fact(gettext("Manager"), names.get(deal.manager_id, "")),
            Fact(gettext("Named on"), formats.day(going.day_of(breach.at))),
        )
        told[breach.source] = Told(title(deal), lines, href=page_of(deal))
    return told


def describe_sources(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Money of deals on statements: the number alone, for whoever reads them. Registered with the
    ledger."""
    of = {source: ":".join(source.split(":")[:2]) for source in sources}
    deals = queries.deals_by_source(session, set(of.values()))
    return {
        source: SourceTold(
            gettext(
                "Deal %(number)s, in which you and your manager agreed on it.", number=deal.number
            ),
            href=page_of(deal),
            title=gettext("For deal %(number)s", number=deal.number)
            if acting_queries.is_cost(source)
            else gettext("From deal %(number)s", number=deal.number),
        )
        for source in sources
        if (deal := deals.get(of[source])) is not None
    }


def describe_bonuses(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Bonuses of targets, on statements and lines of payroll. Registered for `deal_bonus:ID`."""
    return {
        source: SourceTold(
            gettext(
                "The bonus of a target in deal %(number)s, stated by %(who)s on %(day)s.",
                number=deal.number,
                who=bonus.stated_by,
                day=formats.day(bonus.stated_at),
            ),
            href=page_of(deal),
            title=gettext("Bonus of deal %(number)s", number=deal.number),
        )
        for source, (bonus, deal) in living.bonuses_by_source(session, sources).items()
    }


def describe_bonus_subjects(session: Session, subjects: Collection[str]) -> Mapping[str, Told]:
    """A statement as whoever has to agree sees it. Registered with the approvals."""
    found = living.bonuses_by_source(session, subjects)
    names = queries.names_of(session, [deal for _bonus, deal in found.values()])
    return {
        subject: Told(
            gettext(
                "Bonus of deal %(number)s: %(subject)s", number=deal.number, subject=deal.subject
            ),
            (
                Fact(gettext("Employee"), names.get(deal.employee_id, "")),
                Fact(gettext("Stated by"), bonus.stated_by),
                Fact(gettext("Evidence"), bonus.evidence),
            ),
            cost=Money(bonus.amount_minor),
            href=page_of(deal),
        )
        for subject, (bonus, deal) in found.items()
    }


def title(deal: Deal) -> str:
    return gettext("Deal %(number)s: %(subject)s", number=deal.number, subject=deal.subject)


def page_of(deal: Deal) -> str:
    return f"/deals/{deal.id}"


DEAL_FACTS: Mapping[str, FactSaid] = {
    "kinds": FactSaid(FactKind.TEXT, lazy_gettext("the kinds of terms, in the order of letters")),
    "cost": FactSaid(FactKind.NUMBER, lazy_gettext("what it costs the employer in a year")),
    "pay": FactSaid(FactKind.YES_NO, lazy_gettext("whether it holds money or a bonus")),
    "time": FactSaid(FactKind.YES_NO, lazy_gettext("whether it changes contract hours or leave")),
    "before_hiring": FactSaid(FactKind.YES_NO, lazy_gettext("whether it was made before hiring")),
    "renewal": FactSaid(FactKind.YES_NO, lazy_gettext("whether it renews a deal in force")),
}
"""What a policy of deals may decide by."""


# Messages -------------------------------------------------------------------------------------

NOTICES: Mapping[str, tuple[LazyString, LazyString]] = {
    Act.OFFER: (
        lazy_gettext("Deal %(number)s: an offer for you"),
        lazy_gettext("Offer %(offer)s is on the table. Look at it, accept it, or make another."),
    ),
    Act.ACCEPT: (
        lazy_gettext("Deal %(number)s: the other side accepted"),
        lazy_gettext("Offer %(offer)s is agreed when you accept it too."),
    ),
    Act.AGREE: (
        lazy_gettext("Deal %(number)s: both sides accepted"),
        lazy_gettext("Offer %(offer)s now waits for who else must agree."),
    ),
    Act.APPROVE: (
        lazy_gettext("Deal %(number)s is agreed"),
        lazy_gettext("Offer %(offer)s comes into force on its first day."),
    ),
    Act.DISAPPROVE: (
        lazy_gettext("Deal %(number)s: somebody else did not agree"),
        lazy_gettext("Offer %(offer)s does not come. Another one can be made."),
    ),
    Act.REFUSE: (
        lazy_gettext("Deal %(number)s was refused"),
        lazy_gettext("The reason stands with the deal."),
    ),
    Act.WITHDRAW: (
        lazy_gettext("Deal %(number)s was taken back"),
        lazy_gettext("Whoever asked for it no longer does."),
    ),
    Act.START: (
        lazy_gettext("Deal %(number)s is in force"),
        lazy_gettext("What was agreed holds from today."),
    ),
    Act.START_BY_LAW: (
        lazy_gettext("Deal %(number)s is in force by law"),
        lazy_gettext(
            "The last day for an answer under the Flexible Working Act has passed. What was asked "
            "for comes as it was asked, from its first day."
        ),
    ),
    Act.RENEW: (
        lazy_gettext("Deal %(number)s was renewed"),
        lazy_gettext("Offer %(offer)s holds from today."),
    ),
    Act.END: (
        lazy_gettext("Deal %(number)s has ended"),
        lazy_gettext("What it held does not hold any more."),
    ),
    Act.LAPSE: (
        lazy_gettext("Deal %(number)s has lapsed"),
        lazy_gettext("Nobody went on with it in time. A new one can be proposed."),
    ),
    going.MANAGER_CHANGED: (
        lazy_gettext("Deal %(number)s: another manager speaks for the employer"),
        lazy_gettext("What was said and agreed so far stays as it is, for both to read."),
    ),
    going.INVITED: (
        lazy_gettext("Deal %(number)s: you are asked to advise"),
        lazy_gettext("You see this deal, can write messages, and make offers for the employee."),
    ),
    going.REMOVED: (
        lazy_gettext("Deal %(number)s: you no longer advise"),
        lazy_gettext("Thank you. You do not see the deal any more."),
    ),
    Reminder.EVALUATION_SOON: (
        lazy_gettext("Deal %(number)s: you look back at it soon"),
        lazy_gettext(
            "From today you can say what was kept and whether it is worth it; the other side "
            "does too."
        ),
    ),
    Reminder.EVALUATION_DUE: (
        lazy_gettext("Deal %(number)s: time to look back"),
        lazy_gettext("Say what was kept and whether it is worth it; the other side does too."),
    ),
    Reminder.EVALUATION_MISSING: (
        lazy_gettext("Deal %(number)s: your evaluation is missing"),
        lazy_gettext(
            "It takes a few minutes. Neither side sees what the other says before both have "
            "answered."
        ),
    ),
    Reminder.EVALUATION_OVERDUE: (
        lazy_gettext("Deal %(number)s: your evaluation is overdue"),
        lazy_gettext(
            "HR can see that it is missing. A deal without a last day that neither side looks "
            "back at lapses."
        ),
    ),
    Reminder.ENDS_SOON: (
        lazy_gettext("Deal %(number)s: it ends in two months"),
        lazy_gettext("To go on, make the next offer: it renews the deal when both accept it."),
    ),
    Reminder.ENDS_VERY_SOON: (
        lazy_gettext("Deal %(number)s: it ends in two weeks"),
        lazy_gettext("To go on, make the next offer: it renews the deal when both accept it."),
    ),
    evaluating.LOOKED_BACK: (
        lazy_gettext("Deal %(number)s: the other side looked back"),
        lazy_gettext("You see what they say when you have answered too."),
    ),
    evaluating.EVALUATED: (
        lazy_gettext("Deal %(number)s: both sides have looked back"),
        lazy_gettext(
            "Each now sees what the other says. What you agree on from here is the next offer."
        ),
    ),
    breaches.NAMED: (
        lazy_gettext("Deal %(number)s: the other side says that something was not kept"),
        lazy_gettext("Read it and answer. What the two of you do not settle goes to HR."),
    ),
    breaches.ANSWERED: (
        lazy_gettext("Deal %(number)s: an answer about what was not kept"),
        lazy_gettext("If that settles it, say so; if not, HR can be asked to look."),
    ),
    breaches.SETTLED: (
        lazy_gettext("Deal %(number)s: what was not kept is settled"),
        lazy_gettext("The two of you are done with it."),
    ),
    breaches.WITH_HR: (
        lazy_gettext("Deal %(number)s: HR looks at what was not kept"),
        lazy_gettext("HR reads what both sides said, and speaks with you."),
    ),
    breaches.CLOSED: (
        lazy_gettext("Deal %(number)s: HR has looked at what was not kept"),
        lazy_gettext("What HR said about it stands below."),
    ),
    closing.ENDING_ASKED: (
        lazy_gettext("Deal %(number)s: the other side wants to end it"),
        lazy_gettext(
            "Agree, or say why not. Where the deal says how it ends early, two weeks of "
            "silence are a yes."
        ),
    ),
    closing.ENDING_AGREED: (
        lazy_gettext("Deal %(number)s: it ends early"),
        lazy_gettext("It holds through its new last day."),
    ),
    closing.ENDING_OBJECTED: (
        lazy_gettext("Deal %(number)s: the other side wants it to go on"),
        lazy_gettext("What they say stands with the deal. It goes on as agreed."),
    ),
    closing.ENDING_TAKEN_BACK: (
        lazy_gettext("Deal %(number)s: nobody wants to end it any more"),
        lazy_gettext("It goes on as agreed."),
    ),
    closing.ENDING_UNANSWERED: (
        lazy_gettext("Deal %(number)s: no answer about ending it"),
        lazy_gettext("It goes on as agreed. Talk about it, or ask again."),
    ),
    closing.ENDS_BY_RULE: (
        lazy_gettext("Deal %(number)s: it ends by a rule"),
        lazy_gettext("HR has set its last day, with a reason that stands with the deal."),
    ),
    going.LIFE_EVENT: (
        lazy_gettext("Deal %(number)s: something has changed"),
        lazy_gettext("Look at it together: does it go on, does it change, or does it end?"),
    ),
    acting.COST_SHORT: (
        lazy_gettext("Deal %(number)s: there is too little for the course"),
        lazy_gettext(
            "The account that pays for it does not hold its cost yet. Nothing was taken; on the "
            "first of each month it is looked at again."
        ),
    ),
    acting.LEAVE_SHORT: (
        lazy_gettext("Deal %(number)s: the account does not reach to the end of the leave"),
        lazy_gettext(
            "Its days are paid from the first on, as far as the account goes. The last are unpaid."
        ),
    ),
    life.SAID: (
        lazy_gettext("Deal %(number)s: the other side says what becomes of it"),
        lazy_gettext("Say what you think: it goes on, it changes, or it ends."),
    ),
    life.SETTLED: (
        lazy_gettext("Deal %(number)s: both have said what becomes of it"),
        lazy_gettext(
            "It goes on as agreed, unless both want it to end. To change it, make the next offer."
        ),
    ),
    bonuses.STATED: (
        lazy_gettext("Deal %(number)s: your manager said what the target came to"),
        lazy_gettext("Its bonus now waits for who else must agree."),
    ),
    bonuses.APPROVED: (
        lazy_gettext("Deal %(number)s: what the target came to is decided"),
        lazy_gettext("The bonus comes as the deal says."),
    ),
    bonuses.REFUSED: (
        lazy_gettext("Deal %(number)s: the bonus was not agreed to"),
        lazy_gettext("The manager can say again what the target came to."),
    ),
    talking.MESSAGE: (
        lazy_gettext("Deal %(number)s: a message for you"),
        lazy_gettext("It stands beside offer %(offer)s."),
    ),
}
"""Title and text by what happened; the kind of notice is `deal.` and this."""


def notice_words(what: str, data: Mapping[str, Any], in_language: str) -> Words:
    del in_language  # what is said comes out in it
    head, text = NOTICES[what]
    values = {"number": data["number"], "offer": data["offer"]}
    said = str(text) % values
    if data.get("reason"):
        said = f"{said}\n\n{data['reason']}"
    return Words(str(head) % values, said, f"/deals/{data['deal']}", gettext("Look at the deal"))
