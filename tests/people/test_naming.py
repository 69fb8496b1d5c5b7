"""Files with other names for their columns: guessed, checked, read as ours."""

from __future__ import annotations

import io

import pytest

from ideals.kernel.tabular import open_table
from ideals.people.errors import ColumnsUnnamed
from ideals.people.rules import naming
from ideals.people.rules.naming import Columns
from ideals.people.states import Kind

DUTCH = ("personeelsnummer", "naam", "salaris")


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("personeelsnummer", "number"),
        ("Pers.nr", "number"),
        ("employee id", "number"),
        ("naam", "name"),
        ("datum in dienst", "hired_on"),
        ("hire date", "hired_on"),
        ("afdeling", "unit"),
        ("cao", "scheme"),
        ("ingangsdatum", "valid_from"),
        ("bruto maandsalaris", "full_time_salary"),
        ("salris", "full_time_salary"),
        ("deeltijd%", "part_time_factor"),
        ("FTE", "part_time_factor"),
        ("leidinggevende", "manager_number"),
        ("geb.datum", "birth_date"),
        ("toeslag persoonlijk", "allowance.persoonlijk"),
        ("allowance.meal", "allowance.meal"),
        ("opmerking", None),
        ("", None),
    ],
)
def test_a_column_is_guessed_by_what_others_call_it(header: str, ours: str | None) -> None:
    assert naming.guessed(Kind.PEOPLE, [header]).names == {header: ours}


def test_nothing_is_guessed_twice_and_the_exact_name_wins() -> None:
    guessed = naming.guessed(Kind.PEOPLE, ["personeelsnummer", "number", "nummer"])
    assert guessed.names == {"personeelsnummer": None, "number": "number", "nummer": None}


def test_a_pay_file_is_guessed_too() -> None:
    guessed = naming.guessed(Kind.PAY, ["medewerker", "pers.nr.", "looncode", "bedrag", "periode"])
    assert list(guessed.names.values()) == [None, "number", "code", "amount", "month"]


def faults(kind: Kind, columns: Columns) -> set[tuple[str, str]]:
    with pytest.raises(ColumnsUnnamed) as refused:
        naming.check_columns(kind, list(columns.names), columns)
    return {(fault["place"], fault["fault"]) for fault in refused.value.data["faults"]}


def test_every_fault_of_the_columns_is_told_at_once() -> None:
    columns = Columns(
        {"a": "number", "b": "number", "c": "shoe_size", "d": "unpaid_until", "e": None},
        {"valid_from": "31-02-2026", "name": "Anna", "scheme": "simple"},
    )
    assert faults(Kind.PEOPLE, columns) == {
        ("b", "twice"),
        ("c", "unknown"),
        ("d", "alone"),
        ("valid_from", "value"),
        ("name", "missing"),
        *((name, "missing") for name in ("hired_on", "unit", "full_time_salary")),
        ("part_time_factor", "missing"),
    }


def test_what_a_column_says_is_not_fixed_besides() -> None:
    columns = Columns(
        {"n": "number", "m": "month", "c": "code", "a": "amount"}, {"month": "2026-03"}
    )
    assert faults(Kind.PAY, columns) == {("month", "twice")}


def test_a_renamed_table_keeps_its_rows_and_leaves_columns_out() -> None:
    file = io.BytesIO(b"Nummer;Opmerking;Bedrag\n1;x;12,50\n\n2;y;3\n")
    columns = Columns(
        {"nummer": "number", "opmerking": None, "bedrag": "amount"}, {"code": "overtime"}
    )
    with open_table(file) as table:
        ours = naming.renamed(table, columns)
        assert ours.header == ("number", "amount", "code")
        assert [(row.number, row.cells) for row in ours.rows] == [
            (2, ("1", "12,50", "overtime")),
            (4, ("2", "3", "overtime")),
        ]


def test_days_and_months_of_one_file_are_not_remembered() -> None:
    columns = Columns({"n": "number"}, {"month": "2026-03", "code": "overtime"})
    assert columns.to_remember() == Columns({"n": "number"}, {"code": "overtime"})


def test_the_order_of_the_headers_does_not_matter_and_their_names_do() -> None:
    digest = naming.headers_digest(DUTCH)
    assert naming.headers_digest(DUTCH[::-1]) == digest
    assert naming.headers_digest((*DUTCH, "afdeling")) != digest
