"""How a price comes about, step by step, and what an order that takes it has to keep to. Pure.

The list price of one unit is the product's formula. Then come the price rules in force, in their
order, then bounds, then rounding to the cent, then the quantity. Each leaves a step: what was done,
and what it came to.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from ideals.kernel.formula import Part, PartKind
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.said import Said, Texts, say
from ideals.kernel.said import say as _
from ideals.pricing.errors import (
    NotEligible,
    NotForOrder,
    NothingToPay,
    PriceNotAsked,
    ProductClosed,
    QuantityMissing,
)
from ideals.pricing.steering import Adjusted, Held, NotApplied, PriceBounds, Row, RuleText, price
from ideals.pricing.steering.conditions import INDICATOR
from ideals.schemes.errors import PriceStatedByBuyer
from ideals.schemes.rules import (
    Commitment,
    Counts,
    LimitNow,
    PaidFrom,
    Per,
    Person,
    Priced,
    Product,
    ProductKind,
    ProductUnit,
    Scheme,
    addition_minor,
    check_quantity,
    last_day,
    limits_of,
    minutes_of,
    offered,
    order_bounds,
    price_facts,
    price_of,
    quota_months,
    unit_price,
)

GUARANTEED = timedelta(minutes=15)
"""How long a quote holds, unless the deadline of its month comes first."""
_ONE = Decimal(1)
NO_FACTS: Mapping[str, Any] = MappingProxyType({})
NO_BOUNDS = PriceBounds()
NO_RULES = Row()
NOTHING_HELD = Held((), ())


# Steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One step to a price: what was done, in words that can be said again in another language, and
    what one unit, or in the end all of them, came to. `parts`: what a formula read and chose."""

    code: str
    text: Said
    amount_minor: int
    parts: tuple[Part, ...] = ()

    def to_json(self) -> dict[str, Any]:
        packed = {name: _packed(value) for name, value in self.text.values.items()}
        step: dict[str, Any] = {
            "code": self.code,
            "text": self.text.template,
            "values": packed,
            "amount": self.amount_minor,
        }
        if self.parts:
            step["parts"] = [
                [part.kind.value, part.name, _packed(part.value), part.taken] for part in self.parts
            ]
        return step

    @classmethod
    def of(cls, step: Mapping[str, Any]) -> Step:
        """From the stored form."""
        values = {name: _unpacked(value) for name, value in step["values"].items()}
        return cls(
            step["code"],
            say(step["text"], **values),
            step["amount"],
            tuple(
                Part(PartKind(kind), name, _unpacked(value), taken)
                for kind, name, value, taken in step.get("parts", ())
            ),
        )


_KINDS: tuple[tuple[str, type, Any, Any], ...] = (
    ("euros", Money, lambda money: money.minor, Money),
    ("number", Decimal, str, Decimal),
    ("month", Month, str, Month.parse),
    ("day", date, date.isoformat, date.fromisoformat),
    ("texts", Texts, lambda texts: texts.by_language, Texts.of),
    (
        "said",
        Said,
        lambda said: [said.template, {name: _packed(each) for name, each in said.values.items()}],
        lambda kept: say(kept[0], **{name: _unpacked(each) for name, each in kept[1].items()}),
    ),
)


def _packed(value: object) -> Any:
    """As JSON, with its kind where a text or yes and no would not say it."""
    for name, kind, pack, _read in _KINDS:
        if isinstance(value, kind):
            return {name: pack(value)}
    return value


