"""Tables as files to download: CSV while it is read, and XLSX.

What a spreadsheet program could take for a formula is made text: `=1+1` becomes `'=1+1`, in both
kinds of file, so that it stays text when a workbook is saved as CSV later. Reading a file back
(`kernel/tabular.py`) undoes it. Numbers stay numbers, negative ones too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain, islice
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from flask import Response, current_app
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.writer.excel import ExcelWriter

from ideals.kernel import clock
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.kernel.tabular import protected
from ideals.web.language import language

Cell = str | int | Decimal | Money | Minutes | Month | date | datetime | bool | None
Row = Sequence[Cell]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CENT = Decimal("0.01")
_BATCH = 500
_PIECE = 64 * 1024
_LONGEST_TEXT = 32_767  # more than this in one cell, and Excel calls the workbook damaged
_WIDEST_COLUMN = 60
_NAME = re.compile(r"[^\w.-]+")


class _Style(NamedTuple):
    delimiter: str
    point: str


_STYLES = {"nl": _Style(";", ","), "en": _Style(",", ".")}


def csv_response(name: str, header: Sequence[str], rows: Iterable[Row]) -> Response:
    """A CSV file as Excel of the reader's language opens it: `;` and `,` in Dutch.

    The first rows are read at once, so that a failure is still an error page; the others while the
    answer is sent, when the view and its unit of work are over. A generator of rows therefore
    opens its own. Days are written `2026-03-15`, months `2026-03`, hours with two decimals.
    """
    style = _STYLES[language()]
    left = iter(rows)
    first = list(islice(left, _BATCH))
    zone = current_app.config["IDEALS_ZONE"]
    texts = ([_csv_text(cell, style, zone) for cell in row] for row in chain(first, left))
    lines = chain([[protected(title) for title in header]], texts)
    return _download(name, "csv", "text/csv; charset=utf-8", _csv_pieces(lines, style.delimiter))


def xlsx_response(name: str, header: Sequence[str], rows: Iterable[Row]) -> Response:
    """A workbook of one sheet, its first row frozen. All rows are read before it is sent."""

    def write(file: IO[bytes]) -> None:
        write_workbook(file, name, header, rows, at=clock.now())

    return written_response(name, "xlsx", XLSX, write)


def written_response(
    name: str, ending: str, mimetype: str, write: Callable[[IO[bytes]], None]
) -> Response:
    """A file to download that `write` fills; it is sent when it is whole."""
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 # closed when the answer has been sent
    try:
        write(file)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    response = _download(name, ending, mimetype, iter(lambda: file.read(_PIECE), b""))
    response.call_on_close(file.close)
    response.content_length = size
    return response


def _download(
    name: str, ending: str, mimetype: str, body: Iterable[str] | Iterable[bytes]
) -> Response:
    response = Response(body, content_type=mimetype)
    filename = f"{_NAME.sub('-', name).strip('-.') or 'table'}.{ending}"
    response.headers.set("Content-Disposition", "attachment", filename=filename)
    return response


def _csv_pieces(lines: Iterable[Sequence[str]], delimiter: str) -> Iterator[str]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    buffer.write("\ufeff")  # without the mark Excel reads the file as Windows-1252
    for count, line in enumerate(lines):
        writer.writerow(line)
        if count % _BATCH == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _csv_text(cell: Cell, style: _Style, zone: Any) -> str:
    match _value(cell, zone):
        case None:
            return ""
        case bool() as truth:
            return str(truth).upper()
        case int() as whole:
            return str(whole)
        case Decimal() as number:
            return f"{number:f}".replace(".", style.point)
        case datetime() as moment:
            return moment.isoformat(sep=" ", timespec="minutes")
        case date() as day:
            return day.isoformat()
        case text:
            return protected(str(text))


def _value(cell: Cell, zone: Any) -> str | int | Decimal | date | datetime | bool | None:
    """Values of the house as a number, text or day of any spreadsheet."""
    match cell:
        case Money():
            return cell.euros.quantize(_CENT)
        case Minutes():
            return cell.hours.quantize(_CENT, ROUND_HALF_UP)
        case Month():
            return str(cell)
        case datetime():
            local = cell.astimezone(zone) if cell.tzinfo is not None else cell
            return local.replace(tzinfo=None, second=0, microsecond=0)
    return cell


class _Dated(ZipFile):
    """An archive whose members all bear the first date there is, whenever they were written."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        super().writestr(_member(zinfo_or_arcname), data)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        with Path(filename).open("rb") as part, self.open(_member(arcname), "w") as member:
            copyfileobj(part, member)


def _member(name: str) -> ZipInfo:
    member = ZipInfo(name)
    member.compress_type = ZIP_DEFLATED
    return member


def write_workbook(
    file: IO[bytes], name: str, header: Sequence[str], rows: Iterable[Row], *, at: datetime
) -> None:
    """A workbook of one sheet. The same rows and moment `at` give the same bytes, always."""
    zone = current_app.config["IDEALS_ZONE"]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_NAME.sub("-", name)[:31] or "table")
    left = iter(rows)
    first = [[_value(cell, zone) for cell in row] for row in islice(left, _BATCH)]
    # Widths stand before the rows in the file: learned from the rows at hand.
    for place, title in enumerate(header):
        shown = [title, *(str(row[place]) for row in first if place < len(row))]
        column = sheet.column_dimensions[get_column_letter(place + 1)]
        column.width = min(max(map(len, shown)) + 2, _WIDEST_COLUMN)
    sheet.freeze_panes = "A2"
    sheet.append([_sheet_cell(sheet, title, bold=True) for title in header])
    later = ([_value(cell, zone) for cell in row] for row in left)
    for row in chain(first, later):
        sheet.append([_sheet_cell(sheet, value) for value in row])
    book.properties.created = book.properties.modified = at.astimezone(UTC).replace(tzinfo=None)
    ExcelWriter(book, _Dated(file, "w", ZIP_DEFLATED, allowZip64=True)).save()


def _sheet_cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=protected(value)[:_LONGEST_TEXT])
        cell.data_type = "s"  # whatever it looks like
    else:
        cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, Decimal):
        cell.number_format = "#,##0.00" if value.as_tuple().exponent == -2 else "General"
    elif isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    if bold:
        cell.font = Font(bold=True)
    return cell
