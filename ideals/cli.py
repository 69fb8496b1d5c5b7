"""The `flask` commands. Each starts what it needs when nothing runs, and stops it afterwards."""

from __future__ import annotations

import functools
import getpass
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, ParamSpec, TypeVar

import click
from celery import Celery
from flask import Flask
from flask.cli import AppGroup
from kombu.exceptions import OperationalError

from ideals import db, embedded
from ideals.access import commands as access
from ideals.approvals import rules as approval_rules
from ideals.approvals.commands import policies as policy_commands
from ideals.approvals.queries import policies as policy_queries
from ideals.approvals.queries.in_force import facts_of
from ideals.approvals.states import Kind as ApprovalKind
from ideals.budgets import commands as budgets
from ideals.budgets import queries as budget_queries
from ideals.budgets import schemas as budget_schemas
from ideals.budgets.states import StartedAs
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.kernel.errors import IdealsError
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.tabular import (
    CellWrong,
    FileUnusable,
    open_table,
    parse_decimal,
    parse_text,
)
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.errors import OpeningsRefused
from ideals.ledger.states import MonthState
from ideals.payroll import commands as payroll
from ideals.payroll import schemas as payroll_schemas
from ideals.payroll.states import FileKind
from ideals.people import commands as people
from ideals.people.rules import ImportReport
from ideals.schemes import commands as schemes
from ideals.schemes import queries as scheme_queries
from ideals.schemes.rules import checked
from ideals.seeds import commands as seeds
from ideals.seeds.loading import load as load_organisation
from ideals.shop import schemas as shop_schemas
from ideals.shop.commands import closing
from ideals.shop.queries import closing as closing_queries
from ideals.tax import rules as tax

P = ParamSpec("P")
R = TypeVar("R")

POLL_SECONDS = 0.2
AS_JSON = click.option("--json", "as_json", is_flag=True, help="For scripts.")
FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


class MonthParameter(click.ParamType[Month]):
    name = "month"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Month:
        if isinstance(value, Month):
            return value
        try:
            return Month.parse(value)
        except IdealsError as error:
            self.fail(error.message, param, ctx)


MONTH = click.argument("month", type=MonthParameter())


def here() -> Actor:
    """Whoever sits at this machine's command line."""
    return Actor(name=f"command line ({getpass.getuser()})")


@contextmanager
def refusals_shown() -> Iterator[None]:
    """A refusal is one line and exit code 1, not a traceback."""
    try:
        yield
    except IdealsError as error:
        raise click.ClickException(error.message) from None


@contextmanager
def database() -> Iterator[embedded.Servers]:
    """What the settings name, or what runs in this checkout, or servers for as long as it lasts."""
    settings = Settings.read()
    with embedded.borrowed(settings) as servers:
        if settings.database_url is None:
            embedded.migrate(servers.database_url)
        os.environ["DATABASE_URL"] = servers.database_url
        os.environ["REDIS_URL"] = servers.redis_url
        db.connect(servers.database_url)
        yield servers


def with_database(command: Callable[P, R]) -> Callable[P, R]:
    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with refusals_shown(), database():
            return command(*args, **kwargs)

    return run


@click.command("serve")
def serve() -> None:
    """Web, worker, schedule and relay, until Ctrl-C."""
    settings = Settings.read()
    sys.exit(embedded.serve(settings, port_fixed="PORT" in os.environ, ready=_ready))


def _ready(servers: embedded.Servers) -> Sequence[str]:
    """The demo people to print; on the first start they have to be made."""
    if not Settings.read().demo:
        return ()
    db.connect(servers.database_url)
    load_organisation("meridian", now=clock.now(), zone=Settings.read().zone)
    return demo_lines()


def demo_lines() -> list[str]:
    with unit_of_work() as session:
        people_to_be = seeds.demo_people(session)
    width = max((len(label) for label, _ in people_to_be), default=0)
    return [f"  {label:<{width}}  {email}" for label, email in people_to_be]


