"""What terms may hold, every fault they may have, and docs/deals.md against the program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.deals.rules import kinds
from ideals.deals.rules.kinds import Hours, Leave, MoneyTerm, Paid, Pattern, Place, Term, keys_of
from ideals.deals.rules.terms import MOST_OF_WEEK, MOST_TERMS, days_of, plain_of, read
from ideals.deals.rules.texts import LONGEST_LINE, LONGEST_TEXT
from ideals.deals.rules.values import MOST_MONEY, YEARS, Fault
from ideals.deals.states import TermKind
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from tests.deals.conftest import TERMS, term
from tests.deals.deals_page import PAGE, tables
from tests.deals.strategies import JSON
from tests.deals.strategies import TERMS as ANY_TERM


def one(plain: Mapping[str, Any], starts_on: date | None = None) -> Term:
    result = read([plain], starts_on)
    assert isinstance(result, tuple), result
    (made,) = result
    return made


def faults(*plain: object) -> list[Fault]:
    result = read(list(plain))
    assert isinstance(result, list), result
    return result


def paths(*plain: object) -> list[str]:
    return [fault.path for fault in faults(*plain)]


# The page ------------------------------------------------------------------------------------


def documented() -> dict[str, list[list[str]]]:
    """Kind to its rows: field, needed, holds."""
    found: dict[str, list[list[str]]] = {}
    kind = ""
    for row in tables("Terms")[0][1:]:
        kind = row[0] or kind
        found.setdefault(kind, []).append(row[1:])
    return found


@pytest.mark.parametrize("kind", TermKind)
def test_the_page_names_every_field(kind: TermKind) -> None:
    fields = [row[0] for row in documented()[kind]]
    own = [key for key in keys_of(kind) if key not in ("kind", "note")]
    assert fields == own
    assert ("note" in keys_of(kind)) == (kind is not TermKind.OTHER)


@pytest.mark.parametrize("kind", TermKind)
def test_what_the_page_says_is_needed_is(kind: TermKind) -> None:
    for field, needed, _ in documented()[kind]:
        left = term(kind, **{field: None})
        if needed == "yes":
            assert [path for path in paths(left) if path.startswith(f"terms[0].{field}")]
        elif needed == "no":
            assert one(left, date(2027, 3, 1))


@pytest.mark.parametrize("kind", TermKind)
def test_the_page_names_every_word_of_a_kind(kind: TermKind) -> None:
    words = {
        "development": kinds.PaidFrom,
        "place": kinds.Where,
        "leave": kinds.FinancedBy,
        "bonus": kinds.PaidAs,
        "money": [*Paid, *kinds.Into],
    }.get(kind, [])
    said = " ".join(" ".join(row) for row in documented()[kind])
    assert [word for word in words if not re.search(rf"\b{word}\b", said)] == []


def test_the_page_has_the_limits() -> None:
    first, last = YEARS
    for limit in (f"at most {MOST_TERMS}", f"{MOST_OF_WEEK:,}", f"{MOST_MONEY.euros:,.2f}",
                  f"{LONGEST_TEXT:,}", f"a line {LONGEST_LINE}", f"{first} to {last}"):  # fmt: skip
        assert limit in PAGE, limit


# What is read --------------------------------------------------------------------------------


def test_one_of_each_kind_becomes_a_package_and_is_written_as_it_came() -> None:
    plain = [term for kind, term in TERMS.items() if kind != "hours"]
    terms = read(plain)
    assert isinstance(terms, tuple)
    assert [term.kind for term in terms] == [kind for kind in TermKind if kind != "hours"]
    assert [plain_of(term) for term in terms] == plain


def test_terms_are_values() -> None:
    assert one(TERMS["pattern"]) == Pattern((540, 540, 540, 540, 0, 0, 0), "Four times nine")
    place = one(TERMS["place"])
    assert isinstance(place, Place)
    assert place.days == ("home", "office", None, None, "other", None, None)
    assert one(TERMS["money"]) == MoneyTerm(
        Money(12000), Paid.MONTHLY, Month(2027, 3), Month(2028, 2), kinds.Into.BUDGET, True,
        "Stands in for the head of the ward", "As long as that lasts",
    )  # fmt: skip


def test_what_says_no_day_counts_from_the_first_of_the_offer() -> None:
    first = date(2027, 3, 15)
    hours = one({"kind": "hours", "minutes": 1920}, first)
    assert hours == Hours(1920, first)
    leave = one({"kind": "leave", "ends_on": "2027-04-15", "financed_by": "unpaid"}, first)
    assert isinstance(leave, Leave)
    assert leave.starts_on == first
    money = one({"kind": "money", "amount": "50.00"}, first)
    assert money == MoneyTerm(Money(5000), Paid.ONCE, Month(2027, 3))
    assert paths({"kind": "hours", "minutes": 1920}) == ["terms[0].starts_on"]


def test_the_days_of_a_term() -> None:
    assert list(days_of(one(TERMS["leave"]))) == [
        ("starts_on", date(2027, 6, 1)), ("ends_on", date(2027, 8, 31)),
    ]  # fmt: skip
    assert list(days_of(one(TERMS["money"]))) == [
        ("from_month", Month(2027, 3)), ("through_month", Month(2028, 2)),
    ]  # fmt: skip
    assert list(days_of(one(TERMS["other"]))) == []


@given(ANY_TERM)
def test_every_term_is_read_as_it_was_written(made: Term) -> None:
    assert one(plain_of(made)) == made


@given(JSON)
def test_whatever_comes_gives_terms_or_faults(plain: object) -> None:
    result = read(plain)
    assert isinstance(result, list)
    assert all(fault.path.startswith("terms") and fault.expected for fault in result)


@given(st.sampled_from(TermKind), st.data())
def test_whatever_stands_in_a_field_gives_a_term_or_its_faults(
    kind: TermKind, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(keys_of(kind)[1:]))
    result = read([{**TERMS[kind], field: data.draw(JSON)}])
    if isinstance(result, list):
        related = {"starts_on": "ends_on", "from_month": "through_month", "days": "where",
                   "gains": "gives_up", "gives_up": "gains", "paid": "", "into": ""}  # fmt: skip
        allowed = {field, related.get(field, field), "through_month", "personal_part"}
        assert {fault.path.split(".")[1].split("[")[0] for fault in result} <= allowed
    else:
        assert read([plain_of(each) for each in result]) == result
