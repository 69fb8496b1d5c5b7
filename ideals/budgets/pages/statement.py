"""The statement: month by month what moved and why, searched, and taken along as a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.budgets import queries
from ideals.budgets.pages.words import (
    ACCOUNTS,
    REASONS,
    STARTED_AS,
    code_words,
    fact_words,
    gettext,
    quantity,
    values_in_words,
)
from ideals.budgets.queries import statement as statements
from ideals.budgets.queries.statement import AccountMonth, Book, Statement, WhyCorrected
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes, Unit
from ideals.ledger import queries as ledger
from ideals.ledger.queries import SourceTold, StatementRow
from ideals.ledger.states import AccountKind, Reason
from ideals.people.models import Employee
from ideals.web import export, formats
from ideals.web.actor import current_actor
from ideals.web.guards import guard, role, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("statement_pages", __name__, template_folder="../templates")
navigation.register(
    "12-statement",
    NavItem(lazy_gettext("Statement"), "statement_pages.statement", employee=True, group="mine"),
)

MONTHS_A_PAGE = 12
MONTHS_AHEAD = 12
"""A coming month may be allocated already."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for. A month that cannot be read is left out: addresses get mangled."""

    first: Month | None
    last: Month | None
    search: str
    kind: AccountKind | None


@dataclass(frozen=True, slots=True)
class Line:
    """A transfer in words. `href`: the page that tells how the amount came about."""

    row: StatementRow
    title: str
    note: str
    meaning: str
    value: str
    told: SourceTold | None
    href: str | None
    correction: bool
    why: WhyCorrected | None = None

    @property
    def facts(self) -> list[tuple[str, str, str]]:
        """What was known otherwise before: (fact, before, after)."""
        return [
            (
                fact_words(each.fact).name,
                values_in_words(each.before),
                values_in_words(each.after),
            )
            for each in (self.why.differences if self.why else ())
        ]


@dataclass(frozen=True, slots=True)
class AccountShown:
    name: str
    opening: str
    closing: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class MonthShown:
    month: Month
    accounts: list[AccountShown]


@bp.get("/statement")
@guard(signed_in)
def statement() -> str | Response:
    """The signed-in employee's own."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return redirect("/")
    with unit_of_work() as session:
        return _page(session, queries.employee(session, employee_id), own=True)


@bp.get("/people/<number>/statement")
@guard(role(Role.HR))
def statement_of_employee(number: str) -> str:
    """For HR; that somebody looked is written down."""
    with unit_of_work() as session:
        employee = queries.access_budget(session, number, actor=current_actor(), now=clock.now())
        return _page(session, employee, own=False)


@bp.get("/statement.<any(csv, xlsx):ending>")
@guard(signed_in)
def download(ending: str) -> Response:
    """The same lines as a table: every month asked for, or all there are."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        abort(404)
    with unit_of_work() as session:
        return _download(session, queries.employee(session, employee_id), ending)


@bp.get("/people/<number>/statement.<any(csv, xlsx):ending>")
@guard(role(Role.HR))
def download_of_employee(number: str, ending: str) -> Response:
    with unit_of_work() as session:
        employee = queries.access_budget(session, number, actor=current_actor(), now=clock.now())
        return _download(session, employee, ending)


