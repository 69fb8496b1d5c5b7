"""Pages about people as a browser gets them; who asks is said by a token."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.access import commands as access
from ideals.app import create_app
from ideals.audit import Entry
from ideals.config import Settings
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.month import Month
from ideals.people import queries
from ideals.people.models import Employment
from ideals.people.pages.people import _before
from ideals.seeds import factories
from ideals.seeds.factories import Organisation
from tests.counting import counted

TODAY = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: TODAY)


@pytest.fixture
def app() -> Flask:
    return create_app(Settings.read({"IDEALS_SECRET_KEY": "a key of the tests"}))


@pytest.fixture
def cast(app: Flask, session: Session) -> Organisation:
    made = factories.an_organisation(session)
    session.commit()
    return made


@pytest.fixture
def visit(app: Flask, session: Session, cast: Organisation) -> Visit:
    return Visit(app.test_client(), session)


class Visit:
    """`visit("dina", "/people")` is the page as that person sees it."""

    def __init__(self, client: FlaskClient, session: Session) -> None:
        self.client, self.session = client, session
        self.tokens: dict[str, str] = {}

    def __call__(self, who: str, path: str, language: str = "en") -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token(who)}", "Accept-Language": language}
        return self.client.get(path, headers=headers)

    def token(self, who: str) -> str:
        if who not in self.tokens:
            email = f"{who}@meridian.example"
            roles = frozenset({Role.HR} if who == "dina" else ())
            factories.a_user(self.session, email, roles=roles)
            cmd = access.IssueToken(email, "tests")
            self.tokens[who] = access.issue_token(self.session, cmd, actor=SYSTEM, now=TODAY)
            self.session.commit()
        return self.tokens[who]


# The team


def test_a_manager_sees_who_reports_to_them_and_no_amount(visit: Visit) -> None:
    page = visit("boris", "/team").text
    assert "Anna" in page and "Bank/<wbr>Retail/<wbr>Zwolle" in page
    assert "01-01-2019" in page and "36.00" in page and "100%" in page
    for not_theirs in ("Egor", "Clara", "3,000", "5,200", "€", "salary"):
        assert not_theirs not in page.partition("<main")[2], not_theirs


def test_another_day_shows_the_team_of_that_day(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    factories.a_change(session, cast.anna, date(2026, 5, 1), manager_number=cast.clara.number)
    session.commit()
    assert "Anna" in visit("boris", "/team").text
    assert "Anna" not in visit("boris", "/team?on=2026-05-01").text
    assert "Anna" in visit("clara", "/team?on=2026-05-01").text
    assert "Anna" not in visit("clara", "/team").text
    assert "Anna" in visit("boris", "/team?on=yesterday").text, "an unreadable day is today"


def test_nobody_reports_to_anna_and_her_navigation_does_not_offer_a_team(visit: Visit) -> None:
    page = visit("anna", "/team").text
    assert "Nobody reports to you today" in page
    assert 'href="/team"' not in visit("anna", "/account").text
    assert 'href="/team"' in visit("boris", "/account").text


def test_reporting_begins_anew_after_another_manager_or_a_time_away(
    session: Session, cast: Organisation
) -> None:
    anna, boris, clara = cast.anna, cast.boris, cast.clara

    def since(on: date) -> date | None:
        team = queries.team_of(session, boris.id, on)
        return next((one.reports_since for one in team if one.number == anna.number), None)

    assert since(date(2026, 3, 1)) == date(2019, 1, 1)
    factories.a_change(session, anna, date(2026, 4, 1), manager_number=clara.number)
    factories.a_change(session, anna, date(2026, 6, 1), manager_number=boris.number)
    factories.a_change(session, anna, date(2026, 7, 1), manager_number=boris.number, scale="8")
    assert since(date(2026, 5, 1)) is None
    assert since(date(2026, 8, 1)) == date(2026, 6, 1)
    factories.a_change(session, anna, date(2026, 9, 1), leaves_on="2026-09-30")
    factories.a_change(
        session,
        anna,
        date(2027, 1, 1),
        hired_on="2027-01-01",
        manager_number=boris.number,
        leaves_on="",
    )
    assert since(date(2026, 12, 1)) is None
    assert since(date(2027, 2, 1)) == date(2027, 1, 1)


def test_the_team_costs_the_same_however_many_they_are(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    visit("boris", "/team")
    with counted() as few:
        visit("boris", "/team")
    for number in range(8):
        one = factories.an_employee(session, f"Report {number}", manager=cast.boris)
        factories.a_change(session, one, date(2024, 1, 1), scale="9")
    session.commit()
    with counted() as many:
        assert "9 people report to you" in visit("boris", "/team").text
    assert many.statements == few.statements, many


# The list


def names(page: TestResponse) -> list[str]:
    rows = page.text.partition("<tbody>")[2].partition("</tbody>")[0].split("<tr>")[1:]
    return [row.partition("</a>")[0].rpartition(">")[2] for row in rows]


def test_only_hr_lists_people_and_no_amount_is_there(visit: Visit) -> None:
    for who in ("anna", "boris"):
        for path in ("/people", "/people/anna", "/people.csv", "/imports"):
            assert visit(who, path).status_code == 403, (who, path)
    page = visit("dina", "/people")
    assert names(page) == ["Anna", "Boris", "Clara", "Dina", "Egor"]
    assert "3,000" not in page.text and "€" not in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ann", ["Anna"]),
        ("q=egor", ["Egor"]),
        ("q=Retail", ["Anna", "Boris"]),
        ("unit=Bank/Retail", ["Anna", "Boris"]),
        ("unit=Bank/Ret", []),
        ("scheme=simple&presence=employed&sort=-name", ["Egor", "Dina", "Clara", "Boris"]),
        ("presence=left", ["Anna"]),
        ("presence=coming", ["Frits"]),
        ("presence=nonsense&sort=nonsense&q=frits", ["Frits"]),
        ("sort=-hired", ["Frits", "Egor", "Anna", "Clara", "Boris", "Dina"]),
        ("sort=number", ["Anna", "Boris", "Clara", "Dina", "Egor", "Frits"]),
        ("q=%25", []),
    ],
)
def test_the_list_is_searched_filtered_and_sorted(
    visit: Visit, session: Session, cast: Organisation, query: str, found: list[str]
) -> None:
    factories.a_change(session, cast.anna, date(2026, 1, 1), leaves_on="2026-02-28")
    factories.an_employee(
        session, "Frits", number="frits", hired_on=date(2026, 5, 1), unit="Bank/Business"
    )
    session.commit()
    page = visit("dina", f"/people?{query}")
    assert names(page) == found
    listed = visit("dina", f"/people.csv?{query}").text.splitlines()[1:]
    assert [line.split(",")[1] for line in listed] == found


def test_the_list_is_walked_page_by_page(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    for number in range(60):
        factories.an_employee(session, f"Zed {number:02}", hired_on=date(2020, 1, 1))
    session.commit()
    page = visit("dina", "/people?sort=-hired&q=Zed")
    assert len(names(page)) == 50
    following = page.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    rest = visit("dina", following.replace("&amp;", "&"))
    assert len(names(rest)) == 10 and not set(names(rest)) & set(names(page))


def test_the_list_costs_the_same_however_many_they_are(visit: Visit, session: Session) -> None:
    visit("dina", "/people")
    with counted() as few:
        visit("dina", "/people")
    for number in range(20):
        factories.an_employee(session, f"Zed {number}", unit=f"Bank/Unit {number}")
    session.commit()
    with counted() as many:
        assert len(names(visit("dina", "/people"))) == 25
    assert many.statements == few.statements, many


# A person


MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_looking_at_a_person_is_written_down(visit: Visit, session: Session) -> None:
    page = visit("dina", "/people/anna")
    assert "€3,000.00" in page.text and "/people/anna/budget" in page.text
    seen = select(Entry.actor, Entry.subject).where(Entry.act == "people.facts_seen")
    assert [tuple(row) for row in session.execute(seen)] == [
        ("dina@meridian.example", "employee:anna")
    ]
    assert visit("dina", "/people/nobody").status_code == 404


def test_what_was_replaced_stays_struck_out_with_both_times(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    factories.a_change(
        session,
        cast.anna,
        date(2026, 1, 1),
        full_time_salary="3100",
        now=datetime(2026, 1, 5, 9, tzinfo=UTC),
    )
    factories.a_change(session, cast.anna, date(2026, 1, 1), full_time_salary="3200", now=MARCH)
    session.commit()
    page = visit("dina", "/people/anna").text
    assert page.count("true from 1 January 2026") == 2
    assert "learned on 5 January 2026 10:00" in page
    assert "On 2 March 2026 10:00 we learned better about this day." in page
    assert "60 days after it became true." in page
    assert "<del>€3,100.00</del>" in page and "<ins>€3,200.00</ins>" in page
    assert "€3,200.00" in page.partition('id="history"')[0]


def test_a_change_shows_what_it_did_to_budgets(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    for month in (1, 2):
        factories.a_run(session, Month(2026, month))
    factories.a_change(session, cast.anna, date(2026, 1, 1), full_time_salary="3500", now=MARCH)
    session.commit()
    page = visit("dina", "/people/anna").text
    assert "The next run looks at what this changes from January 2026 on." in page
    run = factories.a_run(session, Month(2026, 3), now=datetime(2026, 3, 3, 9, tzinfo=UTC))
    session.commit()
    page = visit("dina", "/people/anna").text
    told = page.partition("What the run of March 2026 did with it")[2].partition("</details>")[0]
    # 8% of 500 more, in two earlier months; March itself is 8% of 3,500.
    assert '<span class="value">€80.00</span>' in told
    assert told.count("€40.00") == 2 and "€280.00" in told
    assert run.source in told
    assert "not settled yet" not in page


def test_two_changes_of_one_run_say_that_they_are_shown_together(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    factories.a_run(session, Month(2026, 1))
    factories.a_change(session, cast.anna, date(2026, 1, 1), full_time_salary="3500", now=MARCH)
    later = datetime(2026, 3, 2, 10, tzinfo=UTC)
    factories.a_change(session, cast.anna, date(2026, 2, 1), full_time_salary="3600", now=later)
    factories.a_run(session, Month(2026, 3), now=datetime(2026, 3, 3, 9, tzinfo=UTC))
    session.commit()
    page = visit("dina", "/people/anna").text
    assert page.count("The same run settled other changes too") == 2


def test_pay_elements_are_shown_with_what_replaced_them(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    factories.a_pay_element(session, cast.anna, Month(2026, 1), "100.00")
    factories.a_pay_element(session, cast.anna, Month(2026, 1), "120.00", now=MARCH)
    session.commit()
    page = visit("dina", "/people/anna").text.partition('id="pay"')[2]
    assert "<del>€100.00</del>" in page and "€120.00" in page
    assert "Learned on 2 March 2026 10:00" in page


def test_a_long_history_costs_as_much_as_a_short_one(
    visit: Visit, session: Session, cast: Organisation
) -> None:
    factories.a_run(session, Month(2026, 1))
    session.commit()
    visit("dina", "/people/anna")
    with counted() as short:
        visit("dina", "/people/anna")
    for year in range(2020, 2026):
        for month in (1, 7):
            factories.a_change(
                session,
                cast.anna,
                date(year, month, 1),
                full_time_salary=f"{year + month}",
                manager_number=cast.boris.number,
                unit=f"Bank/{year}",
            )
            factories.a_pay_element(session, cast.anna, Month(year, month), "10.00")
    factories.a_run(session, Month(2026, 2))
    session.commit()
    with counted() as long:
        assert visit("dina", "/people/anna").text.count("true from") > 12
    assert long.statements == short.statements, long


def _row(id_: int, valid_from: str, recorded: int, superseded: int | None = None) -> Employment:
    return Employment(
        id=id_,
        valid_from=date.fromisoformat(valid_from),
        recorded_at=datetime(2026, 1, recorded, tzinfo=UTC),
        superseded_at=superseded and datetime(2026, 1, superseded, tzinfo=UTC),
    )


def test_a_row_is_compared_with_what_was_thought_when_it_was_learned() -> None:
    first = _row(1, "2020-01-01", 1)
    old_raise = _row(2, "2021-01-01", 1, superseded=5)
    new_raise = _row(3, "2021-01-01", 5)
    next_raise = _row(4, "2022-01-01", 3)
    rows = [first, old_raise, new_raise, next_raise]
    assert _before(first, rows) is None
    assert _before(old_raise, rows) is first
    assert _before(new_raise, rows) is old_raise
    assert _before(next_raise, rows) is old_raise, "the new raise was not known then"
