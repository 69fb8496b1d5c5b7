"""What a product is for somebody: open or not, its price and how it came about, bounds, limits."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from ideals.kernel.errors import RuleBroken
from ideals.kernel.formula import PartKind
from ideals.kernel.month import Month
from ideals.schemes.errors import (
    BudgetNotComputable,
    ComponentFailed,
    ComponentNegative,
    FactsIncomplete,
    NeverSold,
    NotEmployed,
    PriceStatedByBuyer,
    QuantityNotInSteps,
    QuantityTooLarge,
    QuantityTooSmall,
)
from ideals.schemes.rules import (
    BoughtHours,
    Bounds,
    Counts,
    LimitNow,
    Offered,
    Per,
    Person,
    Priced,
    Product,
    Quota,
    Scheme,
    addition_minor,
    check,
    check_quantity,
    describe,
    last_day,
    left_over,
    limits_of,
    minutes_of,
    most_for,
    offered,
    order_bounds,
    owed_amounts,
    price_of,
    quota_months,
    unit_price,
    unused_bought,
)
from ideals.schemes.rules.selling import LAST_MONTH
from tests.schemes.worked import person, scheme, stretch

MARCH = Month(2026, 3)
DAY = date(2026, 3, 5)
SMALL = """\
scheme: small
version: "2026-01"
name: {en: Small}
full_time_hours: 36
first_month: "2026-01"
"""
COMPONENTS = 'components:\n  holiday_allowance: {formula: "8% * salary"}\n'


def sold(product: str, components: str = COMPONENTS, more: str = "") -> tuple[Scheme, Product]:
    """A scheme with one product, and the product."""
    result = check(SMALL + more + components + f"products:\n  thing: {{{product}}}\n")
    assert isinstance(result, Scheme), describe(result)
    return result, result.products["thing"]


def anna(**changes: Any) -> Person:
    return person(stretch(scheme="small", **changes))


def priced(product: str, who: Person | None = None, *, month: Month = MARCH, **more: str) -> Priced:
    return unit_price(*sold(product, **more), who or anna(), month, DAY)


# Offered or not -----------------------------------------------------------------------------------


def offer(product: str, who: Person | None = None, *, day: date = DAY) -> Offered:
    return offered(*sold(product), who or anna(), MARCH, day)


def test_what_says_nothing_is_open_to_everybody() -> None:
    assert offer("kind: pay_out") == Offered(True, True)
    assert offer("kind: pay_out").available


def test_who_is_not_eligible_is_told_in_the_words_of_the_document() -> None:
    car = "kind: lease_car, eligible: years_of_service >= 7, not_eligible: {en: From seven years.}"
    found = offer(car)
    assert (found.eligible, found.is_open, found.available) == (False, True, False)
    assert found.texts == {"en": "From seven years."}
    assert found.why == "This is not open to you."
    assert offer(car, anna(hired_on=date(2018, 1, 1))).available


def test_nothing_is_sold_into_a_month_in_which_somebody_does_not_work() -> None:
    gone = anna(leaves_on=date(2026, 2, 28))
    found = offer("kind: pay_out", gone)
    assert not found.available
    assert found.why == "You are not employed under this scheme in 2026-03."
    assert not offer("kind: pay_out", person(stretch(scheme="other"))).available
    coming = anna(hired_on=date(2026, 3, 30), valid_from=date(2026, 3, 30))
    assert offer("kind: pay_out, eligible: years_of_service == 0", coming).available


@pytest.mark.parametrize(
    ("opens", "day", "opens_on", "why"),
    [
        ("{months: [3]}", "2026-03-31", None, ""),
        ("{months: [5, 12]}", "2026-03-05", "2026-05-01", "from 2026-05-01"),
        ("{months: [1, 2]}", "2026-03-05", "2027-01-01", "from 2027-01-01"),
        ('{first: "2026-04"}', "2026-03-05", "2026-04-01", "from 2026-04-01"),
        ('{last: "2026-02"}', "2026-03-05", None, "until 2026-02"),
        ('{first: "2025-03", last: "2026-03"}', "2026-03-05", None, ""),
        ('{first: "2027-02", months: [1]}', "2026-03-05", "2028-01-01", "from 2028-01-01"),
        ('{last: "2026-04", months: [5]}', "2026-03-05", None, "until 2026-04"),
    ],
)
def test_what_is_closed_says_when_it_opens(
    opens: str, day: str, opens_on: str | None, why: str
) -> None:
    found = offer(f"kind: bicycle, opens: {opens}", day=date.fromisoformat(day))
    assert found.is_open is (why == "")
    assert why in found.why
    assert found.opens_on == (None if opens_on is None else date.fromisoformat(opens_on))


def test_what_is_kept_is_not_ordered() -> None:
    keep = scheme("default-kept.yaml")
    found = offered(keep, keep.products["keep"], anna(), MARCH, DAY)
    assert not found.available
    assert "is not ordered" in found.why


def test_a_condition_that_cannot_be_worked_out_names_the_product_and_the_fact() -> None:
    with pytest.raises(FactsIncomplete) as refused:
        offer("kind: lease_car, eligible: scale == '8'", anna(scale=None))
    assert refused.value.data["missing"] == "scale"
    assert refused.value.component == "thing"


# Prices -------------------------------------------------------------------------------------------


def test_a_price_shows_what_it_is_made_of() -> None:
    nwb = scheme("nwb.yaml")
    found = unit_price(
        nwb, nwb.products["leave"], person(stretch(full_time_salary=330_000)), MARCH, DAY
    )
    assert (found.minor, found.exact, found.as_of) == (2_000, 20, DAY)
    assert [(part.name, part.value) for part in found.parts] == [
        ("full_time_salary", 3_300),
        ("allowance.personal", 0),
        ("(full_time_salary + allowance.personal) / 165", 20),
    ]


def test_a_price_over_a_fact_of_the_scheme_shows_that_one_too() -> None:
    meridian = scheme("meridian.yaml")
    who = person(stretch(scheme="meridian", allowances={"personal": 12_000}))
    found = unit_price(meridian, meridian.products["leave"], who, MARCH, DAY)
    assert found.minor == 2_000
    [below] = found.facts
    assert (below.name, below.parts[-1].value) == ("hour_value", 20)
    assert [part.kind for part in below.parts] == [PartKind.FACT, PartKind.FACT, PartKind.RESULT]


def test_a_euro_costs_a_euro() -> None:
    found = priced("kind: savings")
    assert (found.minor, found.exact, found.formula, found.parts) == (100, 1, "", ())


def test_the_buyer_says_what_a_piece_without_a_price_costs() -> None:
    with pytest.raises(PriceStatedByBuyer):
        priced("kind: bicycle")


def test_what_cannot_be_sold_has_no_price_to_sell_at() -> None:
    product = "kind: leave, price: 20"
    with pytest.raises(NeverSold):
        unit_price(*sold(product), anna(), MARCH, DAY, selling=True)
    back = sold(product + ", resale: always")
    assert unit_price(*back, anna(), MARCH, DAY, selling=True).minor == 2_000
    assert (back[1].sells_granted, back[1].sells_bought) == (True, True)


def test_a_component_in_a_price_is_that_of_a_whole_month() -> None:
    price = "kind: leave, price: (salary + holiday_allowance) / 156"
    joiner = anna(hired_on=date(2026, 3, 4), valid_from=date(2026, 3, 4))
    assert priced(price, joiner).minor == priced(price).minor == 2_077
    unpaid = anna(unpaid_from=date(2026, 3, 1), unpaid_until=date(2026, 3, 31))
    assert priced(price, unpaid).minor == 2_077
    names = [part.name for part in priced(price).parts]
    assert names[:2] == ["salary", "holiday_allowance"]


def test_a_component_in_a_price_is_what_is_owed_to_who_works_all_month() -> None:
    components = (
        "components:\n"
        "  holiday_allowance: {formula: 8% * salary}\n"
        "  year_end: {formula: 8.3% * (salary + holiday_allowance) if not sick else 1}\n"
    )
    small, leave = sold("kind: leave, price: holiday_allowance + year_end", components)
    for who in (anna(), anna(sick_from=date(2026, 2, 1)), anna(part_time_factor=Decimal("0.7"))):
        owed = dict(owed_amounts(small, who, MARCH))
        assert unit_price(small, leave, who, MARCH, DAY).minor == sum(owed.values())


def test_sickness_changes_no_price() -> None:
    price = "kind: leave, price: salary / 156"
    sick = anna(sick_from=date(2025, 9, 1))
    assert priced(price, sick, more="sickness: as_paid\n").minor == 1_923
    assert priced(price, sick, more="sickness: {paid_months: 0}\n").minor == 1_923


def test_what_happened_since_january_makes_no_other_price_of_january() -> None:
    before = stretch(scheme="small", until=date(2026, 1, 31))
    after = stretch(scheme="small", valid_from=date(2026, 2, 1), part_time_factor=Decimal("0.5"))
    who = person(before, after)
    for moment, minor in (("january", 1_923), ("january_salary", 1_923), ("order", 1_923)):
        price = "salary / (156 * part_time_factor)"
        found = priced(f"kind: leave, price: {price}, price_moment: {moment}", who)
        assert found.minor == minor, moment


def test_the_january_salary_changes_pay_and_no_other_fact() -> None:
    price = (
        "(full_time_salary if years_of_service == 6 else 0) / 156 + allowance.personal + allowances"
    )
    before = stretch(scheme="small", until=date(2026, 2, 28), allowances={"personal": 100})
    after = stretch(scheme="small", valid_from=date(2026, 3, 1), full_time_salary=400_000)
    found = priced(
        f"kind: leave, price: '{price}', price_moment: january_salary", person(before, after)
    )
    assert found.minor == 1_923 + 100 + 100
    assert found.as_of == Month(2026, 1)


@pytest.mark.parametrize("part_month", ["none", "working_days"])
def test_a_january_of_one_sunday_still_has_a_salary(part_month: str) -> None:
    who = anna(hired_on=date(2027, 1, 31), valid_from=date(2027, 1, 31))  # a Sunday
    product = "kind: leave, price: salary / 156, price_moment: january_salary"
    bought = sold(product, more=f"part_month: {part_month}\n")
    assert unit_price(*bought, who, Month(2027, 2), date(2027, 2, 3)).minor == 1_923


def test_an_order_before_the_first_day_counts_as_on_that_day() -> None:
    joiner = anna(hired_on=date(2026, 3, 20), valid_from=date(2026, 3, 20))
    assert priced("kind: leave, price: salary / 156", joiner).as_of == date(2026, 3, 20)


def test_who_has_left_has_no_price_and_the_error_says_so() -> None:
    gone = anna(leaves_on=date(2026, 3, 4))
    for moment in ("order", "month", "january", "january_salary"):
        product = f"kind: leave, price: salary / 156, price_moment: {moment}"
        if moment in ("order", "january_salary"):
            with pytest.raises(NotEmployed) as refused:
                priced(product, gone)
            assert refused.value.data["employee_id"] == 1
        else:
            assert priced(product, gone).minor == 1_923


@pytest.mark.parametrize(
    ("price", "error"),
    [
        ("10 - salary", ComponentNegative),
        ("1 / (salary - 3000)", ComponentFailed),
        ("1000000000 * salary * salary", ComponentFailed),
        ("1 if scale == '9' else 2", FactsIncomplete),
    ],
)
def test_a_price_that_does_not_come_out_is_an_error_of_this_person(
    price: str, error: type[BudgetNotComputable]
) -> None:
    with pytest.raises(error) as refused:
        priced(f"kind: leave, price: '{price.replace(chr(39), chr(39) * 2)}'", anna(scale=None))
    assert refused.value.component == "thing"
    assert refused.value.data["employee_id"] == 1
    assert "3000" not in refused.value.message.replace("3000)", "")


def test_a_negative_component_is_no_discount() -> None:
    components = "components:\n  odd: {formula: 100 - salary}\n"
    with pytest.raises(ComponentNegative):
        priced("kind: leave, price: 20 + odd", components=components)


@pytest.mark.parametrize(
    ("unit", "quantity", "minor"),
    [
        (1_923, "8", 15_384),
        (333, "1.5", 500),
        (333, "0.5", 167),
        (100, "12.34", 1_234),
        (1, "0", 0),
    ],
)
def test_the_price_is_the_unit_price_times_the_quantity(
    unit: int, quantity: str, minor: int
) -> None:
    assert price_of(unit, Decimal(quantity)) == minor


@given(
    st.integers(0, 1_000_000),
    st.integers(1, 50_000),
    st.sampled_from(["0.01", "0.25", "0.5", "1", "4", "7.2"]),
)
def test_the_most_that_an_amount_pays_is_paid_and_one_step_more_is_not(
    minor: int, unit: int, step: str
) -> None:
    most = most_for(minor, unit, Decimal(step))
    assert most % Decimal(step) == 0
    assert price_of(unit, most) <= minor
    assert price_of(unit, most + Decimal(step)) > minor or price_of(unit, Decimal(step)) == 0


def test_nothing_pays_for_nothing() -> None:
    assert most_for(0, 100, Decimal(1)) == most_for(100, 0, Decimal(1)) == 0


# Hours, additions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "quantity", "minutes"),
    [
        ("kind: leave, price: 20, step: 0.25", "1.25", 75),
        ("kind: leave, price: 100, unit: day", "2", 864),
        ("kind: leave, price: 100, unit: day, unit_hours: weekly_hours / 7", "1", 309),
        ("kind: savings", "100", 0),
        ("kind: other, unit: hour, price: 50", "3", 0),
    ],
)
def test_units_of_leave_are_minutes(product: str, quantity: str, minutes: int) -> None:
    assert minutes_of(*sold(product), anna(), MARCH, DAY, Decimal(quantity)) == minutes


def test_an_addition_is_euros_a_year_made_from_the_price_and_facts() -> None:
    bicycle = "kind: bicycle, tax: addition, addition: 7% * price"
    assert addition_minor(*sold(bicycle), anna(), MARCH, 300_000) == 21_000
    assert addition_minor(*sold(bicycle + " + years_of_service"), anna(), MARCH, 12_345) == 1_464
    assert addition_minor(*sold("kind: bicycle"), anna(), MARCH, 300_000) == 0


# Bounds and limits --------------------------------------------------------------------------------


def test_bounds_are_whole_steps_inwards() -> None:
    product = "kind: leave, price: 20, step: 4, minimum: 5, maximum: 187 * part_time_factor"
    assert order_bounds(*sold(product), anna(), MARCH, DAY) == Bounds(Decimal(8), Decimal(184))
    assert order_bounds(*sold("kind: savings"), anna(), MARCH, DAY) == Bounds(Decimal("0.01"), None)
    low = sold("kind: savings, minimum: -5")
    assert order_bounds(*low, anna(), MARCH, DAY).minimum == Decimal("0.01")


@pytest.mark.parametrize(
    ("quantity", "error"),
    [
        ("8", None),
        ("8.0", None),
        ("4", QuantityTooSmall),
        ("0", QuantityTooSmall),
        ("-8", QuantityTooSmall),
        ("9", QuantityNotInSteps),
        ("8.0000000001", QuantityNotInSteps),
        ("44", QuantityTooLarge),
        ("1e30", QuantityTooLarge),
        ("NaN", QuantityTooLarge),
        ("Infinity", QuantityTooLarge),
        ("-Infinity", QuantityTooLarge),
    ],
)
def test_a_quantity_fits_the_steps_and_bounds(
    quantity: str, error: type[RuleBroken] | None
) -> None:
    _, product = sold("kind: leave, price: 20, step: 4")
    bounds = Bounds(Decimal(8), Decimal(40))
    if error is None:
        check_quantity(product, bounds, Decimal(quantity))
    else:
        with pytest.raises(error):
            check_quantity(product, bounds, Decimal(quantity))


@pytest.mark.parametrize(
    ("limit", "first", "last", "amount"),
    [
        ("{per: order, amount: 8}", "2026-03", "2026-03", Decimal(8)),
        ("{per: month, amount: 8}", "2026-03", "2026-03", Decimal(8)),
        ("{per: year, amount: 187 * part_time_factor}", "2026-01", "2026-12", Decimal(187)),
        ("{per: years, years: 3, amount: 1.9, round: one_decimal}", "2024-01", "2026-12", "1.9"),
        ("{per: employment, amount: 50.5, counts: euro}", "2020-01", str(LAST_MONTH), 5_050),
        ("{per: year, times: 2}", "2026-01", "2026-12", None),
    ],
)
def test_a_limit_has_its_months_and_its_amount(
    limit: str, first: str, last: str, amount: Any
) -> None:
    [found] = limits_of(*sold(f"kind: leave, price: 20, limit: {limit}"), anna(), MARCH, DAY)
    assert (str(found.first_month), str(found.last_month)) == (first, last)
    assert found.amount == (Decimal(amount) if isinstance(amount, str) else amount)
    assert found.times == (2 if "times" in limit else None)


def test_several_limits_hold_side_by_side() -> None:
    product = "kind: bicycle, limit: [{per: order, amount: 2000}, {per: years, years: 3, times: 1}]"
    first, second = limits_of(*sold(product), anna(), MARCH, DAY)
    assert first == LimitNow(Per.ORDER, Counts.EURO, MARCH, MARCH, 200_000, None)
    assert (second.amount, second.times) == (None, 1)


def test_the_month_of_the_order_has_its_year_not_the_day_on_which_it_is_placed() -> None:
    product = sold("kind: leave, price: 20, limit: {per: year, amount: 40}")
    [found] = limits_of(*product, anna(), Month(2027, 1), date(2026, 12, 20))
    assert found.first_month == Month(2027, 1)


def test_a_quota_is_shared_in_its_month_or_year() -> None:
    assert quota_months(Quota(Per.MONTH, Decimal(5)), MARCH) == (MARCH, MARCH)
    assert quota_months(Quota(Per.YEAR, Decimal(5)), MARCH) == (Month(2026, 1), Month(2026, 12))


def test_the_last_day_is_the_products_own_or_that_of_the_calendar() -> None:
    small, product = sold(
        "kind: bicycle, deadline: {day: 3}", more="calendar: {deadline: {day: 15}}\n"
    )
    assert last_day(small, product, MARCH) == date(2026, 3, 3)
    small, product = sold("kind: bicycle", more="calendar: {deadline: {day: 15}}\n")
    assert last_day(small, product, MARCH) == date(2026, 3, 15)


# What is left -------------------------------------------------------------------------------------


def test_leave_is_saved_by_the_day_where_it_is_sold_by_the_day() -> None:
    day = "kind: leave, unit: day, price: 100"
    saving = 'calendar: {left_over: {save_as_leave: {at_most: "20"}}}\n'
    small, _ = sold(day, more=saving)
    found = left_over(small, anna(), MARCH, DAY, 45_000)
    assert (found.saved_minor, found.minutes, found.paid_minor) == (20_000, 864, 25_000)
    assert left_over(small, anna(), MARCH, DAY, 45_000, held_minutes=12 * 60).minutes == 432


def test_leave_is_saved_without_a_maximum_where_there_is_none() -> None:
    small, _ = sold("kind: leave, price: 20", more="calendar: {left_over: save_as_leave}\n")
    found = left_over(small, anna(), MARCH, DAY, 1_000_000, held_minutes=100_000)
    assert (found.saved_minor, found.minutes, found.paid_minor) == (1_000_000, 30_000, 0)


def test_bought_hours_are_given_back_order_by_order() -> None:
    small, _ = sold("kind: leave, price: 20")
    lots = [BoughtHours(600, 18_000, 240), BoughtHours(180, 1_000, 60), BoughtHours(0, 0, 0)]
    assert unused_bought(small, anna(), MARCH, DAY, lots) == 7_200 + 333
    assert unused_bought(small, anna(), MARCH, DAY, []) == 0


def test_todays_value_of_days_is_that_of_their_hours() -> None:
    day = "kind: leave, unit: day, price: 144"
    small, _ = sold(day, more="leaving: {unused_bought: pay_at_value_today}\n")
    assert unused_bought(small, anna(), MARCH, DAY, [BoughtHours(864, 1, 216)]) == 7_200
    assert unused_bought(small, anna(), MARCH, DAY, []) == 0
    cash, _ = sold("kind: pay_out", more="leaving: {unused_bought: pay_at_value_today}\n")
    assert unused_bought(cash, anna(), MARCH, DAY, [BoughtHours(864, 1, 216)]) == 0


# Whatever a document says -------------------------------------------------------------------------

NUMBERS = st.sampled_from(
    [
        "20",
        "0",
        "-3",
        "salary / 156",
        "hour",
        "holiday_allowance / 10",
        "1 / (part_time_factor - 0.5)",
        "weekly_hours / 5",
        "salary.on_july / 100",
        "pay.bonus.average_12 + 1",
        "band(years_of_service, 3: 10, 10: 20)",
        "187 * part_time_factor",
        "99999999999 * salary",
        "age",
        "sick_months",
        "pension * 2",
        "late / share_paid",
    ]
)
CONDITIONS = st.sampled_from(["age >= 30", "scale == '8'", "salary > 2000", "share_paid == 1", "1"])
WHOLE = st.integers(-1, 40).map(str)
MONTHS = st.integers(1, 12).map(lambda month: f"2026-{month:02d}")
YES_NO = st.sampled_from(["yes", "no"])
TEXTS = st.dictionaries(st.sampled_from(["en", "nl"]), st.just("Words."), min_size=1)
LIMIT = st.fixed_dictionaries(
    {"per": st.sampled_from([*Per, "week"])},
    optional={
        "amount": NUMBERS,
        "round": st.sampled_from(["up", "down", "one_decimal", "in_favour"]),
        "years": WHOLE,
        "counts": st.sampled_from([*Counts]),
        "times": WHOLE,
    },
)
COMMITMENT = WHOLE | st.fixed_dictionaries(
    {"months": WHOLE},
    optional={"early_end": YES_NO, "leaving": st.sampled_from(["end", "pay_rest"])},
)


def key_values(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Keys that go with a kind most of the time, and values that are right most of the time."""
    leave = kind in ("leave", "sell_leave")
    money = kind in ("pay_out", "savings", "development")
    optional: dict[str, st.SearchStrategy[Any]] = {
        "minimum": NUMBERS,
        "maximum": NUMBERS,
        "eligible": CONDITIONS,
        "opens": st.fixed_dictionaries(
            {}, optional={"first": MONTHS, "last": MONTHS, "months": st.lists(WHOLE, max_size=3)}
        ),
        "limit": LIMIT | st.lists(LIMIT, max_size=3),
        "step": st.sampled_from(["1", "0.5", "0.01", "3"]),
        "deadline": st.sampled_from([{"day": "3"}, {"last_day": "previous_month"}, {}]),
        "months_ahead": WHOLE,
        "lowers_pension": YES_NO,
        "justification": st.just("The law."),
    }
    if leave:
        optional["unit"] = st.sampled_from(["hour", "day", "euro"])
        optional["unit_hours"] = NUMBERS
    elif not money:
        optional["unit"] = st.sampled_from(["euro", "piece", "hour"])
        optional["paid_from"] = st.sampled_from(["savings", "budget", "leave"])
        optional["instalments"] = COMMITMENT
        optional["term"] = COMMITMENT
        optional["quota"] = st.fixed_dictionaries(
            {"per": st.sampled_from(["month", "year"]), "amount": WHOLE}
        )
    if kind == "leave":
        optional["sell_price"] = NUMBERS
        optional["resale"] = st.sampled_from(["never", "granted_only", "always"])
    if not money:
        optional["price_moment"] = st.sampled_from(["order", "month", "january", "january_salary"])
    count = draw(st.integers(0, 4))
    chosen = draw(st.lists(st.sampled_from(sorted(optional)), max_size=count, unique=True))
    values = {key: draw(optional[key]) for key in chosen}
    if leave or ("price_moment" in values) or values.get("unit") in ("hour", "piece"):
        values["price"] = draw(NUMBERS)
    if not (leave or money) and draw(st.booleans()):
        values |= {"tax": "addition", "addition": draw(NUMBERS | st.just("7% * price"))}
    return values


