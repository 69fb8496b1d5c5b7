"""A file of figures, read strictly: each place knows its path, and says what it should hold.

Whatever YAML would make of a value, it stays the text it is until it is asked for as one thing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from ideals.tax.errors import DataDamaged

FOLDER = Path(__file__).resolve().parents[1] / "data"
NOT_KNOWN = "not known"
"""Stands where a figure would stand that no source gives."""

ONE = 100_000
"""A rate of 100%: rates count in hundred-thousandths, so that 35.75% is 35,750."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in a file and what stands there."""

    file: str
    path: str
    node: yaml.Node

    def take(self, *keys: str) -> list[Entry]:
        """What stands under these keys, in this order: they must all be there, and no other."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong(f"the keys {', '.join(keys)} belong here")
        found: dict[str, Entry] = {}
        for key, value in self.node.value:
            inner = Entry(self.file, f"{self.path}.{key.value}".lstrip("."), value)
            if key.value not in keys:
                raise inner.wrong(f"the keys here are {', '.join(keys)}")
            if key.value in found:
                raise inner.wrong("the key stands here twice")
            found[key.value] = inner
        for missing in (key for key in keys if key not in found):
            raise self.wrong(f"the key {missing} is missing")
        return [found[key] for key in keys]

    def rows(self) -> list[Entry]:
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            raise self.wrong("a list belongs here")
        return [
            Entry(self.file, f"{self.path}[{number}]", node)
            for number, node in enumerate(self.node.value)
        ]

    def text(self) -> str:
        return self._match(r".+", "a text belongs here")[0]

    def whole(self) -> int:
        return int(self._match(r"[0-9]{1,9}", "write a whole number without separators")[0])

    def cents(self) -> int:
        euros, cents = self._match(
            r"([0-9]{1,9})\.([0-9]{2})", "write euros with two decimals, such as 14.71"
        ).groups()
        return int(euros) * 100 + int(cents)

    def rate(self) -> int:
        """In hundred-thousandths: 8.324% is 8,324."""
        percent, decimals = self._match(
            r"([0-9]{1,3})(?:\.([0-9]{1,3}))?%", "write a percentage such as 8.324%"
        ).groups(default="")
        return int(percent) * 1000 + int(decimals.ljust(3, "0"))

    def day(self) -> date:
        try:
            return date.fromisoformat(self.text())
        except ValueError:
            raise self.wrong("write a day as 2026-07-01") from None

    def is_not_known(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode) and self.node.value == NOT_KNOWN

    def _match(self, pattern: str, expected: str) -> re.Match[str]:
        text = self.node.value if isinstance(self.node, yaml.ScalarNode) else ""
        match = re.fullmatch(pattern, text, re.DOTALL)
        if match is None:
            raise self.wrong(expected)
        return match

    def wrong(self, expected: str) -> DataDamaged:
        scalar = isinstance(self.node, yaml.ScalarNode)
        value = repr(self.node.value) if scalar else "a list or keys"
        place = f"{self.file}, line {self.node.start_mark.line + 1}, {self.path or 'the file'}"
        return DataDamaged(
            f"{place}: {value}; {expected}", file=self.file, key=self.path, value=value
        )


def entry(file: str, content: bytes) -> Entry:
    """A whole file. Raises `DataDamaged`, here and wherever it does not hold what is asked for."""
    try:
        node = yaml.compose(content, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise DataDamaged(f"{file} is not readable as YAML: {problem}", file=file) from None
    if node is None:
        raise DataDamaged(f"{file} is empty", file=file)
    return Entry(file, "", node)
