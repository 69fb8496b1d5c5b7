"""The bonus of a target: stated with evidence, agreed by policy, paid as the offer says."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.approvals.errors import NotAboutOneself
from ideals.approvals.models import Approval
from ideals.approvals.states import Decision, State
from ideals.budgets import queries as budgets
from ideals.budgets.rules.parts import deal_code
from ideals.deals import commands
from ideals.deals.commands import StateBonus, living
from ideals.deals.errors import (
    BonusDiffers,
    BonusRefused,
    BonusStated,
    DealUnknown,
    NotYoursToDo,
    TextWrong,
)
from ideals.deals.models import Deal, DealBonus
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger.models import LedgerMonth
from ideals.ledger.queries import described, prove
from ideals.payroll import commands as payroll
from ideals.payroll.models import Line
from ideals.payroll.queries.claims import claimed_of
from tests.deals.conftest import term
from tests.deals.table import BONUS, Cast, acts, at, cast_of, look, told
from tests.deals.test_living_money import in_accounts, started

JUNE = date(2027, 6, 20)
"""In the month in which it is judged."""


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def state(
    session: Session,
    deal: Deal,
    cast: Cast,
    *,
    by: str = "boris",
    amount: str = "750.00",
    place: int = 0,
    offer: int = 1,
    on: date = JUNE,
    id_: UUID | None = None,
    evidence: str = "Published on 2 May, every shift filled",
) -> DealBonus:
    cmd = StateBonus(id_ or new_id(), deal.id, offer, place, Money.parse(amount), evidence)
    return commands.state_bonus(session, cmd, actor=cast[by], now=at(on))


def decide(
    session: Session,
    bonus: DealBonus,
    cast: Cast,
    by: str,
    decision: Decision = Decision.APPROVE,
    on: date = JUNE,
    reason: str | None = None,
) -> None:
    from ideals.approvals import commands as approvals

    about = session.query(Approval).filter_by(subject=bonus.source, state=State.OPEN).one()
    cmd = approvals.Decide(about.id, decision, reason)
    approvals.decide(session, cmd, actor=cast[by], now=at(on))


def test_stated_agreed_by_two_and_a_line_of_payroll(session: Session, cast: Cast) -> None:
    deal = started(session, cast, term("bonus", paid_as="payroll"))
    bonus = state(session, deal, cast, amount="612.34")
    assert (bonus.state, bonus.paid_in) == ("stated", None)
    with pytest.raises(NotAboutOneself):
        decide(session, bonus, cast, "boris")
    decide(session, bonus, cast, "greta")
    assert bonus.state == "stated"
    decide(session, bonus, cast, "dina")
    assert (bonus.state, bonus.paid_in, bonus.transfer_id) == ("approved", Month(2027, 6), None)
    [line] = claimed_of(session, Month(2027, 6), cast.ids["anna"])
    assert (line.kind, line.item, line.tax, line.minor, line.origin) == (
        "bonus", "target", "taxed", 612_34, bonus.source,
    )  # fmt: skip
    assert claimed_of(session, Month(2027, 7), cast.ids["anna"]) == []
    assert in_accounts(session, cast) == {}
    assert acts(session, deal)[-2:] == ["bonus_stated", "bonus_approved"]
    assert ("bonus_approved", "anna") in told(session, deal)
    assert prove(session) == []


def test_in_the_batch_of_its_month(session: Session, cast: Cast) -> None:
    deal = started(session, cast, term("bonus", paid_as="payroll"))
    bonus = state(session, deal, cast)
    for name in ("greta", "dina"):
        decide(session, bonus, cast, name)
    june = Month(2027, 6)
    months = session.scalars(select(LedgerMonth.month).order_by(LedgerMonth.month)).all()
    for month in months:
        if month <= june:
            ledger.seal_month(session, ledger.SealMonth(month), actor=SYSTEM, now=at(JUNE))
    payroll.make_batch(session, payroll.MakeBatch(june), actor=SYSTEM, now=at(JUNE))
    [line] = session.scalars(select(Line).where(Line.month == june))
    assert (line.employee_id, line.code, line.tax, line.minor) == (
        cast.ids["anna"], "bonus.target", "taxed", 750_00,
    )  # fmt: skip
    assert prove(session) == []


def test_a_grant_goes_into_the_budget(session: Session, cast: Cast) -> None:
    deal = started(session, cast, BONUS)
    bonus = state(session, deal, cast)
    for name in ("greta", "dina"):
        decide(session, bonus, cast, name)
    assert in_accounts(session, cast) == {"budget": 750_00}
    budget = budgets.budget_of(session, cast.ids["anna"], Month(2027, 6))
    assert [(p.code, str(p.amount)) for p in budget.components] == [
        (deal_code(deal.number), "750.00")
    ]
    with create_app().test_request_context():
        said = described(session, [bonus.source])[bonus.source]
    assert said.title == f"Bonus of deal {deal.number}"
    assert claimed_of(session, Month(2027, 6), cast.ids["anna"]) == []
    living.settle(session, deal.id, actor=SYSTEM, now=at(date(2027, 7, 1)))
    living.stop(session, deal, date(2027, 4, 1), now=at(date(2027, 7, 2)))
    living.settle(session, deal.id, actor=SYSTEM, now=at(date(2027, 7, 2)))
    assert in_accounts(session, cast) == {"budget": 750_00}
    assert prove(session) == []


def test_decided_after_its_month_was_sealed_it_goes_with_the_next(
    session: Session, cast: Cast
) -> None:
    deal = started(session, cast, term("bonus", paid_as="payroll"))
    bonus = state(session, deal, cast)
    first, last = Month(2026, 1), Month(2027, 7)
    ledger.open_months(session, ledger.OpenMonths(first, last), actor=SYSTEM, now=at(JUNE))
    for month in session.scalars(select(LedgerMonth.month).order_by(LedgerMonth.month)).all():
        if month <= Month(2027, 6):
            ledger.seal_month(session, ledger.SealMonth(month), actor=SYSTEM, now=at(JUNE))
    for name in ("greta", "dina"):
        decide(session, bonus, cast, name, on=date(2027, 7, 5))
    assert bonus.paid_in == Month(2027, 7)


def test_refused_it_is_stated_again(session: Session, cast: Cast) -> None:
    deal = started(session, cast, BONUS)
    bonus = state(session, deal, cast)
    with pytest.raises(BonusStated):
        state(session, deal, cast)
    decide(session, bonus, cast, "greta", Decision.REFUSE, reason="Two shifts were empty")
    session.refresh(bonus)
    assert (bonus.state, in_accounts(session, cast)) == ("refused", {})
    again = state(session, deal, cast, amount="375.00")
    for name in ("greta", "dina"):
        decide(session, again, cast, name)
    assert in_accounts(session, cast) == {"budget": 375_00}
    with pytest.raises(BonusStated):
        state(session, deal, cast)


def test_only_the_manager_states_it(session: Session, cast: Cast) -> None:
    deal = started(session, cast, BONUS)
    for name in ("anna", "dina"):
        with pytest.raises(NotYoursToDo):
            state(session, deal, cast, by=name)
    for name in ("clara", "egor", "henk"):
        with pytest.raises(DealUnknown):
            state(session, deal, cast, by=name)


def test_what_cannot_be_stated(session: Session, cast: Cast) -> None:
    deal = started(session, cast, BONUS, term("place"))
    wrong = {
        "not_due": {"on": date(2027, 5, 31)},
        "more_than_promised": {"amount": "750.01"},
        "no_bonus": {"place": 1},
        "not_in_force": {"offer": 2},
    }
    for why, changes in wrong.items():
        with pytest.raises(BonusRefused) as refused:
            state(session, deal, cast, **changes)  # type: ignore[arg-type]
        assert refused.value.data["why"] == why
    with pytest.raises(TextWrong):
        state(session, deal, cast, evidence="  ")
    with pytest.raises(BonusRefused) as refused:
        state(session, deal, cast, place=7)
    assert refused.value.data["why"] == "no_bonus"


def test_not_for_a_month_after_an_earlier_end(session: Session, cast: Cast) -> None:
    deal = started(session, cast, BONUS, ends_on="2027-09-30", evaluate_on="2027-09-01")
    deal.ends_on, deal.next_on = date(2027, 5, 12), date(2027, 5, 13)
    look(session, at(date(2027, 5, 13)))
    session.refresh(deal)
    assert deal.state == "ended"
    with pytest.raises(BonusRefused) as refused:
        state(session, deal, cast)
    assert refused.value.data["why"] == "over"


def test_after_the_agreed_last_day(session: Session, cast: Cast) -> None:
    deal = started(session, cast, BONUS, ends_on="2027-05-31", evaluate_on="2027-05-01")
    look(session, at(date(2027, 6, 1)))
    session.refresh(deal)
    assert deal.state == "ended"
    assert state(session, deal, cast).state == "stated"


def test_the_same_id_again_is_the_same_statement(session: Session, cast: Cast) -> None:
    deal = started(session, cast, BONUS)
    id_ = new_id()
    first = state(session, deal, cast, id_=id_)
    assert state(session, deal, cast, id_=id_) is first
    with pytest.raises(BonusDiffers):
        state(session, deal, cast, id_=id_, amount="1.00")


def test_not_reached_nothing_is_paid(session: Session, cast: Cast) -> None:
    deal = started(session, cast, BONUS)
    bonus = state(session, deal, cast, amount="0.00")
    for name in ("greta", "dina"):
        decide(session, bonus, cast, name)
    assert (bonus.state, bonus.paid_in, in_accounts(session, cast)) == ("approved", None, {})
