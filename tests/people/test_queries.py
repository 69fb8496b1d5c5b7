from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Select
from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor, Role
from ideals.kernel.month import Month
from ideals.people import queries
from ideals.people.errors import EmployeeUnknown, OnlyHr, UnitUnknown
from tests.people.conftest import ANNA, BORIS, DINA, NOW, send, send_pay

TODAY = date(2026, 3, 10)
LATER = NOW + timedelta(days=1)
CLARA = {**BORIS, "number": "3", "name": "Clara Çelik", "unit": "Bank/Zaken"}
EGOR = {**ANNA, "number": "5", "name": "Egor Åkesson", "unit": "Bank/Retail_x/Zwolle"}


@pytest.fixture
def ids(session: Session) -> dict[str, int]:
    """Anna reports to Boris until the end of March, and to Clara after that."""
    send(
        session,
        {**ANNA, "manager_number": "2"},
        {**ANNA, "manager_number": "3", "valid_from": "2026-04-01"},
        BORIS,
        CLARA,
        EGOR,
    )
    return queries.known_number_ids(session, ["1", "2", "3", "5", "nobody"])


def actor(employee_id: int) -> Actor:
    return Actor(name="somebody", user_id=9, employee_id=employee_id)


def numbers(session: Session, statement: Select[tuple[object, ...]]) -> list[str]:
    return sorted(row.number for row in session.execute(statement))


def test_only_known_numbers_have_ids(ids: dict[str, int]) -> None:
    assert sorted(ids) == ["1", "2", "3", "5"]


def test_an_employee_is_seen_by_themselves_their_manager_and_hr(
    session: Session, ids: dict[str, int]
) -> None:
    def sees(who: Actor, on: date = TODAY) -> bool:
        try:
            return queries.access_employee(session, "1", actor=who, on=on).id == ids["1"]
        except EmployeeUnknown as error:
            return bool(error.code != "employee_unknown")

    anna, boris, clara, egor = (actor(ids[number]) for number in "1235")
    assert sees(anna)
    assert sees(boris)
    assert sees(DINA)
    assert not sees(clara)
    assert not sees(egor)
    assert not sees(Actor(name="payroll", roles=frozenset({Role.PAYROLL, Role.WORKS_COUNCIL})))
    april = date(2026, 4, 1)
    assert sees(clara, april) and not sees(boris, april)


def test_who_may_not_be_seen_and_who_does_not_exist_answer_alike(
    session: Session, ids: dict[str, int]
) -> None:
    messages = []
    for number in ("1", "9"):
        with pytest.raises(EmployeeUnknown) as caught:
            queries.access_employee(session, number, actor=actor(ids["5"]), on=TODAY)
        messages.append(caught.value.message.replace(number, "N"))
    assert messages[0] == messages[1]


def test_reports_change_with_the_day_and_leavers_are_none(
    session: Session, ids: dict[str, int]
) -> None:
    def of(number: str, on: date) -> list[str]:
        return [report.number for report in queries.reports_of(session, ids[number], on)]

    assert of("2", TODAY) == ["1"]
    assert of("2", date(2026, 4, 1)) == []
    assert of("3", date(2026, 4, 1)) == ["1"]
    leaving = {**ANNA, "manager_number": "3", "valid_from": "2026-04-01", "leaves_on": "2026-06-30"}
    send(session, leaving, now=LATER)
    assert of("3", date(2026, 6, 30)) == ["1"]
    assert of("3", date(2026, 7, 1)) == []


def test_the_row_in_force_is_the_latest_up_to_the_day(
    session: Session, ids: dict[str, int]
) -> None:
    def valid_from(day: date) -> date | None:
        found = queries.employment_on(session, ids["1"], day)
        return found and found.valid_from

    assert valid_from(date(2025, 12, 31)) is None
    assert valid_from(date(2026, 3, 31)) == date(2026, 1, 1)
    assert valid_from(date(2026, 4, 1)) == date(2026, 4, 1)


def test_spans_of_a_month_are_read_for_many_at_once(session: Session, ids: dict[str, int]) -> None:
    def spans(first: date, last: date) -> list[tuple[str, date, date | None]]:
        found = queries.employments_between(session, [ids["1"], ids["2"]], first, last)
        by_id = {employee_id: number for number, employee_id in ids.items()}
        return [(by_id[row.employee_id], row.valid_from, row.valid_until) for row in found]

    march = spans(date(2026, 3, 1), date(2026, 3, 31))
    assert march == [
        ("1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2", date(2026, 1, 1), None),
    ]
    over_the_change = spans(date(2026, 3, 15), date(2026, 4, 15))
    assert [span[1:] for span in over_the_change if span[0] == "1"] == [
        (date(2026, 1, 1), date(2026, 3, 31)),
        (date(2026, 4, 1), None),
    ]
    assert spans(date(2025, 1, 1), date(2025, 12, 31)) == []


