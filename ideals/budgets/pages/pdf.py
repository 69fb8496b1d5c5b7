"""The statement of a month or a year on paper: A4, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, request
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer
from sqlalchemy.orm import Session

from ideals.budgets import queries
from ideals.budgets.pages.statement import Names, in_order, named_parts, title_of
from ideals.budgets.pages.words import (
    ACCOUNTS,
    code_words,
    gettext,
    quantity,
)
from ideals.budgets.queries import Told
from ideals.budgets.queries import statement as statements
from ideals.budgets.queries.statement import AccountMonth, Statement
from ideals.budgets.rules.parts import deal_number
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.ledger.queries import StatementRow
from ideals.ledger.states import AccountKind, Reason
from ideals.people.models import Employee
from ideals.schemes.rules.scheme import named
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.guards import guard, role, signed_in
from ideals.web.language import language
from ideals.web.paper import pdf, table, text

bp = Blueprint("pdf_pages", __name__)


@dataclass(frozen=True, slots=True)
class Period:
    """`title` is how it is called, `name` how its file is."""

    first: Month
    last: Month
    title: str
    name: str

    @property
    def is_month(self) -> bool:
        return self.first == self.last


@bp.get("/statement.pdf")
@guard(signed_in)
def statement_pdf() -> Response:
    """The signed-in employee's own, `?month=2026-03` or `?year=2026`; without, this month's."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        abort(404)
    with unit_of_work() as session:
        return _answer(session, queries.employee(session, employee_id), clock.now())


@bp.get("/people/<number>/statement.pdf")
@guard(role(Role.HR))
def statement_pdf_of_employee(number: str) -> Response:
    """For HR; that somebody looked is written down."""
    now = clock.now()
    with unit_of_work() as session:
        employee = queries.access_budget(session, number, actor=current_actor(), now=now)
        return _answer(session, employee, now)


def _answer(session: Session, employee: Employee, now: datetime) -> Response:
    period = _period(clock.month_of(now, Settings.read().zone))
    content = _pdf(session, employee, period, now)
    response = Response(content, mimetype="application/pdf")
    filename = f"statement-{employee.number}-{period.name}.pdf"
    response.headers.set("Content-Disposition", "inline", filename=filename)
    return response


def _period(this_month: Month) -> Period:
    year = request.args.get("year", "")
    try:
        if year.isdecimal():
            first = Month(int(year), 1)
            return Period(first, Month(first.year, 12), str(first.year), str(first.year))
        month = Month.parse(request.args.get("month", str(this_month)))
    except IdealsError:
        abort(404)
    return Period(month, month, formats.month_name(month), str(month))


def _pdf(session: Session, employee: Employee, period: Period, now: datetime) -> bytes:
    found = statements.statement_of(session, employee.id, period.first, period.last)
    names = named_parts(session, found.rows)
    stories = queries.told(session, employee.id, period.first) if period.is_month else []
    title = gettext("Statement of %(period)s", period=period.title)
    own = _of_deals(session, employee, period.first) if period.is_month else {}
    made = gettext("Made on %(moment)s", moment=formats.at(now))
    return pdf(
        list(_story(title, employee, period, found, names, stories, own)),
        title=f"{title} – {employee.name}",
        head=f"{employee.name} · {employee.number}",
        foot=made,
    )


def _story(
    title: str,
    employee: Employee,
    period: Period,
    found: Statement,
    names: Names,
    stories: list[Told],
    own: dict[str, int],
) -> Iterator[Flowable]:
    yield text(title, "title")
    number = gettext("number %(number)s", number=employee.number)
    yield text(f"{employee.name}, {number}", "lead")
    yield Spacer(1, 4 * mm)
    if not found.rows:
        yield text(gettext("Nothing moved in this time."))
        return
    yield from _ends(found)
    yield from _parts(stories, own) if period.is_month else _parts_of_year(found, names)
    yield text(gettext("Movements"), "head")
    for month in reversed(found.months):
        if not period.is_month:
            yield text(formats.month_name(month.month).capitalize(), "subhead")
        for account in month.accounts:
            yield _movements(account, names)
            yield Spacer(1, 3 * mm)
    yield from _versions(found, names)


def _ends(found: Statement) -> Iterator[Flowable]:
    """From what to what, for each account that moved."""
    first: dict[tuple[Any, Any], AccountMonth] = {}
    last: dict[tuple[Any, Any], AccountMonth] = {}
    for month in reversed(found.months):
        for account in month.accounts:
            first.setdefault((account.kind, account.unit), account)
            last[account.kind, account.unit] = account
    rows = [["", gettext("At the beginning"), gettext("In and out"), gettext("At the end")]]
    for key, account in sorted(
        last.items(), key=lambda item: statements.ACCOUNTS.index(item[0][0])
    ):
        opening = first[key].opening
        rows.append(
            [
                str(ACCOUNTS[account.kind]),
                quantity(account.unit, opening),
                quantity(account.unit, account.closing - opening),
                quantity(account.unit, account.closing),
            ]
        )
    yield table(rows, (50 * mm, 40 * mm, 40 * mm, 40 * mm))