@st.composite
def documents(draw: st.DrawFn) -> str:
    kinds = (
        "leave",
        "sell_leave",
        "pay_out",
        "savings",
        "bicycle",
        "lease_car",
        "other",
        "pension",
    )
    products = {}
    for code in ("one", "two")[: draw(st.integers(1, 2))]:
        kind = draw(st.sampled_from(kinds))
        products[code] = {"kind": kind, **key_values(draw, kind)}
    return json.dumps(
        {
            "scheme": "small",
            "version": "2026-01",
            "name": {"en": "Small"},
            "full_time_hours": "36",
            "first_month": "2026-01",
            "calendar": {
                "left_over": draw(
                    st.sampled_from(["pay_each_month", "keep_until_december", "save_as_leave"])
                )
            },
            "part_month": draw(st.sampled_from(["none", "working_days", "thirtieths"])),
            "sickness": draw(st.sampled_from(["paid", "as_paid"])),
            "facts": {
                "hour": "(full_time_salary + allowances) / 156",
                "late": "salary * share_paid",
            },
            "components": {
                "holiday_allowance": {"formula": "8% * salary"},
                "pension": {"formula": "max(0, salary - 2500) if not sick else 1"},
            },
            "hours": {
                "extra": {"formula": "16", "moment": "monthly", "round": "up", "unit": "hour"}
            },
            "products": products,
        }
    )


