"""An employee who does not exist, to try a scheme out on."""

from __future__ import annotations

from decimal import Decimal

from ideals.kernel.month import Month
from ideals.schemes.rules import MadeUp, asked, explain_month, made_up, owed_amounts
from tests.schemes.worked import scheme

MARCH = Month(2026, 3)


def test_the_worked_number_of_the_page_comes_out() -> None:
    meridian = scheme("meridian.yaml")
    facts = MadeUp(390_000, allowances={"personal": 15_600})
    owed = owed_amounts(meridian, made_up(meridian, facts, MARCH), MARCH)
    assert sum(cents for _, cents in owed) == 74_034


def test_the_age_is_reached_in_the_month_asked_for() -> None:
    nwb = scheme("nwb.yaml")
    small = {"full_time_salary": 200_000, "part_time_factor": Decimal("0.5")}
    for age, cents in ((20, 8000), (21, 8408)):
        person = made_up(nwb, MadeUp(**small, age=age), MARCH)  # type: ignore[arg-type]
        assert dict(owed_amounts(nwb, person, MARCH))["holiday_allowance"] == cents


def test_a_yearly_grant_is_whole_for_somebody_in_their_first_year() -> None:
    work = scheme("sociaal-werk.yaml")
    person = made_up(work, MadeUp(300_000, years_of_service=0), Month(2026, 11))
    [grant] = explain_month(work, person, Month(2026, 11)).hours
    assert grant.minutes == 26 * 60


def test_pay_is_the_same_in_every_month_that_is_read() -> None:
    own = scheme("base-of-its-own.yaml")
    assert asked(own).pay == ("overtime",)
    assert asked(own).scale
    person = made_up(own, MadeUp(300_000, scale="8", pay={"overtime": 12_000}), MARCH)
    assert dict(owed_amounts(own, person, MARCH))["overtime"] == 960  # 8% of an average of 120


def test_only_what_components_and_hours_read_is_asked() -> None:
    assert asked(scheme("base-salary.yaml")) == asked(scheme("fixed-flat.yaml"))
    assert asked(scheme("base-salary.yaml")).allowances == ()
    assert asked(scheme("nwb.yaml")).allowances == ("personal",)
    assert asked(scheme("meridian.yaml")).allowances == ("personal",)
