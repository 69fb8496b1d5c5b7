from __future__ import annotations

import io
import json
import logging
import tracemalloc
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ideals import db
from ideals.audit import Entry
from ideals.kernel.actor import SYSTEM
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.kernel.tabular import FileUnusable
from ideals.outbox import Message
from ideals.people import commands, queries
from ideals.people.commands import (
    RUN_IMPORT,
    ImportPeople,
    RunImport,
    StartImport,
    import_people,
    lock_facts,
    run_import,
    start_import,
)
from ideals.people.errors import ColumnsWrong, ImportBusy, ImportUnknown
from ideals.people.models import (
    Employee,
    Employment,
    FactChange,
    Import,
    ImportLine,
    PayElement,
    Unit,
)
from ideals.people.rules import ImportReport, ReportLine, Surroundings
from ideals.people.states import ImportState, Kind, Outcome
from tests.people.conftest import (
    ANNA,
    BORIS,
    DINA,
    NOW,
    counts,
    csv_of,
    faults,
    send,
    send_pay,
    wrong,
    xlsx_of,
)

LATER = NOW + timedelta(days=1)
ANNA_OF_BORIS = {**ANNA, "manager_number": "2"}


def employee(session: Session, number: str) -> Employee:
    return queries.employee_by_number(session, number)


def in_force(session: Session, number: str, day: date = date(2026, 3, 10)) -> Employment:
    found = queries.employment_on(session, employee(session, number).id, day)
    assert found is not None
    return found


def changes(session: Session, number: str) -> list[str]:
    """First months of the changes of facts, in the order they were learned."""
    found = session.scalars(
        select(FactChange.first_month)
        .where(FactChange.employee_id == employee(session, number).id)
        .order_by(FactChange.id)
    )
    return [str(month) for month in found]


