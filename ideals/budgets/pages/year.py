"""The next twelve months, if nothing changes: what would be allocated, and what that assumes."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.budgets import queries
from ideals.budgets.pages.words import (
    code_words,
    fact_words,
    gettext,
    month_alone,
    month_short,
    plain_value,
    values_in_words,
)
from ideals.budgets.queries import statement as statements
from ideals.budgets.queries.statement import Expected
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.schemes.rules.scheme import SicknessPay, named
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.charts import Mark
from ideals.web.guards import guard, signed_in
from ideals.web.language import language

bp = Blueprint("year_pages", __name__, template_folder="../templates")

MONTHS = 12


@bp.get("/year")
@guard(signed_in)
def year() -> str | Response:
    """The signed-in employee's own."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    month = clock.month_of(clock.now(), Settings.read().zone)
    with unit_of_work() as session:
        return _page(session, employee_id, month)


def _page(session: Session, employee_id: int, this_month: Month) -> str:
    first, last = this_month.plus(1), this_month.plus(MONTHS)
    expected = statements.expected(session, employee_id, first, last)
    names = {
        part.code: named(part.names, language(), code_words(part.code))
        for month in expected.months
        for part in month.parts
    }
    return render_template(
        "budgets/year.html",
        employee=queries.employee(session, employee_id),
        first=first,
        last=last,
        expected=expected,
        names=names,
        marks=[
            Mark(month_short(m.month), m.total.minor, formats.money(m.total), "expected")
            for m in expected.months
        ],
        highest=max(expected.months, key=lambda m: m.total.minor),
        lowest=min(expected.months, key=lambda m: m.total.minor),
        granted=[
            (
                month.month,
                named(grant_names, language(), code),
                formats.hours(Minutes(minutes)),
            )
            for month in expected.months
            for code, grant_names, minutes in month.granted
        ],
        minutes=Minutes(sum(month.minutes for month in expected.months)),
        assumptions=_assumptions(expected),
        month_alone=month_alone,
    )


def _assumptions(expected: Expected) -> list[str]:
    """What has to stay, and what is known to come, for these amounts to be right."""
    said = []
    for change in expected.changes:
        ((day, value),) = change.after
        said.append(
            gettext(
                "From %(day)s: %(fact)s %(value)s (now %(before)s). This is counted in.",
                day=formats.day(day),
                fact=fact_words(change.fact).name,
                value=plain_value(value),
                before=values_in_words(change.before),
            )
        )
    if expected.leaves_on is not None:
        said.append(
            gettext(
                "You leave on %(day)s; nothing comes after it.",
                day=formats.day(expected.leaves_on),
            )
        )
    if said:
        said.append(gettext("All else stays: salary, hours and allowances."))
    else:
        said.append(gettext("Your salary, your hours and your allowances stay as they are."))
    for scheme in expected.versions:
        said.append(
            gettext(
                "The scheme %(scheme)s stays as published, version of %(month)s.",
                scheme=scheme.name(language()),
                month=formats.month_name(scheme.version),
            )
        )
    for code in expected.pay:
        said.append(
            gettext(
                "What is %(what)s is known when payroll has paid it; months to come count nothing.",
                what=fact_words(f"pay.{code}").name,
            )
        )
    if any(scheme.sickness is not SicknessPay.PAID for scheme in expected.versions):
        said.append(gettext("You are not sick, or no longer than is known now."))
    return said
