"""Meridian's deals, each at another point of its life: refused, ended, in force, agreed, and one in
which it is Anna's turn today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals import queries as approval_queries
from ideals.approvals.states import Decision, State
from ideals.deals import commands
from ideals.deals.commands import living
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.people import queries as people
from ideals.seeds import bargains
from ideals.seeds.acting import Staff
from ideals.seeds.bargains import Text
from ideals.seeds.commands import Job, Payload, work_off
from ideals.seeds.organisation import ANNA, BORIS, CLARA, DINA, EGOR, PAULA
from ideals.seeds.wishes import ORDERS

AT_TEN = time(10)
Act = tuple[datetime, Callable[..., None]]
FIRST, SECOND, THIRD = 1, 2, 3


def _act(session: Session, payload: Payload, now: datetime) -> None:
    commands.act_on_deal(session, UUID(payload["deal"]), actor=SYSTEM, now=now)


def _settle(session: Session, payload: Payload, now: datetime) -> None:
    living.settle(session, UUID(payload["deal"]), actor=SYSTEM, now=now)


JOBS: dict[str, Job] = {commands.ACT_ON_DEAL: _act, living.SETTLE_MONEY: _settle}
"""Letters are left to the worker: they need the words of an app."""


@dataclass(slots=True)
class Dealing:
    """`agrees`: whose deal somebody above Boris has agreed to, and HR has not yet."""

    session: Session
    staff: Staff
    zone: ZoneInfo
    today: date
    agrees: str

    def begin(self, *, now: datetime) -> None:
        """HR publishes what comes with the product."""
        commands.publish_usual(self.session, actor=self.staff.actor(DINA, now), now=now)

    def clock(self, *, now: datetime) -> None:
        """As on each day: what begins, ends or falls due, and the money of it."""
        commands.look_at_lives(self.session, zone=self.zone, actor=SYSTEM, now=now)
        commands.sweep(self.session, zone=self.zone, actor=SYSTEM, now=now)
        living.sweep(self.session, zone=self.zone, actor=SYSTEM, now=now)
        work_off(self.session, now=now, jobs=JOBS)

    def agenda(self, month: Month) -> Iterator[Act]:
        """What happens in this month."""
        acts = [*self._ended(), *self._refused(), *self._in_force(), *self._agreed(), *self._open()]
        return ((at, act) for at, act in acts if Month.of(at.date()) == month)

    # Five deals

    def _ended(self) -> Iterator[Act]:
        """Anna's: a year ago, for half a year, and looked back at by both."""
        this, name = Month.of(self.today), "ended"
        days = ("monday", "tuesday", "wednesday", "thursday")
        text = {
            **bargains.days_of_nine(days, this.plus(-9), home="monday"),
            "evaluate_on": this.plus(-4).first.replace(day=15).isoformat(),
            "ends_on": this.plus(-2).last.isoformat(),
        }
        yield self._begun(name, ANNA, ANNA, "Four times nine", text, this.plus(-10), 4)
        yield self._on(this.plus(-10), 8), partial(self._both, name, FIRST, ANNA, BORIS)
        for who, answers in ((ANNA, bargains.BY_THE_EMPLOYEE), (BORIS, bargains.BY_THE_MANAGER)):
            yield self._on(this.plus(-4), 18), partial(self._evaluate, name, who, answers)

    def _refused(self) -> Iterator[Act]:
        this, name = Month.of(self.today), "refused"
        text = bargains.a_year_of_study(this.plus(-4))
        yield self._begun(name, ANNA, ANNA, "A year of study", text, this.plus(-7), 6)
        yield self._on(this.plus(-7), 14), partial(self._refuse, name, BORIS, bargains.TOO_LARGE)

    def _in_force(self) -> Iterator[Act]:
        """Egor's, which both can look back at today."""
        this, name = Month.of(self.today), "in force"
        text = bargains.a_language(this.plus(-4), self.today + timedelta(days=9))
        yield self._begun(name, EGOR, CLARA, "Two languages", text, this.plus(-5), 7)
        yield self._on(this.plus(-5), 11), partial(self._both, name, FIRST, CLARA, EGOR)
        yield self._on(this.plus(-5), 15), partial(self._decide, name, 2)

    def _agreed(self) -> Iterator[Act]:
        who, name = self.agrees, "agreed"
        text = bargains.a_backlog(Month.of(self.today).plus(2))
        yield self._ago(9), partial(self._propose, name, who, who, "No backlog", text)
        yield self._ago(6), partial(self._both, name, FIRST, BORIS, who)
        yield self._ago(3), partial(self._decide, name, 1)

    def _open(self) -> Iterator[Act]:
        start, name = Month.of(self.today).plus(4), "open"
        days = ("tuesday", "wednesday", "thursday", "friday")
        first = bargains.days_of_nine(days, start, home="friday")
        other = bargains.days_of_nine(bargains.FOUR_DAYS, start, gains=bargains.GUIDES)
        third = {**other, "ends_early": "Nobody, in the first year."}
        yield self._ago(12), partial(self._propose, name, ANNA, ANNA, "A day for the children",
                                     first)  # fmt: skip
        yield self._ago(9), partial(self._counter, name, FIRST, BORIS, other)
        yield self._ago(9, 1), partial(self._say, name, BORIS, bargains.NO_MONDAY)
        yield self._ago(7), partial(self._invite, name, ANNA, PAULA)
        yield self._ago(6), partial(self._say, name, PAULA, bargains.ADVISES)
        yield self._ago(5), partial(self._say, name, ANNA, bargains.ASKS, asks=True)
        yield self._ago(2), partial(self._counter, name, SECOND, BORIS, third)
        yield self._ago(2, 1), partial(self._say, name, BORIS, bargains.FIXED)

    # When

    def _on(self, month: Month, day: int) -> datetime:
        return datetime.combine(month.first.replace(day=day), AT_TEN, self.zone)

    def _ago(self, days: int, minutes: int = 0) -> datetime:
        at = datetime.combine(self.today - timedelta(days=days), AT_TEN, self.zone)
        return at + timedelta(minutes=minutes)

    # What they do

    def _id(self, name: str) -> UUID:
        return uuid5(ORDERS, f"deal {name} {self.today}")

    def _begun(
        self, name: str, whose: str, by: str, subject: str, text: Text, month: Month, day: int
    ) -> Act:
        return self._on(month, day), partial(self._propose, name, whose, by, subject, text)

    def _propose(
        self, name: str, whose: str, by: str, subject: str, text: Text, *, now: datetime
    ) -> None:
        person = people.known_number_ids(self.session, [whose])[whose]
        cmd = commands.Propose(self._id(name), person, subject, text)
        commands.propose(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _counter(self, name: str, seen: int, by: str, text: Text, *, now: datetime) -> None:
        cmd = commands.MakeOffer(self._id(name), seen, text)
        commands.make_offer(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _both(self, name: str, offer: int, *who: str, now: datetime) -> None:
        for each in who:
            cmd = commands.Accept(self._id(name), offer)
            commands.accept(self.session, cmd, actor=self.staff.actor(each, now), now=now)

    def _decide(self, name: str, steps: int, *, now: datetime) -> None:
        """So many of those who have to agree do."""
        for _ in range(steps):
            found = approval_queries.of_subject(self.session, f"deal:{self._id(name)}")
            for approval in [each for each in found if each.state == State.OPEN]:
                cmd = approvals.Decide(approval.id, Decision.APPROVE, None)
                decider = self.staff.decider(approval, now)
                approvals.decide(self.session, cmd, actor=decider, now=now)

    def _refuse(self, name: str, by: str, reason: str, *, now: datetime) -> None:
        cmd = commands.Refuse(self._id(name), FIRST, reason)
        commands.refuse(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _evaluate(self, name: str, by: str, answers: Text, *, now: datetime) -> None:
        cmd = commands.Evaluate(self._id(name), FIRST, answers)
        commands.evaluate(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _say(self, name: str, by: str, said: str, *, asks: bool = False, now: datetime) -> None:
        cmd = commands.Say(self._id(name), said, asks)
        commands.say(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _invite(self, name: str, by: str, number: str, *, now: datetime) -> None:
        cmd = commands.InviteAdviser(self._id(name), number)
        commands.invite_adviser(self.session, cmd, actor=self.staff.actor(by, now), now=now)
