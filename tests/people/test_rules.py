from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.people.errors import ColumnsWrong
from ideals.people.rules import REQUIRED, check_header, circles, sort_key
from ideals.people.states import Kind


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Anna de Vries", "anna de vries"),
        ("Çelik-Ångström", "celik-angstrom"),
        ("Łukasz Ðorđe Þór", "lukasz dorde thor"),
        ("GROSS Groß", "gross gross"),
        ("Œdipe Ærø", "oedipe aero"),
    ],
)
def test_names_are_folded(name: str, key: str) -> None:
    assert sort_key(name) == key


def test_the_required_columns_suffice_in_any_order() -> None:
    check_header(Kind.PEOPLE, tuple(reversed(REQUIRED)))
    check_header(Kind.PEOPLE, (*REQUIRED, "allowance.personal", "allowance.shift_2"))


@pytest.mark.parametrize("name", ["allowance.", "allowance", "allowance.a b", "allowance.a.b"])
def test_an_allowance_needs_a_code(name: str) -> None:
    with pytest.raises(ColumnsWrong):
        check_header(Kind.PEOPLE, (*REQUIRED, name))


def test_a_pay_file_has_no_further_columns() -> None:
    check_header(Kind.PAY, ("amount", "code", "month", "number"))
    with pytest.raises(ColumnsWrong, match="known are number, month, code, amount"):
        check_header(Kind.PAY, ("amount", "code", "month", "number", "remark_of_payroll"))


def test_circles_are_found_apart_and_named_from_the_smallest() -> None:
    managers = {"b": "c", "c": "a", "a": "b", "x": "a", "y": "y", "z": "top"}
    assert circles(managers) == [["a", "b", "c"], ["y"]]


@given(st.dictionaries(st.integers(0, 12).map(str), st.integers(0, 12).map(str)))
def test_cutting_every_circle_leaves_a_forest(managers: dict[str, str]) -> None:
    found = circles(managers)
    for circle in found:
        assert [managers[number] for number in circle] == circle[1:] + circle[:1]
        del managers[circle[0]]
    assert circles(managers) == []
