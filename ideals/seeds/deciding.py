"""How Meridian decides: its own rules for orders, mandates and owners of units, somebody who stands
in, and what is looked at afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.commands import checking, delegations, mandates, policies
from ideals.approvals.models import Approval, Check
from ideals.approvals.states import CheckState, Decision, Kind, State
from ideals.config import ROOT
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.people.commands import units
from ideals.people.models import Employee
from ideals.seeds.acting import Staff
from ideals.seeds.commands import EVERY_JOB, Job, Payload, work_off
from ideals.seeds.organisation import BORIS, CLARA, HISTORY, Person
from ideals.seeds.wishes import ORDERS

RULES_SINCE = 4 - HISTORY
"""The month from which the rules for orders hold, counted from today's: three months in."""
PUBLISHED_DAY, DRAWN_DAY, LOOKED_DAY, CONTESTED_DAY, ANSWERED_DAY = 20, 15, 18, 20, 22
AT_NOON = time(12)
MANDATE = Money(150_000_00)
"""Of a division and a year."""
AWAY_DAYS = 11
MISSED = "On the days of this course you were at work."
MOVED = "The school moved it to the month after. The new dates came with the bill."
RIGHT = "The new dates are on the bill, and you were there."


def _draw(session: Session, payload: Payload, now: datetime, zone: ZoneInfo) -> None:
    del payload  # the day before, which is drawn
    approvals.draw_next_day(session, zone=zone, actor=SYSTEM, now=now)


def _begin_check(session: Session, payload: Payload, now: datetime) -> None:
    approvals.begin_check(session, UUID(payload["check"]), actor=SYSTEM, now=now)


@dataclass(slots=True)
class Deciding:
    """What HR, managers and the clock do about decisions, beside answering what is asked."""

    session: Session
    staff: Staff
    hr: Actor
    zone: ZoneInfo
    broken: UUID | None = None
    """The one check that did not find what it should."""

    def begin(self, people: list[Person], years: tuple[int, ...], *, now: datetime) -> None:
        """Whoever reports to the chair owns their unit and holds its mandates."""
        chair = next(person for person in people if person.facts.manager is None)
        for head in [person for person in people if person.facts.manager == chair.number]:
            owner = units.GiveOwner(head.facts.unit, head.number, seen=1)
            units.give_owner(self.session, owner, actor=self.hr, now=now)
            for year in years:
                given = mandates.GiveMandate(head.facts.unit, year, MANDATE, head.number)
                mandates.give_mandate(self.session, given, actor=self.hr, now=now)

    def agenda(self, month: Month, this: Month) -> Iterator[tuple[datetime, Callable[..., None]]]:
        """What the checks of a month find is found before it ends; those of today's still wait."""
        since = this.plus(RULES_SINCE)
        if month == since.plus(-1):
            yield self._on(month, PUBLISHED_DAY), partial(self._publish, since.first)
        if month < since:
            return
        yield self._on(month, DRAWN_DAY), self._draw
        if month < this:
            yield self._on(month, LOOKED_DAY), self._look_back
            yield self._on(month, CONTESTED_DAY), self._contest
            yield self._on(month, ANSWERED_DAY), self._answer

    def stand_in(self, today: date, *, now: datetime) -> None:
        """Clara is away: Boris decides in her place."""
        cmd = delegations.Delegate(
            uuid5(ORDERS, f"{CLARA} away {today}"),
            to=BORIS,
            from_on=today,
            until_on=today + timedelta(days=AWAY_DAYS),
        )
        actor = self.staff.actor(CLARA, now)
        delegations.delegate(self.session, cmd, actor=actor, now=now)

    def _on(self, month: Month, day: int) -> datetime:
        return datetime.combine(month.first.replace(day=day), AT_NOON, self.zone)

    def _publish(self, first: date, *, now: datetime) -> None:
        document = (ROOT / "ideals" / "seeds" / "meridian-orders.yaml").read_text("utf-8")
        text = document.replace("FIRST", first.isoformat())
        cmd = policies.PublishPolicy(text, Kind.ORDER)
        policies.publish(self.session, cmd, actor=self.hr, now=now)

    def _draw(self, *, now: datetime) -> None:
        jobs: Mapping[str, Job] = {
            **EVERY_JOB,
            approvals.DRAW: partial(_draw, zone=self.zone),
            approvals.BEGIN_CHECK: _begin_check,
        }
        approvals.draw_next_day(self.session, zone=self.zone, actor=SYSTEM, now=now)
        work_off(self.session, now=now, jobs=jobs)

    def _look_back(self, *, now: datetime) -> None:
        """Managers look at what was drawn: one of them misses something."""
        waiting = select(Approval).where(Approval.kind == Kind.CHECK, Approval.state == State.OPEN)
        for approval in self.session.scalars(waiting.order_by(Approval.id)).all():
            kept = self.broken is not None
            self.broken = self.broken or approval.id
            decision = Decision.APPROVE if kept else Decision.REFUSE
            cmd = approvals.Decide(approval.id, decision, None if kept else MISSED)
            decider = self.staff.decider(approval, now)
            approvals.decide(self.session, cmd, actor=decider, now=now)

    def _contest(self, *, now: datetime) -> None:
        check = self._broken(CheckState.BROKEN)
        if check is not None:
            employee = self.session.get_one(Employee, check.employee_id)
            cmd = checking.Contest(check.id, MOVED)
            actor = self.staff.actor(employee.number, now)
            checking.contest(self.session, cmd, actor=actor, now=now)

    def _answer(self, *, now: datetime) -> None:
        if self._broken(CheckState.CONTESTED) is None:
            return
        contested = select(Approval).where(
            Approval.kind == Kind.CONTEST, Approval.state == State.OPEN
        )
        for approval in self.session.scalars(contested).all():
            cmd = approvals.Decide(approval.id, Decision.APPROVE, RIGHT)
            actor = replace(self.staff.actor(self.staff.hr, now), proved_at=now)
            approvals.decide(self.session, cmd, actor=actor, now=now)

    def _broken(self, state: CheckState) -> Check | None:
        check = None if self.broken is None else self.session.get(Check, self.broken)
        return check if check is not None and check.state == state else None
