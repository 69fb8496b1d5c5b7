"""Leave on pages and in the API: for the employee and HR, in words and figures that agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.audit import Entry
from ideals.budgets import queries
from ideals.budgets.commands import leave as commands
from ideals.budgets.commands.leave import LapseLeave, PostLeaveTaken, RemindOfLeave
from ideals.config import Settings
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger.states import AccountKind, Reason
from ideals.notices.queries import in_words
from ideals.web.language import speaking
from tests.budgets.conftest import NOW, allocate, leave, people, publish, row
from tests.budgets.test_api import token
from tests.budgets.test_leave import EXPIRES, YEARLY, opened
from tests.budgets.test_statement_pages import text_of
from tests.counting import counted

TODAY = datetime(2027, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def site(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """10 March 2027. Anna (1) and Egor (2) have the hours of 2026 and 2027."""
    publish(session, YEARLY)
    people(session, row("1", name="Anna Pérez"), row("2", name="Egor"))
    allocate(session, "2026-01")
    allocate(session, "2027-01")
    opened(session, Month(2027, 9))
    session.commit()
    monkeypatch.setattr(clock, "now", lambda: TODAY)
    with create_app(Settings.read({})).test_client() as opened_site:
        yield opened_site


@pytest.fixture
def anna(site: FlaskClient) -> dict[str, str]:
    return token("anna@example.org", number="1") | {"Accept-Language": "en"}


@pytest.fixture
def dina(site: FlaskClient) -> dict[str, str]:
    return token("dina@example.org", Role.HR) | {"Accept-Language": "en"}


@pytest.fixture
def fed(session: Session, site: FlaskClient) -> None:
    """Anna took 120 hours in 2026, has planned a day, and bought 8 hours."""
    leave(
        session,
        "1,2026-07-06,4800,taken,a1",
        "1,2026-08-03,2400,taken,a2",
        "1,2027-04-02,450,planned,a3",
        "1,2026-12-24,480,planned,a4",
        "2,2026-07-06,480,taken,b1",
    )
    employee = id_of(session)
    buy(session, employee, 480)
    for each in (employee, id_of(session, "2")):
        commands.post_leave_taken(session, PostLeaveTaken([each]), actor=SYSTEM, now=NOW)
    session.commit()


def id_of(session: Session, number: str = "1") -> int:
    return queries.employee_of(session, number).id


def buy(session: Session, employee: int, minutes: int) -> None:
    month = Month(2027, 2)
    accounts = ledger.open_accounts(session, [employee], AccountKind.LEAVE, Unit.MIN)
    bought = ledger.NewTransfer(
        id=new_transfer_id(month),
        month=month,
        for_month=month,
        from_account=ledger.employer_account(session, AccountKind.LEAVE, Unit.MIN),
        to_account=accounts[employee],
        unit=Unit.MIN,
        amount_minor=minutes,
        reason=Reason.ORDER,
        source="order:test",
        code="leave",
    )
    at = datetime(2027, 2, 5, 9, tzinfo=UTC)
    ledger.post_transfers(session, ledger.PostTransfers((bought,)), actor=SYSTEM, now=at)


def main_of(page: str) -> str:
    return page.partition("<main")[2].replace("\u00a0", " ")


def test_the_page_tells_leave_by_year_with_what_lapses_when(
    site: FlaskClient, anna: dict[str, str], fed: None
) -> None:
    page = main_of(text_of(site, "/leave", anna))
    for words in (
        "216 h <small>left",  # 328 granted, 8 bought, 120 taken
        "24 h lapse on 1 July 2027, unless they are taken before.",
        "Planned: 7 h 30 min.",
        "2026, statutory",
        "2027, extra",
        "What was taken: 120 h",
        "6 July 2026",
        "2 April 2027",
        "Statutory leave lapses 6 months after the end of its year: what is left of it on 1 July "
        "2027.",
        "lapses 5 years after the end of its year: what is left of it on 1 January 2033.",
        "Bought",
    ):
        assert words in page, words
    assert "24 December 2026" not in page, "what was planned and never taken is past"
    assert "€" not in page


def test_a_lot_opens_by_its_address(site: FlaskClient, anna: dict[str, str], fed: None) -> None:
    assert "open=2026-statutory-granted#lot-2026-statutory-granted" in text_of(site, "/leave", anna)
    page = text_of(site, "/leave?open=2026-statutory-granted", anna)
    assert page.count('<details class="number" open>') == 1


def test_without_a_leave_system_it_says_so(site: FlaskClient, anna: dict[str, str]) -> None:
    page = main_of(text_of(site, "/leave", anna))
    assert "328 h <small>granted and bought, not taken" in page
    assert "No leave system tells here what was taken." in page
    assert "unless they are taken before" not in page and "Leave taken" not in page
    home = main_of(text_of(site, "/home", anna))
    assert "328 h" in home and "granted and bought, not taken" in home


def test_home_shows_what_is_left_and_what_lapses_first(
    site: FlaskClient, anna: dict[str, str], fed: None
) -> None:
    home = main_of(text_of(site, "/home", anna))
    assert "216 h" in home and "24 h lapse on 1 July 2027" in home
    assert "granted and bought, not taken" not in home
    dutch = main_of(text_of(site, "/home", anna | {"Accept-Language": "nl"}))
    assert "24 u vervalt op 1 juli 2027" in dutch


def test_an_empty_page_says_what_will_be_here(site: FlaskClient, session: Session) -> None:
    people(session, row("3", hired_on="2028-05-01", valid_from="2028-05-01"))
    session.commit()
    new = token("new@example.org", number="3") | {"Accept-Language": "en"}
    assert "There is no leave here yet" in text_of(site, "/leave", new)


def test_what_was_taken_too_much_and_what_stays_are_told(
    site: FlaskClient, session: Session, anna: dict[str, str], fed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 8, 1, 12, tzinfo=UTC))
    kept = main_of(text_of(site, "/leave", anna))
    assert "24 h of 2026 should have lapsed on 1 July 2027. They stay" in kept
    leave(session, "1,2027-07-05,30000,taken,a9")
    session.commit()
    page = main_of(text_of(site, "/leave", anna))
    assert "284 h more were taken than there are" in page
    cmd = PostLeaveTaken([id_of(session)])
    commands.post_leave_taken(session, cmd, actor=SYSTEM, now=TODAY)
    session.commit()
    home = main_of(text_of(site, "/home", anna))
    assert "You took 284 h more leave than you have." in home and "You owe" not in home


def test_only_oneself_and_hr_see_somebodys_leave(
    site: FlaskClient, session: Session, anna: dict[str, str], dina: dict[str, str], fed: None
) -> None:
    """Egor is a stranger; Boris, Anna's manager, sees days in the calendar and no balances."""
    people(session, row("4", name="Boris"))
    egor = token("egor@example.org", number="2")
    boris = token("boris@example.org", number="4")
    for who in (egor, boris):
        assert site.get("/people/1/leave", headers=who).status_code == 403
        assert site.get("/api/v1/people/1/leave", headers=who).status_code == 404
        assert site.get("/leave/kept", headers=who).status_code == 403
    assert site.get("/api/v1/people/1/leave", headers=anna).status_code == 200
    page = main_of(text_of(site, "/people/1/leave", dina))
    assert "Leave of Anna Pérez" in page and "216 h" in page
    seen = session.scalars(select(Entry.subject).where(Entry.act == "budgets.viewed")).all()
    assert seen == ["employee:1"]
    assert site.get("/leave", headers=dina).status_code == 302, "HR without leave of their own"
    assert site.get("/leave").status_code in (302, 401)