DAYS = st.dates(date(2025, 6, 1), date(2027, 6, 30))


@st.composite
def persons(draw: st.DrawFn) -> Person:
    hired = draw(st.dates(date(2024, 1, 1), date(2026, 12, 31)))
    stretches = [
        stretch(
            scheme="small",
            hired_on=hired,
            valid_from=hired,
            full_time_salary=draw(st.integers(0, 900_000)),
            part_time_factor=draw(st.sampled_from([Decimal("0.5"), Decimal("0.777"), Decimal(1)])),
            weekly_hours=draw(st.sampled_from([None, Decimal(28)])),
            scale=draw(st.sampled_from([None, "8"])),
            birth_date=draw(st.none() | st.dates(date(1960, 1, 1), date(2005, 1, 1))),
            leaves_on=draw(st.none() | st.dates(hired, date(2027, 6, 30))),
            sick_from=draw(st.none() | DAYS),
        )
    ]
    if draw(st.booleans()):
        since = hired + timedelta(draw(st.integers(1, 400)))
        stretches[0] = stretches[0]._replace(until=since - timedelta(1))
        scheme_code = draw(st.sampled_from(["small", "other"]))
        stretches.append(
            stretches[0]._replace(
                valid_from=since, until=date.max, scheme=scheme_code, full_time_salary=320_000
            )
        )
    return person(*stretches, pay={(202_512, "bonus"): 1_000})


