"""A request under the Flexible Working Act: whether it is one, and by when it is answered."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from ideals.deals.errors import LawDoesNotApply
from ideals.deals.rules.offers import OfferText
from ideals.deals.states import Started, TermKind
from ideals.people import queries as people

COVERED = frozenset({TermKind.HOURS, TermKind.PATTERN, TermKind.PLACE})


def last_day(
    session: Session, employee_id: int, offer: OfferText, started: Started, today: date
) -> date:
    """On which the employer must have answered. Raises `LawDoesNotApply`."""
    raise LawDoesNotApply("not_yet")
