"""What an offer does for the employee, by what is known of them. For their own eyes only: it tells
their salary."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy.orm import Session

from ideals.budgets.queries.statement import book
from ideals.deals.models import Offer
from ideals.deals.policy import Standing
from ideals.deals.queries import Access, text_of
from ideals.deals.rules.effect import MONTHS, Effect, YearAhead, effect_of, pay_of, year_for
from ideals.deals.rules.hours import HoursFlow, hours_of
from ideals.kernel.month import Month
from ideals.people import queries as people
from ideals.people.models import Employment
from ideals.people.queries.overlays import hours_on
from ideals.people.rules.overlays import MOST_FACTOR, factor_of
from ideals.schemes import queries as schemes
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.facts import facts_for
from ideals.schemes.rules import Person, Scheme, owed_amounts, owed_hours
from ideals.schemes.rules.scheme import Moment

USUAL_WEEK = Decimal(40)
"""Full time where nothing says so."""
_THOUSANDTH = Decimal("0.001")


def effect(session: Session, access: Access, offer: Offer, today: date) -> Effect | None:
    """`None` for everybody but the employee, and when it does nothing to pay, budget or leave."""
    if access.standing is not Standing.EMPLOYEE:
        return None
    text, employee_id = text_of(offer), access.deal.employee_id
    hours, year = hours_of(text), year_for(text.starts_on, today)
    day = text.starts_on if hours is None else hours.first
    employment = people.employment_on(session, employee_id, day)
    if employment is None or not employment.full_time_salary_minor:
        return effect_of(text.terms, None, year)
    agreed = hours_on(session, [employee_id], day).get(employee_id)
    now = employment.part_time_factor if agreed is None else agreed.part_time_factor
    weekly, then = None, now
    if hours is not None:
        weekly, then = agreed_week(session, employment, hours)
    pay = pay_of(employment.full_time_salary_minor, now, then, sum(employment.allowances.values()))
    ahead = None if weekly is None else _ahead(session, employment, day, weekly, then)
    return effect_of(text.terms, pay, year, ahead)


def agreed_week(
    session: Session, employment: Employment | None, hours: HoursFlow
) -> tuple[Decimal, Decimal]:
    """Hours a week with their part-time factor, as they are laid over the employment."""
    weekly = (Decimal(hours.minutes) / 60).quantize(_THOUSANDTH, ROUND_HALF_UP)
    return weekly, min(factor_of(weekly, full_time_of(session, employment)), MOST_FACTOR)


def full_time_of(session: Session, employment: Employment | None) -> Decimal:
    """Hours a week by the scheme; where it says none, by the employment's own hours and factor."""
    if employment is None:
        return USUAL_WEEK
    known = schemes.full_time_hours(session).get(employment.scheme)
    if known is None and employment.weekly_hours is not None:
        known = employment.weekly_hours / employment.part_time_factor
    return known or USUAL_WEEK


def _ahead(
    session: Session, employment: Employment, day: date, weekly: Decimal, factor: Decimal
) -> YearAhead | None:
    """Twelve months from the first whole one; `None`: what the scheme gives is not known."""
    first = Month.of(day) if day.day == 1 else Month.of(day).plus(1)
    versions = book(session, [employment.scheme])
    months = first.until(first.plus(MONTHS - 1))
    plan = [(m, found) for m in months if (found := versions.at(employment.scheme, m))]
    if len(plan) < MONTHS:
        return None
    (person,) = facts_for(session, [employment.employee_id], plan)
    changed = person._replace(
        stretches=tuple(
            each._replace(part_time_factor=factor, weekly_hours=weekly) for each in person.stretches
        )
    )
    try:
        (budget, leave), (budget_then, leave_then) = (_year(plan, who) for who in (person, changed))
    except BudgetNotComputable:
        return None
    return YearAhead(budget, budget_then, leave, leave_then)


def _year(plan: list[tuple[Month, Scheme]], person: Person) -> tuple[int, int]:
    """Cents and minutes. Of twelve months in a row one is a January."""
    cents = minutes = 0
    for month, scheme in plan:
        cents += sum(amount for _, amount in owed_amounts(scheme, person, month))
        for grant, owed in zip(scheme.hours, owed_hours(scheme, person, month), strict=True):
            if grant.moment is Moment.MONTHLY or owed.for_month == month:
                minutes += owed.minutes
    return cents, minutes
