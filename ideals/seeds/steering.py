"""How Meridian steers its prices: two indicators by month, a quiet season in which leave costs
less, a draft that waits to be looked at, bounds, and a price list for each month."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals import queries as approval_queries
from ideals.approvals.states import Decision
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.pricing.commands import indicators, publishing, steering, telling
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.seeds.acting import Staff
from ideals.seeds.commands import Job, Payload, work_off
from ideals.seeds.files import SCHEME
from ideals.seeds.organisation import DINA
from ideals.seeds.wishes import ORDERS

UTILISATION, ORDER_BOOK = "utilisation", "order_book"
NAMES: Mapping[str, tuple[Mapping[str, str], str]] = {
    UTILISATION: ({"en": "Utilisation", "nl": "Bezetting"}, "%"),
    ORDER_BOOK: ({"en": "Mortgage requests", "nl": "Hypotheekaanvragen"}, ""),
}
KNOWN: Mapping[str, tuple[str, ...]] = {
    UTILISATION: ("94", "95.5", "93", "92", "94.5", "96", "93", "91", "89.5", "87", "83.5", "81"),
    ORDER_BOOK: (
        "612",
        "640",
        "655",
        "601",
        "588",
        "630",
        "672",
        "590",
        "541",
        "498",
        "430",
        "402",
    ),
}
"""Of the twelve months before this one; the quiet season begins with the last of them but one."""
NOW: Mapping[str, str] = {UTILISATION: "82.5", ORDER_BOOK: "417"}
TOLD_DAY, WRITTEN_DAY, AGREED_DAY, DRAFTED_DAY, PUBLISHED_DAY = 24, 14, 17, 2, 25
LEAST_MINOR, MOST_MINOR = 10_00, 90_00
"""Of an hour of leave."""
AT_ELEVEN = time(11, tzinfo=UTC)
Act = tuple[datetime, Callable[..., None]]


def quiet_season(first: Month) -> Mapping[str, Any]:
    """Three months of it; who sells gets what who buys pays."""
    return {
        "code": "quiet_season",
        "name": {"en": "Quiet season", "nl": "Rustig seizoen"},
        "says": {
            "en": "Quiet season: an hour of leave is worth 15% less while it is quiet",
            "nl": "Rustig seizoen: een uur verlof kost en geeft 15% minder zolang het rustig is",
        },
        "products": ["leave", "sell_leave"],
        "scheme": SCHEME,
        "from_month": str(first),
        "through_month": str(first.plus(2)),
        "condition": "indicator_utilisation < 85",
        "change": {"kind": "percent", "value": "-15"},
        "order": 10,
        "combines": True,
        "reason": "Fewer mortgages are asked for; who wants time off had better take it now.",
    }


def years_of_service(first: Month) -> Mapping[str, Any]:
    """A draft that nobody has looked at yet."""
    return {
        "code": "ten_years",
        "name": {"en": "Ten years with us", "nl": "Tien jaar bij ons"},
        "says": {
            "en": "Thank you for ten years: leave and fitness cost 10% less",
            "nl": "Dank voor tien jaar: verlof en fitness kosten 10% minder",
        },
        "products": ["leave", "fitness"],
        "scheme": SCHEME,
        "from_month": str(first),
        "through_month": str(first.plus(11)),
        "condition": "years_of_service >= 10",
        "change": {"kind": "percent", "value": "-10"},
        "order": 20,
        "combines": True,
        "reason": "Asked for by the works council.",
    }


def _publish(session: Session, payload: Payload, now: datetime, zone: ZoneInfo) -> None:
    cmd = publishing.PublishLists(Month.parse(payload["month"]), bool(payload["wait"]))
    publishing.publish_lists(session, cmd, zone=zone, actor=SYSTEM, now=now)


def _tell(session: Session, payload: Payload, now: datetime, zone: ZoneInfo) -> None:
    cmd = telling.TellEmployees.of(payload)
    telling.tell_employees(session, cmd, zone=zone, actor=SYSTEM, now=now)


@dataclass(slots=True)
class Steering:
    """Dina writes, `agrees` looks at it: the number of another of HR."""

    session: Session
    staff: Staff
    zone: ZoneInfo
    today: date
    agrees: str

    def agenda(self, month: Month) -> Iterator[Act]:
        """What happens in this month."""
        this = Month.of(self.today)
        told = list(this.plus(-len(KNOWN[UTILISATION])).until(this))
        if month in told:
            place = told.index(month)
            values = {code: (*KNOWN[code], NOW[code])[place] for code in KNOWN}
            yield self._on(month, TOLD_DAY), partial(self._know, month, values)
        if month == this.plus(-2):
            yield self._on(month, WRITTEN_DAY), partial(self._write, month.plus(1))
            yield self._on(month, AGREED_DAY), self._agree
        if month == this:
            yield self._on(month, DRAFTED_DAY), self._draft
        yield self._on(month, PUBLISHED_DAY), self.clock

    def begin(self, *, now: datetime) -> None:
        """What the indicators are called, and the bounds of an hour."""
        dina = self.staff.actor(DINA, now)
        for code, (name, unit) in NAMES.items():
            define = indicators.DefineIndicator(code, name, unit)
            indicators.define_indicator(self.session, define, actor=dina, now=now)
        bounds = PutBounds(SCHEME, "leave", LEAST_MINOR, MOST_MINOR)
        put_bounds(self.session, bounds, actor=dina, now=now)

    def clock(self, *, now: datetime) -> None:
        """Rules in and out of force, and lists that are due."""
        publishing.sweep(self.session, zone=self.zone, actor=SYSTEM, now=now)
        publishing.look_at_lists(self.session, zone=self.zone, now=now)
        jobs: Mapping[str, Job] = {
            publishing.PUBLISH: partial(_publish, zone=self.zone),
            publishing.TELL: partial(_tell, zone=self.zone),
        }
        work_off(self.session, now=now, jobs=jobs)

    def _on(self, month: Month, day: int) -> datetime:
        return datetime.combine(month.first.replace(day=day), AT_ELEVEN)

    def _know(self, month: Month, values: Mapping[str, str], *, now: datetime) -> None:
        dina = self.staff.actor(DINA, now)
        for code, value in values.items():
            cmd = indicators.PutIndicator(code, month, Decimal(value))
            indicators.put_indicator(self.session, cmd, actor=dina, now=now)

    def _write(self, first: Month, *, now: datetime) -> None:
        dina = self.staff.actor(DINA, now)
        cmd = steering.SaveRule(uuid5(ORDERS, "quiet season"), quiet_season(first))
        rule = steering.save_rule(self.session, cmd, actor=dina, now=now)
        submit = steering.SubmitRule(rule.id, rule.version)
        steering.submit_rule(self.session, submit, actor=dina, now=now)

    def _agree(self, *, now: datetime) -> None:
        subject = f"price_rule:{uuid5(ORDERS, 'quiet season')}"
        (approval,) = approval_queries.of_subject(self.session, subject)
        cmd = approvals.Decide(approval.id, Decision.APPROVE)
        actor = self.staff.actor(self.agrees, now)
        approvals.decide(self.session, cmd, actor=actor, now=now)

    def _draft(self, *, now: datetime) -> None:
        dina = self.staff.actor(DINA, now)
        first = Month.of(self.today).plus(3)
        cmd = steering.SaveRule(uuid5(ORDERS, "ten years"), years_of_service(first))
        steering.save_rule(self.session, cmd, actor=dina, now=now)
