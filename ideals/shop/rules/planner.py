"""A month or a year split over the products: what each cell costs and brings, month after month.

The plan walks through the months in their order and, within one, through the products in theirs. A
cell that cannot be says why and moves nothing; what follows it is planned as if it were empty.
Facts, prices and tables are those of today. Nothing is booked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.kernel.said import Said
from ideals.kernel.said import say as _
from ideals.schemes.rules.product import Product, ProductKind
from ideals.schemes.rules.remainder import LeftOverNow
from ideals.schemes.rules.selling import price_of
from ideals.shop.rules.meaning import Choice, Pay, Taxed, What, paid_once, taxed_now

ZERO = Decimal(0)
Becomes = Callable[[Month, int, int], LeftOverNow]
"""What the scheme makes of cents that no cell of a month takes, beside so many minutes of leave."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A product in one month: cents and minutes of one unit, or why it cannot be had then."""

    unit_minor: int = 0
    unit_minutes: Decimal = ZERO
    minimum: Decimal = ZERO
    maximum: Decimal | None = None
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A limit over some months, both included, with what is used of it before the plan.

    `amount` counts units, or cents when `in_euros`; `times` counts orders. `None`: does not count.
    """

    first: Month
    last: Month
    amount: Decimal | None
    used: Decimal = ZERO
    in_euros: bool = False
    times: int | None = None
    used_times: int = 0

    def includes(self, month: Month) -> bool:
        return self.first <= month <= self.last


@dataclass(frozen=True, slots=True)
class Row:
    """A product of the planner, with its offers by month and the limits on them together."""

    product: Product
    offers: Mapping[Month, Offer]
    ceilings: tuple[Ceiling, ...] = ()

    @property
    def code(self) -> str:
        return self.product.code


@dataclass(frozen=True, slots=True)
class Ahead:
    """A month to plan: what it brings, and what of that is promised to commitments."""

    month: Month
    allocated_minor: int
    charged_minor: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """Where the plan begins: what is in the accounts of now."""

    pay: Pay
    available_minor: int
    becomes: Becomes
    leave_minutes: int = 0
    savings_minor: int = 0
    development_minor: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """`refused`: why it cannot be; then it costs and brings nothing."""

    month: Month
    code: str
    quantity: Decimal
    price_minor: int = 0
    minutes: int = 0
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One month of a plan.

    `gross_minor` is what is paid out with the pay and `taxed` the tax on it. `by_itself`: what the
    scheme does with what no cell takes. `short_minor`: charges that the budget could not carry;
    pay does.
    """

    month: Month
    began_minor: int
    allocated_minor: int
    charged_minor: int
    short_minor: int
    cells: tuple[Cell, ...]
    taxed: tuple[Taxed, ...]
    by_itself: LeftOverNow
    minutes: int
    saved_minor: int
    spent_minor: int
    left_minor: int

    @property
    def gross_minor(self) -> int:
        return sum(each.gross_minor for each in self.taxed if each.what is What.PAID)

    @property
    def net_minor(self) -> int | None:
        """`None` when the table of this year is not known."""
        nets = [each.pays_minor for each in self.taxed]
        known = [net for net in nets if net is not None]
        return sum(known) if len(known) == len(nets) else None


@dataclass(frozen=True, slots=True)
class Plan:
    months: tuple[Planned, ...]
    end_left_minor: int

    @property
    def gross_minor(self) -> int:
        return sum(month.gross_minor for month in self.months)

    @property
    def net_minor(self) -> int:
        """Of the months whose tables are known; `unknown` names the others' years."""
        return sum(month.net_minor or 0 for month in self.months)

    @property
    def unknown(self) -> tuple[int, ...]:
        years = {month.month.year for month in self.months if month.net_minor is None}
        return tuple(sorted(years))

    @property
    def minutes(self) -> int:
        return sum(month.minutes for month in self.months)

    @property
    def saved_minor(self) -> int:
        return sum(month.saved_minor for month in self.months)

    @property
    def refused(self) -> tuple[Cell, ...]:
        return tuple(c for month in self.months for c in month.cells if c.refused is not None)


