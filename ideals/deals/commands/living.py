"""What a deal in force does by itself: money that is granted, personal parts of the budget, and
contract hours laid over the employment.

`begin` and `stop` are called where a deal starts, is renewed or ends. They write what holds from
when, and announce; `settle` does it, in a transaction that takes its locks in the house's order:
facts, months, the deal, accounts. It brings the ledger to what the terms say, so that twice is
once, and what ran too far comes back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.budgets import rules as budget_rules
from ideals.budgets.commands.parts import SetParts, set_parts
from ideals.budgets.rules import Entry
from ideals.budgets.rules.parts import Part
from ideals.deals import queries
from ideals.deals.commands import acting, going
from ideals.deals.errors import DealUnknown
from ideals.deals.models import Deal, DealCharge, DealHours, DealMoney, DealWeek, Offer
from ideals.deals.queries import living as living_queries
from ideals.deals.queries.effect import agreed_week
from ideals.deals.rules.hours import HoursFlow, day_before, hours_of
from ideals.deals.rules.kinds import Into
from ideals.deals.rules.money import Flow, Way, flows_of, granted, next_grant, renewed_after
from ideals.kernel.actor import Actor
from ideals.kernel.ids import fact_transfer_id
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.states import AccountKind, Reason
from ideals.people import commands as people
from ideals.people import queries as people_queries
from ideals.people.commands.hours import SetHours, set_hours
from ideals.people.rules.overlays import Overlay

SETTLE_MONEY = "deals.settle_money"
AT_A_TIME = 1000
"""Deals that one look takes."""
_ONE_DAY = timedelta(days=1)
_Acts: TypeAlias = DealMoney | DealHours | DealCharge | DealWeek
_TABLES: tuple[type[_Acts], ...] = (DealMoney, DealHours, DealCharge, DealWeek)


# Where a deal starts, goes on and ends --------------------------------------------------------


def begin(session: Session, deal: Deal, offer: Offer, *, now: datetime) -> None:
    """Of an offer that has come into force: its terms act, those of the one before stop."""
    text = queries.text_of(offer)
    _stop_money(session, deal, renewed_after(offer.starts_on), but_offer=offer.number)
    _stop_hours(session, deal, day_before(offer.starts_on), but_offer=offer.number)
    rows = [
        {
            "deal_id": deal.id,
            "offer": offer.number,
            "place": flow.place,
            "way": flow.way,
            "into_account": flow.into,
            "amount_minor": flow.amount_minor,
            "from_month": flow.first,
            "through_month": flow.through,
        }
        for flow in flows_of(text)
    ]
    if rows:
        session.execute(insert(DealMoney).values(rows).on_conflict_do_nothing())
    if (hours := hours_of(text)) is not None:
        row = {
            "deal_id": deal.id,
            "offer": offer.number,
            "minutes": hours.minutes,
            "from_day": hours.first,
            "through_day": hours.through,
        }
        session.execute(insert(DealHours).values(row).on_conflict_do_nothing())
    acting.stop(session, deal, day_before(offer.starts_on), but_offer=offer.number)
    acting.begin(session, deal, offer.number, text)
    _settle_soon(session, deal, now=now)


def stop(session: Session, deal: Deal, last_day: date, *, now: datetime) -> None:
    """Of a deal that is over: `last_day` is the last on which it held, perhaps long ago."""
    _stop_money(session, deal, Month.of(last_day))
    _stop_hours(session, deal, last_day)
    acting.stop(session, deal, last_day)
    _settle_soon(session, deal, now=now)


def follow(session: Session, deal: Deal, *, now: datetime) -> None:
    """Of a deal whose last day was moved: what it does by itself will end with that day."""
    _settle_soon(session, deal, now=now)


def _stop_money(
    session: Session, deal: Deal, month: Month, *, but_offer: int | None = None
) -> None:
    for row in living_queries.money_of(session, deal.id):
        if row.offer == but_offer:
            continue
        row.stopped_after = month if row.stopped_after is None else min(row.stopped_after, month)


def _stop_hours(session: Session, deal: Deal, day: date, *, but_offer: int | None = None) -> None:
    for row in living_queries.hours_of(session, deal.id):
        if row.offer == but_offer:
            continue
        row.stopped_after = day if row.stopped_after is None else min(row.stopped_after, day)


def _settle_soon(session: Session, deal: Deal, *, now: datetime) -> None:
    """Should what is announced be lost, tomorrow's look finds it."""
    session.flush()  # reason: rows that were just added are read next
    rows: list[_Acts] = [
        *living_queries.money_of(session, deal.id),
        *living_queries.hours_of(session, deal.id),
        *acting.rows_of(session, deal),
    ]
    for row in rows:
        row.next_on = going.day_of(now) + _ONE_DAY
    if rows:
        outbox.announce(session, SETTLE_MONEY, deal=str(deal.id))


