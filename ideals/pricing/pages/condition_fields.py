"""One comparison of a condition: from what was typed, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import LazyString, gettext, lazy_gettext

from ideals.kernel.formula import Kind, Value
from ideals.pricing.queries.prices import ANY_NAMES
from ideals.pricing.steering.conditions import Row
from ideals.schemes.pages.example import typed_number
from ideals.web import formats
from ideals.web.language import language

SIGNS: Mapping[str, LazyString] = {
    ">=": lazy_gettext("is at least"),
    "<=": lazy_gettext("is at most"),
    "<": lazy_gettext("is less than"),
    ">": lazy_gettext("is more than"),
    "==": lazy_gettext("is"),
    "!=": lazy_gettext("is not"),
    "in": lazy_gettext("is one of"),
    "not in": lazy_gettext("is none of"),
}
MOST_ROWS = 20
_SEVERAL = ("in", "not in")


@dataclass(slots=True)
class TypedRow:
    """One comparison as it was typed."""

    name: str = ""
    sign: str = ">="
    value: str = ""


def values_shown(row: Row) -> str:
    return "; ".join(shown(each) for each in row.values)


def shown(value: Value) -> str:
    """As it is typed in the reader's language."""
    if isinstance(value, Decimal):
        value = format(value.normalize(), "f") if value else "0"
    elif not re.fullmatch(r"[0-9.]*", str(value)):
        return str(value)
    return str(value).replace(".", ",") if language() == "nl" else str(value)


def row_typed(row: TypedRow, at: str, errors: dict[str, str]) -> Row | None:
    """`None`, and an error: its value is none."""
    kind = ANY_NAMES.kind(row.name)
    several = row.sign in _SEVERAL
    texts = [each.strip() for each in re.split(r";|,\s", row.value)] if several else [row.value]
    if kind is Kind.TEXT:
        values: list[Value | None] = [_text(each) for each in texts if each]
    else:
        values = [typed_decimal(each) for each in texts if each]
    found = [each for each in values if each is not None]
    if not found or len(found) < len(values):
        errors[at] = (
            gettext("Give the text to compare with, without quotes.")
            if kind is Kind.TEXT
            else gettext("Give a number, such as 85 or 0.8.")
        )
        return None
    if kind is Kind.TEXT and row.sign in (">", ">=", "<", "<="):
        errors[at] = gettext("A text can only be something or not: it is not more or less.")
        return None
    return Row(row.name, row.sign, tuple(found))


def _text(typed: str) -> str | None:
    return None if "'" in typed.strip("'") else typed.strip("'")


def typed_decimal(typed: str) -> Decimal | None:
    """A number as people type it, below zero as well; `None`: it is none."""
    below = typed.startswith(("-", formats.MINUS))
    found = typed_number(typed[1:] if below else typed, language())
    return -found if below and found is not None else found
