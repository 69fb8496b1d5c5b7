"""After both have accepted: who else must agree, and the day on which it begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from ideals.approvals.errors import ApprovalUnknown, NotAboutOneself
from ideals.approvals.models import Approval
from ideals.approvals.queries import FACTS, steps_of
from ideals.approvals.queries.in_force import built_in_policy
from ideals.approvals.rules import case_for
from ideals.approvals.states import Decision, Kind
from ideals.config import Settings
from ideals.deals import commands
from ideals.deals.commands import Refuse, Withdraw
from ideals.deals.commands.accepting import facts_of
from ideals.deals.errors import (
    DealBinds,
    MoveNotAllowed,
    NothingToAccept,
    RenewalAgreed,
)
from ideals.deals.queries import offer_of
from ideals.notices.models import Notice
from ideals.notices.queries import in_words
from tests.deals.conftest import term
from tests.deals.table import (
    BONUS,
    COURSE,
    DAY,
    NOW,
    Cast,
    accept,
    acts,
    at,
    both_accept,
    cast_of,
    counter,
    decide,
    in_force,
    look,
    open_approval,
    propose,
    told,
)

FIRST = date(2027, 3, 1)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def approvals_of(session: Session, source: str) -> list[Approval]:
    query = session.query(Approval).filter_by(subject=source)
    return list(query.order_by(Approval.asked_at))


@pytest.mark.parametrize(
    ("facts", "case"),
    [
        ({"pay": True, "cost": Decimal(0)}, "pay"),
        ({"pay": False, "cost": Decimal("0.01")}, "cost"),
        ({"pay": False, "cost": Decimal(0)}, "free"),
    ],
)
def test_the_built_in_policy(cast: Cast, facts: dict[str, object], case: str) -> None:
    assert case_for(built_in_policy(Kind.DEAL), facts).code == case


def test_the_facts_are_those_that_a_policy_may_read(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, BONUS, term("hours"))
    facts = facts_of(deal, offer_of(session, deal.id, 1))
    assert facts == {
        "kinds": "bonus hours",
        "cost": Decimal("750.00"),
        "pay": True,
        "time": True,
        "before_hiring": False,
        "renewal": False,
    }
    said = FACTS.get("deal")
    assert said is not None
    assert set(said) == set(facts)


def test_without_cost_nobody_else_is_asked(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast))
    assert (deal.state, deal.approved_at, deal.next_on) == ("agreed", NOW, FIRST)
    assert approvals_of(session, deal.source) == []


def test_what_costs_goes_to_the_managers_manager(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast, COURSE))
    assert (deal.state, deal.approved_at) == ("agreed", None)
    approval = open_approval(session, deal)
    assert (approval.case_code, approval.amount_minor) == ("cost", 240_000)
    with pytest.raises(NotAboutOneself):
        decide(session, deal, cast.anna)
    with pytest.raises(NotAboutOneself):
        decide(session, deal, cast.boris)
    decide(session, deal, cast.greta)
    assert deal.approved_at == NOW
    look(session, at(FIRST))
    assert deal.state == "in_force"


def test_whoever_accepts_last_the_manager_asks_and_so_does_not_approve(
    session: Session, cast: Cast
) -> None:
    for first, last in (("anna", "boris"), ("boris", "anna")):
        deal = propose(session, cast, COURSE)
        accept(session, deal, cast[first])
        accept(session, deal, cast[last])
        assert open_approval(session, deal).asked_by_employee_id == cast.ids["boris"]
        [step] = steps_of(session, [open_approval(session, deal)]).popitem()[1]
        assert step.approver_id == cast.ids["greta"]


def test_money_needs_hr_too_and_is_agreed_by_two(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast, BONUS))
    decide(session, deal, cast.greta)
    assert (deal.state, deal.approved_at) == ("agreed", None)
    with pytest.raises(ApprovalUnknown):
        decide(session, deal, cast.henk)
    decide(session, deal, cast.dina)
    assert deal.approved_at == NOW
    assert acts(session, deal)[-2:] == ["agree", "approve"]


def test_refused_afterwards_it_is_back_on_the_table(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast, BONUS))
    decide(session, deal, cast.greta, Decision.REFUSE, "Too much for one target")
    assert (deal.state, deal.agreed_number, deal.turned_down_number) == ("negotiating", None, 1)
    assert (deal.starts_on, deal.visibility) == (None, "parties")
    for actor in (cast.anna, cast.boris):
        assert accept(session, deal, actor).state == "negotiating", "accepted once already"
    counter(session, deal, cast.boris, term("bonus", amount="500.00"))
    both_accept(session, cast, deal)
    decide(session, deal, cast.greta)
    decide(session, deal, cast.dina)
    assert (deal.state, deal.agreed_number, deal.approved_at) == ("agreed", 2, NOW)
    states = [each.state for each in approvals_of(session, deal.source)]
    assert sorted(states) == ["approved", "refused"]


def test_after_agreeing_nobody_makes_offers_and_who_asked_can_still_take_it_back(
    session: Session, cast: Cast
) -> None:
    deal = both_accept(session, cast, propose(session, cast, COURSE))
    with pytest.raises(MoveNotAllowed):
        counter(session, deal, cast.anna)
    with pytest.raises(MoveNotAllowed):
        commands.refuse(session, Refuse(deal.id, 1, "no"), actor=cast.boris, now=NOW)
    commands.withdraw(session, Withdraw(deal.id, 1), actor=cast.anna, now=NOW)
    assert deal.state == "withdrawn"
    assert [each.state for each in approvals_of(session, deal.source)] == ["withdrawn"]


def test_what_everybody_agreed_to_binds(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast))
    with pytest.raises(DealBinds):
        commands.withdraw(session, Withdraw(deal.id, 1), actor=cast.anna, now=NOW)


def test_it_begins_on_its_day_once_however_often_the_clock_looks(
    session: Session, cast: Cast
) -> None:
    deal = both_accept(session, cast, propose(session, cast))
    assert look(session, at(FIRST - DAY)) == 0
    for _ in range(3):
        look(session, at(FIRST))
        commands.act_on_deal(session, deal.id, actor=cast.anna, now=at(FIRST))
    assert (deal.state, deal.in_force_number, deal.started_at) == ("in_force", 1, at(FIRST))
    assert (deal.visibility, deal.evaluate_on) == ("team_anonymised", date(2027, 9, 1))
    assert acts(session, deal).count("start") == 1
    assert told(session, deal).count(("start", "anna")) == 1


def test_a_look_that_was_lost_is_made_up_for_the_next_day(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast))
    zone = at(FIRST).tzinfo
    commands.sweep(session, zone=zone, actor=cast.anna, now=at(FIRST))  # type: ignore[arg-type]
    assert (deal.state, deal.next_on) == ("agreed", FIRST + DAY)
    assert look(session, at(FIRST + 3 * DAY)) == 1
    assert deal.state == "in_force"


def test_agreed_on_its_first_day_it_begins_at_once(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    both_accept(session, cast, deal, now=at(FIRST))
    assert (deal.state, deal.started_at) == ("in_force", at(FIRST))


def test_not_agreed_to_before_its_first_day_it_lapses(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, propose(session, cast, COURSE))
    look(session, at(FIRST))
    assert (deal.state, deal.next_on) == ("lapsed", None)
    assert [each.state for each in approvals_of(session, deal.source)] == ["expired"]


def test_asked_on_its_first_day_it_can_be_decided_that_day(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, COURSE)
    both_accept(session, cast, deal, now=at(FIRST))
    assert look(session, at(FIRST)) == 0
    commands.act_on_deal(session, deal.id, actor=cast.anna, now=at(FIRST))
    assert deal.state == "agreed"
    decide(session, deal, replace(cast.greta), now=at(FIRST))
    assert deal.state == "in_force"


def test_silence_of_ninety_days_ends_a_negotiation(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    counter(session, deal, cast.boris, now=NOW + 30 * DAY)
    assert look(session, NOW + 119 * DAY) == 0
    look(session, NOW + 120 * DAY)
    assert (deal.state, deal.ended_by) == ("lapsed", "system")


def test_it_asks_to_look_back_and_ends_after_its_last_day(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    look(session, at(date(2027, 9, 1)))
    assert told(session, deal).count(("evaluation_due", "boris")) == 1
    assert deal.next_on == date(2027, 9, 15)
    look(session, at(date(2028, 2, 28)))
    assert deal.next_on == date(2028, 3, 1)
    assert look(session, at(date(2028, 2, 29))) == 0
    look(session, at(date(2028, 3, 1)))
    assert (deal.state, deal.next_on) == ("ended", None)


def test_a_renewal_takes_over_on_its_day_and_the_deal_goes_on_meanwhile(
    session: Session, cast: Cast
) -> None:
    deal = in_force(session, cast)
    now = at(date(2027, 6, 1))
    days = {"starts_on": "2027-08-01", "evaluate_on": "2027-12-01", "ends_on": None}
    counter(session, deal, cast.anna, now=now, **days)
    commands.refuse(session, Refuse(deal.id, 2, "Not yet"), actor=cast.boris, now=now)
    assert (deal.state, deal.in_force_number, deal.reason) == ("in_force", 1, "Not yet")
    with pytest.raises(NothingToAccept):
        accept(session, deal, cast.anna, now=now)
    counter(session, deal, cast.boris, term("bonus", due_month="2027-12"), now=now, **days)
    both_accept(session, cast, deal, now=now)
    assert (deal.state, deal.agreed_number, deal.ends_on) == ("in_force", 3, date(2028, 2, 29))
    with pytest.raises(RenewalAgreed):
        counter(session, deal, cast.anna, now=now)
    decide(session, deal, cast.greta, now=now)
    decide(session, deal, cast.dina, now=now)
    look(session, at(date(2027, 8, 1)))
    assert (deal.state, deal.in_force_number, deal.agreed_number) == ("in_force", 3, None)
    assert (deal.ends_on, deal.evaluate_on) == (None, date(2027, 12, 1))
    assert acts(session, deal)[-2:] == ["approve", "renew"]


def test_a_renewal_that_nobody_else_agreed_to_leaves_the_deal(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast)
    now = at(date(2027, 6, 1))
    counter(session, deal, cast.anna, BONUS, now=now, starts_on="2027-06-05")
    both_accept(session, cast, deal, now=now)
    look(session, at(date(2027, 6, 5)))
    assert (deal.state, deal.in_force_number, deal.agreed_number) == ("in_force", 1, None)
    assert [each.state for each in approvals_of(session, deal.source)] == ["expired"]


def test_the_text_of_a_refusal_is_forgotten_after_thirteen_months(
    session: Session, cast: Cast
) -> None:
    deal = propose(session, cast)
    commands.refuse(session, Refuse(deal.id, 1, "Two are away"), actor=cast.boris, now=NOW)
    assert deal.next_on == date(2027, 12, 2)
    look(session, at(date(2027, 12, 1)))
    assert deal.reason == "Two are away"
    look(session, at(date(2027, 12, 2)))
    assert (deal.state, deal.reason, deal.next_on) == ("refused", None, None)
    assert deal.reason_forgotten_at is not None


def test_for_how_long_the_text_of_a_refusal_is_kept_is_a_setting(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDEALS_REASONS_KEPT", "6")
    deal = propose(session, cast)
    commands.refuse(session, Refuse(deal.id, 1, "Two are away"), actor=cast.boris, now=NOW)
    assert deal.next_on == date(2027, 5, 2)
    look(session, at(date(2027, 5, 2)))
    assert (deal.reason, deal.reason_forgotten_at is not None) == (None, True)
    for wrong in ("0", "-1", "121", "a year", "1.5"):
        with pytest.raises(SystemExit, match="IDEALS_REASONS_KEPT"):
            Settings.read({"IDEALS_REASONS_KEPT": wrong})
    assert Settings.read({}).reasons_kept == 13


def test_every_message_has_words(session: Session, cast: Cast) -> None:
    from ideals.app import create_app
    from ideals.deals.pages.words import NOTICES

    data = {"deal": "1", "number": 12, "offer": 3, "reason": "Too much"}
    with create_app(Settings.read({})).test_request_context():
        for what in NOTICES:
            words = in_words(f"deal.{what}", data, "en")
            assert "12" in words.title
            assert "%" not in words.title + words.text
    deal = both_accept(session, cast, propose(session, cast, BONUS))
    decide(session, deal, cast.greta, Decision.REFUSE, "Too much")
    kinds = {row.kind for row in session.query(Notice).filter_by(subject=deal.source)}
    assert kinds <= {f"deal.{what}" for what in NOTICES}
