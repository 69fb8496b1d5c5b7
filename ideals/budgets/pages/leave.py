"""Leave by year of origin: what came in, what was taken of it, what lapses when; and for HR, whose
leave should have lapsed and did not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.budgets import queries
from ideals.budgets.pages.words import gettext
from ideals.budgets.queries import leave as leave_queries
from ideals.budgets.queries import statement as statements
from ideals.budgets.queries.statement import Book
from ideals.budgets.rules.leave import LeaveBook, LeaveLot, LeavePart, LotSource
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.ledger import queries as ledger
from ideals.ledger.queries import SourceTold
from ideals.notices.queries import Words
from ideals.people.models import Employee
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.guards import guard, role, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("leave_pages", __name__, template_folder="../templates")
navigation.register(
    "13-leave",
    NavItem(lazy_gettext("Leave"), "leave_pages.leave", employee=True, group="mine"),
)

navigation.register(
    "58-leave-kept",
    NavItem(lazy_gettext("Leave past its day"), "leave_pages.kept", role(Role.HR), group="monthly"),
)

SOURCES = {
    LotSource.OPENING: lazy_gettext("brought along"),
    LotSource.GRANTED: lazy_gettext("granted"),
    LotSource.BOUGHT: lazy_gettext("bought"),
}
SOON_MONTHS = 3


@dataclass(frozen=True, slots=True)
class PartShown:
    part: LeavePart
    title: str
    told: SourceTold | None


@dataclass(frozen=True, slots=True)
class LotShown:
    """`key` names it in addresses; `rule` says in words when it lapses."""

    lot: LeaveLot
    key: str
    title: str
    source: str
    rule: str
    parts: list[PartShown]


@bp.get("/leave")
@guard(signed_in)
def leave() -> str | Response:
    """The signed-in employee's own."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    with unit_of_work() as session:
        return _page(session, queries.employee(session, employee_id), own=True)


@bp.get("/people/<number>/leave")
@guard(role(Role.HR))
def leave_of_employee(number: str) -> str:
    """For HR; that somebody looked is written down."""
    with unit_of_work() as session:
        employee = queries.access_budget(session, number, actor=current_actor(), now=clock.now())
        return _page(session, employee, own=False)


@bp.get("/leave/kept")
@guard(role(Role.HR))
def kept() -> str:
    """Whose leave expired and stays, because nobody was reminded of it in time."""
    with unit_of_work() as session:
        page = paginate(session, leave_queries.kept(), page_request(), *leave_queries.KEPT_ORDER)
        return render_template(
            "budgets/leave_kept.html",
            page=page,
            looked_on=leave_queries.last_look(session),
        )


def _page(session: Session, employee: Employee, *, own: bool) -> str:
    today = clock.now().astimezone(Settings.read().zone).date()
    book = leave_queries.leave_of(session, employee.id, today)
    return render_template(
        "budgets/leave.html",
        employee=employee,
        own=own,
        book=book,
        lots=_lots(session, book),
        lapses=lapses_in_words(book),
        soon=bool(book.lapses) and Month.of(book.lapses[0].on) <= Month.of(today).plus(SOON_MONTHS),
        opened=request.args.get("open", ""),
    )


def lapses_in_words(book: LeaveBook) -> str:
    """What lapses first; empty when nothing does."""
    if not book.lapses:
        return ""
    first = book.lapses[0]
    return gettext(
        "%(hours)s lapse on %(day)s",
        hours=formats.hours(first.minutes),
        day=formats.day(first.on),
    )


def _lots(session: Session, book: LeaveBook) -> list[LotShown]:
    sources = {part.source for lot in book.lots for part in lot.parts}
    told = ledger.described(session, sources)
    codes = {code for source in sources if (code := statements.scheme_of_source(source))}
    names = statements.book(session, codes)
    return [_lot(lot, told, names) for lot in book.lots]


def _lot(lot: LeaveLot, told: Mapping[str, SourceTold], names: Book) -> LotShown:
    kind = "statutory" if lot.statutory else "extra"
    title = (
        gettext("%(year)s, statutory", year=lot.year)
        if lot.statutory
        else gettext("%(year)s, extra", year=lot.year)
    )
    return LotShown(
        lot,
        f"{lot.year}-{kind}-{lot.source}",
        title,
        str(SOURCES[lot.source]),
        _rule(lot),
        [PartShown(part, _title(part, lot, names), told.get(part.source)) for part in lot.parts],
    )


def _title(part: LeavePart, lot: LeaveLot, names: Book) -> str:
    scheme = statements.scheme_of_source(part.source)
    if scheme is not None and part.code is not None:
        return names.part_name(scheme, part.code, part.for_month, language()) or part.code
    if lot.source is LotSource.OPENING:
        return gettext("Opening balance")
    return gettext("Bought")


def _rule(lot: LeaveLot) -> str:
    """The law, or what was agreed instead."""
    day = formats.day(lot.expires_on)
    if not lot.statutory and lot.lives_months % 12 == 0:
        years = lot.lives_months // 12
        return str(
            ngettext(
                "Leave above what the law prescribes lapses %(num)s year after the end of its "
                "year: what is left of it on %(day)s.",
                "Leave above what the law prescribes lapses %(num)s years after the end of its "
                "year: what is left of it on %(day)s.",
                years,
                day=day,
            )
        )
    return str(
        ngettext(
            "Statutory leave lapses %(num)s month after the end of its year: what is left of it "
            "on %(day)s.",
            "Statutory leave lapses %(num)s months after the end of its year: what is left of it "
            "on %(day)s.",
            lot.lives_months,
            day=day,
        )
    )


# What others say with our words


def reminder(data: Mapping[str, Any], language: str) -> Words:
    """The notice that leave lapses soon."""
    del language  # whoever asks speaks it already
    hours = formats.hours(int(data["minutes"]))
    day = formats.day(date.fromisoformat(data["on"]))
    return Words(
        title=gettext("%(hours)s of leave lapse on %(day)s", hours=hours, day=day),
        text=gettext(
            "You have %(hours)s of leave that lapse on %(day)s. Plan them and take them before "
            "that day; what is left then is lost. Can you not take them in time? Talk to your "
            "manager.",
            hours=hours,
            day=day,
        ),
        href="/leave",
        act=gettext("See your leave"),
    )


def describe_leave(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Registered for sources that begin with `leave:`, what was taken."""
    del session
    return dict.fromkeys(sources, SourceTold(gettext("The leave system says it was taken.")))


def describe_lapses(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Registered for sources that begin with `lapse:`."""
    del session
    return {
        source: SourceTold(
            gettext(
                "Leave of %(year)s that was not taken before the day on which it lapses.",
                year=source.split(":")[1],
            )
        )
        for source in sources
    }
