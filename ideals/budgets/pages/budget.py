"""The budget of a month, each part opening to how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.budgets import queries
from ideals.budgets.pages.words import ROUNDINGS, code_words, fact_value, fact_words
from ideals.budgets.queries import Posting, Told
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.ledger import queries as ledger
from ideals.people.models import Employee
from ideals.schemes.rules.explained import ExplainedComponent, ExplainedHours
from ideals.schemes.rules.scheme import LeftOver, named
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.guards import guard, role, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("budgets_pages", __name__, template_folder="../templates")
navigation.register(
    "10-budget",
    NavItem(lazy_gettext("This month"), "budgets_pages.month", employee=True, group="mine"),
)

LEFT_OVER = {
    LeftOver.KEEP_UNTIL_DECEMBER: lazy_gettext(
        "If you do nothing, it is kept for you, and what is left in December is paid out."
    ),
    LeftOver.PAY_EACH_MONTH: lazy_gettext(
        "If you do nothing, it is paid out with this month's pay."
    ),
    LeftOver.SAVE_AS_LEAVE: lazy_gettext("If you do nothing, it is saved for you as leave."),
}


@dataclass(frozen=True, slots=True)
class PartShown:
    """A component or a grant: its total as booked, and how the scheme comes to it.

    `replaces`: the old right that it came in place of, when the scheme says so.
    """

    code: str
    name: str
    amount: Money | None
    minutes: Minutes | None
    postings: list[Posting]
    told: Told | None
    component: ExplainedComponent | None
    hours: ExplainedHours | None
    replaces: str = ""


@bp.get("/budget")
@guard(signed_in)
def month() -> str | Response:
    """The signed-in employee's own."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    with unit_of_work() as session:
        return _page(session, queries.employee(session, employee_id), own=True)


@bp.get("/people/<number>/budget")
@guard(role(Role.HR))
def budget_of_employee(number: str) -> str:
    """For HR; that somebody looked is written down."""
    with unit_of_work() as session:
        employee = queries.access_budget(session, number, actor=current_actor(), now=clock.now())
        return _page(session, employee, own=False)


def _page(session: Session, employee: Employee, *, own: bool) -> str:
    this_month = clock.month_of(clock.now(), Settings.read().zone)
    month = _asked_month(this_month)
    budget = queries.budget_of(session, employee.id, month)
    stories = queries.told(session, employee.id, month)
    bookings = queries.postings(session, employee.id, month)
    shown = _parts(stories, bookings)
    part_names = {part.code: part.name for part in shown}
    return render_template(
        "budgets/month.html",
        employee=employee,
        own=own,
        month=month,
        this_month=this_month,
        earlier=_address(own, employee, month.plus(-1)),
        later=_address(own, employee, month.plus(1)) if month < this_month.plus(12) else None,
        budget=budget,
        stories=stories,
        money_parts=[part for part in shown if part.minutes is None],
        hour_parts=[part for part in shown if part.minutes is not None],
        leave=queries.leave_balance(session, employee.id),
        leave_address=_leave_address(own, employee),
        left_over=[LEFT_OVER[told.scheme.calendar.left_over] for told in stories],
        booked_later=_euros([posting for posting in bookings if posting.booked_in > month]),
        told=ledger.described(session, {posting.source for posting in bookings}),
        opened=request.args.get("open", ""),
        part_names=part_names,
        fact_words=fact_words,
        fact_value=fact_value,
        roundings=ROUNDINGS,
        value=_value,
        euros=Money.of,
        cents=Money,
    )


def _asked_month(default: Month) -> Month:
    """A month that cannot be read shows the present one: addresses get mangled in mails."""
    try:
        return Month.parse(request.args.get("month", str(default)))
    except IdealsError:
        return default


def _address(own: bool, employee: Employee, month: Month) -> str:
    if own:
        return url_for("budgets_pages.month", month=str(month))
    return url_for("budgets_pages.budget_of_employee", number=employee.number, month=str(month))


def _leave_address(own: bool, employee: Employee) -> str:
    if own:
        return url_for("leave_pages.leave")
    return url_for("leave_pages.leave_of_employee", number=employee.number)


def _parts(stories: list[Told], bookings: list[Posting]) -> list[PartShown]:
    """In the order of the schemes; then what was booked under a code they no longer have."""
    by_code: dict[str, list[Posting]] = {}
    for posting in bookings:
        by_code.setdefault(posting.code, []).append(posting)
    shown = []
    for story in stories:
        for component in story.explanation.components if story.explanation else ():
            booked = by_code.pop(component.code, [])
            shown.append(
                PartShown(
                    component.code,
                    named(component.names, language(), component.code),
                    _euros(booked),
                    None,
                    booked,
                    story,
                    component,
                    None,
                    _replaces(story, component.code),
                )
            )
        for grant in story.explanation.hours if story.explanation else ():
            booked = by_code.pop(grant.code, [])
            if booked:
                name = named(grant.names, language(), grant.code)
                minutes = _minutes(booked)
                shown.append(PartShown(grant.code, name, None, minutes, booked, story, None, grant))
    for code, booked in by_code.items():
        of_hours = booked[0].minutes is not None
        left = _minutes(booked) if of_hours else None
        euros = None if of_hours else _euros(booked)
        shown.append(PartShown(code, code_words(code), euros, left, booked, None, None, None))
    return shown


def _euros(booked: list[Posting]) -> Money:
    return Money(sum(posting.amount.minor for posting in booked if posting.amount))


def _minutes(booked: list[Posting]) -> Minutes:
    return Minutes(sum(posting.minutes.minor for posting in booked if posting.minutes))


def _replaces(story: Told, code: str) -> str:
    """The old right, in the reader's language; empty when the scheme names none."""
    old = next(c.replaces for c in story.scheme.components if c.code == code)
    return named(old, language(), "")


def _value(value: Decimal) -> str:
    """A figure with at most six decimals."""
    return formats.number(value, 0, most=6)
