"""Loading the demo organisation: month after month, as its people and the clock would have done.

All in one transaction: nobody sees half an organisation, the clock does not begin to catch up on
its months in between, and a load that is interrupted leaves nothing behind.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.budgets.commands import leave
from ideals.budgets.states import StartedAs
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.notices import commands as notices
from ideals.notices.models import Notice
from ideals.payroll import commands as payroll
from ideals.payroll import queries as payroll_queries
from ideals.payroll.states import LineKind
from ideals.people import commands as people
from ideals.people import queries as people_queries
from ideals.seeds import commands, story
from ideals.seeds.absences import LeaveSystem
from ideals.seeds.acting import Staff
from ideals.seeds.careers import careers
from ideals.seeds.commands import EVERY_JOB, Progress, work_off
from ideals.seeds.dealing import Dealing
from ideals.seeds.deciding import Deciding
from ideals.seeds.errors import RowsRefused
from ideals.seeds.files import SCHEME, Post, bonus_file, leave_file, refusal_file
from ideals.seeds.organisation import (
    ANNA,
    BORIS,
    CAST,
    CLARA,
    DINA,
    EGOR,
    HISTORY,
    PAULA,
    Person,
)
from ideals.seeds.steering import Steering
from ideals.seeds.wishes import Answer, Dealer, Habit, Wish
from ideals.shop import commands as shop
from ideals.shop.commands import closing

HR = Actor(name=CAST[DINA].email, roles=frozenset({Role.HR}))
MONTHS_AHEAD = 3
CLOSES_AT, FILES_AT = time(4, 0, tzinfo=UTC), time(5, 0, tzinfo=UTC)
RUN_AFTER, LOOK_AFTER = timedelta(minutes=30), timedelta(minutes=60)
"""On the first of each month HR closes the month before and sends the files; the run follows."""
LEAVE_AT = time(18, 0, tzinfo=UTC)
"""On the last of each month the leave system says what was taken."""
LOOKS = (6, 7)
"""The months on whose first day leave is looked at: what lapses on 1 July, a month before and then.
The clock looks each day."""
BONUS_MONTH, BONUS_DAY = 3, 20
CHOICES_DAY = 3
DECIDED_AFTER, REGRETTED_AFTER = 2, 3
"""Days after an order."""

LABELS = {
    ANNA: ("employee", ()),
    BORIS: ("Anna's manager", ()),
    CLARA: ("Egor's manager", ()),
    DINA: ("HR", (Role.HR, Role.HR_PRICES, Role.HR_DEALS)),
    EGOR: ("employee, new this year", ()),
    PAULA: ("payroll", (Role.PAYROLL,)),
}
SECOND = "HR, second person for prices"
PAID = "2400"
CODES = (
    (LineKind.PAY, "", PAID, "Budget, paid"),
    (LineKind.DEDUCTION, "", "2410", "Budget, kept back"),
    (LineKind.PURCHASE, "leave", "3100", "Leave bought"),
    (LineKind.PURCHASE, "pension", "4200", "Extra pension"),
    (LineKind.PURCHASE, "bicycle", "5210", "Bicycle, instalment"),
    (LineKind.PURCHASE, "lease_car", "5220", "Lease car"),
    (LineKind.PURCHASE, "electric_car", "5220", "Lease car"),
    (LineKind.PURCHASE, "commuting", "5240", "Commuting, free of tax"),
    (LineKind.HOURS, "", "7100", "Leave bought or sold, hours"),
    (LineKind.ADDITION, "bicycle", "5310", "Addition for a bicycle"),
    (LineKind.ADDITION, "", "5320", "Addition for a car"),
    (LineKind.BONUS, "", "2600", "Performance bonus"),
)
"""What HR says payroll calls these; the rest goes under names of its own."""
SENT_BACK = "The bank account is closed; ask for another one."


@dataclass(frozen=True, slots=True)
class LoadMeridian:
    """The fourteen months through today's, as they look today."""

    today: date


def load_meridian(
    session: Session,
    cmd: LoadMeridian,
    *,
    actor: Actor,
    now: datetime,
    zone: ZoneInfo,
    tell: Progress = lambda _: None,
) -> bool:
    """Whether anything was loaded: an organisation that is there already is left alone.

    `tell` hears the name of each month that is done.
    """
    people.lock_facts(session, shared=False)
    if people_queries.known_number_ids(session, CAST):
        return False
    this = Month.of(cmd.today)
    first = this.plus(1 - HISTORY)
    ledger.open_months(
        session, ledger.OpenMonths(first, this.plus(MONTHS_AHEAD)), actor=actor, now=now
    )
    commands.publish_example(session, SCHEME, actor=actor, now=_at(first.first, FILES_AT, now))
    load = _Load(session, cmd.today, careers(cmd.today), now, zone)
    for month in first.until(this):
        load.month(month)
        tell(str(month))
    return True