def _of_deals(session: Session, employee: Employee, month: Month) -> dict[str, int]:
    """What deals brought in the month, by its name: personal parts and grants to the budget."""
    sums: dict[str, int] = {}
    for posting in queries.postings(session, employee.id, month):
        if posting.amount is not None and deal_number(posting.code) is not None:
            name = code_words(posting.code)
            sums[name] = sums.get(name, 0) + posting.amount.minor
    return {name: minor for name, minor in sums.items() if minor}


def _parts(stories: list[Told], own: dict[str, int]) -> Iterator[Flowable]:
    """What the month gives by the scheme, with its formulas, and beside the first what deals do."""
    told_of = [told for told in stories if told.explanation and told.explanation.components]
    if own and not told_of:
        yield text(gettext("What this month brought you"), "head")
        rows = [[gettext("Part"), gettext("Euro")]]
        rows += [[name, formats.money(Money(minor))] for name, minor in own.items()]
        rows.append([gettext("Together"), formats.money(Money(sum(own.values())))])
        yield table(rows, (130 * mm, 40 * mm), total=True)
    for place, told in enumerate(told_of):
        assert told.explanation is not None  # noqa: S101  chosen above
        yield text(gettext("What this month brought you"), "head")
        rows = [[gettext("Part"), gettext("How it is worked out"), gettext("Euro")]]
        total = 0
        for component in told.explanation.components:
            total += component.cents
            rows.append(
                [
                    named(component.names, language(), component.code),
                    component.formula,
                    formats.money(Money(component.cents)),
                ]
            )
        for name, minor in own.items() if place == 0 else ():
            total += minor
            rows.append([name, gettext("as agreed"), formats.money(Money(minor))])
        rows.append([gettext("Together"), "", formats.money(Money(total))])
        yield table(rows, (55 * mm, 80 * mm, 35 * mm), total=True)
        salary = told.explanation.salary
        if salary is not None:
            yield text(
                gettext("salary: %(amount)s", amount=formats.money(Money.of(salary))), "quiet"
            )


def _parts_of_year(found: Statement, names: Names) -> Iterator[Flowable]:
    """What came to the budget in the year, by part, corrections included."""
    sums: dict[str, int] = {}
    for row in in_order(found.rows, names):
        if row.reason is Reason.ALLOCATION and row.kind is AccountKind.BUDGET:
            name = title_of(row, names)
            sums[name] = sums.get(name, 0) + row.amount_minor
    if not sums:
        return
    yield text(gettext("What this year brought you"), "head")
    rows = [[gettext("Part"), gettext("Euro")]]
    rows += [[name, formats.money(Money(minor))] for name, minor in sums.items()]
    rows.append([gettext("Together"), formats.money(Money(sum(sums.values())))])
    yield table(rows, (130 * mm, 40 * mm), total=True)


def _movements(account: AccountMonth, names: Names) -> Flowable:
    name = str(ACCOUNTS[account.kind])
    rows = [[gettext("On"), name, gettext("Amount")]]
    rows.append(["", gettext("At the beginning"), quantity(account.unit, account.opening)])
    rows += [_movement(row, names) for row in in_order(account.rows, names)]
    rows.append(["", gettext("At the end"), quantity(account.unit, account.closing)])
    return table(rows, (28 * mm, 104 * mm, 38 * mm), total=True)


def _movement(row: StatementRow, names: Names) -> list[str]:
    words = title_of(row, names)
    if row.for_month != row.month:
        month = formats.month_name(row.for_month)
        words += ", " + gettext("for %(month)s", month=month)
    if not row.amount_minor and row.held_minor:
        aside = gettext("set aside") if row.held_minor > 0 else gettext("released")
        value = quantity(row.unit, abs(row.held_minor))
        return [formats.day_figure(row.happened_at), f"{words} ({aside} {value})", ""]
    return [formats.day_figure(row.happened_at), words, quantity(row.unit, row.amount_minor)]


def _versions(found: Statement, names: Names) -> Iterator[Flowable]:
    """The scheme and version that each month's parts were worked out by."""
    used = {}
    for row in found.rows:
        code = statements.scheme_of_source(row.source)
        scheme = names.book.at(code, row.for_month) if code else None
        if scheme is not None:
            used[scheme.code, scheme.version] = scheme
    for scheme in used.values():
        yield text(
            gettext(
                "Scheme %(name)s, version of %(version)s.",
                name=scheme.name(language()),
                version=formats.month_name(scheme.version),
            ),
            "quiet",
        )
