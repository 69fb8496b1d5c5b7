"""One month on HR's page: what stands in the way, what a close would do, how far it is, its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.budgets.commands import StartRun, start_run
from ideals.budgets.models import Run
from ideals.budgets.states import RunKind, StartedAs
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.ledger.queries import month_state
from ideals.ledger.states import MonthState
from ideals.notices.models import Notice
from ideals.notices.queries import in_words
from ideals.schemes.queries import scheme_for
from ideals.seeds import factories
from ideals.seeds.commands import work_off
from ideals.shop.models import Death, Order
from ideals.shop.pages.closing import LEAVERS
from ideals.shop.queries.before_close import expected
from ideals.shop.queries.closing import month_view
from tests.counting import counted
from tests.shop.conftest import APRIL, MARCH, NOW, Shop, balance, employee_of, proved
from tests.shop.desk import Desk, answers, client_of, desk_of
from tests.shop.test_closing import AFTER, PAY_OUT, SAVING, close, opened
from tests.shop.test_leavers import LEAVING, indebted

WAIVES = LEAVING | {"debt": "waive_on_death"}
ON_LAST = date(2026, 3, 31)


@pytest.fixture
def times() -> list[datetime]:
    """The last is now: the day after the deadline of March."""
    return [AFTER]


@pytest.fixture
def client(
    session: Session, monkeypatch: pytest.MonkeyPatch, times: list[datetime]
) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, times) as opened:
        yield opened


def dina_at(client: FlaskClient, session: Session) -> Desk:
    session.commit()
    return desk_of(client, "dina", Role.HR)


def paying(session: Session, **keys: Any) -> Shop:
    return opened(session, **({"calendar": PAY_OUT} | keys))


def leaves(session: Session, shop: Shop, who: str, on: date = ON_LAST, **columns: Any) -> None:
    factories.a_change(session, getattr(shop.people, who), MARCH.first, leaves_on=on, **columns)


def worked_off(session: Session) -> None:
    work_off(session, now=AFTER)
    session.commit()


# What stands in the way


def test_a_month_in_whose_way_nothing_stands_is_closed_by_one_button(
    client: FlaskClient, session: Session
) -> None:
    paying(session)
    dina = dina_at(client, session)
    page = dina.get("/months/2026-03")
    assert "Close March 2026</button>" in page
    assert 'name="early"' not in page
    assert dina.read("/months/2026-03").count("● yes") == 4

    assert dina.post("/months/2026-03/close") == "/months/2026-03"
    assert month_state(session, MARCH) is MonthState.CLOSING
    worked_off(session)
    assert month_state(session, MARCH) is MonthState.SEALED
    assert proved(session)


def test_what_stands_in_the_way_is_told_with_where_to_clear_it(
    client: FlaskClient, session: Session, times: list[datetime]
) -> None:
    paying(session)
    dina = dina_at(client, session)
    page = dina.read("/months/2026-04")
    assert "○ not yet Earlier months are sealed March 2026 is not closed yet." in page
    assert "○ not yet Budgets are allocated There was no run for Scheme simple yet." in page
    assert "takes orders through 15 April 2026." in page
    assert "Nothing is allocated for this month yet" in page
    html = dina.get("/months/2026-04")
    assert 'href="/months/2026-03"' in html
    assert 'href="/runs?month=2026-04"' in html
    assert "/months/2026-04/close" not in html, "what cannot be done has no button"

    answer = dina.send("/months/2026-04/close", early="in a hurry")
    assert answer.status_code == 409
    assert "Look at what stands in its way." in answer.get_data(as_text=True)
    assert month_state(session, APRIL) is MonthState.OPEN


def test_before_the_deadline_a_word_is_asked_for_and_kept(
    client: FlaskClient, session: Session, times: list[datetime]
) -> None:
    paying(session)
    times.append(NOW)
    dina = dina_at(client, session)
    assert "Close March 2026 before its deadline" in dina.read("/months/2026-03")
    for word in ("", "   "):
        answer = dina.send("/months/2026-03/close", early=word)
        assert answer.status_code == 409
        page = answer.get_data(as_text=True)
        assert 'id="early-error"' in page
        assert "<details" in page and " open>" in page, "the field is not hidden"
    assert month_state(session, MARCH) is MonthState.OPEN

    dina.post("/months/2026-03/close", early="Payroll runs before the holiday.")
    began = select(Entry).where(Entry.act == "shop.close_began", Entry.subject == "month:2026-03")
    entry = session.scalars(began).one()
    assert entry.details["early"] == "Payroll runs before the holiday."
    assert entry.actor == "dina@meridian.example"


def test_a_run_at_work_and_people_it_skipped_are_shown(
    client: FlaskClient, session: Session
) -> None:
    shop = opened(session, calendar=PAY_OUT)
    factories.a_scheme(session, code="aged", components={"budget": "10 * age"}, calendar=PAY_OUT)
    factories.an_employee(session, "Olga", scheme="aged")
    run = factories.a_run(session, MARCH, scheme="aged")
    dina = dina_at(client, session)
    page = dina.read("/months/2026-03")
    assert "1 employee of Scheme aged has no budget of this month" in page
    assert f'href="/runs/{run.id}#skipped"' in dina.get("/months/2026-03")

    start_run(session, StartRun("aged", MARCH, False, StartedAs.API), actor=shop.dina, now=AFTER)
    session.commit()
    assert "○ not yet No run is at work A run of Scheme aged is still at work." in dina.read(
        "/months/2026-03"
    )


# What the close would do, and what it did


@pytest.mark.parametrize(
    ("calendar", "left", "released"),
    [
        (PAY_OUT, "3300.00", 3),
        (SAVING, "3300.00", 3),
        ({"left_over": "keep_until_december"}, "3300.00", 3),
        # 80.00 of Anna's are spent on her leave, Boris gets 69.34 for his.
        (PAY_OUT | {"pending": "approve"}, "3289.34", 1),
    ],
)
def test_what_is_told_before_is_what_happens(
    session: Session, calendar: Mapping[str, Any], left: str, released: int
) -> None:
    """Anna 1,000.00, Boris 700.00, Dina 1,000.00, Egor 600.00 (he spent 400.00 of it in April); and
    Clara leaves."""
    shop = opened(session, calendar=calendar)
    shop.order(session, "leave_asked", "4")
    shop.order(session, "dues", "30")
    shop.order(session, "cash", "300", who=shop.boris)
    shop.order(session, "sell_asked", "2", who=shop.boris)
    at = datetime(2026, 4, 2, tzinfo=UTC)
    factories.a_run(session, APRIL)
    shop.order(session, "cash", "1400", who=shop.egor, now=at, month=APRIL)
    leaves(session, shop, "clara")
    factories.a_run(session, MARCH, now=at)
    scheme = scheme_for(session, "simple", MARCH)
    assert scheme is not None
    told = expected(session, MARCH, {"simple": scheme})["simple"]
    assert (told.left_people, Money(told.left_minor)) == (4, Money.parse(left))
    assert (told.employees, told.leavers) == (5, 1)
    assert (told.released, told.confirmed) == (released, 3 - released)

    close(session, now=at)
    [line] = month_view(session, MARCH, date(2026, 4, 2)).schemes
    assert line.close is not None
    assert line.close.employees == told.employees
    did = [
        (each.employees, each.amount)
        for each in line.close.differences
        if each.code == "left_over" and each.amount is not None
    ]
    keeps = calendar["left_over"] == "keep_until_december"
    assert did == ([] if keeps else [(4, Money(-told.left_minor))])
    states = list(session.scalars(select(Order.state).where(Order.month == MARCH)))
    assert (states.count("released"), states.count("held")) == (released, 0)
    assert proved(session)


def test_the_numbers_stand_on_the_page(client: FlaskClient, session: Session) -> None:
    shop = paying(session)
    shop.order(session, "leave_asked", "4")
    shop.order(session, "cash", "300", who=shop.boris)
    leaves(session, shop, "clara")
    page = dina_at(client, session).read("/months/2026-03")
    for said in (
        "3 employees have not chosen yet",
        "Closing March 2026 looks at 5 employees, and seals the month.",
        "What is left over is paid out 4 €3,700.00",
        "Leavers are settled 1 -",
        "Orders that wait are ended, and what they hold is given back 1 -",
        "Long leave: 4 hours order",
        "Anna somebody's yes is ended, and what it holds is given back €80.00",
    ):
        assert said in page
    assert "taken for a yes" not in page


def test_what_waits_is_taken_for_a_yes_where_the_scheme_says_so(
    client: FlaskClient, session: Session
) -> None:
    shop = paying(session, calendar=PAY_OUT | {"pending": "approve"})
    shop.order(session, "leave_asked", "4")
    shop.order(session, "leave_asked", "2", who=shop.egor)
    shop.order(session, "dues", "30")
    leaves(session, shop, "egor")
    dina = dina_at(client, session)
    rows = dina.rows("/months/2026-03/waiting.csv")
    assert [(row["Name"], row["Euro"], row["At the close"]) for row in rows] == [
        ("Anna", "80.00", "is taken for a yes"),
        ("Egor", "40.00", "is ended, and what it holds is given back"),
        ("Anna", "30.00", "is ended, and what it holds is given back"),
    ], "not a leaver's, and nothing that lacks its evidence"
    page = dina.read("/months/2026-03")
    for row in rows:
        assert f"{row['At the close']} €{row['Euro']}" in page
    assert session.scalar(select(func.count()).where(Entry.act == "shop.waiting_downloaded"))


# Who leaves


def test_leavers_stand_there_with_what_they_will_get(client: FlaskClient, session: Session) -> None:
    """Eight hours that Anna bought for 160.00 come back; what is granted payroll settles."""
    shop = paying(session)
    shop.order(session, "leave", "8")
    leaves(session, shop, "anna")
    leaves(session, shop, "egor", on=date(2026, 2, 10))
    factories.a_run(session, MARCH, now=AFTER)
    dina = dina_at(client, session)
    rows = {row["Number"]: row for row in dina.rows("/months/2026-03/leavers.csv")}
    anna = rows["anna"]
    assert (anna["Last day"], anna["Gets"], anna["Pays"]) == ("2026-03-31", "1000.00", "0.00")
    page = dina.read("/months/2026-03")
    assert f"Anna anna 31-03-2026 €1,000.00 - {_hours(anna)} h" in page
    assert "Has died" not in page, "this scheme waives nothing"
    assert session.scalar(select(func.count()).where(Entry.act == "shop.leavers_downloaded"))

    close(session)
    session.commit()
    assert balance(session, shop.anna) == (0, 0)
    page = dina.read("/months/2026-03")
    assert "Budgets of leavers, paid out" in page


def _hours(row: Mapping[str, str]) -> str:
    return row["Hours of leave"].removesuffix(".00")


def test_a_debt_is_waived_for_who_has_died_as_hr_notes(
    client: FlaskClient, session: Session
) -> None:
    shop = paying(session, leaving=WAIVES)
    indebted(session, shop)
    leaves(session, shop, "anna", part_time_factor="0.5")
    dina = dina_at(client, session)
    assert "Anna anna 31-03-2026 no Note it - €400.00 -" in dina.read("/months/2026-03")

    where = dina.post("/months/2026-03/deaths", number="anna", died="yes")
    assert where == "/months/2026-03#leavers"
    death = session.get_one(Death, employee_of(shop.anna))
    assert (death.noted_by, death.noted_at) == ("dina@meridian.example", AFTER)
    page = dina.read("/months/2026-03")
    assert "yes: debts are let go Take it back €100.00 - €500.00" in page

    dina.post("/months/2026-03/deaths", number="anna", died="no")
    session.expire_all()
    assert session.get(Death, employee_of(shop.anna)) is None
    assert dina.send("/months/2026-03/deaths", number="nobody", died="yes").status_code == 404


def test_that_facts_of_leavers_changed_since_the_run_is_said(
    client: FlaskClient, session: Session
) -> None:
    shop = paying(session)
    dina = dina_at(client, session)
    assert "Nobody leaves in this month." in dina.read("/months/2026-03")
    leaves(session, shop, "egor", on=date(2026, 3, 20))
    session.commit()
    said = "Closing runs the allocation once more first"
    assert said in dina.read("/months/2026-03")
    dina.post("/months/2026-03/close")
    page = dina.read("/months/2026-03")
    assert "the run of March 2026 comes first" in page
    worked_off(session)
    kinds = session.scalars(
        select(Run.kind).where(Run.month == MARCH).order_by(Run.finished_at, Run.id)
    ).all()
    assert kinds == ["allocation", "allocation", "close"]


# While it works, and after


def test_progress_is_shown_until_the_month_is_sealed(client: FlaskClient, session: Session) -> None:
    paying(session)
    dina = dina_at(client, session)
    dina.post("/months/2026-03/close")
    html = dina.get("/months/2026-03")
    assert 'hx-trigger="every 1s"' in html
    assert '<noscript><meta http-equiv="refresh"' in html
    assert "<title>0% - March 2026" in html
    page = dina.read("/months/2026-03")
    assert "Orders that people place now go into the next month." in page
    assert "Close March 2026" not in page
    worked_off(session)
    html = dina.get("/months/2026-03")
    assert "hx-trigger" not in html.partition("<main")[2]
    assert "http-equiv" not in html


def test_what_it_did_is_told_by_reason_with_the_seal(client: FlaskClient, session: Session) -> None:
    shop = paying(session)
    shop.order(session, "leave_asked", "4")
    close(session)
    dina = dina_at(client, session)
    page = dina.read("/months/2026-03")
    assert "Closed and sealed on 16 March 2026 10:00." in page
    assert "Left over, paid out 5 −€5,000.00 -" in page
    assert "1 order of this month had not been decided and was ended" in page
    view = month_view(session, MARCH, AFTER.date())
    assert view.digest
    assert view.digest in page
    assert f"Rows in the books {view.rows}" in page
    assert "Scheme simple: nothing was left over, and nobody left." in dina.read("/months/2026-02")


def test_who_was_skipped_stands_there_with_reason_and_remedy(
    client: FlaskClient, session: Session
) -> None:
    leave = {"kind": "leave", "price": "10 / (part_time_factor - 0.5)"}
    shop = opened(session, products={"leave": leave}, calendar=SAVING)
    factories.a_change(session, shop.people.boris, MARCH.first, part_time_factor="0.5")
    close(session)
    dina = dina_at(client, session)
    page = dina.read("/months/2026-03")
    assert "1 employee was skipped. See who, why, and what to do" in page
    assert "Boris boris The formula of leave has no result." in page
    assert "Left over, saved as leave" in page
    [row] = dina.rows("/months/2026-03/skipped.csv")
    assert (row["Number"], row["Name"]) == ("boris", "Boris")
    assert row["What to do"].startswith("Correct this employee's facts")
    assert session.scalar(select(func.count()).where(Entry.act == "shop.skipped_downloaded"))


def test_pressed_twice_it_is_one_close(client: FlaskClient, session: Session) -> None:
    paying(session)
    dina = dina_at(client, session)
    first = dina.post("/months/2026-03/close")
    assert dina.post("/months/2026-03/close") == first
    worked_off(session)
    digest = month_view(session, MARCH, AFTER.date()).digest
    assert dina.post("/months/2026-03/close") == first
    worked_off(session)
    closes = select(func.count()).where(Run.kind == RunKind.CLOSE, Run.month == MARCH)
    assert session.scalar(closes) == 1
    assert month_view(session, MARCH, AFTER.date()).digest == digest


def test_hr_is_told_once_that_a_month_is_closed(client: FlaskClient, session: Session) -> None:
    leave = {"kind": "leave", "price": "10 / (part_time_factor - 0.5)"}
    shop = opened(session, products={"leave": leave}, calendar=SAVING)
    factories.a_change(session, shop.people.boris, MARCH.first, part_time_factor="0.5")
    for _ in range(2):
        close(session)
    told = session.scalars(
        select(Notice).where(Notice.kind == "month.closed", Notice.subject == "month:2026-03")
    ).all()
    assert [(notice.data, notice.employee_id) for notice in told] == [
        ({"month": "2026-03", "skipped": 1}, shop.dina.employee_id)
    ]
    page = dina_at(client, session).read("/notices")
    assert "March 2026 is closed and sealed; payroll can take it. 1 employee was skipped" in page
    with client.application.app_context():
        words = in_words("month.closed", told[0].data, "nl")
    assert words.href == "/months/2026-03"


# Who may, and what it costs


@pytest.mark.parametrize(
    "path",
    [
        "/months/2026-03",
        "/months/2026-02/skipped.csv",
        "/months/2026-03/leavers.xlsx",
        "/months/2026-03/waiting.csv",
    ],
)
def test_only_hr_sees_a_month(client: FlaskClient, session: Session, path: str) -> None:
    paying(session)
    session.commit()
    assert answers(client, path) == {"anna": 403, "boris": 403, "paula": 403, "dina": 200}


def test_only_hr_closes_a_month_and_notes_a_death(client: FlaskClient, session: Session) -> None:
    paying(session)
    session.commit()
    for name, roles in (("anna", ()), ("boris", ()), ("paula", (Role.PAYROLL,))):
        desk = desk_of(client, name, *roles)
        assert desk.send("/months/2026-03/close").status_code == 403
        assert desk.send("/months/2026-03/deaths", number="anna", died="yes").status_code == 403
    assert month_state(session, MARCH) is MonthState.OPEN
    assert session.scalar(select(func.count()).select_from(Death)) == 0


def test_a_month_that_is_not_there_is_not_found(client: FlaskClient, session: Session) -> None:
    dina = dina_at(client, session)
    for path in ("/months/2031-01", "/months/March", "/months/2026-13/skipped.csv"):
        assert dina.ask(path).status_code == 404
    assert dina.send("/months/2031-01/close").status_code == 404


def test_many_people_cost_as_many_statements_as_a_few(
    client: FlaskClient, session: Session
) -> None:
    shop = paying(session)
    leaves(session, shop, "egor")
    shop.order(session, "leave_asked", "1")
    factories.a_run(session, MARCH, now=AFTER)
    dina = dina_at(client, session)
    dina.get("/months/2026-03")
    with counted() as few:
        dina.get("/months/2026-03")
    for n in range(LEAVERS + 5):
        one = factories.an_employee(session, f"Many {n}", number=f"m{n:03d}")
        factories.a_change(session, one, MARCH.first, leaves_on=ON_LAST)
    factories.a_run(session, MARCH, now=AFTER)
    for _ in range(12):
        shop.order(session, "leave_asked", "1")
    session.commit()
    with counted() as many:
        page = dina.get("/months/2026-03")
    assert many.statements == few.statements, str(many)
    assert page.count("31-03-2026") == LEAVERS
    assert 'rel="next"' in page
    assert "The oldest 10 are shown; the file has all of them." in page
    assert len(dina.rows("/months/2026-03/leavers.csv")) == LEAVERS + 6
    assert len(dina.rows("/months/2026-03/waiting.csv")) == 13