def _unpacked(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    ((name, packed),) = value.items()
    read = next(read for kind, _, _, read in _KINDS if kind == name)
    return read(packed)


# From the list price to the price -------------------------------------------------------------


def adjusted(
    exact: Decimal,
    rules: Sequence[RuleText] | Row,
    bounds: PriceBounds,
    facts: Mapping[str, Any] = NO_FACTS,
) -> tuple[int, list[Step]]:
    """The price of one unit in cents after rules, bounds and rounding, with a step for each that
    did something."""
    found = price(exact, rules, bounds, facts)
    return found.minor, [Step(each.code, each.text, each.amount_minor) for each in found.steps]


class HeldOnce:
    """Which rules hold for somebody, found out once for all products that share them.

    Of a few people at a time: whoever looks at many asks for one after another.
    """

    __slots__ = ("_of",)
    MOST = 4

    def __init__(self) -> None:
        self._of: dict[int, tuple[Person, dict[Any, Held]]] = {}

    def of(self, person: Person, key: Hashable, judge: Callable[[], Held]) -> Held:
        if id(person) not in self._of:
            if len(self._of) == self.MOST:
                self._of.clear()
            # The person is kept beside what is known of them, so that nobody else has their id.
            self._of[id(person)] = person, {}
        known = self._of[id(person)][1]
        if key not in known:
            known[key] = judge()
        return known[key]


@dataclass(frozen=True, slots=True)
class Steering:
    """What changes the price of one product for orders into one month.

    `indicators`: as they count, by the names that conditions use. `wide` adds to a scheme what
    reads the facts that conditions name. `once` is shared by all that one book of prices tells.
    """

    row: Row = NO_RULES
    bounds: PriceBounds = NO_BOUNDS
    indicators: Mapping[str, Decimal] = field(default_factory=dict)
    wide: Callable[[Scheme], Scheme] = lambda scheme: scheme
    once: HeldOnce = field(default_factory=HeldOnce)

    def held(
        self, scheme: Scheme, product: Product, person: Person, month: Month, day: date
    ) -> Held:
        """The rules that hold for somebody, and why others do not."""
        if not self.row:
            return NOTHING_HELD
        seen = tuple(self.indicators.items())
        key = (self.row, seen, product.price_moment, scheme.version, month, day)
        return self.once.of(
            person, key, lambda: self.row.held(self.facts(scheme, product, person, month, day))
        )

    def facts(
        self, scheme: Scheme, product: Product, person: Person, month: Month, day: date
    ) -> Mapping[str, Any]:
        """What conditions may read; of the employee nothing is read before it is asked for."""
        return ConditionFacts(
            self.indicators,
            lambda: price_facts(self.wide(scheme), product, person, month, day),
        )


UNSTEERED = Steering()


class ConditionFacts(dict[str, Any]):
    """Indicators, and facts of an employee when one is asked for."""

    __slots__ = ("_employee", "_read")

    def __init__(
        self, indicators: Mapping[str, Decimal], read: Callable[[], Mapping[str, Any]]
    ) -> None:
        super().__init__(indicators)
        self._read = read
        self._employee: Mapping[str, Any] | None = None

    def __missing__(self, name: str) -> Any:
        if name.startswith(INDICATOR):
            raise KeyError(name)
        if self._employee is None:
            self._employee = self._read()
        value = self[name] = self._employee[name]
        return value


@dataclass(frozen=True, slots=True)
class Unit:
    """What one unit costs one employee: as listed, and what became of that."""

    listed: Priced
    adjusted: Adjusted

    @property
    def minor(self) -> int:
        return self.adjusted.minor


def unit_of(
    scheme: Scheme,
    product: Product,
    person: Person,
    month: Month,
    day: date,
    steering: Steering,
    *,
    selling: bool = False,
) -> Unit:
    """Leave that is sold back is worth what it would cost: the same rules change both.

    Raises what `unit_price` does.
    """
    listed = unit_price(scheme, product, person, month, day, selling=selling)
    held = steering.held(scheme, product, person, month, day)
    return Unit(listed, price(listed.exact, held, steering.bounds, NO_FACTS))


_LISTED = {
    ProductUnit.HOUR: (
        _("One hour by the rules of your scheme, with your facts of %(as_of)s"),
        _("One hour sold by the rules of your scheme, with your facts of %(as_of)s"),
    ),
    ProductUnit.DAY: (
        _("One day by the rules of your scheme, with your facts of %(as_of)s"),
        _("One day sold by the rules of your scheme, with your facts of %(as_of)s"),
    ),
    ProductUnit.PIECE: (
        _("One by the rules of your scheme, with your facts of %(as_of)s"),
        _("One by the rules of your scheme, with your facts of %(as_of)s"),
    ),
    ProductUnit.EURO: (
        _("One euro of it by the rules of your scheme, with your facts of %(as_of)s"),
        _("One euro of it by the rules of your scheme, with your facts of %(as_of)s"),
    ),
}


@dataclass(frozen=True, slots=True)
class Price:
    """`unit_minor` for one unit, `minor` for all of them, in cents. `not_applied`: the rules that
    did nothing to it, each with why."""

    unit_minor: int
    minor: int
    steps: tuple[Step, ...]
    not_applied: tuple[NotApplied, ...] = ()


def price_listed(
    product: Product,
    listed: Priced,
    quantity: Decimal,
    *,
    selling: bool = False,
    rules: Sequence[RuleText] | Row | Held = (),
    facts: Mapping[str, Any] = NO_FACTS,
    bounds: PriceBounds = NO_BOUNDS,
) -> Price:
    """What so many units cost; `facts` for rules of which it is not known yet which hold.

    Raises `NothingToPay`.
    """
    found = price(listed.exact, rules, bounds, facts)
    minor = price_of(found.minor, quantity)
    _check_something(product, minor)
    if not listed.formula and not found.steps:
        # A euro costs a euro.
        first = Step("amount", _("The amount you choose"), minor)
        return Price(found.minor, minor, (first,), found.not_applied)
    sold = selling or product.kind is ProductKind.SELL_LEAVE
    said = say(_LISTED[product.unit][sold].template, as_of=listed.as_of)
    first = Step("list_price", said, listed.minor, listed.parts)
    changes = [Step(each.code, each.text, each.amount_minor) for each in found.steps]
    steps = [first, *changes]
    if quantity != 1:
        words = _("%(quantity)s × %(price)s", quantity=quantity, price=Money(found.minor))
        steps.append(Step("quantity", words, minor))
    return Price(found.minor, minor, tuple(steps), found.not_applied)


def price_stated(product: Product, stated_minor: int, quantity: Decimal) -> Price:
    """The buyer says what one costs. Raises `NothingToPay`."""
    minor = price_of(stated_minor, quantity)
    _check_something(product, minor)
    steps = [Step("stated", _("What one costs, as you say"), stated_minor)]
    if quantity != 1:
        words = _("%(quantity)s × %(price)s", quantity=quantity, price=Money(stated_minor))
        steps.append(Step("quantity", words, minor))
    return Price(stated_minor, minor, tuple(steps))


def charged(commitment: Commitment | None, price_minor: int) -> Step | None:
    """How something dear is charged month by month; `None` when it is paid at once."""
    if commitment is None:
        return None
    if not commitment.divided:
        words = _("Each month again, %(months)s months long", months=Decimal(commitment.months))
        return Step("each_month", words, price_minor)
    words = _("Charged in %(months)s months", months=Decimal(commitment.months))
    return Step("divided", words, price_minor)


def _check_something(product: Product, minor: int) -> None:
    if minor <= 0:
        raise NothingToPay(
            f"The price of {product.code} comes to nothing: there is nothing to pay or to get.",
            product=product.code,
        )


def wanted_quantity(
    product: Product, quantity: Decimal | None, stated_minor: int | None
) -> Decimal:
    """The quantity asked for; one, where a piece is bought and none was said.

    Raises `QuantityMissing`, `PriceStatedByBuyer`, `PriceNotAsked`.
    """
    if product.asks_price and stated_minor is None:
        raise PriceStatedByBuyer(
            f"{product.code} has no price of its own: say what it costs.", product=product.code
        )
    if not product.asks_price and stated_minor is not None:
        raise PriceNotAsked(
            f"The price of {product.code} is the scheme's; leave yours away.", product=product.code
        )
    if quantity is not None:
        return quantity
    if product.unit is ProductUnit.PIECE:
        return _ONE
    raise QuantityMissing(
        f"Say how many {product.unit.value}s of {product.code}.",
        product=product.code,
        unit=product.unit.value,
    )


# What an order has to keep to -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QuotaTerm:
    """Units for everybody together, in orders for these months."""

    first_month: Month
    last_month: Month
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """The rules of a product as they were for this employee when the quote was made.

    `kind` is what the order does: leave that is sold `back` is `sell_leave`. `evidence`: something
    must be uploaded. `last_day`: the deadline of the month. `step`: the least difference between
    two quantities; `maximum` `None`: no bound of its own. `sells_...`: which leave may be sold.
    """

    kind: ProductKind
    unit: ProductUnit
    tax: str
    paid_from: str
    approval: str
    evidence: bool
    cancellation: str
    last_day: date
    step: Decimal
    minimum: Decimal
    maximum: Decimal | None
    limits: tuple[LimitNow, ...] = ()
    quota: QuotaTerm | None = None
    back: bool = False
    sells_granted: bool = False
    sells_bought: bool = False
    commitment: Mapping[str, Any] | None = None
    stated_minor: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "unit": self.unit.value,
            "tax": self.tax,
            "paid_from": self.paid_from,
            "approval": self.approval,
            "evidence": self.evidence,
            "cancellation": self.cancellation,
            "last_day": self.last_day.isoformat(),
            "step": str(self.step),
            "minimum": str(self.minimum),
            "maximum": None if self.maximum is None else str(self.maximum),
            "limits": [_limit_to_json(limit) for limit in self.limits],
            "quota": None if self.quota is None else _quota_to_json(self.quota),
            "sells": [self.back, self.sells_granted, self.sells_bought],
            "commitment": self.commitment,
            "stated": self.stated_minor,
        }

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Terms:
        """From the stored form."""
        quota, most = kept["quota"], kept["maximum"]
        back, granted, bought = kept["sells"]
        return cls(
            kind=ProductKind(kept["kind"]),
            unit=ProductUnit(kept["unit"]),
            tax=kept["tax"],
            paid_from=kept["paid_from"],
            approval=kept["approval"],
            evidence=kept["evidence"],
            cancellation=kept["cancellation"],
            last_day=date.fromisoformat(kept["last_day"]),
            step=Decimal(kept["step"]),
            minimum=Decimal(kept["minimum"]),
            maximum=None if most is None else Decimal(most),
            limits=tuple(_limit_of_json(limit) for limit in kept["limits"]),
            quota=None if quota is None else _quota_of_json(quota),
            back=back,
            sells_granted=granted,
            sells_bought=bought,
            commitment=kept["commitment"],
            stated_minor=kept["stated"],
        )


