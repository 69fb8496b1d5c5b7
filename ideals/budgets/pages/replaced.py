"""What replaced what: each old right, and the amount that came for it. Shown once by itself."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.access import commands as access
from ideals.budgets.queries import statement as statements
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.facts import facts_for
from ideals.schemes.rules import Scheme, replaced
from ideals.schemes.rules.scheme import named
from ideals.web.actor import current_actor
from ideals.web.guards import guard, signed_in
from ideals.web.language import language

bp = Blueprint("replaced_pages", __name__, template_folder="../templates")


@dataclass(frozen=True, slots=True)
class Right:
    """`amount` is what the month gives for it."""

    old: str
    new: str
    amount: Money
    href: str


@bp.get("/replaced")
@guard(signed_in)
def what_replaced_what() -> str | Response:
    return _page(first_time=False)


@bp.get("/welcome")
@guard(signed_in)
def first_time() -> str | Response:
    """The same as the first thing somebody sees; nothing to tell leads straight home."""
    return _page(first_time=True)


@bp.post("/welcome")
@guard(signed_in)
def seen() -> Response:
    """Not shown by itself again."""
    with unit_of_work() as session:
        access.welcome(session, actor=current_actor(), now=clock.now())
    return redirect(url_for("home_pages.home"), 303)


def _page(*, first_time: bool) -> str | Response:
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    month = clock.month_of(clock.now(), Settings.read().zone)
    with unit_of_work() as session:
        scheme = statements.scheme_in(session, employee_id, month)
        rights = _rights(session, employee_id, scheme, month) if scheme else []
    if first_time and not rights:
        return redirect(url_for("home_pages.home"))
    return render_template(
        "budgets/replaced.html",
        month=month,
        scheme=scheme,
        rights=rights,
        total=Money(sum(right.amount.minor for right in rights)),
        first_time=first_time,
    )


def _rights(session: Session, employee_id: int, scheme: Scheme, month: Month) -> list[Right]:
    """Empty when the scheme names no old right, or when this month cannot be worked out yet."""
    person = facts_for(session, [employee_id], [(month, scheme)])[0]
    try:
        rows = replaced(scheme, person, month)
    except BudgetNotComputable:
        return []
    return [
        Right(
            named(row.old, language(), row.code),
            named(row.names, language(), row.code),
            Money(row.minor),
            url_for(
                "budgets_pages.month", month=str(month), open=row.code, _anchor=f"part-{row.code}"
            ),
        )
        for row in rows
    ]
