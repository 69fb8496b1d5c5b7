"""What is owed, against a second, simpler way to it: day by day, in fractions."""

from __future__ import annotations

import math
import time
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideals.kernel.formula import arithmetic
from ideals.kernel.month import Month
from ideals.schemes.errors import (
    BudgetNotComputable,
    ComponentFailed,
    ComponentNegative,
    FactsIncomplete,
)
from ideals.schemes.rules import (
    PartMonth,
    Person,
    Scheme,
    Stretch,
    check,
    describe,
    owed_amounts,
    owed_hours,
)
from ideals.schemes.rules.days import days_of, full_months, full_years, plus_months
from ideals.schemes.rules.owed import month_facts
from tests.schemes.worked import document, person, scheme, stretch

MARCH = Month(2026, 3)


def made(components: str, extra: str = "") -> Scheme:
    text = (
        'scheme: made\nversion: "2020-01"\nname: {en: Made}\nfull_time_hours: 36\n'
        f'first_month: "2020-01"\n{extra}components:\n{components}'
    )
    result = check(text)
    assert isinstance(result, Scheme), describe(result)
    return result


def one(formula: str, extra: str = "") -> Scheme:
    return made(f'  it: {{formula: "{formula}"}}\n', extra)


def amount(formula: str, who: Person, month: Month = MARCH, extra: str = "") -> int:
    [(_, cents)] = owed_amounts(one(formula, extra), who, month)
    return cents


def at_work(**changes: object) -> Stretch:
    return stretch(**{"scheme": "made", **changes})


# Against a day-by-day reckoning ----------------------------------------------------------------

DAYS = st.dates(date(2025, 12, 1), date(2026, 4, 30))
MAYBE_DAY = st.none() | DAYS


@st.composite
def people(draw: st.DrawFn) -> Person:
    """Up to three stretches with gaps, hires, leaves, unpaid days and sickness, any day."""
    edges = sorted(draw(st.lists(DAYS, min_size=2, max_size=6, unique=True)))
    stretches = []
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        unpaid_from = draw(MAYBE_DAY)
        stretches.append(
            at_work(
                valid_from=start,
                until=end - timedelta(1) if end != edges[-1] else date.max,
                hired_on=draw(st.sampled_from([date(2020, 1, 1), edges[0]])),
                leaves_on=draw(MAYBE_DAY),
                scheme=draw(st.sampled_from(["made", "made", "made", "other"])),
                full_time_salary=draw(st.integers(150_000, 900_000)),
                part_time_factor=Decimal(draw(st.integers(1, 1000))).scaleb(-3),
                sick_from=draw(MAYBE_DAY),
                unpaid_from=unpaid_from,
                unpaid_until=draw(MAYBE_DAY) if unpaid_from else None,
            )
        )
    return person(*stretches)


def in_force(who: Person, day: date, stop_months: int | None) -> tuple[Stretch | None, bool]:
    """The employment of a day, and whether the day is paid."""
    for each in who.stretches:
        if each.valid_from <= day <= each.until and each.scheme == "made":
            employed = each.hired_on <= day and (each.leaves_on is None or day <= each.leaves_on)
            if not employed:
                return None, False
            unpaid = each.unpaid_from is not None and (
                each.unpaid_from <= day <= (each.unpaid_until or date.max)
            )
            stopped = (
                stop_months is not None
                and each.sick_from is not None
                and day >= plus_months(each.sick_from, stop_months)
            )
            return each, not unpaid and not stopped
    return None, False


def weight(day: date, month: Month, method: PartMonth) -> int:
    match method:
        case PartMonth.WORKING_DAYS:
            return int(day.weekday() < 5)
        case PartMonth.THIRTIETHS:
            if day.day == month.days:
                return 30 - min(day.day - 1, 30)
            return int(day.day <= 30)
        case _:
            return 1


def days_in(month: Month) -> list[date]:
    return [month.first + timedelta(each) for each in range(month.days)]


def half_up(number: Fraction) -> int:
    return math.floor(number + Fraction(1, 2))