def plan(
    rows: Sequence[Row],
    months: Sequence[Ahead],
    start: Start,
    wanted: Mapping[tuple[str, Month], Decimal],
) -> Plan:
    """`wanted`: units by product and month."""
    walk = _Walk(rows, start)
    planned = tuple(walk.month(each, wanted) for each in months)
    return Plan(planned, walk.purse["budget"])


@dataclass(slots=True)
class _Walk:
    """What the months so far have left of balances and limits."""

    rows: Sequence[Row]
    start: Start
    purse: dict[str, int] = field(init=False)
    minutes: int = field(init=False)
    used: dict[tuple[str, int], tuple[Decimal, int]] = field(default_factory=dict)
    """By product and the place of its limit: what is used, and how many times."""

    def __post_init__(self) -> None:
        self.purse = {
            "budget": self.start.available_minor,
            "savings": self.start.savings_minor,
            "development": self.start.development_minor,
        }
        self.minutes = self.start.leave_minutes

    def month(self, ahead: Ahead, wanted: Mapping[tuple[str, Month], Decimal]) -> Planned:
        began, had, saved = self.purse["budget"], self.minutes, self._put_aside()
        self.purse["budget"] += ahead.allocated_minor
        charged = min(ahead.charged_minor, max(0, self.purse["budget"]))
        self.purse["budget"] -= charged
        cells, taxed, spent = [], [], 0
        for row in self.rows:
            quantity = wanted.get((row.code, ahead.month), ZERO)
            if not quantity:
                continue
            cell = self._cell(row, ahead.month, quantity)
            cells.append(cell)
            if cell.refused is None:
                self._book(row, cell)
                taxed += self._taxed(row, cell)
                spent += cell.price_minor if row.product.kind is not ProductKind.SELL_LEAVE else 0
        by_itself = self._left_over(ahead.month)
        if by_itself.paid_minor:
            taxed.append(paid_once(self.start.pay, by_itself.paid_minor, ahead.month.year))
        return Planned(
            month=ahead.month,
            began_minor=began,
            allocated_minor=ahead.allocated_minor,
            charged_minor=charged,
            short_minor=ahead.charged_minor - charged,
            cells=tuple(cells),
            taxed=tuple(taxed),
            by_itself=by_itself,
            minutes=self.minutes - had,
            saved_minor=self._put_aside() - saved,
            spent_minor=spent,
            left_minor=self.purse["budget"],
        )

    def _put_aside(self) -> int:
        return self.purse["savings"] + self.purse["development"]

    def _cell(self, row: Row, month: Month, quantity: Decimal) -> Cell:
        refused = self._why_not(row, month, quantity)
        if refused is not None:
            return Cell(month, row.code, quantity, refused=refused)
        offer = row.offers[month]
        minutes = _whole(offer.unit_minutes * quantity)
        return Cell(month, row.code, quantity, price_of(offer.unit_minor, quantity), minutes)

    def _why_not(self, row: Row, month: Month, quantity: Decimal) -> str | None:
        offer = row.offers.get(month)
        if offer is None:
            return _("This cannot be ordered for %(month)s.", month=month)
        return (
            offer.closed
            or _out_of_bounds(row.product, offer, quantity)
            or self._over_a_limit(row, month, quantity)
            or self._not_there(row, month, quantity)
        )

    def _over_a_limit(self, row: Row, month: Month, quantity: Decimal) -> Said | None:
        for place, ceiling in enumerate(row.ceilings):
            if not ceiling.includes(month):
                continue
            used, times = self.used.get((row.code, place), (ceiling.used, ceiling.used_times))
            if ceiling.times is not None and times >= ceiling.times:
                return _(
                    "It can be chosen %(times)s times through %(month)s.",
                    times=ceiling.times,
                    month=ceiling.last,
                )
            if ceiling.amount is not None:
                left = max(ZERO, ceiling.amount - used)
                if _counted(row, ceiling, month, quantity) > left:
                    return _left_of_limit(ceiling, left)
        return None

    def _not_there(self, row: Row, month: Month, quantity: Decimal) -> Said | None:
        """More than the account holds at that moment."""
        offer = row.offers[month]
        if row.product.kind is ProductKind.SELL_LEAVE:
            if _whole(offer.unit_minutes * quantity) <= self.minutes:
                return None
            return _("You would have %(hours)s of leave then.", hours=Minutes(self.minutes))
        left = self.purse[row.product.paid_from]
        missing = price_of(offer.unit_minor, quantity) - left
        if missing <= 0:
            return None
        return _(
            "There would be %(left)s then: %(missing)s too little.",
            left=Money(max(0, left)),
            missing=Money(missing),
        )

    def _book(self, row: Row, cell: Cell) -> None:
        product, price = row.product, cell.price_minor
        if product.kind is ProductKind.SELL_LEAVE:
            self.purse["budget"] += price
            self.minutes -= cell.minutes
        else:
            self.purse[product.paid_from] -= price
            self.minutes += cell.minutes
        if product.kind in (ProductKind.SAVINGS, ProductKind.DEVELOPMENT):
            self.purse[product.kind] += price
        for place, ceiling in enumerate(row.ceilings):
            if ceiling.includes(cell.month):
                key = (row.code, place)
                used, times = self.used.get(key, (ceiling.used, ceiling.used_times))
                counted = _counted(row, ceiling, cell.month, cell.quantity)
                self.used[key] = (used + counted, times + 1)

    def _taxed(self, row: Row, cell: Cell) -> list[Taxed]:
        choice = Choice(row.product, (cell.price_minor,), cell.minutes)
        return list(taxed_now(choice, self.start.pay, cell.month))

    def _left_over(self, month: Month) -> LeftOverNow:
        left = self.purse["budget"]
        if left <= 0:
            return LeftOverNow()
        becomes = self.start.becomes(month, left, self.minutes)
        self.purse["budget"] = becomes.kept_minor
        self.minutes += becomes.minutes
        return becomes


