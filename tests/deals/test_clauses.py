"""Clauses that a term must hold: docs/deals.md against the program."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from ideals.deals.rules.clauses import (
    OPTIONS,
    OWN,
    PERSON,
    Clause,
    facts_for,
    facts_of,
    read,
    unsure,
    void,
)
from ideals.deals.rules.kinds import Term
from ideals.deals.rules.terms import read as read_terms
from ideals.deals.rules.values import Fault
from ideals.deals.states import TermKind
from ideals.kernel.formula.check import kind_of_value
from tests.deals.conftest import TERMS, term
from tests.deals.deals_page import tables
from tests.deals.strategies import JSON
from tests.deals.strategies import TERMS as ANY_TERM

FACTS = {
    "unit": "Bank/Retail",
    "scale": "7",
    "part_time_factor": Decimal(1),
    "weekly_hours": Decimal(36),
    "years_of_service": Decimal(3),
}
COMMON, OWN_FACTS, WORKED = tables("Clauses")
WORDS = {
    "four days of 540 minutes": "pattern",
    "2,160 contract minutes": "hours",
    "92 days from savings": "leave",
    "120.00 each month for a year": "money",
    "Monday at home, Tuesday and Friday elsewhere": "place",
    "2,400.00 from their account": "development",
}


def clause(formula: str, *kinds: str, code: str = "one") -> Clause:
    result = read(
        {"code": code, "says": {"en": "A rule", "nl": "Een regel"}, "kinds": list(kinds),
         "formula": formula}
    )  # fmt: skip
    assert isinstance(result, Clause), result
    return result


def one(plain: dict[str, Any]) -> Term:
    terms = read_terms([plain])
    assert isinstance(terms, tuple), terms
    return terms[0]


def faults(**changes: Any) -> list[Fault]:
    plain = {"code": "rest", "says": {"en": "Rest"}, "kinds": ["pattern"],
             "formula": "longest_day <= 10"}  # fmt: skip
    result = read({**plain, **changes})
    assert isinstance(result, list), result
    return result


# The page ------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", WORKED[1:], ids=lambda row: row[0])
def test_the_worked_clauses_of_the_page(row: list[str]) -> None:
    formula, kinds, said, holds = row
    some, rule = one(TERMS[WORDS[said]]), clause(formula, *kinds.split(", "))
    assert void([some], [rule], FACTS) == ([] if holds == "yes" else [(some, rule)])
    assert unsure([some], [rule], FACTS) == []


def test_the_page_names_every_fact() -> None:
    assert {name: is_ for name, is_, _ in COMMON[1:]} == {
        "kind": "text", **{name: is_.value for name, is_ in PERSON.items()},
    }  # fmt: skip
    assert {kind: own.replace("`", "").split() for kind, own in OWN_FACTS[1:]} == {
        kind.value: list(OWN[kind]) or ["-"] for kind in TermKind
    }


@given(ANY_TERM)
def test_every_term_has_the_facts_of_its_kind(some: Term) -> None:
    facts = facts_of(some)
    assert {name: kind_of_value(value) for name, value in facts.items()} == {
        "kind": kind_of_value(""), **OWN[some.kind],
    }  # fmt: skip
    for name, value in facts.items():
        assert name not in OPTIONS or value in OPTIONS[name]


# Reading -------------------------------------------------------------------------------------


def test_a_clause_is_said_in_the_readers_language() -> None:
    rule = clause("longest_day <= 10", "pattern")
    assert (rule.said("nl"), rule.said("fr")) == ("Een regel", "A rule")


def test_a_clause_about_several_kinds_reads_what_all_have() -> None:
    shared = set(facts_for([TermKind.HOURS, TermKind.PATTERN]).known())
    assert shared == {"kind", "hours_a_week", *PERSON}
    assert set(facts_for([TermKind.HOURS, TermKind.OTHER]).known()) == {"kind", *PERSON}
    assert [fault.path for fault in faults(kinds=["pattern", "other"])] == ["formula"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"code": "Rest!"}, "code"),
        ({"code": None}, "code"),
        ({"says": {}}, "says"),
        ({"says": "Rest"}, "says"),
        ({"says": {"english": "Rest"}}, "says.english"),
        ({"says": {"en": " "}}, "says.en"),
        ({"kinds": []}, "kinds"),
        ({"kinds": "pattern"}, "kinds"),
        ({"kinds": ["pattern", "car"]}, "kinds[1]"),
        ({"kinds": ["pattern", ["pattern"]]}, "kinds[1]"),
        ({"formula": ""}, "formula"),
        ({"formula": "longest_day <="}, "formula"),
        ({"formula": "longest_day + 1"}, "formula"),
        ({"formula": "salary >= 2000"}, "formula"),
        ({"formula": "10 <= 12"}, "formula"),
        ({"formula": "10 / longest_day <= 12"}, "formula"),
        ({"formula": "kind == 'car'"}, "formula"),
        ({"from": "2027-01-01"}, "from"),
    ],
)
def test_one_thing_wrong_is_one_fault(changes: dict[str, Any], path: str) -> None:
    (fault,) = {each.path for each in faults(**changes)}
    assert fault == path


@given(JSON, JSON)
def test_whatever_comes_is_a_clause_or_has_faults(plain: object, inner: object) -> None:
    for some in (plain, {"code": "one", "says": plain, "kinds": inner, "formula": plain}):
        result = read(some)
        assert isinstance(result, Clause) or (result and all(map(str, result)))


# Looking -------------------------------------------------------------------------------------


def test_every_term_is_held_against_every_clause_of_its_kind() -> None:
    four, place = one(TERMS["pattern"]), one(TERMS["place"])
    long = one(term("pattern", minutes={"monday": 720, "saturday": 720}))
    rest = clause("longest_day <= 10", "pattern", code="rest")
    weekend = clause("weekend_hours == 0", "pattern", code="weekend")
    somewhere = clause("scale == '9'", "place", "pattern", code="scale")
    assert void([four, long, place], [rest, weekend, somewhere], FACTS) == [
        (four, somewhere), (long, rest), (long, weekend), (long, somewhere), (place, somewhere),
    ]  # fmt: skip


def test_without_a_fact_nothing_is_void_and_that_is_said() -> None:
    hours = one(TERMS["hours"])
    less, most = (
        clause("hours_a_week < weekly_hours", "hours"), clause("hours_a_week <= 30", "hours"),
    )  # fmt: skip
    without = {name: value for name, value in FACTS.items() if name != "weekly_hours"}
    assert void([hours], [less, most], without) == [(hours, most)]
    assert unsure([hours], [less, most], without) == [(hours, less)]
