"""Reads the worked numbers of docs/schemes.md, so that the page and the code cannot differ.

A row is: what it shows, the scheme file, the employee, the month, the result, the arithmetic. The
employee is written in clauses with semicolons: `salary 3,000.00; factor 0.5; hired 2026-03-11`;
`from 2026-03-16: factor 0.6` begins a new stretch that differs only so.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ideals.config import ROOT
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.schemes.rules import Person, Scheme, Stretch, check, describe

PAGE = ROOT / "docs" / "schemes.md"
FOLDERS = (Path(__file__).parent / "documents", ROOT / "ideals" / "schemes" / "examples")


class Worked(NamedTuple):
    what: str
    scheme: str
    employee: str
    month: Month
    result: str


def document(name: str) -> str:
    return next(path for folder in FOLDERS if (path := folder / name).exists()).read_text("utf-8")


@lru_cache
def scheme(name: str) -> Scheme:
    result = check(document(name))
    assert isinstance(result, Scheme), describe(result)
    return result


def sections() -> dict[str, str]:
    """The page by its headings."""
    parts = re.split(r"^#+ (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def table(section: str) -> list[list[str]]:
    """The cells of the one table of a section, without its head."""
    rows = [line for line in sections()[section].splitlines() if line.startswith("|")]
    return [
        [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]
    ]


def worked(section: str) -> list[Worked]:
    return [
        Worked(what, name, employee, Month.parse(month), result)
        for what, name, employee, month, result, _ in table(section)
    ]


def stretch(**changes: Any) -> Stretch:
    """An employee of long standing, born in 1980, with 3,000.00 full time."""
    facts: dict[str, Any] = {
        "valid_from": date(2020, 1, 1),
        "until": date.max,
        "hired_on": date(2020, 1, 1),
        "leaves_on": None,
        "scheme": "nwb",
        "full_time_salary": 300_000,
        "part_time_factor": Decimal(1),
        "weekly_hours": Decimal(36),
        "scale": "8",
        "unit": "Bank/Retail",
        "allowances": {},
        "birth_date": date(1980, 5, 5),
        "sick_from": None,
        "unpaid_from": None,
        "unpaid_until": None,
    }
    return Stretch(**{**facts, **changes})


def person(*stretches: Stretch, pay: dict[tuple[int, str], int] | None = None) -> Person:
    return Person(1, stretches, pay or {})


def cents(text: str) -> int:
    return Money.parse(text.replace(",", "")).minor


def employee(clauses: str, scheme_code: str) -> Person:
    stretches = [stretch(scheme=scheme_code)]
    pay: dict[tuple[int, str], int] = {}
    for clause in (each.strip() for each in clauses.split(";")):
        since, _, change = clause.rpartition(": ")
        if since:
            day = date.fromisoformat(since.removeprefix("from "))
            stretches[-1] = stretches[-1]._replace(until=day - timedelta(1))
            stretches.append(stretches[-1]._replace(valid_from=day, until=date.max))
        if change.startswith("pay "):
            _, code, month, amount = change.split()
            pay[Month.parse(month).number, code] = cents(amount)
        else:
            stretches[-1] = _changed(stretches[-1], change.split())
    return Person(1, tuple(stretches), pay)


def _changed(before: Stretch, words: list[str]) -> Stretch:
    match words:
        case ["salary", amount]:
            return before._replace(full_time_salary=cents(amount))
        case ["factor", factor]:
            return before._replace(part_time_factor=Decimal(factor))
        case ["hours", hours]:
            return before._replace(weekly_hours=Decimal(hours))
        case ["scale", scale]:
            return before._replace(scale=scale)
        case ["hired", day]:
            hired = date.fromisoformat(day)
            return before._replace(hired_on=hired, valid_from=hired)
        case ["leaves", day]:
            return before._replace(leaves_on=date.fromisoformat(day))
        case ["born", day]:
            return before._replace(birth_date=date.fromisoformat(day))
        case ["allowance", code, amount]:
            return before._replace(allowances={**before.allowances, code: cents(amount)})
        case ["sick", day]:
            return before._replace(sick_from=date.fromisoformat(day))
        case ["healthy"]:
            return before._replace(sick_from=None)
        case ["unpaid", first, "to", last]:
            return before._replace(
                unpaid_from=date.fromisoformat(first), unpaid_until=date.fromisoformat(last)
            )
    raise AssertionError(f"docs/schemes.md says {' '.join(words)!r}, which is no clause")
