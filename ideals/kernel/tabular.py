"""Rows out of a CSV file or an XLSX workbook, one at a time, and the values in their cells.

What a file is, is decided by its content, never by its name: a workbook begins as a zip archive,
anything else must be text. Text is UTF-8 (with or without a byte order mark), UTF-16 with a mark,
or else Windows-1252; its columns are parted by comma, semicolon or tab, whichever the first line
uses most. A workbook's first sheet is read, streaming; formulas are never computed and never
trusted: such a cell is `Unusable`.

Numbers may have a decimal comma or point. Where a text could mean two numbers, it is refused
rather than guessed; `parse_decimal` tells the rule.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ideals.kernel.errors import RuleBroken
from ideals.kernel.money import LARGEST_MINOR
from ideals.kernel.month import Month, MonthUnreadable

LARGEST_FILE = 256 * 2**20
LARGEST_UNPACKED = 512 * 2**20
"""Bytes of all parts of a workbook together, unpacked: some 400,000 rows of twenty columns."""
LARGEST_PART = 32 * 2**20
"""Bytes of a part that is held in memory, such as the texts shared between cells."""
MOST_COLUMNS = 200
MOST_ROWS = 1_000_000
LONGEST_TEXT = 200
DEEPEST_HEADER = 100
"""Empty rows may stand above the names of the columns, but not without end."""

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
_BATCH = 1000
_CHUNK = 2**20
LIVE = "=+-@\t\r\n\0＝＋－＠"
"""What a spreadsheet program may take for a formula, when a cell begins with it. The wide forms are
folded to the others by some programs."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BROKEN_WORKBOOK = (
    zipfile.BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What openpyxl and zipfile let through when a workbook is damaged or made to harm."""


class FileUnusable(RuleBroken):
    """The file as a whole cannot be read; no row of it was."""

    code = "file_unusable"


class CellWrong(RuleBroken):
    """A cell does not hold what its column asks for. The message ends in what would be right."""

    code = "cell_wrong"


@dataclass(frozen=True, slots=True)
class Unusable:
    """A cell of a kind that is never read as a value; `text` is shown, `message` says why."""

    text: str
    message: str


Cell = str | Decimal | date | bool | Unusable | None
"""`None` is an empty cell. CSV has texts only; a workbook types its numbers and dates."""


@dataclass(frozen=True, slots=True)
class Row:
    """`number` counts as a spreadsheet program does: the first line of the file is row 1.

    `cells` are as many as the header has. `beyond` is set when there is a value further right.
    """

    number: int
    cells: tuple[Cell, ...]
    beyond: bool


@dataclass(frozen=True, slots=True)
class Table:
    """`header`: names trimmed, in lower case, as many as have one. `rows` can be walked once."""

    header: tuple[str, ...]
    rows: Iterator[Row]


@contextmanager
def open_table(source: Path | BinaryIO) -> Iterator[Table]:
    """The table in a file (closed afterwards) or in a seekable binary stream (left open).

    Raises `FileUnusable`, here or while the rows are walked.
    """
    if isinstance(source, Path):
        with _opened(source) as file, _table(file) as table:
            yield table
    else:
        with _table(source) as table:
            yield table


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise FileUnusable(
            f"{path} cannot be opened: {error.strerror}. Give the path of a CSV or XLSX file"
        ) from error


@contextmanager
def _table(file: BinaryIO) -> Iterator[Table]:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size > LARGEST_FILE:
        raise FileUnusable(
            f"The file has {size // 2**20} MB; at most {LARGEST_FILE // 2**20} MB are read. "
            "Send it in parts"
        )
    start = file.read(4)
    file.seek(0)
    if start == _OLD_EXCEL:
        raise FileUnusable(
            "The file is an old Excel workbook (.xls) or has a password; "
            "save it as .xlsx without a password, or as CSV"
        )
    opened = _workbook(file) if start == _ZIP else _text_file(file)
    with opened as lines:
        yield _headed(lines)


_Line = tuple[int, list[Cell]]


def _headed(lines: Iterator[_Line]) -> Table:
    for _, cells in islice(lines, DEEPEST_HEADER):
        if any(cell is not None for cell in cells):
            header = _header(cells)
            return Table(header, _rows(lines, len(header)))
    raise FileUnusable("The file is empty; its first row must hold the names of the columns")


def _header(cells: list[Cell]) -> tuple[str, ...]:
    names = ["" if cell is None else shown(cell).strip().lower() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise FileUnusable(f"The file has {len(names)} columns; at most {MOST_COLUMNS} are read")
    if "" in names:
        raise FileUnusable(
            f"Column {names.index('') + 1} has no name; name it in the first row or remove it"
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FileUnusable(f"Column {repeated[0]!r} is there twice; keep one of them")
    return tuple(names)


def _rows(lines: Iterator[_Line], width: int) -> Iterator[Row]:
    empty: list[Cell] = [None] * width
    for count, (number, cells) in enumerate(lines):
        if count >= MOST_ROWS:
            raise FileUnusable(f"The file has over {MOST_ROWS:,} rows; send it in parts")
        if all(cell is None for cell in cells):
            continue
        beyond = any(cell is not None for cell in cells[width:])
        yield Row(number, tuple((cells + empty)[:width]), beyond)


# Text files


@contextmanager
def _text_file(file: BinaryIO) -> Iterator[Iterator[_Line]]:
    encoding = _encoding(file)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        delimiter, skipped = _delimiter(text)
        yield _text_lines(text, delimiter, skipped)
    finally:
        text.detach()  # the stream belongs to the caller


def _encoding(file: BinaryIO) -> str:
    start = file.read(3)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates: tuple[str, ...] = ("utf-16",)
    else:
        candidates = ("utf-8-sig", "cp1252")
    for encoding in candidates:
        if _decodes(file, encoding):
            file.seek(0)
            return encoding
    raise FileUnusable(
        "The file is no spreadsheet: neither an XLSX workbook nor text in UTF-8 or Windows-1252. "
        "Save it as XLSX, or as CSV UTF-8"
    )


def _decodes(file: BinaryIO, encoding: str) -> bool:
    """Whether the whole file is text in this encoding; memory for one piece only."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        while chunk := file.read(_CHUNK):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: io.TextIOWrapper) -> tuple[str, int]:
    """The delimiter, and how many lines precede the table: one when Excel's `sep=;` is there."""
    first = text.readline(_CHUNK)
    declared = re.fullmatch(r"sep=([,;\t])\s*", first, re.IGNORECASE)
    if declared is not None:
        return declared[1], 1
    bare = re.sub(r'"[^"]*"', "", first)
    text.seek(0)
    return max(",;\t", key=bare.count), 0


