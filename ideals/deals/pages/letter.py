"""The letter of what both sides accepted, or the law put in force: in both languages, on paper,
the same bytes again.

Needs an app (`app.app_context()`), for words; a request it needs not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer
from sqlalchemy.orm import Session

from ideals.deals.commands.letters import KeepLetter, keep_letter
from ideals.deals.pages.terms import OfferSaid, TermSaid, said_offer
from ideals.deals.pages.words import gettext
from ideals.deals.queries.letters import Agreed, LetterFacts, kept_languages, letter_facts
from ideals.deals.queries.persons import Person
from ideals.kernel.actor import Actor
from ideals.web import formats
from ideals.web.language import LANGUAGES, speaking
from ideals.web.paper import lacks, pairs, pdf, text

SHORT = 300
"""Characters that stand beside their label; what is longer stands below it."""


def write_letters(
    session: Session, deal_id: UUID, offer: int, *, actor: Actor, now: datetime
) -> None:
    """Those that are not there yet. Twice is once."""
    missing = sorted(LANGUAGES.keys() - kept_languages(session, deal_id, offer))
    facts = letter_facts(session, deal_id, offer) if missing else None
    for language in missing:
        assert facts is not None  # noqa: S101  something is missing
        cmd = KeepLetter(deal_id, offer, language, letter_of(facts, language))
        keep_letter(session, cmd, actor=actor, now=now)


def letter_of(facts: LetterFacts, language: str) -> bytes:
    with speaking(language):
        values = {"number": facts.number, "offer": facts.offer}
        title = gettext("Deal %(number)s: %(subject)s", number=facts.number, subject=facts.subject)
        return pdf(
            list(_story(facts, title)),
            title=title,
            head=gettext("Deal %(number)s · offer %(offer)s", **values),
            foot=_foot(facts),
        )


def _foot(facts: LetterFacts) -> str:
    moment = formats.at(facts.how.at)
    if isinstance(facts.how, Agreed):
        return gettext("Agreed on %(moment)s", moment=moment)
    return gettext("In force by law since %(moment)s", moment=moment)


def _story(facts: LetterFacts, title: str) -> Iterator[Flowable]:
    said = said_offer(facts.text)
    yield text(title, "title")
    yield text(_between(facts), "lead")
    by_law = gettext("What holds by law")
    yield text(gettext("What is agreed") if isinstance(facts.how, Agreed) else by_law, "head")
    for term in said.terms:
        yield from _term(term)
    yield text(gettext("What each side gets"), "head")
    yield from _lines(_gets(said))
    yield text(gettext("How it holds"), "head")
    yield from _lines(said.lines)
    yield Spacer(1, 2 * mm)
    yield text(_holds(facts))
    yield KeepTogether([*_came(facts), *_known_by(facts, said)])


def _between(facts: LetterFacts) -> str:
    employee = _named(_employee(facts))
    if isinstance(facts.how, Agreed):
        return gettext(
            "Between %(employee)s as employee, and %(manager)s for the employer.",
            employee=employee,
            manager=_named(facts.how.employer.by),
        )
    return gettext("Between %(employee)s as employee, and the employer.", employee=employee)


def _employee(facts: LetterFacts) -> Person:
    return facts.how.employee.by if isinstance(facts.how, Agreed) else facts.how.employee


def _named(who: Person) -> str:
    if not who.number:
        return who.name
    number = gettext("number %(number)s", number=who.number)
    return f"{who.name} ({number})"


def _term(term: TermSaid) -> Iterator[Flowable]:
    yield Spacer(1, 3 * mm)
    kind = term.kind.capitalize()
    if kind != term.head:
        yield text(kind, "over")
    yield text(term.head, "name")
    lines = (line for line in term.lines if line[1] != term.head)
    note = [(gettext("Note"), term.note)] if term.note else []
    yield from _lines((*term.week, *lines, *note))


def _gets(said: OfferSaid) -> tuple[tuple[str, str], ...]:
    return (
        (gettext("The employee"), said.employee_gets),
        (gettext("The employer"), said.employer_gets),
    )


def _lines(lines: tuple[tuple[str, str], ...]) -> Iterator[Flowable]:
    """Labels with what is said beside them; a page breaks inside what is long."""
    short: list[tuple[str, str]] = []
    for label, said in lines:
        if len(said) <= SHORT and said.count("\n") < 8:
            short.append((label, said))
            continue
        if short:
            yield pairs(short)
        short = []
        yield Spacer(1, 2 * mm)
        yield text(label, "over")
        yield text(said)
    if short:
        yield pairs(short)


def _holds(facts: LetterFacts) -> str:
    day = formats.day(facts.text.starts_on)
    if not isinstance(facts.how, Agreed):
        return gettext(
            "It was asked for under the Flexible Working Act. Nobody had answered it for the "
            "employer on its last day, so exactly this holds by law. Its terms count from "
            "%(day)s.",
            day=day,
        )
    if facts.answer_by is not None:
        return gettext(
            "It was asked for under the Flexible Working Act. It is in force from %(day)s once "
            "everybody else who has to agree has agreed; where they have not decided by "
            "%(answer)s, it is in force by law.",
            day=day,
            answer=formats.day(facts.answer_by),
        )
    if facts.renews is not None:
        return gettext(
            "It takes the place of offer %(before)s on %(day)s, provided that everybody else who "
            "has to agree has agreed by then.",
            before=facts.renews,
            day=day,
        )
    return gettext(
        "It is in force from %(day)s, provided that everybody else who has to agree has agreed by "
        "then.",
        day=day,
    )


def _came(facts: LetterFacts) -> Iterator[Flowable]:
    """Who said yes, or who asked and was not answered; the last line leads to the fingerprint."""
    values = {"offer": facts.offer, "number": facts.number}
    if isinstance(facts.how, Agreed):
        sides = (
            (facts.how.employee, gettext("The employee")),
            (facts.how.employer, gettext("The employer")),
        )
        yield text(gettext("Accepted"), "head")
        yield pairs([(side, f"{_named(yes.by)}, {formats.at(yes.at)}") for yes, side in sides])
        lead = gettext(
            "Both accepted offer %(offer)s of deal %(number)s, signed in and having said again who "
            "they are. Its fingerprint (SHA-256), by which it can be known:",
            **values,
        )
    else:
        yield text(gettext("By law"), "head")
        lines = [
            (
                gettext("Asked for"),
                f"{_named(facts.how.employee)}, {formats.at(facts.how.asked_at)}",
            ),
            (gettext("In force by law since"), formats.at(facts.how.at)),
        ]
        if facts.answer_by is not None:
            lines.insert(1, (gettext("Last day for an answer"), formats.day(facts.answer_by)))
        yield pairs(lines)
        lead = gettext(
            "What holds is offer %(offer)s of deal %(number)s. Its fingerprint (SHA-256), by which "
            "it can be known:",
            **values,
        )
    yield Spacer(1, 4 * mm)
    yield text(lead, "quiet")


def _known_by(facts: LetterFacts, said: OfferSaid) -> Iterator[Flowable]:
    yield text(facts.digest, "quiet")
    yield Spacer(1, 2 * mm)
    if any(map(lacks, _written(facts, said))):
        yield text(
            gettext(
                "This paper cannot show every letter that was written: where one is missing stands "
                "a question mark, or the letter without its accent. The deal itself shows them all."
            ),
            "quiet",
        )


def _written(facts: LetterFacts, said: OfferSaid) -> Iterator[str]:
    """Everything that people wrote."""
    yield from (facts.subject, _employee(facts).name)
    if isinstance(facts.how, Agreed):
        yield facts.how.employer.by.name
    yield from (said.employee_gets, said.employer_gets, *(line for _, line in said.lines))
    for term in said.terms:
        yield from (term.head, term.note, *(line for _, line in term.lines))
