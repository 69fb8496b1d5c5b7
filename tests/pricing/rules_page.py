"""Reads docs/pricing.md, so that the page and the code cannot differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ideals.config import ROOT
from ideals.kernel.formula import FixedNames, Kind
from ideals.pricing.steering import RuleText, read

PAGE = (ROOT / "docs" / "pricing.md").read_text("utf-8")
NAMES = FixedNames(
    {
        "age": Kind.NUMBER,
        "part_time_factor": Kind.NUMBER,
        "scale": Kind.TEXT,
        "indicator_utilisation": Kind.NUMBER,
        "indicator_orders": Kind.NUMBER,
    }
)
_RULE = re.compile(r"(\w+): (\d+) (\w+) (-?[\d.]+)(?: if (.+?))?( alone)?")


def rows(title: str) -> Iterator[dict[str, str]]:
    """The rows of all tables of a section, by their heads."""
    parts = re.split(r"^#+ (.+)$", PAGE, flags=re.MULTILINE)
    heads: list[str] | None = None
    for line in dict(zip(parts[1::2], parts[2::2], strict=True))[title].splitlines():
        if not line.startswith("|"):
            heads = None
        elif heads is None:
            heads = _cells(line)
        elif not re.fullmatch(r"[-|]+", line):
            yield dict(zip(heads, _cells(line), strict=True))


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.removeprefix("|").removesuffix("|").split("|")]


def plain(**changed: Any) -> dict[str, Any]:
    """A rule as HR would save it."""
    rule = {
        "code": "quiet",
        "name": {"en": "Quiet season", "nl": "Rustige tijd"},
        "says": {"en": "Quiet season: leave costs less", "nl": "Rustige tijd: verlof kost minder"},
        "products": ["leave"],
        "scheme": "simple",
        "from_month": "2026-04",
        "through_month": "2026-06",
        "condition": "",
        "change": {"kind": "percent", "value": "-15"},
        "order": 1,
        "combines": True,
        "reason": "",
    }
    return rule | changed


def a_rule(**changed: Any) -> RuleText:
    found = read(plain(**changed), NAMES)
    assert isinstance(found, RuleText), [str(fault) for fault in found]
    return found


def rule_of(written: str) -> RuleText:
    """`a: 1 percent -15 if scale == '9' alone`."""
    match = _RULE.fullmatch(written)
    assert match is not None, written
    code, order, kind, value, condition, alone = match.groups()
    return a_rule(
        code=code,
        name={"en": code},
        says={"en": f"Because of {code}"},
        condition=condition or "",
        change={"kind": kind, "value": value},
        order=int(order),
        combines=alone is None,
    )


def rules_of(cell: str) -> list[RuleText]:
    return [rule_of(each) for each in cell.split("; ")] if cell else []