def describe_runs(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Registered for sources that begin with `run:`."""
    return {
        source: SourceTold(
            gettext(
                "The allocation run of %(month)s (%(scheme)s, round %(round)s), started %(how)s.",
                month=formats.month_name(cause.month),
                scheme=cause.scheme,
                round=cause.round,
                how=STARTED_AS.get(cause.started_as, cause.started_as),
            )
        )
        for source, cause in statements.run_causes(session, sources).items()
    }


def describe_openings(session: Session, sources: Collection[str]) -> Mapping[str, SourceTold]:
    """Registered for sources that begin with `opening:`."""
    del session
    told = SourceTold(gettext("A file of opening balances that HR handed in."))
    return dict.fromkeys(sources, told)


def _page(session: Session, employee: Employee, *, own: bool) -> str:
    asked, this_month = asked_for(), _this_month()
    last = asked.last or this_month.plus(MONTHS_AHEAD)
    first = asked.first
    if first is None and asked.search:
        first = statements.first_ledger_month(session)
    first = first or (asked.last or this_month).plus(1 - MONTHS_A_PAGE)
    found = statements.statement_of(session, employee.id, first, last)
    months, lines_found = _narrowed(_months(session, employee, found, own=own), asked)
    shown, rest = months[:MONTHS_A_PAGE], months[MONTHS_A_PAGE:]
    earlier = rest[0].month if rest else None
    if earlier is None and asked.first is None and not asked.search and found.earlier:
        earlier = first.plus(-1)
    shown = _with_reasons(session, employee, shown)
    return render_template(
        "budgets/statement.html",
        employee=employee,
        own=own,
        months=shown,
        lines_found=lines_found,
        balances=[
            (str(ACCOUNTS[balance.kind]), quantity(balance.unit, balance.posted_minor))
            for balance in sorted(found.balances, key=lambda b: statements.ACCOUNTS.index(b.kind))
        ],
        earlier=earlier,
        asked=asked,
        this_month=this_month,
        kinds=[("", gettext("All accounts"))]
        + [(kind.value, str(name)) for kind, name in ACCOUNTS.items()],
        files=_files(employee, own=own),
        year=(asked.last or this_month).year,
    )


def asked_for() -> Asked:
    kind = request.args.get("kind", "")
    return Asked(
        _asked_month("from"),
        _asked_month("to"),
        " ".join(request.args.get("search", "").split())[:100],
        AccountKind(kind) if kind in {each.value for each in ACCOUNTS} else None,
    )


def _asked_month(name: str) -> Month | None:
    try:
        return Month.parse(request.args.get(name, ""))
    except IdealsError:
        return None


def _this_month() -> Month:
    return clock.month_of(clock.now(), Settings.read().zone)


def _files(employee: Employee, *, own: bool) -> list[tuple[str, str]]:
    kept: dict[str, Any] = {
        key: value for key in ("from", "to", "search", "kind") if (value := request.args.get(key))
    }
    where = "statement_pages.download"
    if not own:
        where, kept["number"] = "statement_pages.download_of_employee", employee.number
    return [(each.upper(), url_for(where, ending=each, **kept)) for each in ("csv", "xlsx")]


# From rows to words


def _months(
    session: Session, employee: Employee, found: Statement, *, own: bool
) -> list[MonthShown]:
    """Every row of the statement as a line, without the reasons of corrections."""
    rows = found.rows
    told = ledger.described(session, {row.source for row in rows})
    names = named_parts(session, rows, told)
    return [
        MonthShown(
            month.month,
            [
                _account(
                    account,
                    [
                        _line(row, told, names, employee, own)
                        for row in in_order(account.rows, names)
                    ],
                )
                for account in month.accounts
            ],
        )
        for month in found.months
    ]


@dataclass(frozen=True, slots=True)
class Names:
    """What the parts of some rows are called: by the schemes of runs, or as their cause says."""

    book: Book
    told: Mapping[str, SourceTold]


def named_parts(
    session: Session,
    rows: Collection[StatementRow],
    told: Mapping[str, SourceTold] | None = None,
) -> Names:
    """`told`: the causes, when they are known already; runs need not be among them."""
    codes = {code for row in rows if (code := statements.scheme_of_source(row.source))}
    if told is None:
        others = {row.source for row in rows if not statements.scheme_of_source(row.source)}
        told = ledger.described(session, others)
    return Names(statements.book(session, codes), told)


def in_order(rows: list[StatementRow], names: Names) -> list[StatementRow]:
    """As it happened; what one run booked at once in the order of the scheme, by month."""

    def key(row: StatementRow) -> tuple[Any, ...]:
        scheme = statements.scheme_of_source(row.source)
        place = names.book.place(scheme, row.code, row.for_month) if scheme and row.code else 0
        return row.recorded_at, row.source, row.for_month, place

    return sorted(rows, key=key)


def _account(account: AccountMonth, lines: list[Line]) -> AccountShown:
    return AccountShown(
        str(ACCOUNTS[account.kind]),
        quantity(account.unit, account.opening),
        quantity(account.unit, account.closing),
        lines,
    )


def _line(
    row: StatementRow,
    told: Mapping[str, SourceTold],
    names: Names,
    employee: Employee,
    own: bool,
) -> Line:
    scheme = statements.scheme_of_source(row.source)
    allocation = row.reason is Reason.ALLOCATION and scheme is not None
    return Line(
        row=row,
        title=title_of(row, names),
        note=_note(row),
        meaning=str(REASONS[row.reason][1]),
        value=quantity(row.unit, row.amount_minor or -row.held_minor),
        told=told.get(row.source),
        href=_part_page(row, employee, own=own) if allocation else None,
        correction=allocation and _is_correction(row),
    )


def title_of(row: StatementRow, names: Names) -> str:
    """The part's name, what its cause calls it, or why it moved."""
    scheme = statements.scheme_of_source(row.source)
    told = names.told.get(row.source)
    title = (told and told.title) or str(REASONS[row.reason][0])
    if scheme is not None and row.code:
        title = names.book.part_name(scheme, row.code, row.for_month, language()) or code_words(
            row.code
        )
    if row.reverses_id is not None:
        return gettext("Taken back: %(what)s", what=title)
    return title


def _note(row: StatementRow) -> str:
    notes = []
    if row.reason is Reason.LAPSED:
        notes.append(gettext("of %(year)s", year=row.for_month.year))
    elif row.for_month != row.month:
        notes.append(gettext("for %(month)s", month=formats.month_name(row.for_month)))
    if not row.amount_minor and row.held_minor > 0:
        notes.append(gettext("set aside"))
    if not row.amount_minor and row.held_minor < 0:
        notes.append(gettext("released"))
    return ", ".join(notes)


def _part_page(row: StatementRow, employee: Employee, *, own: bool) -> str:
    shown: dict[str, Any] = {
        "month": str(row.for_month),
        "open": row.code,
        "_anchor": f"part-{row.code}",
    }
    if own:
        return url_for("budgets_pages.month", **shown)
    return url_for("budgets_pages.budget_of_employee", number=employee.number, **shown)


def _is_correction(row: StatementRow) -> bool:
    """Of another month than the run's, or by a later round of its own."""
    _, _, month, number = row.source.split(":")
    return str(row.for_month) != month or number != "1"


def _with_reasons(
    session: Session, employee: Employee, months: list[MonthShown]
) -> list[MonthShown]:
    lines = [line for month in months for account in month.accounts for line in account.lines]
    asked = {(line.row.source, line.row.for_month) for line in lines if line.correction}
    reasons = statements.why_corrected(session, employee.id, asked)

    def told(line: Line) -> Line:
        return replace(line, why=reasons.get((line.row.source, line.row.for_month)))

    return [
        replace(
            month,
            accounts=[
                replace(
                    account,
                    lines=[told(line) if line.correction else line for line in account.lines],
                )
                for account in month.accounts
            ],
        )
        for month in months
    ]


# Search


def _narrowed(months: list[MonthShown], asked: Asked) -> tuple[list[MonthShown], int]:
    """Only the account asked for and the lines that hold every word; and how many lines."""
    words = _folded(asked.search).split()
    kept, count = [], 0
    for month in months:
        accounts = []
        for account in month.accounts:
            lines = [
                line
                for line in account.lines
                if (asked.kind is None or line.row.kind is asked.kind)
                and _holds(line, account, words)
            ]
            if lines:
                accounts.append(replace(account, lines=lines))
                count += len(lines)
        if accounts:
            kept.append(replace(month, accounts=accounts))
    return kept, count


def _holds(line: Line, account: AccountShown, words: list[str]) -> bool:
    if not words:
        return True
    row = line.row
    euros = str(Money(row.amount_minor or row.held_minor)) if row.unit is Unit.EUR else ""
    text = _folded(
        " ".join(
            (
                line.title,
                line.note,
                str(REASONS[row.reason][0]),
                account.name,
                line.value,
                euros,
                euros.replace(".", ","),
                row.code or "",
                row.source,
                line.told.sentence if line.told else "",
                formats.month_name(row.month),
                formats.day(row.happened_at),
                formats.day_figure(row.happened_at),
            )
        )
    )
    return all(word in text for word in words)


def _folded(text: str) -> str:
    """Without capitals, accents, minus signs of print, and with spaces one can type."""
    plain = unicodedata.normalize("NFKD", text.replace(formats.MINUS, "-")).casefold()
    return re.sub(r"\s+", " ", "".join(sign for sign in plain if not unicodedata.combining(sign)))


# Files


def _download(session: Session, employee: Employee, ending: str) -> Response:
    asked = asked_for()
    last = asked.last or _this_month().plus(MONTHS_AHEAD)
    first = asked.first or statements.first_ledger_month(session) or last
    found = statements.statement_of(session, employee.id, first, last)
    months, _ = _narrowed(_months(session, employee, found, own=True), asked)
    header = [
        gettext("Month"), gettext("For the month"), gettext("Account"), gettext("What"),
        gettext("Why"), gettext("Euro"), gettext("Hours"), gettext("Set aside, euro"),
        gettext("Set aside, hours"), gettext("On"), gettext("By"),
    ]  # fmt: skip
    rows = [
        _cells(line, account)
        for month in reversed(months)
        for account in month.accounts
        for line in account.lines
    ]
    write = {"csv": export.csv_response, "xlsx": export.xlsx_response}[ending]
    return write(f"statement-{employee.number}", header, rows)


def _cells(line: Line, account: AccountShown) -> list[export.Cell]:
    row = line.row
    euros = row.unit is Unit.EUR
    return [
        row.month,
        row.for_month,
        account.name,
        line.title,
        str(REASONS[row.reason][0]),
        Money(row.amount_minor) if euros else None,
        None if euros else Minutes(row.amount_minor),
        Money(row.held_minor) if euros and row.held_minor else None,
        Minutes(row.held_minor) if not euros and row.held_minor else None,
        row.happened_at,
        row.source,
    ]
