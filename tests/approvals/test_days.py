"""Working days: the worked rows of docs/policies.md, and what holds for every day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.approvals.rules import MONDAY_TO_FRIDAY, Calendar
from ideals.config import Settings
from tests.approvals.policy_page import tables

NL = Calendar("NL")
WEEKDAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
weeks = st.frozensets(st.integers(0, 6))
calendars = st.sampled_from([NL, Calendar("BE"), Calendar()])


def week_of(words: str) -> frozenset[int]:
    return frozenset() if words == "none" else frozenset(map(WEEKDAYS.index, words.split()))


@pytest.mark.parametrize("row", tables("Working days")[0][1:], ids=lambda row: row[6])
def test_the_worked_days_of_the_page(row: list[str]) -> None:
    opened_on, count, week, latest_on, due_on, reminded_on, _ = row
    asked = date.fromisoformat(opened_on)
    latest = None if latest_on == "-" else date.fromisoformat(latest_on)
    due = NL.due_on(asked, int(count), week_of(week), latest)
    assert due.isoformat() == due_on
    reminded = NL.remind_on(due, asked, week_of(week))
    assert (reminded.isoformat() if reminded else "-") == reminded_on


def test_the_holidays_of_the_netherlands_are_those_of_the_page() -> None:
    off = [day for n in range(365) if NL.is_holiday(day := date(2026, 1, 1) + timedelta(days=n))]
    assert [f"{day:%d %b}" for day in off] == [
        "01 Jan", "03 Apr", "05 Apr", "06 Apr", "27 Apr", "14 May", "24 May", "25 May", "25 Dec",
        "26 Dec",
    ]  # fmt: skip
    assert NL.is_holiday(date(2025, 5, 5))
    assert NL.is_holiday(date(2030, 5, 5))
    assert not NL.is_holiday(date(2026, 5, 5))


def test_each_country_has_its_own_days() -> None:
    labour_day = date(2026, 5, 1)
    assert Calendar("BE").is_holiday(labour_day)
    assert not NL.is_holiday(labour_day)
    assert not Calendar().is_holiday(date(2026, 12, 25))


def test_no_days_at_all_end_on_the_next_working_day() -> None:
    assert NL.working_days_after(date(2026, 4, 2), 0) == date(2026, 4, 2)
    assert NL.working_days_after(date(2026, 4, 3), 0) == date(2026, 4, 7)


@given(calendars, days, st.integers(0, 60), weeks)
def test_a_due_day_is_a_working_day_of_who_has_it(
    calendar: Calendar, day: date, count: int, week: frozenset[int]
) -> None:
    due = calendar.working_days_after(day, count, week)
    assert calendar.is_working_day(due, week)
    assert due.weekday() in (week or MONDAY_TO_FRIDAY)
    if count:
        assert calendar.working_days_between(day, due, week) == count
        assert calendar.working_days_between(day, due - timedelta(days=1), week) == count - 1


@given(calendars, days, st.integers(1, 60), weeks, st.integers(0, 90))
def test_nothing_is_due_after_the_last_day_of_what_it_is_about(
    calendar: Calendar, day: date, count: int, week: frozenset[int], left: int
) -> None:
    latest = day + timedelta(days=left)
    due = calendar.due_on(day, count, week, latest)
    assert day <= due <= latest
    reminded = calendar.remind_on(due, day, week)
    assert reminded is None or day < reminded < due


def test_the_country_is_a_setting_and_an_unknown_one_stops_the_start() -> None:
    assert Settings.read({}).holidays == "NL"
    assert Settings.read({"IDEALS_HOLIDAYS": "BE"}).holidays == "BE"
    with pytest.raises(SystemExit, match="IDEALS_HOLIDAYS=Holland is not a country"):
        Settings.read({"IDEALS_HOLIDAYS": "Holland"})
