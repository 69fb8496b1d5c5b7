"""Leave from the leave system: taken in by id, and shown to whom it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.kernel.month import Month
from ideals.outbox import Message
from ideals.people import commands, queries
from ideals.people.commands import LEAVE_CHANGED, HandIn, ImportLeave, import_leave
from ideals.people.errors import ColumnsWrong
from ideals.people.models import Leave
from ideals.people.rules import naming
from ideals.people.rules.naming import Columns
from ideals.people.states import ImportState, Kind, LeaveKind
from tests.people.conftest import (
    ANNA,
    BORIS,
    DINA,
    NOW,
    counts,
    faults,
    send,
    send_leave,
    wrong,
    xlsx_of,
)

LATER = NOW + timedelta(days=1)
MARCH = Month(2026, 3)
DAY = {"number": "1", "date": "2026-03-12", "minutes": "480", "kind": "planned", "id": "a1"}
CLARA = {**BORIS, "number": "3", "name": "Clara Çelik", "unit": "Bank/Zaken"}


@pytest.fixture(autouse=True)
def known(session: Session) -> None:
    """Anna works for Boris until 16 March, and then for Clara."""
    send(
        session,
        {**ANNA, "manager_number": "2"},
        {**ANNA, "manager_number": "3", "valid_from": "2026-03-16"},
        BORIS,
        CLARA,
    )


def ids(session: Session, *numbers: str) -> list[int]:
    known = queries.known_number_ids(session, numbers)
    return [known[number] for number in numbers]


def in_force(session: Session, number: str = "1") -> list[tuple[str, int, str, str]]:
    rows = queries.leave_between(
        session, ids(session, number), date(2026, 1, 1), date(2026, 12, 31)
    )
    return [(str(row.day), row.minutes, row.kind.value, row.id) for row in rows]


def rows(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Leave)) or 0


def announced(session: Session) -> list[dict[str, int]]:
    found = select(Message.payload).where(Message.name == LEAVE_CHANGED).order_by(Message.id)
    return list(session.scalars(found))


# Taking in


def test_leave_planned_and_taken_is_known_by_its_id(session: Session) -> None:
    taken = {**DAY, "date": "02-03-2026", "minutes": "90", "kind": "Opgenomen", "id": "A/2026 7"}
    report = send_leave(session, DAY, taken)
    assert report.applied and report.kind == Kind.LEAVE
    assert counts(report) == (2, 0, 0, 0)
    assert report.fact_changes == 0, "leave moves no budget"
    assert in_force(session) == [
        ("2026-03-02", 90, "taken", "A/2026 7"),
        ("2026-03-12", 480, "planned", "a1"),
    ]


def test_the_same_id_replaces_and_what_was_known_stays(session: Session) -> None:
    send_leave(session, DAY)
    changed = {**DAY, "date": "2026-03-13", "minutes": "240", "kind": "taken"}
    report = send_leave(session, changed, now=LATER)
    assert counts(report) == (0, 1, 0, 0)
    assert report.lines[0].field == "date, minutes, kind"
    assert in_force(session) == [("2026-03-13", 240, "taken", "a1")]
    old, new = session.scalars(select(Leave).order_by(Leave.id))
    assert (old.minutes, old.recorded_at, old.superseded_at) == (480, NOW, LATER)
    assert (new.recorded_at, new.superseded_at) == (LATER, None)


def test_planned_becomes_taken_under_its_id(session: Session) -> None:
    send_leave(session, DAY)
    report = send_leave(session, {**DAY, "kind": "taken"}, now=LATER)
    assert [line.field for line in report.lines] == ["kind"]
    assert in_force(session) == [("2026-03-12", 480, "taken", "a1")]


def test_no_minutes_take_the_leave_away_and_it_may_come_back(session: Session) -> None:
    send_leave(session, DAY)
    send_leave(session, {**DAY, "minutes": "0"}, now=LATER)
    assert in_force(session) == []
    send_leave(session, DAY, now=LATER + timedelta(hours=1))
    assert in_force(session) == [("2026-03-12", 480, "planned", "a1")]
    assert rows(session) == 3


def test_the_same_file_again_changes_nothing_and_wakes_nobody(session: Session) -> None:
    both = (DAY, {**DAY, "id": "a2"})
    send_leave(session, *both)
    before = announced(session)
    report = send_leave(session, *both, now=LATER)
    assert (counts(report), report.applied) == ((0, 0, 2, 0), True)
    assert (rows(session), announced(session)) == (2, before)


def test_a_dry_run_takes_nothing(session: Session) -> None:
    report = send_leave(session, DAY, dry_run=True)
    assert (counts(report), report.applied) == ((1, 0, 0, 0), False)
    assert (rows(session), announced(session)) == (0, [])


def test_a_workbook_and_its_numbers_are_read_as_well(session: Session) -> None:
    file = xlsx_of({**DAY, "number": 1, "date": date(2026, 3, 12), "minutes": 480, "id": 77})
    cmd = ImportLeave(file, "leave.xlsx")
    assert import_leave(session, cmd, actor=DINA, now=NOW).applied
    assert in_force(session) == [("2026-03-12", 480, "planned", "77")]


def test_what_a_file_added_is_announced_in_pieces(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "LEAVE_AT_ONCE", 2)
    send_leave(
        session, *({**DAY, "id": f"a{n}"} for n in range(4)), {**DAY, "number": "2", "id": "b1"}
    )
    first, last = session.execute(select(func.min(Leave.id), func.max(Leave.id))).one()
    assert announced(session) == [
        {"first_id": first, "last_id": first + 1},
        {"first_id": first + 2, "last_id": first + 3},
        {"first_id": last, "last_id": last},
    ]
    assert queries.employees_of_leave(session, first, last) == sorted(ids(session, "1", "2"))
    assert queries.employees_of_leave(session, first, first) == ids(session, "1")


# Faults


@pytest.mark.parametrize(
    ("wrong_cell", "words"),
    [
        ({"number": "9"}, "There is no employee 9"),
        ({"number": ""}, "number is empty"),
        ({"date": "31-02-2026"}, "is not a date"),
        ({"date": "2026"}, "is not a date"),
        ({"date": "12-03-1926"}, "is outside 1940-01-01 to 2100-12-31"),
        ({"minutes": "-60"}, "is not a number of minutes of leave"),
        ({"minutes": "7.5"}, "is finer than a minute"),
        ({"minutes": "1.440"}, "may mean 1440 or 1.440"),
        ({"minutes": "120001"}, "is not a number of minutes of leave"),
        ({"minutes": "a day"}, "is not a number"),
        ({"kind": "sick"}, "write planned or taken"),
        ({"id": ""}, "id is empty"),
        ({"id": "x" * 101}, "at most 100 fit"),
    ],
)
def test_a_wrong_cell_is_told_with_what_would_be_right(
    session: Session, wrong_cell: Mapping[str, str], words: str
) -> None:
    report = send_leave(session, {**DAY, **wrong_cell}, {**DAY, "id": "good"})
    assert wrong(report) == [(2, next(iter(wrong_cell)))]
    assert words in (faults(report)[0].message or "")
    assert rows(session) == 0, "with a wrong row nothing is taken"
    taken = send_leave(session, {**DAY, **wrong_cell}, {**DAY, "id": "good"}, only_good_rows=True)
    assert (counts(taken), rows(session)) == ((1, 0, 0, 1), 1)


def test_an_id_stays_with_one_person(session: Session) -> None:
    send_leave(session, DAY)
    report = send_leave(session, {**DAY, "number": "2"})
    assert wrong(report) == [(2, "id")]
    assert "known as leave of number 1" in (faults(report)[0].message or "")
    assert (in_force(session, "2"), len(in_force(session))) == ([], 1)


def test_two_rows_of_one_id_are_wrong_unless_they_say_the_same(session: Session) -> None:
    report = send_leave(session, DAY, {**DAY, "minutes": "60"}, {**DAY, "id": "a2"})
    assert wrong(report) == [(2, "id"), (3, "id")]
    assert "Rows 2, 3 have the same id" in (faults(report)[0].message or "")
    same = send_leave(session, DAY, DAY)
    assert (counts(same), rows(session)) == ((1, 0, 1, 0), 1)
    assert "repeats row 2" in [line.message for line in same.lines]


def test_missing_and_strange_columns_are_named(session: Session) -> None:
    with pytest.raises(ColumnsWrong, match="column id is missing"):
        send_leave(session, {"number": "1", "date": "x", "minutes": "1", "kind": "taken"})
    with pytest.raises(ColumnsWrong, match="known are number, date, minutes, kind, id"):
        send_leave(session, {**DAY, "remark_of_manager": "x"})


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM people_leave",
        "UPDATE people_leave SET minutes = 1",
        "UPDATE people_leave SET superseded_at = now(), kind = 'taken'",
        "TRUNCATE people_leave",
    ],
)
def test_the_database_refuses_to_rewrite_leave(session: Session, statement: str) -> None:
    send_leave(session, DAY)
    with pytest.raises(IntegrityError, match=r"only ever|never deleted"), session.begin_nested():
        session.execute(text(statement))


def test_the_audit_counts_and_says_of_nobody_when_they_were_away(session: Session) -> None:
    send_leave(session, DAY)
    entry = session.scalars(select(Entry).where(Entry.act == "people.leave_imported")).one()
    assert entry.subject == "file:leave.csv"
    assert entry.details == {
        "rows": 1, "new": 1, "changed": 0, "unchanged": 0, "wrong": 0, "only_good_rows": False
    }  # fmt: skip


# Other names for the columns


def test_a_leave_file_with_names_of_another_system_is_asked_about(session: Session) -> None:
    content = "Personeelsnr;Datum;Duur;Status;Verlof-ID\r\n1;12-03-2026;480;gepland;a1\r\n"
    made = commands.hand_in(
        session,
        HandIn(uuid4(), Kind.LEAVE, "verlof.csv", content.encode()),
        actor=DINA,
        now=NOW,
    )
    assert made.state == ImportState.NAMING
    guessed = queries.suggested_columns(
        session, Kind.LEAVE, ("personeelsnr", "datum", "duur", "status", "verlof-id")
    )
    assert list(guessed.names.values()) == ["number", "date", "minutes", "kind", "id"]
    named = commands.NameColumns(made.id, guessed)
    assert commands.name_columns(session, named, actor=DINA, now=NOW).state == ImportState.CHECKED
    taken = commands.take_import(session, commands.TakeImport(made.id), actor=DINA, now=NOW)
    assert taken.state == ImportState.APPLIED
    assert in_force(session) == [("2026-03-12", 480, "planned", "a1")]


def test_the_kind_can_be_the_same_for_every_row(session: Session) -> None:
    content = b"number,date,minutes,id\r\n1,2026-03-12,480,a1\r\n"
    header = ("number", "date", "minutes", "id")
    columns = Columns({name: name for name in header}, {"kind": "taken"})
    naming.check_columns(Kind.LEAVE, header, columns)
    cmd = ImportLeave(BytesIO(content), "leave.csv", columns=columns)
    assert import_leave(session, cmd, actor=DINA, now=NOW).applied
    assert in_force(session) == [("2026-03-12", 480, "taken", "a1")]
    assert columns.to_remember() == columns


# Reading


def test_a_feed_begins_with_the_first_leave_taken(session: Session) -> None:
    assert not queries.leave_is_fed(session)
    send_leave(session, DAY)
    assert not queries.leave_is_fed(session), "planned leave says nothing about what was taken"
    send_leave(session, {**DAY, "kind": "taken"})
    send_leave(session, {**DAY, "kind": "taken", "minutes": "0"})
    assert queries.leave_is_fed(session)


def test_a_manager_sees_the_days_on_which_somebody_reports_to_them(session: Session) -> None:
    send_leave(session, DAY, {**DAY, "id": "a2", "date": "2026-03-20", "kind": "taken"})
    boris, clara = ids(session, "2", "3")
    (of_boris,) = queries.team_calendar(session, boris, MARCH)
    assert of_boris.name == "Anna de Vries"
    assert of_boris.shown == ((date(2026, 3, 1), date(2026, 3, 15)),)
    assert [(row.day.day, row.kind) for row in of_boris.leave] == [(12, LeaveKind.PLANNED)]
    (of_clara,) = queries.team_calendar(session, clara, MARCH)
    assert [(row.day.day, row.kind) for row in of_clara.leave] == [(20, LeaveKind.TAKEN)]
    assert queries.team_calendar(session, boris, Month(2026, 4)) == []
    assert queries.team_calendar(session, ids(session, "1")[0], MARCH) == []


def test_a_leaver_is_in_the_calendar_until_the_last_day(session: Session) -> None:
    send(session, {**BORIS, "manager_number": "3", "leaves_on": "2026-03-10"})
    send_leave(session, {**DAY, "number": "2", "date": "2026-03-09"})
    clara = ids(session, "3")[0]
    lines = {away.number: away for away in queries.team_calendar(session, clara, MARCH)}
    assert lines["2"].shown == ((date(2026, 3, 1), date(2026, 3, 10)),)
    assert "2" not in {a.number for a in queries.team_calendar(session, clara, Month(2026, 4))}
