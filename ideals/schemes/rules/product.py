"""What a scheme sells: one product with everything its document says of it. Frozen, no arithmetic.

`group`, `picture` and the texts are for the shop; the rest are rules. Euros are of the formula
language, so `Decimal`; `selling.py` turns them into cents for one employee.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from ideals.kernel.formula import Formula
from ideals.kernel.month import Month
from ideals.schemes.rules.days import Deadline
from ideals.schemes.rules.rounding import HourRounding


class ProductKind(StrEnum):
    PAY_OUT = "pay_out"
    LEAVE = "leave"
    SELL_LEAVE = "sell_leave"
    """Granted hours above the statutory ones, for money in the budget."""
    SAVINGS = "savings"
    DEVELOPMENT = "development"
    KEEP = "keep"
    """Tells that what is left stays in the budget. Nobody orders it."""
    BICYCLE = "bicycle"
    LEASE_CAR = "lease_car"
    UNION_DUES = "union_dues"
    COMMUTING = "commuting"
    PENSION = "pension"
    OTHER = "other"


class ProductUnit(StrEnum):
    HOUR = "hour"
    DAY = "day"
    EURO = "euro"
    PIECE = "piece"


class PriceMoment(StrEnum):
    """The day of which the facts in a price are."""

    ORDER = "order"
    MONTH = "month"
    """The 1st of the month that the order is for."""
    JANUARY = "january"
    """1 January of the year of that month."""
    JANUARY_SALARY = "january_salary"
    """The day of the order, with the salary, allowances and contract of that January."""


class TaxTreatment(StrEnum):
    TAXED = "taxed"
    EXEMPT = "exempt"
    """A targeted exemption, or nothing that tax looks at."""
    FREE_SPACE = "free_space"
    ADDITION = "addition"
    """A part of its value is added to the wage."""


class Cancellation(StrEnum):
    NEVER = "never"
    UNTIL_DEADLINE = "until_deadline"
    UNTIL_CLOSE = "until_close"


class NeedsApproval(StrEnum):
    NONE = "none"
    MANAGER = "manager"
    HR = "hr"


class Resale(StrEnum):
    """Which hours of the leave account may be sold. Statutory ones never are."""

    NEVER = "never"
    GRANTED_ONLY = "granted_only"
    BOUGHT_ONLY = "bought_only"
    ALWAYS = "always"


class PaidFrom(StrEnum):
    """The account of the employee that pays: the words of the ledger's kinds of account."""

    BUDGET = "budget"
    SAVINGS = "savings"
    DEVELOPMENT = "development"


class Group(StrEnum):
    """What people look for."""

    TIME = "time"
    MONEY_NOW = "money_now"
    MONEY_LATER = "money_later"
    MOVE = "move"
    LEARN = "learn"


class Picture(StrEnum):
    """The drawings the shop has."""

    COINS = "coins"
    SUN = "sun"
    HOURGLASS = "hourglass"
    PIGGY_BANK = "piggy_bank"
    BOOK = "book"
    JAR = "jar"
    BICYCLE = "bicycle"
    CAR = "car"
    PEOPLE = "people"
    TRAIN = "train"
    UMBRELLA = "umbrella"
    GIFT = "gift"
    HEART = "heart"
    HOME = "home"
    SCREEN = "screen"
    TOOLS = "tools"


class Per(StrEnum):
    """What a limit counts together."""

    ORDER = "order"
    MONTH = "month"
    YEAR = "year"
    YEARS = "years"
    """So many calendar years, that of the order last."""
    EMPLOYMENT = "employment"


class Counts(StrEnum):
    QUANTITY = "quantity"
    EURO = "euro"


class OnLeaving(StrEnum):
    """What becomes of what is not paid yet, for somebody who leaves."""

    PAY_REST = "pay_rest"
    END = "end"


