"""Formulas against Python's exact fractions: another way to the same number."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from ideals.kernel.formula import FixedNames, FormulaFailed, Kind, arithmetic, compile_formula

NAMES = FixedNames(dict.fromkeys(("a", "b", "c"), Kind.NUMBER))
Facts: TypeAlias = dict[str, Fraction]


class Both(NamedTuple):
    """One expression twice: as a formula, and as a function over fractions."""

    text: str
    exact: Callable[[Facts], Fraction]


def half_up(number: Fraction, places: int) -> Fraction:
    scaled = abs(number) * 10**places + Fraction(1, 2)
    return (1 if number >= 0 else -1) * Fraction(math.floor(scaled), 10**places)


def _constant(text: str) -> Both:
    return Both(text, lambda facts: Fraction(text))


def _percent(cents: int) -> Both:
    digits = f"{cents // 100}.{cents % 100:02d}"
    return Both(f"{digits}%", lambda facts: Fraction(digits) / 100)


def _fact(name: str) -> Both:
    return Both(name, lambda facts: facts[name])


def _sum(pair: tuple[Both, Both]) -> Both:
    one, other = pair
    return Both(f"({one.text} + {other.text})", lambda f: one.exact(f) + other.exact(f))


def _difference(pair: tuple[Both, Both]) -> Both:
    one, other = pair
    return Both(f"({one.text} - {other.text})", lambda f: one.exact(f) - other.exact(f))


def _product(pair: tuple[Both, Both]) -> Both:
    one, other = pair
    return Both(f"{one.text} * {other.text}", lambda f: one.exact(f) * other.exact(f))


def _smallest(pair: tuple[Both, Both]) -> Both:
    one, other = pair
    return Both(f"min({one.text}, {other.text})", lambda f: min(one.exact(f), other.exact(f)))


def _largest(pair: tuple[Both, Both]) -> Both:
    one, other = pair
    return Both(f"max({one.text}, {other.text})", lambda f: max(one.exact(f), other.exact(f)))


def _choice(pair: tuple[Both, Both]) -> Both:
    one, other = pair
    return Both(
        f"({one.text} if {one.text} < {other.text} else {other.text} - 1)",
        lambda f: one.exact(f) if one.exact(f) < other.exact(f) else other.exact(f) - 1,
    )


def _band(pair: tuple[Both, Both]) -> Both:
    one, other = pair
    return Both(
        f"band(max(0, {one.text}), 0: {other.text}, 10: 2, 20.5: 3)",
        lambda f: (
            Fraction(3)
            if one.exact(f) >= Fraction("20.5")
            else Fraction(2)
            if one.exact(f) >= 10
            else other.exact(f)
        ),
    )


def _rounded(both: Both) -> Both:
    return Both(f"round({both.text}, 2)", lambda f: half_up(both.exact(f), 2))


def _down(both: Both) -> Both:
    return Both(f"floor({both.text})", lambda f: Fraction(math.floor(both.exact(f))))


def _up(both: Both) -> Both:
    return Both(f"ceil({both.text})", lambda f: Fraction(math.ceil(both.exact(f))))


def _bigger(inner: st.SearchStrategy[Both]) -> st.SearchStrategy[Both]:
    pairs = st.tuples(inner, inner)
    makers = (_sum, _difference, _product, _smallest, _largest)
    return st.one_of(
        *(pairs.map(make) for make in makers), *(inner.map(make) for make in (_rounded, _down, _up))
    )


LEAVES = st.one_of(
    st.integers(0, 99).map(str).map(_constant),
    st.integers(0, 999).map(_percent),
    st.sampled_from("abc").map(_fact),
)
# Five leaves of four digits at most: a product fits the digits, so equality is exact.
EXPRESSIONS = st.recursive(LEAVES, _bigger, max_leaves=4)
NUMBERS = st.integers(-9999, 9999).map(lambda cents: Decimal(cents).scaleb(-2))
FACTS = st.fixed_dictionaries({"a": NUMBERS, "b": NUMBERS, "c": NUMBERS})


def exactly(facts: dict[str, Decimal]) -> Facts:
    return {name: Fraction(number) for name, number in facts.items()}


def result(text: str, facts: dict[str, Decimal]) -> Fraction:
    formula = compile_formula(text, NAMES, wanted=Kind.NUMBER)
    with arithmetic():
        value: Decimal = formula.evaluate(facts)
    return Fraction(value)


@given(EXPRESSIONS, FACTS)
@settings(max_examples=500, deadline=None)
def test_a_formula_without_division_is_exactly_the_fraction(
    both: Both, facts: dict[str, Decimal]
) -> None:
    assert result(both.text, facts) == both.exact(exactly(facts))


@given(st.tuples(EXPRESSIONS, EXPRESSIONS), st.sampled_from([_choice, _band]), FACTS)
@settings(max_examples=300, deadline=None)
def test_choices_and_bands_take_the_side_that_fractions_take(
    pair: tuple[Both, Both], make: Callable[[tuple[Both, Both]], Both], facts: dict[str, Decimal]
) -> None:
    both = make(pair)
    assert result(both.text, facts) == both.exact(exactly(facts))


@given(EXPRESSIONS, st.sampled_from("abc"), FACTS)
@settings(max_examples=300, deadline=None)
def test_a_division_differs_from_the_fraction_by_less_than_its_last_digit(
    both: Both, name: str, facts: dict[str, Decimal]
) -> None:
    divisor = Fraction(facts[name])
    text = f"({both.text}) / {name}"
    if divisor == 0:
        try:
            result(text, facts)
        except FormulaFailed as failed:
            assert failed.reason == "division by zero"
            return
        raise AssertionError("a division by zero gave a number")
    exact = both.exact(exactly(facts)) / divisor
    assert abs(result(text, facts) - exact) <= abs(exact) * Fraction(1, 10**26)


@given(st.integers(1, 10**9), st.integers(1, 999))
def test_what_is_divided_and_multiplied_again_rounds_as_if_never_divided(
    cents: int, parts: int
) -> None:
    facts = {"a": Decimal(cents).scaleb(-3), "b": Decimal(parts), "c": Decimal(0)}
    assert result("round(a / b * b, 2)", facts) == half_up(Fraction(cents, 1000), 2)