@given(
    people(),
    st.sampled_from([each for each in PartMonth if each is not PartMonth.NONE]),
    st.sampled_from([Month(2026, 1), Month(2026, 2), MARCH]),
    st.sampled_from([None, 0, 1, 2]),
)
@settings(max_examples=400, deadline=None)
def test_salary_and_shares_are_those_of_a_day_by_day_reckoning(
    who: Person, method: PartMonth, month: Month, stop_months: int | None
) -> None:
    sickness = "paid" if stop_months is None else f"{{paid_months: {stop_months}}}"
    scheme = made(
        '  pay: {formula: "salary"}\n'
        '  paid: {formula: "1000 * share_paid"}\n'
        '  employed: {formula: "1000 * share_employed"}\n'
        '  factor: {formula: "1000 * part_time_factor"}\n',
        f"part_month: {method}\nsickness: {sickness}\n",
    )
    whole = sum(weight(day, month, method) for day in days_in(month))
    salary = paid = employed = factor = Fraction(0)
    final: Stretch | None = None
    for day in days_in(month):
        each, is_paid = in_force(who, day, stop_months)
        share = Fraction(weight(day, month, method), whole)
        employed += share if each else 0
        if each and is_paid:
            final = each
            paid += share
            salary += share * each.full_time_salary * Fraction(each.part_time_factor)
            factor += share * Fraction(each.part_time_factor)
    if final is None:
        expected = [0, 0, 0, 0]
    else:
        average = factor / paid if paid else Fraction(final.part_time_factor)
        expected = [
            half_up(salary),
            half_up(100_000 * paid),
            half_up(100_000 * employed),
            half_up(100_000 * average),
        ]
    assert [cents for _, cents in owed_amounts(scheme, who, month)] == expected


@given(people(), st.sampled_from(["january", "monthly"]))
@settings(max_examples=100, deadline=None)
def test_granted_hours_are_those_of_a_day_by_day_reckoning(who: Person, moment: str) -> None:
    scheme = one(
        "1",
        "hours:\n  granted: {formula: 64 * part_time_factor, "
        f"moment: {moment}, round: half_up, unit: minute}}\n",
    )
    first = date(2026, 1, 1) if moment == "january" else MARCH.first
    period = 365 if moment == "january" else 31
    minutes = Fraction(0)
    for day in (first + timedelta(each) for each in range(period)):
        each, is_paid = in_force(who, day, None)
        if each and is_paid:
            minutes += 64 * 60 * Fraction(each.part_time_factor) / period
    [granted] = owed_hours(scheme, who, MARCH)
    assert granted.minutes == half_up(minutes)
    assert granted.for_month == (Month(2026, 1) if moment == "january" else MARCH)


@pytest.mark.parametrize("method", PartMonth)
def test_the_parts_of_every_month_sum_to_the_whole(method: PartMonth) -> None:
    for month in Month(2023, 12).until(Month(2025, 1)):
        days = days_of(month, method)
        assert days.whole == sum(days.weight(day, day) for day in days_in(month))
        for day in days_in(month)[:-1]:
            parts = days.weight(days.first, day) + days.weight(day + timedelta(1), days.last)
            assert parts == days.whole


# Rules one by one ------------------------------------------------------------------------------


def test_each_component_sees_the_earlier_ones_rounded() -> None:
    scheme = made('  a: {formula: "salary / 3"}\n  b: {formula: "a * 3"}\n')
    who = person(at_work(full_time_salary=100))
    assert owed_amounts(scheme, who, MARCH) == [("a", 33), ("b", 99)]


def test_a_half_cent_goes_up_also_after_a_division_that_does_not_end() -> None:
    who = person(at_work())
    assert amount("0.005", who) == 1
    assert amount("0.015 / 3 * 3 / 7 * 7", who) == 2
    assert amount("0.0149", who) == 1


def test_nothing_is_owed_before_the_first_month() -> None:
    scheme = one("salary", "calendar: {allocate_on: 1}\n")
    who = person(at_work(valid_from=date(2010, 1, 1), hired_on=date(2010, 1, 1)))
    assert owed_amounts(scheme, who, Month(2019, 12)) == [("it", 0)]
    assert owed_amounts(scheme, who, Month(2020, 1)) == [("it", 300_000)]


def test_who_is_employed_under_another_scheme_is_owed_nothing() -> None:
    assert amount("salary + 10", person(stretch(scheme="other"))) == 0
    assert amount("salary + 10", person()) == 0


def test_a_change_of_scheme_in_the_month_gives_each_scheme_its_days() -> None:
    who = person(
        at_work(until=date(2026, 3, 15)), stretch(scheme="other", valid_from=date(2026, 3, 16))
    )
    assert amount("salary", who) == half_up(Fraction(300_000 * 15, 31))


