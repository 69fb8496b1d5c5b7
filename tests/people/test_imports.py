"""The files HR sends on the page: named, looked at, taken, each act once."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals import db
from ideals.access import commands as access
from ideals.app import create_app
from ideals.config import ROOT, Settings
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Role
from ideals.outbox import Message
from ideals.people import commands, queries
from ideals.people.commands import HandIn, RunImport, TakeImport
from ideals.people.errors import ImportMovedOn, ImportUnknown
from ideals.people.models import Employee, Import, ImportProgress
from ideals.people.pages.faults import SENTENCES, _patterns, fault
from ideals.people.states import ImportState, Kind, Stage
from ideals.seeds import factories
from ideals.web.headers import LIMIT
from tests.counting import counted
from tests.people.conftest import ANNA, BORIS, DINA, csv_of
from tests.people.test_commands import PAY
from workers import people as worker

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
OURS = csv_of({**ANNA, "scheme": "simple"}).getvalue()
THEIRS = (
    b"Personeelsnummer;Naam;Datum in dienst;Afdeling;Salaris;Deeltijdfactor;Opmerking\r\n"
    b"9;Nora Smit;01-03-2026;Bank/Retail;3.300,50;0,8;nieuw\r\n"
)
WRONG = THEIRS + b"10;Omar Ait;31-02-2026;Bank/Retail;3.300;1;\r\n"
SAME = {"fixed-scheme": "simple", "fixed-valid_from": "01-03-2026"}
AS_GUESSED = {
    f"column-{place}": name
    for place, name in enumerate(
        ("number", "name", "hired_on", "unit", "full_time_salary", "part_time_factor", "")
    )
}


@pytest.fixture(autouse=True)
def time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def app() -> Flask:
    return create_app(Settings.read({"IDEALS_SECRET_KEY": "a key of the tests"}))


class Hr:
    """Dina at her desk."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, language: str = "en") -> TestResponse:
        return self.client.get(path, headers=self.headers | {"Accept-Language": language})

    def post(self, path: str, **form: Any) -> TestResponse:
        return self.client.post(path, headers=self.headers, data=form)

    def send(self, content: bytes, name: str = "people.csv", **form: str) -> TestResponse:
        return self.post(
            "/imports", **({"kind": "people"} | form), file=(io.BytesIO(content), name)
        )

    def sent(self, content: bytes, **form: str) -> str:
        """The address of the file that was sent."""
        answer = self.send(content, **form)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]


@pytest.fixture
def hr(app: Flask, session: Session) -> Hr:
    factories.a_scheme(session)
    factories.a_user(session, "dina@meridian.example", roles=frozenset({Role.HR}))
    cmd = access.IssueToken("dina@meridian.example", "tests")
    token = access.issue_token(session, cmd, actor=SYSTEM, now=NOW)
    session.commit()
    return Hr(app.test_client(), token)


def state_of(session: Session, address: str) -> str:
    session.expire_all()
    return session.get_one(Import, UUID(address.rpartition("/")[2])).state


def people(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Employee)) or 0


def test_a_file_is_looked_at_first_and_taken_by_one_act(hr: Hr, session: Session) -> None:
    address = hr.sent(OURS)
    page = hr.get(address).text
    assert "Take this file: 1 rows" in page and people(session) == 0
    for _ in range(2):
        assert hr.post(f"{address}/take").status_code == 303
    assert people(session) == 1
    assert state_of(session, address) == ImportState.APPLIED
    page = hr.get(address).text
    assert "Rows that were taken: 1." in page and "taken by dina@meridian.example" in page
    assert session.scalar(select(Import.content)) is None
    assert "taken" in hr.get("/imports").text


def test_the_same_form_sent_twice_is_one_file(hr: Hr, session: Session) -> None:
    form = {"import_id": str(uuid4())}
    assert hr.sent(OURS, **form) == hr.sent(OURS, **form)
    assert session.scalar(select(func.count()).select_from(Import)) == 1


def test_the_same_file_taken_twice_changes_nothing(hr: Hr, session: Session) -> None:
    hr.post(f"{hr.sent(OURS)}/take")
    again = hr.sent(OURS)
    page = hr.get(again).text
    assert "there is nothing to take" in page and f"{again}/take" not in page
    before = len(queries.history(session, session.scalars(select(Employee.id)).one()))
    assert hr.post(f"{again}/take").status_code == 303
    assert len(queries.history(session, session.scalars(select(Employee.id)).one())) == before


def test_a_file_can_be_taken_at_once(hr: Hr, session: Session) -> None:
    assert state_of(session, hr.sent(OURS, at_once="yes")) == ImportState.APPLIED
    assert people(session) == 1


