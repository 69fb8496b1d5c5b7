"""Performance bonuses: HR hands in a file, and sees what is kept."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from ideals.budgets.pages.words import gettext
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.money import Money
from ideals.kernel.tabular import FileUnusable
from ideals.payroll import commands, queries
from ideals.payroll.commands import BonusReport, UploadBonuses
from ideals.payroll.models import Bonus
from ideals.payroll.pages import words
from ideals.people.models import Employee
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.guards import guard, role
from ideals.web.headers import MB, body_limit
from ideals.web.shell import NavItem, navigation

bp = Blueprint("bonus_pages", __name__, template_folder="../templates")
navigation.register(
    "72-payroll-bonuses",
    NavItem(lazy_gettext("Bonuses"), "bonus_pages.bonuses", role(Role.HR), group="payroll"),
)

PAGE = 50
LARGEST_MB = 16
MOST_FAULTS = 200


@bp.get("/payroll/bonuses")
@guard(role(Role.HR))
def bonuses() -> str:
    """What is kept, by month, and the form to hand in a file."""
    return _page({}, None)


@bp.post("/payroll/bonuses")
@guard(role(Role.HR))
@body_limit(LARGEST_MB * MB)
def upload() -> Response | tuple[str, int]:
    """With a wrong row nothing is taken, and each is named."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _page({"file": gettext("Choose a file first.")}, None), 422
    cmd = UploadBonuses(BytesIO(sent.read()), sent.filename)
    try:
        with unit_of_work() as session:
            report = commands.upload_bonuses(session, cmd, actor=current_actor(), now=clock.now())
    except FileUnusable as error:
        return _page({"file": words.file_fault(error.message)}, None), 422
    if not report.applied:
        return _page({}, report), 422
    flash(
        gettext(
            "Taken: %(new)s new, %(changed)s changed, %(unchanged)s unchanged.",
            new=report.new,
            changed=report.changed,
            unchanged=report.unchanged,
        )
    )
    return redirect(url_for("bonus_pages.bonuses"), 303)


def _page(errors: dict[str, str], report: BonusReport | None) -> str:
    month = words.month_given(request.args.get("month", ""))
    with unit_of_work() as session:
        page = paginate(
            session,
            queries.bonuses(month),
            page_request(limit=PAGE),
            Bonus.month,
            Employee.number,
            descending=True,
        )
        months = queries.bonus_months(session)
    return render_template(
        "payroll/bonuses.html",
        page=page,
        months=months,
        asked=month,
        errors=errors,
        report=report,
        most=MOST_FAULTS,
        largest=LARGEST_MB,
        words=words,
        cents=Money,
    )