def count(session: Session, model: type[db.Base]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def everything(session: Session) -> dict[str, int]:
    models = (Unit, Employee, Employment, PayElement, FactChange, Import, ImportLine, Entry)
    return {model.__tablename__: count(session, model) for model in models}


# Taking in


def test_a_people_file_makes_units_employees_employments_and_changes(session: Session) -> None:
    report = send(session, ANNA_OF_BORIS, BORIS)
    assert report.applied
    assert counts(report) == (2, 0, 0, 0)
    assert report.new_employees == report.fact_changes == 2
    assert report.new_units == ("Bank", "Bank/Retail", "Bank/Retail/Zwolle")
    anna, boris = in_force(session, "1"), in_force(session, "2")
    assert anna.manager_id == boris.employee_id, "the manager's own row came later in the file"
    assert anna.full_time_salary_minor == 330050
    assert anna.part_time_factor == Decimal("0.8")
    assert anna.recorded_at == NOW
    assert changes(session, "1") == ["2026-01"]


def test_units_are_a_tree(session: Session) -> None:
    send(session, ANNA)
    zwolle = queries.unit_by_path(session, "Bank/Retail/Zwolle")
    retail = queries.unit_by_path(session, "Bank/Retail")
    bank = queries.unit_by_path(session, "Bank")
    assert (zwolle.name, zwolle.parent_id, retail.parent_id) == ("Zwolle", retail.id, bank.id)
    assert bank.parent_id is None


def test_every_column_is_kept(session: Session) -> None:
    row = ANNA_OF_BORIS | {
        "email": "Anna@Meridian.example",
        "birth_date": "15-06-1990",
        "gender": "v",
        "leaves_on": "31/12/2026",
        "weekly_hours": "28,8",
        "scale": "7",
        "allowance.personal": "125,50",
        "allowance.shift": "",
        "sick_from": "2026-02-01",
        "unpaid_from": "2026-04-01",
        "unpaid_until": "2026-04-30",
    }
    send(session, row, BORIS)
    anna = in_force(session, "1")
    assert employee(session, "1").email == "Anna@Meridian.example"
    assert (anna.birth_date, anna.gender) == (date(1990, 6, 15), "female")
    assert (anna.leaves_on, anna.weekly_hours) == (date(2026, 12, 31), Decimal("28.8"))
    assert (anna.scale, anna.allowances) == ("7", {"personal": 12550})
    assert anna.sick_from == date(2026, 2, 1)
    assert (anna.unpaid_from, anna.unpaid_until) == (date(2026, 4, 1), date(2026, 4, 30))


def test_names_are_folded_for_ordering(session: Session) -> None:
    send(session, {**ANNA, "name": "Øystein Žižek-Groß"})
    assert employee(session, "1").sort_name == "oystein zizek-gross"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_usual_csv_files_are_the_same_file(
    session: Session, delimiter: str, encoding: str
) -> None:
    row = {**ANNA, "name": "Zoë Müller", "full_time_salary": "3.300,50", "hired_on": "1-2-2020"}
    file = csv_of(row, delimiter=delimiter, encoding=encoding)
    report = import_people(session, ImportPeople(file, "p.csv"), actor=DINA, now=NOW)
    assert counts(report) == (1, 0, 0, 0)
    assert employee(session, "1").name == "Zoë Müller"
    assert in_force(session, "1").hired_on == date(2020, 2, 1)


def test_a_workbook_is_taken_like_a_csv_file(session: Session) -> None:
    typed = ANNA | {
        "number": 1,
        "hired_on": date(2020, 2, 1),
        "valid_from": date(2026, 1, 1),
        "full_time_salary": 3300.5,
        "part_time_factor": 0.8,
    }
    command = ImportPeople(xlsx_of(typed), "people.xlsx")
    assert counts(import_people(session, command, actor=DINA, now=NOW)) == (1, 0, 0, 0)
    assert counts(send(session, ANNA)) == (0, 0, 1, 0)


def test_formula_cells_of_a_workbook_are_refused_row_by_row(session: Session) -> None:
    formula = {**ANNA, "full_time_salary": "=3000+300"}
    command = ImportPeople(xlsx_of(formula, BORIS), "people.xlsx", only_good_rows=True)
    report = import_people(session, command, actor=DINA, now=NOW)
    assert counts(report) == (1, 0, 0, 1)
    (fault,) = faults(report)
    assert (fault.row, fault.field, fault.value) == (2, "full_time_salary", "=3000+300")
    assert "paste it as values" in (fault.message or "")


def test_a_name_that_an_export_disarmed_comes_back_as_it_was(session: Session) -> None:
    send(session, {**ANNA, "name": "'=cmd|x"})
    assert employee(session, "1").name == "=cmd|x"


def test_cents_are_exact_whatever_the_part_time_factor(session: Session) -> None:
    send(session, {**ANNA, "part_time_factor": "66,66666667%"})
    assert in_force(session, "1").part_time_factor == Decimal("0.666667")


# The same again, and changes


def test_the_same_file_twice_changes_nothing(session: Session) -> None:
    full = ANNA_OF_BORIS | {"email": "a@b.nl", "allowance.personal": "10", "weekly_hours": "28.8"}
    send(session, full, BORIS)
    before = everything(session)
    report = send(session, full, BORIS, now=LATER)
    assert counts(report) == (0, 0, 2, 0)
    assert report.fact_changes == 0
    assert everything(session) == before | {"audit_entry": before["audit_entry"] + 1}


def test_a_correction_supersedes_and_both_stay_known(session: Session) -> None:
    send(session, ANNA)
    report = send(session, {**ANNA, "full_time_salary": "3400.00"}, now=LATER)
    assert counts(report) == (0, 1, 0, 0)
    assert report.lines == (ReportLine(2, "1", Outcome.CHANGED, "full_time_salary"),)
    first, second = queries.history(session, employee(session, "1").id)
    assert (first.full_time_salary_minor, first.recorded_at, first.superseded_at) == (
        330050,
        NOW,
        LATER,
    )
    assert (second.full_time_salary_minor, second.recorded_at, second.superseded_at) == (
        340000,
        LATER,
        None,
    )


def test_what_was_known_at_a_moment_can_be_asked_again(session: Session) -> None:
    send(session, ANNA)
    send(session, {**ANNA, "full_time_salary": "3400.00"}, now=LATER)
    anna = employee(session, "1").id
    day = date(2026, 2, 1)

    def known(at: datetime | None) -> int | None:
        found = queries.employment_on(session, anna, day, known_at=at)
        return found and found.full_time_salary_minor

    assert known(NOW - timedelta(seconds=1)) is None
    assert known(NOW) == known(LATER - timedelta(seconds=1)) == 330050
    assert known(LATER) == known(None) == 340000


def test_a_later_row_is_a_change_from_that_day(session: Session) -> None:
    send(session, ANNA)
    raise_ = {**ANNA, "valid_from": "2026-03-16", "full_time_salary": "3400.00"}
    report = send(session, raise_, now=LATER)
    assert counts(report) == (1, 0, 0, 0)
    assert report.lines[0].field == "full_time_salary"
    assert in_force(session, "1", date(2026, 3, 15)).full_time_salary_minor == 330050
    assert in_force(session, "1", date(2026, 3, 16)).full_time_salary_minor == 340000
    assert changes(session, "1") == ["2026-01", "2026-03"]


def test_a_row_between_two_others_counts_until_the_next(session: Session) -> None:
    send(session, ANNA, {**ANNA, "valid_from": "2026-06-01", "full_time_salary": "4000"})
    send(session, {**ANNA, "valid_from": "2026-03-01", "full_time_salary": "3500"}, now=LATER)
    salaries = [
        in_force(session, "1", date(2026, month, 1)).full_time_salary_minor for month in (2, 5, 6)
    ]
    assert salaries == [330050, 350000, 400000]
    assert changes(session, "1") == ["2026-01", "2026-03"]


def test_two_rows_of_one_person_in_one_file_are_a_start_and_a_change(session: Session) -> None:
    later = {**ANNA, "valid_from": "2026-02-01", "name": "Anna Bos-de Vries"}
    report = send(session, later, ANNA)
    assert counts(report) == (2, 0, 0, 0)
    assert report.new_employees == 1
    assert employee(session, "1").name == "Anna Bos-de Vries", "the latest row gives the name"
    assert changes(session, "1") == ["2026-01"]


def test_an_old_row_does_not_bring_back_an_old_name(session: Session) -> None:
    send(session, {**ANNA, "name": "Anna Bos"})
    report = send(session, {**ANNA, "valid_from": "2025-06-01", "name": "Anna de Vries"}, now=LATER)
    assert counts(report) == (1, 0, 0, 0)
    assert employee(session, "1").name == "Anna Bos"


def test_a_new_name_is_a_change_that_moves_no_money(session: Session) -> None:
    send(session, ANNA)
    report = send(session, {**ANNA, "name": "Anna Bos"}, now=LATER)
    assert counts(report) == (0, 1, 0, 0)
    assert report.lines[0].field == "name"
    assert employee(session, "1").sort_name == "anna bos"
    assert changes(session, "1") == ["2026-01"]
    assert len(queries.history(session, employee(session, "1").id)) == 1


# What a file leaves unsaid


def test_a_column_that_is_not_there_leaves_the_value_as_it_was(session: Session) -> None:
    full = ANNA_OF_BORIS | {
        "email": "a@b.nl",
        "birth_date": "1990-06-15",
        "scale": "7",
        "allowance.personal": "10",
        "sick_from": "2026-02-01",
    }
    send(session, full, BORIS)
    send(session, {**ANNA, "full_time_salary": "3400"}, now=LATER)
    send(session, {**ANNA, "valid_from": "2026-03-01"}, now=LATER)
    for day in (date(2026, 2, 1), date(2026, 3, 1)):
        anna = in_force(session, "1", day)
        assert anna.manager_id == employee(session, "2").id
        assert (anna.birth_date, anna.scale) == (date(1990, 6, 15), "7")
        assert (anna.allowances, anna.sick_from) == ({"personal": 1000}, date(2026, 2, 1))
    assert employee(session, "1").email == "a@b.nl"


def test_a_column_that_is_there_and_empty_ends_the_value(session: Session) -> None:
    send(session, {**ANNA, "sick_from": "2026-01-10", "allowance.personal": "10"})
    recovered = {**ANNA, "valid_from": "2026-03-01", "sick_from": "", "allowance.personal": ""}
    send(session, recovered, now=LATER)
    assert in_force(session, "1", date(2026, 2, 28)).sick_from == date(2026, 1, 10)
    after = in_force(session, "1", date(2026, 3, 1))
    assert (after.sick_from, after.allowances) == (None, {})
    assert changes(session, "1") == ["2026-01", "2026-03"]


def test_an_allowance_the_file_does_not_name_stays_beside_one_it_does(session: Session) -> None:
    send(session, {**ANNA, "allowance.personal": "10", "allowance.shift": "20"})
    send(session, {**ANNA, "allowance.shift": "25"}, now=LATER)
    assert in_force(session, "1").allowances == {"personal": 1000, "shift": 2500}


def test_contract_hours_are_not_carried_over_to_another_factor(session: Session) -> None:
    send(session, {**ANNA, "weekly_hours": "28.8"})
    send(session, {**ANNA, "valid_from": "2026-03-01", "full_time_salary": "3400"})
    send(session, {**ANNA, "valid_from": "2026-04-01", "part_time_factor": "0.6"}, now=LATER)
    assert in_force(session, "1", date(2026, 3, 1)).weekly_hours == Decimal("28.8")
    assert in_force(session, "1", date(2026, 4, 1)).weekly_hours is None


def test_a_new_employment_takes_over_who_somebody_is_and_nothing_else(session: Session) -> None:
    send(session, {**ANNA, "leaves_on": "2026-03-31", "birth_date": "1990-06-15", "scale": "7"})
    back = {**ANNA, "hired_on": "2026-09-01", "valid_from": "2026-09-01"}
    send(session, back, now=LATER)
    assert queries.employment_on(session, employee(session, "1").id, date(2026, 8, 1)) is None
    again = in_force(session, "1", date(2026, 9, 1))
    assert (again.leaves_on, again.scale, again.birth_date) == (None, None, date(1990, 6, 15))


# From which month money may move


@pytest.mark.parametrize(
    ("before", "after", "first_month"),
    [
        ({}, {"part_time_factor": "0.6"}, "2026-01"),
        ({}, {"unit": "Bank/Zaken"}, "2026-01"),
        ({}, {"allowance.personal": "1"}, "2026-01"),
        ({}, {"leaves_on": "2026-05-20"}, "2026-05"),
        ({"leaves_on": "2026-05-20"}, {"leaves_on": "2026-04-30"}, "2026-04"),
        ({"leaves_on": "2026-05-20"}, {"leaves_on": ""}, "2026-05"),
        ({}, {"sick_from": "2026-02-11"}, "2026-02"),
        ({}, {"sick_from": "2025-11-01"}, "2026-01"),
        ({}, {"unpaid_from": "2026-03-16", "unpaid_until": "2026-04-15"}, "2026-03"),
        (
            {"unpaid_from": "2026-03-16", "unpaid_until": "2026-05-15"},
            {"unpaid_from": "2026-03-16", "unpaid_until": "2026-04-15"},
            "2026-04",
        ),
        ({}, {"manager_number": "2"}, None),
        ({}, {"gender": "f"}, None),
        ({}, {"email": "a@b.nl"}, None),
    ],
)
def test_a_change_of_facts_names_the_first_month_it_can_move(
    session: Session,
    before: Mapping[str, str],
    after: Mapping[str, str],
    first_month: str | None,
) -> None:
    empty = dict.fromkeys({**before, **after}.keys() - ANNA.keys(), "")
    send(session, {**ANNA, **empty, **before}, BORIS)
    report = send(session, {**ANNA, **empty, **after}, now=LATER)
    assert counts(report) == (0, 1, 0, 0)
    assert changes(session, "1")[1:] == ([] if first_month is None else [first_month])


def test_a_later_row_that_says_the_same_moves_no_money(session: Session) -> None:
    send(session, ANNA)
    report = send(session, {**ANNA, "valid_from": "2026-02-01"}, now=LATER)
    assert counts(report) == (1, 0, 0, 0)
    assert report.fact_changes == 0
    assert changes(session, "1") == ["2026-01"]


# Wrong rows


def test_half_the_rows_bad_leave_no_trace(session: Session) -> None:
    send(session, BORIS)
    before = everything(session)
    rows = [
        {**ANNA, "number": f"A{n}", "unit": f"New/{n}", "part_time_factor": "0.8" if n % 2 else "8"}
        for n in range(40)
    ]
    report = send(session, *rows)
    assert not report.applied
    assert counts(report) == (20, 0, 0, 20)
    assert everything(session) == before


def test_the_good_half_is_taken_when_that_is_chosen(session: Session) -> None:
    rows = [
        {**ANNA, "number": f"A{n}", "part_time_factor": "0.8" if n % 2 else "8"} for n in range(40)
    ]
    report = send(session, *rows, only_good_rows=True)
    assert report.applied
    assert counts(report) == (20, 0, 0, 20)
    assert sorted(session.scalars(select(Employee.number))) == sorted(
        f"A{n}" for n in range(40) if n % 2
    )


def test_a_dry_run_says_what_would_be_and_does_nothing(session: Session) -> None:
    send(session, BORIS)
    before = everything(session)
    report = send(session, ANNA_OF_BORIS, {**BORIS, "full_time_salary": "5300"}, dry_run=True)
    assert not report.applied
    assert counts(report) == (1, 1, 0, 0)
    assert report.new_units == ("Bank/Retail/Zwolle",)
    assert (report.new_employees, report.fact_changes) == (1, 2)
    assert everything(session) == before
    assert in_force(session, "2").full_time_salary_minor == 520000


WRONG_CELLS = [
    ("number", "", "empty"),
    ("number", "1/2", "personnel number"),
    ("name", "", "empty"),
    ("name", "x" * 201, "at most 200"),
    ("hired_on", "31-02-2020", "not a date"),
    ("hired_on", "0020-02-01", "look at the year"),
    ("unit", "Bank//Zwolle", "path"),
    ("unit", "/".join("abcdefghijklm"), "1 to 12"),
    ("scheme", "Meridian!", "code of a scheme"),
    ("valid_from", "2020-01-31", "before hired_on"),
    ("valid_from", "3/15/2026", "not a date"),
    ("full_time_salary", "3.300", "may mean 3300 or 3.300"),
    ("full_time_salary", "-1", "below zero"),
    ("full_time_salary", "3300.505", "finer than a cent"),
    ("full_time_salary", "1000000.01", "over a million"),
    ("part_time_factor", "0", "at most 1.5"),
    ("part_time_factor", "80", "write 0.6"),
    ("part_time_factor", "0.0000001", "at most 1.5"),
    ("email", "anna at meridian", "e-mail address"),
    ("birth_date", "2019-06-15", "years of age"),
    ("birth_date", "1890-06-15", "years of age"),
    ("gender", "?", "female, male or other"),
    ("leaves_on", "2019-12-31", "before hired_on"),
    ("manager_number", "1", "Nobody is their own manager"),
    ("manager_number", "99", "no employee 99"),
    ("weekly_hours", "0", "at most 80"),
    ("weekly_hours", "81", "at most 80"),
    ("scale", "x" * 41, "at most 40"),
    ("allowance.personal", "ten", "not a number"),
    ("sick_from", "yesterday", "not a date"),
    ("unpaid_until", "2025-12-31", "before unpaid_from"),
]


@pytest.mark.parametrize(("column", "value", "says"), WRONG_CELLS)
def test_a_wrong_cell_is_named_with_its_value_and_what_would_be_right(
    session: Session, column: str, value: str, says: str
) -> None:
    report = send(session, {**ANNA, "unpaid_from": "2026-01-01", column: value})
    assert counts(report) == (0, 0, 0, 1)
    (fault,) = faults(report)
    assert (fault.row, fault.field, fault.value) == (2, column, value or None)
    assert says in (fault.message or "")


def test_every_fault_of_a_row_is_told_at_once(session: Session) -> None:
    row = ANNA | {
        "part_time_factor": "2",
        "full_time_salary": "x",
        "unpaid_from": "",
        "unpaid_until": "2026-05-01",
    }
    report = send(session, row)
    assert {field for _, field in wrong(report)} == {
        "part_time_factor",
        "full_time_salary",
        "unpaid_until",
    }
    assert report.wrong == 1


def test_a_value_beyond_the_named_columns_makes_the_row_wrong(session: Session) -> None:
    content = csv_of(ANNA).getvalue().rstrip() + b",surprise\r\n"
    report = import_people(session, ImportPeople(io.BytesIO(content), "p.csv"), actor=DINA, now=NOW)
    assert "right of the last named column" in (faults(report)[0].message or "")


def test_one_number_and_day_with_two_contents_is_wrong_in_both_rows(session: Session) -> None:
    report = send(session, ANNA, {**ANNA, "full_time_salary": "3400"}, BORIS)
    assert wrong(report) == [(2, "valid_from"), (3, "valid_from")]
    assert "Rows 2, 3" in (faults(report)[0].message or "")
    renamed = send(session, ANNA, {**ANNA, "name": "Anna Bos"})
    assert renamed.wrong == 2


def test_a_row_that_repeats_another_is_told_and_taken_once(session: Session) -> None:
    report = send(session, ANNA, BORIS, ANNA)
    assert counts(report) == (2, 0, 1, 0)
    assert report.lines[2].message == "repeats row 2"
    assert len(queries.history(session, employee(session, "1").id)) == 1


def test_schemes_and_hours_are_checked_when_the_caller_knows_them(session: Session) -> None:
    around: dict[str, Any] = {
        "known_schemes": {"meridian"},
        "full_time_hours": {"meridian": Decimal(36)},
    }
    report = send(
        session,
        {**ANNA, "weekly_hours": "28.8"},
        {**ANNA, "number": "3", "weekly_hours": "28.85"},
        {**ANNA, "number": "4", "weekly_hours": "32"},
        {**ANNA, "number": "5", "scheme": "meridan"},
        **around,
    )
    assert wrong(report) == [(4, "weekly_hours"), (5, "scheme")]
    contradiction, unknown = faults(report)
    assert "of the 36 hours of scheme meridian that is 28.80" in (contradiction.message or "")
    assert "did you mean meridian" in (unknown.message or "")


def test_managers_in_a_circle_are_wrong_in_each_row_of_it(session: Session) -> None:
    rows = [
        {**ANNA, "number": number, "manager_number": manager}
        for number, manager in (("1", "2"), ("2", "3"), ("3", "1"), ("4", "1"), ("5", ""))
    ]
    report = send(session, *rows)
    in_circle = [line.row for line in faults(report) if "(1, 2, 3, 1)" in (line.message or "")]
    assert in_circle == [2, 3, 4]
    assert report.wrong == 4, "whoever reports to one of them has no manager yet either"


def test_a_circle_closed_through_somebody_who_is_known_is_seen(session: Session) -> None:
    send(session, ANNA_OF_BORIS, BORIS)
    report = send(session, {**BORIS, "manager_number": "1"}, now=LATER)
    assert wrong(report) == [(2, "manager_number")]


def test_two_people_may_exchange_who_manages_whom(session: Session) -> None:
    send(session, ANNA_OF_BORIS, BORIS)
    report = send(
        session,
        {**ANNA, "manager_number": "", "valid_from": "2026-04-01"},
        {**BORIS, "manager_number": "1", "valid_from": "2026-04-01"},
        now=LATER,
    )
    assert counts(report) == (2, 0, 0, 0)


def test_who_depends_on_a_wrong_row_is_wrong_too(session: Session) -> None:
    report = send(
        session,
        {**ANNA, "manager_number": "2"},
        {**BORIS, "manager_number": "3"},
        {**BORIS, "number": "3", "part_time_factor": "8"},
        {**BORIS, "number": "4"},
        only_good_rows=True,
    )
    assert wrong(report) == [(2, "manager_number"), (3, "manager_number"), (4, "part_time_factor")]
    assert "own row 4 is wrong" in (faults(report)[1].message or "")
    assert list(session.scalars(select(Employee.number))) == ["4"]


def test_an_address_of_somebody_else_is_wrong(session: Session) -> None:
    send(session, {**BORIS, "email": "Boris@meridian.example"})
    report = send(session, {**ANNA, "email": "boris@MERIDIAN.example"})
    assert wrong(report) == [(2, "email")]
    assert "number 2" in (faults(report)[0].message or "")
    twice = [{**ANNA, "number": number, "email": "x@y.nl"} for number in ("7", "8")]
    assert wrong(send(session, *twice)) == [(2, "email"), (3, "email")]


def test_two_people_may_exchange_addresses(session: Session) -> None:
    anna, boris = {**ANNA, "email": "one@y.nl"}, {**BORIS, "email": "two@y.nl"}
    send(session, anna, boris)
    report = send(session, {**anna, "email": "two@y.nl"}, {**boris, "email": "one@y.nl"}, now=LATER)
    assert counts(report) == (0, 2, 0, 0)
    assert [employee(session, n).email for n in "12"] == ["two@y.nl", "one@y.nl"]


def test_a_leaver_whose_planned_raise_would_bring_them_back_is_wrong(session: Session) -> None:
    raise_ = {**ANNA, "valid_from": "2026-07-01", "full_time_salary": "3500"}
    send(session, ANNA, raise_)
    leaving = {**ANNA, "leaves_on": "2026-05-31"}
    report = send(session, leaving, now=LATER)
    assert wrong(report) == [(2, "leaves_on")]
    assert "2026-07-01" in (faults(report)[0].message or "")
    both = send(session, leaving, {**raise_, "leaves_on": "2026-05-31"}, now=LATER)
    assert both.applied
    for day in (date(2026, 6, 1), date(2026, 7, 15)):
        assert queries.employment_on(session, employee(session, "1").id, day) is None


def test_a_known_last_day_before_a_corrected_first_one_is_wrong(session: Session) -> None:
    early = {**ANNA, "hired_on": "2025-01-01", "valid_from": "2026-01-01"}
    send(session, {**early, "leaves_on": "2025-12-31"})
    report = send(session, {**early, "hired_on": "2026-01-01"}, now=LATER)
    assert wrong(report) == [(2, "leaves_on")]


# Files that are wrong as a whole


def test_columns_are_named_with_what_was_meant(session: Session) -> None:
    row = {
        ("full_time_salery" if column == "full_time_salary" else column): value
        for column, value in ANNA.items()
        if column != "unit"
    }
    with pytest.raises(ColumnsWrong) as caught:
        send(session, {**row, "unpaid_until": "", "allowance.Per Son": "", "salary": ""})
    assert caught.value.data["faults"] == [
        "column unit is missing",
        "column full_time_salary is missing",
        "column 'full_time_salery' is not known; did you mean full_time_salary?",
        caught.value.data["faults"][3],
        caught.value.data["faults"][4],
        "column unpaid_until needs the column unpaid_from beside it",
    ]
    assert "'allowance.per son' is not known" in caught.value.data["faults"][3]


def test_a_header_without_rows_is_refused(session: Session) -> None:
    content = io.BytesIO(",".join(ANNA).encode())
    with pytest.raises(FileUnusable, match="no rows"):
        import_people(session, ImportPeople(content, "p.csv"), actor=DINA, now=NOW)


# Pay files

PAY = {"number": "1", "month": "2026-02", "code": "overtime", "amount": "120,50"}


def elements(session: Session) -> list[tuple[str, str, int]]:
    rows = queries.pay_elements_between(
        session, [employee(session, "1").id], Month(2025, 1), Month(2027, 1)
    )
    return [(str(row.month), row.code, row.amount_minor) for row in rows]


def test_a_pay_file_is_kept_by_month_and_code(session: Session) -> None:
    send(session, ANNA)
    report = send_pay(session, PAY, {**PAY, "month": "01-2026", "amount": "-3"})
    assert counts(report) == (2, 0, 0, 0)
    assert report.kind == Kind.PAY
    assert elements(session) == [("2026-01", "overtime", -300), ("2026-02", "overtime", 12050)]
    assert changes(session, "1") == ["2026-01", "2026-01"], "one change, of the earliest month"


def test_a_pay_file_twice_changes_nothing_and_a_correction_supersedes(session: Session) -> None:
    send(session, ANNA)
    send_pay(session, PAY)
    before = count(session, FactChange)
    assert counts(send_pay(session, PAY, now=LATER)) == (0, 0, 1, 0)
    assert count(session, FactChange) == before
    assert counts(send_pay(session, {**PAY, "amount": "0"}, now=LATER)) == (0, 1, 0, 0)
    assert elements(session) == [("2026-02", "overtime", 0)]
    assert changes(session, "1")[-1] == "2026-02"
    anna = employee(session, "1").id
    known_then = queries.pay_elements_between(
        session, [anna], Month(2026, 2), Month(2026, 2), known_at=NOW
    )
    assert [row.amount_minor for row in known_then] == [12050]


def test_an_amount_of_nothing_that_was_not_known_moves_nothing(session: Session) -> None:
    send(session, ANNA)
    report = send_pay(session, {**PAY, "amount": "0"})
    assert (counts(report), report.fact_changes) == ((1, 0, 0, 0), 0)


def test_wrong_pay_rows_are_named(session: Session) -> None:
    send(session, ANNA)
    report = send_pay(
        session,
        PAY,
        {**PAY, "amount": "1"},
        {**PAY, "number": "99"},
        {**PAY, "month": "mrt-26"},
        {**PAY, "code": "Over time"},
        {**PAY, "month": "2026-04", "amount": ""},
        {**PAY, "month": "2026-05"},
        only_good_rows=True,
    )
    assert wrong(report) == [
        (2, "code"),
        (3, "code"),
        (4, "number"),
        (5, "month"),
        (6, "code"),
        (7, "amount"),
    ]
    assert elements(session) == [("2026-05", "overtime", 12050)]


def test_a_people_file_sent_as_pay_is_refused_whole(session: Session) -> None:
    with pytest.raises(ColumnsWrong, match="column month is missing"):
        send_pay(session, ANNA)


# What the database refuses


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM people_employment",
        "UPDATE people_employment SET full_time_salary_minor = 1",
        "UPDATE people_employment SET superseded_at = now(), scheme = 'x'",
        "DELETE FROM people_pay_element",
        "UPDATE people_pay_element SET amount_minor = 1",
        "DELETE FROM people_fact_change",
        "UPDATE people_fact_change SET first_month = 202001",
        "DELETE FROM people_employee",
        "TRUNCATE people_employment",
        "TRUNCATE people_pay_element",
        "TRUNCATE people_fact_change CASCADE",
        "TRUNCATE people_employee CASCADE",
    ],
)
def test_the_database_refuses_to_rewrite_facts(session: Session, statement: str) -> None:
    send(session, ANNA)
    send_pay(session, PAY)
    with pytest.raises(IntegrityError, match=r"only ever|never deleted"), session.begin_nested():
        session.execute(text(statement))