@click.command("migrate")
def migrate() -> None:
    """Bring the database's tables up to date."""
    with refusals_shown(), embedded.borrowed(Settings.read()) as servers:
        embedded.migrate(servers.database_url)


# --- schemes ----------------------------------------------------------------------------------

schemes_group = AppGroup("schemes", help="Scheme documents.")


@schemes_group.command("check")
@FILE
def check_scheme(file: Path) -> None:
    """Say every fault of a scheme document, with its path and what would be right."""
    with refusals_shown():
        scheme = checked(document(file))
    click.echo(f"{scheme.code} {scheme.version}: no faults")


@schemes_group.command("load")
@FILE
@with_database
def load_scheme(file: Path) -> None:
    """Publish a scheme document: once published, a version is never edited."""
    cmd = schemes.PublishScheme(document(file))
    with unit_of_work() as session:
        published = schemes.publish_scheme(session, cmd, actor=here(), now=clock.now())
    click.echo(f"{published.scheme} {published.version} is published")


@schemes_group.command("export")
@click.argument("code")
@click.option("--version", type=MonthParameter(), help="The newest one when not given.")
@with_database
def export_scheme(code: str, version: Month | None) -> None:
    """Write a published document as it was loaded."""
    with unit_of_work() as session:
        click.echo(scheme_queries.export(session, code, version), nl=False)


# --- rules of decisions -----------------------------------------------------------------------

policies_group = AppGroup("policies", help="Rules of decisions.")
KIND = click.argument("kind", type=click.Choice([kind.value for kind in ApprovalKind]))
ANY_DAY = click.option(
    "--any-day", is_flag=True, help="Also from a day that has come: to load a history."
)


@policies_group.command("check")
@FILE
def check_policy(file: Path) -> None:
    """Say every fault of a policy, with its path and what would be right."""
    text = document(file)
    # Whatever says no kind is refused for that, whichever facts it is given.
    facts = facts_of(approval_rules.kind_of(text) or ApprovalKind.ORDER)
    with refusals_shown():
        policy = approval_rules.checked(text, facts)
    click.echo(f"{policy.kind} from {policy.starts_on}: no faults")


@policies_group.command("load")
@FILE
@ANY_DAY
@with_database
def load_policy(file: Path, any_day: bool) -> None:
    """Publish a policy: once published, it is never edited."""
    cmd = policy_commands.PublishPolicy(document(file), from_any_day=any_day)
    with unit_of_work() as session:
        published = policy_commands.publish(session, cmd, actor=here(), now=clock.now())
    click.echo(f"{published.kind} from {published.starts_on} is published")


@policies_group.command("export")
@KIND
@click.option("--from", "day", type=click.DateTime(["%Y-%m-%d"]), help="The newest when not given.")
@with_database
def export_policy(kind: str, day: datetime | None) -> None:
    """Write a published policy as it was loaded; what is built in while none is."""
    starts_on = None if day is None else day.date()
    with unit_of_work() as session:
        click.echo(policy_queries.export(session, ApprovalKind(kind), starts_on), nl=False)


def document(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{file} is not UTF-8 text (byte {error.start}); save the document as UTF-8"
        ) from None


# --- people -----------------------------------------------------------------------------------

people_group = AppGroup("people", help="Employees and their facts.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Report only; change nothing.")
GOOD_ROWS = click.option("--only-good-rows", is_flag=True, help="Take the good rows, leave others.")


@people_group.command("import")
@FILE
@DRY_RUN
@GOOD_ROWS
@AS_JSON
@with_database
def import_people(file: Path, dry_run: bool, only_good_rows: bool, as_json: bool) -> None:
    """Employees and employments from CSV or XLSX."""
    with unit_of_work() as session:
        people.lock_facts(session, shared=True)
        cmd = people.ImportPeople(
            file,
            file.name,
            dry_run=dry_run,
            only_good_rows=only_good_rows,
            known_schemes=scheme_queries.scheme_codes(session),
            full_time_hours=scheme_queries.full_time_hours(session),
        )
        report = people.import_people(session, cmd, actor=here(), now=clock.now())
    show_report(report, as_json=as_json)


