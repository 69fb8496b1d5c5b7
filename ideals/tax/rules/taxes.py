"""From a gross amount to its tax, and what of an amount is left.

Whole numbers only: cents, whole euros a year, rates in hundred-thousandths. Where the law rounds,
it is done here as it is written there: up, down or half up, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ideals.kernel.money import Money
from ideals.kernel.said import Said
from ideals.kernel.said import say as _
from ideals.tax.errors import GrossRefused
from ideals.tax.rules.data import ONE
from ideals.tax.rules.tables import (
    Bracket,
    GeneralCredit,
    LabourCredit,
    MonthTable,
    SpecialTable,
    tables_of,
    tax_years,
)

MONTHS = 12


class TableKind(StrEnum):
    MONTH = "month"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class Table:
    """The table that a tax was read from. All are for who lives here, below the pension age."""

    kind: TableKind
    year: int
    credits: bool
    source: str

    @property
    def words(self) -> Said:
        """What was assumed, to stand beside the amount."""
        if self.kind is TableKind.SPECIAL:
            return _("special-reward table of %(year)s with wage-tax credit", year=self.year)
        if self.credits:
            return _("monthly table of %(year)s with wage-tax credit", year=self.year)
        return _("monthly table of %(year)s without wage-tax credit", year=self.year)


@dataclass(frozen=True, slots=True)
class Net:
    """An amount, the tax that it brings, and the table that says so."""

    gross_minor: int
    tax_minor: int
    table: Table

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.tax_minor


def net_of_month(year: int, gross_minor: int, *, credits: bool = True) -> Net:
    """A whole wage of a month. Raises `NotKnown`, `GrossRefused`."""
    return net_now(year, 0, gross_minor, credits=credits)


def net_now(year: int, wage_minor: int, extra_minor: int, *, credits: bool = True) -> Net:
    """What of `extra_minor` is left when it is paid with the wage of the month, each month.

    It is part of that wage then: the monthly table of both together, minus that of the wage alone.
    For an addition to the wage that is no money, the tax is what it costs.
    Raises `NotKnown`, `GrossRefused`.
    """
    check_gross(extra_minor)
    tax = wage_tax(year, wage_minor + extra_minor, credits=credits)
    return Net(
        extra_minor, tax - wage_tax(year, wage_minor, credits=credits), _month_table(year, credits)
    )


def net_once(year: int, yearly_wage_minor: int, gross_minor: int) -> Net | None:
    """What is left of an amount that is paid once, beside the wage; `None`: not known.

    `yearly_wage_minor` is the wage of the whole last year. Raises `GrossRefused`.
    """
    special = _special_table(year)
    if special is None:
        return None
    tax = tax_of_special(special, yearly_wage_minor, gross_minor)
    return Net(gross_minor, tax, Table(TableKind.SPECIAL, year, True, special.source))


def what_it_costs(year: int, wage_minor: int, amount_minor: int, *, credits: bool = True) -> Net:
    """What `amount_minor` taken out of the gross wage of a month takes from the net pay.

    Raises `NotKnown`, and `GrossRefused` when it is more than the wage.
    """
    if amount_minor > wage_minor:
        raise GrossRefused("more is taken out of the wage than it is; at most the whole wage can")
    return net_now(year, wage_minor - amount_minor, amount_minor, credits=credits)


def wage_tax(year: int, gross_minor: int, *, credits: bool = True) -> int:
    """By the white monthly table; without credits for a second employer.

    Raises `NotKnown`, `GrossRefused`.
    """
    table = tables_of(year).month
    check_gross(gross_minor)
    highest_minor = table.highest * 100 // MONTHS
    if gross_minor > highest_minor:
        excess = (gross_minor - highest_minor) * table.brackets[-1].rate // ONE
        return tax_of_row(table, table.highest, credits=credits) + excess
    row = gross_minor * MONTHS // (table.step * 100)
    return tax_of_row(table, row * table.step, credits=credits)


def special_tax(year: int, yearly_wage_minor: int, gross_minor: int) -> int | None:
    """By the special-reward table with credits; `None`: that table is not known.

    Raises `GrossRefused`.
    """
    special = _special_table(year)
    if special is None:
        return None
    return tax_of_special(special, yearly_wage_minor, gross_minor)


def tax_of_row(table: MonthTable, yearly: int, *, credits: bool) -> int:
    """Cents a month, for a wage in whole euros a year."""
    due = tax_before_credits(table.brackets, yearly)
    if credits:
        due -= general_credit(table.general, yearly) + labour_credit(table.labour, yearly)
    return _half_up(max(0, due) * 100, MONTHS)


def tax_of_special(table: SpecialTable, yearly_wage_minor: int, gross_minor: int) -> int:
    """Raises `GrossRefused`."""
    check_gross(yearly_wage_minor)
    check_gross(gross_minor)
    yearly = yearly_wage_minor // 100
    rate = next(each.rate for each in reversed(table.rates) if each.since <= yearly)
    return gross_minor * rate // ONE


def tax_before_credits(brackets: tuple[Bracket, ...], yearly: int) -> int:
    """A bracket begins above its euro: on it, the one below still counts."""
    bracket = next(each for each in reversed(brackets) if yearly > each.above or not each.above)
    return (yearly - bracket.above) * bracket.rate // ONE + bracket.tax


def general_credit(credit: GeneralCredit, yearly: int) -> int:
    if yearly > credit.gone_above:
        return 0
    return credit.most - max(0, yearly - credit.falls_above) * credit.rate // ONE


def labour_credit(credit: LabourCredit, yearly: int) -> int:
    if yearly > credit.gone_above:
        return 0
    exact = 0
    for phase in credit.phases:
        exact = min(exact + max(0, yearly - phase.above) * phase.rate, phase.most * ONE)
    exact -= max(0, yearly - credit.falls_above) * credit.rate
    return max(0, _up(exact, ONE))


def check_gross(gross_minor: int) -> None:
    """Raises `GrossRefused`."""
    if gross_minor < 0:
        raise GrossRefused(f"{Money(gross_minor)} is not a gross amount; it is 0.00 or more")


def _special_table(year: int) -> SpecialTable | None:
    return tax_years()[year].special if year in tax_years() else None


def _month_table(year: int, credits: bool) -> Table:
    return Table(TableKind.MONTH, year, credits, tables_of(year).month.source)


def _up(part: int, whole: int) -> int:
    return -(-part // whole)


def _half_up(part: int, whole: int) -> int:
    return (2 * part + whole) // (2 * whole)
