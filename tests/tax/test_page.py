"""docs/tax.md against the program: every worked number, every figure, the example."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from ideals.app import create_app
from ideals.config import ROOT
from ideals.kernel.money import Money
from ideals.tax import rules
from ideals.tax.rules import Net, known_years, net_now, net_of_month, net_once, what_it_costs
from ideals.tax.rules.data import FOLDER

PAGE = (ROOT / "docs" / "tax.md").read_text("utf-8")
PARTS = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)
SECTIONS = dict(zip(PARTS[1::2], PARTS[2::2], strict=True))


def table(section: str) -> list[list[str]]:
    """The cells of the one table of a section, without its head."""
    rows = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in row.split("|")[1:-1]] for row in rows[2:]]


def cents(text: str) -> int:
    return Money.parse(text.replace(",", "")).minor


def shown(net: Net | None) -> list[str]:
    if net is None:
        return ["not known", "not known"]
    return [f"{Money(minor).euros:,}" for minor in (net.tax_minor, net.net_minor)]


@pytest.mark.parametrize("row", table("The monthly table"))
def test_wages_of_a_month(row: list[str]) -> None:
    year, credit, gross, *expected, _ = row
    assert shown(net_of_month(int(year), cents(gross), credits=credit == "with")) == expected


@pytest.mark.parametrize("row", table("With the wage of each month"))
def test_amounts_with_the_wage(row: list[str]) -> None:
    year, wage, extra, *expected, _ = row
    assert shown(net_now(int(year), cents(wage), cents(extra))) == expected


@pytest.mark.parametrize("row", table("Paid once"))
def test_amounts_that_are_paid_once(row: list[str]) -> None:
    year, yearly_wage, gross, *expected, _ = row
    assert shown(net_once(int(year), cents(yearly_wage), cents(gross))) == expected


@pytest.mark.parametrize("row", table("Taken out of the wage"))
def test_amounts_taken_out_of_the_wage(row: list[str]) -> None:
    year, wage, amount, *expected, _ = row
    assert shown(what_it_costs(int(year), cents(wage), cents(amount))) == expected


def test_the_figures_of_the_law_are_those_of_the_file() -> None:
    file: dict[str, Any] = yaml.load(  # every value as the text it is
        (FOLDER / "law.yaml").read_text("utf-8"), Loader=yaml.BaseLoader
    )
    assert table("Figures of the law") == [
        [
            key,
            figure["what"],
            "; ".join(f"{each['since']}: {each['value']}" for each in figure["known"]),
        ]
        for key, figure in file.items()
    ]


def test_the_page_names_what_answers_and_which_years_are_known() -> None:
    answers = [row[1] for row in table("What is worked out")]
    assert all(callable(getattr(rules, name)) for name in answers)
    years = " and ".join(map(str, known_years()))
    assert f"Years other than {years}:" in SECTIONS["What is not known"]


def test_the_example_is_what_the_command_answers() -> None:
    [asked, answered] = re.findall(
        r"```\n\$ flask (.+?)\n(.*?)```", SECTIONS["On the command line"], flags=re.DOTALL
    )[0]
    assert create_app().test_cli_runner().invoke(args=asked.split()).stdout == answered
