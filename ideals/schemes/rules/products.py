"""What a document says of products and of leaving, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ideals.kernel.formula import Formula
from ideals.kernel.said import say as _
from ideals.schemes.rules.catalogue import Use
from ideals.schemes.rules.days import Deadline
from ideals.schemes.rules.document import Item
from ideals.schemes.rules.formulas import Formulas, stand_in
from ideals.schemes.rules.product import (
    LEAVE_KINDS,
    USUAL,
    USUAL_STEP,
    Cancellation,
    Commitment,
    Counts,
    Group,
    Limit,
    NeedsApproval,
    OnLeaving,
    Opening,
    PaidFrom,
    Per,
    Picture,
    PriceMoment,
    Product,
    ProductKind,
    ProductUnit,
    Quota,
    Resale,
    TaxTreatment,
)
from ideals.schemes.rules.rounding import HourRounding
from ideals.schemes.rules.scheme import (
    Debt,
    LeaveRules,
    Leaving,
    UnusedBought,
)
from ideals.schemes.rules.sense import Sense
from ideals.schemes.rules.values import Values

PRODUCT_FORMULAS = (
    "price",
    "sell_price",
    "unit_hours",
    "minimum",
    "maximum",
    "eligible",
    "addition",
)
PRODUCT_WORDS = {
    "kind": ProductKind,
    "unit": ProductUnit,
    "price_moment": PriceMoment,
    "resale": Resale,
    "tax": TaxTreatment,
    "cancellation": Cancellation,
    "approval": NeedsApproval,
    "paid_from": PaidFrom,
    "group": Group,
    "picture": Picture,
}
PRODUCT_KEYS = (
    *PRODUCT_WORDS,
    "name",
    "text",
    "note",
    "justification",
    "step",
    *PRODUCT_FORMULAS,
    "not_eligible",
    "opens",
    "limit",
    "deadline",
    "evidence",
    "quota",
    "months_ahead",
    "instalments",
    "term",
    "lowers_pension",
)
LIMIT_KEYS = ("per", "amount", "round", "years", "counts", "times")
LEAVING_WORDS = {"rest": ("pay",), "unused_bought": UnusedBought, "debt": Debt}
MOST_LIMITS = 10
MOST_MONTHS_AHEAD = 12
LARGEST_STEP = 1_000_000
HOURS_OF_A_DAY = "full_time_hours / 5"
"""When the document does not say."""


def read_leaving(values: Values, item: Item | None) -> Leaving:
    entries = values.keys(item, tuple(LEAVING_WORDS)) if item is not None else {}
    return Leaving(
        values.choice(entries.get("rest"), ("pay",), "pay"),
        values.member(entries.get("unused_bought"), UnusedBought, UnusedBought.AT_PRICE_PAID),
        values.member(entries.get("debt"), Debt, Debt.SET_OFF),
    )


def read_leave(values: Values, item: Item | None) -> LeaveRules:
    """The law's terms, or longer ones."""
    usual = LeaveRules()
    entries = values.keys(item, ("statutory_months", "extra_years")) if item is not None else {}
    return LeaveRules(
        values.whole(entries.get("statutory_months"), 6, 60, usual.statutory_months),
        values.whole(entries.get("extra_years"), 1, 50, usual.extra_years),
    )


def read_deadline(values: Values, item: Item) -> Deadline:
    """`{day: 15}`, `{last_day: previous_month}`, `{day: 1, months_before: 2}` and
    `{day: 30, month: 11}`."""
    entries = values.keys(item, ("day", "last_day", "months_before", "month"))
    if "last_day" in entries:
        values.choice(entries["last_day"], ("previous_month",), "previous_month")
        for key in ("day", "months_before", "month"):
            if key in entries:
                values.fault(
                    entries[key], _("%(key)s beside last_day", key=key), _("give one of the two")
                )
        return Deadline(day=31, months_before=1)
    if entries and "day" not in entries:
        values.fault(item, _("no day"), _("{day: 15} or {last_day: previous_month} is needed"))
    if "month" in entries and "months_before" in entries:
        values.fault(entries["month"], _("month beside months_before"), _("give one of the two"))
    month = values.whole(entries.get("month"), 1, 12, 0)
    return Deadline(
        values.whole(entries.get("day"), 1, 31, 31),
        values.whole(entries.get("months_before"), 0, 11, 0),
        month or None,
    )


