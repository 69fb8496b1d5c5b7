"""Money of a deal in force: granted, taken in by the allocation, stopped, to the cent."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.budgets import queries as budgets
from ideals.budgets.models import PersonalPart
from ideals.budgets.rules.parts import deal_code
from ideals.deals.commands import living
from ideals.deals.models import Deal, DealHours, DealMoney
from ideals.deals.rules.kinds import Into
from ideals.deals.rules.money import Flow, Way, flows_of, granted, next_grant
from ideals.deals.rules.offers import OfferText, read
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger.models import Transfer
from ideals.ledger.queries import balances, prove, statement
from ideals.outbox import Message
from tests.budgets.conftest import allocate
from tests.deals.conftest import offer, term
from tests.deals.table import (
    NOW,
    ZONE,
    Cast,
    accept,
    at,
    both_accept,
    cast_of,
    counter,
    decide,
    look,
    propose,
)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def month(text: str) -> Month:
    return Month.parse(text)


def once(**changes: object) -> dict[str, object]:
    return term(
        "money",
        **{"paid": "once", "through_month": None, "personal_part": None, "amount": "250.01"}
        | changes,
    )


def monthly(**changes: object) -> dict[str, object]:
    return term(
        "money", **{"through_month": None, "personal_part": None, "amount": "33.33"} | changes
    )


def settled(session: Session, now: datetime) -> int:
    """What was announced, and what has come by now, done; how many deals."""
    living.sweep(session, zone=ZONE, actor=SYSTEM, now=now)
    waiting = session.scalars(
        select(Message).where(Message.name == living.SETTLE_MONEY, Message.done_at.is_(None))
    ).all()
    for message in waiting:
        living.settle(session, UUID(message.payload["deal"]), actor=SYSTEM, now=now)
        message.done_at = now
    return len(waiting)


def agreed(session: Session, cast: Cast, *terms: dict[str, object], **changes: object) -> Deal:
    deal = both_accept(session, cast, propose(session, cast, *terms, **changes))
    decide(session, deal, cast.greta)
    decide(session, deal, cast.dina)
    return deal


def started(session: Session, cast: Cast, *terms: dict[str, object], **changes: object) -> Deal:
    deal = agreed(session, cast, *terms, **changes)
    look(session, at(deal.starts_on or date.max))
    session.refresh(deal)
    assert deal.state == "in_force"
    return deal


def in_accounts(session: Session, cast: Cast) -> dict[str, int]:
    found = balances(session, cast.ids["anna"])
    return {each.kind.value: each.posted_minor for each in found if each.posted_minor}


def lines(session: Session, cast: Cast, *, of: str = "2028-12") -> list[tuple[str, str, int]]:
    rows = statement(session, cast.ids["anna"], month("2026-01"), month(of))
    return [(str(r.for_month), r.code or "", r.amount_minor) for r in rows if r.reason == "grant"]


def test_once_into_the_budget_with_the_number_of_the_deal(session: Session, cast: Cast) -> None:
    deal = started(session, cast, once())
    assert in_accounts(session, cast) == {}
    assert settled(session, at(date(2027, 3, 1))) == 1
    assert lines(session, cast) == [("2027-03", deal_code(deal.number), 250_01)]
    [transfer] = session.scalars(select(Transfer).where(Transfer.source == f"{deal.source}:1"))
    assert (transfer.reason, transfer.month) == ("grant", month("2027-03"))
    budget = budgets.budget_of(session, cast.ids["anna"], month("2027-03"))
    assert [(p.code, str(p.amount)) for p in budget.components] == [
        (deal_code(deal.number), "250.01")
    ]
    assert (str(budget.allocated), str(budget.spent), str(budget.available)) == (
        "250.01", "0.00", "250.01",
    )  # fmt: skip
    assert settled(session, at(date(2027, 4, 1))) == 0
    living.settle(session, deal.id, actor=SYSTEM, now=at(date(2027, 5, 1)))
    assert in_accounts(session, cast) == {"budget": 250_01}
    assert prove(session) == []


def test_nothing_before_its_month(session: Session, cast: Cast) -> None:
    started(session, cast, once(from_month="2027-06"))
    settled(session, at(date(2027, 3, 1)))
    assert (in_accounts(session, cast), settled(session, at(date(2027, 5, 31)))) == ({}, 0)
    assert settled(session, at(date(2027, 6, 1))) == 1
    assert in_accounts(session, cast) == {"budget": 250_01}


def test_each_month_until_its_last(session: Session, cast: Cast) -> None:
    started(session, cast, monthly(into="development", through_month="2027-06"))
    for day in (date(2027, 3, 1), date(2027, 4, 1)):
        settled(session, at(day))
    assert in_accounts(session, cast) == {"development": 66_66}
    # May is missed, and comes with June.
    assert settled(session, at(date(2027, 6, 3))) == 1
    assert in_accounts(session, cast) == {"development": 133_32}
    assert settled(session, at(date(2027, 7, 1))) == 0
    assert session.scalars(select(DealMoney.next_on)).one() is None
    assert budgets.budget_of(session, cast.ids["anna"], month("2027-05")).components == []
    assert prove(session) == []


def test_over_with_its_last_day(session: Session, cast: Cast) -> None:
    deal = started(session, cast, monthly(), ends_on="2027-05-31", evaluate_on="2027-05-01")
    for n in (3, 4, 5):
        settled(session, at(date(2027, n, 1)))
    look(session, at(date(2027, 6, 1)))
    session.refresh(deal)
    assert deal.state == "ended"
    settled(session, at(date(2027, 6, 1)))
    assert in_accounts(session, cast) == {"budget": 99_99}
    assert settled(session, at(date(2027, 7, 1))) == 0
    assert prove(session) == []


def test_ended_earlier_than_it_ran_comes_back(session: Session, cast: Cast) -> None:
    deal = started(session, cast, monthly(), once(from_month="2027-05"))
    for n in (3, 4, 5, 6):
        settled(session, at(date(2027, n, 1)))
    assert in_accounts(session, cast) == {"budget": 383_33}
    living.stop(session, deal, date(2027, 4, 12), now=at(date(2027, 6, 10)))
    settled(session, at(date(2027, 6, 10)))
    assert in_accounts(session, cast) == {"budget": 66_66}
    code = deal_code(deal.number)
    assert sorted(lines(session, cast))[2:] == [
        ("2027-05", code, -283_34),
        ("2027-05", code, 283_34),
        ("2027-06", code, -33_33),
        ("2027-06", code, 33_33),
    ]
    assert settled(session, at(date(2027, 7, 1))) == 0
    living.stop(session, deal, date(2027, 4, 12), now=at(date(2027, 7, 1)))
    settled(session, at(date(2027, 7, 1)))
    assert in_accounts(session, cast) == {"budget": 66_66}
    assert prove(session) == []


def test_what_was_spent_of_it_is_owed(session: Session, cast: Cast) -> None:
    deal = started(session, cast, monthly(into="development"))
    settled(session, at(date(2027, 4, 1)))
    _spend(session, cast, 40_00)
    living.stop(session, deal, date(2027, 3, 31), now=at(date(2027, 4, 9)))
    settled(session, at(date(2027, 4, 9)))
    assert in_accounts(session, cast) == {"owed": -6_67}
    living.settle(session, deal.id, actor=SYSTEM, now=at(date(2027, 4, 10)))
    assert in_accounts(session, cast) == {"owed": -6_67}
    rows = living.living_queries.prove_deals(session)
    assert list(rows) == []


def _spend(session: Session, cast: Cast, cents: int) -> None:
    from ideals.kernel.ids import new_transfer_id
    from ideals.kernel.quantity import Unit
    from ideals.ledger import commands as ledger
    from ideals.ledger.states import AccountKind, Reason

    anna, april = cast.ids["anna"], month("2027-04")
    own = ledger.open_accounts(session, [anna], AccountKind.DEVELOPMENT, Unit.EUR)[anna]
    till = ledger.employer_account(session, AccountKind.PURCHASE, Unit.EUR)
    new = ledger.NewTransfer(
        new_transfer_id(april), april, april, own, till, Unit.EUR, cents, Reason.ORDER, "test:x"
    )
    ledger.post_transfers(session, ledger.PostTransfers((new,)), actor=SYSTEM, now=NOW)


def test_a_last_day_that_came_nearer_counts_before_the_clock_ends_it(
    session: Session, cast: Cast
) -> None:
    deal = started(session, cast, monthly(), monthly(personal_part=True), ends_on=None)
    settled(session, at(date(2027, 3, 1)))
    deal.ends_on = date(2027, 3, 31)
    living.follow(session, deal, now=at(date(2027, 3, 20)))
    settled(session, at(date(2027, 3, 20)))
    assert settled(session, at(date(2027, 4, 1))) == 0
    assert in_accounts(session, cast) == {"budget": 33_33}
    [part] = session.scalars(select(PersonalPart).where(PersonalPart.superseded_at.is_(None)))
    assert str(part.through_month) == "2027-03"
    assert prove(session) == []


def test_a_renewal_takes_over_with_the_month_of_its_first_day(session: Session, cast: Cast) -> None:
    deal = started(session, cast, monthly(), ends_on=None)
    for n in (3, 4):
        settled(session, at(date(2027, n, 1)))
    now = at(date(2027, 4, 20))
    counter(
        session, deal, cast.anna, monthly(amount="40.00", from_month="2027-05"), seen=1, now=now,
        starts_on="2027-05-15", ends_on=None,
    )  # fmt: skip
    for name in ("boris", "anna"):
        accept(session, deal, cast[name], now=now)
    for name in ("greta", "dina"):
        decide(session, deal, cast[name], now=now)
    settled(session, at(date(2027, 5, 1)))
    look(session, at(date(2027, 5, 15)))
    session.refresh(deal)
    assert deal.in_force_number == 2
    settled(session, at(date(2027, 5, 15)))
    settled(session, at(date(2027, 6, 1)))
    assert in_accounts(session, cast) == {"budget": 2 * 33_33 + 2 * 40_00}
    assert prove(session) == []


def test_nothing_after_leaving(session: Session, cast: Cast) -> None:
    from ideals.seeds import factories
    from tests.deals.table import employee

    deal = started(session, cast, monthly(), ends_on=None)
    settled(session, at(date(2027, 3, 1)))
    factories.a_change(session, employee(session, "anna"), date(2027, 3, 1), leaves_on="2027-04-10")
    for n in (4, 5):
        settled(session, at(date(2027, n, 1)))
    assert in_accounts(session, cast) == {"budget": 66_66}
    assert deal.state == "in_force"


def test_the_allocation_takes_a_part_in_and_takes_it_back(session: Session, cast: Cast) -> None:
    scheme, code = "meridian", ""
    deal = started(session, cast, monthly(personal_part=True, amount="120.35"), ends_on=None)
    settled(session, at(date(2027, 3, 1)))
    code, scheme = deal_code(deal.number), _scheme(session, cast)
    for n in (3, 4, 5):
        allocate(session, f"2027-0{n}", now=at(date(2027, n, 2)), scheme=scheme)
    anna = cast.ids["anna"]
    given = {n: budgets.budget_of(session, anna, Month(2027, n)) for n in (3, 4, 5)}
    for budget in given.values():
        assert {p.code: str(p.amount) for p in budget.components}[code] == "120.35"

    living.stop(session, deal, date(2027, 3, 31), now=at(date(2027, 5, 9)))
    settled(session, at(date(2027, 5, 9)))
    allocate(session, "2027-05", now=at(date(2027, 5, 10)), scheme=scheme)

    may = budgets.budget_of(session, anna, month("2027-05"))
    assert str(may.posted_elsewhere) == "-120.35"
    assert may.allocated.minor == given[5].allocated.minor - 120_35
    assert may.available.minor == given[5].available.minor - 240_70
    assert prove(session) == []


def _scheme(session: Session, cast: Cast) -> str:
    from ideals.people.queries import employment_on

    employment = employment_on(session, cast.ids["anna"], date(2027, 3, 1))
    assert employment is not None
    return employment.scheme


def test_killed_before_it_was_settled_the_next_look_does_it(session: Session, cast: Cast) -> None:
    started(session, cast, once())
    for message in session.scalars(select(Message).where(Message.name == living.SETTLE_MONEY)):
        message.done_at = NOW
    assert settled(session, at(date(2027, 3, 1))) == 0
    assert settled(session, at(date(2027, 3, 2))) == 1
    assert in_accounts(session, cast) == {"budget": 250_01}


def text_of(*terms: dict[str, object], **changes: object) -> OfferText:
    found = read(offer(*terms, **changes))
    assert isinstance(found, OfferText)
    return found


def test_the_months_of_money_terms() -> None:
    march, may = month("2027-03"), month("2027-05")
    flows = flows_of(
        text_of(once(from_month="2027-05"), monthly(), term("money", through_month="2027-09"))
    )
    assert [(f.place, f.way, str(f.first), str(f.through)) for f in flows] == [
        (0, "grant", "2027-05", "2027-05"),
        (1, "grant", "2027-03", "2028-02"),
        (2, "part", "2027-03", "2027-09"),
    ]
    assert [f.through for f in flows_of(text_of(monthly(), ends_on=None))] == [None]
    flow = Flow(0, Way.GRANT, Into.BUDGET, 100, march, None)
    assert granted(flow, may, [march, may]) == [march, may]
    assert flow.stopped(month("2027-02")) is None
    assert next_grant([flow, None], may) == month("2027-06")
    assert next_grant([flow.stopped(may)], may) is None


def test_the_proof_names_what_does_not_agree(session: Session, cast: Cast) -> None:
    deal = started(session, cast, monthly(), monthly(personal_part=True), term("hours"))
    assert prove(session) == [], "what waits to be settled claims nothing"
    settled(session, at(date(2027, 3, 1)))
    assert prove(session) == []
    for row in session.scalars(select(DealMoney)):
        row.amount_minor = row.granted_minor = 1
    for hours in session.scalars(select(DealHours)):
        hours.minutes = 60
    session.flush()
    assert {(each.what, each.expected, each.found) for each in prove(session)} == {
        (f"{deal.source}: what its terms granted", "1", "3333"),
        (f"{deal.source}: personal parts of its terms", "1", "3333"),
        (f"{deal.source}: its minutes a week", "60", "2160"),
    }
