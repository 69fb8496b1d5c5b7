"""A scheme document to a `Scheme`, or to all its faults at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace

from ideals.kernel.formula import Formula
from ideals.kernel.said import say as _
from ideals.schemes.errors import SchemeRefused
from ideals.schemes.rules.catalogue import Use
from ideals.schemes.rules.days import Deadline, PartMonth
from ideals.schemes.rules.document import Fault, Item, read
from ideals.schemes.rules.formulas import Formulas, stand_in
from ideals.schemes.rules.product import Product, ProductKind
from ideals.schemes.rules.products import (
    ProductReader,
    read_deadline,
    read_leave,
    read_leaving,
)
from ideals.schemes.rules.rounding import HourRounding, HourUnit
from ideals.schemes.rules.scheme import (
    Calendar,
    Component,
    GrantedHours,
    LeftOver,
    Moment,
    Pending,
    Scheme,
    SicknessPay,
)
from ideals.schemes.rules.selling import selling_readers
from ideals.schemes.rules.sense import check_products
from ideals.schemes.rules.values import Values

REQUIRED = ("scheme", "version", "name", "full_time_hours", "first_month", "components")
KEYS = (
    "scheme",
    "version",
    "name",
    "currency",
    "full_time_hours",
    "first_month",
    "calendar",
    "part_month",
    "sickness",
    "rounding",
    "facts",
    "components",
    "hours",
    "products",
    "leaving",
    "leave",
)
PERIODS = ("periods", "pay_periods", "rhythm")
LEFT_OVER_KEYS = ("at_most",)


def check(text: str) -> Scheme | list[Fault]:
    """Every fault, in the order of the lines; or the scheme, when there is none."""
    reading = read(text)
    if reading.root is None:
        return reading.faults
    checking = _Checking(text, reading.root)
    checking.values.faults.extend(reading.faults)
    scheme = checking.scheme()
    faults = checking.values.faults
    return sorted(faults, key=lambda fault: (fault.line, fault.path)) if faults else scheme


def checked(text: str) -> Scheme:
    """The scheme of a file's text, with its line ends made one kind. Raises `SchemeRefused`."""
    result = check(plain(text))
    if isinstance(result, Scheme):
        return result
    count = "a fault" if len(result) == 1 else f"{len(result)} faults"
    raise SchemeRefused(
        f"the scheme document has {count}:\n{describe(result)}",
        faults=[asdict(fault) for fault in result],
    )