@people_group.command("pay")
@FILE
@DRY_RUN
@GOOD_ROWS
@AS_JSON
@with_database
def import_pay(file: Path, dry_run: bool, only_good_rows: bool, as_json: bool) -> None:
    """Pay elements of a month from CSV or XLSX."""
    cmd = people.ImportPay(file, file.name, dry_run=dry_run, only_good_rows=only_good_rows)
    with unit_of_work() as session:
        people.lock_facts(session, shared=True)
        report = people.import_pay(session, cmd, actor=here(), now=clock.now())
    show_report(report, as_json=as_json)


@people_group.command("leave")
@FILE
@DRY_RUN
@GOOD_ROWS
@AS_JSON
@with_database
def import_leave(file: Path, dry_run: bool, only_good_rows: bool, as_json: bool) -> None:
    """Leave planned and taken from CSV or XLSX."""
    cmd = people.ImportLeave(file, file.name, dry_run=dry_run, only_good_rows=only_good_rows)
    with unit_of_work() as session:
        people.lock_facts(session, shared=True)
        report = people.import_leave(session, cmd, actor=here(), now=clock.now())
    show_report(report, as_json=as_json)


def show_report(report: ImportReport, *, as_json: bool) -> None:
    """Counts and wrong rows; exit code 1 when rows are wrong and were not simply left out."""
    if as_json:
        click.echo(json.dumps(asdict(report), indent=2))
    else:
        for line in report.lines:
            if line.outcome == "wrong":
                click.echo(f"row {line.row}, {line.number or '?'}: {line.message}")
        click.echo(
            f"{report.rows} rows: {report.new} new, {report.changed} changed, "
            f"{report.unchanged} unchanged, {report.wrong} wrong"
        )
        click.echo("taken" if report.applied else "nothing was changed")
    if report.wrong and not report.applied:
        raise SystemExit(1)


# --- budgets ----------------------------------------------------------------------------------

budgets_group = AppGroup("budgets", help="Allocation runs and budgets.")


@budgets_group.command("allocate")
@MONTH
@click.option("--wait", is_flag=True, help="Follow the run to its end.")
@click.option("--look", is_flag=True, help="Show what would be posted; post nothing.")
@AS_JSON
@with_database
def allocate(month: Month, wait: bool, look: bool, as_json: bool) -> None:
    """Bring every employee's budget of MONTH to what the scheme says it must be."""
    with unit_of_work() as session:
        cmd = budgets.StartRuns(month, look, StartedAs.COMMAND)
        runs = budgets.start_runs(session, cmd, actor=here(), now=clock.now())
        ids = [run.id for run in runs]
    alone = not a_worker_lives()
    with brought_worker() if alone else nullcontext():
        if wait or look or alone:
            follow(ids, quiet=as_json)
    with unit_of_work() as session:
        views = [budget_queries.run_view(session, run_id) for run_id in ids]
    if as_json:
        click.echo(json.dumps([budget_schemas.RunOut().dump(view) for view in views], indent=2))
    else:
        for view in views:
            click.echo(budget_schemas.run_in_words(view))
    if any(view.state == "failed" for view in views):
        raise SystemExit(1)


@budgets_group.command("show")
@click.argument("number")
@MONTH
@AS_JSON
@with_database
def show_budget(number: str, month: Month, as_json: bool) -> None:
    """One employee's budget of MONTH."""
    with unit_of_work() as session:
        employee = budget_queries.employee_of(session, number)
        budget = budget_queries.budget_of(session, employee.id, month)
    out = budget_schemas.BudgetOut().dump(budget)
    if as_json:
        click.echo(json.dumps(out, indent=2))
        return
    for part in out["components"]:
        click.echo(f"{part['code']:<30}{part['amount']:>14}")
    for key in ("allocated", "posted_elsewhere", "carried", "held", "spent", "available", "owed"):
        click.echo(f"{key.replace('_', ' '):<30}{out[key]:>14}")


