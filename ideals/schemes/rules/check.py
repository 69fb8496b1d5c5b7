"""A scheme document to a `Scheme`, or to all its faults at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from decimal import Decimal

from ideals.kernel.formula import Formula, FormulaRefused, Kind, compile_formula, names_in
from ideals.kernel.formula.check import FUNCTIONS
from ideals.kernel.said import say as _
from ideals.schemes.errors import SchemeRefused
from ideals.schemes.rules.catalogue import KnownNames, Use, fact_named, names_for
from ideals.schemes.rules.days import PartMonth
from ideals.schemes.rules.document import Fault, Item, read
from ideals.schemes.rules.facts import Reader, reader, salary_as_paid
from ideals.schemes.rules.products import (
    LEFT_OVER_KEYS,
    PRODUCT_FORMULAS,
    PRODUCT_KEYS,
    read_leaving,
    read_limit_settings,
    read_product_settings,
)
from ideals.schemes.rules.scheme import (
    Calendar,
    Component,
    Deadline,
    GrantedHours,
    HourRounding,
    HourUnit,
    LeftOver,
    Limit,
    Moment,
    Product,
    Scheme,
    SicknessPay,
)
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
)
RESERVED = ("if", "else", "and", "or", "not", "in", *FUNCTIONS)
SICKNESS = ("sick", "sick_months")
PERIODS = ("periods", "pay_periods", "rhythm")
MAX_FACT_LEVELS = 10


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
        self.facts: dict[str, Formula] = {}
        self.below: dict[str, Mapping[str, None]] = {}
        """What each of those facts reads in the end: of the catalogue, and components."""
        self.levels: dict[str, int] = {}
        self.own: dict[str, Kind] = {}
        """The kinds of the document's facts and components."""
        self.components: list[str] = []
        self.read_names: dict[str, None] = {}
        self.needs: dict[str, None] = {}
        """The facts of the catalogue that components and granted hours read."""

    def scheme(self) -> Scheme:
        values = self.values
        entries = self._top(self.root)
        version = values.month(entries.get("version"))
        components = values.codes(entries.get("components"))
        if not components and "components" in entries:
            values.fault(entries["components"], _("no component"), _("a scheme has one or more"))
        facts = values.codes(entries.get("facts"))
        self._check_own_names(facts, components)
        self.components = list(components)
        self.own = dict.fromkeys(components, Kind.NUMBER)
        self._compile_facts(facts)
        sickness, paid_sick_months = self._sickness(entries.get("sickness"))
        made = [self._component(code, item) for code, item in components.items()]
        hours = [self._hours(*each) for each in values.codes(entries.get("hours")).items()]
        products = values.codes(entries.get("products"))
        values.choice(entries.get("currency"), ("EUR",), "EUR")
        values.choice(entries.get("rounding"), ("half_up",), "half_up")
        full_time_hours = values.number(entries.get("full_time_hours"), 0, 60)
        return Scheme(
            code=values.scheme_code(entries.get("scheme")),
            version=version,
            names=values.names(entries.get("name")),
            currency="EUR",
            full_time_hours=full_time_hours,
            first_month=values.month(entries.get("first_month")),
            calendar=self._calendar(entries.get("calendar")),
            part_month=values.member(entries.get("part_month"), PartMonth, PartMonth.CALENDAR_DAYS),
            sickness=sickness,
            paid_sick_months=paid_sick_months,
            facts=self.facts,
            components=tuple(made),
            hours=tuple(hours),
            products={code: self._product(code, item) for code, item in products.items()},
            leaving=read_leaving(values, entries.get("leaving")),
            readers=self._readers(full_time_hours, sickness),
            needs=frozenset(self.needs),
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

    def _check_own_names(self, *groups: Mapping[str, Item]) -> None:
        seen: set[str] = set()
        for name, item in ((name, item) for group in groups for name, item in group.items()):
            if name in RESERVED:
                self.values.fault(
                    item,
                    _("%(name)s is a word of the formula language", name=repr(name)),
                    _("rename it"),
                )
            elif fact_named(name) is not None:
                self.values.fault(
                    item,
                    _("%(name)s is a fact that every scheme has", name=repr(name)),
                    _("rename it"),
                )
            elif name in seen:
                self.values.fault(
                    item,
                    _("%(name)s is a fact above already", name=repr(name)),
                    _("rename one of them"),
                )
            seen.add(name)

    # Facts of the document ------------------------------------------------------------------

    def _compile_facts(self, items: Mapping[str, Item]) -> None:
        reads = {name: self._names_read(item) for name, item in items.items()}
        for name in self._in_order(items, reads):
            formula = self._formula(items[name], Use.COMPONENTS, None)
            self.own[name] = Kind.NUMBER if formula is None else formula.kind
            if formula is not None:
                self._check_level(name, items[name], formula)
                self.below[name] = self._reached(formula)
                self.facts[name] = formula

    def _check_level(self, name: str, item: Item, formula: Formula) -> None:
        self.levels[name] = 1 + max((self.levels.get(each, 0) for each in formula.names), default=0)
        if self.levels[name] == MAX_FACT_LEVELS + 1:
            self.values.fault(
                item,
                _("facts that rest on facts, %(count)s levels", count=MAX_FACT_LEVELS + 1),
                _("at most %(most)s levels", most=MAX_FACT_LEVELS),
            )

    def _names_read(self, item: Item) -> tuple[str, ...]:
        try:
            return names_in(item.text or "")
        except FormulaRefused:
            return ()

    def _in_order(
        self, items: Mapping[str, Item], reads: Mapping[str, tuple[str, ...]]
    ) -> list[str]:
        """Facts after those they read. What reads itself in a circle is a fault, once a circle."""
        ordered: list[str] = []
        trail: list[str] = []

        def visit(name: str) -> None:
            if name in ordered or name not in items:
                return
            if name in trail:
                circle = [*trail[trail.index(name) :], name]
                self.own.setdefault(name, Kind.NUMBER)
                self.values.fault(
                    items[name],
                    _("facts that need each other: %(circle)s", circle=" -> ".join(circle)),
                    _("write one of them without the others"),
                )
                return
            trail.append(name)
            for each in reads[name]:
                visit(each)
            trail.pop()
            ordered.append(name)

        for name in items:
            visit(name)
        return ordered

    # Formulas -------------------------------------------------------------------------------

    def _formula(self, item: Item | None, use: Use, wanted: Kind | None) -> Formula | None:
        if item is None:
            return None
        if not item.text:
            self.values.fault(item, item.what, _("a formula is needed here"))
            return None
        try:
            formula = compile_formula(item.text, KnownNames(self.own, use), wanted=wanted)
        except FormulaRefused as refused:
            for problem in refused.problems:
                place = _("character %(column)s", column=problem.column)
                if problem.line > 1:
                    place = _(
                        "line %(line)s of the formula, %(place)s", line=problem.line, place=place
                    )
                message = problem.message
                if "'gender'" in message or "'sex'" in message:
                    message = _("gender is never a fact of a formula")
                found = _("the formula %(text)s at %(place)s", text=_short(item.text), place=place)
                self.values.fault(item, found, message)
            return None
        self.read_names.update(dict.fromkeys(formula.names))
        return formula

    def _reached(self, formula: Formula) -> Mapping[str, None]:
        """The facts of the catalogue and components a formula reads, through the scheme's own."""
        reached: dict[str, None] = {}
        for name in formula.names:
            reached.update(self.below.get(name, {name: None}))
        return reached

    def _check_use(self, item: Item, formula: Formula, use: Use, justification: str) -> None:
        place = _("granted hours") if use is Use.HOURS else _("products")
        for name in self._reached(formula):
            if name in self.own:
                if use is Use.HOURS:
                    self.values.fault(
                        item,
                        _("the component %(name)s", name=repr(name)),
                        _("%(place)s cannot use components", place=place),
                    )
                continue
            fact = fact_named(name)
            if fact is None:
                continue
            if name in SICKNESS:
                self.values.fault(
                    item,
                    _("the fact %(name)s", name=repr(name)),
                    _("sickness may be used in components only"),
                )
            elif not fact.may_be_used_in(use):
                allowed = ", ".join(names_for(use))
                self.values.fault(
                    item,
                    _("the fact %(name)s", name=repr(name)),
                    _("%(place)s can use: %(allowed)s", place=place, allowed=allowed),
                )
            elif fact.justify and not justification:
                self.values.fault(
                    item,
                    _("the fact %(name)s outside components", name=repr(name)),
                    _("say why in a key `justification` beside the formula"),
                )

    # Components and hours -------------------------------------------------------------------

    def _component(self, code: str, item: Item) -> Component:
        entries = self.values.keys(item, ("formula", "name", "note", "replaces"), ("formula",))
        formula = self._formula(entries.get("formula"), Use.COMPONENTS, Kind.NUMBER)
        if formula is not None:
            self.needs.update(self._reached(formula))
            self._check_earlier(code, entries["formula"], formula)
        return Component(
            code,
            formula or _stand_in(),
            self.values.names(entries.get("name")),
            self.values.text(entries.get("note")),
            self.values.names(entries.get("replaces")),
        )

    def _check_earlier(self, code: str, item: Item, formula: Formula) -> None:
        here = self.components.index(code)
        for name in self._reached(formula):
            if name == code:
                self.values.fault(
                    item, _("the component itself"), _("a component cannot use itself")
                )
            elif name in self.components and self.components.index(name) > here:
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
        known = ("formula", "moment", "round", "unit", "name", "note", "justification")
        entries = values.keys(item, known, ("formula", "moment", "round", "unit"))
        justification = values.text(entries.get("justification"))
        formula = self._formula(entries.get("formula"), Use.HOURS, Kind.NUMBER)
        if formula is not None:
            self.needs.update(self._reached(formula))
            self._check_use(entries["formula"], formula, Use.HOURS, justification)
        rounding = values.member(entries.get("round"), HourRounding, HourRounding.HALF_UP)
        unit = values.member(entries.get("unit"), HourUnit, HourUnit.HOUR)
        if rounding is HourRounding.ONE_DECIMAL and unit is HourUnit.MINUTE:
            values.fault(
                entries["round"],
                _("one decimal of a minute"),
                _("one_decimal goes with unit: hour"),
            )
        if code in self.own:
            values.fault(
                item,
                _("%(name)s is a fact or component already", name=repr(code)),
                _("rename one of them"),
            )
        return GrantedHours(
            code,
            formula or _stand_in(),
            values.member(entries.get("moment"), Moment, Moment.JANUARY),
            rounding,
            unit,
            values.names(entries.get("name")),
            values.text(entries.get("note")),
            justification,
        )

    # The calendar, sickness -----------------------------------------------------------------

    def _calendar(self, item: Item | None) -> Calendar:
        values = self.values
        entries: Mapping[str, Item] = {}
        if item is not None:
            known = ("allocate_on", "deadline", "left_over")
            entries = values.keys(self._without_periods(item), known)
        left_over, save_at_most = self._left_over(entries.get("left_over"))
        return Calendar(
            values.whole(entries.get("allocate_on"), 1, 28, 1),
            self._deadline(entries.get("deadline")),
            left_over,
            save_at_most,
        )

    def _deadline(self, item: Item | None) -> Deadline:
        """`{day: 15}`, `{last_day: previous_month}`, `{day: 1, months_before: 2}` and
        `{day: 30, month: 11}`; the last day of the month when there is none."""
        if item is None:
            return Deadline(day=31)
        entries = self.values.keys(item, ("day", "last_day", "months_before", "month"))
        if "last_day" in entries:
            self.values.choice(entries["last_day"], ("previous_month",), "previous_month")
            for key in ("day", "months_before", "month"):
                if key in entries:
                    self.values.fault(
                        entries[key],
                        _("%(key)s beside last_day", key=key),
                        _("give one of the two"),
                    )
            return Deadline(day=31, months_before=1)
        if entries and "day" not in entries:
            self.values.fault(
                item, _("no day"), _("{day: 15} or {last_day: previous_month} is needed")
            )
        if "month" in entries and "months_before" in entries:
            self.values.fault(
                entries["month"], _("month beside months_before"), _("give one of the two")
            )
        month = self.values.whole(entries.get("month"), 1, 12, 0)
        return Deadline(
            self.values.whole(entries.get("day"), 1, 31, 31),
            self.values.whole(entries.get("months_before"), 0, 11, 0),
            month or None,
        )

    def _left_over(self, item: Item | None) -> tuple[LeftOver, Formula | None]:
        default = LeftOver.PAY_EACH_MONTH
        if item is None or item.entries is None:
            return self.values.member(item, LeftOver, default), None
        entries = self.values.keys(item, (LeftOver.SAVE_AS_LEAVE,), (LeftOver.SAVE_AS_LEAVE,))
        if LeftOver.SAVE_AS_LEAVE not in entries:
            return default, None
        inner = self.values.keys(entries[LeftOver.SAVE_AS_LEAVE], LEFT_OVER_KEYS, LEFT_OVER_KEYS)
        formula = self._formula(inner.get("at_most"), Use.PRODUCTS, Kind.NUMBER)
        if formula is not None:
            self._check_use(inner["at_most"], formula, Use.PRODUCTS, "")
        return LeftOver.SAVE_AS_LEAVE, formula

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

    def _product(self, code: str, item: Item) -> Product:
        values = self.values
        entries = values.keys(item, PRODUCT_KEYS, ("kind",))
        justification = values.text(entries.get("justification"))
        formulas: dict[str, Formula] = {}
        for key, kind in PRODUCT_FORMULAS.items():
            formula = self._product_formula(entries.get(key), kind, justification)
            if formula is not None:
                formulas[key] = formula
        return Product(
            code,
            *read_product_settings(values, item, entries),
            formulas=formulas,
            limit=self._limit(entries.get("limit"), justification),
            names=values.names(entries.get("name")),
            note=values.text(entries.get("note")),
            justification=justification,
        )

    def _product_formula(self, item: Item | None, kind: Kind, justification: str) -> Formula | None:
        formula = self._formula(item, Use.PRODUCTS, kind)
        if formula is not None and item is not None:
            self._check_use(item, formula, Use.PRODUCTS, justification)
        return formula

    def _limit(self, item: Item | None, justification: str) -> Limit | None:
        if item is None:
            return None
        entries, per, rounding, years = read_limit_settings(self.values, item)
        formula = self._product_formula(entries.get("amount"), Kind.NUMBER, justification)
        return Limit(per, formula or _stand_in(), rounding, years)

    # Readers --------------------------------------------------------------------------------

    def _readers(self, full_time_hours: Decimal, sickness: SicknessPay) -> dict[str, Reader]:
        readers: dict[str, Reader] = {}
        for name in self.read_names:
            if name in self.facts:
                readers[name] = self.facts[name].evaluate
            elif name == "full_time_hours":
                readers[name] = lambda _facts: full_time_hours
            elif name == "salary" and sickness is SicknessPay.AS_PAID:
                readers[name] = salary_as_paid
            elif fact_named(name) is not None:
                readers[name] = reader(name)
        return readers


def _stand_in() -> Formula:
    """In the place of a formula that has faults; such a scheme is never handed out."""
    return compile_formula("0", KnownNames({}, Use.COMPONENTS), wanted=Kind.NUMBER)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else line[:57] + "...")


def describe(faults: Iterable[Fault]) -> str:
    """All faults as lines for a terminal or a message."""
    return "\n".join(str(fault) for fault in faults)
