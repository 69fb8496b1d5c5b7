"""The lists of deals as files: as they are filtered, the latest deal first.

Some hundred deals at a time, so that a whole register costs no memory. By id, which never changes:
nobody's act in between makes a deal come twice, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, request, stream_with_context
from sqlalchemy import Select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.db import unit_of_work
from ideals.deals.errors import DealUnknown
from ideals.deals.models import Deal
from ideals.deals.pages import lists as list_pages
from ideals.deals.pages import register, stands
from ideals.deals.pages.deal import today
from ideals.deals.pages.words import KINDS, gettext
from ideals.deals.queries import lists
from ideals.deals.queries.lists import Line
from ideals.deals.rules.kinds import MONEY_KINDS
from ideals.deals.states import DealState, Started, TermKind
from ideals.kernel import clock
from ideals.kernel.money import Money
from ideals.web.actor import current_actor
from ideals.web.export import Row, csv_response, xlsx_response
from ideals.web.guards import guard, signed_in

bp = Blueprint("deal_files", __name__)
BATCH = 500
Rows = Callable[[Session, Sequence[Deal]], list[Row]]
ENDINGS = "<any(csv, xlsx):ending>"


def _file(ending: str, name: str, header: list[str], query: Select[Deal], rows: Rows) -> Response:
    """What is in it is somebody's own data: that it was taken along is written down."""
    with unit_of_work() as session:
        audit.record(
            session,
            "deals.downloaded",
            request.path,
            actor=current_actor(),
            now=clock.now(),
            asked=request.query_string.decode("ascii", "replace"),
        )
    answer = csv_response if ending == "csv" else xlsx_response
    made = stream_with_context(_walked(query, rows))  # type: ignore[type-var]  # rows, not text
    return answer(name, header, made)


def _walked(query: Select[Deal], rows: Rows) -> Iterator[Row]:
    last: Any = None
    while True:
        wanted = query.order_by(None).order_by(Deal.id.desc()).limit(BATCH)
        with unit_of_work() as session:
            some = session.scalars(wanted if last is None else wanted.where(Deal.id < last)).all()
            told = rows(session, some)
        yield from told
        if len(some) < BATCH:
            return
        last = some[-1].id


# Of everybody, for HR -------------------------------------------------------------------------


@bp.get(f"/deals/register.{ENDINGS}")
@guard(register.keeps_deals)
def register_file(ending: str) -> Response:
    query = lists.register(register.asked())
    return _file(ending, gettext("deals"), _head(), query, _lines)


@bp.get(f"/deals/register/overdue.{ENDINGS}")
@guard(register.keeps_deals)
def overdue_file(ending: str) -> Response:
    name = gettext("deals-not-looked-back-on")
    return _file(ending, name, _head(), lists.evaluation_due(today()), _lines)


@bp.get(f"/deals/register/refused.{ENDINGS}")
@guard(register.keeps_deals)
def refused_file(ending: str) -> Response:
    header = [*_head(), gettext("On"), gettext("Reason")]
    return _file(ending, gettext("deals-refused"), header, lists.refused(), _refusals)


@bp.get(f"/deals/register/money.{ENDINGS}")
@guard(register.keeps_deals)
def money_file(ending: str) -> Response:
    """A line for each term that is money."""
    header = [*_head(), gettext("What"), gettext("Why it is right"), gettext("Cost of the deal")]
    query = lists.with_money([kind.value for kind in MONEY_KINDS])
    return _file(ending, gettext("deals-with-money"), header, query, _money)


# A team's, for the manager --------------------------------------------------------------------


@bp.get(f"/deals/team.{ENDINGS}")
@guard(signed_in)
def team_file(ending: str) -> Response:
    actor = current_actor()
    if actor.employee_id is None:
        raise DealUnknown
    with unit_of_work() as session:
        query = list_pages.of_team(session, actor, today())[0]
    return _file(ending, gettext("deals-of-the-team"), _head(), query, _lines)


# Rows -----------------------------------------------------------------------------------------


def _head() -> list[str]:
    return [
        gettext("Deal"),
        gettext("Subject"),
        gettext("Personnel number"),
        gettext("Employee"),
        gettext("Manager"),
        gettext("Begun by"),
        gettext("State"),
        gettext("About"),
        gettext("Offer"),
        gettext("First day"),
        gettext("Last day"),
        gettext("Look back"),
    ]


def _lines(session: Session, deals: Sequence[Deal]) -> list[Row]:
    return [_line(line) for line in lists.lines_of(session, deals)]


def _line(line: Line) -> tuple[Any, ...]:
    deal, last = line.deal, line.last
    holds = deal.starts_on is not None
    return (
        deal.number,
        deal.subject,
        line.employee.number,
        line.employee.name,
        line.manager.name,
        str(stands.STARTED[Started(deal.started)]),
        str(stands.STATES[DealState(deal.state)][1]),
        ", ".join(str(KINDS[TermKind(kind)]) for kind in last.kinds),
        last.number,
        deal.starts_on if holds else last.starts_on,
        deal.ends_on if holds else last.ends_on,
        deal.evaluate_on if holds else last.evaluate_on,
    )


def _refusals(session: Session, deals: Sequence[Deal]) -> list[Row]:
    return [
        (*_line(line), line.deal.reason_at or line.deal.ended_at, line.deal.reason)
        for line in lists.lines_of(session, deals)
    ]


def _money(session: Session, deals: Sequence[Deal]) -> list[Row]:
    offers = lists.counting_offers(session, deals)
    return [
        (*_line(line), what, why, Money(offers[line.deal.id].cost_minor))
        for line in lists.lines_of(session, deals)
        for what, why in register.money_terms(offers[line.deal.id])
    ]