def _out_of_bounds(product: Product, offer: Offer, quantity: Decimal) -> Said | None:
    if quantity < 0 or quantity % product.step:
        return _("Choose a multiple of %(step)s.", step=product.step)
    if quantity < offer.minimum:
        return _("Choose at least %(least)s.", least=offer.minimum)
    if offer.maximum is not None and quantity > offer.maximum:
        return _("Choose at most %(most)s.", most=offer.maximum)
    return None


def _counted(row: Row, ceiling: Ceiling, month: Month, quantity: Decimal) -> Decimal:
    if not ceiling.in_euros:
        return quantity
    return Decimal(price_of(row.offers[month].unit_minor, quantity))


def _left_of_limit(ceiling: Ceiling, left: Decimal) -> Said:
    value = Money(int(left)) if ceiling.in_euros else left
    return _("Your limit leaves %(left)s through %(month)s.", left=value, month=ceiling.last)


def _whole(minutes: Decimal) -> int:
    return int(minutes.quantize(Decimal(1), ROUND_HALF_UP))


# From a plan to what repeats by itself


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same quantity of a product in each month from `first` through `last`."""

    code: str
    quantity: Decimal
    first: Month
    last: Month


def repeated(plan: Plan) -> tuple[Repeated, ...]:
    """What the plan's cells are as standing choices: by product, in the order of its rows.

    Cells that were refused are left out.
    """
    cells = [cell for month in plan.months for cell in month.cells if cell.refused is None]
    codes = dict.fromkeys(cell.code for cell in cells)
    return tuple(
        found
        for code in codes
        for found in _runs(code, [cell for cell in cells if cell.code == code])
    )


def _runs(code: str, cells: Sequence[Cell]) -> Iterator[Repeated]:
    def run(place: tuple[int, Cell]) -> tuple[int, Decimal]:
        """Alike for neighbouring months with the same quantity."""
        number, cell = place
        return cell.month.year * 12 + cell.month.month - number, cell.quantity

    for (_place, quantity), group in groupby(enumerate(cells), key=run):
        months = [cell.month for _number, cell in group]
        yield Repeated(code, quantity, months[0], months[-1])