def a_worker_lives() -> bool:
    try:
        return bool(Celery(broker=Settings.read().broker_url).control.ping(timeout=1.0))
    except OperationalError as error:
        raise click.ClickException(f"Redis does not answer: {error}") from None


@contextmanager
def brought_worker() -> Iterator[None]:
    """A worker and a relay of our own, for as long as the block lasts."""
    settings = Settings.read()
    assert settings.database_url and settings.redis_url  # noqa: S101  set by `database()`
    servers = embedded.Servers(settings.database_url, settings.redis_url)
    parts = [embedded.part("worker"), embedded.part("relay")]
    with embedded.running(parts, servers, settings):
        yield


def follow(run_ids: list[int], *, quiet: bool) -> None:
    """A bar over the employees of all these runs, until none is unfinished."""
    progress = _progress(run_ids)
    while progress.planning:
        time.sleep(POLL_SECONDS)
        progress = _progress(run_ids)
    length = max(progress.employees, 1)
    with click.progressbar(
        length=length, label="employees", file=sys.stderr, hidden=quiet, show_pos=True
    ) as bar:
        shown = 0
        while progress.unfinished:
            bar.update(progress.done - shown)
            shown = progress.done
            time.sleep(POLL_SECONDS)
            progress = _progress(run_ids)
        bar.update(length - shown)


def _progress(run_ids: list[int]) -> budget_queries.Progress:
    with unit_of_work() as session:
        return budget_queries.progress(session, run_ids)


# --- shop -------------------------------------------------------------------------------------

shop_group = AppGroup("shop", help="What people choose, month by month.")


@shop_group.command("close")
@MONTH
@click.option("--early", default="", help="Why, when the last day to order has not passed yet.")
@AS_JSON
@with_database
def close_month(month: Month, early: str, as_json: bool) -> None:
    """Close MONTH: decide what is pending, pay what is left, settle leavers, and seal it."""
    settings = Settings.read()
    with unit_of_work() as session:
        cmd = closing.CloseMonth(month, StartedAs.COMMAND, early)
        runs = closing.close_month(session, cmd, actor=here(), now=clock.now(), zone=settings.zone)
        ids = [run.id for run in runs]
    with nullcontext() if a_worker_lives() else brought_worker():
        follow(ids, quiet=as_json)
        while (view := _month_view(month)).state is not MonthState.SEALED:
            time.sleep(POLL_SECONDS)
    if as_json:
        click.echo(json.dumps(shop_schemas.MonthOut().dump(view), indent=2))
    else:
        click.echo(shop_schemas.month_in_words(view))


def _month_view(month: Month) -> closing_queries.MonthView:
    today = clock.now().astimezone(Settings.read().zone).date()
    with unit_of_work() as session:
        return closing_queries.month_view(session, month, today)


# --- ledger -----------------------------------------------------------------------------------

ledger_group = AppGroup("ledger", help="The ledger.")


@ledger_group.command("prove")
@AS_JSON
@with_database
def prove(as_json: bool) -> None:
    """Recompute every balance and every total; name each difference."""
    with unit_of_work() as session:
        differences = ledger_queries.prove(session)
    if as_json:
        click.echo(json.dumps([asdict(found) for found in differences], indent=2))
    else:
        for found in differences:
            click.echo(f"{found.what}: expected {found.expected}, found {found.found}")
        click.echo(f"{len(differences)} differences" if differences else "no difference")
    if differences:
        raise SystemExit(1)


@ledger_group.command("open")
@FILE
@MONTH
@with_database
def open_balances(file: Path, month: Month) -> None:
    """Opening balances from CSV or XLSX (`number, account, amount`), booked in MONTH."""
    with unit_of_work() as session:
        actor, now = here(), clock.now()
        ledger.open_months(session, ledger.OpenMonths(month, month), actor=actor, now=now)
        cmd = ledger.PostOpenings(month, tuple(openings_in(file)))
        try:
            posted = ledger.post_openings(session, cmd, actor=actor, now=now)
        except OpeningsRefused as refused:
            for wrong in refused.data["rows"]:
                click.echo(f"row {wrong['row']}: {wrong['fault']}")
            raise
    click.echo(f"{posted.new} opening balances posted, {posted.unchanged} were there already")


