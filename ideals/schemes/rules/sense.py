"""What is readable by itself and makes no sense together: the combinations that a check refuses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from ideals.kernel.formula import Formula
from ideals.kernel.said import say as _
from ideals.schemes.rules.document import Item
from ideals.schemes.rules.product import (
    BOUGHT_OUTSIDE,
    LEAVE_KINDS,
    MONEY_KINDS,
    USUAL,
    Product,
    ProductKind,
    ProductUnit,
    Resale,
    TaxTreatment,
)
from ideals.schemes.rules.scheme import GrantedHours, LeftOver
from ideals.schemes.rules.values import Values

KEEP_KEYS = ("kind", "name", "text", "note", "group", "picture", "justification")
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


class Sense:
    """Of one product; `entries` are the keys its document gives."""

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
        if product.unit is ProductUnit.EURO and has_price and product.kind not in LEAVE_KINDS:
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
        no_way_back = product.kind is ProductKind.LEAVE and product.resale is Resale.NEVER
        if "sell_price" in self.entries and no_way_back:
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
