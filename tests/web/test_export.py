"""What is exported is read back, with the spreadsheet library and with our own importer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
from flask import Flask, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.kernel.tabular import LIVE, open_table, parse_decimal, protected
from ideals.web.export import csv_response, xlsx_response

HEADER = ("name", "amount", "hours", "month", "on", "at", "active", "count", "factor")
ROW = (
    "Zoë Öztürk; \"de\" Vries",
    Money(-123450),
    Minutes(450),
    Month(2026, 3),
    date(2026, 3, 15),
    datetime(2026, 3, 15, 11, 5, 59, tzinfo=UTC),
    True,
    7,
    Decimal("0.8"),
)  # fmt: skip
DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠a", "=", " =1"]


@pytest.fixture(params=["nl", "en"])
def reader(app: Flask, request: pytest.FixtureRequest) -> Iterator[str]:
    with app.test_request_context(headers={"Accept-Language": request.param}):
        yield request.param


@pytest.fixture
def dutch(app: Flask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "nl"}):
        yield


def bytes_of(response: Response) -> bytes:
    try:
        return b"".join(part.encode() if isinstance(part, str) else part
                        for part in response.response)  # fmt: skip
    finally:
        response.close()


def test_a_dutch_csv_has_semicolons_commas_and_the_mark_for_excel(dutch: None) -> None:
    lines = bytes_of(csv_response("run", HEADER, [ROW])).decode().split("\r\n")
    assert lines[0] == "\ufeffname;amount;hours;month;on;at;active;count;factor"
    assert lines[1] == (
        '"Zoë Öztürk; ""de"" Vries";-1234,50;7,50;2026-03;2026-03-15;2026-03-15 12:05;TRUE;7;0,8'
    )
    assert lines[2:] == [""]


def test_an_english_csv_has_commas_and_points(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        text = bytes_of(csv_response("run", ("a", "b"), [(Money(100), None)])).decode()
    assert text == "\ufeffa,b\r\n1.00,\r\n"


def test_numbers_come_back_as_they_went(reader: str) -> None:
    numbers = (Money(-5), Money(0), Money(123456789), Minutes(-90), Decimal("0.0000001"), -3)
    for make in (csv_response, xlsx_response):
        data = bytes_of(make("n", list("abcdef"), [numbers]))
        with open_table(io.BytesIO(data)) as table:
            (row,) = table.rows
            read = [parse_decimal(cell, thousands=False) for cell in row.cells]
        wanted = ["-0.05", "0", "1234567.89", "-1.5", "0.0000001", "-3"]
        assert read == [Decimal(n) for n in wanted]


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_looks_like_a_formula_is_text_in_both_files(dutch: None, text: str) -> None:
    lines = bytes_of(csv_response("t", ("a",), [(text,)])).decode().removeprefix("\ufeff")
    assert lines.split("\r\n", 1)[1].lstrip('"')[0] == "'"
    book = openpyxl.load_workbook(io.BytesIO(bytes_of(xlsx_response("t", ("a",), [(text,)]))))
    cell = book.worksheets[0]["A2"]
    assert cell.data_type == "s"
    assert str(cell.value)[0] == "'"


@pytest.mark.parametrize("make", [csv_response, xlsx_response])
@pytest.mark.parametrize(
    "text", [t for t in DANGEROUS if t[0] not in "\t\r "] + ["'quoted'", "O'Brien"]
)
def test_the_importer_undoes_what_protects(dutch: None, make, text: str) -> None:  # type: ignore[no-untyped-def]
    with open_table(io.BytesIO(bytes_of(make("t", ("a", "b"), [(text, "x")])))) as table:
        (row,) = table.rows
    assert row.cells[0] == text


def test_a_head_is_protected_too(dutch: None) -> None:
    assert bytes_of(csv_response("t", ("=cmd",), [])).decode() == "\ufeff'=cmd\r\n"
    book = openpyxl.load_workbook(io.BytesIO(bytes_of(xlsx_response("t", ("=cmd",), []))))
    assert book.worksheets[0]["A1"].value == "'=cmd"


@given(st.text(max_size=30))
def test_no_text_begins_with_what_a_program_runs(text: str) -> None:
    safe = protected(text)
    assert not safe or safe[0] not in LIVE
    assert not safe.strip() or safe.strip()[0] not in LIVE


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40
)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=5))
def test_any_text_makes_files_that_can_be_opened(dutch: None, texts: list[str]) -> None:
    rows = [(text, 1) for text in texts]
    bytes_of(csv_response("t", ("a", "b"), rows))
    data = bytes_of(xlsx_response("t", ("a", "b"), rows))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    assert sheet.max_row == len(texts) + 1


def test_a_workbook_keeps_kinds_and_freezes_its_head(dutch: None) -> None:
    book = openpyxl.load_workbook(io.BytesIO(bytes_of(xlsx_response("run-2026", HEADER, [ROW]))))
    sheet = book.worksheets[0]
    assert sheet.title == "run-2026"
    assert sheet.freeze_panes == "A2"
    name, amount, hours, month, on, at, active, count, factor = (c.value for c in sheet[2])
    assert name == ROW[0]
    assert (amount, hours, month, count, factor) == (-1234.5, 7.5, "2026-03", 7, 0.8)
    assert (on, at) == (datetime(2026, 3, 15), datetime(2026, 3, 15, 12, 5))  # noqa: DTZ001
    assert active is True
    assert sheet["B2"].number_format == "#,##0.00"


def test_rows_are_read_while_the_answer_is_sent_but_the_first_before(dutch: None) -> None:
    read = 0

    def rows() -> Iterator[tuple[int]]:
        nonlocal read
        for number in range(2000):
            read += 1
            yield (number,)

    response = csv_response("many", ("n",), rows())
    assert 0 < read < 2000
    assert bytes_of(response).count(b"\r\n") == 2001
    assert read == 2000


def test_a_failure_at_the_start_is_an_error_not_half_a_file(dutch: None) -> None:
    def rows() -> Iterator[tuple[int]]:
        raise ZeroDivisionError
        yield (1,)

    for make in (csv_response, xlsx_response):
        with pytest.raises(ZeroDivisionError):
            make("t", ("n",), rows())


def test_the_file_has_a_name_that_is_safe_in_a_header(dutch: None) -> None:
    response = csv_response('run 2026/03 "x"\r\n', ("a",), [])
    assert response.headers["Content-Disposition"] == "attachment; filename=run-2026-03-x.csv"
    assert csv_response("…", ("a",), []).headers["Content-Disposition"].endswith("=table.csv")
