"""A month of budgets: first, again, corrected, owed."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.budgets import queries
from ideals.budgets.models import Skip
from ideals.kernel.month import Month
from ideals.ledger.models import Transfer
from tests.budgets.conftest import SIMPLE, Clock, allocate, pay, people, publish, row


def budget(session: Session, number: str, month: str) -> queries.Budget:
    employee = queries.employee_of(session, number)
    return queries.budget_of(session, employee.id, Month.parse(month))


def parts(session: Session, number: str, month: str) -> dict[str, str]:
    return {p.code: str(p.amount) for p in budget(session, number, month).components}


def transfers(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Transfer)) or 0


def test_a_first_run_posts_everything(session: Session) -> None:
    publish(session)
    people(session, row("1"), row("2", part_time_factor="0.5"))

    run = allocate(session, "2026-03")

    assert (run.state, run.round, run.employees) == ("done", 1, 2)
    assert parts(session, "1", "2026-03") == {
        "holiday_allowance": "240.00",
        "thirteenth_month": "249.90",
    }
    found = budget(session, "2", "2026-03")
    assert str(found.allocated) == "244.95"
    assert str(found.available) == "244.95"


def test_a_second_run_posts_nothing(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    allocate(session, "2026-03")
    before = transfers(session)

    run = allocate(session, "2026-03")

    assert run.round == 2
    assert transfers(session) == before


def test_a_look_posts_nothing_and_says_what_it_would(session: Session) -> None:
    publish(session)
    people(session, row("1"))

    run = allocate(session, "2026-03", look=True)

    assert transfers(session) == 0
    view = queries.run_view(session, run.id)
    assert [(d.code, str(d.amount)) for d in view.differences] == [
        ("holiday_allowance", "240.00"),
        ("thirteenth_month", "249.90"),
    ]


def test_a_raise_of_three_months_ago_posts_the_differences_with_their_months(
    session: Session,
) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), row("2"), now=now())
    for month in ("2026-01", "2026-02", "2026-03", "2026-04"):
        allocate(session, month, now=now())

    people(session, row("1", valid_from="2026-01-01", full_time_salary="3100.00"), now=now())
    allocate(session, "2026-04", now=now())

    april = budget(session, "1", "2026-04")
    assert str(april.posted_elsewhere) == "48.99"  # three times 8.00 and 8.33
    assert parts(session, "1", "2026-04")["holiday_allowance"] == "248.00"
    for month in ("2026-01", "2026-02", "2026-03"):
        assert str(budget(session, "1", month).allocated) == "506.23"
        assert str(budget(session, "1", month).posted_elsewhere) == "0.00"
    assert str(budget(session, "2", "2026-04").posted_elsewhere) == "0.00"
    before = transfers(session)
    allocate(session, "2026-04", now=now())
    assert transfers(session) == before


def test_months_before_the_first_run_are_not_owed(session: Session) -> None:
    publish(session)
    people(session, row("1"))
    allocate(session, "2026-03")
    assert str(budget(session, "1", "2026-03").available) == "489.90"
    assert budget(session, "1", "2026-02").components == []


def test_a_joiner_learned_late_gets_the_months_since(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    allocate(session, "2026-02", now=now())
    allocate(session, "2026-03", now=now())
    people(session, row("2", hired_on="2026-02-15", valid_from="2026-02-15"), now=now())

    allocate(session, "2026-03", now=now())

    assert str(budget(session, "2", "2026-02").allocated) == "244.95"
    assert str(budget(session, "2", "2026-03").posted_elsewhere) == "244.95"
    assert str(budget(session, "2", "2026-03").available) == "734.85"


def test_a_leaver_learned_late_gives_back(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    allocate(session, "2026-02", now=now())
    allocate(session, "2026-03", now=now())
    people(session, row("1", leaves_on="2026-02-14"), now=now())

    allocate(session, "2026-03", now=now())

    assert str(budget(session, "1", "2026-03").allocated) == "0.00"
    assert str(budget(session, "1", "2026-02").allocated) == "244.95"
    assert str(budget(session, "1", "2026-03").available) == "244.95"


def test_one_employee_with_incomplete_facts_is_skipped_and_tried_again(session: Session) -> None:
    publish(session, AGED)
    now = Clock()
    people(session, row("1", scheme="aged"), row("2", scheme="aged", birth_date=""), now=now())

    run = allocate(session, "2026-03", scheme="aged", now=now())

    skip = session.scalars(select(Skip).where(Skip.run_id == run.id)).one()
    assert skip.code == "facts_incomplete"
    assert "birth_date" in skip.reason
    assert run.state == "done"
    people(session, row("2", scheme="aged"), now=now())
    allocate(session, "2026-04", scheme="aged", now=now())
    assert str(budget(session, "2", "2026-03").allocated) == "30.00"


AGED = """
scheme: aged
version: "2020-01"
name: {en: Aged}
currency: EUR
full_time_hours: 36
first_month: "2020-01"
calendar: {allocate_on: 1, deadline: {day: 15}, left_over: keep_until_december}
part_month: calendar_days
sickness: paid
rounding: half_up
components:
  senior: {formula: "10 if age >= 50 else 30"}
