"""What trust costs and saves: a page for HR, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from flask import Response, render_template, request
from flask_babel import gettext, ngettext

from ideals.approvals.pages import policy_words
from ideals.approvals.pages.check_words import kind_of
from ideals.approvals.pages.checks import bp, only_hr
from ideals.approvals.queries import overview as queries
from ideals.approvals.queries.overview import Line, Period
from ideals.approvals.rules.days import Calendar
from ideals.approvals.rules.waiting import Saved
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.month import Month, MonthUnreadable
from ideals.web import formats
from ideals.web.export import Row, csv_response
from ideals.web.guards import guard

USUAL_MONTHS, MOST_MONTHS = 12, 60


@dataclass(frozen=True, slots=True)
class Asked:
    """The period that was asked for; the usual one where it could not be read."""

    period: Period
    errors: dict[str, str]


@bp.get("/checks/all/overview")
@guard(only_hr)
def overview() -> str:
    """Over `?from=` through `?to=`, months; the last twelve when left out."""
    asked = _asked()
    with unit_of_work() as session:
        found = queries.overview(session, asked.period, _calendar())
    return render_template(
        "approvals/overview.html",
        found=found,
        period=asked.period,
        errors=asked.errors,
        kinds=policy_words.KINDS,
        kind_of=kind_of,
        days=days,
        told=told,
        most=queries.MOST_NAMED,
    )


@bp.get("/checks/all/overview.csv")
@guard(only_hr)
def overview_file() -> Response:
    """A line for each rule, and one for each kind as a whole, whose case is empty."""
    asked = _asked()
    with unit_of_work() as session:
        found = queries.overview(session, asked.period, _calendar())
    rows = [
        _row(line, each.lost if line is each.whole else None)
        for each in found.kinds
        for line in (*each.lines, each.whole)
    ]
    name = f"trust-{asked.period.first}-{asked.period.last}"
    return csv_response(name, list(_header()), rows)


def _header() -> Iterator[str]:
    yield gettext("Kind")
    yield gettext("Case")
    yield gettext("Cases")
    yield gettext("At once")
    yield gettext("Decided before")
    yield gettext("Still waiting")
    yield gettext("Decided")
    yield gettext("Median wait, working days")
    yield gettext("Waited in all, working days")
    yield gettext("Not waited, working days (estimate)")
    yield gettext("Could be drawn")
    yield gettext("Drawn by chance")
    yield gettext("Because trust was lost")
    yield gettext("Checked")
    yield gettext("Kept")
    yield gettext("Not kept")
    yield gettext("Contested")
    yield gettext("Upheld")
    yield gettext("Overturned")
    yield gettext("Without trust now")


def _row(line: Line, lost: int | None) -> Row:
    checks = line.checks
    return [
        kind_of(line.kind),
        line.code or "",
        line.cases,
        line.after,
        line.before,
        line.waiting,
        line.waited.decided,
        line.waited.median,
        line.waited.total,
        line.saved_days,
        checks.drawn_from,
        checks.by_chance,
        checks.lost,
        checks.checked,
        checks.kept,
        checks.broken,
        checks.contested,
        checks.upheld,
        checks.overturned,
        lost,
    ]


# The period


def _asked() -> Asked:
    zone = Settings.read().zone
    this_month = Month.of(clock.now().astimezone(zone).date())
    usual = Period(this_month.plus(1 - USUAL_MONTHS), this_month, zone)
    errors: dict[str, str] = {}
    last = _month("to", usual.last, errors)
    first = _month("from", last.plus(1 - USUAL_MONTHS), errors)
    if not errors and first > last:
        errors["from"] = gettext("This comes after the month it goes through to.")
    if not errors and last > first.plus(MOST_MONTHS - 1):
        errors["from"] = gettext("At most %(count)s months at a time.", count=MOST_MONTHS)
    return Asked(usual if errors else Period(first, last, zone), errors)


def _month(name: str, usual: Month, errors: dict[str, str]) -> Month:
    written = request.args.get(name)
    if not written:
        return usual
    try:
        return Month.parse(written)
    except MonthUnreadable:
        errors[name] = gettext("Write a month as 2026-03.")
        return usual


def _calendar() -> Calendar:
    return Calendar(Settings.read().holidays)


# In words


def days(count: Decimal | int) -> str:
    """Working days, halves too."""
    if count == 1:
        return str(gettext("1 working day"))
    return str(gettext("%(count)s working days", count=formats.number(Decimal(count), most=1)))


def told(saved: Saved) -> str:
    """What an estimate rests on."""
    what = (
        ngettext(
            "by the median of %(num)s decision of this kind",
            "by the median of %(num)s decisions of this kind",
            saved.decisions,
        )
        if saved.by_kind
        else ngettext(
            "by the median of %(num)s decision under this rule",
            "by the median of %(num)s decisions under this rule",
            saved.decisions,
        )
    )
    return str(gettext("%(days)s each, %(what)s", days=days(saved.median), what=what))
