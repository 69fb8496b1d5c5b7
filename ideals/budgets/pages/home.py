"""Where an employee begins: what there is, until when, and what happens if they do nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.budgets import queries
from ideals.budgets.pages.leave import lapses_in_words
from ideals.budgets.pages.statement import named_parts, title_of
from ideals.budgets.pages.words import (
    ACCOUNTS,
    code_words,
    gettext,
    month_alone,
    quantity,
    weekday,
)
from ideals.budgets.queries import statement as statements
from ideals.budgets.queries.leave import leave_of
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.ledger import queries as ledger
from ideals.ledger.queries import StatementRow
from ideals.ledger.states import AccountKind, Reason
from ideals.people import queries as people
from ideals.schemes.rules import Scheme
from ideals.schemes.rules.scheme import LeftOver, named
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.charts import Mark
from ideals.web.guards import guard, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("home_pages", __name__, template_folder="../templates")
navigation.register("05-home", NavItem(lazy_gettext("Home"), "home_pages.home", employee=True))

LATELY = 5
LATELY_MONTHS = 6
"""How far back the last movements are looked for."""


@dataclass(frozen=True, slots=True)
class Open:
    """Until when the month is open. `sentence` for people, `closed` and `soon` for its colour."""

    sentence: str
    closed: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class PartLine:
    mark: Mark
    href: str


@dataclass(frozen=True, slots=True)
class Movement:
    """Rows of one act on one account, told together."""

    on: datetime
    what: str
    value: str


@bp.get("/home")
@guard(signed_in)
def home() -> str | Response:
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    now = clock.now()
    zone = Settings.read().zone
    with unit_of_work() as session:
        return _page(session, employee_id, now.astimezone(zone).date())


def _page(session: Session, employee_id: int, today: date) -> str:
    month = Month.of(today)
    employee = queries.employee(session, employee_id)
    scheme = statements.scheme_in(session, employee_id, month)
    budget = queries.budget_of(session, employee_id, month)
    balances = ledger.balances(session, employee_id)
    rows = ledger.statement(session, employee_id, month.plus(-LATELY_MONTHS), month.plus(12))
    parts = _parts(budget, scheme)
    free = _free(balances)
    return render_template(
        "budgets/home.html",
        employee=employee,
        month=month,
        scheme=scheme,
        budget=budget,
        free=free,
        open=open_until(scheme, month, today) if scheme else None,
        left_over=if_nothing(scheme, month) if scheme else "",
        forecast=queries.forecast(session, employee_id, today, free) if scheme else None,
        decide="catalogue_pages.shop" in current_app.view_functions,
        allocated=bool(budget.components),
        allocate_on=_allocate_on(scheme, month, today) if scheme else None,
        parts=parts,
        whole=bool(parts) and all(part.mark.value > 0 for part in parts),
        leave=_leave(session, employee_id, balances, today),
        others=[
            (str(ACCOUNTS[kind]), quantity(balance.unit, balance.available_minor))
            for kind in (AccountKind.SAVINGS, AccountKind.DEVELOPMENT)
            for balance in balances
            if balance.kind is kind
        ],
        owed=[
            _owed(balance.unit, quantity(balance.unit, -balance.posted_minor))
            for balance in balances
            if balance.kind is AccountKind.OWED and balance.posted_minor
        ],
        panels=queries.panels(session, employee_id, month),
        movements=_movements(session, rows),
        begins_on=_begins_on(session, employee_id, today) if scheme is None else None,
        replaces=scheme is not None and has_replacements(scheme),
    )


def _owed(unit: Unit, amount: str) -> str:
    if unit is Unit.MIN:
        return gettext(
            "You took %(hours)s more leave than you have. It is set off against the hours that "
            "come next.",
            hours=amount,
        )
    return gettext(
        "You owe %(amount)s: it could not be taken back because it was spent. It is set off "
        "against what comes next.",
        amount=amount,
    )


def _free(balances: list[ledger.AccountBalance]) -> Money:
    """What can be decided on just now: what was ordered for later months is gone already."""
    kinds = [each for each in balances if each.kind is AccountKind.BUDGET]
    return Money(sum(each.available_minor for each in kinds))


def has_replacements(scheme: Scheme) -> bool:
    """Whether the scheme says of some part what it replaced."""
    return any(component.replaces for component in scheme.components)


def open_until(scheme: Scheme, month: Month, today: date) -> Open:
    last = scheme.calendar.deadline.last_day(month)
    left = (last - today).days
    if left < 0:
        closed = gettext("closed since %(day)s", day=weekday(last))
        return Open(closed, closed=True, soon=False)
    until = gettext("open until %(day)s", day=weekday(last))
    if left == 0:
        days = gettext("the last day is today")
    elif left == 1:
        days = gettext("1 day left")
    else:
        days = gettext("%(days)s days left", days=left)
    return Open(f"{until}, {days}", closed=False, soon=left <= 3)


def if_nothing(scheme: Scheme, month: Month) -> str:
    """What happens if the employee does nothing, and when."""
    match scheme.calendar.left_over:
        case LeftOver.KEEP_UNTIL_DECEMBER if month.month == 12:
            return gettext("If you do nothing, it is paid out with your pay of December.")
        case LeftOver.KEEP_UNTIL_DECEMBER:
            return gettext(
                "If you do nothing, it is kept for you. What is left in December %(year)s is paid "
                "out with your pay of that month.",
                year=month.year,
            )
        case LeftOver.PAY_EACH_MONTH:
            return gettext(
                "If you do nothing, it is paid out with your pay of %(month)s.",
                month=month_alone(month),
            )
        case LeftOver.SAVE_AS_LEAVE:
            if scheme.calendar.save_at_most is None:
                return gettext(
                    "If you do nothing, it is saved for you as leave when %(month)s closes.",
                    month=month_alone(month),
                )
            return gettext(
                "If you do nothing, it is saved for you as leave when %(month)s closes, up to what "
                "your scheme allows.",
                month=month_alone(month),
            )


def _allocate_on(scheme: Scheme, month: Month, today: date) -> date | None:
    """The day the month's budget comes, while that is still ahead."""
    day = date(month.year, month.month, min(scheme.calendar.allocate_on, month.days))
    return day if day >= today else None