leaving: {rest: pay, unused_bought: reverse_at_price_paid, debt: set_off}
"""


def test_who_changes_schemes_in_mid_month_gets_each_by_its_days(session: Session) -> None:
    publish(session)
    publish(session, AGED)
    now = Clock()
    people(session, row("1"), now=now())
    people(session, row("1", valid_from="2026-03-16", scheme="aged"), now=now())

    allocate(session, "2026-03", now=now())
    allocate(session, "2026-03", scheme="aged", now=now())

    assert parts(session, "1", "2026-03") == {
        "holiday_allowance": "116.13",  # 15 of 31 days
        "thirteenth_month": "120.92",
        "senior": "30.00",  # a flat amount is whole
    }
    allocate(session, "2026-04", now=now())
    allocate(session, "2026-04", scheme="aged", now=now())
    assert parts(session, "1", "2026-04") == {"senior": "30.00"}


def test_a_version_published_late_is_applied_to_the_months_it_is_for(session: Session) -> None:
    now = Clock()
    publish(session, now=now())
    people(session, row("1"), row("2"), now=now())
    for month in ("2026-01", "2026-02", "2026-03"):
        allocate(session, month, now=now())
    better = SIMPLE.replace('version: "2020-01"', 'version: "2026-02"').replace("8.33%", "8.5%")
    publish(session, better, now=now())

    allocate(session, "2026-03", now=now())

    for number in ("1", "2"):
        assert parts(session, number, "2026-01")["thirteenth_month"] == "249.90"
        assert parts(session, number, "2026-02")["thirteenth_month"] == "255.00"
        assert parts(session, number, "2026-03")["thirteenth_month"] == "255.00"
        assert str(budget(session, number, "2026-03").posted_elsewhere) == "5.10"
    before = transfers(session)
    allocate(session, "2026-03", now=now())
    assert transfers(session) == before


def test_a_change_that_lies_ahead_waits_for_its_month(session: Session) -> None:
    publish(session)
    now = Clock()
    people(session, row("1"), now=now())
    allocate(session, "2026-03", now=now())
    people(session, row("1", valid_from="2026-05-01", full_time_salary="3300.00"), now=now())
    before = transfers(session)
    allocate(session, "2026-03", now=now())
    assert transfers(session) == before
    allocate(session, "2026-04", now=now())
    allocate(session, "2026-05", now=now())
    assert parts(session, "1", "2026-04")["holiday_allowance"] == "240.00"
    assert parts(session, "1", "2026-05")["holiday_allowance"] == "264.00"


def test_overtime_of_an_earlier_month_that_comes_in_late_is_corrected(session: Session) -> None:
    publish(session, SIMPLE.replace("8% * salary", "8% * (salary + pay.overtime)"))
    now = Clock()
    people(session, row("1"), now=now())
    allocate(session, "2026-02", now=now())
    pay(session, "1,2026-02,overtime,100.00", now=now())
    allocate(session, "2026-03", now=now())
    assert str(budget(session, "1", "2026-03").posted_elsewhere) == "8.00"
    assert parts(session, "1", "2026-02")["holiday_allowance"] == "248.00"
