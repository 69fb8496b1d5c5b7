"""What replaced what: an old right and the amount that took its place."""

from __future__ import annotations

import pytest

from ideals.kernel.month import Month
from ideals.schemes.errors import FactsIncomplete
from ideals.schemes.rules import MadeUp, Scheme, check, made_up, replaced
from tests.schemes.worked import FOLDERS, document, employee, scheme

MARCH = Month(2026, 3)


def test_each_old_right_stands_beside_its_amount_in_the_order_of_the_components() -> None:
    nwb = scheme("nwb.yaml")
    rows = replaced(nwb, employee("salary 3,300.00", "nwb"), MARCH)
    assert [(row.code, row.minor) for row in rows] == [
        ("holiday_allowance", 26400),
        ("life_course", 5940),
        ("extra_leave", 10560),
        ("age_leave", 0),
    ]
    assert rows[1].old == {
        "en": "Life-course contribution of 1.80%",
        "nl": "Levensloopbijdrage van 1,80%",
    }
    assert rows[1].names["nl"] == "Levensloopbijdrage"


def test_a_component_that_is_new_replaces_nothing_and_is_left_out() -> None:
    work = scheme("sociaal-werk.yaml")
    rows = replaced(work, employee("salary 3,000.00", "sociaal-werk"), MARCH)
    assert [row.code for row in rows] == ["holiday_allowance", "year_end"]


def test_a_scheme_that_says_nothing_of_old_rights_asks_for_no_fact() -> None:
    text = "".join(
        line for line in document("nwb.yaml").splitlines(keepends=True) if "replaces:" not in line
    )
    silent = check(text)
    assert isinstance(silent, Scheme)
    unborn = made_up(silent, MadeUp(330_000), MARCH)
    person = unborn._replace(stretches=(unborn.stretches[0]._replace(birth_date=None),))
    assert replaced(silent, person, MARCH) == []
    with pytest.raises(FactsIncomplete, match="birth_date"):
        replaced(scheme("nwb.yaml"), person, MARCH)


@pytest.mark.parametrize("path", sorted(FOLDERS[1].glob("*.yaml")), ids=lambda path: path.stem)
def test_old_rights_of_the_examples_are_told_in_both_languages(path) -> None:  # type: ignore[no-untyped-def]
    told = [component.replaces for component in scheme(path.name).components if component.replaces]
    assert told
    assert all({"en", "nl"} == texts.keys() for texts in told)


def test_an_old_right_without_a_language_is_a_fault() -> None:
    text = document("meridian.yaml").replace(
        'replaces: {en: "Holiday allowance and', 'replaces: "Holiday" #'
    )
    result = check(text)
    assert isinstance(result, list)
    [fault] = result
    assert fault.path == "components.personal_allowance.replaces"
    assert "{en: ..., nl: ...}" in fault.expected
