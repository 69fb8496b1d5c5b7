"""Price lists by month: published once, told to whom they change something; rules in and out of
force.

A list of the next month is published from the 25th on, when the indicators that its rules read are
there for this month; on the last day it is published in any case, with what is known. HR may do it
earlier. What is published stays, and publishing again adds only what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit, outbox
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.notices import commands as notices
from ideals.pricing import policy
from ideals.pricing.commands.deciding import refuse_undecided
from ideals.pricing.commands.passing import lock_lists
from ideals.pricing.errors import MonthOver, MonthTooFar
from ideals.pricing.models import PriceList, PriceRule
from ideals.pricing.queries import steering as queries
from ideals.pricing.queries.prices import Holds, PriceBook, price_book
from ideals.pricing.rules import steerable
from ideals.pricing.states import LIVE, RuleAct, RuleState, after
from ideals.schemes import queries as schemes
from ideals.schemes.rules import Scheme

PUBLISH = "pricing.publish_lists"
TELL = "pricing.tell_employees"
"""Names of outbox messages and of tasks."""
CHANGED, PUBLISHED = "pricing.prices_changed", "pricing.published"
INDICATOR_MISSING = "pricing.indicator_missing"
"""Kinds of notices."""
PUBLISH_FROM_DAY = 25


@dataclass(frozen=True, slots=True)
class PublishLists:
    """`wait`: leave out what still waits for an indicator."""

    month: Month
    wait: bool = False


def sweep(session: Session, *, zone: ZoneInfo, actor: Actor, now: datetime) -> int:
    """Rules whose month is there, decided or not, and rules whose last month is over; how many."""
    today = now.astimezone(zone).date()
    this = Month.of(today)
    undecided = refuse_undecided(session, actor=actor, now=now)
    due = session.scalars(
        select(PriceRule)
        .where(PriceRule.next_on <= today, PriceRule.state.in_(LIVE))
        .order_by(PriceRule.id)
        .with_for_update(skip_locked=True)
    ).all()
    for rule in due:
        _move(session, rule, this, actor=actor, now=now)
    return undecided + len(due)


def _move(session: Session, rule: PriceRule, this: Month, *, actor: Actor, now: datetime) -> None:
    acts: list[RuleAct] = []
    if rule.last_month is not None and rule.last_month < this:
        acts.append(RuleAct.RUN_OUT)
    elif rule.state == RuleState.SCHEDULED and rule.from_month <= this:
        acts.append(RuleAct.BEGIN)
    for act in acts:
        was = RuleState(rule.state)
        rule.state = after(was, act)
        rule.version += 1
        audit.record(
            session, f"pricing.rule_{act}", rule.source, actor=actor, now=now,
            code=rule.code, before={"state": was}, after={"state": rule.state},
        )  # fmt: skip
    over = rule.state == RuleState.ENDED or rule.last_month is None
    begins = rule.state == RuleState.SCHEDULED
    ends_on = None if over or rule.last_month is None else rule.last_month.last + timedelta(days=1)
    rule.next_on = rule.from_month.first if begins else ends_on


def look_at_lists(session: Session, *, zone: ZoneInfo, now: datetime) -> list[Month]:
    """Let what is due be published; which months."""
    today = now.astimezone(zone).date()
    this = Month.of(today)
    months = [this, *([this.plus(1)] if today.day >= PUBLISH_FROM_DAY else [])]
    due = [
        month for month in months if wanted(session, month) - queries.published_in(session, month)
    ]
    for month in due:
        wait = int(month > this and today != this.last)
        outbox.announce(session, PUBLISH, month=str(month), wait=wait)
    return due


def wanted(session: Session, month: Month) -> set[tuple[str, str]]:
    """(scheme, product) of what is to be published for a month."""
    return {(each.code, code) for each in _schemes(session, month) for code in _steered(each)}


def _schemes(session: Session, month: Month) -> list[Scheme]:
    found = [schemes.scheme_for(session, code, month) for code in schemes.scheme_codes(session)]
    return [each for each in found if each is not None and each.first_month <= month]


def _steered(scheme: Scheme) -> list[str]:
    return [code for code, product in scheme.products.items() if steerable(product)]


def publish_lists(
    session: Session, cmd: PublishLists, *, zone: ZoneInfo, actor: Actor, now: datetime
) -> int:
    """One list for each product that has none for the month; how many.

    Of a month that is over nothing is published: its prices were given. The clock's own message may
    come that late and then does nothing. Raises `PricesNotYours`, `MonthOver`, `MonthTooFar`.
    """
    if actor is not SYSTEM:
        policy.check_steers(actor)
    this = Month.of(now.astimezone(zone).date())
    if cmd.month < this:
        if actor is SYSTEM:
            return 0
        raise MonthOver(f"{cmd.month} is over; {this} can be published.", earliest=str(this))
    last = this.plus(1)
    if cmd.month > last:
        raise MonthTooFar(f"Price lists can be published through {last} now.", last=str(last))
    lock_lists(session)
    made = [_publish(session, scheme, cmd, actor=actor, now=now) for scheme in
            _schemes(session, cmd.month)]  # fmt: skip
    return sum(made)


def _publish(
    session: Session, scheme: Scheme, cmd: PublishLists, *, actor: Actor, now: datetime
) -> int:
    book = price_book(session, scheme.code, cmd.month.plus(-1))
    there = {product for product, month in book.lists if month == cmd.month}
    rows, holding = [], []
    for code in _steered(scheme):
        if code in there:
            continue
        holds = book.as_now(code, cmd.month)
        late = _late(holds, cmd.month)
        if late:
            _say_missing(session, late, cmd.month, now=now)
        if late and cmd.wait:
            continue
        rows.append(
            {
                "id": new_id(),
                "scheme": scheme.code,
                "product": code,
                "month": cmd.month,
                "published_at": now,
                "published_by": actor.name,
                "holds": holds.to_json(),
            }
        )
        holding.append((code, holds))
    if not rows:
        return 0
    session.execute(insert(PriceList).on_conflict_do_nothing(), rows)
    subject = f"price_list:{scheme.code}:{cmd.month}"
    audit.record(session, "pricing.published", subject, actor=actor, now=now, lists=len(rows))
    other = [code for code, _ in holding if _differs(book, code, cmd.month)]
    if other:
        announce_telling(session, scheme.code, cmd.month, other)
    _tell_hr(session, scheme, book, cmd.month, [holds for _, holds in holding], now=now)
    return len(rows)


def announce_telling(
    session: Session, scheme: str, month: Month, products: Iterable[str], *, after: int = 0
) -> None:
    """Let the people of a scheme after this id hear what becomes of the prices of products."""
    outbox.announce(
        session, TELL, scheme=scheme, month=str(month), products=",".join(sorted(products)),
        after=after,
    )  # fmt: skip


def _late(holds: Holds, month: Month) -> list[str]:
    """Indicators that are not there for the month before."""
    older = [code for code, seen in holds.indicators.items() if seen.month < month.plus(-1)]
    return sorted([*older, *holds.unknown])


def _differs(book: PriceBook, product: str, month: Month) -> bool:
    """Whether something may be priced otherwise than the month before."""
    was, now = book.holds(product, month.plus(-1)), book.as_now(product, month)
    return (was.rules, was.bounds) != (now.rules, now.bounds) or _values(was) != _values(now)


def _values(holds: Holds) -> dict[str, Any]:
    return {code: seen.value for code, seen in holds.indicators.items()}


def _say_missing(session: Session, codes: Iterable[str], month: Month, *, now: datetime) -> None:
    for code in codes:
        cmd = notices.Tell(
            kind=INDICATOR_MISSING,
            subject=f"indicator:{code}",
            key=f"indicator:{code}:{month}",
            role=Role.HR_PRICES,
            data={"indicator": code, "month": str(month.plus(-1)), "list": str(month)},
        )
        notices.tell(session, cmd, actor=SYSTEM, now=now)


def _tell_hr(
    session: Session,
    scheme: Scheme,
    book: PriceBook,
    month: Month,
    holding: Sequence[Holds],
    *,
    now: datetime,
) -> None:
    """What begins and what is over with this month."""
    products = _steered(scheme)
    before = {part for code in products for part in book.holds(code, month.plus(-1)).rules}
    held = {part for holds in holding for part in holds.rules}
    began = sorted(book.texts[part].code for part in held - before)
    over = sorted(
        book.texts[part].code
        for part in before
        if not any(part in book.as_now(code, month).rules for code in products)
    )
    if not began and not over:
        return
    cmd = notices.Tell(
        kind=PUBLISHED,
        subject=f"price_list:{scheme.code}:{month}",
        key=f"price_list:{scheme.code}:{month}:{','.join(began)}:{','.join(over)}",
        role=Role.HR_PRICES,
        data={"scheme": scheme.code, "month": str(month), "began": began, "over": over},
    )
    notices.tell(session, cmd, actor=SYSTEM, now=now)


def first_day_for(month: Month, today: date) -> date:
    """The day by whose facts a price of the month is looked at."""
    return max(month.first, min(today, month.last))
