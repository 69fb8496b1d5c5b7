"""What changes the prices of a scheme: published lists, and for later months what holds now.

A published list is all that counts for its month: rules, bounds and indicators as they were then.
For a month without one the rules that are agreed hold, with what is known of indicators now. An
indicator's value for a month's prices is that of the month before, or of the last month up to three
before for which there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from ideals.kernel.formula import Kind
from ideals.kernel.month import Month
from ideals.pricing.models import PriceList, PriceRule, PriceRuleVersion
from ideals.pricing.rules import HeldOnce, Steering
from ideals.pricing.steering import NotApplied, PriceBounds, Row, RuleText, passed, read
from ideals.pricing.steering.conditions import INDICATOR
from ideals.schemes.rules import Scheme, widened
from ideals.schemes.rules.catalogue import Use, fact_named, names_for

OLDEST_VALUE = 3
"""Months before the month of the price."""


class ConditionNames:
    """What conditions of price rules may name. `indicators`: those there are; `None`: any."""

    def __init__(self, indicators: Iterable[str] | None = None) -> None:
        self.indicators = None if indicators is None else sorted(indicators)

    def kind(self, name: str) -> Kind | None:
        if name.startswith(INDICATOR):
            code = name.removeprefix(INDICATOR)
            known = self.indicators is None or code in self.indicators
            return Kind.NUMBER if known else None
        fact = fact_named(name)
        return fact.kind if fact is not None and fact.may_be_used_in(Use.PRODUCTS) else None

    def known(self) -> Iterable[str]:
        return [*names_for(Use.PRODUCTS), *(INDICATOR + code for code in self.indicators or ())]


ANY_NAMES = ConditionNames()


class InForce(NamedTuple):
    """A rule that changed somebody's price; `last`: the last month for which it does."""

    rule: RuleText
    last: Month | None


class Seen(NamedTuple):
    """What an indicator was, and in which month."""

    month: Month
    value: Decimal


class Part(NamedTuple):
    """A version of a rule."""

    rule: UUID
    number: int


