"""What a product is for one employee: open or not and why, its price, its bounds, its limits.

Pure. `month` is the month that the order is for, `day` the day on which it is placed. The facts are
those of one day, as if that employment filled its month: a joiner pays the price of an hour, not of
a part of one. Which day that is, a price says by its `price_moment`; everything else is as on the
day of the order. Who is not employed on it counts as on the first day employed after it. Raises
`BudgetNotComputable` and the named errors of a quantity.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from ideals.kernel.formula import Formula, Part, arithmetic, explain, settled
from ideals.kernel.month import Month
from ideals.kernel.said import say as _
from ideals.schemes.errors import (
    NeverSold,
    NotEmployed,
    PriceStatedByBuyer,
    QuantityNotInSteps,
    QuantityTooLarge,
    QuantityTooSmall,
)
from ideals.schemes.rules.days import PartMonth, Span, days_of, employed_spans
from ideals.schemes.rules.explained import ExplainedFact, own_facts
from ideals.schemes.rules.facts import Facts, Reader, contract_salary, reader
from ideals.schemes.rules.formulas import PRICE
from ideals.schemes.rules.owed import evaluated, negative
from ideals.schemes.rules.person import Person, Stretch
from ideals.schemes.rules.product import (
    Counts,
    Limit,
    Per,
    PriceMoment,
    Product,
    ProductKind,
    Quota,
)
from ideals.schemes.rules.rounding import rounded
from ideals.schemes.rules.scheme import Component, Scheme

_ONE = Decimal(1)
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
LAST_MONTH = Month(2999, 12)
LARGEST_QUANTITY = Decimal(1_000_000_000)
_PAY_FACTS = ("salary", "full_time_salary", "part_time_factor", "weekly_hours", "allowances")


@dataclass(frozen=True, slots=True)
class Offered:
    """Whether it can be ordered now.

    `why` not, in words, empty when it can; `texts` is what the document itself says to those who
    are not eligible. `opens_on`: the first day of the next opening, when there is one.
    """

    eligible: bool
    is_open: bool
    why: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    opens_on: date | None = None

    @property
    def available(self) -> bool:
        return self.eligible and self.is_open


@dataclass(frozen=True, slots=True)
class Priced:
    """The price of one unit in cents, with what it is made of.

    `exact` are euros as the formula gives them; `parts` its values, the result last; `facts` the
    scheme's own facts below it. A euro costs 1.00 and has no formula. `as_of` is the day that the
    facts are of, or the month whose salary counts.
    """

    minor: int
    exact: Decimal
    formula: str
    parts: tuple[Part, ...]
    facts: tuple[ExplainedFact, ...]
    as_of: date | Month


@dataclass(frozen=True, slots=True)
class Bounds:
    """Units in one order, in whole steps; `maximum` `None`: no bound of its own."""

    minimum: Decimal
    maximum: Decimal | None


@dataclass(frozen=True, slots=True)
class LimitNow:
    """A limit with its months, both included: orders for them count together.

    `amount` are units, or cents when `counts` says euro; `None`: only `times` counts. For
    `per: order` it is the most of one order, and the months are that of the order.
    """

    per: Per
    counts: Counts
    first_month: Month
    last_month: Month
    amount: Decimal | int | None
    times: int | None


# Offered or not -------------------------------------------------------------------------------


def offered(scheme: Scheme, product: Product, person: Person, month: Month, day: date) -> Offered:
    """Eligible, and open on that day. Deadlines, limits and quotas are looked at apart."""
    if not product.is_ordered:
        return Offered(True, False, _("This is not ordered: what you do not use stays."))
    opens_on, closed = _closed(product, Month.of(day))
    with arithmetic():
        if not employed_spans(person.stretches, scheme.code, month.first, month.last):
            why = _("You are not employed under this scheme in %(month)s.", month=month)
            return Offered(False, not closed, why, opens_on=opens_on)
        facts = _facts_on(scheme, person, day, month)
        if product.eligible is not None and not evaluated(product.eligible, facts, product.code):
            why = _("This is not open to you.")
            return Offered(False, not closed, why, product.not_eligible, opens_on)
    return Offered(True, not closed, closed, opens_on=opens_on)


def _closed(product: Product, now: Month) -> tuple[date | None, str]:
    """When it opens and why it is closed; nothing while it is open."""
    if product.opens is None or product.opens.includes(now):
        return None, ""
    following = product.opens.next(now)
    if following is None:
        last = product.opens.last
        return None, _("It could be ordered until %(month)s.", month=last)
    return following.first, _("It can be ordered from %(day)s.", day=following.first)


def last_day(scheme: Scheme, product: Product, month: Month) -> date:
    """The last day on which it can be ordered for a month."""
    return (product.deadline or scheme.calendar.deadline).last_day(month)


# Prices and hours -----------------------------------------------------------------------------


def unit_price(
    scheme: Scheme,
    product: Product,
    person: Person,
    month: Month,
    day: date,
    *,
    selling: bool = False,
) -> Priced:
    """What one unit costs; `selling`: what the employee gets for one that is sold back."""
    if selling and not (product.sells_granted or product.sells_bought):
        raise NeverSold(f"{product.code} is never sold back", product=product.code)
    if product.asks_price:
        raise PriceStatedByBuyer(
            f"the price of {product.code} is stated by who buys it", product=product.code
        )
    formula = (product.sell_price or product.price) if selling else product.price
    if formula is None:
        return Priced(100, _ONE, "", (), (), day)
    with arithmetic():
        facts, as_of = _price_facts(scheme, product, person, month, day)
        exact = evaluated(formula, facts, product.code)
        minor = _minor(exact, product, person)
        parts = explain(formula, facts)
        return Priced(minor, exact, formula.source, parts, own_facts(scheme, formula, facts), as_of)


def price_of(unit_minor: int, quantity: Decimal) -> int:
    """Whole cents a unit x the quantity, half up. `check_quantity` first: here any number goes."""
    with arithmetic():
        return int((unit_minor * quantity).quantize(_ONE, ROUND_HALF_UP))


def most_for(minor: int, unit_minor: int, step: Decimal) -> Decimal:
    """The most units, in whole steps, that an amount pays."""
    if minor <= 0 or unit_minor <= 0:
        return Decimal(0)
    with arithmetic():
        steps = (Decimal(minor) / (unit_minor * step)).to_integral_value(ROUND_FLOOR)
        if price_of(unit_minor, (steps + 1) * step) <= minor:  # rounding in favour of a part
            steps += 1
        if steps and price_of(unit_minor, steps * step) > minor:
            steps -= 1
        return steps * step


def minutes_of(
    scheme: Scheme, product: Product, person: Person, month: Month, day: date, quantity: Decimal
) -> int:
    """The minutes of leave that so many units are; 0 when it is no leave."""
    if product.kind not in (ProductKind.LEAVE, ProductKind.SELL_LEAVE):
        return 0
    with arithmetic():
        hours = _ONE
        if product.unit_hours is not None:
            facts = _facts_on(scheme, person, day, month)
            hours = _not_negative(product.unit_hours, facts, product, person)
        return int(settled(hours * quantity * 60).quantize(_ONE, ROUND_HALF_UP))


def addition_minor(
    scheme: Scheme, product: Product, person: Person, month: Month, price_minor: int
) -> int:
    """Cents a year added to the wage for something of that price; 0 when nothing is."""
    if product.addition is None:
        return 0
    with arithmetic():
        facts = _facts_on(scheme, person, month.first, month)
        facts[PRICE] = Decimal(price_minor).scaleb(-2)
        return _minor(evaluated(product.addition, facts, product.code), product, person)


# Bounds and limits ----------------------------------------------------------------------------


def order_bounds(
    scheme: Scheme, product: Product, person: Person, month: Month, day: date
) -> Bounds:
    """The least and the most of one order: at least one step, both to whole steps inwards."""
    least, most = product.step, None
    if product.minimum is None and product.maximum is None:
        return Bounds(least, most)
    with arithmetic():
        facts = _facts_on(scheme, person, day, month)
        if product.minimum is not None:
            value = evaluated(product.minimum, facts, product.code)
            least = max(least, _in_steps(value, product.step, ROUND_CEILING))
        if product.maximum is not None:
            value = _not_negative(product.maximum, facts, product, person)
            most = _in_steps(value, product.step, ROUND_FLOOR)
    return Bounds(least, most)


def check_quantity(product: Product, bounds: Bounds, quantity: Decimal) -> None:
    """Raises `QuantityNotInSteps`, `QuantityTooSmall` or `QuantityTooLarge`."""
    most = LARGEST_QUANTITY if bounds.maximum is None else min(LARGEST_QUANTITY, bounds.maximum)
    if not quantity.is_finite() or quantity > most:
        raise QuantityTooLarge(
            f"at most {most} {product.unit.value} in one order",
            product=product.code,
            maximum=str(most),
        )
    if quantity < bounds.minimum:
        raise QuantityTooSmall(
            f"at least {bounds.minimum} {product.unit.value} in one order",
            product=product.code,
            minimum=str(bounds.minimum),
        )
    with arithmetic():
        if quantity % product.step:
            raise QuantityNotInSteps(
                f"{product.code} goes in steps of {product.step}",
                product=product.code,
                step=str(product.step),
            )


def limits_of(
    scheme: Scheme, product: Product, person: Person, month: Month, day: date
) -> tuple[LimitNow, ...]:
    if not product.limits:
        return ()
    with arithmetic():
        facts = _facts_on(scheme, person, day, month)
        return tuple(_limit(each, product, facts, month) for each in product.limits)


def _limit(limit: Limit, product: Product, facts: Facts, month: Month) -> LimitNow:
    amount: Decimal | int | None = None
    if limit.amount is not None:
        exact = _not_negative(limit.amount, facts, product, facts.person)
        if limit.counts is Counts.EURO:
            amount = _minor(exact, product, facts.person)
        else:
            amount = rounded(exact, limit.rounding)
    first, last = _months_of(limit, facts, month)
    return LimitNow(limit.per, limit.counts, first, last, amount, limit.times)


def _months_of(limit: Limit, facts: Facts, month: Month) -> tuple[Month, Month]:
    match limit.per:
        case Per.YEAR:
            return Month(month.year, 1), Month(month.year, 12)
        case Per.YEARS:
            return Month(max(1900, month.year - limit.years + 1), 1), Month(month.year, 12)
        case Per.EMPLOYMENT:
            return min(month, Month.of(facts.final.hired_on)), LAST_MONTH
    return month, month


def hours_at_most(scheme: Scheme, person: Person, month: Month, day: date) -> Decimal | None:
    """The hours of leave up to which what is left over is saved; `None`: without a maximum."""
    formula = scheme.calendar.save_at_most
    if formula is None:
        return None
    with arithmetic():
        return evaluated(formula, _facts_on(scheme, person, day, month), "left_over")


def quota_months(quota: Quota, month: Month) -> tuple[Month, Month]:
    """The months, both included, whose orders share a quota."""
    if quota.per is Per.MONTH:
        return month, month
    return Month(month.year, 1), Month(month.year, 12)


# Facts ----------------------------------------------------------------------------------------


def selling_readers(
    readers: Mapping[str, Reader], components: Iterable[Component]
) -> Mapping[str, Reader]:
    """The readers of a scheme as formulas of products use them.

    The salary is that of the contract, whatever payroll paid during sickness; a component is what
    is owed for a whole month with these facts.
    """
    made = {component.code: _owed_reader(component) for component in components}
    selling = {**readers, **made}
    if "salary" in selling:
        selling["salary"] = contract_salary
    return selling


def widened(scheme: Scheme, names: Collection[str]) -> Scheme:
    """The scheme with what reads and loads these facts of the catalogue too: whoever changes its
    prices may go by more than it reads itself."""
    more = [name for name in names if name not in scheme.selling_readers]
    if not more:
        return scheme
    readers = {name: _reader_of(scheme, name) for name in more}
    return replace(
        scheme,
        readers={**readers, **scheme.readers},
        selling_readers={**scheme.selling_readers, **readers},
        selling_needs=scheme.selling_needs | frozenset(more),
    )


def _reader_of(scheme: Scheme, name: str) -> Reader:
    if name == "full_time_hours":
        return lambda _facts: scheme.full_time_hours
    return reader(name)


def price_facts(
    scheme: Scheme, product: Product, person: Person, month: Month, day: date
) -> Mapping[str, Any]:
    """The facts that a price is made of, read when they are asked for."""
    return _price_facts(scheme, product, person, month, day)[0]


def _owed_reader(component: Component) -> Reader:
    def read(facts: Facts) -> Decimal:
        amount = evaluated(component.formula, facts, component.code)
        if amount < 0:
            negative(component.code, facts.person)
        return settled(amount).quantize(_CENT, ROUND_HALF_UP)

    return read


def _price_facts(
    scheme: Scheme, product: Product, person: Person, month: Month, day: date
) -> tuple[Facts, date | Month]:
    """The facts of a price, and the day or month they are of."""
    january = date(month.year, 1, 1)
    match product.price_moment:
        case PriceMoment.MONTH:
            facts = _facts_on(scheme, person, month.first, month)
        case PriceMoment.JANUARY:
            facts = _facts_on(scheme, person, january, month)
        case PriceMoment.JANUARY_SALARY:
            since = _employment_on(scheme, person, january, month)
            paid = Month.of(since.start)
            return _with_pay_of(scheme, person, paid, _facts_on(scheme, person, day, month)), paid
        case _:
            facts = _facts_on(scheme, person, day, month)
    return facts, facts.last


def _employment_on(scheme: Scheme, person: Person, day: date, month: Month) -> Span:
    """The employment on a day, or else the next one that begins in the month or before it."""
    spans = employed_spans(person.stretches, scheme.code, day, max(day, month.last))
    if not spans:
        raise NotEmployed(
            f"not employed under {scheme.code} on {day}", employee_id=person.employee_id
        )
    return spans[0]


def _facts_on(scheme: Scheme, person: Person, day: date, month: Month) -> Facts:
    span = _employment_on(scheme, person, day, month)
    return _whole(scheme.selling_readers, scheme, person, span.start, [(span.stretch, 1)])


def _whole(
    readers: Mapping[str, Reader],
    scheme: Scheme,
    person: Person,
    last: date,
    weighed: list[tuple[Stretch, int]],
) -> Facts:
    """Facts as if these employments, by their weight, filled the month of `last`."""
    whole = sum(weight for _, weight in weighed)
    employed = [(Span(stretch, last, last), weight) for stretch, weight in weighed]
    return Facts(readers, scheme.code, person, Month.of(last), last, weighed, employed, whole)


def _with_pay_of(scheme: Scheme, person: Person, paid: Month, facts: Facts) -> Facts:
    """The facts, with salary, allowances and contract of another month."""
    days = days_of(paid, scheme.part_month)
    spans = employed_spans(person.stretches, scheme.code, days.first, days.last)
    weighed = [(span.stretch, days.weight(span.start, span.end)) for span in spans]
    if scheme.part_month is PartMonth.NONE or not sum(weight for _, weight in weighed):
        weighed = [(spans[-1].stretch, 1)]
    then = _whole(scheme.selling_readers, scheme, person, spans[-1].end, weighed)
    facts.readers = {
        name: (lambda _, name=name: then[name]) if _is_pay(name) else reader  # type: ignore[misc]
        for name, reader in facts.readers.items()
    }
    return facts


def _is_pay(name: str) -> bool:
    return name in _PAY_FACTS or (name.startswith("allowance.") and ".on_" not in name)


def _not_negative(formula: Formula, facts: Facts, product: Product, person: Person) -> Decimal:
    value = evaluated(formula, facts, product.code)
    if value < 0:
        negative(product.code, person)
    return value


def _minor(euros: Decimal, product: Product, person: Person) -> int:
    if euros < 0:
        negative(product.code, person)
    return int(settled(euros * _HUNDRED).quantize(_ONE, ROUND_HALF_UP))


def _in_steps(value: Decimal, step: Decimal, mode: str) -> Decimal:
    return (settled(value / step)).to_integral_value(mode) * step
