"""How an amount came about: what the page shows when a number is opened."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ideals.kernel.formula import PartKind
from ideals.kernel.month import Month
from ideals.schemes.errors import FactsIncomplete
from ideals.schemes.rules import explain_month, owed_amounts, owed_hours
from tests.schemes.worked import person, scheme, stretch

MARCH = Month(2026, 3)


def test_an_explanation_gives_the_amounts_that_are_owed_in_their_order() -> None:
    nwb = scheme("nwb.yaml")
    who = person(stretch(full_time_salary=330_000))
    explained = explain_month(nwb, who, MARCH)
    assert [(each.code, each.cents) for each in explained.components] == owed_amounts(
        nwb, who, MARCH
    )
    assert (explained.scheme, explained.version, explained.month) == ("nwb", Month(2020, 1), MARCH)


def test_a_component_opens_to_its_formula_and_each_named_part() -> None:
    who = person(stretch(full_time_salary=330_000))
    holiday, _, extra_leave, _ = explain_month(scheme("nwb.yaml"), who, MARCH).components
    assert holiday.formula.startswith("max(8% * salary")
    assert holiday.names["nl"] == "Vakantietoeslag"
    parts = {part.name: (part.kind, part.value) for part in holiday.parts}
    assert parts["salary"] == (PartKind.FACT, Decimal(3300))
    assert parts["age"] == (PartKind.FACT, Decimal(45))
    assert parts["age >= 21"] == (PartKind.CHOICE, True)
    assert holiday.parts[-2].taken == "8% * salary"
    assert (holiday.exact, holiday.amount, holiday.cents) == (264, 264, 26_400)
    [scale_pay] = extra_leave.facts
    assert scale_pay.name == "scale_pay"
    assert {part.name for part in scale_pay.parts} >= {"full_time_salary", "share_paid"}
    assert scale_pay.parts[-1].value == Decimal(3300)


def test_the_exact_result_is_shown_beside_the_rounded_one() -> None:
    who = person(stretch(scheme="rounded-each", full_time_salary=366_420))
    holiday = explain_month(scheme("rounded-each.yaml"), who, MARCH).components[0]
    assert (holiday.exact, holiday.amount) == (Decimal("293.136"), Decimal("293.14"))


def test_the_salary_opens_to_its_stretches_of_days() -> None:
    who = person(
        stretch(full_time_salary=330_000, until=date(2026, 3, 15)),
        stretch(
            full_time_salary=330_000,
            valid_from=date(2026, 3, 16),
            part_time_factor=Decimal("0.6"),
        ),
    )
    explained = explain_month(scheme("nwb.yaml"), who, MARCH)
    first, second = explained.salary_parts
    assert (first.start, first.end, first.weight, first.whole) == (
        date(2026, 3, 1),
        date(2026, 3, 15),
        15,
        31,
    )
    assert (second.part_time_factor, second.weight) == (Decimal("0.6"), 16)
    assert explained.salary == Decimal("2618.71")
    assert sum(part.amount for part in explained.salary_parts).quantize(Decimal("0.01")) == Decimal(
        "2618.71"
    )


def test_a_month_without_parts_shows_which_stretch_made_it_whole() -> None:
    who = person(
        stretch(scheme="part-none", until=date(2026, 3, 15)),
        stretch(scheme="part-none", valid_from=date(2026, 3, 16), full_time_salary=320_000),
    )
    explained = explain_month(scheme("part-none.yaml"), who, MARCH)
    assert [(part.weight, part.whole) for part in explained.salary_parts] == [(0, 1), (1, 1)]
    assert explained.salary == Decimal("3200.00")


def test_sickness_as_paid_says_that_the_days_did_not_count() -> None:
    ill = person(
        stretch(scheme="sociaal-werk", sick_from=date(2025, 3, 1)),
        pay={(202603, "salary_paid"): 210_000},
    )
    explained = explain_month(scheme("sociaal-werk.yaml"), ill, MARCH)
    assert explained.as_paid
    assert explained.salary == Decimal("2100.00")


def test_granted_hours_open_to_the_days_of_each_stretch() -> None:
    who = person(
        stretch(scheme="rhythm-january", until=date(2026, 6, 30)),
        stretch(scheme="rhythm-january", valid_from=date(2026, 7, 1), weekly_hours=Decimal(18)),
    )
    compiled = scheme("rhythm-january.yaml")
    [hours] = explain_month(compiled, who, MARCH).hours
    assert [(part.days, part.hours) for part in hours.parts] == [(181, 26), (184, 13)]
    assert (hours.period_days, hours.for_month) == (365, Month(2026, 1))
    assert hours.minutes == owed_hours(compiled, who, MARCH)[0].minutes == 1_167


def test_a_month_without_a_paid_day_has_nothing_to_open() -> None:
    explained = explain_month(scheme("nwb.yaml"), person(), MARCH)
    assert (explained.components, explained.salary_parts, explained.salary) == ((), (), None)


def test_what_cannot_be_worked_out_cannot_be_explained_either() -> None:
    with pytest.raises(FactsIncomplete, match="birth_date"):
        explain_month(scheme("nwb.yaml"), person(stretch(birth_date=None)), MARCH)