@given(
    documents(), persons(), DAYS, st.integers(-1, 12), st.sampled_from(["1", "0.5", "7", "2000"])
)
@settings(max_examples=500, deadline=None)
def test_a_product_document_gives_faults_or_results_or_errors_with_a_name(
    text: str, who: Person, day: date, ahead: int, quantity_text: str
) -> None:
    compiled = check(text)
    event("compiles" if isinstance(compiled, Scheme) else "faults")
    if not isinstance(compiled, Scheme):
        assert all(fault.found and fault.expected and fault.path for fault in compiled)
        return
    month, quantity = Month.of(day).plus(ahead), Decimal(quantity_text)
    window = compiled.offer_window(month)
    assert window.first_day <= min(day, month.first)
    for product in compiled.products.values():
        at = (compiled, product, who, month, day)
        for work in (
            lambda at=at: offered(*at).available,
            lambda at=at: price_of(unit_price(*at).minor, quantity),
            lambda at=at: unit_price(*at, selling=True).minor,
            lambda at=at: minutes_of(*at, quantity),
            lambda at=at: limits_of(*at),
            lambda at=at: check_quantity(at[1], order_bounds(*at), quantity),
            lambda at=at: addition_minor(*at[:4], 250_000),
            lambda at=at: left_over(compiled, who, month, day, 42_900).paid_minor,
            lambda at=at: last_day(compiled, at[1], month),
        ):
            try:
                given = work()
            except RuleBroken as refused:
                assert refused.code != "rule_broken"
                assert refused.message
            else:
                assert not isinstance(given, int) or given >= 0


@given(persons(), DAYS)
@settings(max_examples=200, deadline=None)
def test_a_price_is_that_of_the_facts_on_its_day(who: Person, day: date) -> None:
    """Against another way to it: the stretch of the day, looked up by hand."""
    small, leave = sold("kind: leave, price: full_time_salary * part_time_factor / 100")
    month = Month.of(day)
    covering = [
        each
        for each in who.stretches
        if each.scheme == "small"
        and each.valid_from <= day <= min(each.until, each.leaves_on or date.max)
    ]
    assume(covering)
    exact = covering[0].full_time_salary * covering[0].part_time_factor / 100
    found = unit_price(small, leave, who, month, day)
    assert abs(found.minor - exact) <= Decimal("0.5")
    assert found.as_of == day
