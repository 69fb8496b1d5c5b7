"""`flask tax month`: in words and for scripts, without any server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from ideals.app import create_app
from ideals.config import ROOT


def month(*words: str) -> Result:
    return create_app().test_cli_runner().invoke(args=["tax", "month", *words])


def test_it_answers_a_list_for_scripts() -> None:
    result = month("2026", "1500", "3000.00", "5000.0", "12000", "0", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {"gross": "1500.00", "tax": "37.58", "net": "1462.42"},
        {"gross": "3000.00", "tax": "386.83", "net": "2613.17"},
        {"gross": "5000.00", "tax": "1325.08", "net": "3674.92"},
        {"gross": "12000.00", "tax": "5100.88", "net": "6899.12"},
        {"gross": "0.00", "tax": "0.00", "net": "0.00"},
    ]


def test_it_shows_people_a_table_and_which_one_it_is_from() -> None:
    result = month("2025", "1500", "10000")
    assert result.exit_code == 0
    first, *rows = result.stdout.splitlines()
    assert first == "monthly table of 2025 with wage-tax credit"
    assert [row.split() for row in rows] == [
        ["gross", "tax", "net"],
        ["1500.00", "53.92", "1446.08"],
        ["10000.00", "4077.42", "5922.58"],
    ]
    assert len({len(row) for row in rows}) == 1, "columns stand under each other"


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (["2027", "3000"], "the wage tax of 2027 is not known here; known are 2025 and 2026"),
        (["2026", "-5"], "-5.00 is not a gross amount; it is 0.00 or more"),
        (["2026", "3000", "-0.01", "--json"], "-0.01 is not a gross amount; it is 0.00 or more"),
        (["2026", "1.234,50"], "'1.234,50' is not an amount; write euros with a point, such as"),
        (["2026", "12.345"], "'12.345' is not an amount; write euros with a point, such as"),
        (["2026", "--jsn"], "'--jsn' is not an amount; write euros with a point, such as"),
        (["2026", "3000", ""], "'' is not an amount; write euros with a point, such as"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(words: list[str], refusal: str) -> None:
    result = month(*words)
    assert result.exit_code == 1
    assert result.stdout == ""
    [line] = result.stderr.splitlines()
    assert line.startswith(f"Error: {refusal}")


def test_it_starts_and_asks_no_server(tmp_path: Path) -> None:
    away = {"IDEALS_VAR": str(tmp_path), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    answered = subprocess.run(
        [sys.executable, "-m", "flask", "tax", "month", "2026", "3000", "--json"],
        cwd=ROOT,
        env={**os.environ, **away},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answered.stdout) == [{"gross": "3000.00", "tax": "386.83", "net": "2613.17"}]
    assert list(tmp_path.iterdir()) == []
