"""The form of a price rule: from what was typed to plain data, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext
from werkzeug.datastructures import MultiDict

from ideals.kernel.formula import FormulaRefused, Kind, compile_formula
from ideals.pricing.pages.condition_fields import (
    MOST_ROWS,
    SIGNS,
    TypedRow,
    row_typed,
    shown,
    values_shown,
)
from ideals.pricing.queries.prices import ANY_NAMES
from ideals.pricing.steering.conditions import rows_of, source_of
from ideals.schemes.pages.example import typed_number
from ideals.schemes.rules.document import Fault
from ideals.web import formats
from ideals.web.language import LANGUAGES, language

EVERYBODY, CHOICES, FORMULA = "everybody", "choices", "formula"
WHOM: Mapping[str, LazyString] = {
    EVERYBODY: lazy_gettext("everybody"),
    CHOICES: lazy_gettext("those for whom this holds"),
    FORMULA: lazy_gettext("those for whom a formula holds"),
}
HOW: Mapping[str, LazyString] = {
    "percent-": lazy_gettext("percent less"),
    "percent+": lazy_gettext("percent more"),
    "amount-": lazy_gettext("euros a unit less"),
    "amount+": lazy_gettext("euros a unit more"),
    "fixed": lazy_gettext("euros a unit, whatever it was"),
    "floor": lazy_gettext("euros a unit at least"),
    "cap": lazy_gettext("euros a unit at most"),
}
Sent = MultiDict[str, str]


@dataclass(slots=True)
class Fields:
    """What stands in the form. `errors`: by the ids of its fields."""

    code: str = ""
    name: dict[str, str] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    scheme: str = ""
    products: list[str] = field(default_factory=list)
    from_month: str = ""
    through_month: str = ""
    how: str = "percent-"
    value: str = ""
    whom: str = EVERYBODY
    joined: str = "and"
    rows: list[TypedRow] = field(default_factory=list)
    condition: str = ""
    order: str = ""
    combines: bool = True
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)


# From plain data ------------------------------------------------------------------------------


def fields_of(plain: Mapping[str, Any]) -> Fields:
    change = plain.get("change") or {}
    kind, value = change.get("kind", "percent"), str(change.get("value", ""))
    below = value.startswith("-")
    made = Fields(
        code=plain.get("code", ""),
        name=dict(plain.get("name") or {}),
        says=dict(plain.get("says") or {}),
        scheme=plain.get("scheme", ""),
        products=list(plain.get("products") or ()),
        from_month=plain.get("from_month", ""),
        through_month=plain.get("through_month", ""),
        how=kind + ("-" if below else "+") if kind in ("percent", "amount") else kind,
        value=shown(value.removeprefix("-")),
        condition=plain.get("condition", ""),
        order=str(plain.get("order", "")),
        combines=bool(plain.get("combines", True)),
        reason=plain.get("reason", ""),
    )
    _choose(made)
    return made


def _choose(made: Fields) -> None:
    """As rows where the condition can be built of them."""
    if not made.condition:
        return
    made.whom = FORMULA
    try:
        formula = compile_formula(made.condition, ANY_NAMES, wanted=Kind.YES_NO)
    except FormulaRefused:
        return
    found = rows_of(formula)
    if found is not None and len(found[1]) <= MOST_ROWS:
        made.whom, made.joined = CHOICES, found[0]
        made.rows = [TypedRow(row.name, row.sign, values_shown(row)) for row in found[1]]


# From what was typed --------------------------------------------------------------------------


def sent_fields(sent: Sent) -> Fields:
    def typed(name: str, most: int = 2_000) -> str:
        return sent.get(name, "").strip()[:most]

    return Fields(
        code=typed("code"),
        name=_texts(sent, "name"),
        says=_texts(sent, "says"),
        scheme=typed("scheme"),
        products=sent.getlist("products"),
        from_month=typed("from_month"),
        through_month=typed("through_month"),
        how=typed("how") if typed("how") in HOW else "percent-",
        value=typed("value"),
        whom=typed("whom") if typed("whom") in WHOM else EVERYBODY,
        joined="or" if typed("joined") == "or" else "and",
        rows=[
            TypedRow(
                typed(f"rows-{place}-name"),
                typed(f"rows-{place}-sign") if typed(f"rows-{place}-sign") in SIGNS else ">=",
                typed(f"rows-{place}-value"),
            )
            for place in range(MOST_ROWS)
            if f"rows-{place}-name" in sent
        ],
        condition=typed("condition"),
        order=typed("order"),
        combines=typed("combines") != "no",
        reason=typed("reason"),
    )


def _texts(sent: Sent, name: str) -> dict[str, str]:
    found = {code: sent.get(f"{name}-{code}", "").strip() for code in LANGUAGES}
    return {code: text for code, text in found.items() if text}


def plain_of(typed: Fields) -> dict[str, Any]:
    """What was typed as a rule; what is missing or wrong goes into `typed.errors`."""
    kind, sign = typed.how.rstrip("+-"), "-" if typed.how.endswith("-") else ""
    number = typed_number(typed.value, language())
    if number is None or not number:
        typed.errors["value"] = gettext("Give a number above 0, such as 15 or 2.50.")
    if typed.whom == EVERYBODY:
        typed.condition = ""
    elif typed.whom == CHOICES:
        typed.condition = _condition(typed)
    elif not typed.condition:
        typed.errors["condition"] = gettext("Write the formula, or choose everybody.")
    _missing(typed)
    return {
        "code": typed.code or code_of(typed.name),
        "name": dict(typed.name),
        "says": dict(typed.says),
        "products": list(typed.products),
        "scheme": typed.scheme,
        "from_month": typed.from_month,
        "through_month": typed.through_month,
        "condition": typed.condition,
        "change": {"kind": kind, "value": f"{sign}{number:f}" if number else ""},
        "order": int(typed.order) if re.fullmatch(r"[0-9]{1,6}", typed.order) else typed.order,
        "combines": typed.combines,
        "reason": typed.reason,
    }


def _missing(typed: Fields) -> None:
    """In words for who fills the form in; what is there but wrong the reading of rules says."""
    if not typed.name:
        typed.errors["name-nl"] = gettext("Give it a name.")
    if not typed.says:
        typed.errors["says-nl"] = gettext("Say in a sentence why the price is another.")
    if not typed.products:
        typed.errors["products"] = gettext("Choose at least one product.")
    if not typed.from_month:
        typed.errors["from_month"] = gettext("Choose the first month.")
    if not typed.order:
        typed.errors["order"] = gettext("Give a whole number: the lower comes first.")


def code_of(name: Mapping[str, str]) -> str:
    """A code made of a name: `quiet_season`."""
    text = (name.get("en") or next(iter(name.values()), "")).lower()
    return re.sub(r"[^a-z0-9]+", "_", text).strip("_")[:40]


def _condition(typed: Fields) -> str:
    rows = [
        row_typed(row, f"rows-{place}-value", typed.errors)
        for place, row in enumerate(typed.rows)
        if row.name
    ]
    whole = [row for row in rows if row is not None]
    if not rows:
        typed.errors["rows"] = gettext("Choose what has to hold, or choose everybody.")
    return source_of(typed.joined, whole)


# Faults beside fields -------------------------------------------------------------------------

_FIELDS = {"name": "name-nl", "says": "says-nl", "change": "value"}


def put_faults(typed: Fields, faults: Iterable[Fault]) -> None:
    """Beside their fields; where something is said already, that stays."""
    for fault in faults:
        key = re.split(r"[.\[]", fault.path)[0]
        at = _FIELDS.get(key, key)
        if key == "condition" and typed.whom == CHOICES:
            at = "rows"
            if any(each.startswith("rows") for each in typed.errors):
                continue
        found, right = formats.said(fault.found), formats.said(fault.expected)
        typed.errors.setdefault(at, f"{found}: {right}." if right else f"{found}.")
