"""HR's table of mandates: euros of a unit and a year, and who decides about them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals.commands.mandates import (
    ChangeMandate,
    GiveMandate,
    TakeMandate,
    change_mandate,
    give_mandate,
    take_mandate,
)
from ideals.approvals.errors import MandateMovedOn, MandateThere, MandateUnknown, MandateWrong
from ideals.approvals.pages.lines import today
from ideals.approvals.queries import delegations as queries
from ideals.approvals.queries.delegations import MandateLine
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money, MoneyUnreadable
from ideals.people.models import Unit
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.errors import register_words, words_for
from ideals.web.guards import guard, role

bp = Blueprint("mandate_pages", __name__, template_folder="../templates")
only_hr = role(Role.HR)
PAGE = 50
register_words(
    "mandate_there", lazy_gettext("This unit has a mandate in that year already: change that one.")
)
register_words(
    "mandate_unknown", lazy_gettext("There is no such mandate any more: it was taken away.")
)
register_words(
    "mandate_moved_on",
    lazy_gettext("Somebody changed this mandate meanwhile. Below is how it is now; look again."),
)
WRONG = {
    "amount": lazy_gettext("Give an amount above zero, such as 25000."),
    "year": lazy_gettext("Give a year such as 2026."),
}


@bp.get("/mandates")
@guard(only_hr)
def mandates() -> str:
    with unit_of_work() as session:
        return _page(session)


@bp.post("/mandates")
@guard(only_hr)
def give() -> Response | tuple[str, int]:
    form = request.form
    try:
        amount, year = _amount(form.get("amount", "")), _year(form.get("year", ""))
        cmd = GiveMandate(form.get("unit", "").strip(), year, amount, _number())
        with unit_of_work() as session:
            give_mandate(session, cmd, actor=current_actor(), now=clock.now())
    except IdealsError as error:
        with unit_of_work() as session:
            return _page(session, _errors(error)), 422
    flash(gettext("Given: %(unit)s, %(year)s.", unit=cmd.unit, year=cmd.year), "good")
    return redirect(url_for("mandate_pages.mandates", year=cmd.year), 303)


@bp.get("/mandates/<int:year>/<path:unit>")
@guard(only_hr)
def mandate(year: int, unit: str) -> str:
    with unit_of_work() as session:
        return _one(_line(session, unit, year))


@bp.post("/mandates/<int:year>/<path:unit>")
@guard(only_hr)
def change(year: int, unit: str) -> Response | tuple[str, int]:
    """Another amount or holder, or none any more: of the version that was looked at."""
    seen = request.form.get("version", "")
    version = int(seen) if seen.isdecimal() and len(seen) < 19 else 0
    try:
        with unit_of_work() as session:
            if request.form.get("do") == "take":
                take = TakeMandate(unit, year, version)
                take_mandate(session, take, actor=current_actor(), now=clock.now())
            else:
                amount = _amount(request.form.get("amount", ""))
                cmd = ChangeMandate(unit, year, amount, _number(), version)
                change_mandate(session, cmd, actor=current_actor(), now=clock.now())
    except MandateUnknown as gone:
        flash(words_for(gone), "wait")
        return redirect(url_for("mandate_pages.mandates", year=year), 303)
    except IdealsError as error:
        moved = isinstance(error, MandateMovedOn)
        with unit_of_work() as session:
            line = _line(session, unit, year)
        given = {} if moved else request.form
        return _one(line, _errors(error), given), 409 if moved else 422
    flash(gettext("Kept. What was decided about it stays decided."), "good")
    return redirect(url_for("mandate_pages.mandates", year=year), 303)


# --- putting it together ----------------------------------------------------------------------


def _amount(text: str) -> Money:
    """As people write it, with a comma or a point before the cents. Raises `MandateWrong`."""
    try:
        return Money.parse(text.strip().replace(",", "."))
    except MoneyUnreadable:
        raise MandateWrong("Give an amount such as 25000", field="amount", value=text) from None


def _year(text: str) -> int:
    if not (text.isdecimal() and len(text) == 4):
        raise MandateWrong("Give a year such as 2026", field="year", value=text)
    return int(text)


def _number() -> str:
    return request.form.get("holder", "").strip()


def _errors(error: IdealsError) -> dict[str, str]:
    if isinstance(error, MandateWrong):
        return {error.data["field"]: str(WRONG[error.data["field"]])}
    field = "unit" if isinstance(error, MandateThere) else str(error.data.get("field", ""))
    return {field: words_for(error)}


def _line(session: Session, unit: str, year: int) -> MandateLine:
    return queries.access_mandate(session, unit, year, actor=current_actor(), today=today())


def _page(session: Session, errors: Mapping[str, str] | None = None) -> str:
    actor, day = current_actor(), today()
    asked = request.values.get("year", "")
    year = int(asked) if asked.isdecimal() and len(asked) == 4 else day.year
    search = request.args.get("search", "")
    rows = queries.mandates(actor=actor, year=year, today=day, search=search)
    page = paginate(session, rows, page_request(limit=PAGE), Unit.path)
    years = {*queries.mandate_years(session, actor=actor), day.year, day.year + 1}
    return render_template(
        "approvals/mandates.html",
        page=page,
        held=queries.mandate_lines(session, page.items, year),
        year=year,
        years=[(str(each), str(each)) for each in sorted(years, reverse=True)],
        search=search,
        given=request.form,
        errors=errors or {},
    )


def _one(
    line: MandateLine,
    errors: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "approvals/mandate.html", line=line, errors=errors or {}, given=given or {}
    )
