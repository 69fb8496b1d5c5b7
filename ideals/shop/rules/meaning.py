"""What a choice means for one employee: gross, net, hours, the rest of the year, and warnings.

*Now* is with the pay of the month that the order is for; *over the year* from that month through
December. What is paid once meets the tax table for special rewards, read at the wage of a year;
what is added to the wage each month meets the monthly table. Where a table is not known, the tax
is `None` and so is every net amount made with it: nothing is invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.kernel.said import Said
from ideals.kernel.said import say as _
from ideals.schemes.rules.days import full_years
from ideals.schemes.rules.product import BOUGHT_OUTSIDE, Product, ProductKind, TaxTreatment
from ideals.shop.rules.commitments import share
from ideals.tax import rules as tax
from ideals.tax.rules import ONE, Law, Net, law_on

ADULT = 21
"""The minimum wage that is known here is for this age and older."""
WEEKS = Decimal(52) / 12
"""In a month, for the hours that the minimum wage is counted over."""
NEAR = Decimal("0.9")
"""The part of a limit from which it is said to be near."""
SOON_DAYS = 3
"""A deadline is near in its last days."""
LAPSES_WITHIN = 6
"""Months before leave lapses from which buying more is said to be a pity."""


class What(StrEnum):
    """Why something of a choice is taxed."""

    PAID = "paid"
    """Euros paid out with the wage, once."""
    IN_KIND = "in_kind"
    """Bought, and taxed as if it were wage."""
    ADDED = "added"
    """A part of its value is added to the taxed wage, each month."""


@dataclass(frozen=True, slots=True)
class Pay:
    """Gross pay in cents: of a whole month, and of last year when all of it is known."""

    month_minor: int
    last_year_minor: int | None = None

    @property
    def year_minor(self) -> int:
        """The wage of a year that the table for special rewards is read at."""
        return 12 * self.month_minor if self.last_year_minor is None else self.last_year_minor


@dataclass(frozen=True, slots=True)
class Taxed:
    """Gross euros with the tax on them. `net` is `None` when the table is not known.

    `wage_minor`: the wage at which the table is read, of a year for what is paid once and of a
    month for what is added each month.
    """

    what: What
    gross_minor: int
    net: Net | None
    wage_minor: int

    @property
    def pays_minor(self) -> int | None:
        """What the pay changes by."""
        if self.net is None:
            return None
        return self.net.net_minor if self.what is What.PAID else -self.net.tax_minor


def paid_once(pay: Pay, gross_minor: int, year: int, what: What = What.PAID) -> Taxed:
    net = tax.net_once(year, pay.year_minor, gross_minor)
    return Taxed(what, gross_minor, net, pay.year_minor)


def added(pay: Pay, yearly_minor: int, month: Month) -> Taxed:
    """The month's twelfth of a yearly amount, on top of the taxed wage."""
    monthly = share(yearly_minor, 12, month.month)
    known = month.year in tax.known_years()
    net = tax.net_now(month.year, pay.month_minor, monthly) if known else None
    return Taxed(What.ADDED, monthly, net, pay.month_minor)


@dataclass(frozen=True, slots=True)
class Choice:
    """What is about to be chosen, in cents and minutes for all of it.

    `charges`: what is paid in the month of the order and in each month after it. `selling`: leave
    goes and euros come. `addition_minor` is added to the taxed wage of a year.
    """

    product: Product
    charges: tuple[int, ...]
    minutes: int = 0
    selling: bool = False
    addition_minor: int = 0

    @property
    def sign(self) -> int:
        return -1 if self.selling else 1


