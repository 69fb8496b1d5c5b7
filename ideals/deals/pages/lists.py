"""Deals in lists: one's own, those in which one advises, and those of a manager's team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import LazyString, lazy_gettext
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.budgets.queries import Panel
from ideals.db import unit_of_work
from ideals.deals import policy, queries
from ideals.deals.models import Deal
from ideals.deals.pages import stands
from ideals.deals.pages.deal import today
from ideals.deals.pages.form import HELPS
from ideals.deals.pages.stands import Names
from ideals.deals.pages.starts import starts
from ideals.deals.pages.words import KINDS, gettext
from ideals.deals.queries import lists
from ideals.deals.queries.lists import Line
from ideals.deals.queries.waiting import Waits, waiting_in
from ideals.deals.states import OVER, DealState, Side, TermKind
from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.people import pages as people_pages
from ideals.people import queries as people
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.guards import guard, signed_in
from ideals.web.shell import NavItem, holds, navigation

bp = Blueprint("deal_list_pages", __name__, template_folder="../templates")
PAGE = 50


def waiting(actor: Actor) -> int:
    with unit_of_work() as session:
        return lists.count_turns(session, actor=actor, today=today())


navigation.register(
    "07-deals",
    NavItem(
        lazy_gettext("Deals"),
        "deal_list_pages.deals",
        employee=True,
        group="none",
        count=waiting,
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A deal in a list, in words. `mine`: an answer of the reader is missing. `looks_back`: the day
    and its colour."""

    deal: Deal
    employee: str
    manager: str
    kinds: str
    state: tuple[str, str]
    stands: str
    mine: bool
    days: str
    looks_back: tuple[str, str] | None
    waits: tuple[str, ...] = ()
    """What else waits for the reader, in words."""


WAITS: Mapping[Waits, LazyString] = {
    Waits.ENDING: lazy_gettext("answer about ending it"),
    Waits.BREACH: lazy_gettext("answer what was not kept"),
    Waits.LIFE_EVENT: lazy_gettext("say what becomes of it"),
    Waits.EVALUATION: lazy_gettext("look back on it"),
}


def row_of(line: Line, side: Side | None, day: date, waits: Sequence[Waits] = ()) -> Row:
    deal = line.deal
    names = Names(line.employee.name, line.manager.name, side)
    colour, word = stands.STATES[DealState(deal.state)]
    turn = stands.turn_of(deal, line.last, line.accepted)
    return Row(
        deal=deal,
        employee=line.employee.name,
        manager=line.manager.name,
        kinds=", ".join(str(KINDS[TermKind(kind)]) for kind in line.last.kinds),
        state=(colour, str(word)),
        stands=stands.stands(deal, line.last, line.accepted, names, day)[1],
        mine=turn is not None and turn is side,
        days=_days(deal, line),
        looks_back=_looks_back(deal, day),
        waits=tuple(str(WAITS[each]) for each in waits),
    )


def _days(deal: Deal, line: Line) -> str:
    first = formats.day_figure(deal.starts_on or line.last.starts_on)
    last = deal.ends_on if deal.starts_on else line.last.ends_on
    return f"{first} – {formats.day_figure(last)}" if last else f"{first} –"


def _looks_back(deal: Deal, day: date) -> tuple[str, str] | None:
    if deal.evaluate_on is None or deal.state != DealState.IN_FORCE:
        return None
    return formats.day_figure(deal.evaluate_on), "bad" if deal.evaluate_on <= day else "plain"


def rows_of(session: Session, found: Sequence[Deal], side: Side | None) -> list[Row]:
    """`side`: of the reader; `None`: nothing waits for them."""
    day = today()
    waits = waiting_in(session, [deal.id for deal in found], side, day) if side else {}
    return [
        row_of(line, side, day, waits.get(line.deal.id, ()))
        for line in lists.lines_of(session, found)
    ]


def paged(session: Session, query: Select[Deal], side: Side | None) -> Page[Row]:
    """Those about which something was done last come first."""
    asked = page_request(limit=PAGE)
    page = paginate(session, query, asked, Deal.acted_at, Deal.id, descending=True)
    return Page(rows_of(session, page.items, side), page.next)


# Pages ----------------------------------------------------------------------------------------


@bp.get("/deals")
@guard(signed_in)
def deals() -> str | Response:
    """The employee's place: what waits, what holds, and what would help."""
    actor = current_actor()
    if actor.employee_id is None:
        keeps = policy.keeps_deals(actor)
        return redirect(url_for("deal_register_pages.register") if keeps else "/")
    with unit_of_work() as session:
        page = paged(session, lists.own(actor.employee_id), Side.EMPLOYEE)
        beside = paged(session, lists.advised(actor.employee_id), None).items
        draft = queries.draft_of(session, None, actor=actor)
        return render_template(
            "deals/mine.html",
            page=page,
            groups=_groups(page.items),
            beside=beside,
            draft=draft,
            helps=HELPS,
            starts=starts(session),
            employee=None,
            manages=holds(people_pages.manages, actor),
        )


def _groups(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """(which, rows) in the order in which they matter; those with none are left out."""
    sorted_: dict[str, list[Row]] = {"mine": [], "open": [], "holds": [], "over": []}
    for row in rows:
        if row.mine or row.waits:
            sorted_["mine"].append(row)
        elif row.deal.state == DealState.IN_FORCE:
            sorted_["holds"].append(row)
        else:
            sorted_["over" if row.deal.state in OVER else "open"].append(row)
    return [(name, each) for name, each in sorted_.items() if each]


@bp.get("/deals/team")
@guard(signed_in)
def team() -> str | Response:
    """A manager's: every deal of the team, with its days; `state` leaves out the others."""
    actor, day = current_actor(), today()
    if actor.employee_id is None:
        return redirect("/")
    with unit_of_work() as session:
        query, state = of_team(session, actor, day)
        page = paged(session, query, Side.EMPLOYER)
        return render_template(
            "deals/team.html",
            page=page,
            state=state,
            states=[(each.value, str(said)) for each, (_, said) in stands.STATES.items()],
            members=people.reports_of(session, actor.employee_id, day),
            manages=holds(people_pages.manages, actor),
        )


def of_team(session: Session, actor: Actor, day: date) -> tuple[Select[Deal], str]:
    """As `state` in the address asks; one that is not known asks nothing."""
    state, query = request.args.get("state", ""), lists.led(session, actor=actor, today=day)
    if state in set(DealState):
        return query.where(Deal.state == state), state
    if state == "due":
        due = (Deal.state == DealState.IN_FORCE, Deal.evaluate_on <= day)
        return query.where(*due), state
    return query, ""


def panels(session: Session, employee_id: int, month: Month) -> list[Panel]:
    """What holds, and what waits for them. Registered with the home of budgets."""
    del month  # deals show as they are now
    in_force, waits = lists.own_counts(session, employee_id, today())
    if not in_force and not waits:
        return []
    text = gettext("Your answer is missing in %(count)s.", count=str(waits)) if waits else ""
    return [
        Panel(
            gettext("Deals"),
            gettext("%(count)s in force", count=str(in_force)),
            text,
            url_for("deal_list_pages.deals"),
        )
    ]
