"""HR's calendar: one line a month, from its allocation to its seal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.ledger.queries import month_state
from ideals.seeds import factories
from ideals.shop.commands.choices import SetChoice, What, set_choice
from ideals.shop.queries import reminders
from ideals.shop.queries.months import undecided
from ideals.shop.states import ChoiceMode
from tests.counting import counted
from tests.shop.conftest import APRIL, MARCH, NOW, ZONE, Shop, employee_of
from tests.shop.desk import Desk, answers, client_of, desk_of
from tests.shop.test_closing import AFTER, PAY_OUT, close, opened

JANUARY, FEBRUARY = Month(2026, 1), Month(2026, 2)


@pytest.fixture
def shop(session: Session) -> Shop:
    """What is left is paid each month. January and February are closed, March is allocated."""
    return opened(session, calendar=PAY_OUT)


@pytest.fixture
def client(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, [NOW]) as opened:
        yield opened


@pytest.fixture
def dina(client: FlaskClient, shop: Shop) -> Desk:
    return desk_of(client, "dina", Role.HR)


def line(dina: Desk, month: str) -> dict[str, str]:
    return next(row for row in dina.rows("/months.csv") if row["Month"] == month)


def test_a_month_has_one_line_from_allocation_to_seal(
    dina: Desk, session: Session, shop: Shop
) -> None:
    shop.order(session, "cash", "10")
    shop.order(session, "leave", "1", who=shop.egor)
    shop.order(session, "leave_asked", "8", who=shop.egor)
    session.commit()
    assert line(dina, "2026-03") == {
        "Month": "2026-03",
        "State": "open",
        "Last day to choose": "2026-03-15",
        "Orders that wait": "1",
        "Orders in force": "2",
        "Not chosen yet": "3",
        "Sealed": "",
        "Digest": "",
    }
    assert line(dina, "2026-04")["Not chosen yet"] == "", "without budgets nobody can choose"
    page = dina.read("/months")
    assert "To March 2026, the next to close" in page
    assert "March 2026 ○ open done 15-03-2026 - - 3 1 2" in page

    close(session)
    session.commit()
    sealed = line(dina, "2026-03")
    assert (sealed["State"], sealed["Orders that wait"], sealed["Sealed"]) == (
        "sealed", "0", "2026-03-16 10:00",
    )  # fmt: skip
    page = dina.read("/months")
    assert f"March 2026 ● sealed done 15-03-2026 done {sealed['Digest'][:8]} 16-03-2026" in page
    assert "To April 2026, the next to close" in page


def test_who_has_not_chosen_is_counted_as_the_reminders_do(session: Session, shop: Shop) -> None:
    def count() -> int:
        found = undecided(session, [MARCH, APRIL]).get(MARCH, 0)
        assert found == len(reminders.undecided(session, "simple", MARCH))
        return found

    assert count() == 5
    held = shop.order(session, "leave_asked", "8")
    assert count() == 4
    shop.cancel(session, held)
    assert count() == 5
    factories.a_change(session, shop.people.egor, date(2026, 2, 1), leaves_on=date(2026, 2, 28))
    assert count() == 4
    what = What(ChoiceMode.REST, None)
    cmd = SetChoice(employee_of(shop.boris), "savings", what)
    set_choice(session, cmd, actor=shop.boris, now=NOW, zone=ZONE)
    assert count() == 3, "a standing choice is one"
    assert undecided(session, [APRIL]) == {APRIL: 3}


def test_each_scheme_has_its_deadline_where_they_differ(
    dina: Desk, session: Session, shop: Shop
) -> None:
    factories.a_scheme(session, code="other", calendar={"deadline": {"day": "20"}})
    factories.an_employee(session, "Olga", scheme="other")
    factories.a_scheme(session, code="unused", calendar={"deadline": {"day": "25"}})
    session.commit()
    page = dina.read("/months")
    assert "March 2026 ○ open working 20-03-2026 Scheme other 15-03-2026 Scheme simple" in page
    assert "25-03-2026" not in page
    factories.a_run(session, MARCH, scheme="other")
    session.commit()
    assert "March 2026 ○ open done 20-03-2026 Scheme other" in dina.read("/months")


def test_the_list_is_filtered_sorted_and_paged_by_its_address(dina: Desk, session: Session) -> None:
    def months(query: str) -> list[str]:
        return [row["Month"] for row in dina.rows(f"/months.csv?{query}")]

    coming = ledger.OpenMonths(Month(2026, 9), Month(2027, 3))
    ledger.open_months(session, coming, actor=factories.DINA, now=NOW)
    session.commit()
    assert months("state=sealed") == ["2026-02", "2026-01"]
    assert months("year=2027&state=open") == ["2027-03", "2027-02", "2027-01"]
    assert len(months("year=nonsense&state=nonsense")) == len(months("")) == 15
    first = dina.get("/months")
    assert "March 2027" in first
    assert "January 2026" not in first
    assert 'rel="next"' in first
    assert "January 2026" in dina.get("/months?sort=month")
    assert "No month is like that" in dina.read("/months?state=closing")


def test_before_the_first_month_the_page_says_how_to_begin(
    session: Session, client: FlaskClient
) -> None:
    page = desk_of(client, "dina", Role.HR).read("/months")
    assert "No month yet" in page
    assert "Begin with a look at this month" in page


@pytest.mark.parametrize("path", ["/months", "/months.csv", "/months.xlsx"])
def test_only_hr_sees_the_calendar(client: FlaskClient, shop: Shop, path: str) -> None:
    assert answers(client, path) == {"anna": 403, "boris": 403, "paula": 403, "dina": 200}


def test_the_cost_does_not_grow_with_months_or_orders(
    dina: Desk, session: Session, shop: Shop
) -> None:
    dina.get("/months")
    with counted() as few:
        dina.get("/months?state=open&sort=month")
    close(session)
    for month in (APRIL, Month(2026, 5)):
        factories.a_run(session, month)
    for who in (shop.anna, shop.boris, shop.egor):
        at = datetime(2026, 4, 2, tzinfo=UTC)
        shop.order(session, "cash", "1", who=who, now=at)
    session.commit()
    with counted() as more:
        page = dina.read("/months?state=open&sort=month")
    assert "May 2026 ○ open done" in page
    assert more.statements == few.statements, str(more)


def test_a_month_that_is_closing_shows_it(dina: Desk, session: Session) -> None:
    closing = ledger.BeginClosing(MARCH)
    ledger.begin_closing(session, closing, actor=factories.DINA, now=AFTER)
    session.commit()
    assert month_state(session, MARCH) == "closing"
    assert line(dina, "2026-03")["State"] == "closing"
