"""Conditions in words, as rows of choices, and by their indicators alone."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.kernel.formula import Formula, Kind, compile_formula
from ideals.kernel.said import Said
from ideals.pricing.queries.prices import ANY_NAMES
from ideals.pricing.rules import Step
from ideals.pricing.steering.conditions import (
    FACTS,
    SIGNS,
    Holds,
    Row,
    by_indicators,
    rows_of,
    source_of,
    told,
)


def condition(text: str) -> Formula:
    return compile_formula(text, ANY_NAMES, wanted=Kind.YES_NO)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "weekly_hours >= 32 and indicator_utilisation < 85",
            "when the number of hours a week is at least 32 and Utilisation is less than 85",
        ),
        ("32 <= weekly_hours", "when the number of hours a week is at least 32"),
        ("salary > 3000", "when the salary is more than 3000.00"),
        ("scale in ('7', '8', '9')", "when the salary scale is one of: 7, 8, 9"),
        ("unit not in ('Bank')", "when the unit is none of: Bank"),
        ("indicator_orders == -2.5", "when orders is -2.5"),
        (
            "(scale == '8' or scale == '9') and weekly_hours != 40",
            "when (the salary scale is 8 or the salary scale is 9) and the number of hours a week"
            " is not 40",
        ),
        (
            "not (scale == '8' and age > 60)",
            "when it is not so that (the salary scale is 8 and the age is more than 60)",
        ),
        ("weekly_hours * 2 > 60", "when weekly_hours * 2 > 60"),
        ("allowance.shift > 0", "when allowance.shift is more than 0"),
    ],
)
def test_a_condition_is_told_in_words(source: str, words: str) -> None:
    assert told(condition(source), {"utilisation": "Utilisation"}) == words


def test_words_are_kept_with_a_price_and_said_again_in_another_language() -> None:
    said = told(condition("weekly_hours >= 32 and scale in ('7', '8')"))
    kept = Step.of(Step("quiet", said, 100).to_json()).text
    assert kept == said
    inner = kept.values["this"]
    assert isinstance(inner, Said)
    assert inner.template == "%(one)s and %(other)s"


@pytest.mark.parametrize(
    "source", ["weekly_hours * 2 > 60", "scale == '8' and (age > 60 or age < 30)", "not age > 60"]
)
def test_what_choices_cannot_say_is_no_rows(source: str) -> None:
    assert rows_of(condition(source)) is None


NUMBERS = st.decimals(-1000, 1000, places=2).map(lambda each: each.normalize() + 0)
TEXTS = st.text("abc/ 7", min_size=1, max_size=8)


@st.composite
def rows(draw: st.DrawFn) -> Row:
    name = draw(st.sampled_from([*FACTS, "indicator_utilisation"]))
    text = name in ("scale", "unit")
    signs = ["==", "!=", "in", "not in"] if text else list(SIGNS)
    sign = draw(st.sampled_from(signs))
    most = 3 if sign in ("in", "not in") else 1
    values = draw(st.lists(TEXTS if text else NUMBERS, min_size=1, max_size=most))
    return Row(name, sign, tuple(values))


@given(st.sampled_from(["and", "or"]), st.lists(rows(), min_size=1, max_size=6))
def test_rows_make_a_formula_that_makes_the_same_rows(word: str, made: list[Row]) -> None:
    found = rows_of(condition(source_of(word, made)))
    assert found is not None
    assert found[1] == made
    assert len(made) == 1 or found[0] == word


LOW, HIGH = {"indicator_a": Decimal(80)}, {"indicator_a": Decimal(90)}


@pytest.mark.parametrize(
    ("source", "low", "high", "unknown"),
    [
        ("indicator_a < 85", Holds.YES, Holds.NO, Holds.UNKNOWN),
        ("not indicator_a < 85", Holds.NO, Holds.YES, Holds.UNKNOWN),
        ("indicator_a < 85 and age > 60", Holds.FOR_SOME, Holds.NO, Holds.UNKNOWN),
        ("indicator_a < 85 or scale == '8'", Holds.YES, Holds.FOR_SOME, Holds.UNKNOWN),
        ("indicator_a < weekly_hours * 2", Holds.FOR_SOME, Holds.FOR_SOME, Holds.UNKNOWN),
        ("1 / (indicator_a - 80) > 0", Holds.UNKNOWN, Holds.YES, Holds.UNKNOWN),
    ],
)
def test_indicators_alone_say_whether_a_rule_would_have_applied(
    source: str, low: Holds, high: Holds, unknown: Holds
) -> None:
    found = [by_indicators(condition(source), values) for values in (LOW, HIGH, {})]
    assert found == [low, high, unknown]