def test_strange_columns_are_asked_for_and_remembered(hr: Hr, session: Session) -> None:
    address = hr.sent(THEIRS)
    asked = hr.get(address)
    assert (asked.status_code, asked.headers["Location"]) == (302, f"{address}/columns")
    page = hr.get(f"{address}/columns").text
    assert "For example: 3.300,50" in page
    assert '<option value="full_time_salary" selected>' in page
    assert hr.post(f"{address}/columns", **AS_GUESSED, **SAME).status_code == 303
    assert "Take this file: 1 rows" in hr.get(address).text
    hr.post(f"{address}/take")
    nora = queries.employee_by_number(session, "9")
    assert nora.name == "Nora Smit"
    # The day is another one in the next file, so that alone is asked for again.
    again = hr.sent(THEIRS)
    page = hr.get(f"{again}/columns").text
    assert '<option value="simple" selected>' in page
    assert 'value="01-03-2026"' not in page


def test_a_file_whose_columns_say_everything_is_read_the_same_way_next_time(
    hr: Hr, session: Session
) -> None:
    content = b"Pers.nr;Maand;Looncode;Bedrag;Naam\r\n9;2026-02;overtime;12,50;Nora\r\n"
    hr.post(f"{hr.sent(OURS)}/take")
    first = hr.sent(content, kind="pay")
    names = {f"column-{at}": n for at, n in enumerate(("number", "month", "code", "amount", ""))}
    hr.post(f"{first}/columns", **names)
    shuffled = b"Bedrag;Naam;Looncode;Maand;Pers.nr\r\n12,50;Anna;overtime;2026-02;1\r\n"
    second = hr.sent(shuffled, kind="pay")
    page = hr.get(second).text
    assert "Take this file: 1 rows" in page
    assert "How the columns were read" in page and f"{second}/columns" in page
    asked = hr.get(f"{second}/columns").text
    assert asked.count(" selected>") >= 5, "it can be changed"


def test_columns_that_are_not_named_are_told_beside_the_field(hr: Hr, session: Session) -> None:
    address = hr.sent(THEIRS)
    wrong = AS_GUESSED | {"column-1": "number", "fixed-valid_from": "31-02-2026"}
    answer = hr.post(f"{address}/columns", **wrong)
    assert answer.status_code == 422
    assert "Personnel number is taken from the column personeelsnummer already." in answer.text
    assert "Name is needed in every row" in answer.text
    assert "Scheme is needed in every row" in answer.text
    assert "is not a date" in answer.text and 'value="31-02-2026"' in answer.text
    assert state_of(session, address) == ImportState.NAMING


def test_wrong_rows_are_shown_with_what_would_be_right_and_can_be_left_out(
    hr: Hr, session: Session
) -> None:
    address = hr.sent(WRONG)
    hr.post(f"{address}/columns", **AS_GUESSED, **SAME)
    page = hr.get(address).text
    assert "Full-time salary a month <small>salaris</small>" in page
    assert "may mean 3300 or 3.300" in page
    assert "Take the good rows only: 1" in page and "Take this file" not in page
    dutch = hr.get(address, "nl").text
    assert "kan 3300 of 3.300 betekenen" in dutch and "is geen datum" in dutch
    report = hr.get(f"{address}/report.csv").text
    assert "3,10,wrong,full_time_salary,3.300" in report
    hr.post(f"{address}/take", only_good_rows="yes")
    assert people(session) == 1
    assert "Wrong rows that were left out: 1." in hr.get(address).text


def test_a_refused_file_can_still_be_taken_without_its_wrong_rows(hr: Hr, session: Session) -> None:
    address = hr.sent(WRONG, at_once="yes")
    hr.post(f"{address}/columns", **AS_GUESSED, **SAME)
    assert (state_of(session, address), people(session)) == (ImportState.REFUSED, 0)
    hr.post(f"{address}/take", only_good_rows="yes")
    assert (state_of(session, address), people(session)) == (ImportState.APPLIED, 1)


def test_what_is_no_table_is_refused_beside_the_field_and_not_kept(
    hr: Hr, session: Session
) -> None:
    answer = hr.send(b"%PDF-1.7\x00", "people.pdf")
    assert answer.status_code == 422 and "The file is no spreadsheet" in answer.text
    assert "Choose a file first." in hr.post("/imports", kind="people").text
    assert session.scalar(select(func.count()).select_from(Import)) == 0


