"""Conditions that never hold together: only where it is certain."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.kernel.formula import FixedNames, Formula, Kind, compile_formula
from ideals.pricing.steering import overlaps
from ideals.pricing.steering.apart import never_together
from tests.pricing.rules_page import a_rule

NAMES = FixedNames({"age": Kind.NUMBER, "hours": Kind.NUMBER, "scale": Kind.TEXT})


def condition(text: str) -> Formula | None:
    return compile_formula(text, NAMES, wanted=Kind.YES_NO) if text else None


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("scale == '8'", "scale == '9'", True),
        ("scale == '8'", "'9' == scale", True),
        ("scale == '8'", "scale == '8'", False),
        ("scale == '8'", "scale != '8'", True),
        ("scale != '8'", "scale != '9'", False),
        ("scale in ('7', '8')", "scale in ('9', '10')", True),
        ("scale in ('7', '8')", "scale in ('8', '9')", False),
        ("scale in ('7', '8')", "scale not in ('7', '8', '9')", True),
        ("age >= 60", "age < 60", True),
        ("age >= 60", "age <= 60", False),
        ("age > 60", "age <= 60", True),
        ("60 < age", "60 >= age", True),
        ("age >= 60", "age == 59", True),
        ("age <= 60", "age == 60", False),
        ("age < 60", "age == 60", True),
        ("age > 20", "age < 60", False),
        ("age >= 60 and scale == '8'", "scale == '8' and age < 55", True),
        ("age >= 60 and scale == '8'", "hours < 24", False),
        ("age >= 60 or scale == '8'", "age < 55", False),
        ("age + 1 > 60", "age < 10", False),
        ("age > hours", "age < hours", False),
        ("", "scale == '8'", False),
        ("", "", False),
    ],
)
def test_two_conditions_are_apart_or_perhaps_not(one: str, other: str, apart: bool) -> None:
    assert never_together(condition(one), condition(other)) is apart
    assert never_together(condition(other), condition(one)) is apart


PART = st.one_of(
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["age", "hours"]),
        st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
        st.integers(0, 4),
    ),
    st.builds(
        "scale {} ('{}', '{}')".format,
        st.sampled_from(["in", "not in"]),
        st.integers(7, 9),
        st.integers(7, 9),
    ),
)
CONDITION = st.lists(PART, min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from([" and ".join(parts), " or ".join(parts)])
)
EVERYBODY = [
    {"age": Decimal(age) / 2, "hours": Decimal(hours) / 2, "scale": scale}
    for age in range(-1, 10)
    for hours in range(-1, 10)
    for scale in ("7", "8", "9", "10")
]


@given(CONDITION, CONDITION)
def test_nobody_is_both_of_what_is_apart(one: str, other: str) -> None:
    first, second = condition(one), condition(other)
    assert first is not None
    assert second is not None
    if never_together(first, second):
        assert not [
            facts for facts in EVERYBODY if first.evaluate(facts) and second.evaluate(facts)
        ]


@given(st.lists(PART, min_size=1, max_size=3), st.lists(PART, min_size=1, max_size=3))
def test_rows_of_and_that_nobody_is_are_seen(one: list[str], other: list[str]) -> None:
    first, second = condition(" and ".join(one)), condition(" and ".join(other))
    assert first is not None
    assert second is not None
    if not never_together(first, second):
        assert any(first.evaluate(facts) and second.evaluate(facts) for facts in EVERYBODY)


def test_rules_for_different_people_do_not_meet() -> None:
    eight = a_rule(code="eight", condition="scale == '8'")
    nine = a_rule(code="nine", condition="scale == '9'", order=2)
    everybody = a_rule(code="all", order=3)
    assert [each.other for each in overlaps(eight, [eight, nine, everybody])] == ["all"]