def test_the_api_answers_minutes_and_hours(
    site: FlaskClient, anna: dict[str, str], dina: dict[str, str], fed: None
) -> None:
    answer = site.get("/api/v1/me/leave", headers=anna).json
    assert answer["fed"] is True
    assert answer["left"] == {"minutes": 12960, "hours": "216.00"}
    assert answer["overdrawn"] == {"minutes": 0, "hours": "0.00"}
    assert answer["lots"][0] == {
        "year": 2026,
        "kind": "statutory",
        "source": "granted",
        "in": {"minutes": 8640, "hours": "144.00"},
        "taken": {"minutes": 7200, "hours": "120.00"},
        "sold": {"minutes": 0, "hours": "0.00"},
        "lapsed": {"minutes": 0, "hours": "0.00"},
        "left": {"minutes": 1440, "hours": "24.00"},
        "expires_on": "2027-07-01",
    }
    assert [(lot["year"], lot["kind"], lot["source"]) for lot in answer["lots"]] == [
        (2026, "statutory", "granted"),
        (2027, "statutory", "granted"),
        (2026, "extra", "granted"),
        (2027, "extra", "granted"),
        (2027, "extra", "bought"),
    ]
    assert answer["lapses"][0] == {"on": "2027-07-01", "minutes": 1440, "hours": "24.00"}
    assert answer["planned"] == [{"date": "2027-04-02", "minutes": 450, "hours": "7.50"}]
    assert site.get("/api/v1/people/1/leave", headers=dina).json == answer
    nobody = site.get("/api/v1/me/leave", headers=dina)
    assert (nobody.status_code, nobody.json["code"]) == (404, "no_budget_of_own")


