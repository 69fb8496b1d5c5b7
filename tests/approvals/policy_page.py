"""Reads docs/policies.md, so that the page and the code cannot differ."""

from __future__ import annotations

import re

from ideals.approvals.rules import PolicyFacts, facts_with
from ideals.config import ROOT
from ideals.shop.pages import words

PAGE = (ROOT / "docs" / "policies.md").read_text("utf-8")
EXAMPLE = PAGE.split("```yaml\n", 1)[1].split("```", 1)[0]

ORDER_FACTS: PolicyFacts = facts_with(
    {name: said.kind for name, said in words.ORDER_FACTS.items()},
    {name: list(said.options) for name, said in words.ORDER_FACTS.items() if said.options},
)
"""As the shop declares them."""


def section(title: str) -> str:
    parts = re.split(r"^#+ (.+)$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


def tables(title: str) -> list[list[list[str]]]:
    """The tables of a section, each row as its cells, heads left in."""
    found: list[list[list[str]]] = []
    before = ""
    for line in section(title).splitlines():
        if line.startswith("|"):
            if not before.startswith("|"):
                found.append([])
            cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
            if not re.fullmatch(r"[-|]+", line):
                found[-1].append(cells)
        before = line
    return found