def _quota_to_json(quota: QuotaTerm) -> list[Any]:
    return [quota.first_month.number, quota.last_month.number, str(quota.amount)]


def _quota_of_json(kept: Sequence[Any]) -> QuotaTerm:
    first, last, amount = kept
    return QuotaTerm(Month.from_number(first), Month.from_number(last), Decimal(amount))


def _limit_to_json(limit: LimitNow) -> list[Any]:
    return [
        limit.per.value,
        limit.counts.value,
        limit.first_month.number,
        limit.last_month.number,
        None if limit.amount is None else str(limit.amount),
        limit.times,
    ]


def _limit_of_json(kept: Sequence[Any]) -> LimitNow:
    per, counts, first, last, amount, times = kept
    read = int if Counts(counts) is Counts.EURO else Decimal
    return LimitNow(
        Per(per),
        Counts(counts),
        Month.from_number(first),
        Month.from_number(last),
        None if amount is None else read(amount),
        times,
    )


def commitment_to_json(commitment: Commitment | None) -> dict[str, Any] | None:
    if commitment is None:
        return None
    return {
        "months": commitment.months,
        "divided": commitment.divided,
        "early_end": commitment.early_end,
        "leaving": commitment.leaving.value,
    }


# All of it together --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as one employee can have it: so many units, for this price, under these terms.

    `minutes`: leave delivered or, for a sale, given up. `addition_minor`: cents a year on the wage.
    """

    scheme: Scheme
    product: Product
    month: Month
    quantity: Decimal
    price: Price
    minutes: int
    addition_minor: int
    terms: Terms


def steerable(product: Product) -> bool:
    """Whether rules and bounds change its price: it is ordered, at a price of the scheme's."""
    return product.is_ordered and not product.asks_price


