"""The values that policies have beside those of every document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ideals.kernel.said import say as _
from ideals.schemes.rules.document import Item
from ideals.schemes.rules.values import Values

_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%")
_STAND_IN_DAY = date(2000, 1, 1)


@dataclass(slots=True)
class PolicyValues(Values):
    """The values that only policies have."""

    def day(self, item: Item | None) -> date:
        if item is None:
            return _STAND_IN_DAY
        text = item.text or ""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text:
            self.fault(item, item.what, _('a day is needed, written as "2026-12-01"'))
            return _STAND_IN_DAY
        return day

    def share(self, item: Item | None) -> Decimal:
        if item is None:
            return Decimal(1)
        match = _PERCENT.fullmatch(item.text or "")
        if match is None or Decimal(match[1]) > 100:
            self.fault(
                item,
                item.what,
                _(
                    "a percentage from %(low)s to %(high)s is needed, written as %(example)s",
                    low="0%",
                    high="100%",
                    example="10%",
                ),
            )
            return Decimal(1)
        return Decimal(match[1]).scaleb(-2)

    def code(self, item: Item | None) -> str:
        code = self.text(item)
        if item is not None and code and not _CODE.fullmatch(code):
            self.fault(
                item,
                _("%(key)s is not a code", key=repr(code[:60])),
                _("a code is small letters, digits and _, starts with a letter, at most 40 long"),
            )
        return code

    def listed(self, item: Item | None, most: int, empty: str) -> list[Item]:
        """What stands in a list; `empty`: what would be right when nothing does."""
        if item is None:
            return []
        if not item.items:
            self.fault(item, item.what, empty)
            return []
        if len(item.items) > most:
            self.fault(
                item.items[most],
                _("%(count)s in this list", count=f"{len(item.items):,}"),
                _("at most %(most)s", most=most),
            )
        return item.items[:most]

    def number_of_person(self, item: Item) -> str:
        text = item.text or ""
        if not _NUMBER.fullmatch(text):
            self.fault(item, item.what, _("a personnel number is needed"))
        return text