class Plan(NamedTuple):
    """What everybody wants; `waiting`: ordered just now, for somebody to look at."""

    habits: list[Habit]
    orders: list[Wish]
    waiting: list[Wish]


def planned(people: Sequence[Person], today: date) -> Plan:
    orders, waiting = list(story.orders(today)), list(story.waiting(people, today))
    dealer = Dealer(people, today, reserved=[*orders, *waiting])
    habits = list(dealer.habits())
    orders += dealer.orders(habits)
    return Plan([*story.habits(today), *habits], orders, waiting)


def _at(day: date, moment: time, now: datetime) -> datetime:
    return min(datetime.combine(day, moment), now)


@dataclass(slots=True)
class _Load:
    """Acts month after month, each at its own moment and nobody in the future."""

    session: Session
    today: date
    people: list[Person]
    now: datetime
    zone: ZoneInfo
    plan: Plan = field(init=False)
    staff: Staff = field(init=False)
    post: Post = field(init=False)
    leave: LeaveSystem = field(init=False)
    deciding: Deciding = field(init=False)
    dealing: Dealing = field(init=False)
    steering: Steering = field(init=False)
    shown: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.plan = planned(self.people, self.today)
        self.staff = Staff(self.session, self.zone, hr=DINA)
        self.post, self.leave = Post(self.people), LeaveSystem(self.people)
        self.deciding = Deciding(self.session, self.staff, HR, self.zone)
        agrees = story.of_boris(self.people, self.today)
        self.dealing = Dealing(self.session, self.staff, self.zone, self.today, agrees)
        beside = story.of_dina(self.people, self.today)
        self.steering = Steering(self.session, self.staff, self.zone, self.today, beside)

    @property
    def this(self) -> Month:
        return Month.of(self.today)

    def month(self, month: Month) -> None:
        self._take_files(month)
        self._show_cast(month)
        if month == self.this.plus(1 - HISTORY):
            self._begin(month)
        for at, act in sorted(self._agenda(month), key=lambda each: each[0]):
            if at <= self.now:
                act(now=at)
        if month < self.this:
            self._end(month)
        else:
            self._today()

    # The first of a month

    def _take_files(self, month: Month) -> None:
        at = _at(month.first, FILES_AT, self.now)
        if content := self.post.people_file(month):
            commands.import_people(self.session, content, f"people-{month}.csv", actor=HR, now=at)
        if content := self.post.pay_file(month):
            commands.import_pay(self.session, content, f"pay-{month}.csv", actor=HR, now=at)
        self.dealing.clock(now=at)
        at = min(at + RUN_AFTER, self.now)
        commands.allocate(self.session, SCHEME, month, actor=SYSTEM, now=at)

    def _show_cast(self, month: Month) -> None:
        """Whoever is known by now."""
        at = _at(month.first, FILES_AT, self.now)
        unseen = set(LABELS) - self.shown
        for number in sorted(people_queries.known_number_ids(self.session, unseen)):
            label, roles = LABELS[number]
            one = CAST[number]
            button = f"{one.name.split()[0]}, {label}"
            shown = access.ShowInDemo(one.email, button, frozenset(roles))
            access.show_in_demo(self.session, shown, actor=SYSTEM, now=at)
            self.shown.add(number)
            self.staff.shown(number)

    def _show_second(self, now: datetime) -> None:
        """Who looks at Dina's price rules."""
        one = next(person for person in self.people if person.number == self.steering.agrees)
        button = f"{one.name.split()[0]}, {SECOND}"
        shown = access.ShowInDemo(one.email, button, frozenset({Role.HR_PRICES}))
        access.show_in_demo(self.session, shown, actor=SYSTEM, now=now)
        self.staff.shown(one.number)

    def _begin(self, month: Month) -> None:
        """What came before the books, and what payroll calls things."""
        at = _at(month.first, FILES_AT, self.now)
        if content := leave_file(self.leave.before(month)):
            commands.import_leave(
                self.session, content, f"leave-{month.year}.csv", actor=HR, now=at
            )
            work_off(self.session, now=at, jobs=EVERY_JOB)
        for kind, item, code, name in CODES:
            keep = payroll.KeepCode(kind, item, code, name, month)
            payroll.keep_code(self.session, keep, actor=HR, now=at)
        years = tuple(range(month.year, self.this.year + 1))
        self.deciding.begin(self.people, years, now=at)
        self.dealing.begin(now=at)
        self._show_second(at)
        self.steering.begin(now=at)

    # What people do in between

    def _agenda(self, month: Month) -> Iterator[tuple[datetime, Callable[..., None]]]:
        for place, wish in enumerate(w for w in self.plan.orders if w.month == month):
            at = datetime.combine(wish.on, time(7 + place % 9, place * 7 % 60, tzinfo=UTC))
            yield at, partial(self.staff.order, wish)
            if wish.changes_mind:
                yield at + timedelta(days=REGRETTED_AFTER), partial(self.staff.cancel, wish)
            elif wish.answer is not Answer.NONE:
                yield at + timedelta(days=DECIDED_AFTER), partial(self.staff.answer, wish)
        for habit in (h for h in self.plan.habits if h.month == month):
            day = month.first.replace(day=CHOICES_DAY)
            at = datetime.combine(day, time(7 + int(habit.number[1:]) % 9, 30, tzinfo=UTC))
            yield at, partial(self.staff.choose, habit)
        if month.month in LOOKS:
            yield datetime.combine(month.first, FILES_AT) + LOOK_AFTER, self._look_at_leave
        if month.month == BONUS_MONTH:
            day = month.first.replace(day=BONUS_DAY)
            yield datetime.combine(day, FILES_AT), partial(self._bonuses, month)
        yield from self.deciding.agenda(month, self.this)
        yield from self.dealing.agenda(month)
        yield from self.steering.agenda(month)

    def _look_at_leave(self, *, now: datetime) -> None:
        cmd = leave.LookAtLeave(now.astimezone(self.zone).date())
        leave.look_at_leave(self.session, cmd, actor=SYSTEM, now=now)
        work_off(self.session, now=now, jobs=EVERY_JOB)

    def _bonuses(self, month: Month, *, now: datetime) -> None:
        content = bonus_file(self.people, month)
        if content is None:
            return
        cmd = payroll.UploadBonuses(io.BytesIO(content), f"bonus-{month}.csv")
        report = payroll.upload_bonuses(self.session, cmd, actor=HR, now=now)
        if not report.applied:
            raise RowsRefused(
                f"{report.file_name}: {report.faults[0].message}", file=report.file_name
            )

    # The end of a month

    def _end(self, month: Month) -> None:
        at = _at(month.last, LEAVE_AT, self.now)
        if content := leave_file(self.leave.taken(month)):
            commands.import_leave(self.session, content, f"leave-{month}.csv", actor=HR, now=at)
        work_off(self.session, now=at, jobs=EVERY_JOB)
        at = _at(month.plus(1).first, CLOSES_AT, self.now)
        close = closing.CloseMonth(month, StartedAs.COMMAND)
        closing.close_month(self.session, close, actor=HR, now=at, zone=self.zone)
        work_off(self.session, now=at, jobs=EVERY_JOB)
        if month == self.this.plus(story.READ_THROUGH):
            for number in (ANNA, DINA):
                self._read_notices(number, at)

    def _read_notices(self, number: str, now: datetime) -> None:
        actor = self.staff.actor(number, now)
        last = self.session.scalar(
            select(func.max(Notice.id)).where(Notice.employee_id == actor.employee_id)
        )
        notices.mark_all_read(self.session, notices.MarkAllRead(last or 0), actor=actor, now=now)

    # Today

    def _today(self) -> None:
        if content := leave_file(self.leave.known(self.today)):
            name = f"leave-{self.today}.csv"
            commands.import_leave(self.session, content, name, actor=HR, now=self.now)
        for wish in self.plan.waiting:
            self.staff.order(wish, now=self.now)
        self._send_back(self.this.plus(-1))
        self.deciding.stand_in(self.today, now=self.now)
        self.dealing.clock(now=self.now)
        self.steering.clock(now=self.now)
        shop.count_chosen(self.session, actor=SYSTEM, now=self.now)
        work_off(self.session, now=self.now, jobs=EVERY_JOB)
        # All this has been told on the pages: no mail leaves about what was long ago.
        notices.drop_waiting(self.session)

    def _send_back(self, month: Month) -> None:
        """Payroll could not pay somebody; HR finds it as a task."""
        lines = list(payroll_queries.exported(self.session, month))
        paid = (each for each in lines if each.code == PAID and each.minor > 0)
        line = next(each for each in paid if each.number not in CAST)
        content = refusal_file(line.number, line.code, Money(line.minor), SENT_BACK)
        cmd = payroll.TakeRefusals(month, io.BytesIO(content), f"refused-{month}.csv")
        paula = self.staff.actor(PAULA, self.now)
        payroll.take_refusals(self.session, cmd, actor=paula, now=self.now)