@pytest.mark.parametrize(
    ("method", "joiner_on_the_31st", "leaver_on_the_1st"),
    [
        ("calendar_days", 9_677, 9_677),
        ("working_days", 13_636, 0),
        ("thirtieths", 0, 10_000),
        ("none", 300_000, 300_000),
    ],
)
def test_the_first_and_the_last_day_of_march(
    method: str, joiner_on_the_31st: int, leaver_on_the_1st: int
) -> None:
    extra = f"part_month: {method}\n"
    joiner = person(at_work(valid_from=date(2026, 3, 31), hired_on=date(2026, 3, 31)))
    leaver = person(at_work(leaves_on=date(2026, 3, 1)))
    assert amount("salary", joiner, extra=extra) == joiner_on_the_31st
    assert amount("salary", leaver, extra=extra) == leaver_on_the_1st
    assert amount("10 * part_time_factor", joiner, extra=extra) == 1_000


def test_days_that_weigh_nothing_have_the_facts_of_the_last_of_them() -> None:
    """Saturday 28 and Sunday 29 March are no working days, and yet paid."""
    weekend = person(
        at_work(valid_from=date(2026, 3, 28), until=date(2026, 3, 28)),
        at_work(
            valid_from=date(2026, 3, 29),
            leaves_on=date(2026, 3, 29),
            part_time_factor=Decimal("0.6"),
        ),
    )
    extra = "part_month: working_days\n"
    assert amount("salary", weekend, extra=extra) == 0
    assert amount("10 * part_time_factor", weekend, extra=extra) == 600


def test_the_last_of_february_counts_what_is_missing_to_thirty() -> None:
    joiner = person(at_work(hired_on=date(2026, 2, 28)))
    assert amount("salary", joiner, Month(2026, 2), "part_month: thirtieths\n") == 30_000


def test_a_month_without_parts_takes_the_salary_of_its_last_paid_day() -> None:
    who = person(
        at_work(until=date(2026, 3, 15)),
        at_work(valid_from=date(2026, 3, 16), part_time_factor=Decimal("0.6")),
    )
    assert amount("salary", who, extra="part_month: none\n") == 180_000
    assert amount("100 * share_paid", who, extra="part_month: none\n") == 10_000


def test_texts_are_those_of_the_last_day_paid() -> None:
    who = person(
        at_work(until=date(2026, 3, 15), scale="8", unit="Bank/Retail"),
        at_work(valid_from=date(2026, 3, 16), scale="9", unit="Bank/Risk"),
    )
    assert amount("1 if scale == '9' and unit == 'Bank/Risk' else 2", who) == 100


def test_allowances_and_hours_are_averages_over_the_days_paid() -> None:
    who = person(
        at_work(until=date(2026, 3, 15), allowances={"shift": 31_000}, weekly_hours=Decimal(31)),
        at_work(
            valid_from=date(2026, 3, 16), allowances={"travel": 3_100}, weekly_hours=Decimal(0)
        ),
    )
    assert amount("allowance.shift", who) == 15_000
    assert amount("allowances", who) == 15_000 + 1_600
    assert amount("weekly_hours", who) == 1_500
    assert amount("full_time_hours", who) == 3_600


def test_pay_elements_are_those_of_the_month_of_twelve_before_and_of_a_fixed_month() -> None:
    pay = {(202603, "bonus"): 500, (202602, "bonus"): 1_200, (202503, "bonus"): 2_400}
    pay |= {(202502, "bonus"): 99_999, (202601, "bonus"): 4_800}
    who = person(at_work(), pay=pay)
    assert amount("pay.bonus", who) == 500
    assert amount("pay.bonus.average_12", who) == (1_200 + 2_400 + 4_800) // 12
    assert amount("pay.bonus.on_january", who) == 4_800
    assert amount("pay.bonus.on_march", who) == 500
    assert amount("pay.bonus.on_april", who) == 0
    assert amount("pay.other", who) == 0


def test_a_fixed_date_is_the_last_one_passed_or_the_first_day_employed() -> None:
    who = person(
        at_work(valid_from=date(2025, 5, 10), hired_on=date(2025, 5, 10), until=date(2026, 2, 9)),
        at_work(
            valid_from=date(2026, 2, 10), full_time_salary=320_000, part_time_factor=Decimal("0.5")
        ),
    )
    assert amount("full_time_salary.on_january", who) == 300_000
    assert amount("salary.on_march", who) == 160_000
    assert amount("full_time_salary.on_february", who) == 300_000
    assert amount("part_time_factor.on_march", who) == 50
    assert amount("full_time_salary.on_april", who) == 300_000