def openings_in(file: Path) -> Iterator[ledger.Opening]:
    """Raises `FileUnusable` for the file, `CellWrong` with the row for a cell."""
    with open_table(file) as table:
        if missing := {"number", "account", "amount"} - set(table.header):
            raise FileUnusable(f"{file.name} has no column {', '.join(sorted(missing))}")
        for row in table.rows:
            cells = dict(zip(table.header, row.cells, strict=True))
            try:
                yield ledger.Opening(
                    row.number,
                    parse_text(cells["number"]),
                    parse_text(cells["account"]),
                    parse_decimal(cells["amount"]),
                )
            except CellWrong as wrong:
                raise CellWrong(f"row {row.number}: {wrong.message}") from None


# --- tax --------------------------------------------------------------------------------------

tax_group = AppGroup("tax", help="What is left net.")


# Unknown options are amounts: -5 is a wrong wage, and is told so.
@tax_group.command("month", context_settings={"ignore_unknown_options": True})
@click.argument("year", type=int)
@click.argument("amounts", metavar="GROSS...", nargs=-1, required=True)
@AS_JSON
def tax_of_month(year: int, amounts: tuple[str, ...], as_json: bool) -> None:
    """Wage tax of the month for each GROSS, by the monthly table with wage-tax credit."""
    with refusals_shown():
        answers = [tax.net_of_month(year, Money.parse(text).minor) for text in amounts]
    rows = [
        {
            "gross": str(Money(net.gross_minor)),
            "tax": str(Money(net.tax_minor)),
            "net": str(Money(net.net_minor)),
        }
        for net in answers
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(answers[0].table.words)
    for cells in (list(rows[0]), *(list(row.values()) for row in rows)):
        click.echo("".join(f"{cell:>14}" for cell in cells))


# --- payroll ----------------------------------------------------------------------------------

payroll_group = AppGroup("payroll", help="Batches of sealed months, and bonuses.")


@payroll_group.command("batch")
@MONTH
@with_database
def make_batch(month: Month) -> None:
    """Make the batch of a sealed MONTH, as a job does by itself; made before, it stays."""
    with unit_of_work() as session:
        cmd = payroll.MakeBatch(month)
        batch = payroll.make_batch(session, cmd, actor=here(), now=clock.now())
    click.echo(f"{batch.month}: {batch.line_count} lines, sha256 {batch.digest}")


@payroll_group.command("export")
@MONTH
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="A file that ends in .csv, .xlsx or .json.",
)
@with_database
def export_batch(month: Month, out: Path) -> None:
    """Write the batch of a sealed MONTH to a file; again, it is the same bytes."""
    kind = file_kind(out)
    with unit_of_work() as session:
        payroll.make_batch(session, payroll.MakeBatch(month), actor=here(), now=clock.now())
    with unit_of_work() as session, replacing(out) as file:
        actor = Actor(here().name, roles=frozenset({Role.PAYROLL}))
        cmd = payroll.NoteExport(month, kind)
        batch = payroll.note_export(session, cmd, actor=actor, now=clock.now())
        payroll_schemas.write_batch(session, batch, kind, file)
    click.echo(f"{out}: {batch.line_count} lines of {batch.month}, batch {batch.digest}")


def file_kind(out: Path) -> FileKind:
    try:
        return FileKind(out.suffix.lower().removeprefix("."))
    except ValueError:
        kinds = ", ".join(f".{kind}" for kind in FileKind)
        raise click.ClickException(f"{out} must end in one of {kinds}") from None


