"""A request under the Flexible Working Act: its date, silence, and what stops it."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval, PolicyVersion
from ideals.approvals.queries.in_force import forget
from ideals.approvals.states import Decision
from ideals.deals import commands, queries
from ideals.deals.commands import Refuse, Say
from ideals.deals.errors import LawDoesNotApply
from ideals.deals.models import Deal
from ideals.seeds import factories
from tests.deals.table import (
    BONUS,
    DAY,
    NOW,
    PLACE,
    Cast,
    accept,
    acts,
    at,
    both_accept,
    cast_of,
    counter,
    decide,
    employee,
    look,
    propose,
    told,
)

FIRST = date(2027, 3, 1)
ANSWER_BY = date(2027, 2, 1)
"""A month before it is to begin; no negotiation lapses by then that began on 2 November."""
ASKED = at(date(2026, 12, 1))


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def test_what_is_such_a_request_is_marked_and_shows_its_date(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, PLACE, now=ASKED)
    assert deal.decide_by == ANSWER_BY
    assert deal.next_on == ANSWER_BY + DAY
    assert queries.offer_of(session, deal.id, 1).by_law


def test_silence_puts_exactly_that_offer_in_force(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, PLACE, now=ASKED)
    commands.say(session, Say(deal.id, "I will look"), actor=cast.boris, now=ASKED)
    assert look(session, at(ANSWER_BY)) == 0
    assert look(session, at(ANSWER_BY + DAY)) == 1
    assert (deal.state, deal.in_force_number, deal.by_law) == ("in_force", 1, True)
    assert (deal.starts_on, deal.agreed_number) == (FIRST, None)
    by_law = queries.history_of(session, _access(session, deal, cast))[-1]
    assert (by_law.act, by_law.why) == ("start_by_law", "by_law")
    assert told(session, deal)[-2:] == [("start_by_law", "anna"), ("start_by_law", "boris")]


def _access(session, deal, cast):  # type: ignore[no-untyped-def]
    return queries.access_deal(session, deal.id, actor=cast.anna, today=NOW.date())


def test_a_refusal_in_time_ends_it(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, PLACE, now=ASKED)
    commands.refuse(session, Refuse(deal.id, 1, "No desk"), actor=cast.boris, now=at(ANSWER_BY))
    look(session, at(ANSWER_BY + DAY))
    assert deal.state == "refused"


@pytest.mark.parametrize("who", ["anna", "boris"])
def test_another_offer_never_comes_by_silence(session: Session, cast: Cast, who: str) -> None:
    deal = propose(session, cast, PLACE, now=ASKED)
    counter(session, deal, cast[who], PLACE, evaluate_on="2027-05-01", now=ASKED)
    look(session, at(ANSWER_BY + DAY))
    assert (deal.state, deal.by_law) == ("negotiating", False)


def test_a_yes_of_the_employer_is_an_answer_and_one_of_the_employee_is_none(
    session: Session, cast: Cast
) -> None:
    for who, state in (("anna", "in_force"), ("boris", "negotiating")):
        deal = propose(session, cast, PLACE, now=ASKED)
        accept(session, deal, cast[who], now=ASKED)
        look(session, at(ANSWER_BY + DAY))
        assert deal.state == state


def test_agreed_to_by_everybody_it_is_no_matter_of_silence(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, PLACE, now=ASKED)
    accept(session, deal, cast.anna, now=ASKED)
    both_accept(session, cast, deal, now=ASKED)
    look(session, at(ANSWER_BY + DAY))
    assert (deal.state, deal.by_law) == ("agreed", False)


OTHERS = """
policy: deal
from: "2026-12-02"
name: {en: "Deals"}
cases:
  - code: all
    says: {en: "HR looks at every deal."}
    steps: [{who: {role: hr_deals}, days: 5, then: remind}]
