"""How a batch is written, for programs: the same bytes for whoever asks, in whatever language."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.kernel.tabular import protected
from ideals.payroll.states import Tax

HEADER = ("month", "number", "code", "name", "amount", "minutes", "hours", "tax", "reference")
_AT_ONCE = 1000


class Exported(NamedTuple):
    """A line of a batch with everything that leaves the house of it."""

    month: Month
    line: int
    number: str
    code: str
    name: str
    unit: Unit
    minor: int
    tax: Tax

    @property
    def amount(self) -> Money | None:
        return Money(self.minor) if self.unit is Unit.EUR else None

    @property
    def minutes(self) -> Minutes | None:
        return Minutes(self.minor) if self.unit is Unit.MIN else None

    @property
    def reference(self) -> str:
        return reference(self.month, self.line)


def reference(month: Month, line: int) -> str:
    return f"{month}-{line:06d}"


def csv_of(lines: Iterable[Exported]) -> Iterator[bytes]:
    """Comma, point, UTF-8. Its SHA-256 is the digest of the batch."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(HEADER)
    left = iter(lines)
    while True:
        writer.writerows(map(_cells, islice(left, _AT_ONCE)))
        if not (piece := buffer.getvalue()):
            return
        yield piece.encode()
        buffer.seek(0)
        buffer.truncate()


def _cells(line: Exported) -> tuple[object, ...]:
    amount, minutes = line.amount, line.minutes
    return (
        line.month,
        protected(line.number),
        _safe(line.code),
        _safe(line.name),
        "" if amount is None else amount,
        "" if minutes is None else minutes.minor,
        "" if minutes is None else minutes,
        line.tax,
        line.reference,
    )


_safe = lru_cache(maxsize=1024)(protected)
"""Codes and their names are few."""


def json_of(
    head: Mapping[str, object], totals: Sequence[Mapping[str, object]], lines: Iterable[Exported]
) -> Iterator[bytes]:
    """One object: what `head` says, then `totals`, then `lines` with one on each line of text."""
    opening = json.dumps({**head, "totals": totals}, indent=2, ensure_ascii=False)
    yield f'{opening.removesuffix("}").rstrip()},\n  "lines": ['.encode()
    before = "\n    "
    left = iter(lines)
    while some := list(islice(left, _AT_ONCE)):
        texts = (json.dumps(_members(line), ensure_ascii=False) for line in some)
        yield (before + ",\n    ".join(texts)).encode()
        before = ",\n    "
    yield b"\n  ]\n}\n"


def _members(line: Exported) -> dict[str, object]:
    return {
        "number": line.number,
        "code": line.code,
        "name": line.name,
        **quantity(line.unit, line.minor),
        "tax": line.tax,
        "reference": line.reference,
    }


def quantity(unit: Unit, minor: int) -> dict[str, object]:
    """Euros, or minutes with the hours they are, as the wire has them."""
    euros = unit is Unit.EUR
    return {
        "amount": str(Money(minor)) if euros else None,
        "minutes": None if euros else minor,
        "hours": None if euros else str(Minutes(minor)),
    }