def test_a_file_that_is_too_large_is_refused(
    hr: Hr, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.view_functions["import_pages.hand_in"], LIMIT, 100)
    answer = hr.send(OURS)
    assert answer.status_code == 413 and "too large" in answer.text


def test_a_large_file_waits_with_its_progress_in_sight(
    hr: Hr, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "AT_ONCE", 10)
    address = hr.sent(OURS)
    page = hr.get(address).text
    assert "The file waits for its turn." in page
    assert 'hx-trigger="every 1s"' in page and 'http-equiv="refresh"' in page
    session.execute(
        ImportProgress.__table__.update().values(stage=Stage.READING, rows=40, of_rows=100)
    )
    session.commit()
    assert '<progress value="40" max="100">' in hr.get(address).text
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=5))
    assert "Nothing has moved for some minutes." in hr.get(address).text
    assert hr.get(f"{address}/columns").status_code == 409
    cmd = RunImport(UUID(address.rpartition("/")[2]))
    commands.run_import(session, cmd, actor=SYSTEM, now=NOW)
    session.commit()
    page = hr.get(address).text
    assert "Take this file: 1 rows" in page and "hx-trigger" not in page.partition("<main")[2]


def test_only_hr_may(hr: Hr, session: Session, app: Flask) -> None:
    address = hr.sent(OURS)
    factories.a_user(session, "paula@meridian.example", roles=frozenset({Role.PAYROLL}))
    cmd = access.IssueToken("paula@meridian.example", "tests")
    paula = Hr(app.test_client(), access.issue_token(session, cmd, actor=SYSTEM, now=NOW))
    session.commit()
    for path in ("/imports", address, f"{address}/columns", f"{address}/report.csv"):
        assert paula.get(path).status_code == 403, path
    assert paula.send(OURS).status_code == 403
    assert paula.post(f"{address}/take").status_code == 403
    assert paula.post(f"{address}/columns").status_code == 403
    assert hr.get(f"/imports/{uuid4()}").status_code == 404


def test_a_page_of_a_file_costs_the_same_however_long_its_report(hr: Hr, session: Session) -> None:
    few, many = (
        csv_of(*({**ANNA, "number": f"{size}-{n}", "part_time_factor": factor}
                 for n in range(size) for factor in ("0.8",)),
               {**ANNA, "number": "x", "part_time_factor": "8"}).getvalue()
        for size in (2, 300)
    )  # fmt: skip
    addresses = [hr.sent(content.replace(b"meridian", b"simple")) for content in (few, many)]
    hr.get(addresses[0])
    seen = []
    for address in addresses:
        with counted() as counting:
            assert "Wrong rows" in hr.get(address).text
        seen.append(counting)
    assert seen[0].statements == seen[1].statements, seen[1]


# Commands


def handed_in(session: Session, content: bytes = OURS, **options: Any) -> Import:
    cmd = HandIn(uuid4(), Kind.PEOPLE, "people.csv", content, **options)
    made = commands.hand_in(session, cmd, actor=DINA, now=NOW)
    session.flush()
    return made


def test_a_file_is_kept_for_a_day_and_then_forgotten(session: Session) -> None:
    looked_at, unnamed = handed_in(session), handed_in(session, THEIRS)
    later = NOW + timedelta(days=1, seconds=1)
    assert commands.forget_files(session, actor=SYSTEM, now=NOW) == 0
    assert commands.forget_files(session, actor=SYSTEM, now=later) == 2
    session.expire_all()
    assert (looked_at.state, looked_at.content) == (ImportState.CHECKED, None)
    assert (unnamed.state, unnamed.content) == (ImportState.FAILED, None)
    with pytest.raises(ImportMovedOn):
        commands.take_import(session, TakeImport(looked_at.id), actor=DINA, now=later)
    assert commands.forget_files(session, actor=SYSTEM, now=later) == 0


def test_who_may_not_import_does_not_learn_of_a_file(session: Session) -> None:
    made = handed_in(session)
    with pytest.raises(ImportUnknown):
        commands.take_import(session, TakeImport(made.id), actor=SYSTEM, now=NOW)


def test_a_file_sent_while_another_is_read_waits_for_a_worker(own_database: str) -> None:
    queries.SURROUNDINGS.register("schemes", lambda _: queries.Surroundings())
    with db.unit_of_work() as busy:
        commands._lock_imports(busy)
        with db.unit_of_work() as session:
            made = handed_in(session)
            assert made.state == ImportState.WAITING
    with db.unit_of_work() as session:
        message = session.scalars(select(Message)).one()
    worker.run_import(message.id)
    with db.unit_of_work() as session:
        assert session.get_one(Import, made.id).state == ImportState.CHECKED


