"""What a document says of products: each key read, and what makes no sense together refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from ideals.kernel.formula import Formula
from ideals.kernel.said import say as _
from ideals.schemes.rules.catalogue import Use
from ideals.schemes.rules.days import Deadline
from ideals.schemes.rules.document import Item
from ideals.schemes.rules.formulas import Formulas, stand_in
from ideals.schemes.rules.product import (
    BOUGHT_OUTSIDE,
    LEAVE_KINDS,
    MONEY_KINDS,
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
    GrantedHours,
    LeaveRules,
    Leaving,
    LeftOver,
    UnusedBought,
)
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
KEEP_KEYS = ("kind", "name", "text", "note", "group", "picture", "justification")
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

_KINDS_OF_KEY: Mapping[str, Collection[ProductKind]] = {
    "resale": (ProductKind.LEAVE,),
    "sell_price": (ProductKind.LEAVE,),
    "unit_hours": LEAVE_KINDS,
    "quota": (*LEAVE_KINDS, *BOUGHT_OUTSIDE),
    "instalments": BOUGHT_OUTSIDE,
    "term": BOUGHT_OUTSIDE,
    "addition": BOUGHT_OUTSIDE,
    "paid_from": (ProductKind.PAY_OUT, *BOUGHT_OUTSIDE),
}
"""Keys that have a meaning for these kinds only."""


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
            _Sense(values, product, item, entries).check()
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
        return Opening(first, last, values.whole_numbers(entries.get("months"), 1, 12))

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


def check_products(
    values: Values,
    entries: Mapping[str, Item],
    products: Mapping[str, Product],
    left_over: LeftOver,
    hours: Iterable[GrantedHours],
) -> None:
    """What a product needs of the rest of the document. `entries`: the products' own items."""
    for code, product in products.items():
        if product.kind is ProductKind.KEEP and left_over is not LeftOver.KEEP_UNTIL_DECEMBER:
            values.fault(
                entries[code],
                _("keep beside left_over: %(what)s", what=left_over.value),
                _("it goes with calendar.left_over: keep_until_december"),
            )
        if product.kind is ProductKind.SELL_LEAVE and all(grant.statutory for grant in hours):
            values.fault(
                entries[code],
                _("a sale of leave without hours to sell"),
                _("only granted hours that are not statutory are sold: grant some in `hours`"),
            )


