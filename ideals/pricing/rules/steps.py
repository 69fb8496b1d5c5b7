"""The steps to a price as they are kept and read again: what was done, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ideals.kernel.formula import Part, PartKind
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.said import Said, Texts, say


@dataclass(frozen=True, slots=True)
class Step:
    """One step to a price: what was done, in words that can be said again in another language, and
    what one unit, or in the end all of them, came to. `parts`: what a formula read and chose."""

    code: str
    text: Said
    amount_minor: int
    parts: tuple[Part, ...] = ()

    def to_json(self) -> dict[str, Any]:
        packed = {name: _packed(value) for name, value in self.text.values.items()}
        step: dict[str, Any] = {
            "code": self.code,
            "text": self.text.template,
            "values": packed,
            "amount": self.amount_minor,
        }
        if self.parts:
            step["parts"] = [
                [part.kind.value, part.name, _packed(part.value), part.taken] for part in self.parts
            ]
        return step

    @classmethod
    def of(cls, step: Mapping[str, Any]) -> Step:
        """From the stored form."""
        values = {name: _unpacked(value) for name, value in step["values"].items()}
        return cls(
            step["code"],
            say(step["text"], **values),
            step["amount"],
            tuple(
                Part(PartKind(kind), name, _unpacked(value), taken)
                for kind, name, value, taken in step.get("parts", ())
            ),
        )


_KINDS: tuple[tuple[str, type, Any, Any], ...] = (
    ("euros", Money, lambda money: money.minor, Money),
    ("number", Decimal, str, Decimal),
    ("month", Month, str, Month.parse),
    ("day", date, date.isoformat, date.fromisoformat),
    ("texts", Texts, lambda texts: texts.by_language, Texts.of),
    (
        "said",
        Said,
        lambda said: [said.template, {name: _packed(each) for name, each in said.values.items()}],
        lambda kept: say(kept[0], **{name: _unpacked(each) for name, each in kept[1].items()}),
    ),
)


def _packed(value: object) -> Any:
    """As JSON, with its kind where a text or yes and no would not say it."""
    for name, kind, pack, _read in _KINDS:
        if isinstance(value, kind):
            return {name: pack(value)}
    return value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    ((name, packed),) = value.items()
    read = next(read for kind, _, _, read in _KINDS if kind == name)
    return read(packed)