def test_an_act_on_a_file_that_is_being_read_is_told_so(own_database: str) -> None:
    with db.unit_of_work() as session:
        made = handed_in(session)
    with db.unit_of_work() as reader:
        reader.get(Import, made.id, with_for_update={"key_share": True})
        with pytest.raises(ImportMovedOn), db.unit_of_work() as session:
            commands.take_import(session, TakeImport(made.id), actor=DINA, now=NOW)


def test_others_see_how_far_a_worker_is_while_it_reads(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "AT_ONCE", 10)
    monkeypatch.setattr(commands, "TELL_EVERY", 2)
    monkeypatch.setattr(worker, "TELL_EVERY_SECONDS", 0)
    seen: list[tuple[str, int, int | None, str]] = []
    rows = [{**BORIS, "number": f"B{n}"} for n in range(5)]
    with db.unit_of_work() as session:
        made = handed_in(session, csv_of(*rows).getvalue(), at_once=True)
    note = commands.note_progress

    def watched(session: Session, cmd: Any, **named: Any) -> None:
        note(session, cmd, **named)
        session.flush()
        shown = queries.import_progress(session, made.id)
        with db.unit_of_work() as other:
            state = other.get_one(Import, made.id).state
        assert shown is not None
        seen.append((shown.stage, shown.rows, shown.of_rows, state))

    monkeypatch.setattr(commands, "note_progress", watched)
    with db.unit_of_work() as session:
        message = session.scalars(select(Message)).one()
    worker.run_import(message.id)
    assert seen == [
        ("reading", 2, 5, "waiting"),
        ("reading", 4, 5, "waiting"),
        ("comparing", 5, 5, "waiting"),
        ("writing", 5, 5, "waiting"),
    ]
    with db.unit_of_work() as session:
        assert session.get_one(Import, made.id).state == ImportState.APPLIED
    worker.run_import(message.id)
    with db.unit_of_work() as session:
        assert people(session) == 5


# Faults in the reader's language


def test_every_fault_that_code_can_raise_is_known_to_the_translators() -> None:
    unknown = [
        text
        for text in _messages()
        if not any(pattern.fullmatch(text) for pattern, _ in _patterns())
    ]
    assert unknown == []


def _messages() -> Iterator[str]:
    """Every sentence written for a fault, with `X` in its blanks."""
    sources = ("ideals/kernel/tabular.py", "ideals/people/rules/__init__.py")
    for path in sources:
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Call) and node.args and _is_fault(node):
                text = _text(node.args[-1])
                if text is not None and not text.endswith(("file", "hint")):
                    yield text
    staging = (Path(ROOT) / "ideals/people/staging.py").read_text()
    assert staging.count("INSERT INTO people_fault") == 11, "a new fault: is it in SENTENCES?"


def _is_fault(node: ast.Call) -> bool:
    match node.func:
        case ast.Name(id="CellWrong" | "FileUnusable" | "Unusable"):
            return True
        case ast.Attribute(attr="fault"):
            return True
    return False


def _text(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=values):
            parts = [v.value if isinstance(v, ast.Constant) else _blank(v) for v in values]
            return "".join(str(part) for part in parts)
    return None


def _blank(node: ast.expr) -> str:
    """What a blank may hold, where a sentence goes on differently in each case."""
    text = ast.unparse(node)
    return {"{hint}": "did you mean X?", "{what}": "the code of a scheme"}.get(
        text.strip("f'\""), "X"
    )


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_found_again_with_its_blanks(app: Flask, sentence: str) -> None:
    filled = re.sub(r"%\((\w+)\)s", "X", sentence)
    with app.test_request_context():
        assert fault(filled) == filled
    with app.test_request_context(headers={"Accept-Language": "nl"}):
        assert fault(filled) != filled and "%(" not in fault(filled)


def test_a_sentence_that_nobody_knows_is_shown_as_it_is(app: Flask) -> None:
    with app.test_request_context():
        assert fault("Something else") == "Something else"
        assert fault("") == ""


def test_an_empty_cell_is_told_by_the_name_of_its_column(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "nl"}):
        assert fault("hired_on is empty; every row needs it").startswith("In dienst op is leeg")


def test_a_pay_file_has_its_own_columns(session: Session) -> None:
    cmd = HandIn(uuid4(), Kind.PAY, "pay.csv", csv_of(PAY).getvalue())
    made = commands.hand_in(session, cmd, actor=DINA, now=NOW)
    assert made.state == ImportState.CHECKED
    assert made.report is not None and made.report["wrong"] == 1
