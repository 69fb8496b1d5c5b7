"""The Flexible Working Act: docs/deals.md against the program."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.deals.rules import law
from ideals.deals.rules.law import FLEXIBLE_WORK, FlexibleWork, WhyNot
from ideals.deals.rules.offers import OfferText
from ideals.deals.rules.terms import read
from ideals.deals.states import TermKind
from tests.deals.conftest import TERMS
from tests.deals.deals_page import section, tables

DATES, CASES = tables("The Flexible Working Act")
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
(ACT,) = FLEXIBLE_WORK


@pytest.mark.parametrize("row", DATES[1:], ids=lambda row: row[0])
def test_the_worked_dates_of_the_page(row: list[str]) -> None:
    starts_on = date.fromisoformat(row[0])
    found = [law.request_by(starts_on), law.decide_by(starts_on), law.by_law_on(starts_on)]
    assert [day.isoformat() for day in found] == row[1:]


def offer(kinds: str, starts_on: str) -> OfferText:
    plain = [TERMS[kind] for kind in kinds.split(", ")]
    plain = [each for each in plain if each["kind"] != "hours"] + [
        {"kind": "hours", "minutes": 2160} for each in plain if each["kind"] == "hours"
    ]
    terms = read(plain, date.fromisoformat(starts_on))
    assert isinstance(terms, tuple), terms
    day = date.fromisoformat(starts_on)
    return OfferText(terms, "Fridays", "Early shifts", day, day)


@pytest.mark.parametrize("row", CASES[1:], ids=lambda row: f"{row[0]}: {row[-1]}")
def test_the_worked_cases_of_the_page(row: list[str]) -> None:
    kinds, which, service, asked_on, starts_on, decided_on, expected = row
    arguments = (offer(kinds, starts_on), int(service), which == "first, employee")
    days = {
        "asked_on": date.fromisoformat(asked_on),
        "decided_on": None if decided_on == "-" else date.fromisoformat(decided_on),
    }
    why = law.why_not(*arguments, **days)  # type: ignore[arg-type]
    assert [each.value for each in why] == [
        each.strip("`") for each in expected.split(", ") if each != "-"
    ]
    assert law.qualifies(*arguments, **days) == (expected == "-")  # type: ignore[arg-type]


def test_every_reason_is_worked() -> None:
    worked = {each.strip("`") for row in CASES[1:] for each in row[-1].split(", ")}
    assert worked == {"-", *WhyNot}


def test_the_page_has_the_figures() -> None:
    text = section("The Flexible Working Act")
    assert f"{ACT.service_days // 7} weeks ({ACT.service_days} days)" in text
    assert (ACT.request_months, ACT.decide_months, ACT.again_months) == (2, 1, 12)
    assert ACT.kinds == {TermKind.HOURS, TermKind.PATTERN, TermKind.PLACE}
    assert ACT.source


@pytest.mark.parametrize("kind", TermKind)
def test_nothing_but_hours_times_and_place_comes_into_force_by_silence(kind: TermKind) -> None:
    for kinds in (kind.value, f"{kind.value}, place" if kind != "place" else "place, pattern"):
        why = law.why_not(offer(kinds, "2027-03-01"), 9999, True, asked_on=date(2026, 12, 1))
        assert why == (() if kind in ("hours", "pattern", "place") else (WhyNot.OTHER_TERMS,))


# Properties ----------------------------------------------------------------------------------


@given(DAYS)
def test_the_days_come_in_their_order_and_by_whole_months(starts_on: date) -> None:
    asked, answered = law.request_by(starts_on), law.decide_by(starts_on)
    assert asked < answered < law.by_law_on(starts_on) <= starts_on
    for day, months in ((asked, 2), (answered, 1)):
        assert law.moved_by(day, months) <= starts_on
        assert law.moved_by(day + timedelta(days=1), months) > starts_on or day.day > 27


@given(DAYS, DAYS)
def test_what_begins_later_is_asked_and_answered_no_earlier(one: date, other: date) -> None:
    first, second = sorted((one, other))
    assert law.request_by(first) <= law.request_by(second)
    assert law.decide_by(first) <= law.decide_by(second)


@given(DAYS)
def test_a_new_request_waits_a_year(decided_on: date) -> None:
    again = law.next_request_on(decided_on)
    assert 365 <= (again - decided_on).days <= 366


@given(DAYS, st.integers(0, 400), st.integers(0, 400), st.booleans())
def test_whoever_may_ask_today_may_ask_with_more_service_and_more_time(
    starts_on: date, service: int, ahead: int, first: bool
) -> None:
    some = offer("place", starts_on.isoformat())
    asked_on = starts_on - timedelta(days=ahead)
    if law.qualifies(some, service, first, asked_on=asked_on):
        earlier = asked_on - timedelta(days=1)
        assert law.qualifies(some, service + 1, first, asked_on=earlier)
        assert service >= ACT.service_days
        assert first


# Another law ---------------------------------------------------------------------------------


def test_a_law_holds_until_the_next() -> None:
    later = FlexibleWork(since=date(2030, 1, 1), request_months=3, decide_months=2)
    both = (later, ACT)
    assert law.rule_on(date(2015, 12, 31), both) is None
    assert law.rule_on(date(2029, 12, 31), both) is ACT
    assert law.rule_on(date(2030, 1, 1), both) is later
    assert law.request_by(date(2030, 6, 30), later) == date(2030, 3, 30)
    assert law.decide_by(date(2030, 6, 30), later) == date(2030, 4, 30)


def test_an_organisation_may_be_more_generous() -> None:
    some, asked_on = offer("leave", "2027-03-01"), date(2027, 2, 20)
    generous = replace(ACT, service_days=0, request_months=0, kinds=ACT.kinds | {TermKind.LEAVE})
    assert law.why_not(some, 1, True, asked_on=asked_on) != ()
    assert law.qualifies(some, 1, True, asked_on=asked_on, rule=generous)
