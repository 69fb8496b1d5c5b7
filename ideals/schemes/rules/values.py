"""Texts of a document to values. Each reading notes a fault and goes on with a stand-in, so that
one look finds every fault; a stand-in never leaves the check."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from ideals.kernel.month import Month, MonthUnreadable
from ideals.kernel.said import Said
from ideals.kernel.said import say as _
from ideals.schemes.rules.document import Fault, Item

E = TypeVar("E", bound=StrEnum)

_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_WHOLE = re.compile(r"[0-9]{1,6}")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SCHEME_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2}")
MAX_TEXT = 500
MAX_CODES = 100
MAX_UNKNOWN = 20


@dataclass(slots=True)
class Values:
    """Reads values and collects the faults."""

    faults: list[Fault] = field(default_factory=list)

    def fault(self, item: Item, found: str, expected: str) -> None:
        self.faults.append(Fault(item.path, item.line, found, expected))

    def keys(
        self, item: Item, known: Collection[str], required: Collection[str] = ()
    ) -> Mapping[str, Item]:
        """The known entries of a mapping; unknown and missing keys are faults."""
        if item.entries is None:
            self.fault(item, item.what, _("keys are needed here: %(keys)s", keys=", ".join(known)))
            return {}
        unknown = [(key, entry) for key, entry in item.entries.items() if key not in known]
        for key, entry in unknown[:MAX_UNKNOWN]:
            self.fault(
                entry, _("the key %(key)s is not known", key=repr(key[:60])), nearest(key, known)
            )
        if len(unknown) > MAX_UNKNOWN:
            more = f"{len(unknown) - MAX_UNKNOWN:,}"
            self.fault(
                unknown[MAX_UNKNOWN][1],
                _("%(count)s more keys that are not known", count=more),
                _("known here: %(keys)s", keys=", ".join(known)),
            )
        for key in required:
            if key not in item.entries:
                path = f"{item.path}.{key}" if item.path else key
                self.faults.append(
                    Fault(
                        path,
                        item.line,
                        _("the key %(key)s is missing", key=repr(key)),
                        _("add it here"),
                    )
                )
        return {key: entry for key, entry in item.entries.items() if key in known}

    def codes(self, item: Item | None) -> Mapping[str, Item]:
        """A mapping whose keys are codes of the document's own making."""
        if item is None or (item.entries is None and item.text == ""):
            return {}
        if item.entries is None:
            self.fault(item, item.what, _("codes are needed here, each with its keys below it"))
            return {}
        taken = dict(list(item.entries.items())[:MAX_CODES])
        if len(item.entries) > MAX_CODES:
            last = list(item.entries.values())[MAX_CODES]
            self.fault(
                last,
                _("%(count)s codes", count=f"{len(item.entries):,}"),
                _("at most %(most)s of a sort", most=MAX_CODES),
            )
        for key, entry in taken.items():
            if not _CODE.fullmatch(key):
                self.fault(
                    entry,
                    _("%(key)s is not a code", key=repr(key[:60])),
                    _(
                        "a code is small letters, digits and _, starts with a letter, "
                        "at most 40 long"
                    ),
                )
        return {key: entry for key, entry in taken.items() if _CODE.fullmatch(key)}

    def text(self, item: Item | None, default: str = "") -> str:
        if item is None:
            return default
        if not item.text:
            self.fault(item, item.what, _("a text is needed here"))
            return default
        if len(item.text) > MAX_TEXT:
            self.fault(
                item,
                _("%(count)s characters", count=f"{len(item.text):,}"),
                _("at most %(most)s characters", most=MAX_TEXT),
            )
        return item.text

    def scheme_code(self, item: Item | None) -> str:
        code = self.text(item)
        if item is not None and code and not _SCHEME_CODE.fullmatch(code):
            self.fault(
                item,
                repr(code[:60]),
                _(
                    "a scheme's code is small letters, digits and -, starts with a letter, "
                    "at most 40"
                ),
            )
        return code

    def names(self, item: Item | None) -> dict[str, str]:
        """Texts by language: `{en: ..., nl: ...}`."""
        if item is None:
            return {}
        if not item.entries:
            self.fault(item, item.what, _("a text for each language is needed: {en: ..., nl: ...}"))
            return {}
        taken = dict(list(item.entries.items())[:MAX_UNKNOWN])
        for key, entry in taken.items():
            if not _LANGUAGE.fullmatch(key):
                self.fault(
                    entry,
                    _("%(key)s is not a language", key=repr(key[:60])),
                    _("two letters, such as en or nl"),
                )
        if len(item.entries) > MAX_UNKNOWN:
            self.fault(
                item,
                _("%(count)s languages", count=f"{len(item.entries):,}"),
                _("at most %(most)s languages", most=MAX_UNKNOWN),
            )
        return {key: self.text(entry) for key, entry in taken.items()}

    def month(self, item: Item | None) -> Month:
        stand_in = Month(2000, 1)
        if item is None:
            return stand_in
        try:
            return Month.parse(item.text or "")
        except MonthUnreadable:
            self.fault(item, item.what, _('a month is needed, written as "2026-01"'))
            return stand_in

    def whole(self, item: Item | None, low: int, high: int, default: int) -> int:
        if item is None:
            return default
        text = item.text or ""
        if _WHOLE.fullmatch(text) and low <= int(text) <= high:
            return int(text)
        self.fault(
            item,
            item.what,
            _("a whole number from %(low)s to %(high)s is needed", low=low, high=high),
        )
        return default

    def number(self, item: Item | None, low: int, high: int) -> Decimal:
        if item is None:
            return Decimal(1)
        text = item.text or ""
        if _NUMBER.fullmatch(text) and low < Decimal(text) <= high:
            return Decimal(text)
        self.fault(
            item,
            item.what,
            _(
                "a number above %(low)s up to %(high)s is needed, with a decimal point",
                low=low,
                high=high,
            ),
        )
        return Decimal(1)

    def whole_numbers(self, item: Item | None, low: int, high: int) -> tuple[int, ...]:
        """A list such as `[5, 12]`, each number once."""
        if item is None:
            return ()
        if not item.items:
            self.fault(item, item.what, _("a list of numbers is needed, such as [5, 12]"))
            return ()
        numbers: list[int] = []
        for each in item.items[: high - low + 2]:
            number = self.whole(each, low, high, low - 1)
            if number in numbers:
                self.fault(each, _("%(number)s again", number=number), _("give it once"))
            elif number >= low:
                numbers.append(number)
        return tuple(numbers)

    def yes_no(self, item: Item | None, default: bool) -> bool:
        return self.choice(item, ("yes", "no"), "yes" if default else "no") == "yes"

    def choice(self, item: Item | None, options: Collection[str], default: str) -> str:
        if item is None or item.text in options:
            return default if item is None else str(item.text)
        self.fault(item, item.what, nearest(item.text or "", options, closed=True))
        return default

    def member(self, item: Item | None, options: type[E], default: E) -> E:
        return options(self.choice(item, [each.value for each in options], default))


def nearest(found: str, known: Collection[str], *, closed: bool = False) -> Said:
    """The one that was meant, perhaps, else all of them; `closed`: it must be one of them."""
    near = get_close_matches(found[:60], list(known), n=1)
    if near:
        return _("did you mean %(near)s?", near=repr(near[0]))
    if closed:
        return _("one of: %(words)s", words=", ".join(known))
    return _("known here: %(keys)s", keys=", ".join(known))