class _Sense:
    """What is readable by itself and makes no sense together."""

    def __init__(
        self, values: Values, product: Product, item: Item, entries: Mapping[str, Item]
    ) -> None:
        self.values = values
        self.product = product
        self.item = item
        self.entries = entries

    def fault(self, key: str, found: str, right: str) -> None:
        """At the key when it stands there, else at the product."""
        self.values.fault(self.entries.get(key, self.item), found, right)

    def check(self) -> None:
        if self.product.kind is ProductKind.KEEP:
            self._keep()
            return
        self._keys_of_kind()
        self._unit()
        self._price()
        self._amounts()
        self._tax()
        self._together()

    def _keep(self) -> None:
        for key in self.entries:
            if key not in KEEP_KEYS:
                self.fault(
                    key,
                    _("%(key)s on a product of kind keep", key=key),
                    _("nobody orders it, so it has texts only"),
                )

    def _keys_of_kind(self) -> None:
        kind = self.product.kind
        for key, kinds in _KINDS_OF_KEY.items():
            if key in self.entries and kind not in kinds:
                self.fault(
                    key,
                    _("%(key)s on a product of kind %(kind)s", key=key, kind=kind.value),
                    _("it goes with %(kinds)s", kinds=", ".join(each.value for each in kinds)),
                )

    def _unit(self) -> None:
        kind, unit = self.product.kind, self.product.unit
        if kind in MONEY_KINDS and unit is not ProductUnit.EURO:
            self.fault(
                "unit",
                _("%(kind)s by the %(unit)s", kind=kind.value, unit=unit.value),
                _("money goes by the euro: leave unit out"),
            )
        if kind in LEAVE_KINDS and unit not in (ProductUnit.HOUR, ProductUnit.DAY):
            self.fault(
                "unit",
                _("%(kind)s by the %(unit)s", kind=kind.value, unit=unit.value),
                _("leave goes by the hour or the day"),
            )
        if "unit_hours" in self.entries and unit is not ProductUnit.DAY:
            self.fault(
                "unit_hours",
                _("unit_hours beside unit: %(unit)s", unit=unit.value),
                _("it says how many hours a day is"),
            )

    def _price(self) -> None:
        product = self.product
        has_price = "price" in self.entries
        if product.kind is ProductKind.LEAVE and not has_price:
            self.fault("", _("leave without a price"), _("give `price`, a formula for one unit"))
        elif product.kind is ProductKind.SELL_LEAVE and not has_price:
            self.fault(
                "",
                _("a sale of leave without a price"),
                _("give `price`, what the employee gets for one unit"),
            )
        elif product.unit in (ProductUnit.HOUR, ProductUnit.DAY) and not has_price:
            self.fault(
                "unit",
                _("unit: %(unit)s without a price", unit=product.unit.value),
                _("give `price`, a formula for one unit"),
            )
        if product.unit is ProductUnit.EURO and has_price:
            self.fault(
                "price",
                _("a price beside unit: euro"),
                _("a euro costs a euro: leave price out, or sell by the piece"),
            )
        if "price_moment" in self.entries and not has_price:
            self.fault(
                "price_moment",
                _("price_moment without a price"),
                _("give `price`, or leave price_moment out"),
            )
        if "sell_price" in self.entries and product.resale is Resale.NEVER:
            self.fault(
                "sell_price",
                _("sell_price beside resale: never"),
                _("say in `resale` which hours can be sold, or leave sell_price out"),
            )

    def _amounts(self) -> None:
        low, high = (_constant(self.product.formulas().get(key)) for key in ("minimum", "maximum"))
        if low is not None and high is not None and low > high:
            self.fault(
                "minimum",
                _("a minimum of %(low)s above the maximum of %(high)s", low=low, high=high),
                _("the minimum is not above the maximum"),
            )
        quota = self.product.quota
        if quota is not None and quota.amount % self.product.step:
            self.fault(
                "quota",
                _("a quota of %(amount)s", amount=quota.amount),
                _("a number of steps of %(step)s", step=self.product.step),
            )

    def _tax(self) -> None:
        product = self.product
        usual = USUAL[product.kind].tax
        if product.kind not in BOUGHT_OUTSIDE and product.tax is not usual:
            self.fault(
                "tax",
                _("tax: %(tax)s on %(kind)s", tax=product.tax.value, kind=product.kind.value),
                _("leave tax out: for this kind it is %(usual)s", usual=usual.value),
            )
        elif product.tax is TaxTreatment.ADDITION and "addition" not in self.entries:
            self.fault(
                "tax",
                _("tax: addition without a figure"),
                _("give `addition`, the euros a year, such as 7% * price"),
            )
        if (
            "addition" in self.entries
            and product.kind in BOUGHT_OUTSIDE
            and product.tax is not TaxTreatment.ADDITION
        ):
            self.fault("addition", _("an addition without its tax"), _("add `tax: addition`"))

    def _together(self) -> None:
        if "instalments" in self.entries and "term" in self.entries:
            self.fault(
                "term",
                _("instalments and a term"),
                _("give one of the two: a price divided, or a price each month"),
            )
        if "not_eligible" in self.entries and "eligible" not in self.entries:
            self.fault(
                "not_eligible",
                _("not_eligible without eligible"),
                _("give `eligible`, the condition that it explains"),
            )


def _constant(formula: Formula | None) -> Decimal | None:
    """The value of a formula without facts."""
    if formula is None or formula.names:
        return None
    value: Decimal = formula.evaluate({})
    return value