def check_offered(
    scheme: Scheme, product: Product, person: Person, month: Month, day: date
) -> None:
    """Raises `NotForOrder`, `NotEligible`, `ProductClosed`."""
    found = offered(scheme, product, person, month, day)
    if not product.is_ordered:
        raise NotForOrder(found.why, product=product.code)
    if not found.eligible:
        raise NotEligible(found.why, product=product.code, why=dict(found.texts))
    if not found.is_open:
        opens = found.opens_on and str(Month.of(found.opens_on))
        raise ProductClosed(found.why, product=product.code, opens=opens)


def terms_of(
    scheme: Scheme,
    product: Product,
    person: Person,
    month: Month,
    day: date,
    *,
    selling: bool,
    stated_minor: int | None = None,
) -> Terms:
    """Limits and quotas are of what is bought: leave that is sold back has none."""
    bounds = order_bounds(scheme, product, person, month, day)
    quota = None
    if product.quota is not None and not selling:
        quota = QuotaTerm(*quota_months(product.quota, month), product.quota.amount)
    return Terms(
        kind=ProductKind.SELL_LEAVE if selling else product.kind,
        unit=product.unit,
        tax=product.tax.value,
        paid_from=(PaidFrom.BUDGET if selling else product.paid_from).value,
        approval=product.approval.value,
        evidence=bool(product.evidence),
        cancellation=product.cancellation.value,
        last_day=last_day(scheme, product, month),
        step=product.step,
        minimum=bounds.minimum,
        maximum=bounds.maximum,
        limits=() if selling else limits_of(scheme, product, person, month, day),
        quota=quota,
        back=selling,
        sells_granted=product.sells_granted,
        sells_bought=product.sells_bought,
        commitment=commitment_to_json(product.commitment),
        stated_minor=stated_minor,
    )


