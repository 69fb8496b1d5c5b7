"""Terms in force that take of the employee's own, and patterns: courses, leave, days of the week.

`living` calls this where a deal starts, goes on or ends, and settles it in the same transaction:
what should have been charged is compared with what was, so that twice is once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals.deals.commands import going
from ideals.deals.models import Deal, DealCharge, DealWeek
from ideals.deals.queries import acting as queries
from ideals.deals.queries import living as living_queries
from ideals.deals.queries.effect import USUAL_WEEK, agreed_week, full_time_of
from ideals.deals.rules.cover import pattern_of
from ideals.deals.rules.hours import HoursFlow
from ideals.deals.rules.offers import OfferText
from ideals.deals.rules.taking import Pay, cost_of, part_of_week, reach, takings_of
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import fact_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.states import AccountKind, Reason
from ideals.people import queries as people_queries
from ideals.people.commands.agreed_leave import SetLeave, set_leave
from ideals.people.commands.hours import SetHours, set_hours
from ideals.people.commands.weeks import agree_week, lock_week
from ideals.people.queries.overlays import hours_on
from ideals.people.rules.overlays import Away, Overlay
from ideals.people.rules.weeks import mask_of

COST_SHORT = "cost_short"
LEAVE_SHORT = "leave_short"
WEEK_STAYS = "week_stays"
"""What the history says when an account had too little, and when another week was kept since."""
_ONE_DAY = timedelta(days=1)


def begin(session: Session, deal: Deal, offer: int, text: OfferText) -> None:
    """What an offer that has come into force asks for. A course that an earlier offer of the same
    deal asked for already is the same course: it is not paid twice."""
    known = {
        (row.course, row.cost_minor)
        for row in queries.charges_of(session, deal.id)
        if row.course is not None and row.charged_minor
    }
    rows = [
        {
            "deal_id": deal.id,
            "offer": offer,
            "place": taking.place,
            "account": taking.account,
            "course": taking.course,
            "cost_minor": taking.cost_minor,
            "from_day": taking.first,
            "through_day": taking.through,
            "minutes": taking.minutes,
        }
        for taking in takings_of(text)
        if taking.course is None or (taking.course, taking.cost_minor) not in known
    ]
    if rows:
        session.execute(insert(DealCharge).values(rows).on_conflict_do_nothing())
    if days := pattern_of(text.terms):
        week = {
            "deal_id": deal.id,
            "offer": offer,
            "days": mask_of(days),
            "from_day": text.starts_on,
            "through_day": text.ends_on,
        }
        session.execute(insert(DealWeek).values(week).on_conflict_do_nothing())


def stop(session: Session, deal: Deal, day: date, *, but_offer: int | None = None) -> None:
    for row in rows_of(session, deal):
        if row.offer != but_offer:
            _stop_after(row, day)


def rows_of(session: Session, deal: Deal) -> list[DealCharge | DealWeek]:
    return [*queries.charges_of(session, deal.id), *queries.weeks_of(session, deal.id)]


def _stop_after(row: DealCharge | DealWeek, day: date) -> None:
    row.stopped_after = day if row.stopped_after is None else min(row.stopped_after, day)


def may_charge(session: Session, deal_id: UUID) -> bool:
    """Whether settling may move euros: then its month is locked first."""
    return any(row.account is not None for row in queries.charges_of(session, deal_id))


def lock_accounts(session: Session, deal: Deal) -> None:
    """All that settling a deal with charges may touch at once: nobody waits crosswise."""
    kinds = {row.account for row in queries.charges_of(session, deal.id)} - {None}
    if not kinds:
        return
    wanted = [AccountKind(str(kind)) for kind in kinds]
    wanted += [AccountKind.BUDGET, AccountKind.DEVELOPMENT, AccountKind.OWED]
    opened = [
        ledger.open_accounts(session, [deal.employee_id], kind, Unit.EUR)[deal.employee_id]
        for kind in dict.fromkeys(wanted)
    ]
    ledger.lock_accounts(session, opened)


def settle(session: Session, deal: Deal, *, actor: Actor, now: datetime) -> None:
    """In the transaction of `living.settle`, which has locked facts, months and the deal."""
    charges, weeks = queries.charges_of(session, deal.id), queries.weeks_of(session, deal.id)
    if deal.ends_on is not None:
        rows: list[DealCharge | DealWeek] = [*charges, *weeks]
        for row in rows:
            if row.offer == deal.in_force_number:
                _stop_after(row, deal.ends_on)
    today = going.day_of(now)
    for charge in charges:
        charge.next_on = None
        if charge.course is not None:
            _settle_course(session, deal, charge, charges, today, actor=actor, now=now)
        else:
            _settle_leave(session, deal, charge, charges, today, actor=actor, now=now)
    _set_away(session, deal, charges, actor=actor, now=now)
    for week in weeks:
        _settle_week(session, deal, week, today, actor=actor, now=now)


# Courses --------------------------------------------------------------------------------------


def _settle_course(
    session: Session,
    deal: Deal,
    row: DealCharge,
    rows: Sequence[DealCharge],
    today: date,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Whole or not at all; where there is too little, again on the first of the next month. What
    was spent is not given back."""
    over = row.stopped_after is not None and row.stopped_after < today
    if row.charged_minor or over:
        return
    if row.from_day > today:
        row.next_on = row.from_day
        return
    cost = row.cost_minor or 0
    if _available(session, deal, row) < cost:
        row.next_on = Month.of(today).plus(1).first
        _say_short(session, deal, row, COST_SHORT, now=now)
        return
    _move(session, deal, row, rows, cost, today, actor=actor, now=now)