@dataclass(frozen=True, slots=True)
class PaidMonth:
    """A month of this year so far: gross pay, and the weekly hours that it was for."""

    month: Month
    pay_minor: int
    weekly_hours: Decimal


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A limit with what of it is used, this choice included: units of the product, or cents."""

    amount: Decimal
    used: Decimal
    last: Month
    in_euros: bool = False


@dataclass(frozen=True, slots=True)
class Lapsing:
    """Leave that lapses after this day."""

    minutes: int
    on: date


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the employee stands on `day`, for an order of `month`. Amounts in cents.

    `available_minor`: on the account the product is paid from. `coming_minor`: what the rest of
    the year brings after `month`, already promised charges taken off. `month_budget_minor`: what a
    month brings, and `charged_minor` what of it goes to earlier commitments. `exchanged_minor`:
    what of `allocated_minor` of this year went to other things than pay.
    """

    month: Month
    day: date
    pay: Pay
    last_day: date | None = None
    available_minor: int = 0
    coming_minor: int = 0
    month_budget_minor: int = 0
    charged_minor: int = 0
    weekly_hours: Decimal | None = None
    born: date | None = None
    year: tuple[PaidMonth, ...] = ()
    allocated_minor: int = 0
    exchanged_minor: int = 0
    leave_minutes: int = 0
    savings_minor: int = 0
    lapsing: tuple[Lapsing, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()


class Code(StrEnum):
    MINIMUM_WAGE = "minimum_wage"
    HOLIDAY_ALLOWANCE = "holiday_allowance_minimum"
    PENSION = "pension_wage"
    LIMIT_NEAR = "limit_near"
    LEAVE_LAPSES = "leave_lapses"
    SAVINGS_LIMIT = "savings_limit"
    DEADLINE_NEAR = "deadline_near"


Number = Money | Minutes | Decimal | date | Month


@dataclass(frozen=True, slots=True)
class Warned:
    """What deserves a second look, with the numbers behind it. It forbids nothing."""

    code: Code
    sentence: Said
    numbers: Mapping[str, Number] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Meaning:
    """`gross_minor`: out of the budget this month (negative: into it), `gross_year_minor` through
    December, `whole_minor` in all. `net_now_minor` is what the pay of the month changes by and
    `net_year_minor` the pay of the rest of the year; `None` where a table is not known. `taxed`
    says how. `instead`: the same euros of this month, if they were paid out.
    """

    gross_minor: int
    gross_year_minor: int
    whole_minor: int
    taxed: tuple[Taxed, ...]
    net_now_minor: int | None
    net_year_minor: int | None
    months: int
    """From the month of the order through December."""
    instead: Taxed | None
    minutes: int
    left_minor: int
    left_year_minor: int
    warnings: tuple[Warned, ...]


def meaning(choice: Choice, situation: Situation) -> Meaning:
    month, sign = situation.month, choice.sign
    months = 13 - month.month
    gross, gross_year = choice.charges[0] * sign, sum(choice.charges[:months]) * sign
    taxed = taxed_now(choice, situation.pay, month)
    return Meaning(
        gross_minor=gross,
        gross_year_minor=gross_year,
        whole_minor=sum(choice.charges) * sign,
        taxed=taxed,
        net_now_minor=net_now(taxed),
        net_year_minor=_sum([_of_year(each, choice, months) for each in taxed]),
        months=months,
        instead=_instead(choice, situation),
        minutes=-choice.minutes if choice.selling else choice.minutes,
        left_minor=situation.available_minor - gross,
        left_year_minor=situation.available_minor + situation.coming_minor - gross_year,
        warnings=tuple(warnings(choice, situation)),
    )


def taxed_now(choice: Choice, pay: Pay, month: Month) -> tuple[Taxed, ...]:
    """What of it meets tax in the month of the order."""
    product, gross = choice.product, choice.charges[0]
    if choice.selling:
        return ()
    found = []
    if product.kind is ProductKind.PAY_OUT:
        found.append(paid_once(pay, gross, month.year))
    elif product.kind in BOUGHT_OUTSIDE and product.tax is TaxTreatment.TAXED:
        found.append(paid_once(pay, gross, month.year, What.IN_KIND))
    if choice.addition_minor:
        found.append(added(pay, choice.addition_minor, month))
    return tuple(found)


def net_now(taxed: Sequence[Taxed]) -> int | None:
    """What the pay of the month changes by."""
    return _sum([each.pays_minor for each in taxed])


def _of_year(taxed: Taxed, choice: Choice, months: int) -> int | None:
    """Through December: an addition each month, what is charged each month as often as that."""
    if taxed.pays_minor is None:
        return None
    times = months if taxed.what is What.ADDED else min(months, len(choice.charges))
    return taxed.pays_minor * times


def _sum(amounts: Sequence[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None


def _instead(choice: Choice, situation: Situation) -> Taxed | None:
    if choice.selling or choice.product.kind is ProductKind.PAY_OUT:
        return None
    return paid_once(situation.pay, choice.charges[0], situation.month.year)


# Warnings


def warnings(choice: Choice, situation: Situation) -> list[Warned]:
    asked = (
        _minimum_wage(choice, situation),
        _holiday_allowance(choice, situation),
        _pension(choice),
        _savings(choice, situation),
        _limit(situation),
        _lapsing(choice, situation),
        _deadline(situation),
    )
    return [warned for warned in asked if warned is not None]


def _is_exchange(choice: Choice) -> bool:
    """Whether gross pay is given up for something else."""
    return not choice.selling and choice.product.kind is not ProductKind.PAY_OUT


def minimum_minor(weekly_hours: Decimal, month: Month) -> int | None:
    """The minimum wage of a month: 52 weeks / 12 of these hours, by the law of its first day."""
    hourly = law_on(month.first).minimum_wage_minor
    return None if hourly is None else _rounded(hourly * weekly_hours * WEEKS)


def _law(situation: Situation) -> Law:
    return law_on(situation.month.first)


def _is_adult(situation: Situation) -> bool:
    """Whether the minimum wage that is known is theirs; who gives no birth date is taken to be."""
    born = situation.born
    return born is None or full_years(born, situation.month.first) >= ADULT


def _minimum_wage(choice: Choice, situation: Situation) -> Warned | None:
    """Pay carries what the budget of a month cannot; it may not come below the minimum wage."""
    if not _is_exchange(choice) or situation.weekly_hours is None or not _is_adult(situation):
        return None
    minimum = minimum_minor(situation.weekly_hours, situation.month)
    if minimum is None:
        return None
    later = choice.charges[1] if len(choice.charges) > 1 else 0
    short = max(0, situation.charged_minor + later - situation.month_budget_minor)
    pay = situation.pay.month_minor - short
    if pay >= minimum:
        return None
    return Warned(
        Code.MINIMUM_WAGE,
        _(
            "Your pay of a month would be %(pay)s. The minimum wage for your hours is %(minimum)s; "
            "pay may not come below it.",
            pay=Money(pay),
            minimum=Money(minimum),
        ),
        {
            "pay": Money(pay),
            "minimum": Money(minimum),
            "deducted": Money(short),
            "weekly_hours": situation.weekly_hours,
            "per_hour": Money(_law(situation).minimum_wage_minor or 0),
        },
    )


def _holiday_allowance(choice: Choice, situation: Situation) -> Warned | None:
    """Pay and what of the budgets of this year stays money reach the minimum with its allowance."""
    if not _is_exchange(choice) or not situation.year or not _is_adult(situation):
        return None
    rate = _law(situation).with_holiday_allowance_rate
    minimums = [minimum_minor(each.weekly_hours, each.month) for each in situation.year]
    known = [minimum for minimum in minimums if minimum is not None]
    if rate is None or len(known) < len(minimums):
        return None
    needed = _rounded(Decimal(sum(known) * rate) / ONE)
    pay = sum(each.pay_minor for each in situation.year)
    kept = situation.allocated_minor - situation.exchanged_minor - choice.charges[0]
    if pay + kept >= needed:
        return None
    return Warned(
        Code.HOLIDAY_ALLOWANCE,
        _(
            "Of your pay of this year so far, %(money)s would be left as money. By law that must "
            "be at least %(needed)s: %(percent)s%% of the minimum wage, with holiday allowance.",
            money=Money(pay + kept),
            needed=Money(needed),
            percent=Decimal(rate) * 100 / ONE,
        ),
        {
            "money": Money(pay + kept),
            "needed": Money(needed),
            "pay": Money(pay),
            "allocated": Money(situation.allocated_minor),
            "exchanged": Money(situation.exchanged_minor + choice.charges[0]),
        },
    )


def _pension(choice: Choice) -> Warned | None:
    if not choice.product.lowers_pension:
        return None
    amount = Money(choice.charges[0])
    return Warned(
        Code.PENSION,
        _(
            "This lowers the wage that your pension is built on by %(amount)s, so you build up "
            "less pension.",
            amount=amount,
        ),
        {"amount": amount},
    )


def _savings(choice: Choice, situation: Situation) -> Warned | None:
    """Leave is saved untaxed up to so many weeks; euros saved count at the pay of an hour."""
    weeks, hours = _law(situation).leave_savings_weeks, situation.weekly_hours
    kinds = (ProductKind.LEAVE, ProductKind.SAVINGS)
    if choice.product.kind not in kinds or choice.selling or not weeks or not hours:
        return None
    euros = situation.savings_minor
    if choice.product.kind is ProductKind.SAVINGS:
        euros += choice.charges[0]
    minutes = Decimal(situation.leave_minutes + choice.minutes)
    if euros and situation.pay.month_minor > 0:
        minutes += euros * 60 * hours * WEEKS / situation.pay.month_minor
    limit = weeks * hours * 60
    if minutes <= limit:
        return None
    saved, most = Minutes(_rounded(minutes)), Minutes(_rounded(limit))
    return Warned(
        Code.SAVINGS_LIMIT,
        _(
            "You would have %(saved)s saved. Above %(limit)s, which is %(weeks)s times your weekly "
            "hours, saving is taxed at once.",
            saved=saved,
            limit=most,
            weeks=weeks,
        ),
        {"saved": saved, "limit": most, "weekly_hours": hours},
    )


def _limit(situation: Situation) -> Warned | None:
    """Of several limits the one of which the largest part is used."""
    near = [each for each in situation.ceilings if each.amount and each.used / each.amount >= NEAR]
    if not near:
        return None
    ceiling = max(near, key=lambda each: each.used / each.amount)
    euros = ceiling.in_euros
    values: dict[str, Number] = {
        "used": Money(int(ceiling.used)) if euros else ceiling.used,
        "limit": Money(int(ceiling.amount)) if euros else ceiling.amount,
        "last": ceiling.last,
    }
    return Warned(
        Code.LIMIT_NEAR,
        _(
            "With this you have used %(used)s of the %(limit)s that you may have through %(last)s.",
            **values,
        ),
        values,
    )


def _lapsing(choice: Choice, situation: Situation) -> Warned | None:
    """Who buys leave and lets leave lapse pays for nothing."""
    if choice.product.kind is not ProductKind.LEAVE or choice.selling:
        return None
    until = situation.month.plus(LAPSES_WITHIN).last
    soon = [lot for lot in situation.lapsing if lot.minutes > 0 and lot.on <= until]
    if not soon:
        return None
    first = min(lot.on for lot in soon)
    minutes = Minutes(sum(lot.minutes for lot in soon if lot.on == first))
    return Warned(
        Code.LEAVE_LAPSES,
        _(
            "%(hours)s of your leave lapse on %(day)s. Take those first.",
            hours=minutes,
            day=first,
        ),
        {"hours": minutes, "day": first},
    )


def _deadline(situation: Situation) -> Warned | None:
    if situation.last_day is None:
        return None
    left = (situation.last_day - situation.day).days
    if not 0 <= left < SOON_DAYS:
        return None
    return Warned(
        Code.DEADLINE_NEAR,
        _(
            "For %(month)s you can order until %(day)s.",
            month=situation.month,
            day=situation.last_day,
        ),
        {"month": situation.month, "day": situation.last_day, "days": Decimal(left)},
    )


def _rounded(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
