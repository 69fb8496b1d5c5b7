"""The letter of what both accepted: made after the commit, once, kept, and read by who may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from flask import Flask
from reportlab.platypus import KeepTogether, Paragraph, Table
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals.deals import commands, queries
from ideals.deals.commands import KeepLetter
from ideals.deals.models import Deal, Letter, Offer
from ideals.deals.pages import letter as paper
from ideals.deals.pages.letter import letter_of, write_letters
from ideals.deals.queries.letters import letter_facts
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.outbox import Message
from ideals.web.language import speaking
from tests.deals.conftest import TERMS
from tests.deals.table import (
    DAY,
    NAMES,
    NOW,
    Cast,
    accept,
    at,
    both_accept,
    cast_of,
    change_of,
    counter,
    employee,
    in_force,
    look,
    propose,
)
from tests.desk import Desk, desk, make_app
from workers import deals as jobs

EVERY = tuple(each for kind, each in TERMS.items() if kind != "hours")


@pytest.fixture
def app() -> Flask:
    return make_app()


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def write(session: Session, app: Flask, deal: Deal, offer: int = 1) -> dict[str, Letter]:
    with app.app_context():
        write_letters(session, deal.id, offer, actor=SYSTEM, now=NOW)
    return kept(session, deal, offer)


def kept(session: Session, deal: Deal, offer: int = 1) -> dict[str, Letter]:
    query = select(Letter).where(Letter.deal_id == deal.id, Letter.offer == offer)
    return {row.language: row for row in session.scalars(query)}


def said(session: Session, app: Flask, deal: Deal, language: str = "en", offer: int = 1) -> str:
    """The words of a letter, in their order."""
    facts = letter_facts(session, deal.id, offer)
    with app.app_context(), speaking(language):
        return "\n".join(_words(paper._story(facts, "title")))


def _words(flowables: Iterable[Any]) -> Iterator[str]:
    for each in flowables:
        match each:
            case Paragraph():
                yield each.getPlainText()
            case Table():
                yield from (" ".join(_words(row)) for row in each._cellvalues)
            case KeepTogether():
                yield from _words(each._content)


def test_it_is_asked_for_when_both_have_accepted_and_not_before(
    session: Session, cast: Cast
) -> None:
    deal = propose(session, cast)
    asked = select(Message).where(Message.name == commands.WRITE_LETTERS)
    accept(session, deal, cast.boris)
    assert session.scalars(asked).all() == []
    accept(session, deal, cast.anna)
    [message] = session.scalars(asked)
    assert message.payload == {"deal": str(deal.id), "offer": 1}


def test_there_is_one_in_each_language_and_it_stays_as_it_was_made(
    session: Session, app: Flask, cast: Cast
) -> None:
    deal = both_accept(session, cast, propose(session, cast, *EVERY))
    first = write(session, app, deal)
    assert set(first) == {"nl", "en"}
    bytes_ = {language: row.content for language, row in first.items()}
    for language, row in first.items():
        assert row.content[:5] == b"%PDF-"
        assert row.digest == sha256(row.content).hexdigest()
        assert f"/Lang ({language})".encode() in row.content
    employee(session, "anna").name = "Anna Smit"
    session.flush()
    again = write(session, app, deal)
    assert {language: row.content for language, row in again.items()} == bytes_
    assert {row.id for row in again.values()} == {row.id for row in first.values()}


def test_the_same_facts_make_the_same_bytes(session: Session, app: Flask, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast, *EVERY))
    facts = letter_facts(session, deal.id, 1)
    with app.app_context():
        made = {letter_of(facts, language) for language in ("nl", "en", "nl", "en")}
    assert len(made) == 2


def test_of_two_who_write_it_the_first_counts(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast))
    for content in (b"%PDF-1", b"%PDF-2"):
        cmd = KeepLetter(deal.id, 1, "en", content)
        commands.keep_letter(session, cmd, actor=SYSTEM, now=NOW)
    assert kept(session, deal)["en"].content == b"%PDF-1"


def test_the_database_keeps_it_as_it_is(session: Session, app: Flask, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast))
    write(session, app, deal)
    for change in ("UPDATE deals_letter SET content = ''", "DELETE FROM deals_letter"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.connection().exec_driver_sql(change)


def test_it_says_who_agreed_to_what_with_number_and_digest(
    session: Session, app: Flask, cast: Cast
) -> None:
    deal = propose(session, cast, *EVERY)
    counter(session, deal, cast.boris, *EVERY, evaluate_on="2027-06-01")
    both_accept(session, cast, deal)
    words = said(session, app, deal, offer=2)
    digest = session.scalars(select(Offer.digest).where(Offer.deal_id == deal.id)).all()[1]
    for needed in (
        "Between Anna (number anna) as employee, and Boris (number boris) for the employer.",
        "Bachelor of Nursing, second year",
        "The branch in Zwolle",
        "1 June 2027",
        "€120.00",
        "Stands in for the head of the ward",
        "Fridays with the children",
        "Early and late shifts on four days",
        "The employee Anna (number anna), 2 November 2026 10:00",
        f"Both accepted offer 2 of deal {deal.number}",
        digest,
        "It is in force from 1 March 2027, provided that everybody else",
    ):
        assert needed in words, needed
    assert "cannot show every letter" not in words


def test_every_term_of_every_kind_is_in_it(session: Session, app: Flask, cast: Cast) -> None:
    hours = dict(TERMS["hours"], minutes=2160)
    deal = both_accept(session, cast, propose(session, cast, *EVERY, hours))
    words = said(session, app, deal)
    for each in (*EVERY, hours):
        texts = [each[key] for key in ("note", "target", "measure", "gives_up", "text", "course")
                 if key in each]  # fmt: skip
        assert all(text in words for text in texts), each


def test_whoever_accepted_for_the_employer_is_named_whoever_manages_now(
    session: Session, app: Flask, cast: Cast
) -> None:
    deal = both_accept(session, cast, propose(session, cast))
    deal.manager_id = cast.ids["clara"]
    session.flush()
    assert "Boris" in said(session, app, deal)
    assert "Clara" not in said(session, app, deal)


def test_of_a_renewal_it_says_what_it_replaces(session: Session, app: Flask, cast: Cast) -> None:
    deal = in_force(session, cast)
    now = at(deal.starts_on or NOW.date()) + 30 * DAY
    days = {"starts_on": "2027-08-01", "evaluate_on": "2027-12-01", "ends_on": None}
    counter(session, deal, cast.anna, now=now, **days)
    both_accept(session, cast, deal, now=now)
    assert "It takes the place of offer 1 on 1 August 2027" in said(session, app, deal, offer=2)
    assert "takes the place" not in said(session, app, deal, offer=1)


def test_letters_that_paper_cannot_show_are_owned_up_to(
    session: Session, app: Flask, cast: Cast
) -> None:
    deal = propose(session, cast, {"kind": "other", "text": "<b>שלום</b> & 100"})
    both_accept(session, cast, deal)
    words = said(session, app, deal)
    assert "<b>????</b> & 100" in words
    assert "cannot show every letter" in words


def test_an_offer_of_the_longest_texts_fits_on_paper(
    session: Session, app: Flask, cast: Cast
) -> None:
    long = "x" * 2500 + "\n" + "word " * 499 + "y"
    lines = "\n" * 1
    terms = [{"kind": "other", "text": long[:4990] + lines + str(n)} for n in range(5)]
    terms += [{"kind": "tasks", "gains": "a\n" * 2400 + "z", "gives_up": long[:5000]}]
    deal = propose(session, cast, *terms, reason=long, colleagues="c\n" * 2400)
    both_accept(session, cast, deal)
    assert set(write(session, app, deal)) == {"nl", "en"}


# By law ---------------------------------------------------------------------------------------

ASKED, ANSWER_BY = at(date(2026, 12, 1)), date(2027, 2, 1)


def by_law(session: Session, cast: Cast) -> Deal:
    deal = propose(session, cast, TERMS["place"], TERMS["pattern"], now=ASKED)
    look(session, at(ANSWER_BY + DAY))
    assert deal.by_law
    return deal


def test_of_what_comes_by_law_it_is_asked_for_then(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, TERMS["place"], now=ASKED)
    accept(session, deal, cast.anna, now=ASKED)
    asked = select(Message).where(Message.name == commands.WRITE_LETTERS)
    assert session.scalars(asked).all() == []
    look(session, at(ANSWER_BY + DAY))
    [message] = session.scalars(asked)
    assert message.payload == {"deal": str(deal.id), "offer": 1}


def test_it_says_that_it_holds_by_law_since_when_and_why(
    session: Session, app: Flask, cast: Cast
) -> None:
    deal = by_law(session, cast)
    words = said(session, app, deal)
    for part in (
        "Between Anna (number anna) as employee, and the employer.",
        "What holds by law",
        "Nobody had answered it for the employer on its last day, so exactly this holds by law.",
        "Its terms count from 1 March 2027.",
        "Asked for Anna (number anna), 1 December 2026",
        "Last day for an answer 1 February 2027",
        "In force by law since 2 February 2027",
        f"What holds is offer 1 of deal {deal.number}.",
        queries.offer_of(session, deal.id, 1).digest,
    ):
        assert part in words, part
    assert "accepted" not in words.lower()
    assert "Boris" not in words


def test_the_letter_of_the_law_is_the_same_whatever_changes_later(
    session: Session, app: Flask, cast: Cast
) -> None:
    deal = by_law(session, cast)
    facts = letter_facts(session, deal.id, 1)
    first = {language: row.digest for language, row in write(session, app, deal).items()}
    assert set(first) == {"nl", "en"}
    change_of(session, "anna", date(2027, 4, 1), manager_number="clara")
    now = at(date(2027, 4, 1))
    counter(session, deal, cast.clara, starts_on="2027-06-01", now=now)
    both = (cast.anna, cast.clara)
    for who in both:
        accept(session, deal, who, now=now)
    again = letter_facts(session, deal.id, 1)
    assert again == facts
    with app.app_context():
        made = {each: sha256(letter_of(again, each)).hexdigest() for each in ("en", "nl")}
    assert made == first


def test_agreed_and_waiting_for_others_it_names_the_day_of_the_law(
    session: Session, app: Flask, cast: Cast
) -> None:
    deal = propose(session, cast, TERMS["place"], now=ASKED)
    both_accept(session, cast, deal, now=ASKED)
    words = said(session, app, deal)
    assert "where they have not decided by 1 February 2027, it is in force by law." in words
    assert "Accepted" in words
    other = both_accept(session, cast, propose(session, cast, TERMS["place"], by_law=False))
    assert "by law" not in said(session, app, other)


# The job --------------------------------------------------------------------------------------


def test_the_job_makes_both_once_killed_or_sent_twice(
    session: Session, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "site", lambda: app)
    deal = both_accept(session, cast, propose(session, cast))
    session.commit()
    asked = select(Message).where(Message.name == commands.WRITE_LETTERS)
    message = session.scalars(asked).one()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(jobs.outbox, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            jobs.letters(message.id)
    assert kept(session, deal) == {}
    for _ in range(2):
        jobs.letters(message.id)
    session.expire_all()
    assert set(kept(session, deal)) == {"nl", "en"}
    assert session.scalars(asked).one().done_at is not None


# Reading it -----------------------------------------------------------------------------------


@pytest.fixture
def desks(
    session: Session, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Desk]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return {name: desk(session, app, cast[name], now=NOW) for name in NAMES}


def test_both_sides_and_hr_download_it(
    session: Session, app: Flask, cast: Cast, desks: dict[str, Desk]
) -> None:
    deal = both_accept(session, cast, propose(session, cast))
    letters = write(session, app, deal)
    session.commit()
    path = f"deals/{deal.id}/letters"
    assert desks["anna"].asks(path).json["items"] == [
        {
            "offer": 1,
            "language": language,
            "digest": letters[language].digest,
            "made_at": "2026-11-02T10:00:00+01:00",
            "href": f"/api/v1/{path}/1/{language}",
        }
        for language in ("en", "nl")
    ]
    for name in NAMES:
        answer = desks[name].asks(f"{path}/1/nl")
        if name in ("anna", "boris", "dina"):
            assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
            assert answer.data == letters["nl"].content
            assert answer.headers["Content-Disposition"] == (
                f"attachment; filename=deal-{deal.number}-offer-1-nl.pdf"
            )
        else:
            assert answer.status_code == 404
    for missing in ("1/fr", "2/nl", "1/NL", "1/n%00"):
        assert desks["anna"].asks(f"{path}/{missing}").status_code in (404, 422)
