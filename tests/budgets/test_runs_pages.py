"""HR's pages of runs: look, post, see whom it left out, and take it home as a file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.app import create_app
from ideals.audit import Entry
from ideals.budgets import commands, queries
from ideals.budgets.models import Run, Skip
from ideals.budgets.queries import runs as run_queries
from ideals.budgets.queries.runs import Cause
from ideals.budgets.states import StartedAs
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Role
from ideals.kernel.month import Month
from ideals.ledger.models import Transfer
from ideals.schemes.queries import scheme_for
from ideals.seeds import commands as seeds
from ideals.seeds import factories
from tests.budgets.conftest import people, row
from tests.counting import counted

FEBRUARY, MARCH, APRIL = Month(2026, 2), Month(2026, 3), Month(2026, 4)
LATER = datetime(2026, 3, 20, 9, tzinfo=UTC)
AGED = {"holiday_allowance": "8% * salary if age >= 21 else 0"}


class Desk:
    """Dina at her desk: pages by token, which the guards take as they take a session."""

    def __init__(self, client: FlaskClient, header: dict[str, str]) -> None:
        self.client = client
        self.header = header

    def get(self, path: str, language: str = "en") -> str:
        answer = self.client.get(path, headers=self.header | {"Accept-Language": language})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def post(self, path: str, **form: str) -> str:
        """Where it leads."""
        answer = self.client.post(path, headers=self.header, data=form)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return str(answer.location)

    def file(self, path: str, language: str = "en") -> bytes:
        answer = self.client.get(path, headers=self.header | {"Accept-Language": language})
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        content = answer.get_data()
        answer.close()
        return content

    def rows(self, path: str, language: str = "en") -> list[dict[str, str]]:
        content = self.file(path, language).decode("utf-8-sig")
        return list(
            csv.DictReader(io.StringIO(content), delimiter=";" if language == "nl" else ",")
        )


def token(email: str, *roles: Role) -> dict[str, str]:
    now = datetime.now(UTC)
    with unit_of_work() as session:
        access.invite(session, access.Invite(email, frozenset(roles)), actor=SYSTEM, now=now)
        made = access.issue_token(session, access.IssueToken(email, "test"), actor=SYSTEM, now=now)
    return {"Authorization": f"Bearer {made}"}


@pytest.fixture
def client(session: Session) -> Iterator[FlaskClient]:
    with create_app(Settings.read({})).test_client() as opened:
        yield opened


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return Desk(client, token("dina@meridian.example", Role.HR))


def words(page: str) -> str:
    """What is read on a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\xa0", " ").split())


def work_off(session: Session, now: datetime = LATER) -> None:
    seeds.work_off(session, now=now)
    session.commit()


# Looking, and posting what was looked at


