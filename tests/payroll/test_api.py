"""Payroll over HTTP: by token, closed by default, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from hashlib import sha256

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.audit import Entry
from ideals.config import Settings
from ideals.kernel.actor import Role
from ideals.payroll import commands
from tests.counting import counted_all
from tests.payroll.desk import HR, PAYROLL, Desk, desk
from tests.payroll.shopping import FEBRUARY, JANUARY, LATER, MARCH, a_shop, close, everything
from tests.shop.conftest import Shop


@pytest.fixture
def shop(session: Session) -> Shop:
    """Anna and Egor chose in March, Anna got a bonus, and March is sealed."""
    opened = a_shop(session)
    everything(session, opened)
    content = io.BytesIO(b"number,month,amount\nanna,2026-03,1200.00")
    cmd = commands.UploadBonuses(content, "bonus.csv")
    commands.upload_bonuses(session, cmd, actor=opened.dina, now=LATER)
    close(session, JANUARY, FEBRUARY, MARCH)
    session.commit()
    return opened


@pytest.fixture
def client(session: Session, shop: Shop) -> Iterator[FlaskClient]:
    with create_app(Settings.read({})).test_client() as opened:
        yield opened


@pytest.fixture
def paula(client: FlaskClient) -> Desk:
    return desk(client, "paula", *PAYROLL)


@pytest.fixture
def dina(client: FlaskClient) -> Desk:
    return desk(client, "dina", *HR)


BATCH = "payroll/batches/2026-03"


def test_the_batch_as_json(paula: Desk) -> None:
    batch = paula.json(BATCH)
    assert {key: batch[key] for key in ("month", "line_count", "made_at")} == {
        "month": "2026-03",
        "line_count": 11,
        "made_at": "2026-04-02T10:00:00+02:00",
    }
    assert batch["lines"][0] == {
        "number": "anna",
        "code": "addition.bicycle",
        "name": "Addition to wage: bicycle",
        "amount": "14.00",
        "minutes": None,
        "hours": None,
        "tax": "addition",
        "reference": "2026-03-000001",
    }
    by_code = {line["code"]: line for line in batch["lines"]}
    assert by_code["bonus.performance"]["amount"] == "1200.00"
    assert (by_code["hours.sell"]["minutes"], by_code["hours.sell"]["hours"]) == (-180, "-3.00")
    totals = {total["code"]: total["amount"] for total in batch["totals"]}
    assert totals["deduction.car"] == "-250.00"
    assert sum(1 for _line in batch["lines"]) == batch["line_count"]


def test_every_kind_of_file_says_the_same(paula: Desk) -> None:
    batch = paula.json(BATCH)
    content = paula.file(f"/api/v1/{BATCH}?format=csv")
    assert sha256(content).hexdigest() == batch["digest"]
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    sheet = load_workbook(io.BytesIO(paula.file(f"/api/v1/{BATCH}?format=xlsx"))).active
    header, *cells = sheet.iter_rows(values_only=True)
    assert list(header) == list(rows[0])
    for line, row, of_sheet in zip(batch["lines"], rows, cells, strict=True):
        for name in ("number", "code", "name", "tax", "reference"):
            assert line[name] == row[name] == dict(zip(header, of_sheet, strict=True))[name]
        assert (line["amount"] or "") == row["amount"]
        assert str(line["minutes"] if line["minutes"] is not None else "") == row["minutes"]
        amount = dict(zip(header, of_sheet, strict=True))["amount"]
        assert (f"{amount:.2f}" if amount is not None else "") == row["amount"]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_a_second_export_is_the_same_bytes_whoever_asks_in_whatever_language(
    paula: Desk, dina: Desk, kind: str
) -> None:
    first = paula.file(f"/api/v1/{BATCH}?format={kind}")
    page = dina.get(f"/payroll/2026-03.{kind}", language="nl")
    assert page.headers["Content-Disposition"] == f"attachment; filename=payroll-2026-03.{kind}"
    assert page.get_data() == first
    page.close()


def test_each_export_is_written_down(paula: Desk, dina: Desk, session: Session) -> None:
    paula.file(f"/api/v1/{BATCH}?format=csv")
    dina.file(f"/api/v1/{BATCH}")
    entries = session.scalars(
        select(Entry).where(Entry.act == "payroll.exported").order_by(Entry.id)
    ).all()
    assert [(e.actor, e.subject, e.details["file"]) for e in entries] == [
        ("paula@meridian.example", "month:2026-03", "csv"),
        ("dina@meridian.example", "month:2026-03", "json"),
    ]


def test_batches_are_listed_the_latest_first(paula: Desk) -> None:
    page = paula.json("payroll/batches?limit=2")
    assert [batch["month"] for batch in page["items"]] == ["2026-03", "2026-02"]
    rest = paula.json(f"payroll/batches?limit=2&cursor={page['next']}")
    assert [batch["month"] for batch in rest["items"]] == ["2026-01"]


def test_lines_are_searched_and_open_to_everything_behind_them(
    paula: Desk, session: Session
) -> None:
    found = paula.json(f"{BATCH}/lines?search=ann&code=purchase.course")
    (line,) = found["items"]
    assert (line["number"], line["employee"], line["amount"]) == ("anna", "Anna", "200.00")
    told = paula.json(f"{BATCH}/lines/{line['line']}")
    (act,) = told["acts"]
    assert act["told"].startswith("Order ")
    order = act["order"]
    assert (order["product"], order["price"], order["scheme"]) == ("course", "200.00", "simple")
    assert order["steps"][-1]["amount"] == "200.00"
    assert {(d["kind"], d["state"], d["by"]) for d in order["decisions"]} == {
        ("order", "approved", "Boris"),
        ("evidence", "approved", "Dina"),
    }
    (row,) = act["transfers"]
    assert (row["from_account"], row["to_account"], row["amount"]) == (
        "budget",
        "purchase",
        "200.00",
    )
    seen = session.scalars(select(Entry.subject).where(Entry.act == "payroll.line_viewed"))
    assert seen.all() == [f"payroll_line:{line['reference']}"]


def test_the_reconciliation_explains_each_total(paula: Desk) -> None:
    found = paula.json(f"{BATCH}/reconciliation")
    assert {code["difference"]["amount"] for code in found["codes"]} == {"0.00", None}
    assert {code["difference"]["minutes"] for code in found["codes"]} == {0, None}
    leave = next(code for code in found["codes"] if code["code"] == "purchase.leave")
    assert leave["batch"]["amount"] == leave["ledger"]["amount"] == "160.00"
    assert leave["parts"] == [
        {
            "kind": "purchase",
            "item": "leave",
            "tax": "exempt",
            "people": 1,
            "count": 3,
            "value": {"amount": "160.00", "minutes": None, "hours": None},
            "reversed": {"amount": "-20.00", "minutes": None, "hours": None},
            "earlier": {"amount": "0.00", "minutes": None, "hours": None},
        }
    ]


def test_hr_keeps_codes_and_payroll_reads_them(paula: Desk, dina: Desk) -> None:
    body = {
        "kind": "pay",
        "item": "cash",
        "code": "4010",
        "name": "Benefit budget",
        "first_month": "2026-04",
    }
    made = dina.call("payroll/codes", "a", **body)
    assert made == body
    assert dina.call("payroll/codes", "a", **body) == body
    assert paula.json("payroll/codes") == [body]
    paula.call("payroll/codes", "b", 403, **body)
    late = dina.call("payroll/codes", "c", 409, **(body | {"first_month": "2026-03"}))
    assert (late["code"], late["earliest"]) == ("payroll_code_too_late", "2026-04")
    bad = dina.call("payroll/codes", "d", 422, **(body | {"code": "=1+1"}))
    assert (bad["code"], bad["field"]) == ("payroll_code_refused", "code")


def test_bonuses_and_refused_lines_come_in_as_files(paula: Desk, dina: Desk) -> None:
    report = dina.send("payroll/bonuses", "a", "number,month,amount\nanna,2026-04,10\nx,2026-04,1")
    assert (report["applied"], report["new"]) == (False, 1)
    assert report["faults"][0] | {"message": ""} == {"row": 3, "number": "x", "message": ""}
    report = dina.send("payroll/bonuses", "b", "number,month,amount\nanna,2026-04,10")
    assert (report["applied"], report["new"]) == (True, 1)
    paula.send("payroll/bonuses", "c", "number,month,amount\nanna,2026-04,10", 403)
    (bonus, _earlier) = dina.json("payroll/bonuses")["items"]
    assert (bonus["month"], bonus["number"], bonus["amount"]) == ("2026-04", "anna", "10.00")

    sent = paula.send(f"{BATCH}/refusals", "d", "number,code,reason\nanna,pay.cash,Unknown")
    assert (sent["new"], sent["faults"]) == (1, [])
    (refusal,) = paula.json(f"{BATCH}/refusals")["items"]
    assert (refusal["state"], refusal["number"], refusal["amount"]) == ("open", "anna", "100.00")
    decided = dina.call(
        f"approvals/{refusal['id']}/decisions", "e", decision="refuse", reason="By hand"
    )
    assert decided["state"] == "refused"
    (refusal,) = paula.json(f"{BATCH}/refusals")["items"]
    assert (refusal["state"], refusal["note"]) == ("kept", "By hand")


def test_who_may_see_what(client: FlaskClient, paula: Desk, dina: Desk, session: Session) -> None:
    """Payroll and HR see batches, HR alone bonuses; nobody else sees anything, not even that."""
    paths = (
        "payroll/batches", BATCH, f"{BATCH}?format=csv", f"{BATCH}/reconciliation",
        f"{BATCH}/lines", f"{BATCH}/lines/1", f"{BATCH}/refusals", "payroll/codes",
    )  # fmt: skip
    pages = (
        "/payroll", "/payroll/2026-03", "/payroll/2026-03.csv", "/payroll/2026-03.xlsx",
        "/payroll/2026-03.json", "/payroll/2026-03/lines.csv", "/payroll/2026-03/lines/1",
        "/payroll/2026-03/refusals", "/payroll/codes",
    )  # fmt: skip
    others = [
        desk(client, "anna", number="anna"),
        desk(client, "boris", number="boris"),
        desk(client, "wim", Role.WORKS_COUNCIL),
        desk(client, "petra", Role.HR_PRICES, Role.HR_DEALS),
    ]
    for path in (*(f"/api/v1/{path}" for path in paths), *pages):
        assert client.get(path).status_code in (302, 303, 401), path
        for allowed in (paula, dina):
            allowed.file(path)
        for other in others:
            other.get(path, 403)
    for path in ("/api/v1/payroll/bonuses", "/payroll/bonuses"):
        dina.get(path)
        for other in (*others, paula):
            other.get(path, 403)
    assert others[0].json("me/bonuses") == []
    for other in (*others, paula):
        other.post("/payroll/codes", 403, what="pay:cash", code="1", name="x")
        other.post("/payroll/refusals/0192f0c1-2f4e-7000-8000-000000000000", 403)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("payroll/batches/2026-04", 404, "payroll_batch_unknown"),
        ("payroll/batches/2031-01", 404, "payroll_batch_unknown"),
        ("payroll/batches/March", 422, "month_unreadable"),
        (f"{BATCH}?format=pdf", 422, "validation_failed"),
        (f"{BATCH}/lines/999", 404, "payroll_line_unknown"),
        (f"{BATCH}/lines?colour=red", 422, "validation_failed"),
    ],
)
def test_what_is_not_there(paula: Desk, path: str, status: int, code: str) -> None:
    assert paula.get(f"/api/v1/{path}", status).json["code"] == code


def test_each_path_keeps_to_its_statements(paula: Desk) -> None:
    """However many lines there are; an export reads them by one cursor beside these."""
    course = number_of(paula, "purchase.course")
    budget = {
        f"{BATCH}?format=csv": "who batch audit",
        BATCH: "who batch audit totals",
        f"{BATCH}/reconciliation": "who batch totals items ledger",
        f"{BATCH}/lines": "who batch lines",
        f"{BATCH}/lines/{course}": "who batch line audit items claimed transfers orders_told"
        " products_told orders products choices decisions deciders employee accounts",
    }
    for path, named in budget.items():
        with counted_all() as seen:
            paula.file(f"/api/v1/{path}")
        assert seen.statements == len(named.split()), f"{path}\n{seen}"


def number_of(paula: Desk, code: str) -> int:
    line: int = paula.json(f"{BATCH}/lines?code={code}")["items"][0]["line"]
    return line


def test_the_document_describes_it(client: FlaskClient) -> None:
    document = json.loads(client.get("/api/openapi.json").get_data())
    batch = document["paths"]["/api/v1/payroll/batches/{month}"]["get"]
    (asked,) = batch["parameters"]
    assert (asked["name"], asked["schema"]["enum"]) == ("format", ["csv", "xlsx", "json"])
    assert {"get", "post"} == set(document["paths"]["/api/v1/payroll/codes"])
