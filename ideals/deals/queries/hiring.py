"""From which day on the offers of a deal may begin: what was promised before hiring may have begun
long before HR writes it down."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from ideals.deals.models import Deal
from ideals.deals.rules.law import moved_by
from ideals.deals.rules.offers import MOST_YEARS, YEAR
from ideals.deals.states import Started
from ideals.people import queries as people


def begins_from(session: Session, deal: Deal, today: date) -> date:
    """Today; of what was promised before hiring and does not hold yet, the day of hiring."""
    if deal.started != Started.BEFORE_HIRING or deal.in_force_number is not None:
        return today
    return promised_from(session, deal.employee_id, today)


def promised_from(session: Session, employee_id: int, today: date) -> date:
    """The day on which they were hired, five years back at most; today where that is to come."""
    employment = people.employment_on(session, employee_id, today)
    if employment is None:
        return today
    return min(today, max(employment.hired_on, moved_by(today, -MOST_YEARS * YEAR)))
