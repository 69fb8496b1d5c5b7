"""What a document says of products and of leaving: the settings that are plain words."""

from __future__ import annotations

from collections.abc import Mapping

from ideals.kernel.formula import Kind
from ideals.kernel.said import say as _
from ideals.schemes.rules.document import Item
from ideals.schemes.rules.scheme import HourRounding, Leaving
from ideals.schemes.rules.values import Values

PRODUCT_FORMULAS = {
    "price": Kind.NUMBER,
    "sell_price": Kind.NUMBER,
    "minimum": Kind.NUMBER,
    "maximum": Kind.NUMBER,
    "eligible": Kind.YES_NO,
}
PRODUCT_WORDS = {
    "kind": (
        "pay_out",
        "leave",
        "savings",
        "development",
        "keep",
        "bicycle",
        "lease_car",
        "union_dues",
        "pension",
        "other",
    ),
    "unit": ("hour", "day", "euro", "piece"),
    "price_moment": ("order", "month", "january", "january_salary"),
    "resale": ("never", "granted_only", "bought_only", "always"),
}
PRODUCT_KEYS = (
    *PRODUCT_WORDS,
    "step",
    *PRODUCT_FORMULAS,
    "limit",
    "name",
    "note",
    "justification",
)
LIMIT_KEYS = ("per", "amount", "round", "years")
LEFT_OVER_KEYS = ("at_most",)
LEAVING_WORDS = {
    "rest": ("pay",),
    "unused_bought": ("reverse_at_price_paid", "pay_at_value_today"),
    "debt": ("set_off", "waive_on_death"),
}


def read_product_settings(
    values: Values, item: Item, entries: Mapping[str, Item]
) -> tuple[str, dict[str, str]]:
    """The kind, and the other words by key."""
    words = {
        key: values.choice(entries[key], options, options[0])
        for key, options in PRODUCT_WORDS.items()
        if key in entries
    }
    if "step" in entries:
        words["step"] = str(values.number(entries["step"], 0, 1_000_000))
    kind = words.pop("kind", "other")
    if kind == "leave" and "price" not in entries:
        values.fault(item, _("leave without a price"), _("give `price`, a formula for one unit"))
    return kind, words


def read_limit_settings(values: Values, item: Item) -> tuple[Mapping[str, Item], str, str, int]:
    """The entries, `per`, the rounding and the number of years."""
    entries = values.keys(item, LIMIT_KEYS, ("per", "amount"))
    per = values.choice(entries.get("per"), ("order", "month", "year", "years"), "year")
    rounding = values.choice(
        entries.get("round"), [each.value for each in HourRounding], HourRounding.DOWN
    )
    if per == "years" and "years" not in entries:
        values.fault(item, _("per: years without a number"), _("add `years: 3`"))
    return entries, per, rounding, values.whole(entries.get("years"), 1, 10, 1)


def read_leaving(values: Values, item: Item | None) -> Leaving:
    entries = values.keys(item, tuple(LEAVING_WORDS)) if item is not None else {}
    words = {
        key: values.choice(entries.get(key), options, options[0])
        for key, options in LEAVING_WORDS.items()
    }
    return Leaving(**words)