def sweep(session: Session, *, zone: ZoneInfo, actor: Actor, now: datetime) -> int:
    """Announce every deal of which a month of money has come; how many. Twice is once."""
    del actor
    today = now.astimezone(zone).date()
    due = [row for table in _TABLES for row in _due_of(session, table, today)]
    for row in due:
        row.next_on = today + _ONE_DAY
    deals = {row.deal_id for row in due}
    if deals:
        outbox.announce_each(session, SETTLE_MONEY, [{"deal": str(each)} for each in sorted(deals)])
    return len(deals)


def _due_of(session: Session, table: type[_Acts], today: date) -> list[_Acts]:
    found: Sequence[_Acts] = session.scalars(
        select(table)
        .where(table.next_on <= today)
        .order_by(table.next_on, table.deal_id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    ).all()  # type: ignore[assignment]  # of one of four tables
    return list(found)


# Settling -------------------------------------------------------------------------------------


def lock_facts(session: Session) -> None:
    """Before the clock is read for `settle`: what it records then is what runs see."""
    people.lock_facts(session, shared=True)


def settle(session: Session, deal_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Bring parts and grants to what the deal's money says by now. Again changes nothing."""
    lock_facts(session)
    this_month = Month.of(going.day_of(now))
    _lock_months(session, deal_id, this_month, actor=actor, now=now)
    try:
        deal = queries.lock_deal(session, deal_id)
    except DealUnknown:
        return
    rows = living_queries.money_of(session, deal_id)
    hours = living_queries.hours_of(session, deal_id)
    _end_with(deal, rows, hours)
    acting.lock_accounts(session, deal)
    _set_parts(session, deal, rows, actor=actor, now=now)
    _set_grants(session, deal, rows, this_month, actor=actor, now=now)
    coming = next_grant([_flow(row) for row in rows if row.way == Way.GRANT], this_month)
    _set_hours(session, deal, hours, actor=actor, now=now)
    acting.settle(session, deal, actor=actor, now=now)
    looked_at: list[DealMoney | DealHours] = [*rows, *hours]
    for done in looked_at:
        done.next_on = None
    if coming is not None:
        next(row for row in rows if row.way == Way.GRANT).next_on = coming.first


def _end_with(deal: Deal, rows: Sequence[DealMoney], hours: Sequence[DealHours]) -> None:
    """The last day of a deal may have come nearer than its offer said."""
    last = deal.ends_on
    if last is None:
        return
    for row in rows:
        if row.offer == deal.in_force_number:
            month = Month.of(last)
            row.stopped_after = min(row.stopped_after or month, month)
    for each in hours:
        if each.offer == deal.in_force_number:
            each.stopped_after = min(each.stopped_after or last, last)


def _lock_months(
    session: Session, deal_id: UUID, until: Month, *, actor: Actor, now: datetime
) -> None:
    """Those that grants may be booked in, against their seal; the first locks after facts."""
    rows = living_queries.money_of(session, deal_id)
    firsts = [row.from_month for row in rows if row.way == Way.GRANT and row.from_month <= until]
    if acting.may_charge(session, deal_id):
        firsts.append(until)
    if not firsts:
        return
    ledger.open_months(session, ledger.OpenMonths(until, until), actor=actor, now=now)
    for month in ledger_queries.unsealed_between(session, min(firsts), until):
        ledger.lock_month(session, month)
    # Where the month itself is sealed, in the one that is open after it.
    ledger.lock_month(session, ledger_queries.booking_month(session, until))


def _flow(row: DealMoney) -> Flow | None:
    """What is left of a term since it was stopped."""
    flow = Flow(
        row.place,
        Way(row.way),
        Into(row.into_account),
        row.amount_minor,
        row.from_month,
        row.through_month,
    )
    return flow.stopped(row.stopped_after)


def _set_parts(
    session: Session, deal: Deal, rows: Sequence[DealMoney], *, actor: Actor, now: datetime
) -> None:
    if not any(row.way == Way.PART for row in rows):
        return
    code = living_queries.code_of(deal)
    flows = [flow for row in rows if row.way == Way.PART and (flow := _flow(row)) is not None]
    parts = [Part(code, flow.amount_minor, flow.first, flow.through) for flow in flows]
    set_parts(session, SetParts(deal.employee_id, deal.source, parts), actor=actor, now=now)


def _set_hours(
    session: Session, deal: Deal, rows: Sequence[DealHours], *, actor: Actor, now: datetime
) -> None:
    """Laid over the employment, at the full-time week of the scheme it has from that day."""
    if not rows:
        return
    overlays = []
    for row in rows:
        flow = HoursFlow(row.minutes, row.from_day, row.through_day).stopped(row.stopped_after)
        if flow is None:
            continue
        employment = people_queries.employment_on(session, deal.employee_id, flow.first)
        weekly, factor = agreed_week(session, employment, flow)
        overlays.append(Overlay(flow.first, flow.through, weekly, factor))
    cmd = SetHours(deal.employee_id, deal.source, overlays)
    set_hours(session, cmd, actor=actor, now=now)


def _set_grants(
    session: Session,
    deal: Deal,
    rows: Sequence[DealMoney],
    until: Month,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    grants = [row for row in rows if row.way == Way.GRANT and row.from_month <= until]
    if not grants:
        return
    number = 1 + max(row.settlements for row in rows)
    first = min(row.from_month for row in grants)
    employed = living_queries.months_employed(session, deal.employee_id, first, until)
    for into in Into:
        should: dict[Entry, int] = {}
        code = living_queries.code_of(deal, into)
        for row in grants:
            if row.into_account != into:
                continue
            months = granted(_flow(row), until, employed)
            for month in months:
                entry = Entry(month.number, code, Unit.EUR)
                should[entry] = should.get(entry, 0) + row.amount_minor
            row.granted_minor = row.amount_minor * len(months)
        if any(row.into_account == into for row in grants):
            months_of_all = list(first.until(until))
            act = f"{deal.source}:{number}"
            if _post(session, deal, act, into, should, months_of_all, actor=actor, now=now):
                for row in rows:
                    row.settlements = number


def _post(
    session: Session,
    deal: Deal,
    act: str,
    into: Into,
    should: dict[Entry, int],
    months: Collection[Month],
    *,
    actor: Actor,
    now: datetime,
) -> bool:
    """The difference with what was granted; what was spent since becomes a debt. `act`: what the
    transfers name as their source. Whether there was any."""
    kind = AccountKind(into.value)
    own = ledger.open_accounts(session, [deal.employee_id], kind, Unit.EUR)[deal.employee_id]
    owed = ledger.open_accounts(session, [deal.employee_id], AccountKind.OWED, Unit.EUR)
    debts = owed[deal.employee_id]
    balances = ledger.lock_accounts(session, [own, debts])
    code = living_queries.code_of(deal, into)
    has: dict[Entry, int] = {}
    for (_account, its_code, month), minor in ledger_queries.allocated(
        session, [own, debts], months, source_prefix=f"{deal.source}:", reasons=(Reason.GRANT,)
    ).items():
        if its_code == code:
            entry = Entry(month.number, code, Unit.EUR)
            has[entry] = has.get(entry, 0) + minor
    changes = budget_rules.differences(should, has)
    if not changes:
        return False
    purse = budget_rules.Purse(balances[own].available_minor, -balances[debts].posted_minor)
    employer = ledger.employer_account(session, kind, Unit.EUR)
    transfers = []
    for entry, minor, is_debt in budget_rules.bookings(changes, purse):
        for_month = Month.from_number(entry.for_month)
        booked = ledger_queries.booking_month(session, for_month)
        account = debts if is_debt else own
        transfers.append(
            ledger.NewTransfer(
                id=fact_transfer_id(booked, act, code, for_month, is_debt),
                month=booked,
                for_month=for_month,
                from_account=employer if minor > 0 else account,
                to_account=account if minor > 0 else employer,
                unit=Unit.EUR,
                amount_minor=abs(minor),
                reason=Reason.GRANT,
                source=act,
                code=code,
            )
        )
    ledger.post_transfers(session, ledger.PostTransfers(tuple(transfers)), actor=actor, now=now)
    return True