def plain(text: str) -> str:
    """One form of line end and no byte-order mark, so that a file means the same everywhere."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


class _Checking:
    """One pass over one document."""

    def __init__(self, text: str, root: Item) -> None:
        self.text = text
        self.root = root
        self.values = Values()

    def scheme(self) -> Scheme:
        values = self.values
        entries = self._top(self.root)
        version = values.month(entries.get("version"))
        components = values.codes(entries.get("components"))
        if not components and "components" in entries:
            values.fault(entries["components"], _("no component"), _("a scheme has one or more"))
        self.formulas = Formulas(values, values.codes(entries.get("facts")), components)
        sickness, paid_sick_months = self._sickness(entries.get("sickness"))
        made = [self._component(code, item) for code, item in components.items()]
        hours = [self._hours(*each) for each in values.codes(entries.get("hours")).items()]
        calendar = self._calendar(entries.get("calendar"))
        products = self._products(values.codes(entries.get("products")), calendar, hours)
        if calendar.left_over is LeftOver.SAVE_AS_LEAVE:
            self._check_saved(entries["calendar"], [each.kind for each in products.values()])
        values.choice(entries.get("currency"), ("EUR",), "EUR")
        values.choice(entries.get("rounding"), ("half_up",), "half_up")
        full_time_hours = values.number(entries.get("full_time_hours"), 0, 60)
        readers = self.formulas.readers(full_time_hours, sickness)
        return Scheme(
            code=values.scheme_code(entries.get("scheme")),
            version=version,
            names=values.names(entries.get("name")),
            currency="EUR",
            full_time_hours=full_time_hours,
            first_month=values.month(entries.get("first_month")),
            calendar=calendar,
            part_month=values.member(entries.get("part_month"), PartMonth, PartMonth.CALENDAR_DAYS),
            sickness=sickness,
            paid_sick_months=paid_sick_months,
            facts=self.formulas.facts,
            components=tuple(made),
            hours=tuple(hours),
            products=products,
            leaving=read_leaving(values, entries.get("leaving")),
            leave=read_leave(values, entries.get("leave")),
            readers=readers,
            needs=frozenset(self.formulas.needs),
            selling_readers=selling_readers(readers, made),
            selling_needs=self.formulas.needed_to_sell(),
            text=self.text,
        )

    def _top(self, root: Item) -> Mapping[str, Item]:
        return self.values.keys(self._without_periods(root), KEYS, REQUIRED)

    def _without_periods(self, item: Item) -> Item:
        """The same keys less those about pay periods, which are refused in words of their own."""
        if item.entries is None:
            return item
        for key in PERIODS:
            if key in item.entries:
                self._refuse_periods(item.entries[key])
        rest = {key: entry for key, entry in item.entries.items() if key not in PERIODS}
        return replace(item, entries=rest)

    def _refuse_periods(self, item: Item) -> None:
        self.values.fault(
            item,
            _("a rhythm of its own (%(what)s)", what=item.what),
            _(
                "budgets follow the twelve calendar months; thirteen pay periods of four weeks "
                "cannot be expressed. Leave the key out, and let payroll pay the months"
            ),
        )

    # Components and hours -------------------------------------------------------------------

    def _component(self, code: str, item: Item) -> Component:
        entries = self.values.keys(item, ("formula", "name", "note", "replaces"), ("formula",))
        formula = self.formulas.compile(entries.get("formula"), Use.COMPONENTS)
        if formula is not None:
            self._check_earlier(code, entries["formula"], formula)
        return Component(
            code,
            formula or stand_in(),
            self.values.names(entries.get("name")),
            self.values.text(entries.get("note")),
            self.values.names(entries.get("replaces")),
        )

    def _check_earlier(self, code: str, item: Item, formula: Formula) -> None:
        components = self.formulas.components
        here = components.index(code)
        for name in self.formulas.reached(formula):
            if name == code:
                self.values.fault(
                    item, _("the component itself"), _("a component cannot use itself")
                )
            elif name in components and components.index(name) > here:
                self.values.fault(
                    item,
                    _("the component %(name)s, which comes later", name=repr(name)),
                    _(
                        "put %(name)s above %(code)s: components use earlier ones",
                        name=name,
                        code=code,
                    ),
                )

    def _hours(self, code: str, item: Item) -> GrantedHours:
        values = self.values
        known = ("formula", "moment", "round", "unit", "statutory", "name", "note", "justification")
        entries = values.keys(item, known, ("formula", "moment", "round", "unit"))
        justification = values.text(entries.get("justification"))
        formula = self.formulas.compile(entries.get("formula"), Use.HOURS, justification)
        rounding = values.member(entries.get("round"), HourRounding, HourRounding.HALF_UP)
        unit = values.member(entries.get("unit"), HourUnit, HourUnit.HOUR)
        if rounding is HourRounding.ONE_DECIMAL and unit is HourUnit.MINUTE:
            values.fault(
                entries["round"],
                _("one decimal of a minute"),
                _("one_decimal goes with unit: hour"),
            )
        if code in self.formulas.own:
            values.fault(
                item,
                _("%(name)s is a fact or component already", name=repr(code)),
                _("rename one of them"),
            )
        return GrantedHours(
            code,
            formula or stand_in(),
            values.member(entries.get("moment"), Moment, Moment.JANUARY),
            rounding,
            unit,
            values.names(entries.get("name")),
            values.text(entries.get("note")),
            justification,
            values.yes_no(entries.get("statutory"), False),
        )

    # The calendar, sickness -----------------------------------------------------------------

    def _calendar(self, item: Item | None) -> Calendar:
        values = self.values
        entries: Mapping[str, Item] = {}
        if item is not None:
            known = ("allocate_on", "deadline", "left_over", "pending")
            entries = values.keys(self._without_periods(item), known)
        left_over, save_at_most = self._left_over(entries.get("left_over"))
        return Calendar(
            values.whole(entries.get("allocate_on"), 1, 28, 1),
            read_deadline(values, entries["deadline"]) if "deadline" in entries else Deadline(31),
            left_over,
            save_at_most,
            values.member(entries.get("pending"), Pending, Pending.RELEASE),
        )

    def _left_over(self, item: Item | None) -> tuple[LeftOver, Formula | None]:
        default = LeftOver.PAY_EACH_MONTH
        if item is None or item.entries is None:
            return self.values.member(item, LeftOver, default), None
        entries = self.values.keys(item, (LeftOver.SAVE_AS_LEAVE,), (LeftOver.SAVE_AS_LEAVE,))
        if LeftOver.SAVE_AS_LEAVE not in entries:
            return default, None
        inner = self.values.keys(entries[LeftOver.SAVE_AS_LEAVE], LEFT_OVER_KEYS, LEFT_OVER_KEYS)
        return LeftOver.SAVE_AS_LEAVE, self.formulas.compile(inner.get("at_most"), Use.PRODUCTS)

    def _sickness(self, item: Item | None) -> tuple[SicknessPay, int | None]:
        if item is None or item.entries is None:
            words = (SicknessPay.PAID.value, SicknessPay.AS_PAID.value)
            if item is not None and item.text == SicknessPay.PAID_MONTHS:
                self.values.fault(item, _("paid_months without a number"), "{paid_months: 6}")
                return SicknessPay.PAID, None
            return SicknessPay(self.values.choice(item, words, SicknessPay.PAID)), None
        keys = (SicknessPay.PAID_MONTHS.value,)
        entries = self.values.keys(item, keys, keys)
        months = self.values.whole(entries.get(SicknessPay.PAID_MONTHS), 0, 120, 0)
        return SicknessPay.PAID_MONTHS, months

    # Products -------------------------------------------------------------------------------

    def _products(
        self, items: Mapping[str, Item], calendar: Calendar, hours: list[GrantedHours]
    ) -> dict[str, Product]:
        reader = ProductReader(self.values, self.formulas)
        products = {code: reader.read(code, item) for code, item in items.items()}
        check_products(self.values, items, products, calendar.left_over, hours)
        return products

    def _check_saved(self, calendar: Item, kinds: Iterable[ProductKind]) -> None:
        """What is saved as leave is saved at the price of leave."""
        if ProductKind.LEAVE not in kinds:
            self.values.fault(
                (calendar.entries or {})["left_over"],
                _("save_as_leave without a price of leave"),
                _("add a product of kind leave: the first one gives the price"),
            )


def describe(faults: Iterable[Fault]) -> str:
    """All faults as lines for a terminal or a message."""
    return "\n".join(str(fault) for fault in faults)
