"""Say in time that a deal is to be looked back at, or ends."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from ideals.deals.commands import evaluating, going
from ideals.deals.models import Deal
from ideals.deals.rules.reminders import Reminder, due_now, reminders
from ideals.kernel.actor import Actor

TO_WHOM_IS_MISSING = (Reminder.EVALUATION_MISSING, Reminder.EVALUATION_OVERDUE)
NOTED = (Reminder.EVALUATION_DUE, Reminder.EVALUATION_OVERDUE)
"""What stands in the history too."""


def remind(session: Session, deal: Deal, today: date, *, actor: Actor, now: datetime) -> None:
    """What is due today and was not said; twice is once."""
    dues = reminders(deal.evaluate_on, deal.ends_on)
    for what in due_now(dues, deal.reminded_through or date.min, today):
        if what is not Reminder.EVALUATION_SOON and what.startswith("evaluation"):
            deal.evaluation_asked_at = deal.evaluation_asked_at or now
        if what in NOTED:
            going.note(session, deal, what, actor=actor, now=now)
        missing = what.startswith("evaluation")
        people = evaluating.missing(session, deal) if missing else going.parties(deal)
        going.tell(session, deal, what, people, now=now)
    deal.reminded_through = max(today, deal.reminded_through or today)
