"""A price rule from plain data, or all that is wrong with it; and back again."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from ideals.kernel.formula import Formula, FormulaRefused, Kind, Names, compile_formula
from ideals.kernel.month import Month
from ideals.kernel.said import say as _
from ideals.pricing.steering.texts import OWN_STEPS, ChangeKind, RuleText
from ideals.schemes.rules.catalogue import fact_named
from ideals.schemes.rules.document import Fault, Item
from ideals.schemes.rules.formulas import short
from ideals.schemes.rules.values import Values, nearest

REQUIRED = (
    "code", "name", "says", "products", "scheme", "from_month", "change", "order", "combines",
)  # fmt: skip
KEYS = (*REQUIRED, "through_month", "condition", "reason")
CHANGE_KEYS = ("kind", "value")
MOST_PRODUCTS = 100
LAST_ORDER = 9_999
LAST_MONTH = Month(2199, 12)
"""Months after it are still months: pages look a year further."""
MOST_PERCENT = Decimal(1_000)
MOST_EUROS = Decimal(1_000_000)
_CODE = re.compile(r"[a-z0-9_]{1,40}")
_DECIMAL = re.compile(r"-?[0-9]{1,7}(\.[0-9]{1,6})?")
_LEAST_PERCENT = Decimal(-100)


def read(
    plain: Mapping[str, Any], facts: Names, *, sold: Collection[str] | None = None
) -> RuleText | list[Fault]:
    """`facts`: what conditions may name. `sold`: the products of the scheme, where they are known.

    Faults have the path of the key and no line.
    """
    return _Reading(plain, facts, sold).rule()


def plain_of(rule: RuleText) -> dict[str, Any]:
    """What `read` makes the same rule of."""
    return {
        "code": rule.code,
        "name": dict(rule.name),
        "says": dict(rule.says),
        "products": list(rule.products),
        "scheme": rule.scheme,
        "from_month": str(rule.from_month),
        "through_month": "" if rule.through_month is None else str(rule.through_month),
        "condition": "" if rule.condition is None else rule.condition.source,
        "change": {"kind": rule.kind.value, "value": str(rule.value)},
        "order": rule.order,
        "combines": rule.combines,
        "reason": rule.reason,
    }


def _item(path: str, value: object) -> Item:
    """Plain data as the readers of documents take it. What is neither text, whole number, yes or
    no, mapping nor list is nothing: a price is no float."""
    if isinstance(value, Mapping):
        entries = {str(key): _item(f"{path}.{key}", each) for key, each in value.items()}
        return Item(path, 0, entries=entries)
    if isinstance(value, list | tuple):
        items = [_item(f"{path}[{place}]", each) for place, each in enumerate(value)]
        return Item(path, 0, items=items)
    if isinstance(value, bool):
        return Item(path, 0, "yes" if value else "no")
    return Item(path, 0, str(value) if isinstance(value, str | int) else "")


class _Reading:
    """One pass over one rule."""

    def __init__(
        self, plain: Mapping[str, Any], facts: Names, sold: Collection[str] | None
    ) -> None:
        entries = {str(key): _item(str(key), value) for key, value in plain.items()}
        self.root = Item("", 0, entries=entries)
        self.facts = facts
        self.sold = sold
        self.values = Values()

    def rule(self) -> RuleText | list[Fault]:
        values = self.values
        entries = values.keys(self.root, KEYS, REQUIRED)
        first, last = self._months(entries)
        kind, value = self._change(entries.get("change"))
        reason = self._optional(entries.get("reason"))
        condition = self._condition(entries.get("condition"), reason)
        rule = RuleText(
            code=self._code(entries.get("code")),
            name=values.names(entries.get("name")),
            says=values.names(entries.get("says")),
            products=self._products(entries.get("products")),
            scheme=values.scheme_code(entries.get("scheme")),
            from_month=first,
            through_month=last,
            condition=condition,
            kind=kind,
            value=value,
            order=values.whole(entries.get("order"), 0, LAST_ORDER, 0),
            combines=values.yes_no(entries.get("combines"), True),
            reason=reason,
            reads=() if condition is None else condition.names,
        )
        return values.faults or rule

    def _code(self, item: Item | None) -> str:
        code = (item and item.text) or ""
        if item is None:
            return code
        if not _CODE.fullmatch(code):
            right = _("a code is small letters, digits and _, at most 40 long")
            self.values.fault(item, item.what, right)
        elif code in OWN_STEPS:
            self.values.fault(
                item, _("%(code)s names a step of every price", code=repr(code)), _("another code")
            )
        return code

    def _products(self, item: Item | None) -> tuple[str, ...]:
        if item is None:
            return ()
        values = self.values
        if not item.items or len(item.items) > MOST_PRODUCTS:
            right = _("from 1 to %(most)s codes of products, as a list", most=MOST_PRODUCTS)
            values.fault(item, item.what, right)
            return ()
        codes: list[str] = []
        for each in item.items:
            code = values.text(each)
            if code in codes:
                values.fault(each, _("%(code)s again", code=repr(code)), _("give it once"))
            elif code and self.sold is not None and code not in self.sold:
                found = _("%(code)s, which the scheme does not sell", code=repr(code[:60]))
                values.fault(each, found, nearest(code, self.sold, closed=True))
            codes.append(code)
        return tuple(codes)

    def _months(self, entries: Mapping[str, Item]) -> tuple[Month, Month | None]:
        values = self.values
        first = self._month(entries.get("from_month"))
        item = entries.get("through_month")
        if item is None or item.text == "":
            return first, None
        last = self._month(item)
        if last < first and not values.faults:
            values.fault(
                item,
                _("%(last)s, before %(first)s", last=last, first=first),
                _("the last month comes after the first"),
            )
        return first, last

    def _month(self, item: Item | None) -> Month:
        month = self.values.month(item)
        if item is not None and month > LAST_MONTH:
            right = _(
                "a month through %(last)s; a rule without an end has no last", last=LAST_MONTH
            )
            self.values.fault(item, item.what, right)
        return month

    def _optional(self, item: Item | None) -> str:
        return self.values.text(item) if item is not None and item.text != "" else ""

    # The change -----------------------------------------------------------------------------

    def _change(self, item: Item | None) -> tuple[ChangeKind, Decimal]:
        entries = self.values.keys(item, CHANGE_KEYS, CHANGE_KEYS) if item is not None else {}
        named, item = entries.get("kind"), entries.get("value")
        kind = self.values.member(named, ChangeKind, ChangeKind.PERCENT)
        if item is None or named is None or named.text != kind:
            return kind, Decimal(0)
        text = item.text or ""
        if not _DECIMAL.fullmatch(text):
            right = _("a number with a decimal point, such as -15 or 2.50")
            self.values.fault(item, item.what, right)
            return kind, Decimal(0)
        value = Decimal(text)
        wrong = _wrong_value(kind, value)
        if wrong:
            self.values.fault(item, text, wrong)
        return kind, value

    # The condition --------------------------------------------------------------------------

    def _condition(self, item: Item | None, reason: str) -> Formula | None:
        if item is None or item.text == "":
            return None
        if item.text is None:
            self.values.fault(item, item.what, _("a formula is needed here"))
            return None
        try:
            formula = compile_formula(item.text, self.facts, wanted=Kind.YES_NO)
        except FormulaRefused as refused:
            self._refused(item, item.text, refused)
            return None
        text = short(item.text)
        if not formula.names:
            self.values.fault(
                item,
                _("the formula %(text)s, which reads no fact", text=text),
                _("compare a fact or an indicator, or leave it empty: then it is for everybody"),
            )
        for name in formula.names:
            fact = fact_named(name)
            if fact is not None and fact.justify and not reason:
                self.values.fault(
                    item,
                    _("the fact %(name)s outside components", name=repr(name)),
                    _("say why in `reason`"),
                )
        return formula

    def _refused(self, item: Item, source: str, refused: FormulaRefused) -> None:
        for problem in refused.problems:
            place = _("character %(column)s", column=problem.column)
            if problem.line > 1:
                place = _("line %(line)s of the formula, %(place)s", line=problem.line, place=place)
            message = problem.message
            if "'gender'" in message or "'sex'" in message:
                message = _("gender is never a fact of a formula")
            found = _("the formula %(text)s at %(place)s", text=short(source), place=place)
            self.values.fault(item, found, message)


def _wrong_value(kind: ChangeKind, value: Decimal) -> str:
    """What would be right, or nothing."""
    if kind is ChangeKind.PERCENT:
        if not _LEAST_PERCENT < value <= MOST_PERCENT or not value:
            return _(
                "a percentage above -100, up to %(most)s, and not 0: -15 takes 15%% off",
                most=MOST_PERCENT,
            )
    elif value != value.quantize(Decimal("0.01")):
        return _("euros for one unit to the cent")
    elif kind is ChangeKind.AMOUNT:
        if not value or abs(value) > MOST_EUROS:
            return _(
                "euros for one unit, at most %(most)s, and not 0: -2.50 takes 2.50 off",
                most=f"{MOST_EUROS:,}",
            )
    elif not 0 < value <= MOST_EUROS:
        return _("euros for one unit, above 0 and up to %(most)s", most=f"{MOST_EUROS:,}")
    return ""
