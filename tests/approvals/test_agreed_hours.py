"""A policy reads the hours that a deal in force lays over the employment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.models import Approval
from ideals.kernel.actor import SYSTEM
from ideals.people.commands.hours import SetHours, set_hours
from ideals.people.rules.overlays import Overlay
from tests.deals.table import BONUS, NOW, accept, cast_of, propose


def test_agreed_hours_are_the_facts(session: Session) -> None:
    cast = cast_of(session)
    half = Overlay(date(2026, 1, 1), date(2026, 12, 31), Decimal(20), Decimal("0.5"))
    cmd = SetHours(cast.ids["anna"], "deal:of-a-test", [half])
    set_hours(session, cmd, actor=SYSTEM, now=NOW)
    deal = propose(session, cast, BONUS)
    for name in ("boris", "anna"):
        accept(session, deal, cast[name])
    approval = session.scalars(select(Approval).where(Approval.subject == deal.source)).one()
    assert approval.facts is not None
    found = {key: Decimal(approval.facts[key]) for key in ("part_time_factor", "weekly_hours")}
    assert found == {"part_time_factor": Decimal("0.5"), "weekly_hours": Decimal(20)}
