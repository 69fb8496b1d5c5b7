"""The letter of what both sides accepted: in both languages, on paper, the same bytes again.

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
from ideals.deals.queries.letters import LetterFacts, Yes, kept_languages, letter_facts
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
            foot=gettext("Agreed on %(moment)s", moment=formats.at(facts.agreed_at)),
        )


def _story(facts: LetterFacts, title: str) -> Iterator[Flowable]:
    said = said_offer(facts.text)
    yield text(title, "title")
    yield text(
        gettext(
            "Between %(employee)s as employee, and %(manager)s for the employer.",
            employee=_named(facts.employee),
            manager=_named(facts.employer),
        ),
        "lead",
    )
    yield text(gettext("What is agreed"), "head")
    for term in said.terms:
        yield from _term(term)
    yield text(gettext("What each side gets"), "head")
    yield from _lines(_gets(said))
    yield text(gettext("How it holds"), "head")
    yield from _lines(said.lines)
    yield Spacer(1, 2 * mm)
    yield text(_holds(facts))
    yield KeepTogether(list(_signed(facts, said)))


def _named(yes: Yes) -> str:
    if not yes.by.number:
        return yes.by.name
    number = gettext("number %(number)s", number=yes.by.number)
    return f"{yes.by.name} ({number})"


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


def _signed(facts: LetterFacts, said: OfferSaid) -> Iterator[Flowable]:
    yield text(gettext("Accepted"), "head")
    sides = (
        (facts.employee, gettext("The employee")),
        (facts.employer, gettext("The employer")),
    )
    yield pairs([(side, f"{_named(yes)}, {formats.at(yes.at)}") for yes, side in sides])
    yield Spacer(1, 4 * mm)
    yield text(
        gettext(
            "Both accepted offer %(offer)s of deal %(number)s, signed in and having said again who "
            "they are. Its fingerprint (SHA-256), by which it can be known:",
            offer=facts.offer,
            number=facts.number,
        ),
        "quiet",
    )
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
    yield from (facts.subject, facts.employee.by.name, facts.employer.by.name)
    yield from (said.employee_gets, said.employer_gets, *(line for _, line in said.lines))
    for term in said.terms:
        yield from (term.head, term.note, *(line for _, line in term.lines))