@dataclass(frozen=True, slots=True)
class Holds:
    """What a published list keeps of a product. `unknown`: indicators without a value."""

    rules: tuple[Part, ...]
    indicators: Mapping[str, Seen]
    bounds: PriceBounds
    unknown: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        least, most = self.bounds.least, self.bounds.most
        return {
            "rules": [[str(part.rule), part.number] for part in self.rules],
            "indicators": {
                code: [str(seen.month), str(seen.value)] for code, seen in self.indicators.items()
            },
            "bounds": [None if each is None else str(each) for each in (least, most)],
            "unknown": list(self.unknown),
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Holds:
        """From the stored form."""
        bounds = [None if each is None else Decimal(each) for each in kept["bounds"]]
        return cls(
            tuple(Part(UUID(rule), number) for rule, number in kept["rules"]),
            {
                code: Seen(Month.parse(month), Decimal(value))
                for code, (month, value) in kept["indicators"].items()
            },
            PriceBounds(*bounds),
            tuple(kept["unknown"]),
        )


class _Live(NamedTuple):
    part: Part
    first: Month
    last: Month | None

    def holds_in(self, month: Month) -> bool:
        return self.first <= month and (self.last is None or month <= self.last)


@dataclass(slots=True)
class PriceBook:
    """What changes the prices of one scheme, for orders into any month from some month on."""

    scheme: str
    texts: Mapping[Part, RuleText]
    lists: Mapping[tuple[str, Month], Holds]
    live: Sequence[_Live]
    values: Mapping[str, Mapping[Month, Decimal]]
    bounds: Mapping[str, PriceBounds]
    _made: dict[tuple[str, Month], Steering] = field(default_factory=dict)
    _wide: dict[int, tuple[Scheme, Scheme]] = field(default_factory=dict)
    _in_force: dict[str, InForce] = field(default_factory=dict)
    _once: HeldOnce = field(default_factory=HeldOnce)

    def at(self, product: str, month: Month) -> Steering:
        """What changes the price of a product for orders into a month."""
        found = self._made.get((product, month))
        if found is None:
            found = self._made[product, month] = self._steering(self.holds(product, month))
        return found

    def holds(self, product: str, month: Month) -> Holds:
        """As published, or as it would be published now."""
        return self.lists.get((product, month)) or self.as_now(product, month)

    def in_force(self, codes: Iterable[str]) -> list[InForce]:
        """The rules among codes of steps. What is ended sooner than it said ends then."""
        if not self._in_force:
            ends = {each.part: each.last for each in self.live}
            for part, rule in self.texts.items():
                last = ends.get(part, rule.through_month)
                self._in_force[rule.code] = InForce(rule, last)
        return [self._in_force[code] for code in codes if code in self._in_force]

    def as_now(self, product: str, month: Month) -> Holds:
        rules = [
            each.part
            for each in self.live
            if each.holds_in(month) and product in self.texts[each.part].products
        ]
        rules.sort(key=lambda part: self.texts[part].rank)
        read_codes = sorted({code for part in rules for code in read_by(self.texts[part])})
        seen = {code: self.seen(code, month) for code in read_codes}
        return Holds(
            tuple(rules),
            {code: each for code, each in seen.items() if each is not None},
            self.bounds.get(product, PriceBounds()),
            tuple(code for code, each in seen.items() if each is None),
        )

    def seen(self, code: str, month: Month) -> Seen | None:
        """The value that prices of a month go by."""
        values = self.values.get(code, {})
        for before in range(1, OLDEST_VALUE + 1):
            earlier = month.plus(-before)
            if earlier in values:
                return Seen(earlier, values[earlier])
        return None

    def wide(self, scheme: Scheme) -> Scheme:
        """The scheme with what reads the facts that conditions name."""
        kept = self._wide.get(id(scheme))
        if kept is None:
            names = sorted({name for text in self.texts.values() for name in facts_read(text)})
            kept = self._wide[id(scheme)] = (scheme, widened(scheme, names))
        return kept[1]

    def _steering(self, holds: Holds) -> Steering:
        return Steering(
            Row.of(self.texts[part] for part in holds.rules),
            holds.bounds,
            {INDICATOR + code: seen.value for code, seen in holds.indicators.items()},
            self.wide,
            self._once,
        )


def read_by(rule: RuleText) -> list[str]:
    """The codes of the indicators that its condition names."""
    return [name.removeprefix(INDICATOR) for name in rule.reads if name.startswith(INDICATOR)]


def facts_read(rule: RuleText) -> list[str]:
    """The facts of employees that its condition names."""
    return [name for name in rule.reads if not name.startswith(INDICATOR)]


_STANDS = text(
    """
    SELECT 'list' AS what, month, product AS name, id::text AS told, NULL::bigint AS low,
           NULL::bigint AS high
      FROM pricing_list WHERE scheme = :scheme AND month >= :since
    UNION ALL
    SELECT 'rule', from_month, NULL, id::text, text_number, last_month
      FROM pricing_rule WHERE scheme = :scheme AND state IN ('scheduled', 'in_force')
    UNION ALL
    SELECT 'value', month, code, value::text, NULL, NULL
      FROM pricing_indicator_value WHERE superseded_at IS NULL AND month >= :oldest
    UNION ALL
    SELECT 'bounds', 0, product, NULL, least_minor, most_minor
      FROM pricing_bounds WHERE scheme = :scheme
    """
)
_LISTS: dict[UUID, Holds] = {}
_TEXTS: dict[Part, RuleText] = {}
_MOST_KEPT = 20_000
"""Lists and versions never change: what a process has read, it keeps."""


def price_book(session: Session, scheme: str, since: Month) -> PriceBook:
    """One statement, and one more for lists and one for texts that this process meets first."""
    lists: dict[tuple[str, Month], UUID] = {}
    live: list[_Live] = []
    values: dict[str, dict[Month, Decimal]] = {}
    bounds: dict[str, PriceBounds] = {}
    oldest = since.plus(-OLDEST_VALUE)
    asked = {"scheme": scheme, "since": since.number, "oldest": oldest.number}
    for row in session.execute(_STANDS, asked):
        match row.what:
            case "list":
                lists[row.name, Month.from_number(row.month)] = UUID(row.told)
            case "rule":
                last = None if row.high is None else Month.from_number(row.high)
                part = Part(UUID(row.told), row.low)
                live.append(_Live(part, Month.from_number(row.month), last))
            case "value":
                month = Month.from_number(row.month)
                values.setdefault(row.name, {})[month] = Decimal(row.told)
            case _:
                bounds[row.name] = PriceBounds(*(_euros(each) for each in (row.low, row.high)))
    held = _lists(session, lists.values())
    published = {key: held[id_] for key, id_ in lists.items()}
    parts = {part for holds in published.values() for part in holds.rules}
    texts = texts_of(session, parts | {each.part for each in live})
    return PriceBook(scheme, texts, published, live, values, bounds)


def rules_for(session: Session, scheme: str, month: Month) -> Sequence[RuleText]:
    """The rules of all products of a scheme for orders into a month, in their order."""
    book = price_book(session, scheme, month)
    products = {code for text_ in book.texts.values() for code in text_.products}
    found = {part for code in products for part in book.holds(code, month).rules}
    return sorted((book.texts[part] for part in found), key=lambda rule: rule.rank)


def _lists(session: Session, ids: Iterable[UUID]) -> dict[UUID, Holds]:
    wanted = set(ids)
    missing = wanted - _LISTS.keys()
    if missing:
        _make_room(_LISTS, len(missing))
        rows = session.execute(
            select(PriceList.id, PriceList.holds).where(PriceList.id.in_(missing))
        )
        _LISTS.update({id_: Holds.of(holds) for id_, holds in rows})
    return {id_: _LISTS[id_] for id_ in wanted}


def texts_of(session: Session, parts: Iterable[Part]) -> dict[Part, RuleText]:
    """Versions of rules, compiled once a process."""
    wanted = set(parts)
    missing = wanted - _TEXTS.keys()
    if missing:
        _make_room(_TEXTS, len(missing))
        key = tuple_(PriceRuleVersion.rule_id, PriceRuleVersion.number)
        rows = session.execute(
            select(PriceRuleVersion.rule_id, PriceRuleVersion.number, PriceRuleVersion.plain).where(
                key.in_(missing)
            )
        )
        for rule_id, number, plain in rows:
            _TEXTS[Part(rule_id, number)] = text_read(plain)
    return {part: _TEXTS[part] for part in wanted}


def did_nothing(session: Session, kept: Mapping[str, Any]) -> list[NotApplied]:
    """The rules that did nothing to a price, as a quote or an order keeps them; a statement where
    there are any."""
    if not kept:
        return []
    rows = session.execute(
        select(PriceRule.id, PriceRule.text_number).where(PriceRule.code.in_(passed.codes_in(kept)))
    )
    texts = texts_of(session, [Part(*row) for row in rows])
    return passed.of_json(kept, {text.code: text for text in texts.values()})


def text_read(plain: Mapping[str, Any]) -> RuleText:
    """What was checked when it was saved."""
    found = read(plain, ANY_NAMES)
    if isinstance(found, list):
        faults = "; ".join(str(fault) for fault in found)
        raise AssertionError(f"the price rule {plain.get('code')} no longer passes: {faults}")
    return found


def _make_room(kept: dict[Any, Any], more: int) -> None:
    if len(kept) + more > _MOST_KEPT:
        kept.clear()


def _euros(minor: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-2)
