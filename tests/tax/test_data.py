"""A damaged file of figures says which file, which key, what stands there and what should."""

from __future__ import annotations

import ast
from itertools import pairwise

import pytest

from ideals.kernel.errors import IdealsError
from ideals.tax.errors import DataDamaged
from ideals.tax.rules.data import FOLDER, ONE
from ideals.tax.rules.law import law
from ideals.tax.rules.tables import tax_year, tax_years
from ideals.web.errors import status_of

FILES = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.yaml")}


def read(file: str, text: str) -> object:
    return (law if file == "law.yaml" else tax_year)(file, text.encode())


@pytest.mark.parametrize("file", FILES)
def test_each_file_is_read_as_it_is(file: str) -> None:
    assert read(file, FILES[file])


@pytest.mark.parametrize(
    ("file", "stands", "damaged", "key", "value", "right"),
    [
        ("nl-2026.yaml", "year: 2026", "year: 2025", "year", "'2025'", "name of the file"),
        ("nl-2026.yaml", "step: 54", "step: 54.0", "month.step", "'54.0'", "a whole number"),
        ("nl-2026.yaml", "step: 54", "step: 55", "month.step", "'55'", "a multiple of 3"),
        ("nl-2026.yaml", "step: 54", "step: 0", "month.step", "'0'", "a multiple of 3"),
        ("nl-2026.yaml", "133110", "133111", "month.highest", "'133111'", "a multiple of 54"),
        ("nl-2026.yaml", "133110", "133_110", "month.highest", "'133_110'", "without separators"),
        ("nl-2026.yaml", "37.56%", "37.56", "month.brackets[1].rate", "'37.56'", "a percentage"),
        ("nl-2026.yaml", "37.56%", "-3%", "month.brackets[1].rate", "'-3%'", "a percentage"),
        ("nl-2026.yaml", "above: 78426", "above: 7826", "month.brackets[2].above", "'7826'",
         "more than 38883"),
        ("nl-2025.yaml", "most: 3068", "most: 3O68", "month.general_credit.most", "'3O68'",
         "a whole number"),
        ("nl-2025.yaml", "most: 3068", "most: ~", "month.general_credit.most", "'~'",
         "a whole number"),
        ("nl-2025.yaml", "{above: 0, rate: 8.053%", "{above: 1, rate: 8.053%",
         "month.labour_credit.phases[0].above", "'1'", "begins at 0"),
        ("nl-2025.yaml", "    rate: 6.510%\n", "", "month.labour_credit", "a list or keys",
         "the key rate is missing"),
        ("nl-2025.yaml", "gone_above: 76817", "gone_abov: 76817", "month.general_credit.gone_abov",
         "'76817'", "the keys here are most, falls_above, rate, gone_above"),
        ("nl-2025.yaml", "special: not known", "special: unknown", "special", "'unknown'",
         "the keys source, rates belong here"),
        ("nl-2025.yaml", "special: not known", "special: {source: X, rates: []}", "special.rates",
         "a list or keys", "a list belongs here"),
        ("nl-2025.yaml", "year: 2025", "year: 2025\nyear: 2025", "year", "'2025'", "twice"),
        ("law.yaml", "14.71", "14.7", "minimum_wage.known[2].value", "'14.7'", "two decimals"),
        ("law.yaml", "2026-07-01", "2026-07-32", "minimum_wage.known[3].since", "'2026-07-32'",
         "write a day"),
        ("law.yaml", "2026-07-01", "2025-07-01", "minimum_wage.known[3].since", "'2025-07-01'",
         "later than 2026-01-01"),
        ("law.yaml", "what: gross an hour, from 21 years", "what: ", "minimum_wage.what", "''",
         "a text"),
        ("law.yaml", "kilometre:", "kilometer:", "kilometer", "a list or keys",
         "the keys here are minimum_wage, "),
    ],
)  # fmt: skip
def test_damage_is_named_with_file_key_and_value(
    file: str, stands: str, damaged: str, key: str, value: str, right: str
) -> None:
    assert stands in FILES[file]
    text = FILES[file].replace(stands, damaged, 1)
    with pytest.raises(DataDamaged) as refused:
        read(file, text)
    error = refused.value
    assert error.data == {"file": file, "key": key, "value": value}
    place, _, expected = error.message.partition(f": {value}; ")
    assert place.startswith(f"{file}, line ")
    assert place.endswith(key)
    assert right in expected


@pytest.mark.parametrize(
    ("content", "right"),
    [
        (b"", "nl-2026.yaml is empty"),
        (b"year: [", "nl-2026.yaml is not readable as YAML"),
        (b"year: \xff", "nl-2026.yaml is not readable as YAML"),
        (b"year", "line 1, the file: 'year'; the keys year, month, special belong here"),
    ],
)
def test_a_file_that_is_none_is_named(content: bytes, right: str) -> None:
    with pytest.raises(DataDamaged) as refused:
        tax_year("nl-2026.yaml", content)
    assert right in refused.value.message
    assert "\n" not in refused.value.message


def test_damage_is_a_fault_of_ours() -> None:
    from ideals.app import create_app

    create_app()
    error: IdealsError = DataDamaged("nl-2026.yaml is empty", file="nl-2026.yaml")
    assert status_of(error) == 500


@pytest.mark.parametrize("year", tax_years())
def test_each_bracket_begins_with_the_tax_of_the_one_below(year: int) -> None:
    for below, bracket in pairwise(tax_years()[year].month.brackets):
        over_it = (bracket.above - below.above) * below.rate // ONE
        assert bracket.tax == below.tax + over_it


@pytest.mark.parametrize("year", tax_years())
def test_the_credits_end_where_the_file_says_that_they_are_gone(year: int) -> None:
    """The factors meet their end within a euro, so no digit of them is wrong."""
    month = tax_years()[year].month
    general, labour = month.general, month.labour
    assert abs(general.most - (general.gone_above - general.falls_above) * general.rate // ONE) <= 1
    most = labour.phases[-1].most
    assert abs(most - (labour.gone_above - labour.falls_above) * labour.rate // ONE) <= 1
    assert labour.gone_above < month.highest


def test_no_figure_of_the_law_is_in_the_code() -> None:
    """What stands there is twelve months, cents, the scale of rates, and rounding."""
    scales = {0, 1, 2, 3, 12, 100, 1000, ONE}
    for path in (FOLDER.parent / "rules").glob("*.py"):
        numbers = {
            node.value
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Constant) and type(node.value) in (int, float)
        }
        assert numbers <= scales, path.name