def worked_out(
    scheme: Scheme,
    product: Product,
    person: Person,
    month: Month,
    day: date,
    quantity: Decimal | None,
    *,
    steering: Steering = UNSTEERED,
    selling: bool = False,
    stated_minor: int | None = None,
) -> Offer:
    """Whether it may be had, and for what. Limits and what there is to spend are looked at later.

    Raises what `check_offered`, `wanted_quantity`, `check_quantity` and `price_listed` do, and
    `BudgetNotComputable` or `NeverSold`.
    """
    check_offered(scheme, product, person, month, day)
    quantity = wanted_quantity(product, quantity, stated_minor)
    bounds = order_bounds(scheme, product, person, month, day)
    check_quantity(product, bounds, quantity)
    if stated_minor is not None:
        cost = price_stated(product, stated_minor, quantity)
    else:
        listed = unit_price(scheme, product, person, month, day, selling=selling)
        cost = price_listed(
            product,
            listed,
            quantity,
            selling=selling,
            rules=steering.held(scheme, product, person, month, day),
            bounds=steering.bounds,
        )
    return Offer(
        scheme,
        product,
        month,
        quantity,
        _with_charges(cost, product.commitment),
        minutes_of(scheme, product, person, month, day, quantity),
        addition_minor(scheme, product, person, month, cost.minor),
        terms_of(scheme, product, person, month, day, selling=selling, stated_minor=stated_minor),
    )


def _with_charges(cost: Price, commitment: Commitment | None) -> Price:
    step = charged(commitment, cost.minor)
    return cost if step is None else replace(cost, steps=(*cost.steps, step))


# How long ------------------------------------------------------------------------------------


def ends_at(last_day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a last day is over where the organisation is."""
    following = last_day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=zone)


def expires_at(now: datetime, last_day: date, zone: ZoneInfo) -> datetime:
    """A quarter of an hour, and no later than the deadline of the month."""
    return min(now + GUARANTEED, ends_at(last_day, zone))
