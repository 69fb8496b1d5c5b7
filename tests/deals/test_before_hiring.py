"""What was promised before somebody was hired: HR writes it down after it has begun."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval
from ideals.budgets import queries as budgets
from ideals.budgets.rules.parts import deal_code
from ideals.deals import commands
from ideals.deals.commands import Refuse
from ideals.deals.errors import OfferOutOfDate, OfferRefused
from ideals.deals.models import Deal
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger.queries import prove
from ideals.people.queries.overlays import hours_on
from ideals.seeds import factories
from tests.budgets.conftest import allocate
from tests.deals.conftest import term
from tests.deals.table import (
    BONUS,
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
    employee,
    look,
    open_approval,
    propose,
)
from tests.deals.test_living_money import in_accounts, monthly, once, settled

HIRED = date(2026, 9, 1)
DAYS: dict[str, Any] = {"starts_on": "2026-09-01", "evaluate_on": "2027-03-01", "ends_on": None}


@pytest.fixture
def cast(session: Session) -> Cast:
    """Anna is hired in September; it is November."""
    cast = cast_of(session)
    new = factories.an_employee(session, "Nora", hired_on=HIRED, manager=employee(session, "boris"))
    cast.ids["anna"] = new.id  # type: ignore[index]
    cast.anna = factories.as_employee(new)
    return cast


def promised(session: Session, cast: Cast, *terms: dict[str, object], **changes: Any) -> Deal:
    changes = {"by": "dina", "before_hiring": True, **DAYS, **changes}
    return propose(session, cast, *terms, **changes)


def faults(refused: pytest.ExceptionInfo[OfferRefused]) -> list[tuple[str, str]]:
    return [(each["path"], each["expected"]) for each in refused.value.data["faults"]]


def test_it_may_begin_with_the_day_of_hiring_and_not_before(session: Session, cast: Cast) -> None:
    assert promised(session, cast).started == "before_hiring"
    with pytest.raises(OfferRefused) as refused:
        promised(session, cast, starts_on="2026-08-31")
    assert faults(refused) == [("starts_on", "2026-09-01 or later")]


def test_not_more_than_five_years_back(session: Session) -> None:
    cast = cast_of(session)
    assert promised(session, cast, starts_on="2021-11-02").state == "negotiating"
    with pytest.raises(OfferRefused) as refused:
        promised(session, cast, starts_on="2021-11-01")
    assert faults(refused) == [("starts_on", "2021-11-02 or later")]


@pytest.mark.parametrize("by", ["anna", "boris", "dina"])
def test_what_was_not_promised_before_hiring_begins_today_or_later(
    session: Session, cast: Cast, by: str
) -> None:
    with pytest.raises(OfferRefused) as refused:
        propose(session, cast, by=by, **DAYS)
    assert faults(refused) == [("starts_on", "today or a day to come")]


@pytest.mark.parametrize("field", ["ends_on", "evaluate_on"])
def test_its_last_day_and_its_evaluation_are_still_to_come(
    session: Session, cast: Cast, field: str
) -> None:
    days = {"evaluate_on": "2026-11-02", "ends_on": "2026-11-02"}
    assert promised(session, cast, **days).state == "negotiating"
    days["evaluate_on"] = "2026-11-01"
    if field == "ends_on":
        days["ends_on"] = "2026-11-01"
    with pytest.raises(OfferRefused) as refused:
        promised(session, cast, **days)
    assert (field, "today or a day to come") in faults(refused)


def test_it_is_in_force_at_once_from_its_first_day(session: Session, cast: Cast) -> None:
    deal = promised(session, cast)
    accept(session, deal, cast.boris)
    counter(session, deal, cast.anna, **DAYS, employee_gets="Fridays and Mondays")
    both_accept(session, cast, deal)
    assert (deal.state, deal.starts_on, deal.in_force_number) == ("in_force", HIRED, 2)
    assert acts(session, deal)[-1] == "start"
    with pytest.raises(OfferRefused):
        counter(session, deal, cast.anna, **DAYS)


def test_whose_last_day_has_passed_meanwhile_cannot_be_accepted(
    session: Session, cast: Cast
) -> None:
    deal = promised(session, cast, evaluate_on="2026-11-20", ends_on="2026-11-20")
    with pytest.raises(OfferOutOfDate):
        accept(session, deal, cast.anna, now=at(date(2026, 11, 21)))
    assert accept(session, deal, cast.anna, now=at(date(2026, 11, 20))).state == "negotiating"


def test_who_else_must_agree_has_time_though_it_has_begun(session: Session, cast: Cast) -> None:
    deal = both_accept(session, cast, promised(session, cast, once()))
    assert deal.next_on == NOW.date() + 90 * DAY
    assert open_approval(session, deal).latest_on == NOW.date() + 89 * DAY
    look(session, NOW + 89 * DAY)
    commands.act_on_deal(session, deal.id, actor=SYSTEM, now=NOW + 89 * DAY)
    assert deal.state == "agreed"
    other = both_accept(session, cast, promised(session, cast, once()))
    for who in (cast.greta, cast.dina):
        decide(session, other, who, now=NOW + 10 * DAY)
    assert (other.state, other.starts_on) == ("in_force", HIRED)
    look(session, NOW + 90 * DAY)
    assert deal.state == "lapsed"
    [row] = session.query(Approval).filter_by(subject=deal.source)
    assert row.state == "expired"


def test_refused_it_can_still_be_refused(session: Session, cast: Cast) -> None:
    deal = promised(session, cast, BONUS)
    commands.refuse(session, Refuse(deal.id, 1, "Never promised"), actor=cast.boris, now=NOW)
    assert deal.state == "refused"


def test_money_counts_from_its_month_and_the_next_run_corrects(
    session: Session, cast: Cast
) -> None:
    anna = cast.ids["anna"]
    for n in (9, 10, 11):
        allocate(session, f"2026-{n:02}", now=at(date(2026, n, 1)))
    before = budgets.budget_of(session, anna, Month(2026, 11)).available.minor
    terms = (
        monthly(personal_part=True, amount="120.35", from_month="2026-09"),
        monthly(amount="10.00", from_month=None, into="development"),
        term("hours", minutes=1200, starts_on=None),
    )
    deal = both_accept(session, cast, promised(session, cast, *terms))
    for who in (cast.greta, cast.dina):
        decide(session, deal, who)
    assert deal.state == "in_force"
    settled(session, NOW)
    assert in_accounts(session, cast)["development"] == 30_00
    assert anna in hours_on(session, [anna], HIRED)
    allocate(session, "2026-11", now=at(date(2026, 11, 20)))
    november = budgets.budget_of(session, anna, Month(2026, 11))
    ratio = hours_on(session, [anna], HIRED)[anna].part_time_factor
    expected = round(before * ratio) + 3 * 120_35
    assert abs(november.available.minor - expected) <= 3, deal_code(deal.number)
    assert prove(session) == []