def _text_lines(text: io.TextIOWrapper, delimiter: str, skipped: int) -> Iterator[_Line]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    number = skipped
    try:
        for fields in reader:
            number += 1
            yield number, [_text_cell(field) for field in fields]
    except csv.Error as error:
        raise FileUnusable(
            f"Row {number + 1} cannot be split into cells ({error}); "
            "look for a quotation mark that is never closed"
        ) from error


def _text_cell(field: str) -> Cell:
    text = field.strip()
    if not text:
        return None
    if text[0] == "=":
        return _formula(text)
    return _unprotected(text)


def _unprotected(text: str) -> str:
    """Undo the apostrophe that an export puts before what a program could take for a formula."""
    return text[1:] if text[0] == "'" and len(text) > 1 and text[1] in LIVE else text


def protected(text: str) -> str:
    """Text that no program runs; control characters, which no file may hold, are shown as `�`.

    For what is written to a file; reading it back undoes it.
    """
    if text[:1] in LIVE and text:
        safe = "'" + text
    elif text.lstrip()[:1] in LIVE and text.strip():
        safe = "'" + text.lstrip()
    else:
        safe = text
    return _CONTROL.sub("\ufffd", safe)


def _formula(text: str) -> Unusable:
    return Unusable(
        text,
        "The cell holds a formula; copy the column, paste it as values, and save the file again",
    )


# Workbooks


@contextmanager
def _workbook(file: BinaryIO) -> Iterator[Iterator[_Line]]:
    try:
        _check_parts(file)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
        sheet = book.worksheets[0]
    except _BROKEN_WORKBOOK as error:
        raise _damaged() from error
    try:
        yield _sheet_lines(sheet)
    finally:
        book.close()


def _damaged() -> FileUnusable:
    return FileUnusable(
        "The file begins as an XLSX workbook but is damaged or is something else; "
        "open it in your spreadsheet program and save it as .xlsx again, or as CSV"
    )


