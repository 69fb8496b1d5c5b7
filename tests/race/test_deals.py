"""Two who act on a deal at once: one wins, and the other is told that the deal has moved on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.commands import Decide
from ideals.approvals.errors import AlreadyDecided
from ideals.approvals.states import Decision
from ideals.db import unit_of_work
from ideals.deals import commands
from ideals.deals.commands import Accept, MakeOffer, Propose, Refuse, Withdraw
from ideals.deals.errors import DealBinds, DealMovedOn, MoveNotAllowed
from ideals.deals.models import Acceptance, Deal, DealEvent, Offer
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import new_id
from tests.deals.conftest import offer
from tests.deals.table import (
    COURSE,
    NOW,
    ZONE,
    Cast,
    accept,
    at,
    both_accept,
    cast_of,
    open_approval,
    propose,
)
from tests.race.test_ledger import together

ROUNDS = 40
Acting = Callable[[Session], object]
FIRST = date(2027, 3, 1)


@pytest.fixture
def cast(own_database: str) -> Cast:
    with unit_of_work() as session:
        return cast_of(session)


def proposed(cast: Cast, *terms: dict[str, object]) -> UUID:
    with unit_of_work() as session:
        return propose(session, cast, *terms).id


def accepting(deal_id: UUID, actor: Actor, number: int = 1) -> Acting:
    cmd = Accept(deal_id, number)
    return lambda session: commands.accept(session, cmd, actor=actor, now=NOW).state


def offering(deal_id: UUID, actor: Actor, seen: int = 1) -> Acting:
    cmd = MakeOffer(deal_id, seen, offer(evaluate_on="2027-05-01"))
    return lambda session: commands.make_offer(session, cmd, actor=actor, now=NOW).number


def deal_now(deal_id: UUID) -> Deal:
    with unit_of_work() as session:
        return session.get_one(Deal, deal_id)


def accepted(deal_id: UUID) -> list[tuple[int, str]]:
    with unit_of_work() as session:
        rows = session.execute(
            select(Acceptance.offer, Acceptance.side)
            .where(Acceptance.deal_id == deal_id)
            .order_by(Acceptance.side)
        )
        return [(row[0], row[1]) for row in rows]


def test_an_acceptance_against_a_new_offer(cast: Cast) -> None:
    """The manager has accepted the first; the employee does while the manager makes the second."""
    ends: Counter[str] = Counter()
    for _ in range(ROUNDS):
        deal_id = proposed(cast)
        together([accepting(deal_id, cast.boris)])
        yes, made = together([accepting(deal_id, cast.anna), offering(deal_id, cast.boris)])
        deal = deal_now(deal_id)
        if made is MoveNotAllowed:
            assert (yes, deal.state, deal.agreed_number) == ("agreed", "agreed", 1)
        else:
            assert (yes, made) == (DealMovedOn, 2)
            assert (deal.state, deal.offer_number) == ("negotiating", 2)
            assert accepted(deal_id) == [(1, "employer")]
        ends[deal.state] += 1
    assert sum(ends.values()) == ROUNDS


def test_both_counter_at_once(cast: Cast) -> None:
    for _ in range(ROUNDS):
        deal_id = proposed(cast)
        answers = together([offering(deal_id, cast.anna), offering(deal_id, cast.boris)])
        assert sorted(map(str, answers)) == sorted(["2", str(DealMovedOn)])
        with unit_of_work() as session:
            numbers = select(Offer.number).where(Offer.deal_id == deal_id).order_by(Offer.number)
            assert list(session.scalars(numbers)) == [1, 2]


def test_both_accept_at_once_agree_once(cast: Cast) -> None:
    for _ in range(ROUNDS):
        deal_id = proposed(cast)
        twice = [accepting(deal_id, cast.anna), accepting(deal_id, cast.boris)] * 2
        assert set(together(twice)) <= {"negotiating", "agreed"}
        assert (deal_now(deal_id).state, accepted(deal_id)) == (
            "agreed",
            [(1, "employee"), (1, "employer")],
        )
        assert events(deal_id, "agree") == events(deal_id, "approve") == 1


def events(deal_id: UUID, act: str) -> int:
    with unit_of_work() as session:
        return (
            session.scalar(
                select(func.count()).where(DealEvent.deal_id == deal_id, DealEvent.act == act)
            )
            or 0
        )


def test_a_refusal_against_an_acceptance(cast: Cast) -> None:
    for _ in range(ROUNDS):
        deal_id = proposed(cast)
        together([accepting(deal_id, cast.anna)])
        no = Refuse(deal_id, 1, "no")
        yes, refused = together(
            [
                accepting(deal_id, cast.boris),
                lambda session, cmd=no: commands.refuse(session, cmd, actor=cast.anna, now=NOW),
            ]
        )
        if yes == "agreed":
            assert refused is MoveNotAllowed
        else:
            assert (yes, deal_now(deal_id).state) == (MoveNotAllowed, "refused")


def test_a_decision_against_a_withdrawal(cast: Cast) -> None:
    ends: Counter[str] = Counter()
    for _ in range(ROUNDS):
        with unit_of_work() as session:
            deal = both_accept(session, cast, propose(session, cast, COURSE))
            deal_id, approval = deal.id, open_approval(session, deal).id
        yes, back = Decide(approval, Decision.APPROVE), Withdraw(deal_id, 1)
        decided, withdrawn = together(
            [
                lambda session, cmd=yes: approvals.decide(session, cmd, actor=cast.greta, now=NOW),
                lambda session, cmd=back: commands.withdraw(session, cmd, actor=cast.anna, now=NOW),
            ]
        )
        ended = deal_now(deal_id)
        ends[ended.state] += 1
        if decided is AlreadyDecided:
            assert (ended.state, ended.approved_at) == ("withdrawn", None)
        else:
            assert (ended.state, ended.approved_at, withdrawn) == ("agreed", NOW, DealBinds)
    assert sum(ends.values()) == ROUNDS


def test_eight_clocks_at_once_begin_each_deal_once(cast: Cast) -> None:
    with unit_of_work() as session:
        deals = [both_accept(session, cast, propose(session, cast)).id for _ in range(12)]
    now = at(FIRST)
    look = lambda session: commands.sweep(session, zone=ZONE, actor=SYSTEM, now=now)  # noqa: E731
    assert sum(together([look] * 8)) == len(deals)  # type: ignore[arg-type]
    for deal_id in deals:
        together(
            [lambda session, id_=deal_id: commands.act_on_deal(session, id_, actor=SYSTEM, now=now)]
            * 4
        )
        assert (deal_now(deal_id).state, events(deal_id, "start")) == ("in_force", 1)


def test_the_same_proposal_twenty_times_at_once_is_one(cast: Cast) -> None:
    cmd = Propose(new_id(), cast.ids["anna"], "Four times nine", offer())
    answers = together(
        [lambda session: commands.propose(session, cmd, actor=cast.anna, now=NOW).number] * 20
    )
    assert len(set(answers)) == 1
    assert events(cmd.id, "offer") == 1


def test_an_old_page_after_a_fresh_sign_in_still_names_the_old_offer(cast: Cast) -> None:
    """The way of it without a race, in two transactions."""
    deal_id = proposed(cast)
    together([offering(deal_id, cast.boris)])
    again = replace(cast.anna, proved_at=NOW)
    assert together([accepting(deal_id, again)]) == [DealMovedOn]
    with unit_of_work() as session:
        assert accept(session, session.get_one(Deal, deal_id), again, 2).state == "negotiating"