def test_hr_sees_whose_leave_stays_past_its_day_and_why(
    site: FlaskClient, session: Session, dina: dict[str, str], fed: None
) -> None:
    assert "Nobody's leave was looked at yet" in text_of(site, "/leave/kept", dina).replace(
        "&#39;", "'"
    )
    anna, egor = id_of(session), id_of(session, "2")
    cmd = RemindOfLeave([anna], date(2027, 6, 15))  # too late
    commands.remind_of_leave(session, cmd, actor=SYSTEM, now=TODAY)
    look = commands.LookAtLeave(EXPIRES)
    commands.look_at_leave(session, look, actor=SYSTEM, now=TODAY)
    cmd_lapse = LapseLeave([anna, egor], EXPIRES)
    commands.lapse_leave(session, cmd_lapse, actor=SYSTEM, now=TODAY)
    session.commit()
    page = main_of(text_of(site, "/leave/kept", dina))
    assert "As of 1 July 2027" in page and "15-06-2027" in page and "never" in page
    assert "24.00" in page and "136.00" in page, "what Anna and Egor have left of 2026"
    assert 'href="/people/1/leave"' in page


def test_the_statement_says_what_was_taken_and_what_lapsed(
    site: FlaskClient, session: Session, anna: dict[str, str], fed: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    employee = id_of(session)
    remind = RemindOfLeave([employee], date(2027, 4, 1))
    commands.remind_of_leave(session, remind, actor=SYSTEM, now=TODAY)
    lapse = LapseLeave([employee], EXPIRES)
    commands.lapse_leave(session, lapse, actor=SYSTEM, now=TODAY)
    session.commit()
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 7, 2, 12, tzinfo=UTC))
    page = main_of(text_of(site, "/statement", anna))
    for words in (
        "Leave taken",
        "The leave system says it was taken.",
        "Lapsed",
        "−24 h",
        "Leave of 2026 that was not taken before the day on which it lapses.",
    ):
        assert words in page, words
    assert "for December 2026" not in page
    assert "Lapsed on 1 July 2027: 24 h." in main_of(text_of(site, "/leave", anna))
    answer = site.get("/statement.csv", headers=anna)
    assert "Lapsed" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("language", "title", "rest"),
    [
        ("en", "24 h of leave lapse on 1 July 2027", "what is left then is lost"),
        ("nl", "24 u verlof vervalt op 1 juli 2027", "wat dan over is, bent u kwijt"),
    ],
)
def test_a_reminder_reads_in_both_languages(
    site: FlaskClient, language: str, title: str, rest: str
) -> None:
    with site.application.test_request_context(), speaking(language):
        words = in_words(commands.REMINDER, {"on": "2027-07-01", "minutes": 1440}, language)
    assert words.title.replace("\u00a0", " ") == title
    assert rest in words.text and words.href == "/leave"


def test_a_page_costs_the_same_however_long_the_history(
    site: FlaskClient, session: Session, anna: dict[str, str], fed: None
) -> None:
    text_of(site, "/leave", anna)
    with counted() as few:
        text_of(site, "/leave", anna)
    leave(session, *(f"1,2027-01-{day:02},60,taken,x{day}" for day in range(4, 30)))
    for _ in range(5):
        buy(session, id_of(session), 60)
    session.commit()
    with counted() as many:
        text_of(site, "/leave", anna)
    assert few.statements == many.statements, f"{few}\n\n{many}"
