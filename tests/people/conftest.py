"""The fixed cast as HR would send it, and short ways to write a file."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import openpyxl
import pytest
from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor, Role
from ideals.kernel.registry import Registry
from ideals.people import queries
from ideals.people.commands import (
    ImportLeave,
    ImportPay,
    ImportPeople,
    import_leave,
    import_pay,
    import_people,
)
from ideals.people.rules import ImportReport, ReportLine
from ideals.people.states import Outcome

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DINA = Actor(name="dina@meridian.example", user_id=4, roles=frozenset({Role.HR}))

BORIS = {
    "number": "2",
    "name": "Boris Bakker",
    "hired_on": "2015-04-01",
    "unit": "Bank/Retail",
    "scheme": "meridian",
    "valid_from": "2026-01-01",
    "full_time_salary": "5200.00",
    "part_time_factor": "1",
}
ANNA = {
    "number": "1",
    "name": "Anna de Vries",
    "hired_on": "2020-02-01",
    "unit": "Bank/Retail/Zwolle",
    "scheme": "meridian",
    "valid_from": "2026-01-01",
    "full_time_salary": "3300.50",
    "part_time_factor": "0.8",
}
Rows = Iterable[Mapping[str, object]]


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """Schemes belong to a higher feature: here any code may stand in a file."""
    monkeypatch.setattr(queries, "SURROUNDINGS", Registry("what people files refer to"))


def columns_of(rows: Rows) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def csv_of(
    *rows: Mapping[str, object], delimiter: str = ",", encoding: str = "utf-8"
) -> io.BytesIO:
    """A CSV file of these rows; a row without a column has an empty cell there."""
    columns = columns_of(rows)
    lines = [columns, *([str(row.get(column, "")) for column in columns] for row in rows)]
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in line] for line in lines]
    text = "".join(delimiter.join(line) + "\r\n" for line in quoted)
    return io.BytesIO(text.encode(encoding))


def xlsx_of(*rows: Mapping[str, object]) -> io.BytesIO:
    columns = columns_of(rows)
    book = openpyxl.Workbook()
    book.active.append(columns)
    for row in rows:
        book.active.append([row.get(column) for column in columns])
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def send(
    session: Session, *rows: Mapping[str, object], now: datetime = NOW, **options: object
) -> ImportReport:
    """Import these rows as a people file."""
    command = ImportPeople(csv_of(*rows), "people.csv", **options)  # type: ignore[arg-type]
    return import_people(session, command, actor=DINA, now=now)


def send_pay(
    session: Session, *rows: Mapping[str, object], now: datetime = NOW, **options: object
) -> ImportReport:
    command = ImportPay(csv_of(*rows), "pay.csv", **options)  # type: ignore[arg-type]
    return import_pay(session, command, actor=DINA, now=now)


def send_leave(
    session: Session, *rows: Mapping[str, object], now: datetime = NOW, **options: object
) -> ImportReport:
    command = ImportLeave(csv_of(*rows), "leave.csv", **options)  # type: ignore[arg-type]
    return import_leave(session, command, actor=DINA, now=now)


def wrong(report: ImportReport) -> list[tuple[int, str | None]]:
    """(row, field) of every fault."""
    return [(line.row, line.field) for line in faults(report)]


def faults(report: ImportReport) -> list[ReportLine]:
    return [line for line in report.lines if line.outcome == Outcome.WRONG]


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """New, changed, unchanged, wrong."""
    return report.new, report.changed, report.unchanged, report.wrong