def _check_parts(file: BinaryIO) -> None:
    """Refuse an archive that would unpack to more than can be meant; reads its index only."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    whole = sum(part.file_size for part in parts)
    held = max(
        (p.file_size for p in parts if not p.filename.startswith("xl/worksheets/")), default=0
    )
    if whole > LARGEST_UNPACKED or held > LARGEST_PART or len(parts) > 1000:
        raise FileUnusable(
            f"The workbook unpacks to {whole // 2**20} MB; at most "
            f"{LARGEST_UNPACKED // 2**20} MB are read. Send it in parts, or as CSV"
        )


def _sheet_lines(sheet: Any) -> Iterator[_Line]:
    """Rows of cells. The size that a sheet claims to have is not believed.

    The sheet is opened twice: openpyxl fills every row up to the widest column asked for, so the
    width is first learned from the header, and one column more shows what stands beyond it.
    """
    sheet.reset_dimensions()
    number, width = 0, 0
    for row in _batched(sheet.iter_rows(max_row=DEEPEST_HEADER, max_col=MOST_COLUMNS + 1)):
        number, width = number + 1, len(row)
        yield number, row
        if width:
            break
    for row in _batched(sheet.iter_rows(min_row=number + 1, max_col=width + 1)):
        number += 1
        yield number, row


def _batched(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[Cell]]:
    while batch := _next_rows(rows):
        yield from batch


def _next_rows(rows: Iterator[tuple[Any, ...]]) -> list[list[Cell]]:
    # openpyxl warns of what it leaves out, such as drop-down lists: nothing that is read here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return [_trimmed(row) for row in islice(rows, _BATCH)]
        except _BROKEN_WORKBOOK as error:
            raise _damaged() from error


def _trimmed(row: tuple[Any, ...]) -> list[Cell]:
    end = len(row)
    while end and row[end - 1].value is None:
        end -= 1
    return [_sheet_cell(cell) for cell in row[:end]]


def _sheet_cell(cell: Any) -> Cell:
    value = cell.value
    kind = cell.data_type
    if value is None:
        return None
    if kind == "f":
        return _formula(str(value))
    if kind == "e":
        return Unusable(str(value), f"The cell shows the error {value}; put the value there")
    if kind in ("s", "str", "inlineStr"):
        text = str(value).strip()
        return _unprotected(text) if text else None
    return _typed(value)


def _typed(value: Any) -> Cell:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        # A spreadsheet keeps fifteen digits; what follows is noise of the binary fraction.
        return Decimal(f"{value:.15g}")
    if isinstance(value, datetime):
        if value.time() == time():
            return value.date()
        return Unusable(
            value.isoformat(sep=" "), "The cell holds a time of day; give the day alone"
        )
    return Unusable(str(value), "The cell holds a time of day, which no column asks for")


# Values


def shown(cell: Cell) -> str:
    """A cell in words, for a report: what HR sees in the spreadsheet, or near it."""
    if cell is None:
        return ""
    if isinstance(cell, Unusable):
        return cell.text
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return str(cell)


def parse_text(cell: Cell, *, longest: int = LONGEST_TEXT) -> str:
    """A text in composed form (NFC). A number in a workbook is read as its digits."""
    _check_usable(cell)
    text = unicodedata.normalize("NFC", shown(cell))
    if len(text) > longest:
        raise CellWrong(f"The text has {len(text)} characters; at most {longest} fit")
    if not text.isprintable():
        raise CellWrong("The text holds a line break or another control character; remove it")
    return text


_AMOUNT = re.compile(r"([+-]?)([0-9][0-9.,]{0,29})")
_GROUPS = re.compile(r"[0-9]{1,3}(?:[ \u00a0\u202f][0-9]{3})+(?![0-9])")


def parse_decimal(cell: Cell, *, thousands: bool = True) -> Decimal:
    """An exact number: `3300.50`, `3300,50`, `3.300,50`, `3,300.50`, `3 300,50`, `€ 3.300,50`.

    Of two different marks the last is the decimal one; the same mark more than once parts
    thousands. One mark with exactly three digits behind it and one to three before it, `3.300`,
    may mean either and is refused. With `thousands=False`, for what never reaches a thousand,
    there is no such doubt: a mark is always the decimal one.
    """
    _check_usable(cell)
    if isinstance(cell, Decimal):
        return cell
    if not isinstance(cell, str):
        raise CellWrong(f"{shown(cell)} is not a number; write it such as 3300.50 or 3300,50")
    text = re.sub(r"^(?:€|EUR)\s*|\s*(?:€|EUR)$|,-{1,2}$", "", cell)
    text = _GROUPS.sub(lambda match: re.sub(r"\s", "", match[0]), text)
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise CellWrong(f"{cell!r} is not a number; write it such as 3300.50 or 3300,50")
    return Decimal(match[1] + _plain(match[2], cell, thousands))


def _plain(digits: str, cell: str, thousands: bool) -> str:
    """Digits with at most one point, the decimal one."""
    marks = [mark for mark in digits if mark in ".,"]
    if not marks:
        return digits
    decimal_mark = marks[-1]
    whole, _, fraction = digits.rpartition(decimal_mark)
    if len(marks) == 1:
        could_be_thousands = len(fraction) == 3 and len(whole) <= 3 and whole[0] != "0"
        if thousands and could_be_thousands:
            raise CellWrong(
                f"{cell!r} may mean {whole}{fraction} or {whole}.{fraction}; "
                f"if it is the first, write {whole}{fraction} or {whole}{fraction}.00"
            )
        return _checked(whole, fraction, cell)
    if len(set(marks)) == 1:  # the same mark again and again: only thousands have that
        whole, fraction, grouping = digits, "0", decimal_mark
    else:
        grouping = marks[0]
    groups = whole.split(grouping)
    if not thousands or any(len(group) != 3 for group in groups[1:]) or not groups[0]:
        raise CellWrong(f"{cell!r} is not a number; write it such as 3300.50 or 3300,50")
    return _checked("".join(groups), fraction, cell)


def _checked(whole: str, fraction: str, cell: str) -> str:
    if not (whole.isdigit() and fraction.isdigit()):
        raise CellWrong(f"{cell!r} is not a number; write it such as 3300.50 or 3300,50")
    return f"{whole}.{fraction}"


def parse_cents(cell: Cell) -> int:
    """Euros as whole cents; an amount finer than a cent is refused, not rounded."""
    cents = parse_decimal(cell) * 100
    if cents != cents.to_integral_value():
        raise CellWrong(f"{shown(cell)} is finer than a cent; give euros with two decimals")
    if abs(cents) > LARGEST_MINOR:
        raise CellWrong(f"{shown(cell)} is too large to be an amount of euros")
    return int(cents)


_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00(?::00)?(?:\.0+)?)?")
_DUTCH = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")


def parse_date(cell: Cell) -> date:
    """A day: `2026-03-15`, `15-03-2026`, `15/3/2026`, `15.3.2026`, or a workbook's date."""
    _check_usable(cell)
    if isinstance(cell, date):
        return cell
    text = shown(cell)
    iso, dutch = _ISO.fullmatch(text), _DUTCH.fullmatch(text)
    try:
        if iso is not None:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if dutch is not None:
            return date(int(dutch[3]), int(dutch[2]), int(dutch[1]))
    except ValueError:
        pass
    raise CellWrong(f"{text!r} is not a date; write day-month-year (15-03-2026) or 2026-03-15")


_MONTH_FIRST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{4})")


def parse_month(cell: Cell) -> Month:
    """A month: `2026-03`, `03-2026`, `3/2026`, or a date that is the first of it.

    The last because spreadsheet programs turn a typed `2026-03` into the first of March.
    """
    _check_usable(cell)
    text = shown(cell)
    try:
        reversed_ = _MONTH_FIRST.fullmatch(text)
        if reversed_ is not None:
            return Month(int(reversed_[2]), int(reversed_[1]))
        if isinstance(cell, date) or _ISO.fullmatch(text) or _DUTCH.fullmatch(text):
            day = parse_date(cell)
            if day.day == 1:
                return Month.of(day)
        return Month.parse(text)
    except MonthUnreadable:
        raise CellWrong(f"{text!r} is not a month; write it as 2026-03 or 03-2026") from None


def _check_usable(cell: Cell) -> None:
    if isinstance(cell, Unusable):
        raise CellWrong(cell.message)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that somebody who wrote `name` most likely meant."""
    found = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None