class ProductReader:
    """Reads the products of one document. What a kind usually has stands in `USUAL`."""

    def __init__(self, values: Values, formulas: Formulas) -> None:
        self.values = values
        self.formulas = formulas

    def read(self, code: str, item: Item) -> Product:
        values = self.values
        entries = values.keys(item, PRODUCT_KEYS, ("kind",))
        kind = values.member(entries.get("kind"), ProductKind, ProductKind.OTHER)
        usual = USUAL[kind]
        unit = values.member(entries.get("unit"), ProductUnit, usual.unit)
        justification = values.text(entries.get("justification"))
        formulas = self._formulas(entries, justification)
        if unit is ProductUnit.DAY and kind in LEAVE_KINDS and "unit_hours" not in entries:
            formulas["unit_hours"] = self.formulas.of_ours(HOURS_OF_A_DAY)
        product = Product(
            code=code,
            kind=kind,
            names=values.names(entries.get("name")),
            texts=values.names(entries.get("text")),
            note=values.text(entries.get("note")),
            picture=values.member(entries.get("picture"), Picture, usual.picture),
            group=values.member(entries.get("group"), Group, usual.group),
            unit=unit,
            step=self._step(entries.get("step"), unit),
            unit_hours=formulas.get("unit_hours"),
            price=formulas.get("price"),
            sell_price=formulas.get("sell_price"),
            price_moment=values.member(entries.get("price_moment"), PriceMoment, PriceMoment.ORDER),
            minimum=formulas.get("minimum"),
            maximum=formulas.get("maximum"),
            eligible=formulas.get("eligible"),
            not_eligible=values.names(entries.get("not_eligible")),
            opens=self._opening(entries.get("opens")),
            limits=self._limits(entries.get("limit"), unit, justification),
            deadline=(
                read_deadline(values, entries["deadline"]) if "deadline" in entries else None
            ),
            evidence=values.names(entries.get("evidence")),
            approval=values.member(entries.get("approval"), NeedsApproval, NeedsApproval.NONE),
            cancellation=values.member(
                entries.get("cancellation"), Cancellation, Cancellation.UNTIL_DEADLINE
            ),
            resale=values.member(entries.get("resale"), Resale, Resale.NEVER),
            quota=self._quota(entries.get("quota")),
            months_ahead=values.whole(entries.get("months_ahead"), 0, MOST_MONTHS_AHEAD, 0),
            commitment=self._commitment(entries),
            tax=values.member(entries.get("tax"), TaxTreatment, usual.tax),
            addition=formulas.get("addition"),
            paid_from=values.member(entries.get("paid_from"), PaidFrom, PaidFrom.BUDGET),
            lowers_pension=values.yes_no(entries.get("lowers_pension"), usual.lowers_pension),
            justification=justification,
        )
        if "kind" in entries and entries["kind"].text == kind:
            Sense(values, product, item, entries).check()
        return product

    def _formulas(self, entries: Mapping[str, Item], justification: str) -> dict[str, Formula]:
        made: dict[str, Formula | None] = {}
        for key in PRODUCT_FORMULAS:
            entry = entries.get(key)
            if key == "addition":
                made[key] = self.formulas.of_price(entry, justification)
            elif key == "eligible":
                made[key] = self.formulas.condition(entry, Use.PRODUCTS, justification)
            else:
                made[key] = self.formulas.compile(entry, Use.PRODUCTS, justification)
        return {key: formula for key, formula in made.items() if formula is not None}

    def _step(self, item: Item | None, unit: ProductUnit) -> Decimal:
        """Units come in whole cents, whole minutes and whole pieces."""
        usual = USUAL_STEP[unit]
        if item is None:
            return usual
        step = self.values.number(item, 0, LARGEST_STEP)
        whole, right = {
            ProductUnit.EURO: (step * 100, _("whole cents, such as 0.01 or 10")),
            ProductUnit.HOUR: (step * 60, _("whole minutes, such as 1, 0.5 or 0.25")),
            ProductUnit.DAY: (step * 4, _("whole quarters of a day, such as 1, 0.5 or 0.25")),
            ProductUnit.PIECE: (step, _("whole pieces")),
        }[unit]
        if whole != whole.to_integral_value():
            self.values.fault(item, _("a step of %(step)s", step=step), right)
        return step

    def _opening(self, item: Item | None) -> Opening | None:
        if item is None:
            return None
        values = self.values
        entries = values.keys(item, ("first", "last", "months"))
        if not entries and item.entries is not None:
            values.fault(item, item.what, _('{first: "2026-01"} or {months: [5, 12]} is needed'))
        first, last = (
            values.month(entries[key]) if key in entries else None for key in ("first", "last")
        )
        if first is not None and last is not None and last < first:
            values.fault(
                entries["last"],
                _("%(last)s, before %(first)s", last=last, first=first),
                _("the last month comes after the first"),
            )
        opening = Opening(first, last, values.whole_numbers(entries.get("months"), 1, 12))
        if first is not None and last is not None and first <= last and not opening.next(first):
            values.fault(
                item,
                _("an opening without a month"),
                _("one of `months` lies between the first and the last"),
            )
        return opening

    def _limits(
        self, item: Item | None, unit: ProductUnit, justification: str
    ) -> tuple[Limit, ...]:
        if item is None:
            return ()
        if item.items is None:
            return (self._limit(item, unit, justification),)
        if not 1 <= len(item.items) <= MOST_LIMITS:
            self.values.fault(
                item,
                _("%(count)s limits", count=len(item.items)),
                _("from 1 to %(most)s limits", most=MOST_LIMITS),
            )
        return tuple(self._limit(each, unit, justification) for each in item.items[:MOST_LIMITS])

    def _limit(self, item: Item, unit: ProductUnit, justification: str) -> Limit:
        values = self.values
        entries = values.keys(item, LIMIT_KEYS, ("per",))
        per = values.member(entries.get("per"), Per, Per.YEAR)
        if per is Per.YEARS and "years" not in entries:
            values.fault(item, _("per: years without a number"), _("add `years: 3`"))
        if per is Per.ORDER and "times" in entries:
            values.fault(
                entries["times"],
                _("times in one order"),
                _("times go with a month, a year, years or the employment"),
            )
        if "per" in entries and "amount" not in entries and "times" not in entries:
            values.fault(item, _("a limit of nothing"), _("give `amount`, `times` or both"))
        in_units = unit in (ProductUnit.HOUR, ProductUnit.DAY)
        counts = values.member(
            entries.get("counts"), Counts, Counts.QUANTITY if in_units else Counts.EURO
        )
        if unit is ProductUnit.EURO:
            counts = Counts.EURO
        if counts is Counts.EURO and "round" in entries:
            values.fault(
                entries["round"], _("round beside euros"), _("euros are counted to the cent")
            )
        formula = self.formulas.compile(entries.get("amount"), Use.PRODUCTS, justification)
        if formula is None and "amount" in entries:
            formula = stand_in()
        times = values.whole(entries.get("times"), 1, 1_000, 0)
        return Limit(
            per,
            formula,
            values.member(entries.get("round"), HourRounding, HourRounding.DOWN),
            counts,
            values.whole(entries.get("years"), 1, 10, 1),
            times or None,
        )

    def _quota(self, item: Item | None) -> Quota | None:
        if item is None:
            return None
        entries = self.values.keys(item, ("per", "amount"), ("per", "amount"))
        words = (Per.MONTH.value, Per.YEAR.value)
        return Quota(
            Per(self.values.choice(entries.get("per"), words, Per.YEAR.value)),
            self.values.number(entries.get("amount"), 0, 1_000_000_000),
        )

    def _commitment(self, entries: Mapping[str, Item]) -> Commitment | None:
        """`instalments: 24`, `term: 48`, or the same with `months`, `early_end` and `leaving`."""
        key = "instalments" if "instalments" in entries else "term"
        item = entries.get(key)
        if item is None:
            return None
        divided = key == "instalments"
        leaving = OnLeaving.PAY_REST if divided else OnLeaving.END
        values = self.values
        if item.entries is None:
            return Commitment(values.whole(item, 2, 120, 2), divided, False, leaving)
        inner = values.keys(item, ("months", "early_end", "leaving"), ("months",))
        return Commitment(
            values.whole(inner.get("months"), 2, 120, 2),
            divided,
            values.yes_no(inner.get("early_end"), False),
            values.member(inner.get("leaving"), OnLeaving, leaving),
        )
