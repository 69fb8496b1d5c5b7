"""Leave, courses and patterns of a deal in force: what they take and give back, to the cent."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.budgets import queries as budgets
from ideals.deals.commands import living
from ideals.deals.models import Deal, DealCharge
from ideals.deals.queries.living import prove_deals
from ideals.deals.rules.taking import Pay, cost_of, part_of_week, reach
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger.queries import prove, statement
from ideals.ledger.states import AccountKind, Reason
from ideals.people.commands.units import KeepWeek, keep_week
from ideals.people.models import WorkWeek
from ideals.people.queries import team_calendar
from ideals.people.queries.units import week_of
from ideals.seeds import factories
from tests.budgets.conftest import allocate
from tests.deals.conftest import term
from tests.deals.table import (
    Cast,
    accept,
    acts,
    at,
    cast_of,
    counter,
    employee,
    in_force,
    look,
    told,
)
from tests.deals.test_living_money import _scheme, in_accounts, settled

MARCH = date(2027, 3, 1)


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def leave(**changes: object) -> dict[str, object]:
    return term(
        "leave",
        **{"starts_on": "2027-04-01", "ends_on": "2027-05-31", "minutes": None} | changes,
    )


def course(**changes: object) -> dict[str, object]:
    return term("development", **{"cost": "1200.50"} | changes)


def fund(session: Session, cast: Cast, kind: AccountKind, cents: int, month: str) -> None:
    anna = cast.ids["anna"]
    own = ledger.open_accounts(session, [anna], kind, Unit.EUR)[anna]
    of = Month.parse(month)
    ledger.open_months(session, ledger.OpenMonths(of, of), actor=SYSTEM, now=at(MARCH))
    transfer = ledger.NewTransfer(
        id=new_transfer_id(of),
        month=of,
        for_month=of,
        from_account=ledger.employer_account(session, kind, Unit.EUR),
        to_account=own,
        unit=Unit.EUR,
        amount_minor=cents,
        reason=Reason.OPENING,
        source=f"opening:{new_transfer_id(of)}",
    )
    ledger.post_transfers(session, ledger.PostTransfers((transfer,)), actor=SYSTEM, now=at(MARCH))


def salary(session: Session) -> None:
    anna = employee(session, "anna")
    factories.a_change(session, anna, date(2026, 1, 1), full_time_salary="3000.00")


def charges(session: Session, cast: Cast) -> list[tuple[str, int]]:
    rows = statement(session, cast.ids["anna"], Month(2026, 1), Month(2028, 12))
    return [
        (str(row.month), row.amount_minor) for row in rows if (row.code or "").endswith(".cost")
    ]


def allocated(session: Session, cast: Cast, month: str, now: datetime | None = None) -> int:
    when = now or at(Month.parse(month).first)
    allocate(session, month, now=when, scheme=_scheme(session, cast))
    return budgets.budget_of(session, cast.ids["anna"], Month.parse(month)).allocated.minor


# Rules


@pytest.mark.parametrize(
    ("first", "through", "cents"),
    [
        # April 2027 has 22 working days, May 21.
        (date(2027, 4, 1), date(2027, 4, 30), 3000_00),
        (date(2027, 4, 1), date(2027, 5, 31), 6000_00),
        (date(2027, 4, 1), date(2027, 4, 1), 136_36),
        (date(2027, 4, 3), date(2027, 4, 4), 0),
        (date(2027, 4, 29), date(2027, 5, 3), 272_73 + 142_86),
        (date(2027, 4, 2), date(2027, 4, 1), 0),
    ],
)
def test_what_leave_costs(first: date, through: date, cents: int) -> None:
    assert cost_of(first, through, Pay(3000_00)) == cents


def test_a_part_of_the_week_costs_its_part() -> None:
    part = Pay(3000_00, part_of_week(960, 2400))
    assert cost_of(date(2027, 4, 1), date(2027, 4, 30), part) == 1200_00
    assert part_of_week(2400, 2400) == part_of_week(None, 2400) == 1


@pytest.mark.parametrize(
    ("available", "day", "cost"),
    [
        (136_35, None, 0),
        (136_36, date(2027, 4, 1), 136_36),
        # Friday the 2nd, and the weekend costs nothing.
        (272_73, date(2027, 4, 4), 272_73),
        (3000_00, date(2027, 5, 2), 3000_00),
        (9999_00, date(2027, 5, 31), 6000_00),
        (-5, None, 0),
    ],
)
def test_how_far_an_account_reaches(available: int, day: date | None, cost: int) -> None:
    assert reach(date(2027, 4, 1), date(2027, 5, 31), Pay(3000_00), available) == (day, cost)


# Leave


def test_unpaid_leave_is_unpaid_to_the_allocation(session: Session, cast: Cast) -> None:
    in_force(session, cast, leave(financed_by="unpaid"))
    settled(session, at(MARCH))
    assert allocated(session, cast, "2027-03") > 0
    assert allocated(session, cast, "2027-04") == 0
    assert allocated(session, cast, "2027-05") == 0
    assert allocated(session, cast, "2027-06") > 0
    assert charges(session, cast) == []
    assert prove(session) == []


def test_unpaid_leave_ended_early_counts_again(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast, leave(financed_by="unpaid"))
    settled(session, at(MARCH))
    whole = allocated(session, cast, "2027-03")
    assert (allocated(session, cast, "2027-04"), allocated(session, cast, "2027-05")) == (0, 0)
    living.stop(session, deal, date(2027, 4, 30), now=at(date(2027, 5, 10)))
    settled(session, at(date(2027, 5, 10)))
    assert allocated(session, cast, "2027-05", at(date(2027, 5, 11))) == whole
    assert budgets.budget_of(session, cast.ids["anna"], Month(2027, 4)).allocated.minor == 0
    assert prove(session) == []


def test_a_part_of_each_week_unpaid_leaves_fewer_hours(session: Session, cast: Cast) -> None:
    from ideals.people.queries.overlays import hours_on

    in_force(session, cast, leave(financed_by="unpaid", minutes=480))
    settled(session, at(MARCH))
    anna = cast.ids["anna"]
    before = session.scalars(select(DealCharge)).one().week_minutes or 0
    [hours] = hours_on(session, [anna], date(2027, 4, 1)).values()
    assert hours.weekly_hours * 60 == before - 480
    assert hours_on(session, [anna], date(2027, 3, 31)) == {}
    assert hours_on(session, [anna], date(2027, 6, 1)) == {}
    assert 0 < allocated(session, cast, "2027-04") < allocated(session, cast, "2027-03")
    assert prove(session) == []


def test_savings_pay_for_leave(session: Session, cast: Cast) -> None:
    salary(session)
    fund(session, cast, AccountKind.SAVINGS, 7000_00, "2027-03")
    deal = in_force(session, cast, leave())
    settled(session, at(MARCH))
    assert in_accounts(session, cast) == {"savings": 1000_00}
    assert charges(session, cast) == [("2027-03", -6000_00)]
    # Pay goes on, and so does the budget.
    assert allocated(session, cast, "2027-04") == allocated(session, cast, "2027-03") > 0
    for _ in range(2):
        living.settle(session, deal.id, actor=SYSTEM, now=at(date(2027, 3, 2)))
    assert charges(session, cast) == [("2027-03", -6000_00)]
    assert prove(session) == []


def test_ended_early_the_days_after_the_last_come_back(session: Session, cast: Cast) -> None:
    salary(session)
    fund(session, cast, AccountKind.SAVINGS, 7000_00, "2027-03")
    deal = in_force(session, cast, leave())
    settled(session, at(MARCH))
    for _ in range(2):
        living.stop(session, deal, date(2027, 5, 3), now=at(date(2027, 5, 4)))
        settled(session, at(date(2027, 5, 4)))
        assert charges(session, cast) == [("2027-03", -6000_00), ("2027-05", 2857_14)]
    assert in_accounts(session, cast)["savings"] == 1000_00 + 2857_14
    assert prove(session) == []


def test_ended_before_it_began_all_comes_back(session: Session, cast: Cast) -> None:
    salary(session)
    fund(session, cast, AccountKind.SAVINGS, 6000_00, "2027-03")
    deal = in_force(session, cast, leave())
    settled(session, at(MARCH))
    assert in_accounts(session, cast) == {}
    living.stop(session, deal, date(2027, 3, 15), now=at(date(2027, 3, 15)))
    settled(session, at(date(2027, 3, 15)))
    assert in_accounts(session, cast) == {"savings": 6000_00}
    assert prove(session) == []


def test_too_little_pays_the_first_days(session: Session, cast: Cast) -> None:
    salary(session)
    fund(session, cast, AccountKind.SAVINGS, 3100_00, "2027-03")
    deal = in_force(session, cast, leave())
    settled(session, at(MARCH))
    assert in_accounts(session, cast) == {"savings": 100_00}
    assert session.scalars(select(DealCharge.paid_through)).one() == date(2027, 5, 2)
    assert acts(session, deal).count("leave_short") == 1
    assert {who for what, who in told(session, deal) if what == "leave_short"} == {"anna", "boris"}
    whole = allocated(session, cast, "2027-04")
    assert whole > 0
    assert allocated(session, cast, "2027-05") < whole
    # What comes later does not pay after the fact.
    fund(session, cast, AccountKind.SAVINGS, 5000_00, "2027-04")
    living.settle(session, deal.id, actor=SYSTEM, now=at(date(2027, 4, 2)))
    assert charges(session, cast) == [("2027-03", -3000_00)]
    assert acts(session, deal).count("leave_short") == 1
    assert prove(session) == []


def test_a_budget_pays_and_shows_it_as_spent(session: Session, cast: Cast) -> None:
    salary(session)
    fund(session, cast, AccountKind.BUDGET, 5000_00, "2027-03")
    in_force(session, cast, leave(financed_by="budget", ends_on="2027-04-30"))
    settled(session, at(MARCH))
    budget = budgets.budget_of(session, cast.ids["anna"], Month(2027, 3))
    assert (str(budget.spent), str(budget.available)) == ("3000.00", "2000.00")
    assert budget.components == []
    assert prove(session) == []


# Courses


def test_a_course_is_paid_at_the_start_and_once(session: Session, cast: Cast) -> None:
    fund(session, cast, AccountKind.DEVELOPMENT, 1500_00, "2027-03")
    deal = in_force(session, cast, course(), ends_on=None)
    settled(session, at(MARCH))
    assert in_accounts(session, cast) == {"development": 299_50}
    living.settle(session, deal.id, actor=SYSTEM, now=at(MARCH))
    # Renewed with the same course it is not paid again, and ending gives nothing back.
    now = at(date(2027, 4, 20))
    fund(session, cast, AccountKind.DEVELOPMENT, 1500_00, "2027-04")
    counter(
        session, deal, cast.anna, course(), term("place"), seen=1, now=now,
        starts_on="2027-06-01", evaluate_on="2027-09-01", ends_on=None,
    )  # fmt: skip
    for name in ("boris", "anna"):
        accept(session, deal, cast[name], now=now)
    look(session, at(date(2027, 6, 1)))
    settled(session, at(date(2027, 6, 1)))
    session.refresh(deal)
    assert deal.in_force_number == 2
    living.stop(session, deal, date(2027, 6, 10), now=at(date(2027, 6, 10)))
    settled(session, at(date(2027, 6, 10)))
    assert charges(session, cast) == [("2027-03", -1200_50)]
    assert prove(session) == []


def test_too_little_for_a_course_takes_nothing_until_there_is_enough(
    session: Session, cast: Cast
) -> None:
    fund(session, cast, AccountKind.DEVELOPMENT, 1200_49, "2027-03")
    deal = in_force(session, cast, course())
    settled(session, at(MARCH))
    assert in_accounts(session, cast) == {"development": 1200_49}
    assert acts(session, deal).count("cost_short") == 1
    assert settled(session, at(date(2027, 3, 31))) == 0
    assert settled(session, at(date(2027, 4, 1))) == 1
    fund(session, cast, AccountKind.DEVELOPMENT, 1, "2027-04")
    assert settled(session, at(date(2027, 5, 1))) == 1
    assert in_accounts(session, cast) == {}
    assert charges(session, cast) == [("2027-05", -1200_50)]
    assert settled(session, at(date(2027, 6, 1))) == 0
    assert acts(session, deal).count("cost_short") == 1
    assert prove(session) == []


def test_killed_before_it_was_written_and_done_again(session: Session, cast: Cast) -> None:
    salary(session)
    fund(session, cast, AccountKind.SAVINGS, 7000_00, "2027-03")
    fund(session, cast, AccountKind.DEVELOPMENT, 1500_00, "2027-03")
    deal = in_force(session, cast, leave(), course(), PATTERN)
    killed = session.begin_nested()
    living.settle(session, deal.id, actor=SYSTEM, now=at(MARCH))
    killed.rollback()
    session.expire_all()
    assert in_accounts(session, cast) == {"savings": 7000_00, "development": 1500_00}
    settled(session, at(MARCH))
    assert in_accounts(session, cast) == {"savings": 1000_00, "development": 299_50}
    assert prove(session) == []


def test_the_proof_sees_what_was_not_charged(session: Session, cast: Cast) -> None:
    fund(session, cast, AccountKind.DEVELOPMENT, 1500_00, "2027-03")
    deal = in_force(session, cast, course())
    settled(session, at(MARCH))
    session.execute(text("UPDATE deals_charge SET charged_minor = 0"))
    [found] = list(prove_deals(session))
    assert (found.what, found.expected, found.found) == (
        f"{deal.source}: what its terms charged", "0", "120050",
    )  # fmt: skip


# Patterns

PATTERN = term("pattern")
"""Monday to Thursday."""


def week(session: Session, cast: Cast) -> frozenset[int]:
    return week_of(session, [cast.ids["anna"]])[cast.ids["anna"]]


def ended(session: Session, deal: Deal, day: date) -> None:
    living.stop(session, deal, day, now=at(day))
    settled(session, at(day.replace(day=day.day + 1)))


def test_a_pattern_sets_the_days_and_puts_back_those_before(session: Session, cast: Cast) -> None:
    keep_week(session, KeepWeek([0, 1, 4]), actor=cast.anna, now=at(date(2027, 2, 1)))
    deal = in_force(session, cast, PATTERN)
    settled(session, at(MARCH))
    assert week(session, cast) == {0, 1, 2, 3}
    noted = select(Entry.details).where(Entry.act == "people.week_agreed")
    assert session.scalars(noted).one() == {"days": ["monday", "tuesday", "wednesday", "thursday"]}
    ended(session, deal, date(2027, 4, 12))
    assert week(session, cast) == {0, 1, 4}


def test_where_nothing_was_kept_nothing_is_afterwards(session: Session, cast: Cast) -> None:
    in_force(session, cast, PATTERN, ends_on="2027-05-31", evaluate_on="2027-05-01")
    settled(session, at(MARCH))
    assert week(session, cast) == {0, 1, 2, 3}
    assert settled(session, at(date(2027, 5, 31))) == 0
    assert settled(session, at(date(2027, 6, 1))) == 1
    assert session.scalars(select(WorkWeek)).all() == []
    assert settled(session, at(date(2027, 6, 2))) == 0


def test_other_days_kept_meanwhile_stay_and_the_history_says_so(
    session: Session, cast: Cast
) -> None:
    deal = in_force(session, cast, PATTERN)
    settled(session, at(MARCH))
    keep_week(session, KeepWeek([0, 1, 2]), actor=cast.anna, now=at(date(2027, 3, 9)))
    living.settle(session, deal.id, actor=SYSTEM, now=at(date(2027, 3, 10)))
    assert week(session, cast) == {0, 1, 2}
    ended(session, deal, date(2027, 4, 12))
    assert week(session, cast) == {0, 1, 2}
    assert acts(session, deal).count("week_stays") == 1


def test_renewed_with_another_pattern(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast, PATTERN, ends_on=None)
    settled(session, at(MARCH))
    now = at(date(2027, 4, 20))
    counter(
        session, deal, cast.anna, term("pattern", minutes={"friday": 480}), seen=1, now=now,
        starts_on="2027-06-16", evaluate_on="2027-09-01", ends_on=None,
    )  # fmt: skip
    for name in ("boris", "anna"):
        accept(session, deal, cast[name], now=now)
    look(session, at(date(2027, 6, 16)))
    settled(session, at(date(2027, 6, 16)))
    assert week(session, cast) == {4}
    ended(session, deal, date(2027, 7, 12))
    assert session.scalars(select(WorkWeek)).all() == []


def test_the_calendar_of_the_team_shows_agreed_leave(session: Session, cast: Cast) -> None:
    deal = in_force(session, cast, leave(), PATTERN)
    settled(session, at(MARCH))

    def days_of(month: Month) -> list[tuple[int, int]]:
        away = team_calendar(session, cast.ids["boris"], month)
        [anna] = [each for each in away if each.number == "anna"]
        return [(row.day.day, row.minutes) for row in anna.leave]

    assert days_of(Month(2027, 3)) == []
    april = days_of(Month(2027, 4))
    assert [day for day, _ in april][:4] == [1, 5, 6, 7], "by the pattern no Friday is worked"
    assert len({minutes for _, minutes in april}) == 1
    living.stop(session, deal, date(2027, 4, 5), now=at(date(2027, 4, 5)))
    settled(session, at(date(2027, 4, 5)))
    assert [day for day, _ in days_of(Month(2027, 4))] == [1, 5]


def test_agreed_leave_is_superseded_and_never_changed(session: Session, cast: Cast) -> None:
    in_force(session, cast, leave(financed_by="unpaid"))
    settled(session, at(MARCH))
    for statement_ in (
        "UPDATE people_agreed_leave SET unpaid = false",
        "DELETE FROM people_agreed_leave",
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(statement_))
