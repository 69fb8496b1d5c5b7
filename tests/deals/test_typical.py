"""What is said of the deals of others, and of how many: docs/deals.md against the program."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.deals.rules.kinds import (
    Bonus,
    Development,
    FinancedBy,
    Hours,
    Leave,
    MoneyTerm,
    Other,
    Paid,
    Pattern,
    Place,
    Tasks,
    Term,
    Where,
)
from ideals.deals.rules.typical import (
    AT_LEAST_FOR_COUNTS,
    AT_LEAST_FOR_FIGURES,
    InForce,
    Measure,
    Measured,
    Typical,
    counts,
    figures_of,
    typical,
)
from ideals.deals.states import TermKind
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from tests.deals.deals_page import tables
from tests.deals.strategies import TERMS as ANY_TERM

FIGURES, WORKED = tables("What such deals look like here")
MARCH, FIRST = Month(2027, 3), date(2027, 3, 1)


def with_figure(measure: Measure, value: int) -> Term:
    match measure:
        case Measure.COST:
            return Development("Nursing", Money(value))
        case Measure.STUDY:
            return Development("Nursing", Money(0), value)
        case Measure.WEEK:
            return Hours(value, FIRST)
        case Measure.DAYS_A_WEEK:
            return Pattern((480,) * value + (0,) * (7 - value))
        case Measure.HOME_DAYS:
            return Place((Where.HOME,) * value + (Where.OFFICE,) + (None,) * (6 - value))
        case Measure.LEAVE_DAYS:
            return Leave(FIRST, FIRST + timedelta(days=value - 1), FinancedBy.UNPAID)
        case Measure.BONUS:
            return Bonus("More", "Counted", Money(value), MARCH)
        case Measure.ONCE:
            return MoneyTerm(Money(value), Paid.ONCE, MARCH)
    return MoneyTerm(Money(value), Paid.MONTHLY, MARCH)


def deals(measure: Measure, values: Iterable[int]) -> list[InForce]:
    return [InForce(n, (with_figure(measure, value),)) for n, value in enumerate(values)]


# The page ------------------------------------------------------------------------------------


def test_the_page_names_every_figure() -> None:
    assert FIGURES[1:] == [[each.value, each.kind.value, each.counts.value] for each in Measure]


@pytest.mark.parametrize("row", WORKED[1:], ids=lambda row: f"{row[0]} {row[2]}")
def test_the_worked_figures_of_the_page(row: list[str]) -> None:
    measure, values = Measure(row[0]), [int(each) for each in row[1].split()]
    found = typical(deals(measure, values))
    if row[2] == "-":
        assert found[measure] is None
    else:
        assert found[measure] == Typical(len(values), *(int(each) for each in row[2:]))
    assert [each for each, said in found.items() if said and each is not measure] == []


# Figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", Measure)
def test_each_figure_is_of_its_kind(measure: Measure) -> None:
    some = with_figure(measure, 3)
    assert list(figures_of(some)) == [(measure, 3)]
    assert some.kind is measure.kind


def test_what_is_said_in_words_or_costs_nothing_has_no_figure() -> None:
    office = Place((Where.OFFICE,) + (None,) * 6)
    for some in (Tasks("More"), Other("A place"), Development("Nursing", Money(0)), office):
        assert list(figures_of(some)) == []


def test_ten_deals_of_nine_people_are_too_few() -> None:
    some = deals(Measure.ONCE, range(100, 110))
    assert typical(some)[Measure.ONCE] is not None
    twice = [*some[:-1], InForce(0, some[-1].terms)]
    assert typical(twice)[Measure.ONCE] is None


def test_terms_alike_in_one_deal_count_together() -> None:
    two = (with_figure(Measure.ONCE, 300), with_figure(Measure.ONCE, 700))
    found = typical([InForce(n, two) for n in range(10)])
    assert found[Measure.ONCE] == Typical(10, 1000, 1000, 1000)


@given(st.sampled_from(Measure), st.lists(st.integers(1, 6), min_size=1, max_size=30))
def test_nothing_is_said_of_few(measure: Measure, values: list[int]) -> None:
    said = typical(deals(measure, values))[measure]
    assert (said is None) == (len(values) < AT_LEAST_FOR_FIGURES)


@given(
    st.sampled_from([each for each in Measure if each.counts is not Measured.DAYS]),
    st.lists(st.integers(1, 3600), min_size=10, max_size=30),
)
def test_the_range_holds_everybody_and_the_median_is_theirs(
    measure: Measure, values: list[int]
) -> None:
    said = typical(deals(measure, values))[measure]
    assert said is not None
    assert said.low <= min(values) <= said.median <= max(values) <= said.high
    assert said.median == int(median(values) + 0.5)
    if measure.counts is Measured.MINUTES:
        assert min(values) - said.low < 60
        assert said.high - max(values) < 60
        assert said.low % 60 == said.high % 60 == 0
    else:
        assert min(values) - said.low < min(values) / 10
        assert said.high - max(values) < max(values) / 10


# Counts --------------------------------------------------------------------------------------


def test_people_are_counted_from_five_on() -> None:
    four = [InForce(n, (Tasks("More"),)) for n in range(4)]
    assert counts(four)[TermKind.TASKS] is None
    assert counts([*four, InForce(0, (Tasks("Even more"),))])[TermKind.TASKS] is None
    assert counts([*four, InForce(4, (Tasks("More"), Other("A place")))]) == {
        **dict.fromkeys(TermKind), TermKind.TASKS: 5,
    }  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 12), st.lists(ANY_TERM, max_size=3)), max_size=12))
def test_a_count_is_that_of_people_or_nothing(some: list[tuple[int, list[Term]]]) -> None:
    found = counts([InForce(person, tuple(terms)) for person, terms in some])
    assert list(found) == list(TermKind)
    for kind, count in found.items():
        people = {person for person, terms in some if any(term.kind is kind for term in terms)}
        assert count == (len(people) if len(people) >= AT_LEAST_FOR_COUNTS else None)
