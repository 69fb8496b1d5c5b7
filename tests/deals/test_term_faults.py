"""Every fault of a term, with its path."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.deals.rules.terms import MOST_TERMS, read
from ideals.deals.rules.texts import LONGEST_TEXT, cleaned, wrong_with
from ideals.deals.rules.values import Fault
from tests.deals.conftest import TERMS, term
from tests.deals.test_terms import faults, one, paths

HUGE = 10**6000

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("development", {"course": ""}, "course"),
    ("development", {"course": "one\ntwo"}, "course"),
    ("development", {"course": "x" * 201}, "course"),
    ("development", {"course": 7}, "course"),
    ("development", {"cost": "12.345"}, "cost"),
    ("development", {"cost": "-1.00"}, "cost"),
    ("development", {"cost": 12}, "cost"),
    ("development", {"cost": "1000000.01"}, "cost"),
    ("development", {"minutes": -1}, "minutes"),
    ("development", {"minutes": 60.0}, "minutes"),
    ("development", {"minutes": True}, "minutes"),
    ("development", {"minutes": HUGE}, "minutes"),
    ("development", {"paid_from": "the bank"}, "paid_from"),
    ("development", {"price": "1.00"}, "price"),
    ("tasks", {"gains": None, "gives_up": "\u200f \u200b"}, "gains"),
    ("hours", {"minutes": 0}, "minutes"),
    ("hours", {"minutes": 3601}, "minutes"),
    ("hours", {"starts_on": "2027-02-29"}, "starts_on"),
    ("hours", {"starts_on": "20270301"}, "starts_on"),
    ("hours", {"starts_on": "1999-12-31"}, "starts_on"),
    ("hours", {"starts_on": ["2027-03-01"]}, "starts_on"),
    ("pattern", {"minutes": {}}, "minutes"),
    ("pattern", {"minutes": {"monday": 1441}}, "minutes.monday"),
    ("pattern", {"minutes": {"monday": "9:00"}}, "minutes.monday"),
    ("pattern", {"minutes": {"mon": 480, "tuesday": 480}}, "minutes.mon"),
    ("pattern", {"minutes": {"monday": 1440, "tuesday": 1440, "friday": 1440}}, "minutes"),
    ("place", {"days": {}}, "days"),
    ("place", {"days": {"monday": "beach", "tuesday": "home"}}, "days.monday"),
    ("place", {"where": None}, "where"),
    ("leave", {"ends_on": "2027-05-31"}, "ends_on"),
    ("leave", {"financed_by": "the bank"}, "financed_by"),
    ("leave", {"minutes": 0}, "minutes"),
    ("bonus", {"amount": "0.00"}, "amount"),
    ("bonus", {"amount": None}, "amount"),
    ("bonus", {"due_month": "2027-13"}, "due_month"),
    ("bonus", {"due_month": "2100-01"}, "due_month"),
    ("money", {"through_month": "2027-02"}, "through_month"),
    ("money", {"paid": "once", "personal_part": False}, "through_month"),
    ("money", {"paid": "once", "through_month": None}, "personal_part"),
    ("money", {"into": "development"}, "personal_part"),
    ("money", {"personal_part": "yes"}, "personal_part"),
    ("other", {"text": "x" * 5_001}, "text"),
    ("other", {"text": "x" * 100_000}, "text"),
    ("other", {"text": "a\0b"}, "text"),
    ("other", {"text": "a\ud800b"}, "text"),
    ("other", {"text": "pay \u202e001\u202c"}, "text"),
    ("other", {"note": "no notes here"}, "note"),
]


@pytest.mark.parametrize(("kind", "changes", "path"), WRONG)
def test_one_thing_wrong_is_one_fault(kind: str, changes: dict[str, Any], path: str) -> None:
    (fault,) = faults(term(kind, **changes))
    assert fault.path == f"terms[0].{path}"
    assert fault.found
    assert fault.expected
    assert str(fault) == f"{fault.path}: {fault.found}; {fault.expected}"


def test_a_fault_says_what_was_found_and_what_would_be_right() -> None:
    assert faults(term("money", amount="12,50")) == [
        Fault(
            "terms[0].amount",
            "'12,50'",
            'euros from 0.01 to 1000000.00 are needed, written as "522.16"',
        )
    ]
    (fault,) = faults(term("place", days={"mondy": "home", "friday": "office"}))
    assert fault.expected == "did you mean 'monday'?"


def test_every_fault_is_found_at_once() -> None:
    found = paths(
        term("bonus", target="", amount="none"), 7, {"kind": "car"}, {}, term("hours", minutes=0)
    )
    assert sorted(found) == [
        "terms[0].amount", "terms[0].target", "terms[1]", "terms[2].kind", "terms[3].kind",
        "terms[4].minutes",
    ]  # fmt: skip


@pytest.mark.parametrize("plain", [None, [], {}, "hours", 3, {"kind": "other"}])
def test_no_terms_are_a_fault(plain: object) -> None:
    result = read(plain)
    assert isinstance(result, list)
    assert [fault.path for fault in result] == ["terms"]


def test_more_terms_than_an_offer_may_have() -> None:
    assert paths(*[TERMS["other"]] * (MOST_TERMS + 1)) == ["terms"]


@pytest.mark.parametrize("kind", ["hours", "pattern", "place"])
def test_what_stands_in_an_offer_once(kind: str) -> None:
    assert paths(TERMS[kind], TERMS["other"], TERMS[kind]) == ["terms[2].kind"]


def test_a_week_comes_to_the_contract_hours_beside_it() -> None:
    assert isinstance(read([term("hours", minutes=2160), TERMS["pattern"]]), tuple)
    (fault,) = faults(TERMS["pattern"], term("hours", minutes=1920))
    assert (fault.path, fault.found) == ("terms[0].minutes", "2,160 minutes in the week")
    assert fault.expected == "1,920, as the contract hours of this offer"


def test_keys_without_end_are_not_listed_without_end() -> None:
    many = {f"key{n}": n for n in range(10_000)}
    assert len(faults({**TERMS["other"], **many})) == 20


# Texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  four\r\ntimes\rnine \n", "four\ntimes\nnine"),
        ("cafe\u0301", "café"),
        ("שלום \u200f100", "שלום \u200f100"),
        ("مرحبا 👩‍⚕️ 你好", "مرحبا 👩‍⚕️ 你好"),
        ("x" * LONGEST_TEXT, "x" * LONGEST_TEXT),
    ],
)
def test_texts_of_every_script_are_kept_in_one_form(written: str, kept: str) -> None:
    assert one({"kind": "other", "text": written}).text == kept  # type: ignore[union-attr]


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    made = cleaned(text)
    assert cleaned(made) == made
    if wrong_with(made, LONGEST_TEXT) is None:
        assert "\0" not in made
        made.encode()
