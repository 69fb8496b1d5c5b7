"""The employee's pages: what stands on them, for whom, and in how many questions."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access.models import User
from ideals.app import create_app
from ideals.audit import Entry
from ideals.config import Settings
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.month import Month
from ideals.ledger.commands import Opening, PostOpenings, post_openings
from tests.budgets.conftest import NOW, SIMPLE, allocate, people, publish, row
from tests.budgets.test_api import token
from tests.counting import counted

MARCH_TENTH = datetime(2026, 3, 10, 12, tzinfo=UTC)
REPLACES = SIMPLE.replace(
    '{formula: "8% * salary"}',
    '{formula: "8% * salary", name: {en: Holiday allowance, nl: Vakantietoeslag},'
    " replaces: {en: Paid once in May, nl: Eens per jaar in mei}}",
)


@pytest.fixture
def site(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """10 March 2026. Anna (1) and Egor (2) have a budget of March; tests may add more."""
    publish(session, REPLACES)
    people(session, row("1", name="Anna Pérez"), row("2", name="Egor"))
    allocate(session, "2026-03")
    session.commit()
    monkeypatch.setattr(clock, "now", lambda: MARCH_TENTH)
    with create_app(Settings.read({})).test_client() as opened:
        yield opened


@pytest.fixture
def anna(site: FlaskClient) -> dict[str, str]:
    return token("anna@example.org", number="1") | {"Accept-Language": "en"}


@pytest.fixture
def dina(site: FlaskClient) -> dict[str, str]:
    return token("dina@example.org", Role.HR) | {"Accept-Language": "en"}


def text_of(site: FlaskClient, path: str, who: dict[str, str]) -> str:
    answer = site.get(path, headers=who)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_home_says_what_there_is_until_when_and_what_else_happens(
    site: FlaskClient, anna: dict[str, str]
) -> None:
    page = text_of(site, "/home", anna)
    for words in (
        "March 2026",
        "€489.90",
        "open until Sun 15 March, 5 days left",
        "What is left in December 2026 is paid out",
        "Holiday allowance",
        "Budget of March 2026 allocated",
    ):
        assert words in page, words
    assert "Leave" not in page.partition("<main")[2], "there is no leave account yet"
    dutch = text_of(site, "/home", anna | {"Accept-Language": "nl"})
    assert "open tot en met zo 15 maart, nog 5 dagen" in dutch
    assert "489,90" in dutch


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (14, "1 day left"),
        (15, "the last day is today"),
        (16, "closed since Sun 15 March"),
    ],
)
def test_home_counts_the_days(
    site: FlaskClient,
    anna: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    day: int,
    words: str,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, day, 12, tzinfo=UTC))
    assert words in text_of(site, "/home", anna)


def test_home_without_a_budget_says_what_will_be_here(
    site: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    people(session, row("3", hired_on="2026-05-01", valid_from="2026-05-01"))
    session.commit()
    new = token("new@example.org", number="3") | {"Accept-Language": "en"}
    assert "You start on 1 May 2026" in text_of(site, "/home", new)
    assert "Nothing has moved yet" in text_of(site, "/statement", new)


def test_the_start_is_home_and_at_first_what_was_replaced(
    site: FlaskClient, anna: dict[str, str], session: Session
) -> None:
    assert site.get("/", headers=anna).location == "/welcome"
    page = text_of(site, "/welcome", anna)
    assert "Paid once in May" in page
    assert "€240.00" in page
    assert site.post("/welcome", headers=anna).location == "/home"
    assert site.get("/", headers=anna).location == "/home"
    user = session.scalars(select(User).where(User.email == "anna@example.org")).one()
    assert user.welcomed_at == MARCH_TENTH
    assert "Paid once in May" in text_of(site, "/replaced", anna)


def test_welcome_with_nothing_to_tell_leads_home(
    site: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(session, SIMPLE.replace("simple", "plain").replace("Simple", "Plain"))
    people(session, row("4", scheme="plain"))
    session.commit()
    plain = token("plain@example.org", number="4")
    assert site.get("/welcome", headers=plain).location == "/home"


def test_the_statement_opens_each_line_to_its_reason(
    site: FlaskClient, anna: dict[str, str]
) -> None:
    page = text_of(site, "/statement", anna)
    for words in (
        "Holiday allowance",
        "€240.00",
        "At the beginning",
        "At the end",
        "The allocation run of March 2026 (simple, round 1)",
        "/budget?month=2026-03&amp;open=holiday_allowance#part-holiday_allowance",
    ):
        assert words in page, words


def test_a_correction_says_for_which_month_and_why(
    site: FlaskClient, anna: dict[str, str], session: Session
) -> None:
    later = NOW + timedelta(days=20)
    people(session, row("1", name="Anna Pérez", full_time_salary="3300.00"), now=later)
    allocate(session, "2026-04", now=later + timedelta(days=11))
    session.commit()
    page = text_of(site, "/statement", anna)
    assert "for March 2026" in page
    assert "Why March 2026 was worked out again" in page
    assert "€3,000.00" in page
    assert "€3,300.00" in page


@pytest.mark.parametrize(
    ("query", "found", "missing"),
    [
        ("search=holiday", "€240.00", "€249.90"),
        ("search=249.90", "€249.90", "€240.00"),
        ("search=249,90", "€249.90", "€240.00"),
        ("search=%E2%82%AC249.90", "€249.90", "€240.00"),
        ("search=march+thirteenth", "€249.90", "€240.00"),
        ("kind=leave", "Nothing here", "€240.00"),
        ("from=2026-04&to=2026-05", "Nothing here", "€240.00"),
        ("from=2025-01&to=2026-03", "€240.00", "Nothing here"),
    ],
)
def test_the_statement_is_narrowed_by_words_amounts_account_and_months(
    site: FlaskClient, anna: dict[str, str], query: str, found: str, missing: str
) -> None:
    rows = text_of(site, f"/statement?{query}", anna).partition('id="rows"')[2]
    assert found in rows
    assert missing not in rows


def test_a_mangled_address_shows_the_statement(site: FlaskClient, anna: dict[str, str]) -> None:
    assert "€240.00" in text_of(site, "/statement?from=x&to=2026-99&kind=purse", anna)


def test_twelve_months_stand_on_a_page_and_earlier_ones_are_one_click_away(
    site: FlaskClient, anna: dict[str, str], session: Session
) -> None:
    months_before(session, 14)
    page = text_of(site, "/statement", anna)
    assert page.count('<section class="month"') == 12
    assert "to=2025-03" in page
    older = text_of(site, "/statement?to=2025-03", anna)
    assert older.count('<section class="month"') == 3
    assert "Newest months" in older
    found = text_of(site, "/statement?search=holiday", anna)
    assert found.count('<section class="month"') == 12
    assert "15 lines found" in found


def test_the_number_of_questions_does_not_follow_the_history(
    site: FlaskClient, anna: dict[str, str], session: Session
) -> None:
    paths = ["/statement", "/statement?search=holiday", "/statement.csv", "/statement.pdf", "/home"]
    paths += ["/budget", "/year", "/api/v1/me/statement"]
    months_before(session, 2)
    text_of(site, "/account", anna)
    few = {path: questions(site, path, anna, session) for path in paths}
    months_before(session, 40, from_=3)
    many = {path: questions(site, path, anna, session) for path in paths}
    assert many == few
    assert max(many.values()) <= 34


def questions(site: FlaskClient, path: str, who: dict[str, str], session: Session) -> int:
    with counted(session) as seen:
        assert site.get(path, headers=who).status_code == 200
    return seen.statements


def months_before(session: Session, number: int, *, from_: int = 1) -> None:
    """Runs of the months before March, each booked in its own month, the earliest first."""
    for back in range(number, from_ - 1, -1):
        allocate(session, str(Month(2026, 3).plus(-back)), now=NOW + timedelta(hours=1))
    session.commit()


def test_the_statement_is_a_file_too(site: FlaskClient, anna: dict[str, str]) -> None:
    answer = site.get("/statement.csv", headers=anna)
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert rows[0][:6] == ["Month", "For the month", "Account", "What", "Why", "Euro"]
    assert ["2026-03", "2026-03", "Budget", "Holiday allowance", "Allocated", "240.00"] in [
        line[:6] for line in rows
    ]
    book = site.get("/statement.xlsx?search=holiday", headers=anna, buffered=True)
    assert book.get_data()[:2] == b"PK"


@pytest.mark.parametrize("query", ["", "?month=2026-03", "?year=2026", "?month=2025-01"])
def test_the_statement_prints(site: FlaskClient, anna: dict[str, str], query: str) -> None:
    answer = site.get(f"/statement.pdf{query}", headers=anna)
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.get_data()[:5] == b"%PDF-"
    assert b"/Lang" in answer.get_data()


def test_a_paper_of_no_month_is_not_there(site: FlaskClient, anna: dict[str, str]) -> None:
    assert site.get("/statement.pdf?month=march", headers=anna).status_code == 404
    assert site.get("/statement.pdf?year=99999", headers=anna).status_code == 404


def test_the_next_twelve_months_say_what_they_assume(
    site: FlaskClient, anna: dict[str, str], session: Session
) -> None:
    people(
        session,
        row("1", name="Anna Pérez", valid_from="2026-06-01", part_time_factor="0.5"),
        now=NOW + timedelta(days=1),
    )
    session.commit()
    page = text_of(site, "/year", anna)
    assert "From 1 June 2026: part-time factor 0.5 (now 1)" in page
    assert "€3,429.30" in page, "two months at 489.90 and ten at 244.95"


def test_only_hr_and_nobody_else_sees_the_statement_of_another(
    site: FlaskClient, anna: dict[str, str], dina: dict[str, str], session: Session
) -> None:
    for ending in ("", ".csv", ".xlsx", ".pdf"):
        path = f"/people/2/statement{ending}"
        assert site.get(path, headers=anna).status_code == 403
        assert site.get(path, headers=dina, buffered=True).status_code == 200
    looked = session.scalars(select(Entry).where(Entry.act == "budgets.viewed")).all()
    assert [(entry.actor, entry.subject) for entry in looked] == [
        ("dina@example.org", "employee:2")
    ] * 4
    assert site.get("/people/nobody/statement", headers=dina).status_code == 404
    assert site.get("/statement", headers=dina).location == "/"
    assert site.get("/statement.pdf", headers=dina).status_code == 404


def test_the_api_tells_the_statement_page_by_page(
    site: FlaskClient, anna: dict[str, str], dina: dict[str, str], session: Session
) -> None:
    opening = Opening("row 2", "1", "leave", Decimal("12.50"))
    openings = PostOpenings(Month(2026, 3), (opening,))
    post_openings(session, openings, actor=SYSTEM, now=MARCH_TENTH)
    session.commit()
    first = site.get("/api/v1/me/statement?limit=2", headers=anna).json
    rest = site.get(f"/api/v1/me/statement?limit=2&cursor={first['next']}", headers=anna).json
    assert rest["next"] is None
    lines = first["items"] + rest["items"]
    euros = next(line for line in lines if line["code"] == "holiday_allowance")
    assert euros | {"id": "", "happened_at": ""} == {
        "id": "",
        "month": "2026-03",
        "for_month": "2026-03",
        "account": "budget",
        "unit": "EUR",
        "amount": "240.00",
        "minutes": None,
        "hours": None,
        "held": "0.00",
        "held_minutes": None,
        "reason": "allocation",
        "code": "holiday_allowance",
        "source": "run:simple:2026-03:1",
        "reverses": None,
        "happened_at": "",
    }
    leave = next(line for line in lines if line["account"] == "leave")
    assert (leave["minutes"], leave["hours"], leave["amount"]) == (750, "12.50", None)
    assert site.get("/api/v1/people/1/statement", headers=dina).json["items"] == lines
    assert site.get("/api/v1/people/2/statement", headers=anna).status_code == 404
    nothing = site.get("/api/v1/me/statement?from=2026-04&to=2026-05", headers=anna)
    assert nothing.json == {"items": [], "next": None}
    assert site.get("/api/v1/me/statement?from=2026-05&to=2026-04", headers=anna).status_code == 422
