"""Meridian's individual deals: one that is negotiated, one that waits for others, one in force that
is looked back at, one that was refused, and one that is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
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
from ideals.seeds.acting import Staff
from ideals.seeds.commands import EVERY_JOB, Job, Payload, work_off
from ideals.seeds.organisation import ANNA, BORIS, CLARA, DINA, EGOR, PAULA
from ideals.seeds.wishes import ORDERS

STUDY, STAND_IN, FOUR_DAYS, HOME, COURSE = "study", "stand-in", "four-days", "home", "course"
STUDY_SINCE, STAND_IN_SINCE = -10, -5
"""The months in which these begin, counted from today's."""
LOOKS_BACK_IN = timedelta(days=9)
IN_THE_MORNING = time(10)
NO_HOME = (
    "The desk is learnt beside a colleague. Ask again when you have closed files of your own for"
    " half a year: I see no reason then to say no."
)

Act = Callable[..., None]


def _settle(session: Session, payload: Payload, now: datetime) -> None:
    living.settle(session, UUID(payload["deal"]), actor=SYSTEM, now=now)


JOBS: Mapping[str, Job] = {**EVERY_JOB, living.SETTLE_MONEY: _settle}


@dataclass(slots=True)
class Agreeing:
    """What people and the clock do about deals. Their letters are made by the first worker."""

    session: Session
    staff: Staff
    zone: ZoneInfo
    today: date
    deals: dict[str, UUID] = field(default_factory=dict)

    def agenda(self, month: Month) -> Iterator[tuple[datetime, Act]]:
        for day, act in sorted(self._days(), key=lambda each: each[0]):
            if Month.of(day) == month:
                yield datetime.combine(day, IN_THE_MORNING, self.zone), act

    def _days(self) -> Iterator[tuple[date, Act]]:
        this = Month.of(self.today)
        yield this.plus(STUDY_SINCE - 1).first, self._publish_usual
        yield from self._study(this.plus(STUDY_SINCE))
        yield from self._stand_in(this.plus(STAND_IN_SINCE))
        yield from self._home(self.today - timedelta(days=40))
        yield from self._four_days(self.today - timedelta(days=12))
        yield from self._course(self.today - timedelta(days=6))

    def _publish_usual(self, *, now: datetime) -> None:
        commands.publish_usual(self.session, actor=self.staff.actor(DINA, now), now=now)

    # The deals

    def _study(self, month: Month) -> Iterator[tuple[date, Act]]:
        """Over: both have looked back."""
        first, last = month.first, month.plus(5).last
        text = {
            "terms": [
                {
                    "kind": "development",
                    "course": "Certified mortgage adviser, module 2",
                    "minutes": 2400,
                    "note": "Friday afternoons, in working time",
                }
            ],
            "employee_gets": "Forty hours to study in, and a diploma",
            "employer_gets": "Somebody more in the team who may sign off on advice",
            "colleagues": "Nobody plans meetings with Anna on Friday afternoons",
            "starts_on": first.isoformat(),
            "evaluate_on": (last - timedelta(days=10)).isoformat(),
            "ends_on": last.isoformat(),
            "visibility": "everyone",
        }
        begun = month.plus(-1).first.replace(day=8)
        yield begun, partial(self._propose, STUDY, ANNA, "Time to study", text)
        yield begun + timedelta(days=2), partial(self._accept, STUDY, BORIS, 1)
        yield begun + timedelta(days=3), partial(self._accept, STUDY, ANNA, 1)
        yield first, partial(self._look, STUDY)
        looked = last - timedelta(days=8)
        hers = {
            "promised": "Forty hours on Friday afternoons, and the diploma",
            "kept_by_me": "all",
            "kept_by_them": "partly",
            "worth_it": "yes",
            "on_others": "better",
            "others_say": "Two of them want to do the module, too",
            "note": "Three Fridays went to the audit; I made them up in May",
        }
        his = {
            "promised": "Study time, for a diploma within half a year",
            "kept_by_me": "partly",
            "kept_by_them": "all",
            "worth_it": "yes",
            "on_others": "better",
        }
        yield looked, partial(self._look_back, STUDY, ANNA, hers)
        yield looked + timedelta(days=3), partial(self._look_back, STUDY, BORIS, his)
        yield last + timedelta(days=1), partial(self._look, STUDY)

    def _stand_in(self, month: Month) -> Iterator[tuple[date, Act]]:
        """In force: a part of Anna's budget each month; Boris has looked back, Anna has not."""
        text = {
            "terms": [
                {"kind": "tasks", "gains": "Leads the team on the days on which Boris is away"},
                {
                    "kind": "money",
                    "amount": "75.00",
                    "paid": "monthly",
                    "from_month": str(month),
                    "into": "budget",
                    "personal_part": True,
                    "objective_reason": "The scale of a team lead pays 75.00 more for these days",
                },
            ],
            "employee_gets": "Practice in leading, and paid for it",
            "employer_gets": "Decisions do not wait when Boris is away",
            "colleagues": "They know whom to ask on those days",
            "starts_on": month.first.isoformat(),
            "evaluate_on": (self.today + LOOKS_BACK_IN).isoformat(),
            "ends_on": month.plus(17).last.isoformat(),
            "ends_early": "Either side, with a month's notice",
            "visibility": "team_anonymised",
        }
        begun = month.plus(-1).first.replace(day=9)
        yield begun, partial(self._propose, STAND_IN, BORIS, "Standing in as team lead", text)
        yield begun + timedelta(days=1), partial(self._accept, STAND_IN, ANNA, 1)
        yield begun + timedelta(days=2), partial(self._accept, STAND_IN, BORIS, 1)
        yield begun + timedelta(days=5), partial(self._decide, STAND_IN)
        yield begun + timedelta(days=6), partial(self._decide, STAND_IN)
        yield month.first, partial(self._look, STAND_IN)
        his = {
            "promised": "That Anna leads on the days I am away",
            "kept_by_me": "all",
            "kept_by_them": "all",
            "worth_it": "yes",
            "on_others": "better",
            "note": "Files no longer wait for Monday",
        }
        yield self.today - timedelta(days=1), partial(self._look_back, STAND_IN, BORIS, his)

    def _home(self, day: date) -> Iterator[tuple[date, Act]]:
        """Refused, with a reason."""
        text = {
            "terms": [
                {
                    "kind": "place",
                    "days": dict.fromkeys(("monday", "wednesday", "thursday", "friday"), "home"),
                }
            ],
            "employee_gets": "Two hours of travel less a day",
            "employer_gets": "Those hours start earlier",
            "starts_on": (day + timedelta(days=60)).isoformat(),
            "evaluate_on": (day + timedelta(days=150)).isoformat(),
        }
        yield day, partial(self._propose, HOME, EGOR, "Four days at home", text)
        yield day + timedelta(days=6), partial(self._refuse, HOME, CLARA)

    def _four_days(self, day: date) -> Iterator[tuple[date, Act]]:
        """On the table: it is Anna's turn, with Paula beside her."""
        first = Month.of(self.today).plus(4).first
        week = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), 540)
        asked = {
            "terms": [{"kind": "pattern", "minutes": week}],
            "employee_gets": "Fridays with my daughter",
            "employer_gets": "Calls with clients until six on four days",
            "departs_from": "Five days of eight hours",
            "starts_on": first.isoformat(),
            "evaluate_on": Month.of(first).plus(6).first.isoformat(),
            "visibility": "team_anonymised",
        }
        other = {**week, "friday": 540}
        del other["wednesday"]
        countered = {
            **asked,
            "terms": [{"kind": "pattern", "minutes": other}],
            "employer_gets": "Calls until six, and somebody there on Fridays",
        }
        last = {
            **asked,
            "colleagues": "Every fourth Friday Anna answers calls, in turn with the others",
            "ends_on": Month.of(first).plus(11).last.isoformat(),
        }
        yield day, partial(self._propose, FOUR_DAYS, ANNA, "Four times nine", asked)
        talk = "On Fridays we are with three. Would a free Wednesday help you as well?"
        yield day + timedelta(days=2), partial(self._say, FOUR_DAYS, BORIS, talk)
        yield day + timedelta(days=3), partial(self._offer, FOUR_DAYS, BORIS, 1, countered)
        yield day + timedelta(days=5), partial(self._invite, FOUR_DAYS)
        why = "She has no school on Fridays. I can take a turn on the Fridays, though."
        yield day + timedelta(days=7), partial(self._say, FOUR_DAYS, ANNA, why)
        yield day + timedelta(days=10), partial(self._offer, FOUR_DAYS, BORIS, 2, last)

    def _course(self, day: date) -> Iterator[tuple[date, Act]]:
        """Egor and Clara agree, and so does Clara's manager; with a bonus in it, HR decides too."""
        first = Month.of(self.today).plus(2).first
        text = {
            "terms": [
                {
                    "kind": "development",
                    "course": "Data analysis for lenders",
                    "cost": "1450.00",
                    "minutes": 1920,
                },
                {
                    "kind": "bonus",
                    "target": "The report on arrears comes from our own figures",
                    "measure": "Three months in a row without the supplier",
                    "amount": "600.00",
                    "due_month": str(Month.of(first).plus(9)),
                    "objective_reason": "A quarter of what the supplier costs in a year",
                },
            ],
            "employee_gets": "A skill that counts in the whole sector",
            "employer_gets": "The monthly report on arrears without a supplier",
            "starts_on": first.isoformat(),
            "evaluate_on": Month.of(first).plus(8).first.isoformat(),
            "ends_on": Month.of(first).plus(11).last.isoformat(),
        }
        yield day, partial(self._propose, COURSE, EGOR, "Learning to analyse data", text)
        yield day + timedelta(days=2), partial(self._accept, COURSE, CLARA, 1)
        yield day + timedelta(days=3), partial(self._accept, COURSE, EGOR, 1)
        yield day + timedelta(days=4), partial(self._decide, COURSE)

    # What people do

    def _propose(
        self, name: str, by: str, subject: str, text: Mapping[str, Any], *, now: datetime
    ) -> None:
        whose = ANNA if by == BORIS else by
        employee_id = self.staff.employee(whose).id
        self.deals[name] = uuid5(ORDERS, f"deal {name} {self.today}")
        cmd = commands.Propose(self.deals[name], employee_id, subject, text)
        commands.propose(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _offer(
        self, name: str, by: str, seen: int, text: Mapping[str, Any], *, now: datetime
    ) -> None:
        cmd = commands.MakeOffer(self.deals[name], seen, text)
        commands.make_offer(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _say(self, name: str, by: str, said: str, *, now: datetime) -> None:
        cmd = commands.Say(self.deals[name], said, asks=said.endswith("?"))
        commands.say(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _invite(self, name: str, *, now: datetime) -> None:
        cmd = commands.InviteAdviser(self.deals[name], PAULA)
        commands.invite_adviser(self.session, cmd, actor=self.staff.actor(ANNA, now), now=now)

    def _accept(self, name: str, by: str, offer: int, *, now: datetime) -> None:
        cmd = commands.Accept(self.deals[name], offer)
        commands.accept(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _refuse(self, name: str, by: str, *, now: datetime) -> None:
        cmd = commands.Refuse(self.deals[name], 1, NO_HOME)
        commands.refuse(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _decide(self, name: str, *, now: datetime) -> None:
        """Whoever has it now agrees."""
        for approval in approval_queries.of_subject(self.session, f"deal:{self.deals[name]}"):
            if approval.state == State.OPEN:
                cmd = approvals.Decide(approval.id, Decision.APPROVE)
                decider = self.staff.decider(approval, now)
                approvals.decide(self.session, cmd, actor=decider, now=now)

    def _look_back(self, name: str, by: str, answers: Mapping[str, str], *, now: datetime) -> None:
        cmd = commands.Evaluate(self.deals[name], 1, answers)
        commands.evaluate(self.session, cmd, actor=self.staff.actor(by, now), now=now)

    def _look(self, name: str, *, now: datetime) -> None:
        """As the clock does on its day."""
        commands.act_on_deal(self.session, self.deals[name], actor=SYSTEM, now=now)
        work_off(self.session, now=now, jobs=JOBS)
