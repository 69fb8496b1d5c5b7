"""The codes that HR keeps: what goes to payroll under which, from when."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from ideals.budgets.pages.words import gettext
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.month import Month
from ideals.payroll import commands, queries
from ideals.payroll.commands import KeepCode
from ideals.payroll.errors import CodeRefused
from ideals.payroll.pages import words
from ideals.payroll.policy import SEES
from ideals.payroll.states import LineKind
from ideals.web.actor import current_actor
from ideals.web.errors import words_for
from ideals.web.guards import guard, may, role
from ideals.web.shell import NavItem, navigation

bp = Blueprint("payroll_code_pages", __name__, template_folder="../templates")
navigation.register(
    "71-payroll-codes",
    NavItem(lazy_gettext("Codes"), "payroll_code_pages.codes", role(*SEES), group="payroll"),
)


@bp.get("/payroll/codes")
@guard(role(*SEES))
def codes() -> str:
    """Everything that may go to payroll, with its code of this month."""
    return _page({})


@bp.post("/payroll/codes")
@guard(role(Role.HR))
def keep() -> Response | tuple[str, int]:
    """Give a thing, or everything of a kind, a code from a month on."""
    given = request.form
    kind, _colon, item = given.get("what", "").partition(":")
    month = words.month_given(given.get("first_month", ""))
    if kind not in list(LineKind):
        return _page({"what": gettext("Choose what the code is for.")}), 422
    if month is None:
        return _page({"first_month": gettext("Choose a month, such as 2026-03.")}), 422
    cmd = KeepCode(LineKind(kind), item, given.get("code", ""), given.get("name", ""), month)
    try:
        with unit_of_work() as session:
            commands.keep_code(session, cmd, actor=current_actor(), now=clock.now())
    except CodeRefused as error:
        return _page({error.data["field"]: _refused(error)}), 422
    except IdealsError as error:
        return _page({"first_month": words_for(error)}), 422
    flash(gettext("Kept: %(code)s, from %(month)s.", code=cmd.code, month=str(month)))
    return redirect(url_for("payroll_code_pages.codes"), 303)


def _refused(error: CodeRefused) -> str:
    if error.data["field"] == "name":
        return gettext("Give the code a name of at most 100 signs.")
    return gettext(
        "Use at most 40 letters, digits and . _ / -, and for hours another code than for euros."
    )


def _page(errors: dict[str, str]) -> str:
    this = clock.month_of(clock.now(), Settings.read().zone)
    with unit_of_work() as session:
        found = queries.codes_in(session, this)
        products = queries.product_names(session)
        first = queries.first_free_month(session) or this
    options = [("", gettext("Choose"))]
    options += [
        (f"{each.kind}:{each.item}", words.usual_name(each.kind, each.item, products))
        for each in found
    ]
    options += [
        (f"{kind}:", gettext("All of: %(kind)s", kind=name)) for kind, name in words.KINDS.items()
    ]
    return render_template(
        "payroll/codes.html",
        codes=found,
        options=options,
        keeps=may(role(Role.HR)),
        errors=errors,
        given=request.form or request.args,
        month=this,
        first=first,
        months=_months(first),
        products=products,
        words=words,
    )


def _months(first: Month) -> list[Month]:
    """From when a code may hold: no batch of these was made."""
    return [first.plus(step) for step in range(13)]