@dataclass(frozen=True, slots=True)
class Opening:
    """When it can be ordered: from `first` through `last`, in these months of each year."""

    first: Month | None = None
    last: Month | None = None
    months: tuple[int, ...] = ()

    def includes(self, month: Month) -> bool:
        return (
            (self.first is None or self.first <= month)
            and (self.last is None or month <= self.last)
            and (not self.months or month.month in self.months)
        )

    def next(self, month: Month) -> Month | None:
        """The first month of opening that is not before this one; `None`: never again."""
        since = month if self.first is None else max(month, self.first)
        return next((each for each in since.until(since.plus(11)) if self.includes(each)), None)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` units or euros, as `counts` says, and at most so many `times`."""

    per: Per
    amount: Formula | None
    rounding: HourRounding
    counts: Counts
    years: int = 1
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """Units for everybody together: who comes first has them."""

    per: Per
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Commitment:
    """Charged each month. `divided`: the price is the whole, else it is the price of each month."""

    months: int
    divided: bool
    early_end: bool
    leaving: OnLeaving


class Usual(NamedTuple):
    """What a kind has when its document does not say."""

    unit: ProductUnit
    group: Group
    picture: Picture
    tax: TaxTreatment
    lowers_pension: bool


MONEY_KINDS = (ProductKind.PAY_OUT, ProductKind.SAVINGS, ProductKind.DEVELOPMENT)
LEAVE_KINDS = (ProductKind.LEAVE, ProductKind.SELL_LEAVE)
BOUGHT_OUTSIDE = (
    ProductKind.BICYCLE,
    ProductKind.LEASE_CAR,
    ProductKind.UNION_DUES,
    ProductKind.COMMUTING,
    ProductKind.PENSION,
    ProductKind.OTHER,
)
_HOUR, _EURO, _PIECE = ProductUnit.HOUR, ProductUnit.EURO, ProductUnit.PIECE
_TAXED, _EXEMPT = TaxTreatment.TAXED, TaxTreatment.EXEMPT

USUAL: Mapping[ProductKind, Usual] = {
    ProductKind.PAY_OUT: Usual(_EURO, Group.MONEY_NOW, Picture.COINS, _TAXED, False),
    ProductKind.LEAVE: Usual(_HOUR, Group.TIME, Picture.SUN, _EXEMPT, True),
    ProductKind.SELL_LEAVE: Usual(_HOUR, Group.MONEY_NOW, Picture.HOURGLASS, _EXEMPT, False),
    ProductKind.SAVINGS: Usual(_EURO, Group.MONEY_LATER, Picture.PIGGY_BANK, _EXEMPT, False),
    ProductKind.DEVELOPMENT: Usual(_EURO, Group.LEARN, Picture.BOOK, _EXEMPT, False),
    ProductKind.KEEP: Usual(_EURO, Group.MONEY_LATER, Picture.JAR, _EXEMPT, False),
    ProductKind.BICYCLE: Usual(_PIECE, Group.MOVE, Picture.BICYCLE, _TAXED, True),
    ProductKind.LEASE_CAR: Usual(_PIECE, Group.MOVE, Picture.CAR, _TAXED, True),
    ProductKind.UNION_DUES: Usual(_EURO, Group.MONEY_NOW, Picture.PEOPLE, _TAXED, True),
    ProductKind.COMMUTING: Usual(_EURO, Group.MOVE, Picture.TRAIN, _TAXED, True),
    ProductKind.PENSION: Usual(_EURO, Group.MONEY_LATER, Picture.UMBRELLA, _TAXED, False),
    ProductKind.OTHER: Usual(_EURO, Group.MONEY_NOW, Picture.GIFT, _TAXED, True),
}
USUAL_STEP: Mapping[ProductUnit, Decimal] = {
    ProductUnit.HOUR: Decimal(1),
    ProductUnit.DAY: Decimal(1),
    ProductUnit.EURO: Decimal("0.01"),
    ProductUnit.PIECE: Decimal(1),
}


@dataclass(frozen=True, slots=True)
class Product:
    """Something the scheme sells. Texts by language; formulas ready to use.

    `unit_hours`: the hours that one unit delivers, `None` when the unit is the hour or no leave.
    `price`: euros for one unit, `None` when a euro costs a euro or the buyer states the price.
    `addition`: euros a year on the wage; it reads the price as `price`.
    """

    code: str
    kind: ProductKind
    names: Mapping[str, str]
    texts: Mapping[str, str]
    note: str
    picture: Picture
    group: Group
    unit: ProductUnit
    step: Decimal
    unit_hours: Formula | None
    price: Formula | None
    sell_price: Formula | None
    price_moment: PriceMoment
    minimum: Formula | None
    maximum: Formula | None
    eligible: Formula | None
    not_eligible: Mapping[str, str]
    opens: Opening | None
    limits: tuple[Limit, ...]
    deadline: Deadline | None
    evidence: Mapping[str, str]
    approval: NeedsApproval
    cancellation: Cancellation
    resale: Resale
    quota: Quota | None
    months_ahead: int
    commitment: Commitment | None
    tax: TaxTreatment
    addition: Formula | None
    paid_from: PaidFrom
    lowers_pension: bool
    justification: str = ""

    @property
    def is_ordered(self) -> bool:
        return self.kind is not ProductKind.KEEP

    @property
    def asks_price(self) -> bool:
        """Whether the buyer states what one costs."""
        return self.is_ordered and self.unit is ProductUnit.PIECE and self.price is None

    @property
    def sells_granted(self) -> bool:
        """Whether granted hours, without the statutory ones, can be sold with it."""
        return self.kind is ProductKind.SELL_LEAVE or self.resale in (
            Resale.GRANTED_ONLY,
            Resale.ALWAYS,
        )

    @property
    def sells_bought(self) -> bool:
        """Whether hours bought before can be sold with it, in the year they were bought."""
        return self.resale in (Resale.BOUGHT_ONLY, Resale.ALWAYS)

    def formulas(self) -> Mapping[str, Formula]:
        """Those the document gives, by key; limits apart."""
        named = {
            "price": self.price,
            "sell_price": self.sell_price,
            "unit_hours": self.unit_hours,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "eligible": self.eligible,
            "addition": self.addition,
        }
        return {key: formula for key, formula in named.items() if formula is not None}
