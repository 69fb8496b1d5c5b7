"""What home says of choices: what becomes of a budget that nobody chooses for, about how much of it
arrives, and what is charged and ordered by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import url_for
from flask_babel import ngettext
from sqlalchemy.orm import Session

from ideals.budgets.pages.words import gettext
from ideals.budgets.queries import Forecast, Panel
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.pricing import queries as pricing
from ideals.pricing.queries import Buyer
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.rules import LeftOver, LeftOverNow, Scheme, left_over
from ideals.shop.pages import terms
from ideals.shop.queries.choices import choices_of
from ideals.shop.queries.commitments import commitments_of
from ideals.shop.rules.meaning import Pay, paid_once
from ideals.shop.rules.pay import pay_in
from ideals.shop.states import ChoiceState
from ideals.web import formats

DECEMBER = 12


def forecast(session: Session, employee_id: int, on: date, amount: Money) -> Forecast | None:
    """Of what is there now. Registered with the home of budgets."""
    buyer = pricing.buyer(session, employee_id, on)
    this = Month.of(on)
    scheme = buyer.scheme(this)
    if scheme is None:
        return None
    month = _when(scheme, this)
    try:
        return _told(session, buyer, scheme, month, amount)
    except BudgetNotComputable:
        return None


def _when(scheme: Scheme, this: Month) -> Month:
    """The month in which the scheme does something with it."""
    if scheme.calendar.left_over is LeftOver.KEEP_UNTIL_DECEMBER:
        return Month(this.year, DECEMBER)
    return this


def _told(
    session: Session, buyer: Buyer, scheme: Scheme, month: Month, amount: Money
) -> Forecast | None:
    person = buyer.person(session, scheme)
    paid = pay_in(person, Month.of(buyer.day), scheme.full_time_hours)
    if paid is None:
        return None
    becomes = left_over(scheme, person, month, max(buyer.day, month.first), amount.minor)
    if becomes.minutes:
        return _saved(becomes)
    return _paid(paid[0], month, becomes.paid_minor)


def _saved(becomes: LeftOverNow) -> Forecast:
    hours = formats.hours(Minutes(becomes.minutes))
    saved = formats.money(Money(becomes.saved_minor))
    rest = formats.money(Money(becomes.paid_minor))
    lines = [(gettext("Saved as leave"), saved), (gettext("Paid out"), rest)]
    return Forecast(gettext("About %(hours)s of leave.", hours=hours), lines)


def _paid(pay: Pay, month: Month, minor: int) -> Forecast:
    taxed = paid_once(pay, minor, month.year)
    how = f"{terms.table_assumed(taxed, month.year)} {terms.wage_of_year(pay, month.year)}"
    if taxed.net is None:
        return Forecast(gettext("How much of it arrives is not known yet."), how=how)
    net = formats.money(Money(taxed.net.net_minor))
    return Forecast(
        gettext("About %(net)s net.", net=net),
        [
            (gettext("Gross, as it is now"), formats.money(Money(minor))),
            (gettext("Tax on it"), formats.money(Money(-taxed.net.tax_minor))),
            (gettext("Arrives, net"), net),
        ],
        how,
    )


def panels(session: Session, employee_id: int, month: Month) -> Sequence[Panel]:
    """What is charged month by month, and what orders by itself. Registered with home."""
    here = url_for("choice_pages.choices")
    charged = [each for each in commitments_of(session, employee_id) if each.next is not None]
    standing = [
        choice
        for choice in choices_of(session, employee_id)
        if choice.state == ChoiceState.ACTIVE
        and (choice.until_month is None or choice.until_month >= month)
    ]
    found = []
    if charged:
        each_month = sum(told.plan.charge(told.next) for told in charged if told.next)
        text = str(ngettext("for %(num)s agreement", "for %(num)s agreements", len(charged)))
        amount = formats.money(Money(each_month))
        value = gettext("%(amount)s a month", amount=amount)
        found.append(Panel(gettext("Charged each month"), value, text, here))
    if standing:
        value = str(ngettext("%(num)s at work", "%(num)s at work", len(standing)))
        text = gettext("They order by themselves once the budget of a month is there.")
        found.append(Panel(gettext("Standing choices"), value, text, here))
    return found
