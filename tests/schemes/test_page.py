"""docs/schemes.md against the program: the facts, the keys, the example, every worked number."""

from __future__ import annotations

import re

import pytest

from ideals.kernel.money import Money
from ideals.schemes.rules import (
    CATALOGUE,
    Counts,
    Debt,
    LeftOver,
    OnLeaving,
    Pending,
    Per,
    ProductKind,
    Scheme,
    UnusedBought,
    Use,
    check,
    describe,
    owed_amounts,
    owed_hours,
)
from ideals.schemes.rules.check import KEYS, REQUIRED
from ideals.schemes.rules.days import PartMonth
from ideals.schemes.rules.document import Fault
from ideals.schemes.rules.product import USUAL
from ideals.schemes.rules.products import LIMIT_KEYS, PRODUCT_KEYS, PRODUCT_WORDS
from ideals.schemes.rules.rounding import HourRounding
from tests.schemes.worked import (
    FOLDERS,
    Worked,
    document,
    employee,
    scheme,
    sections,
    table,
    worked,
)

WORKED_SECTIONS = (
    "What a component is reckoned over",
    "Fixed and minimum parts",
    "A part of a month",
    "Sickness",
    "Rounding of hours",
    "Rhythm",
    "Rounding of components",
    "The example schemes",
    "Five months worked by hand",
)
ROWS = [row for section in WORKED_SECTIONS for row in worked(section)]


def results(row: Worked) -> dict[str, str]:
    compiled = scheme(row.scheme)
    person = employee(row.employee, compiled.code)
    owed = owed_amounts(compiled, person, row.month)
    amounts = {code: str(Money(cents)) for code, cents in owed}
    hours = {
        grant.code: f"{grant.minutes // 60}:{grant.minutes % 60:02d}"
        for grant in owed_hours(compiled, person, row.month)
    }
    return {**amounts, "total": str(Money(sum(cents for _, cents in owed))), **hours}


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.scheme}-{row.what}" for row in ROWS])
def test_the_program_gives_the_number_on_the_page(row: Worked) -> None:
    given = results(row)
    expected = dict(part.rsplit(" ", 1) for part in row.result.split(", "))
    assert {code: given[code] for code in expected} == expected
    components = {component.code for component in scheme(row.scheme).components}
    grants_hours = bool(scheme(row.scheme).hours)
    assert components <= expected.keys() or (grants_hours and "granted" in expected)


def test_every_scheme_file_of_the_tests_is_on_the_page() -> None:
    shown = "\n".join(sections().values())
    refused_on_purpose = {"ten-faults.yaml", "dividing.yaml"}
    files = {path.name for folder in FOLDERS for path in folder.glob("*.yaml")}
    assert {name for name in files - refused_on_purpose if name not in shown} == set()


def test_every_variant_of_building_a_budget_has_a_row() -> None:
    count = {section: len(worked(section)) for section in WORKED_SECTIONS}
    assert count["What a component is reckoned over"] == 5
    assert count["Fixed and minimum parts"] == 3
    assert count["A part of a month"] == len(PartMonth) + 1
    assert count["Sickness"] == 3
    assert count["Rounding of hours"] == len(HourRounding)
    assert count["Rhythm"] == 3


def test_the_page_of_facts_is_the_catalogue() -> None:
    words = {Use.COMPONENTS: "components", Use.HOURS: "hours", Use.PRODUCTS: "products"}
    listed = [
        [
            fact.name,
            fact.unit,
            fact.meaning,
            ", ".join(word for use, word in words.items() if use in fact.use),
        ]
        for fact in CATALOGUE
    ]
    assert table("The facts") == listed


def test_the_page_names_every_key_and_which_are_needed() -> None:
    section = sections()["Keys"].split("A file has at most")[0]
    rows = re.findall(r"^\| `(\w+)` \| (yes|no) \|", section, flags=re.MULTILINE)
    assert {key for key, _ in rows} == set(KEYS)
    assert {key for key, needed in rows if needed == "yes"} == set(REQUIRED)


def test_the_page_names_every_word_a_document_can_hold() -> None:
    keys = sections()["Keys"]
    words = [word for options in PRODUCT_WORDS.values() for word in options]
    words += [*PRODUCT_KEYS, *LIMIT_KEYS, *PartMonth, *HourRounding, *LeftOver, *Pending]
    words += [*Per, *Counts, *OnLeaving, *UnusedBought, *Debt]
    assert [word for word in words if f"`{word}`" not in keys] == []


def test_the_page_says_what_each_kind_usually_has() -> None:
    section = sections()["Keys"]
    shown = re.findall(
        r"^\| `(\w+)` \| .+ \| `(\w+)` \| `(\w+)` \| (lower|stays) \| `(\w+)`, `(\w+)` \|$",
        section,
        flags=re.MULTILINE,
    )
    usual = [
        (
            kind.value,
            each.unit.value,
            each.tax.value,
            "lower" if each.lowers_pension else "stays",
            each.group.value,
            each.picture.value,
        )
        for kind, each in USUAL.items()
    ]
    assert shown == usual
    assert list(USUAL) == list(ProductKind)


def test_the_whole_document_on_the_page_passes_the_check() -> None:
    example = re.search(r"```yaml\n(.*?)```", sections()["The whole document"], flags=re.DOTALL)
    assert example is not None
    result = check(example[1])
    assert isinstance(result, Scheme), describe(result)
    assert set(re.findall(r"^(\w+):", example[1], flags=re.MULTILINE)) == set(KEYS)


def test_thirteen_pay_periods_are_refused_in_the_words_of_the_page() -> None:
    result = check(document("thirteen-periods.yaml"))
    assert isinstance(result, list)
    [fault] = result
    assert isinstance(fault, Fault)
    assert (fault.path, fault.line) == ("periods", 8)
    shown = " ".join(sections()["Rhythm"].split())
    assert fault.expected.split(". ")[0] in shown