def test_a_row_is_superseded_once(session: Session) -> None:
    send(session, ANNA)
    session.execute(text("UPDATE people_employment SET superseded_at = now()"))
    for value in ("now() + interval '1 day'", "NULL"):
        with pytest.raises(IntegrityError, match="only ever"), session.begin_nested():
            session.execute(text(f"UPDATE people_employment SET superseded_at = {value}"))


# Traces


def test_the_audit_counts_and_names_nobodys_pay(session: Session) -> None:
    send(session, ANNA, {**BORIS, "full_time_salary": "x"}, only_good_rows=True)
    entry = session.scalars(select(Entry)).one()
    assert (entry.act, entry.subject, entry.actor) == (
        "people.people_imported",
        "file:people.csv",
        DINA.name,
    )
    assert entry.details["new"] == entry.details["wrong"] == 1
    assert "3300" not in json.dumps(entry.details)


def test_nothing_of_a_file_reaches_the_log(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        send(session, ANNA, {**BORIS, "full_time_salary": "5200,1234"})
    assert "3300" not in caplog.text
    assert "5200" not in caplog.text


def test_a_report_is_bounded_and_its_counts_are_not(session: Session) -> None:
    rows = [{**ANNA, "number": f"A{n}"} for n in range(30)]
    bad = [{**ANNA, "number": f"B{n}", "part_time_factor": "8"} for n in range(30)]
    report = send(session, *rows, *bad, most_lines=5)
    assert counts(report) == (30, 0, 0, 30)
    assert [line.outcome for line in report.lines] == [Outcome.WRONG] * 5 + [Outcome.NEW] * 5


# Imports that wait


def start(session: Session, *rows: Mapping[str, object], **options: Any) -> Import:
    command = StartImport(Kind.PEOPLE, "people.csv", csv_of(*rows).getvalue(), **options)
    started = start_import(session, command, actor=DINA, now=NOW)
    session.flush()
    session.expire_all()
    return started


def run(session: Session, waiting: Import) -> None:
    run_import(session, RunImport(waiting.id), actor=SYSTEM, now=LATER)
    session.flush()
    session.expire_all()


def test_a_small_file_is_read_at_once_and_its_content_let_go(session: Session) -> None:
    done = start(session, ANNA)
    assert (done.state, done.content, done.finished_at) == (ImportState.APPLIED, None, NOW)
    assert done.report is not None and done.report["new"] == 1
    assert [(line.number, line.outcome) for line in queries.import_lines(session, done.id)] == [
        ("1", "new")
    ]
    assert count(session, Message) == 0


def test_a_large_file_waits_for_a_worker_and_is_read_once(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "AT_ONCE", 10)
    waiting = start(session, ANNA)
    message = session.scalars(select(Message)).one()
    assert (message.name, message.payload) == (RUN_IMPORT, {"import_id": str(waiting.id)})
    assert (waiting.state, count(session, Employee)) == (ImportState.WAITING, 0)
    run(session, waiting)
    assert (waiting.state, waiting.content, waiting.finished_at) == (
        ImportState.APPLIED,
        None,
        LATER,
    )
    assert session.scalars(select(Entry.actor)).all() == [DINA.name], "who sent it, not the worker"
    before = everything(session)
    run(session, waiting)
    assert everything(session) == before


@pytest.mark.parametrize(
    ("row", "options", "state"),
    [
        (ANNA, {"dry_run": True}, ImportState.CHECKED),
        ({**ANNA, "part_time_factor": "8"}, {}, ImportState.REFUSED),
        ({"number": "1"}, {}, ImportState.FAILED),
    ],
)
def test_an_import_tells_how_it_ended(
    session: Session, row: Mapping[str, str], options: Mapping[str, bool], state: ImportState
) -> None:
    done = start(session, row, **options)
    assert (done.state, done.content) == (state, None)
    assert count(session, Employee) == 0
    lines = queries.import_lines(session, done.id)
    assert (done.message is not None) == (state == ImportState.FAILED) == (lines == [])


def test_a_waiting_import_is_checked_against_the_schemes_there_are(session: Session) -> None:
    queries.SURROUNDINGS.register("schemes", lambda _: Surroundings({"nwb"}))
    try:
        done = start(session, ANNA)
    finally:
        queries.SURROUNDINGS.register("schemes", lambda _: Surroundings())
    assert done.state == ImportState.REFUSED
    (line,) = queries.import_lines(session, done.id)
    assert (line.field, line.value) == ("scheme", "meridian")


def test_a_pay_file_can_wait_too(session: Session) -> None:
    send(session, ANNA)
    command = StartImport(Kind.PAY, "pay.csv", csv_of(PAY).getvalue())
    assert start_import(session, command, actor=DINA, now=NOW).state == ImportState.APPLIED
    assert elements(session) == [("2026-02", "overtime", 12050)]


def test_an_import_that_does_not_exist_is_told(session: Session) -> None:
    with pytest.raises(ImportUnknown):
        run_import(session, RunImport(new_id()), actor=SYSTEM, now=NOW)


# At once, and large


def test_the_same_file_sent_twice_at_once_is_taken_once(own_database: str) -> None:
    rows = [{**ANNA, "number": f"A{n}", "email": f"a{n}@y.nl"} for n in range(300)]
    content = csv_of(*rows).getvalue()

    def sent(_: int) -> ImportReport:
        with db.unit_of_work() as session:
            command = ImportPeople(io.BytesIO(content), "people.csv")
            return import_people(session, command, actor=DINA, now=NOW)

    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(sent, range(4)))
    assert sorted(report.new for report in reports) == [0, 0, 0, 300]
    assert all(report.applied and report.wrong == 0 for report in reports)
    with db.unit_of_work() as session:
        assert count(session, Employment) == count(session, FactChange) == 300