def test_a_look_is_started_on_the_page_and_posts_nothing(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    session.commit()
    where = desk.post("/runs", month="2026-03")
    work_off(session)

    page = words(desk.get(where))
    assert "would go to 5 employees" in page
    assert "Post €1,688.00 to 5 employees" in page
    assert session.scalar(select(func.count()).select_from(Transfer)) == 0
    run = session.scalars(select(Run)).one()
    assert (run.look, run.started_as, run.started_by) == (True, "page", "dina@meridian.example")


def test_posting_a_look_starts_one_run_however_often_it_is_pressed(
    desk: Desk, session: Session
) -> None:
    factories.an_organisation(session)
    look = factories.a_run(session, MARCH, look=True)
    session.commit()
    first = desk.post(f"/runs/{look.id}/post")
    again = desk.post(f"/runs/{look.id}/post")
    work_off(session)
    after = desk.post(f"/runs/{look.id}/post")

    assert first == again == after
    run = session.scalars(select(Run).where(~Run.look)).one()
    assert (run.state, run.round, run.started_as) == ("done", 1, "page")
    page = words(desk.get(first))
    assert "posted to 5 employees" in page
    assert "€1,688.00" in page
    assert "This month has a run since that look: this is it." in page
    old = words(desk.get(f"/runs/{look.id}"))
    assert "After this look the month was posted: run 1" in old
    assert "Post €" not in old


def test_a_look_says_that_facts_have_changed_since(desk: Desk, session: Session) -> None:
    cast = factories.an_organisation(session)
    look = factories.a_run(session, MARCH, look=True)
    session.commit()
    assert "have changed since this look" not in words(desk.get(f"/runs/{look.id}"))

    factories.a_change(session, cast.anna, date(2026, 5, 1), full_time_salary="4000", now=LATER)
    session.commit()
    assert "have changed since this look" not in words(desk.get(f"/runs/{look.id}")), "not March's"
    factories.a_change(session, cast.anna, date(2026, 3, 1), full_time_salary="3500", now=LATER)
    session.commit()
    assert "have changed since this look" in words(desk.get(f"/runs/{look.id}"))


def test_a_look_says_that_the_scheme_has_changed_since(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    look = factories.a_run(session, MARCH, look=True)
    factories.a_scheme(session, version="2026-03", now=LATER)
    session.commit()
    assert "have changed since this look" in words(desk.get(f"/runs/{look.id}"))


def test_a_look_that_finds_nothing_offers_nothing_to_post(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    factories.a_run(session, MARCH)
    look = factories.a_run(session, MARCH, look=True)
    session.commit()
    page = desk.get(f"/runs/{look.id}")
    assert "Every budget was as it should be: nothing to post." in page
    assert f'action="/runs/{look.id}/post"' not in page


def test_a_look_that_is_not_done_cannot_be_posted(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    session.commit()
    where = desk.post("/runs", month="2026-03")
    answer = desk.client.post(f"{where}/post", headers=desk.header)
    assert answer.status_code == 409
    assert session.scalars(select(Run).where(~Run.look)).all() == []


def test_a_month_that_cannot_be_looked_at_is_refused_beside_its_field(
    desk: Desk, session: Session
) -> None:
    for month, said in (
        ("2026-03", "Nobody has a scheme in force in that month"),
        ("March", "Choose a month"),
        ("", "Choose a month"),
    ):
        answer = desk.client.post("/runs", headers=desk.header, data={"month": month})
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert said in page
        assert 'id="month-error"' in page
    factories.an_organisation(session)
    session.commit()
    answer = desk.client.post("/runs", headers=desk.header, data={"month": "2060-03"})
    assert "2060-03 is too far ahead" in answer.get_data(as_text=True)
    assert '<option value="2060-03" selected>' in answer.get_data(as_text=True)


def test_with_two_schemes_a_look_starts_for_each(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    factories.a_scheme(session, code="second")
    factories.an_employee(session, "Fenna", scheme="second")
    session.commit()
    where = desk.post("/runs", month="2026-03")
    assert where == "/runs?month=2026-03"
    page = words(desk.get(where))
    assert "A look was started for each scheme in use." in page
    assert "Scheme simple" in page
    assert "Scheme second" in page


# The list


def test_runs_are_found_by_scheme_month_state_and_kind(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    factories.a_scheme(session, code="second")
    factories.an_employee(session, "Fenna", scheme="second")
    factories.a_run(session, FEBRUARY)
    factories.a_run(session, MARCH)
    factories.a_run(session, MARCH, look=True)
    factories.a_run(session, MARCH, scheme="second")
    commands.start_run(
        session, commands.StartRun("simple", APRIL, False, StartedAs.API), actor=SYSTEM, now=LATER
    )
    session.commit()

    def found(query: str) -> list[str]:
        page = desk.get(f"/runs?{query}")
        ids = re.findall(r'<th scope="row"><a href="/runs/(\d+)">', page)
        runs = [session.get_one(Run, int(run)) for run in ids]
        return [f"{run.scheme} {run.month}{' look' if run.look else ''}" for run in runs]

    assert found("") == [
        "simple 2026-04", "second 2026-03", "simple 2026-03 look", "simple 2026-03",
        "simple 2026-02",
    ]  # fmt: skip
    assert found("scheme=second") == ["second 2026-03"]
    assert found("month=2026-02") == ["simple 2026-02"]
    assert found("state=planning") == ["simple 2026-04"]
    assert found("kind=look") == ["simple 2026-03 look"]
    assert found("month=2026-03&kind=run&scheme=simple") == ["simple 2026-03"]
    assert found("month=nonsense&state=odd&kind=odd&cursor=odd") == found("")
    assert "No run is like that." in desk.get("/runs?month=2001-01")


def test_an_empty_list_says_how_to_begin(desk: Desk) -> None:
    page = words(desk.get("/runs"))
    assert "No run yet" in page
    assert "Begin with a look" in page
    assert "Nog geen toekenning" in desk.get("/runs", "nl")


def test_the_month_that_is_due_is_offered_first(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ideals.kernel.clock.now", lambda: datetime(2026, 5, 2, tzinfo=UTC))
    factories.an_organisation(session)
    factories.a_run(session, MARCH)
    session.commit()
    page = words(desk.get("/runs"))
    assert "Look at April 2026" in page
    assert "April 2026 is due." in page


def test_the_list_goes_on_page_by_page(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    for _ in range(27):
        factories.a_run(session, MARCH, look=True)
    session.commit()
    first = desk.get("/runs")
    following = re.search(r'href="([^"]*cursor=[^"]+)" rel="next"', first)
    assert following
    rest = desk.get(following[1].replace("&amp;", "&"))
    ids = [re.findall(r'<th scope="row"><a href="/runs/(\d+)">', page) for page in (first, rest)]
    assert (len(ids[0]), len(ids[1])) == (25, 2)
    assert len({*ids[0], *ids[1]}) == 27


# What a run shows


def test_a_run_that_works_shows_how_far_it_is(
    desk: Desk, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ideals.budgets.rules.chunk_size", lambda _: 100)
    factories.a_scheme(session)
    people(session, *(row(str(number)) for number in range(250)), now=factories.LONG_AGO)
    session.commit()
    run = start(session, MARCH)
    assert "0% - Run March 2026" in desk.get(f"/runs/{run.id}")
    assert "Waits to be planned" in desk.get(f"/runs/{run.id}")

    now = datetime.now(UTC)
    commands.plan_run(session, run.id, actor=SYSTEM, now=now - timedelta(seconds=30))
    lease = commands.take_chunk(session, run.id, 1, now=now)
    assert lease is not None
    commands.work_chunk(session, lease, now=now)
    session.commit()
    page = desk.get(f"/runs/{run.id}")
    assert "<title>40% - Run March 2026" in page
    assert 'hx-trigger="every 1s"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    told = words(page)
    assert "100 / 250" in told
    assert "Still to do 150" in told
    assert re.search(r"Still takes about 4[5-7] s", told)
    assert re.search(r"Employees a minute (200|19\d)", told)
    assert "Nothing has moved" not in told

    work_off(session, now)
    page = desk.get(f"/runs/{run.id}")
    assert "<title>Run March 2026" in page
    assert "hx-trigger" not in page.partition('id="run"')[2].partition(">")[0]
    assert "<noscript>" not in page


def test_a_run_that_stands_still_says_so(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    run = start(session, MARCH, now=datetime.now(UTC) - timedelta(minutes=3))
    assert "Nothing has moved for 3 min" in words(desk.get(f"/runs/{run.id}"))


def test_a_run_that_waits_its_turn_names_the_one_before(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    first = start(session, FEBRUARY)
    commands.plan_run(session, first.id, actor=SYSTEM, now=LATER)
    second, third = start(session, MARCH), start(session, APRIL)
    for run, before in ((second, first), (third, first)):
        page = desk.get(f"/runs/{run.id}")
        assert "Waits its turn" in page
        assert f'id="waits-for" href="/runs/{before.id}"' in page
    assert "Waits its turn" not in desk.get(f"/runs/{first.id}")


def test_a_failed_run_says_why_and_what_now(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    run = start(session, MARCH)
    session.execute(
        text("UPDATE budgets_run SET state = 'failed', failure = :why WHERE id = :id"),
        {"why": "the scheme <b>has</b> no version", "id": run.id},
    )
    session.commit()
    page = desk.get(f"/runs/{run.id}")
    assert "This run failed. Nothing was posted." in page
    assert "the scheme &lt;b&gt;has&lt;/b&gt; no version" in page
    assert "Look again" in page


def test_the_schedules_run_says_that_it_has_posted(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    cmd = commands.StartRun("simple", MARCH, look=False, started_as=StartedAs.SCHEDULE)
    run = commands.start_run(session, cmd, actor=SYSTEM, now=LATER)
    work_off(session)
    page = words(desk.get(f"/runs/{run.id}"))
    assert "The schedule started this run, and it has posted." in page
    assert "by the schedule" in page


def test_a_month_stands_beside_the_one_before(desk: Desk, session: Session) -> None:
    factories.a_scheme(session)
    factories.an_employee(session, "Anna", number="1", full_time_salary="3000")
    factories.a_run(session, FEBRUARY)
    factories.an_employee(session, "Egor", number="2", hired_on=date(2026, 3, 1))
    run = factories.a_run(session, MARCH)
    session.commit()
    line = compared(session, run)["holiday_allowance"]
    assert (line.this, line.before, line.difference) == (48000, 24000, 24000)
    assert (line.changed, line.employees) == (48000, 2)
    page = words(desk.get(f"/runs/{run.id}"))
    assert "March 2026 less February 2026, by part" in page
    assert "Holiday allowance €480.00 €240.00 +€240.00 €480.00 2" in page
    assert "+€ 240,00" in words(desk.get(f"/runs/{run.id}", "nl"))


def test_a_look_shows_what_the_run_after_it_shows(desk: Desk, session: Session) -> None:
    """With a raise that reaches back, somebody who leaves, and a correction of the month before."""
    factories.a_scheme(session)
    anna = factories.an_employee(session, "Anna", full_time_salary="3000")
    egor = factories.an_employee(session, "Egor", full_time_salary="2000")
    factories.a_run(session, FEBRUARY)
    first = factories.a_run(session, MARCH)
    factories.a_change(session, anna, date(2026, 2, 1), full_time_salary="3500", now=LATER)
    factories.a_change(session, egor, date(2026, 3, 1), part_time_factor="0.5", now=LATER)
    look = factories.a_run(session, MARCH, look=True, now=LATER)
    shown = compared(session, look)["holiday_allowance"]
    run = factories.a_run(session, MARCH, now=LATER + timedelta(hours=1))
    session.commit()

    assert compared(session, run)["holiday_allowance"] == shown
    assert (shown.this, shown.before) == (28000 + 8000, 24000 + 16000)
    assert shown.changed == 4000 - 8000
    before = compared(session, first)["holiday_allowance"]
    assert (before.this, before.before) == (40000, 40000), "an old page keeps what it said"
    for page in (words(desk.get(f"/runs/{one.id}")) for one in (look, run)):
        assert "Corrections of earlier months" in page
        assert "Holiday allowance +€40.00 1" in page
        assert "−€40.00" in page


def test_hours_granted_once_a_year_are_not_compared_with_the_month_before(
    desk: Desk, session: Session
) -> None:
    hours = {
        "granted": {"formula": "26", "moment": "january", "round": "up", "unit": "hour"},
        "monthly": {"formula": "2", "moment": "monthly", "round": "up", "unit": "hour"},
    }
    factories.a_scheme(session, hours=hours)
    factories.an_employee(session, "Anna")
    december = factories.a_run(session, Month(2025, 12))
    january = factories.a_run(session, Month(2026, 1))
    february = factories.a_run(session, FEBRUARY)
    session.commit()
    assert "granted" not in compared(session, december)
    assert compared(session, january)["granted"].difference is None
    assert compared(session, january)["granted"].this == 26 * 60
    assert "granted" not in compared(session, february)
    assert compared(session, february)["monthly"].difference == 0
    assert "once a year" in desk.get(f"/runs/{january.id}")


def test_the_first_month_of_all_is_compared_with_nothing(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    run = factories.a_run(session, MARCH)
    session.commit()
    page = words(desk.get(f"/runs/{run.id}"))
    assert "No run was posted for February 2026" in page


def test_a_run_for_nobody_says_so(desk: Desk, session: Session) -> None:
    factories.a_scheme(session)
    run = factories.a_run(session, MARCH)
    session.commit()
    assert "Nobody had this scheme in this month" in desk.get(f"/runs/{run.id}")


# Who was skipped


@pytest.mark.parametrize(
    ("code", "reason", "cause", "component"),
    [
        (
            "facts_incomplete",
            "x: the salary of 2026-03 follows what was really paid during sickness, and that is "
            "not known; import the pay element salary_paid of the month",
            Cause.SALARY_PAID,
            "x",
        ),
        (
            "facts_incomplete",
            "leave_2: the weekly hours are not known; give weekly_hours in the people file",
            Cause.WEEKLY_HOURS,
            "leave_2",
        ),
        (
            "facts_incomplete",
            "the scale is not known; give scale in the people file",
            Cause.SCALE,
            "",
        ),
        ("facts_incomplete", "something new", Cause.OTHER, ""),
        ("component_failed", "x: division by zero", Cause.FORMULA, "x"),
        ("component_negative", "x would be below zero; let its", Cause.NEGATIVE, "x"),
        ("poison", "the calculation for this employee ended", Cause.POISON, ""),
        ("elsewhere", "", Cause.OTHER, ""),
    ],
)
def test_what_to_do_follows_from_code_and_reason(
    session: Session, code: str, reason: str, cause: Cause, component: str
) -> None:
    factories.a_scheme(session)
    anna = factories.an_employee(session, "Anna")
    run = start(session, MARCH)
    session.add(Skip(run_id=run.id, employee_id=anna.id, code=code, reason=reason))
    session.commit()
    found = list(run_queries.all_skipped(session, run.id))
    assert [(line.cause, line.component) for line in found] == [(cause, component)]


def test_the_skipped_are_named_with_reason_and_remedy(desk: Desk, session: Session) -> None:
    run = skipping(session, 1)
    page = desk.get(f"/runs/{run.id}")
    assert 'href="/people/9000"' in page
    told = words(page)
    assert "One employee was skipped." in told
    assert "The date of birth is not known. It is needed for Holiday allowance." in told
    assert "Give birth_date in the people file." in told
    assert "geboortedatum" in desk.get(f"/runs/{run.id}", "nl")

    factories.an_employee(
        session,
        "Skipped 9000",
        number="9000",
        hired_on=date(2020, 1, 1),
        birth_date="1980-01-01",
        now=LATER,
    )
    healed = factories.a_run(session, MARCH, now=LATER + timedelta(hours=1))
    session.commit()
    page = words(desk.get(f"/runs/{healed.id}"))
    assert "Nobody was skipped." in page
    assert "posted to one employee" in page


def test_many_skipped_are_shown_page_by_page_and_taken_whole(desk: Desk, session: Session) -> None:
    run = skipping(session, 60)
    first = desk.get(f"/runs/{run.id}")
    assert len(re.findall(r'href="/people/9\d+"', first)) == 50
    following = re.search(r'href="([^"]*cursor=[^"]+)" rel="next"', first)
    assert following
    assert len(re.findall(r'href="/people/9\d+"', desk.get(following[1]))) == 10

    rows = desk.rows(f"/runs/{run.id}/skipped.csv")
    assert len(rows) == 60
    assert rows[0]["Number"] == "9000"
    assert rows[0]["What to do"].startswith("Give birth_date in the people file.")
    sheet = load_workbook(io.BytesIO(desk.file(f"/runs/{run.id}/skipped.xlsx"))).active
    assert sheet is not None
    assert sheet.max_row == 61


# Files


def test_the_differences_of_a_run_are_what_the_ledger_holds(desk: Desk, session: Session) -> None:
    factories.a_scheme(session, hours={
        "granted": {"formula": "26", "moment": "january", "round": "up", "unit": "hour"},
    })  # fmt: skip
    anna = factories.an_employee(session, "+31 Anna", number="1")
    factories.an_employee(session, "Egor", number="2", part_time_factor="0.5")
    january = factories.a_run(session, Month(2026, 1))
    factories.a_change(session, anna, date(2026, 1, 1), full_time_salary="2000", now=LATER)
    march = factories.a_run(session, FEBRUARY, now=LATER)
    session.commit()

    rows = desk.rows(f"/runs/{january.id}/differences.csv")
    assert [tuple(row.values()) for row in rows] == [
        ("1", "'+31 Anna", "2026-01", "Holiday allowance", "240.00", ""),
        ("1", "'+31 Anna", "2026-01", "Granted", "", "26.00"),
        ("2", "Egor", "2026-01", "Holiday allowance", "120.00", ""),
        ("2", "Egor", "2026-01", "Granted", "", "26.00"),
    ]
    rows = desk.rows(f"/runs/{march.id}/differences.csv", "nl")
    assert [(row["Nummer"], row["Maand"], row["Euro"]) for row in rows] == [
        ("1", "2026-01", "-80,00"),
        ("1", "2026-02", "160,00"),
        ("2", "2026-02", "120,00"),
    ]
    sheet = load_workbook(io.BytesIO(desk.file(f"/runs/{march.id}/differences.xlsx"))).active
    assert sheet is not None
    assert sheet["E2"].value == Decimal("-80") or sheet["E2"].value == -80
    assert sheet["B2"].value == "'+31 Anna"


def test_a_look_gives_the_same_file_as_the_run_after_it(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    look = factories.a_run(session, MARCH, look=True)
    session.commit()
    before = desk.rows(f"/runs/{look.id}/differences.csv")
    where = desk.post(f"/runs/{look.id}/post")
    work_off(session)
    assert desk.rows(f"{where}/differences.csv") == before
    assert len(before) == 5

    overtaken = desk.client.get(f"/runs/{look.id}/differences.csv", headers=desk.header)
    assert (overtaken.status_code, overtaken.location) == (302, f"/runs/{look.id}")
    assert "differences.csv" not in desk.get(f"/runs/{look.id}")


def test_who_takes_a_file_is_written_down(desk: Desk, session: Session) -> None:
    run = skipping(session, 1)
    before = session.scalar(select(func.count()).select_from(Entry))
    desk.get(f"/runs/{run.id}")
    assert session.scalar(select(func.count()).select_from(Entry)) == before
    desk.file(f"/runs/{run.id}/skipped.csv")
    desk.file(f"/runs/{run.id}/differences.xlsx")
    entries = session.scalars(select(Entry).order_by(Entry.id.desc()).limit(2)).all()
    assert [(entry.act, entry.subject, entry.actor, entry.details) for entry in entries] == [
        (act, "run:simple:2026-03:1", "dina@meridian.example", {"run": run.id, "file": kind})
        for act, kind in (
            ("budgets.differences_downloaded", "xlsx"),
            ("budgets.skipped_downloaded", "csv"),
        )
    ]


# Who may, and what it costs


def test_only_hr_sees_runs(client: FlaskClient, session: Session) -> None:
    cast = factories.an_organisation(session)
    run = skipping(session, 1)
    paths = (
        "/runs",
        f"/runs/{run.id}",
        f"/runs/{run.id}/skipped.csv",
        f"/runs/{run.id}/differences.xlsx",
    )
    posts = ("/runs", f"/runs/{run.id}/post")
    for stranger in (cast.anna, cast.boris, cast.egor):
        header = token(stranger.email or "")
        assert {client.get(path, headers=header).status_code for path in paths} == {403}
        assert {client.post(path, headers=header).status_code for path in posts} == {403}
    for other in (Role.PAYROLL, Role.WORKS_COUNCIL):
        header = token(f"{other}@meridian.example", other)
        assert {client.get(path, headers=header).status_code for path in paths} == {403}
    assert {client.get(path).status_code for path in paths} == {302}
    dina = token("dina@meridian.example", Role.HR)
    for path in ("/runs/999999", "/runs/999999/skipped.csv", "/runs/999999/differences.csv"):
        assert client.get(path, headers=dina).status_code == 404
    assert client.post(f"/runs/{run.id}/post", headers=dina).status_code == 404, "that is no look"


def test_the_pages_ask_the_same_questions_whatever_there_is(desk: Desk, session: Session) -> None:
    factories.an_organisation(session)
    small = factories.a_run(session, FEBRUARY)
    session.commit()
    with counted() as small_list:
        desk.get("/runs")
    with counted() as small_page:
        desk.get(f"/runs/{small.id}")

    large = skipping(session, 250)
    for _ in range(10):
        factories.a_run(session, MARCH, look=True)
    session.commit()
    with counted() as large_list:
        desk.get("/runs")
    with counted() as large_page:
        desk.get(f"/runs/{large.id}")

    assert large.employees > 250
    layout = 6  # two counts, each in a transaction of its own
    assert large_list.statements <= small_list.statements <= 18 + layout, large_list
    assert large_page.statements == small_page.statements <= 16 + layout, large_page


# The API does what the pages do


def test_the_api_tells_the_same(desk: Desk, session: Session) -> None:
    factories.a_scheme(session)
    anna = factories.an_employee(session, "Anna", number="1", email="anna@meridian.example")
    factories.an_employee(session, "Egor", number="2")
    factories.a_run(session, FEBRUARY)
    look = factories.a_run(session, MARCH, look=True)
    session.commit()

    def ask(path: str, status: int = 200) -> Any:
        answer = desk.client.get(f"/api/v1/allocation-runs{path}", headers=desk.header)
        assert answer.status_code == status, answer.json
        return answer.json

    assert [run["id"] for run in ask("?look=true&state=done")["items"]] == [str(look.id)]
    assert ask("?scheme=other")["items"] == []
    assert ask("?state=odd", 422)["code"] == "validation_failed"
    amount = {"minutes": None}
    assert ask(f"/{look.id}/comparison") == {
        "month": "2026-03",
        "month_before": "2026-02",
        "lines": [
            {
                "code": "holiday_allowance",
                "employees": 2,
                "changed": {"amount": "480.00"} | amount,
                "this": {"amount": "480.00"} | amount,
                "before": {"amount": "480.00"} | amount,
                "difference": {"amount": "0.00"} | amount,
            }
        ],
        "facts_changed": False,
        "posted_by": None,
    }
    first = ask(f"/{look.id}/differences?limit=1")
    rest = ask(f"/{look.id}/differences?limit=1&cursor={first['next']}")
    assert [line["number"] for line in first["items"] + rest["items"]] == ["1", "2"]
    assert rest["next"] is None
    assert first["items"][0] == {
        "number": "1",
        "name": "Anna",
        "for_month": "2026-03",
        "code": "holiday_allowance",
        "amount": "240.00",
        "minutes": None,
    }
    assert (
        session.scalars(
            select(Entry.details).where(Entry.act == "budgets.differences_downloaded")
        ).all()
        == [{"run": look.id, "file": "json"}] * 2
    )

    factories.a_change(session, anna, date(2026, 3, 1), full_time_salary="4000", now=LATER)
    run = factories.a_run(session, MARCH, now=LATER)
    session.commit()
    after = ask(f"/{look.id}/comparison")
    assert (after["facts_changed"], after["posted_by"]) == (True, str(run.id))
    overtaken = ask(f"/{look.id}/differences", 409)
    assert (overtaken["code"], overtaken["run"]) == ("look_overtaken", str(run.id))
    anna_only = token("anna@meridian.example")
    for path in ("comparison", "differences", "skipped"):
        answer = desk.client.get(f"/api/v1/allocation-runs/{run.id}/{path}", headers=anna_only)
        assert answer.status_code == 403


def test_the_api_says_what_is_missing(desk: Desk, session: Session) -> None:
    run = skipping(session, 1)
    answer = desk.client.get(f"/api/v1/allocation-runs/{run.id}/skipped", headers=desk.header)
    assert answer.json is not None
    (line,) = answer.json["items"]
    assert (line["number"], line["cause"], line["component"]) == (
        "9000", "birth_date", "holiday_allowance",
    )  # fmt: skip


def start(session: Session, month: Month, *, now: datetime = LATER) -> Run:
    cmd = commands.StartRun("simple", month, look=False, started_as=StartedAs.COMMAND)
    run = commands.start_run(session, cmd, actor=SYSTEM, now=now)
    session.commit()
    return run


def skipping(session: Session, count: int) -> Run:
    """A run of March that skips so many, whose dates of birth nobody entered."""
    there = scheme_for(session, "simple", MARCH) is not None
    factories.a_scheme(session, version="2026-03" if there else "2020-01", components=AGED)
    numbers = [str(9000 + number) for number in range(count)]
    people(
        session,
        *(row(n, name=f"Skipped {n}", birth_date="") for n in numbers),
        now=factories.LONG_AGO,
    )
    factories.an_employee(session, "Fenna", number="8000", birth_date="1980-01-01")
    run = factories.a_run(session, MARCH)
    session.commit()
    return run


def compared(session: Session, run: Run) -> dict[str, run_queries.Compared]:
    view = queries.run_views(session, [run])[0]
    scheme = scheme_for(session, run.scheme, run.month)
    return {line.code: line for line in run_queries.comparison(session, run, view, scheme).lines}