@contextmanager
def replacing(out: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of `out` when it is whole, and is gone when it is not."""
    with NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
        made = Path(file.name)
        try:
            yield file
        except BaseException:
            made.unlink()
            raise
    made.replace(out)


@payroll_group.command("bonus")
@FILE
@DRY_RUN
@AS_JSON
@with_database
def upload_bonuses(file: Path, dry_run: bool, as_json: bool) -> None:
    """Performance bonuses from CSV or XLSX (`number, month, amount`)."""
    cmd = payroll.UploadBonuses(file, file.name, dry_run)
    with unit_of_work() as session:
        report = payroll.upload_bonuses(session, cmd, actor=here(), now=clock.now())
    show_rows(report, as_json=as_json)
    if not as_json:
        counts = f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged"
        click.echo(f"{report.rows} rows: {counts}, {len(report.faults)} wrong")
        click.echo("taken" if report.applied else "nothing was changed")
    if report.faults:
        raise SystemExit(1)


@payroll_group.command("refusals")
@MONTH
@FILE
@AS_JSON
@with_database
def take_refusals(month: Month, file: Path, as_json: bool) -> None:
    """Lines of MONTH that payroll sent back (`number, code, amount?, reason`): tasks for HR."""
    actor = Actor(here().name, roles=frozenset({Role.PAYROLL}))
    cmd = payroll.TakeRefusals(month, file, file.name)
    with unit_of_work() as session:
        report = payroll.take_refusals(session, cmd, actor=actor, now=clock.now())
    show_rows(report, as_json=as_json)
    if not as_json:
        click.echo(
            f"{report.rows} rows: {report.new} new tasks for HR, {report.known} sent back before, "
            f"{len(report.faults)} fit no line"
        )
    if report.faults:
        raise SystemExit(1)


def show_rows(report: payroll.BonusReport | payroll.RefusalReport, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(report), indent=2, default=str))
        return
    for fault in report.faults:
        click.echo(f"row {fault.row}, {fault.number or '?'}: {fault.message}")


# --- seeds and access -------------------------------------------------------------------------

seeds_group = AppGroup("seeds", help="Demo organisations.")


@seeds_group.command("load")
@click.argument("name")
@click.option("--employees", type=click.IntRange(min=1), help="For `large`.")
@click.option("--history", type=click.IntRange(min=0), default=0, help="For `large`, in months.")
@with_database
def load_seeds(name: str, employees: int | None, history: int) -> None:
    """A demo organisation: `meridian`, or `large` with --employees N."""
    alone = name == "meridian" and not a_worker_lives()
    with brought_worker() if alone else nullcontext():
        load_organisation(
            name,
            employees=employees,
            history=history,
            now=clock.now(),
            zone=Settings.read().zone,
        )
    for line in demo_lines():
        click.echo(line)


access_group = AppGroup("access", help="Users and tokens.")
ROLES = ("employee", *(role.value for role in Role))


@access_group.command("invite")
@click.argument("email")
@click.option("--role", "names", type=click.Choice(ROLES), multiple=True, required=True)
@with_database
def invite(email: str, names: tuple[str, ...]) -> None:
    """Invite a user: prints the address where they choose a password."""
    settings = Settings.read()
    roles = frozenset(Role(name) for name in names if name != "employee")
    with unit_of_work() as session:
        cmd = access.Invite(email, roles)
        token = access.invite(session, cmd, actor=here(), now=clock.now())
    site = embedded.is_served(settings) or f"http://{settings.host}:{settings.port}"
    click.echo(f"{site}/invitation/{token}")


@access_group.command("token")
@click.argument("email")
@click.option("--name", default="script", show_default=True, help="What it is for.")
@with_database
def token(email: str, name: str) -> None:
    """An API token of this user, shown once."""
    with unit_of_work() as session:
        cmd = access.IssueToken(email, name)
        click.echo(access.issue_token(session, cmd, actor=here(), now=clock.now()))


def register(app: Flask) -> None:
    for command in (serve, migrate):
        app.cli.add_command(command)
    for group in (
        schemes_group, policies_group, people_group, budgets_group, shop_group, payroll_group,
        ledger_group, tax_group, seeds_group, access_group,
    ):  # fmt: skip
        app.cli.add_command(group)