def test_a_scheme_says_how_far_back_it_needs_to_look() -> None:
    plain = one("8% * salary").window(MARCH)
    assert plain == (MARCH.first, MARCH.last, MARCH)
    assert one("pay.a.average_12").window(MARCH).first_pay_month == Month(2025, 3)
    assert one("salary.on_january").window(MARCH).first_day == date(2026, 1, 1)
    assert one("salary.on_april").window(MARCH).first_day == date(2025, 4, 1)
    hours = "hours: {h: {formula: 1, moment: january, round: up, unit: hour}}\n"
    assert one("1", hours).window(MARCH)[:2] == (date(2026, 1, 1), date(2026, 12, 31))


def test_what_only_products_read_makes_no_run_look_back() -> None:
    products = "products: {leave: {kind: leave, price: salary.on_january / 156}}\n"
    assert one("salary", products).window(MARCH) == one("salary").window(MARCH)


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (date(2005, 3, 31), 21),
        (date(2005, 4, 1), 20),
        (date(1980, 2, 29), 46),
    ],
)
def test_age_is_that_of_the_last_day_of_the_month(born: date, age: int) -> None:
    assert amount("age", person(at_work(birth_date=born))) == age * 100


def test_who_is_born_on_29_february_is_older_on_1_march() -> None:
    born = date(2004, 2, 29)
    assert full_years(born, date(2026, 2, 28)) == 21
    assert full_years(born, date(2026, 3, 1)) == 22
    assert full_years(born, date(2028, 2, 29)) == 24


def test_years_of_service_count_from_the_hire() -> None:
    assert amount("years_of_service", person(at_work(hired_on=date(2016, 3, 31)))) == 1_000
    assert amount("years_of_service", person(at_work(hired_on=date(2016, 4, 1)))) == 900


@pytest.mark.parametrize(
    ("since", "through", "months"),
    [
        (date(2026, 1, 1), date(2026, 1, 30), 0),
        (date(2026, 1, 1), date(2026, 1, 31), 1),
        (date(2025, 8, 31), date(2026, 2, 27), 6),
        (date(2025, 8, 31), date(2026, 2, 26), 5),
        (date(2026, 4, 1), date(2026, 3, 31), 0),
        (date(2026, 5, 1), date(2026, 3, 31), 0),
    ],
)
def test_full_months_of_sickness(since: date, through: date, months: int) -> None:
    assert full_months(since, through) == months


def test_sickness_is_a_fact_of_components() -> None:
    ill = person(at_work(sick_from=date(2025, 9, 16)))
    assert amount("100 if sick else 200", ill) == 10_000
    assert amount("sick_months", ill) == 600
    assert amount("sick_months + 1 if sick else 0", person(at_work())) == 0
    ends = person(
        at_work(until=date(2026, 3, 9), sick_from=date(2025, 9, 16)),
        at_work(valid_from=date(2026, 3, 10)),
    )
    assert amount("100 if sick else 200", ends) == 10_000
    assert amount("sick_months", ends) == 0


def test_a_month_of_sickness_stops_and_recovery_starts_the_pay_again() -> None:
    extra = "sickness: {paid_months: 1}\n"
    who = person(
        at_work(until=date(2026, 3, 20), sick_from=date(2026, 2, 11)),
        at_work(valid_from=date(2026, 3, 21)),
    )
    assert amount("salary", who, extra=extra) == half_up(Fraction(300_000 * (10 + 11), 31))


def test_unpaid_leave_without_an_end_is_unpaid_to_the_end_of_its_row() -> None:
    who = person(
        at_work(until=date(2026, 3, 20), unpaid_from=date(2026, 3, 11)),
        at_work(valid_from=date(2026, 3, 21)),
    )
    assert amount("salary", who) == half_up(Fraction(300_000 * 21, 31))
    assert amount("share_employed", who) == 100