def _parts(budget: queries.Budget, scheme: Scheme | None) -> list[PartLine]:
    """In the order of the scheme; what it does not know comes last, under its code."""
    amounts = {part.code: part.amount for part in budget.components}
    names = (
        {c.code: named(c.names, language(), c.code) for c in scheme.components} if scheme else {}
    )
    ordered = [code for code in names if code in amounts] + [c for c in amounts if c not in names]
    return [
        PartLine(
            Mark(
                names.get(code) or code_words(code),
                amounts[code].minor,
                formats.money(amounts[code]),
            ),
            url_for(
                "budgets_pages.month",
                month=str(budget.month),
                open=code,
                _anchor=f"part-{code}",
            ),
        )
        for code in ordered
        if amounts[code]
    ]


@dataclass(frozen=True, slots=True)
class LeaveTile:
    """`what`: what kind of number it is; `lapses`: what lapses first, and when."""

    minutes: Minutes
    what: str
    lapses: str = ""


def _leave(
    session: Session, employee_id: int, balances: list[ledger.AccountBalance], today: date
) -> LeaveTile | None:
    """Only with a leave account, and with a leave system what is left of it."""
    for balance in balances:
        if balance.kind is AccountKind.LEAVE:
            book = leave_of(session, employee_id, today)
            if book.fed:
                return LeaveTile(Minutes(book.left), gettext("left"), lapses_in_words(book))
            what = gettext("granted and bought, not taken")
            return LeaveTile(Minutes(balance.available_minor), what)
    return None


def _movements(session: Session, rows: list[StatementRow]) -> list[Movement]:
    """The last acts, the newest first; the parts of one allocation count as one."""
    acts: dict[tuple[object, ...], list[StatementRow]] = {}
    for row in sorted(rows, key=lambda row: row.happened_at):
        elsewhere = row.reason is Reason.ALLOCATION and row.for_month != row.month
        # An order moves euros and leave together, perhaps from one own account to another.
        where = None if row.reason is Reason.ORDER else (row.kind, row.unit)
        key = (row.source, where, row.reason, row.for_month, elsewhere)
        acts.setdefault(key, []).append(row)
    latest = sorted(acts.values(), key=lambda act: act[-1].happened_at, reverse=True)[:LATELY]
    names = named_parts(session, [row for act in latest for row in act])
    return [
        Movement(
            act[-1].happened_at,
            _in_words(act, title_of(act[0], names)),
            _value(act),
        )
        for act in latest
    ]


def _value(act: list[StatementRow]) -> str:
    """What it came to: leave, and euros of the account that they left or came to first."""
    parts = []
    for unit in (Unit.MIN, Unit.EUR):
        rows = [row for row in act if row.unit is unit]
        if rows:
            first = min((row.kind for row in rows), key=list(ACCOUNTS).index)
            moved = [row.amount_minor or -row.held_minor for row in rows if row.kind is first]
            parts.append(quantity(unit, sum(moved)))
    return ", ".join(parts)


def _in_words(act: list[StatementRow], title: str) -> str:
    row = act[0]
    month = formats.month_name(row.for_month)
    if row.reason is Reason.ALLOCATION and row.for_month != row.month:
        return gettext("Correction of %(month)s", month=month)
    if row.reason is Reason.ALLOCATION and len(act) > 1:
        return gettext("Budget of %(month)s allocated", month=month)
    if row.reason is Reason.ALLOCATION:
        return gettext("%(what)s allocated", what=title)
    if row.reason is Reason.OPENING:
        account = str(ACCOUNTS[row.kind])
        return gettext("Opening balance of your account %(account)s", account=account)
    return title


def _begins_on(session: Session, employee_id: int, today: date) -> date | None:
    """The day a coming employment begins."""
    rows = people.history(session, employee_id)
    coming = [row.hired_on for row in rows if row.superseded_at is None and row.hired_on > today]
    return min(coming, default=None)
