from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from ideals.kernel.month import Month
from ideals.kernel.tabular import (
    Cell,
    CellWrong,
    FileUnusable,
    Row,
    Unusable,
    nearest,
    open_table,
    parse_cents,
    parse_date,
    parse_decimal,
    parse_month,
    parse_text,
    shown,
)


def read(content: bytes) -> tuple[tuple[str, ...], list[Row]]:
    with open_table(io.BytesIO(content)) as table:
        return table.header, list(table.rows)


def cells(content: bytes) -> list[tuple[Cell, ...]]:
    return [row.cells for row in read(content)[1]]


def workbook(*lines: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def refusal(content: bytes) -> str:
    with pytest.raises(FileUnusable) as caught:
        read(content)
    return caught.value.message


# Text files


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_seen_from_the_first_line(delimiter: str) -> None:
    content = f"number{delimiter}name\n1{delimiter}Anna\n".encode()
    assert read(content) == (("number", "name"), [Row(2, ("1", "Anna"), False)])


def test_a_delimiter_inside_quotation_marks_parts_nothing() -> None:
    assert cells(b'"a,b,c";d\n"1,5";2\n') == [("1,5", "2")]


def test_excels_own_line_about_the_delimiter_is_believed_and_skipped() -> None:
    header, rows = read(b"sep=;\r\nnumber;name\r\n1;Anna\r\n")
    assert header == ("number", "name")
    assert rows == [Row(3, ("1", "Anna"), False)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_usual_encoding_is_read(encoding: str) -> None:
    assert cells("name,sum\nZoë Müller,€ 3\n".encode(encoding)) == [("Zoë Müller", "€ 3")]


def test_a_letter_on_the_border_of_two_reads_is_whole() -> None:
    lines = b"a\n" + b"1234567\n" * (2**17)  # so that the first of two bytes ends the first read
    content = lines[: 2**20 - 1] + "é\n".encode()
    assert content[2**20 - 1 : 2**20 + 1] == "é".encode()
    assert str(cells(content)[-1][0]).endswith("é")


def test_names_of_columns_are_trimmed_and_in_lower_case() -> None:
    assert read(b" Number , NAME,,\n1,Anna,,\n")[0] == ("number", "name")


def test_empty_rows_count_but_are_not_read() -> None:
    assert [row.number for row in read(b"a,b\n\n1,2\n,,\n 3 ,4\n")[1]] == [3, 5]


def test_a_line_break_in_quotation_marks_is_one_row() -> None:
    assert [row.number for row in read(b'a,b\n"x\ny",1\nz,2\n')[1]] == [2, 3]


def test_short_rows_are_filled_and_long_ones_are_told() -> None:
    assert read(b"a,b\n1\n1,2,3\n1,2,\n")[1] == [
        Row(2, ("1", None), False),
        Row(3, ("1", "2"), True),
        Row(4, ("1", "2"), False),
    ]


def test_an_apostrophe_that_disarmed_a_formula_is_taken_away_and_others_stay() -> None:
    content = b"a,b,c,d\n'=1+1,'@home,'t Hooft,'\n"
    assert cells(content) == [("=1+1", "@home", "'t Hooft", "'")]


def test_a_live_formula_in_text_is_no_value() -> None:
    (cell,) = cells(b'a\n"=HYPERLINK(""x"")"\n')[0]
    assert isinstance(cell, Unusable)
    with pytest.raises(CellWrong, match="formula"):
        parse_text(cell)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n\n \n", "empty"),
        (b"a,,b\n1,2,3\n", "Column 2 has no name"),
        (b"a,b,A\n1,2,3\n", "'a' is there twice"),
        (b'a,b\n1,"never closed\n', "Row 2 .*quotation mark"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
        (b"%PDF-1.7\n\x00\x01\x02", "no spreadsheet"),
        (b"name\n\x81\x8d\x8f\n", "no spreadsheet"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (",".join(f"c{n}" for n in range(201)).encode(), "201 columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_as_a_whole(content: bytes, says: str) -> None:
    with pytest.raises(FileUnusable, match=says):
        read(content)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with (
        pytest.raises(FileUnusable, match=r"nothing\.csv cannot be opened"),
        open_table(tmp_path / "nothing.csv"),
    ):
        pass


def test_a_path_is_read_and_a_stream_is_left_open(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"a\n1\n")
    with open_table(path) as table:
        assert [row.cells for row in table.rows] == [("1",)]
    stream = io.BytesIO(b"a\n1\n")
    with open_table(stream):
        pass
    assert stream.seek(0) == 0


# Workbooks


def test_a_workbook_types_its_cells() -> None:
    content = workbook(
        ["text", "whole", "fraction", "day", "truth", "empty"],
        ["Anna", 12, 3300.5, date(2026, 3, 15), True, None],
    )
    assert cells(content) == [
        ("Anna", Decimal(12), Decimal("3300.5"), date(2026, 3, 15), True, None)
    ]


def test_the_noise_of_binary_fractions_is_not_read() -> None:
    (cell,) = cells(workbook(["a"], [0.1 + 0.2]))[0]
    assert cell == Decimal("0.3")


def test_formula_cells_are_never_values() -> None:
    (cell,) = cells(workbook(["a"], ["=1+1"]))[0]
    assert isinstance(cell, Unusable)
    assert cell.text == "=1+1"
    for parse in (parse_text, parse_decimal, parse_date, parse_month, parse_cents):
        with pytest.raises(CellWrong, match="paste it as values"):
            parse(cell)


def test_errors_and_times_of_day_in_a_workbook_are_no_values() -> None:
    book = openpyxl.Workbook()
    book.active.append(["a", "b", "c"])
    book.active.append(
        [
            None,
            datetime(2026, 3, 15, 12, 30),  # noqa: DTZ001 - workbooks know no zone
            time(8, 30),
        ]
    )
    book.active["A2"].value = "#N/A"
    file = io.BytesIO()
    book.save(file)
    error, moment, hour = cells(file.getvalue())[0]
    assert isinstance(error, Unusable) and "#N/A" in error.message
    assert isinstance(moment, Unusable) and "time of day" in moment.message
    assert isinstance(hour, Unusable)


def test_rows_of_a_workbook_are_numbered_as_it_shows_them() -> None:
    content = workbook([], ["a", "b"], [1, 2], [], [3, 4, 5])
    assert [(row.number, row.beyond) for row in read(content)[1]] == [(3, False), (5, True)]


def test_only_the_first_sheet_is_read() -> None:
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append(["first"])
    book.create_sheet("second").append(["b"])
    file = io.BytesIO()
    book.save(file)
    assert cells(file.getvalue()) == [("first",)]


def test_another_archive_is_not_a_workbook() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    assert "damaged" in refusal(file.getvalue())


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    content = io.BytesIO(workbook(["a"], [1]))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings2.xml", b" " * (40 * 2**20))
    assert "unpacks to" in refusal(content.getvalue())


def rewritten(content: bytes, part: str, change: dict[str, str]) -> bytes:
    """The workbook with texts of one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == part:
                for before, after in change.items():
                    assert before.encode() in text
                    text = text.replace(before.encode(), after.encode())
            new.writestr(name, text)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_entities_that_grow_without_end_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    content = rewritten(
        workbook(["a"], [1]), SHEET, {"<worksheet": bomb + "]><worksheet", "<v>1</v>": "<v>&j;</v>"}
    )
    assert "damaged" in refusal(content)


def test_a_sheet_that_claims_a_huge_size_is_read_for_what_it_has() -> None:
    content = rewritten(workbook(["a"], [1]), SHEET, {'ref="A1:A2"': 'ref="A1:XFD1048576"'})
    assert cells(content) == [(Decimal(1),)]


def test_a_sheet_cut_off_in_the_middle_is_refused() -> None:
    content = rewritten(workbook(["a"], [1], [2]), SHEET, {"</worksheet>": ""})
    assert "damaged" in refusal(content)


# Values


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3300", "3300"),
        ("3300.50", "3300.50"),
        ("3300,50", "3300.50"),
        ("3.300,50", "3300.50"),
        ("3,300.50", "3300.50"),
        ("1.234.567", "1234567"),
        ("1,234,567.8", "1234567.8"),
        ("3 300,50", "3300.50"),
        ("3\u00a0300,50", "3300.50"),
        ("€ 3.300,50", "3300.50"),
        ("3300,50 EUR", "3300.50"),
        ("3300,-", "3300"),
        ("-12,5", "-12.5"),
        ("+7", "7"),
        ("0,600", "0.600"),
        ("0.125", "0.125"),
        ("3300.500", "3300.500"),
        ("12,3456", "12.3456"),
    ],
)
def test_numbers_are_read_in_dutch_and_english(text: str, number: str) -> None:
    assert parse_decimal(text) == Decimal(number)


@pytest.mark.parametrize("text", ["3.300", "3,300", "-1.000", "999.999", "€ 3.300"])
def test_a_number_that_may_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(CellWrong, match="may mean"):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("text", "number"), [("1.000", "1"), ("0,875", "0.875"), ("36,000", "36"), ("32.250", "32.25")]
)
def test_what_never_reaches_a_thousand_has_a_decimal_mark_only(text: str, number: str) -> None:
    assert parse_decimal(text, thousands=False) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "12a",
        "1,2,3",
        "1.23.456",
        "1.2345,6",
        ".5",
        "5.",
        "1,,5",
        "1e5",
        "٣",
        "--1",
        "NaN",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(CellWrong, match="not a number"):
        parse_decimal(text)


def test_a_grouped_number_is_refused_where_thousands_cannot_be() -> None:
    with pytest.raises(CellWrong):
        parse_decimal("1.000,5", thousands=False)


@pytest.mark.parametrize("cell", [True, date(2026, 1, 1)])
def test_a_truth_or_a_day_is_no_number(cell: Cell) -> None:
    with pytest.raises(CellWrong, match="not a number"):
        parse_decimal(cell)


def test_euros_become_whole_cents_or_are_refused() -> None:
    assert parse_cents("3.300,50") == 330050
    assert parse_cents(Decimal("-12.3")) == -1230
    with pytest.raises(CellWrong, match="finer than a cent"):
        parse_cents("3300.505")
    with pytest.raises(CellWrong, match="too large"):
        parse_cents("9999999999999999")


@pytest.mark.parametrize(
    "cell",
    [
        "2026-03-15",
        "15-03-2026",
        "15/3/2026",
        "15.03.2026",
        "2026-03-15T00:00:00",
        date(2026, 3, 15),
    ],
)
def test_days_are_read_in_dutch_and_iso(cell: Cell) -> None:
    assert parse_date(cell) == date(2026, 3, 15)


@pytest.mark.parametrize(
    "cell", ["3/15/2026", "31-02-2026", "15-03-26", "15 maart", "2026-03-15 12:00", Decimal(46096)]
)
def test_what_is_no_day_is_refused(cell: Cell) -> None:
    with pytest.raises(CellWrong, match="not a date"):
        parse_date(cell)


@pytest.mark.parametrize(
    "cell", ["2026-03", "03-2026", "3/2026", "2026-03-01", "01-03-2026", date(2026, 3, 1)]
)
def test_months_are_read_also_when_a_program_made_a_day_of_them(cell: Cell) -> None:
    assert parse_month(cell) == Month(2026, 3)


@pytest.mark.parametrize("cell", ["mrt-26", "2026-13", "13-2026", "2026-03-02", "202603", "2026"])
def test_what_is_no_month_is_refused(cell: Cell) -> None:
    with pytest.raises(CellWrong, match="not a month"):
        parse_month(cell)


def test_texts_are_composed_bounded_and_printable() -> None:
    assert parse_text("Zoe\u0308") == "Zoë"
    assert parse_text(Decimal(123)) == "123"
    with pytest.raises(CellWrong, match="201 characters"):
        parse_text("x" * 201)
    with pytest.raises(CellWrong, match="control character"):
        parse_text("Anna\nde Vries")


def test_a_cell_is_shown_as_the_program_shows_it() -> None:
    assert [shown(cell) for cell in (None, "x", Decimal("1E+3"), True, date(2026, 3, 1))] == [
        "",
        "x",
        "1000",
        "TRUE",
        "2026-03-01",
    ]


def test_the_nearest_name_is_offered_or_none() -> None:
    assert nearest("full_time_salery", ["full_time_salary", "scheme"]) == "full_time_salary"
    assert nearest("zzz", ["scheme"]) is None
