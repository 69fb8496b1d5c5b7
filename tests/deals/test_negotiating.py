"""From the first offer to what both accept: who may, what is on the table, what has moved on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from ideals.access.errors import SignInNotFresh
from ideals.deals import commands, queries
from ideals.deals.commands import Accept, Refuse, Say, Withdraw
from ideals.deals.errors import (
    DealDiffers,
    DealMovedOn,
    DealUnknown,
    ManagerDiffers,
    ManagerMissing,
    MayNotPropose,
    MoveNotAllowed,
    NotYoursToDo,
    OfferOutOfDate,
    OfferRefused,
    TextWrong,
)
from ideals.kernel.ids import new_id
from ideals.seeds import factories
from tests.deals.conftest import TERMS, term
from tests.deals.table import (
    DAY,
    NOW,
    Cast,
    accept,
    acts,
    at,
    both_accept,
    cast_of,
    counter,
    employee,
    propose,
    told,
)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def test_an_employee_asks_the_manager_counters_and_both_accept_the_same(
    session: Session, cast: Cast
) -> None:
    deal = propose(session, cast, TERMS["pattern"])
    assert (deal.state, deal.started, deal.manager_id) == (
        "negotiating",
        "by_employee",
        cast.ids["boris"],
    )
    counter(session, deal, cast.boris, TERMS["pattern"], evaluate_on="2027-06-01")
    counter(session, deal, cast.anna, TERMS["pattern"], evaluate_on="2027-07-01")
    accept(session, deal, cast.boris)
    assert deal.state == "negotiating"
    accept(session, deal, cast.anna)
    assert (deal.state, deal.agreed_number, deal.starts_on) == ("agreed", 3, date(2027, 3, 1))
    assert acts(session, deal) == ["offer"] * 3 + ["accept"] * 2 + ["agree", "approve"]
    assert told(session, deal) == [
        ("accept", "anna"),
        ("approve", "anna"),
        ("approve", "boris"),
        ("offer", "anna"),
        ("offer", "boris"),
        ("offer", "boris"),
    ]


def test_of_a_new_offer_what_was_accepted_before_counts_no_more(
    session: Session, cast: Cast
) -> None:
    deal = propose(session, cast)
    accept(session, deal, cast.boris)
    counter(session, deal, cast.anna, evaluate_on="2027-05-01")
    accept(session, deal, cast.anna)
    assert deal.state == "negotiating"
    accept(session, deal, cast.boris)
    assert (deal.state, deal.agreed_number) == ("agreed", 2)


def test_accepting_twice_is_accepting_once(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    for _ in range(2):
        accept(session, deal, cast.anna)
    assert deal.state == "negotiating"
    both_accept(session, cast, deal)
    before = acts(session, deal)
    assert accept(session, deal, cast.boris).state == "agreed"
    assert acts(session, deal) == before


def test_whoever_acts_on_an_old_offer_is_told_what_changed(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, TERMS["pattern"])
    counter(session, deal, cast.boris, TERMS["pattern"], evaluate_on="2027-06-01")
    changed = [{"path": "evaluate_on", "before": "2027-09-01", "after": "2027-06-01"}]
    late = [
        lambda: accept(session, deal, cast.anna, 1),
        lambda: counter(session, deal, cast.anna, seen=1),
        lambda: commands.refuse(session, Refuse(deal.id, 1, "no"), actor=cast.anna, now=NOW),
        lambda: commands.withdraw(session, Withdraw(deal.id, 1), actor=cast.anna, now=NOW),
    ]
    for act in late:
        with pytest.raises(DealMovedOn) as refused:
            act()
        assert refused.value.data == {"seen": 1, "current": 2, "changed": changed}


@pytest.mark.parametrize("number", [0, 2, 40_000, -1])
def test_an_offer_that_never_was_cannot_be_accepted(
    session: Session, cast: Cast, number: int
) -> None:
    deal = propose(session, cast)
    with pytest.raises(DealMovedOn) as refused:
        cmd = Accept(deal.id, number)
        commands.accept(session, cmd, actor=cast.anna, now=NOW)
    assert refused.value.data["changed"] == []


def test_accepting_takes_a_fresh_sign_in(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    for actor in (replace(cast.anna, proved_at=None), replace(cast.boris, proved_at=NOW - DAY)):
        with pytest.raises(SignInNotFresh):
            commands.accept(session, Accept(deal.id, 1), actor=actor, now=NOW)


def test_an_offer_whose_day_has_passed_is_not_accepted(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    with pytest.raises(OfferOutOfDate):
        accept(session, deal, cast.anna, now=at(date(2027, 3, 2)))
    assert accept(session, deal, cast.anna, now=at(date(2027, 3, 1))).state == "negotiating"


def test_every_fault_of_an_offer_is_told_at_once(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    with pytest.raises(OfferRefused) as refused:
        counter(session, deal, cast.boris, employer_gets=None, starts_on="2026-11-01")
    assert [fault["path"] for fault in refused.value.data["faults"]] == [
        "employer_gets",
        "starts_on",
    ]
    assert deal.offer_number == 1


def test_the_same_proposal_again_is_the_same_deal(session: Session, cast: Cast) -> None:
    id_ = new_id()
    deal = propose(session, cast, deal_id=id_)
    assert propose(session, cast, deal_id=id_) is deal
    assert acts(session, deal) == ["offer"]
    with pytest.raises(DealDiffers):
        propose(session, cast, TERMS["place"], deal_id=id_)


def test_who_may_propose(session: Session, cast: Cast) -> None:
    assert propose(session, cast, by="boris").started == "by_manager"
    assert propose(session, cast, by="dina").started == "by_hr"
    assert propose(session, cast, by="dina", before_hiring=True).started == "before_hiring"
    for name in ("clara", "egor", "greta", "henk"):
        with pytest.raises(MayNotPropose):
            propose(session, cast, by=name)
    for name in ("anna", "boris", "henk"):
        with pytest.raises(MayNotPropose):
            propose(session, cast, by=name, before_hiring=True)


def test_the_employer_is_the_employees_own_manager(session: Session, cast: Cast) -> None:
    assert propose(session, cast, manager_id=cast.ids["boris"]).manager_id == cast.ids["boris"]
    with pytest.raises(ManagerDiffers):
        propose(session, cast, manager_id=cast.ids["clara"])
    greta = replace(cast, ids={**cast.ids, "anna": cast.ids["greta"]})
    with pytest.raises(MayNotPropose):
        propose(session, greta)
    with pytest.raises(ManagerMissing):
        propose(session, greta, by="greta")
    with pytest.raises(ManagerMissing):
        propose(session, greta, by="greta", manager_id=cast.ids["clara"])
    named = propose(session, greta, by="dina", manager_id=cast.ids["clara"])
    assert named.manager_id == cast.ids["clara"]
    with pytest.raises(ManagerDiffers):
        propose(session, greta, by="dina", manager_id=cast.ids["greta"])


def test_only_the_two_sides_decide(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    for name in ("clara", "egor", "greta", "henk"):
        with pytest.raises(DealUnknown):
            accept(session, deal, cast[name])
    with pytest.raises(NotYoursToDo):
        accept(session, deal, cast.dina)
    with pytest.raises(NotYoursToDo):
        commands.withdraw(session, Withdraw(deal.id, 1), actor=cast.boris, now=NOW)


def test_a_refusal_needs_a_reason_and_ends_it(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    for empty in ("", " \n ", "\u200b"):
        with pytest.raises(TextWrong):
            commands.refuse(session, Refuse(deal.id, 1, empty), actor=cast.boris, now=NOW)
    with pytest.raises(TextWrong):
        commands.refuse(session, Refuse(deal.id, 1, "x" * 100_000), actor=cast.boris, now=NOW)
    commands.refuse(session, Refuse(deal.id, 1, "Two are away in March"), actor=cast.boris, now=NOW)
    assert (deal.state, deal.ended_side, deal.reason) == (
        "refused",
        "employer",
        "Two are away in March",
    )
    with pytest.raises(MoveNotAllowed):
        counter(session, deal, cast.anna)
    with pytest.raises(MoveNotAllowed):
        commands.say(session, Say(deal.id, "Why?"), actor=cast.anna, now=NOW)


def test_who_asked_takes_it_back(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    commands.withdraw(session, Withdraw(deal.id, 1), actor=cast.anna, now=NOW)
    assert (deal.state, deal.reason) == ("withdrawn", None)
    theirs = propose(session, cast, by="boris")
    with pytest.raises(NotYoursToDo):
        commands.withdraw(session, Withdraw(theirs.id, 1), actor=cast.anna, now=NOW)
    commands.withdraw(session, Withdraw(theirs.id, 1, "Changed"), actor=cast.boris, now=NOW)
    assert theirs.reason == "Changed"


def test_messages_stand_beside_the_offer_that_was_there(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    commands.say(session, Say(deal.id, "Which days?", asks=True), actor=cast.boris, now=NOW)
    counter(session, deal, cast.anna, evaluate_on="2027-05-01")
    commands.say(session, Say(deal.id, "\u202dשלום 100"[1:]), actor=cast.anna, now=NOW)
    access = queries.access_deal(session, deal.id, actor=cast.anna, today=NOW.date())
    said = [(m.side, m.offer, m.asks, m.said) for m in queries.messages_of(session, access)]
    assert said == [
        ("employer", 1, True, "Which days?"),
        ("employee", 2, False, "שלום 100"),
    ]
    for wrong in ("", "x" * 100_000, "abc\u202e100"):
        with pytest.raises(TextWrong):
            commands.say(session, Say(deal.id, wrong), actor=cast.anna, now=NOW)


def test_the_manager_changes_in_mid_negotiation(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    accept(session, deal, cast.boris)
    clara = employee(session, "clara")
    later = NOW + timedelta(days=7)
    factories.a_change(session, employee(session, "anna"), later.date(), manager_number="clara")
    assert accept(session, deal, cast.boris).state == "negotiating", "still the manager"
    with pytest.raises(DealUnknown):
        counter(session, deal, cast.boris, now=later)
    counter(session, deal, cast.clara, now=later)
    assert deal.manager_id == clara.id
    assert acts(session, deal) == ["offer", "accept", "manager_changed", "offer"]
    accept(session, deal, cast.anna, now=later)
    accept(session, deal, cast.clara, now=later)
    assert (deal.state, deal.agreed_number) == ("agreed", 2)


def test_a_term_may_be_anything_that_can_be_read(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, *(term(kind) for kind in TERMS if kind not in ("pattern",)))
    offers = queries.offer_of(session, deal.id, 1)
    assert offers.kinds == [kind for kind in TERMS if kind != "pattern"]
    assert offers.cost_minor == 75_000 + 12 * 12_000