# What goes wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "changes", "fact", "missing"),
    [
        ("age", {"birth_date": None}, "age", "birth_date"),
        ("1 if scale == '8' else 2", {"scale": None}, "scale", "scale"),
        ("weekly_hours", {"weekly_hours": None}, "weekly_hours", "weekly_hours"),
    ],
)
def test_a_fact_that_is_not_known_is_named_with_what_to_enter(
    formula: str, changes: dict[str, object], fact: str, missing: str
) -> None:
    with pytest.raises(FactsIncomplete) as incomplete:
        amount(formula, person(at_work(**changes)))
    assert incomplete.value.component == "it"
    assert incomplete.value.data["employee_id"] == 1
    assert (incomplete.value.data["fact"], incomplete.value.data["missing"]) == (fact, missing)
    assert missing in incomplete.value.message
    assert incomplete.value.message.startswith("it: ")


def test_a_fact_that_is_not_used_may_be_missing() -> None:
    assert amount("salary", person(at_work(birth_date=None, scale=None))) == 300_000
    assert amount("salary if salary > 1 else age", person(at_work(birth_date=None))) == 300_000


def test_sickness_as_paid_needs_to_know_what_was_paid() -> None:
    ill = at_work(sick_from=date(2026, 3, 31))
    with pytest.raises(FactsIncomplete, match="salary_paid"):
        amount("salary", person(ill), extra="sickness: as_paid\n")
    paid = person(ill, pay={(202603, "salary_paid"): 0})
    assert amount("salary", paid, extra="sickness: as_paid\n") == 0
    assert amount("salary", person(at_work()), extra="sickness: as_paid\n") == 300_000


def test_one_employee_whose_formula_divides_by_zero_is_named_and_the_others_go_on() -> None:
    dividing = scheme("dividing.yaml")
    paid = person(stretch(scheme="dividing"), pay={(202603, "divisor"): 400})
    assert owed_amounts(dividing, paid, MARCH) == [("holiday_allowance", 75_000)]
    broken = Person(7, (stretch(scheme="dividing", full_time_salary=123_456),), {})
    with pytest.raises(ComponentFailed) as failed:
        owed_amounts(dividing, broken, MARCH)
    assert failed.value.component == "holiday_allowance"
    assert failed.value.data == {
        "component": "holiday_allowance",
        "employee_id": 7,
        "formula": "salary / pay.divisor",
        "line": 1,
        "column": 10,
        "reason": "division by zero",
    }
    assert "1234" not in failed.value.message


def test_a_failure_inside_a_fact_of_the_scheme_belongs_to_the_component_that_asked() -> None:
    scheme = one("hidden", "facts: {hidden: salary / pay.none}\n")
    with pytest.raises(ComponentFailed) as failed:
        owed_amounts(scheme, person(at_work()), MARCH)
    assert failed.value.component == "it"
    assert failed.value.data["formula"] == "salary / pay.none"


def test_a_component_below_zero_is_an_error() -> None:
    with pytest.raises(ComponentNegative) as negative:
        amount("10 - salary", person(at_work()))
    assert negative.value.component == "it"
    assert amount("-0.004", person(at_work())) == 0


def test_granted_hours_below_zero_are_an_error() -> None:
    hours = "hours: {h: {formula: 0 - 8, moment: january, round: up, unit: hour}}\n"
    with pytest.raises(ComponentNegative):
        owed_hours(one("1", hours), person(at_work()), MARCH)


def test_an_amount_too_large_to_be_one_is_an_error() -> None:
    with pytest.raises(ComponentFailed, match="too large"):
        amount("1000000000000 * 1000000000000", person(at_work()))


@given(people(), st.sampled_from(["salary / pay.x", "weekly_hours / age", "10 - 5 * share_paid"]))
@settings(max_examples=100, deadline=None)
def test_nobody_raises_anything_but_named_errors(who: Person, formula: str) -> None:
    try:
        owed_amounts(one(formula), who, MARCH)
    except BudgetNotComputable as error:
        assert error.component == "it"


def test_facts_are_read_only_when_a_formula_asks() -> None:
    scheme = one("8% * salary")
    with arithmetic():
        facts = month_facts(scheme, person(at_work()), MARCH)
        assert facts is not None
        assert dict(facts) == {}
        assert facts["salary"] == 3000
        assert dict(facts) == {"salary": Decimal("3000.00")}


def test_an_employee_with_four_components_takes_a_handful_of_microseconds() -> None:
    """Seen near 15 microseconds; the bound leaves room for a machine that is busy."""
    check_result = check(document("nwb.yaml"))
    assert isinstance(check_result, Scheme)
    who = person(stretch(full_time_salary=330_000))
    began = time.process_time()
    for _ in range(2_000):
        owed_amounts(check_result, who, MARCH)
    assert (time.process_time() - began) / 2_000 < 200e-6