# Leave ----------------------------------------------------------------------------------------


def _settle_leave(
    session: Session,
    deal: Deal,
    row: DealCharge,
    rows: Sequence[DealCharge],
    today: date,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Charged when it comes into force, as far as the account goes; the days after the last that
    counts come back. By the salary and the hours known at that moment, which stay."""
    assert row.through_day is not None  # noqa: S101  the database sees to it
    if row.salary_minor is None:
        _price(session, deal, row)
    if row.account is None:
        return
    pay = _pay(row)
    if row.cost_minor is None:
        row.cost_minor = cost_of(row.from_day, row.through_day, pay)
        room = _available(session, deal, row) if row.salary_minor else -1
        row.paid_through = reach(row.from_day, row.through_day, pay, room)[0] if room >= 0 else None
        if row.paid_through != row.through_day:
            _say_short(session, deal, row, LEAVE_SHORT, now=now)
    through = row.paid_through
    if through is not None and row.stopped_after is not None:
        through = min(through, row.stopped_after)
    should = 0 if through is None else cost_of(row.from_day, through, pay)
    _move(session, deal, row, rows, should, today, actor=actor, now=now)


def _price(session: Session, deal: Deal, row: DealCharge) -> None:
    """Of who is not employed then, nothing is known: the leave is unpaid."""
    employment = people_queries.employment_on(session, deal.employee_id, row.from_day)
    if employment is None:
        row.salary_minor, row.week_minutes = 0, int(USUAL_WEEK * 60)
        return
    agreed = hours_on(session, [deal.employee_id], row.from_day).get(deal.employee_id)
    factor = agreed.part_time_factor if agreed else employment.part_time_factor
    hours = agreed.weekly_hours if agreed else employment.weekly_hours
    if hours is None:
        hours = factor * full_time_of(session, employment)
    row.salary_minor = int(employment.full_time_salary_minor * factor + Decimal("0.5"))
    row.week_minutes = max(1, int(hours * 60 + Decimal("0.5")))


def _pay(row: DealCharge) -> Pay:
    return Pay(row.salary_minor or 0, part_of_week(row.minutes, row.week_minutes or 1))


def _set_away(
    session: Session, deal: Deal, rows: Sequence[DealCharge], *, actor: Actor, now: datetime
) -> None:
    """Whole weeks are leave, unpaid where no account pays; of a part of each week that is unpaid,
    the hours that are left count."""
    leave = [row for row in rows if row.through_day is not None]
    if not leave:
        return
    away: list[Away] = []
    hours: list[Overlay] = []
    for row in leave:
        assert row.through_day is not None  # noqa: S101  chosen above
        last = min(row.through_day, row.stopped_after or row.through_day)
        paid = None if row.paid_through is None else min(row.paid_through, last)
        unpaid_from = row.from_day if paid is None else paid + _ONE_DAY
        if _pay(row).part == 1:
            if paid is not None and row.from_day <= paid:
                away.append(Away(row.from_day, paid, unpaid=False))
            if unpaid_from <= last:
                away.append(Away(unpaid_from, last, unpaid=True))
        elif unpaid_from <= last:
            overlay = _less(session, deal, row, unpaid_from, last)
            if overlay is not None:
                hours.append(overlay)
    cmd = SetLeave(deal.employee_id, deal.source, away)
    set_leave(session, cmd, actor=actor, now=now)
    left = SetHours(deal.employee_id, queries.leave_source(deal.source), hours)
    set_hours(session, left, actor=actor, now=now)


def _less(session: Session, deal: Deal, row: DealCharge, first: date, last: date) -> Overlay | None:
    """The contract's hours of that moment without those of the leave; the factor in proportion."""
    employment = people_queries.employment_on(session, deal.employee_id, first)
    if employment is None or row.week_minutes is None or row.minutes is None:
        return None
    left = HoursFlow(row.week_minutes - row.minutes, first, last)
    weekly, factor = agreed_week(session, employment, left)
    return Overlay(first, last, weekly, factor)


# The ledger -----------------------------------------------------------------------------------


def _available(session: Session, deal: Deal, row: DealCharge) -> int:
    own = _own(session, deal, row)
    return ledger.lock_accounts(session, [own])[own].available_minor


def _own(session: Session, deal: Deal, row: DealCharge) -> int:
    kind = AccountKind(row.account or "")
    return ledger.open_accounts(session, [deal.employee_id], kind, Unit.EUR)[deal.employee_id]


def _move(
    session: Session,
    deal: Deal,
    row: DealCharge,
    rows: Sequence[DealCharge],
    should: int,
    today: date,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """The difference with what was charged, to the employer or back."""
    minor = should - row.charged_minor
    if not minor:
        return
    row.settlements = 1 + max(each.settlements for each in rows)
    month = Month.of(today)
    booked = ledger_queries.booking_month(session, month)
    own = _own(session, deal, row)
    employer = ledger.employer_account(session, AccountKind(row.account or ""), Unit.EUR)
    act = f"{queries.cost_source(deal.source)}:{row.settlements}"
    code = living_queries.cost_code(deal)
    transfer = ledger.NewTransfer(
        id=fact_transfer_id(booked, act, code, month),
        month=booked,
        for_month=month,
        from_account=own if minor > 0 else employer,
        to_account=employer if minor > 0 else own,
        unit=Unit.EUR,
        amount_minor=abs(minor),
        reason=Reason.GRANT,
        source=act,
        code=code,
    )
    ledger.post_transfers(session, ledger.PostTransfers((transfer,)), actor=actor, now=now)
    row.charged_minor = should


def _say_short(session: Session, deal: Deal, row: DealCharge, what: str, *, now: datetime) -> None:
    """Once, in the history and to both sides, without the amount."""
    if row.short_said:
        return
    row.short_said = True
    going.note(session, deal, what, offer=row.offer, actor=SYSTEM, now=now)
    going.tell(session, deal, what, going.parties(deal), now=now)


# The days of the week -------------------------------------------------------------------------


def _settle_week(
    session: Session, deal: Deal, row: DealWeek, today: date, *, actor: Actor, now: datetime
) -> None:
    """Kept from the first day to the last; then what was before is put back, unless somebody kept
    other days meanwhile: those stay, and the history says so."""
    row.next_on = None
    last = min((day for day in (row.through_day, row.stopped_after) if day), default=date.max)
    source = deal.source
    if row.set_at is None and row.from_day <= last and today <= last:
        if today < row.from_day:
            row.next_on = row.from_day
            return
        row.before = lock_week(session, deal.employee_id)
        agree_week(session, deal.employee_id, row.days, actor=actor, now=now, source=source)
        row.set_at = now
    if row.set_at is None or row.put_back_at is not None:
        return
    if today <= last:
        row.next_on = None if last == date.max else last + _ONE_DAY
        return
    row.put_back_at = now
    if lock_week(session, deal.employee_id) == row.days:
        agree_week(session, deal.employee_id, row.before, actor=actor, now=now, source=source)
    else:
        going.note(session, deal, WEEK_STAYS, offer=row.offer, actor=SYSTEM, now=now)