def test_spans_are_those_known_at_a_moment(session: Session, ids: dict[str, int]) -> None:
    send(session, {**ANNA, "valid_from": "2026-03-16", "unit": "Bank/Zaken"}, now=LATER)

    def units(known_at: object) -> list[str]:
        rows = queries.employments_between(
            session,
            [ids["1"]],
            date(2026, 3, 1),
            date(2026, 3, 31),
            known_at=known_at,  # type: ignore[arg-type]
        )
        return [row.unit_path for row in rows]

    assert units(NOW) == ["Bank/Retail/Zwolle"]
    assert units(None) == units(LATER) == ["Bank/Retail/Zwolle", "Bank/Zaken"]


def test_pay_elements_are_read_by_month(session: Session, ids: dict[str, int]) -> None:
    for month in ("2025-12", "2026-01", "2026-02"):
        send_pay(session, {"number": "1", "month": month, "code": "overtime", "amount": "1"})
    found = queries.pay_elements_between(session, [ids["1"]], Month(2026, 1), Month(2026, 2))
    assert [str(row.month) for row in found] == ["2026-01", "2026-02"]


def test_changes_since_a_point_are_in_the_order_they_were_learned(
    session: Session, ids: dict[str, int]
) -> None:
    before = max(row.id for row in queries.fact_changes_since(session, 0))
    send(session, {**EGOR, "scale": "8"}, now=LATER)
    (change,) = queries.fact_changes_since(session, before)
    assert (change.employee_id, change.first_month) == (ids["5"], Month(2026, 1))


def test_a_list_holds_oneself_and_ones_reports_and_for_hr_everybody(
    session: Session, ids: dict[str, int]
) -> None:
    def listed(who: Actor, on: date = TODAY) -> list[str]:
        return numbers(session, queries.people_lines(actor=who, on=on))

    assert listed(DINA) == ["1", "2", "3", "5"]
    assert listed(actor(ids["2"])) == ["1", "2"]
    assert listed(actor(ids["3"])) == ["3"]
    assert listed(actor(ids["3"]), date(2026, 4, 1)) == ["1", "3"]
    assert listed(actor(ids["5"])) == ["5"]
    assert listed(Actor(name="a script")) == []


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("celik", ["3"]),
        ("ÇELIK", ["3"]),
        ("akes", ["5"]),
        ("de vries", ["1"]),
        ("2", ["2"]),
        ("%", []),
        ("_", []),
    ],
)
def test_people_are_found_by_part_of_a_name_or_start_of_a_number(
    session: Session, ids: dict[str, int], search: str, found: list[str]
) -> None:
    lines = queries.people_lines(actor=DINA, on=TODAY, search=search)
    assert numbers(session, lines) == found


def test_a_unit_includes_those_below_it_and_no_namesakes(
    session: Session, ids: dict[str, int]
) -> None:
    def inside(unit: str) -> list[str]:
        return numbers(session, queries.people_lines(actor=DINA, on=TODAY, unit=unit))

    assert inside("Bank/Retail") == ["1", "2"]
    assert inside("Bank/Retail_x") == ["5"]
    assert inside("Bank") == ["1", "2", "3", "5"]
    assert inside("Retail") == []


def test_a_line_shows_no_pay_and_a_joiner_as_on_the_first_day(
    session: Session, ids: dict[str, int]
) -> None:
    anna = queries.employee_by_number(session, "1")
    line = queries.person_line(session, anna, on=date(2025, 1, 1))
    assert (line.unit, line.manager, line.hired_on) == ("Bank/Retail/Zwolle", "2", date(2020, 2, 1))
    assert queries.person_line(session, anna, on=date(2026, 4, 1)).manager == "3"
    assert not any("salary" in name for name in queries.PersonLine.__slots__)


def test_a_unit_that_does_not_exist_is_told(session: Session) -> None:
    with pytest.raises(UnitUnknown, match="Bank/Retail/Zwolle"):
        queries.unit_by_path(session, "Bank")


def test_only_hr_lists_imports(session: Session, ids: dict[str, int]) -> None:
    for who in (actor(ids["1"]), actor(ids["2"]), Actor("p", roles=frozenset({Role.PAYROLL}))):
        with pytest.raises(OnlyHr):
            queries.imports(actor=who)
    assert session.execute(queries.imports(actor=DINA)).all() == []
