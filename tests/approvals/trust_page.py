"""Reads docs/trust.md, so that the page and the code cannot differ."""

from __future__ import annotations

from ideals.config import ROOT

PAGE = (ROOT / "docs" / "trust.md").read_text("utf-8")


def table(title: str) -> list[list[str]]:
    """The table of a section, each row as its cells, its head first."""
    section = PAGE.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("|") and not line.startswith("|---")
    ]
    assert rows, title
    return rows
