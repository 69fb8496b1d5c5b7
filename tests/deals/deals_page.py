"""Reads docs/deals.md, so that the page and the code cannot differ."""

from __future__ import annotations

import re

from ideals.config import ROOT

PAGE = (ROOT / "docs" / "deals.md").read_text("utf-8")


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