"""


def hr_agrees_too(session: Session) -> None:
    document = OTHERS.strip() + "\n"
    session.add(
        PolicyVersion(
            kind="deal",
            starts_on=date(2026, 12, 2),
            document=document,
            digest=sha256(document.encode()).hexdigest(),
            published_at=ASKED,
            published_by="dina",
        )
    )
    session.flush()
    forget()


def approvals_of(session: Session, deal: Deal) -> list[tuple[str, date | None]]:
    rows = select(Approval.state, Approval.latest_on).where(Approval.subject == deal.source)
    return [(row[0], row[1]) for row in session.execute(rows)]


def test_who_else_must_agree_does_not_outrun_the_law(session: Session, cast: Cast) -> None:
    hr_agrees_too(session)
    deal = propose(session, cast, PLACE, now=ASKED)
    both_accept(session, cast, deal, now=at(date(2026, 12, 3)))
    assert (deal.state, deal.next_on) == ("agreed", ANSWER_BY + DAY)
    assert approvals_of(session, deal) == [("open", ANSWER_BY)]
    look(session, at(ANSWER_BY))
    assert deal.state == "agreed"
    for _ in range(2):
        look(session, at(ANSWER_BY + DAY))
        commands.act_on_deal(session, deal.id, actor=cast.anna, now=at(ANSWER_BY + DAY))
    assert (deal.state, deal.in_force_number, deal.by_law) == ("in_force", 1, True)
    assert (deal.agreed_number, deal.approved_at, deal.starts_on) == (None, None, FIRST)
    assert approvals_of(session, deal) == [("expired", ANSWER_BY)]
    assert acts(session, deal)[-2:] == ["agree", "start_by_law"]


def test_agreed_to_by_all_in_time_it_begins_like_any_other(session: Session, cast: Cast) -> None:
    hr_agrees_too(session)
    deal = propose(session, cast, PLACE, now=ASKED)
    both_accept(session, cast, deal, now=at(ANSWER_BY))
    decide(session, deal, cast.dina, now=at(ANSWER_BY))
    assert deal.next_on == FIRST
    look(session, at(FIRST))
    assert (deal.state, deal.by_law) == ("in_force", False)


def test_refused_by_who_else_must_agree_it_never_comes_by_silence(
    session: Session, cast: Cast
) -> None:
    hr_agrees_too(session)
    deal = propose(session, cast, PLACE, now=ASKED)
    both_accept(session, cast, deal, now=at(date(2026, 12, 3)))
    decide(session, deal, cast.dina, Decision.REFUSE, "No desks", now=at(ANSWER_BY))
    look(session, at(ANSWER_BY + DAY))
    assert (deal.state, deal.by_law) == ("negotiating", False)


def test_agreed_past_the_last_day_others_have_that_day_and_no_more(
    session: Session, cast: Cast
) -> None:
    hr_agrees_too(session)
    deal = propose(session, cast, PLACE, now=ASKED)
    accept(session, deal, cast.boris, now=at(ANSWER_BY))
    late = at(ANSWER_BY + 3 * DAY)
    accept(session, deal, cast.anna, now=late)
    assert (deal.state, deal.next_on) == ("agreed", ANSWER_BY + 4 * DAY)
    commands.act_on_deal(session, deal.id, actor=cast.anna, now=late)
    assert deal.state == "agreed"
    look(session, at(ANSWER_BY + 4 * DAY))
    assert (deal.state, deal.by_law) == ("in_force", True)


def test_a_counter_offer_that_waits_for_others_is_no_matter_of_the_law(
    session: Session, cast: Cast
) -> None:
    hr_agrees_too(session)
    deal = propose(session, cast, PLACE, now=ASKED)
    counter(session, deal, cast.boris, PLACE, evaluate_on="2027-05-01", now=ASKED)
    both_accept(session, cast, deal, now=at(date(2026, 12, 3)))
    assert (deal.state, deal.next_on) == ("agreed", FIRST)
    look(session, at(ANSWER_BY + DAY))
    assert deal.state == "agreed"
    look(session, at(FIRST))
    assert (deal.state, deal.by_law) == ("lapsed", False)


def test_money_and_offers_of_the_employer_are_never_requests_by_law(
    session: Session, cast: Cast
) -> None:
    assert propose(session, cast, PLACE, BONUS, now=ASKED).decide_by is None
    assert propose(session, cast, PLACE, by="boris", now=ASKED).decide_by is None
    assert propose(session, cast, PLACE, by_law=False, now=ASKED).decide_by is None
    with pytest.raises(LawDoesNotApply) as refused:
        propose(session, cast, PLACE, BONUS, by_law=True, now=at(date(2027, 1, 2)))
    assert refused.value.data["why"] == ["other_terms", "late"]


def test_who_is_not_long_enough_in_service_makes_a_deal_like_any_other(
    session: Session, cast: Cast
) -> None:
    new = factories.an_employee(
        session, "Nora", hired_on=date(2026, 9, 1), manager=employee(session, "boris")
    )
    cast.ids["anna"] = new.id  # type: ignore[index]
    cast.anna = factories.as_employee(new)
    assert propose(session, cast, PLACE, now=ASKED).decide_by is None
    with pytest.raises(LawDoesNotApply) as refused:
        propose(session, cast, PLACE, by_law=True, now=ASKED)
    assert refused.value.data["why"] == ["service"]


def test_after_a_decision_the_next_request_is_a_year_later(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, PLACE, now=ASKED)
    commands.refuse(session, Refuse(deal.id, 1, "No desk"), actor=cast.boris, now=ASKED)
    with pytest.raises(LawDoesNotApply) as refused:
        propose(session, cast, PLACE, by_law=True, now=ASKED + 30 * DAY)
    assert refused.value.data["why"] == ["too_soon"]
    days: dict[str, Any] = {"starts_on": "2028-03-01", "evaluate_on": "2028-03-01", "ends_on": None}
    later = propose(session, cast, PLACE, by_law=True, now=at(date(2027, 12, 1)), **days)
    assert later.decide_by == date(2028, 2, 1)
    assert acts(session, later) == ["offer"]
