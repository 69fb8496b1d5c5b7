"""The formulas of one document: its own facts in their order, and what each formula may read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ideals.kernel.formula import Formula, FormulaRefused, Kind, compile_formula, names_in
from ideals.kernel.formula.check import FUNCTIONS
from ideals.kernel.said import say as _
from ideals.schemes.rules.catalogue import KnownNames, Use, fact_named, names_for
from ideals.schemes.rules.document import Item
from ideals.schemes.rules.facts import Reader, reader, salary_as_paid
from ideals.schemes.rules.scheme import SicknessPay
from ideals.schemes.rules.values import Values

RESERVED = ("if", "else", "and", "or", "not", "in", *FUNCTIONS)
SICKNESS = ("sick", "sick_months")
MAX_FACT_LEVELS = 10
PRICE = "price"
"""What an `addition` may read beside the facts: the price of what was bought."""


class Formulas:
    """Compiles formulas, notes their faults, and remembers what they read."""

    def __init__(
        self, values: Values, facts: Mapping[str, Item], components: Mapping[str, Item]
    ) -> None:
        self.values = values
        self.components = tuple(components)
        self.facts: dict[str, Formula] = {}
        self.below: dict[str, Mapping[str, None]] = {}
        """What each of those facts reads in the end: of the catalogue, and components."""
        self.levels: dict[str, int] = {}
        self.own: dict[str, Kind] = dict.fromkeys(components, Kind.NUMBER)
        """The kinds of the document's facts and components."""
        self.read_names: dict[str, None] = {}
        self.needs: dict[str, None] = {}
        """The facts of the catalogue and the components that components and granted hours read."""
        self.selling_needs: dict[str, None] = {}
        """The same of products."""
        self._check_own_names(facts, components)
        self._compile_facts(facts)

    def compile(self, item: Item | None, use: Use, justification: str = "") -> Formula | None:
        """A number. `None`: there is none, or none without faults."""
        return self._checked(item, use, Kind.NUMBER, justification, self.own)

    def condition(self, item: Item | None, use: Use, justification: str = "") -> Formula | None:
        return self._checked(item, use, Kind.YES_NO, justification, self.own)

    def of_price(self, item: Item | None, justification: str) -> Formula | None:
        """A number that may be made from `price` as well."""
        if item is not None and PRICE in self.own:
            self.values.fault(
                item,
                _("%(name)s is a fact or component already", name=repr(PRICE)),
                _("rename it: here it is the price of what was bought"),
            )
            return None
        own = {**self.own, PRICE: Kind.NUMBER}
        return self._checked(item, Use.PRODUCTS, Kind.NUMBER, justification, own)

    def of_ours(self, text: str) -> Formula:
        """A formula that the document left to us."""
        formula = compile_formula(text, KnownNames({}, Use.PRODUCTS), wanted=Kind.NUMBER)
        self.read_names.update(dict.fromkeys(formula.names))
        return formula

    def _checked(
        self,
        item: Item | None,
        use: Use,
        wanted: Kind,
        justification: str,
        own: Mapping[str, Kind],
    ) -> Formula | None:
        formula = self._formula(item, use, wanted, own)
        if formula is None or item is None:
            return None
        needs = self.selling_needs if use is Use.PRODUCTS else self.needs
        needs.update(self.reached(formula))
        if use is not Use.COMPONENTS:
            self._check_use(item, formula, use, justification)
        return formula

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

    def _compile_facts(self, items: Mapping[str, Item]) -> None:
        reads = {name: self._names_read(item) for name, item in items.items()}
        for name in self._in_order(items, reads):
            formula = self._formula(items[name], Use.COMPONENTS, None, self.own)
            self.own[name] = Kind.NUMBER if formula is None else formula.kind
            if formula is not None:
                self._check_level(name, items[name], formula)
                self.below[name] = self.reached(formula)
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

    def _formula(
        self, item: Item | None, use: Use, wanted: Kind | None, own: Mapping[str, Kind]
    ) -> Formula | None:
        if item is None:
            return None
        if not item.text:
            self.values.fault(item, item.what, _("a formula is needed here"))
            return None
        try:
            formula = compile_formula(item.text, KnownNames(own, use), wanted=wanted)
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
                found = _("the formula %(text)s at %(place)s", text=short(item.text), place=place)
                self.values.fault(item, found, message)
            return None
        self.read_names.update(dict.fromkeys(formula.names))
        return formula

    def reached(self, formula: Formula) -> Mapping[str, None]:
        """The facts of the catalogue and components a formula reads, through the scheme's own."""
        reached: dict[str, None] = {}
        for name in formula.names:
            reached.update(self.below.get(name, {name: None}))
        return reached

    def _check_use(self, item: Item, formula: Formula, use: Use, justification: str) -> None:
        place = _("granted hours") if use is Use.HOURS else _("products")
        for name in self.reached(formula):
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

    def needed_to_sell(self) -> frozenset[str]:
        """What products read, and what the components read that they name."""
        names = self.selling_needs
        return frozenset(names if names.keys().isdisjoint(self.components) else names | self.needs)

    def readers(self, full_time_hours: Decimal, sickness: SicknessPay) -> dict[str, Reader]:
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


def short(text: str) -> str:
    line = " ".join(text.split())
    return repr(line if len(line) <= 60 else line[:57] + "...")


def stand_in() -> Formula:
    """In the place of a formula that has faults; such a scheme is never handed out."""
    return compile_formula("0", KnownNames({}, Use.COMPONENTS), wanted=Kind.NUMBER)