def test_an_import_does_not_pass_a_planner_and_says_that_it_is_busy(own_database: str) -> None:
    with db.unit_of_work() as planner:
        lock_facts(planner, shared=False)
        with pytest.raises(ImportBusy), db.unit_of_work() as session:
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            send(session, ANNA)
    with db.unit_of_work() as session:
        assert send(session, ANNA).applied


def test_twenty_thousand_rows_take_no_more_memory_than_two_thousand(
    session: Session, tmp_path: Path
) -> None:
    _peak_of(session, tmp_path, 10)  # what is made once, such as compiled statements
    peaks = {rows: _peak_of(session, tmp_path, rows) for rows in (2_000, 20_000)}
    # Held at once, 18,000 more rows would take fifteen megabytes; one piece of the file takes one.
    assert peaks[20_000] - peaks[2_000] < 3 * 2**20, peaks


def _peak_of(session: Session, folder: Path, rows: int) -> int:
    """The most bytes that Python held at once while a file of so many rows was taken in."""
    path = folder / f"{rows}.csv"
    numbered = ({**ANNA, "number": f"{rows}-{n}", "email": f"e{n}@{rows}.nl"} for n in range(rows))
    path.write_bytes(csv_of(*numbered).getvalue())
    tracemalloc.start()
    try:
        report = import_people(session, ImportPeople(path, "p.csv"), actor=DINA, now=NOW)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert report.new == rows
    return peak


NOWHERE = datetime(2000, 1, 1, tzinfo=UTC)


def test_facts_may_be_recorded_in_the_past_as_seeds_do(session: Session) -> None:
    send(session, ANNA, now=NOW)
    send(session, {**ANNA, "full_time_salary": "3400"}, now=NOWHERE)
    first, second = sorted(
        queries.history(session, employee(session, "1").id), key=lambda row: row.id
    )
    assert first.superseded_at == first.recorded_at == NOW
    assert second.recorded_at == NOWHERE
