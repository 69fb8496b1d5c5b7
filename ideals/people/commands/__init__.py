"""Taking in the files that HR sends.

A file is read row by row and copied into a temporary table, so that its size costs no memory;
everything that concerns more than one row, and the comparison with what is known, is then asked
of the database in sets. The statements are in `staging`, which also defines their words.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import delete, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ideals import audit
from ideals.db import driver
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.kernel.tabular import FileUnusable, open_table
from ideals.outbox import announce
from ideals.people import policy, queries, rules, staging
from ideals.people.errors import ImportBusy, ImportMovedOn, ImportUnknown
from ideals.people.models import ColumnMapping, Import, ImportLine, ImportProgress
from ideals.people.rules import ImportReport, Reading, ReportLine, Surroundings, naming
from ideals.people.rules.naming import Columns
from ideals.people.states import ImportState, Kind, Outcome, Stage

MOST_LINES = 1000
"""Lines of a report of each kind, the wrong ones and the others, unless more are asked for."""
MOST_NEW_UNITS = 100
AT_ONCE = 256 * 1024
"""Bytes of a file that is read while its sender waits; a larger one is left to a worker."""
KEPT_FOR = timedelta(days=1)
"""How long a file that was only looked at can still be taken without sending it again."""
MOST_LINES_TO_MEND = 5000
"""Lines of the report of a file sent on the page, where people mend it from the report."""
TELL_EVERY = 1000
"""Rows between two words about how far the reading is."""
RUN_IMPORT = "people.import"
"""Name of the outbox message, and of the task, that reads a waiting file."""
LEAVE_CHANGED = "people.leave_changed"
"""Name of the outbox messages, and of the task, for rows of leave that a file added: from
`first_id` through `last_id`."""
LEAVE_AT_ONCE = 2000
"""Rows of leave in one such message."""

_LOCKS = 7002
_FACTS, _IMPORTS = 1, 2


Told = Callable[[Stage, int], None]
"""Hears how far an import is: the stage, and the rows it is through."""


def _nobody(_stage: Stage, _rows: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class _ImportFile:
    """`source`: a path, or a seekable binary stream.

    `columns`: which column is which, where the file has other names than ours.
    """

    source: Path | BinaryIO
    file_name: str
    dry_run: bool = False
    only_good_rows: bool = False
    most_lines: int = MOST_LINES
    columns: Columns | None = None
    told: Told = _nobody


@dataclass(frozen=True, slots=True)
class ImportPeople(_ImportFile):
    """`None` for what is not to be checked."""

    known_schemes: Collection[str] | None = None
    full_time_hours: Mapping[str, Decimal] | None = None


@dataclass(frozen=True, slots=True)
class ImportPay(_ImportFile):
    """Pay elements of months."""


@dataclass(frozen=True, slots=True)
class ImportLeave(_ImportFile):
    """Leave planned and taken."""


@dataclass(frozen=True, slots=True)
class StartImport:
    """A file handed in whole, as an upload is."""

    kind: Kind
    file_name: str
    content: bytes
    dry_run: bool = False
    only_good_rows: bool = False


@dataclass(frozen=True, slots=True)
class HandIn:
    """A file sent on the page. The id is made with the form, so that sending twice is once.

    It is looked at and kept for `KEPT_FOR`; `at_once` takes it when every row is right.
    """

    import_id: UUID
    kind: Kind
    file_name: str
    content: bytes
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class NameColumns:
    import_id: UUID
    columns: Columns


@dataclass(frozen=True, slots=True)
class TakeImport:
    """Take what was only looked at, or was refused, from the content that was kept."""

    import_id: UUID
    only_good_rows: bool = False


@dataclass(frozen=True, slots=True)
class RunImport:
    import_id: UUID
    told: Told = _nobody


@dataclass(frozen=True, slots=True)
class NoteProgress:
    import_id: UUID
    stage: Stage
    rows: int


def lock_facts(session: Session, *, shared: bool) -> None:
    """Until the commit: writers of facts hold it shared, whoever plans a run alone.

    Take it first and read the clock afterwards: then what was recorded before a moment is what a
    reader saw at that moment. Raises `ImportBusy` after waiting as long as locks may.
    """
    take = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    _lock(session, take, _FACTS)


def hold_facts_still(session: Session) -> bool:
    """Until the commit nobody learns facts; `False` when somebody is about it just now.

    For a look at what changed since the last one, which must not pass by what is not committed yet.
    """
    taken = text("SELECT pg_try_advisory_xact_lock(:space, :which)")
    return bool(session.scalar(taken, {"space": _LOCKS, "which": _FACTS}))


def import_people(
    session: Session, cmd: ImportPeople, *, actor: Actor, now: datetime
) -> ImportReport:
    """Take employments from a people file; see the module and docs/files.md.

    With a wrong row nothing is taken, unless `only_good_rows`. A dry run writes nothing. Raises
    `FileUnusable` (its kind `ColumnsWrong`) for a file that cannot be read at all, `ImportBusy`.
    """
    around = Surroundings(cmd.known_schemes, cmd.full_time_hours)
    return _import(session, _PEOPLE, cmd, around, actor=actor, now=now)


def import_pay(session: Session, cmd: ImportPay, *, actor: Actor, now: datetime) -> ImportReport:
    """Take pay elements of months from a pay file. Answers and raises as `import_people` does."""
    return _import(session, _PAY, cmd, Surroundings(), actor=actor, now=now)


def import_leave(
    session: Session, cmd: ImportLeave, *, actor: Actor, now: datetime
) -> ImportReport:
    """Take leave planned and taken from a leave file. Answers and raises as `import_people` does.

    What it adds is announced as `LEAVE_CHANGED`.
    """
    return _import(session, _LEAVE, cmd, Surroundings(), actor=actor, now=now)


# Waiting imports


def start_import(session: Session, cmd: StartImport, *, actor: Actor, now: datetime) -> Import:
    """Take in a file that was handed in: a small one is read at once, a large one by a worker."""
    started = Import(
        id=new_id(),
        kind=cmd.kind,
        file_name=cmd.file_name[: rules.LONGEST_FILE_NAME],
        dry_run=cmd.dry_run,
        only_good_rows=cmd.only_good_rows,
        state=ImportState.WAITING,
        content=cmd.content,
        actor=actor.name,
        actor_user_id=actor.user_id,
        created_at=now,
    )
    session.add(started)
    session.flush()  # reason: it is locked like any other that waits
    _read_or_queue(session, started, cmd.content, now)
    return started


def hand_in(session: Session, cmd: HandIn, *, actor: Actor, now: datetime) -> Import:
    """Take in a file sent on the page: read it, or ask first which column is which.

    The same id again answers with what the first one made. Raises `FileUnusable` for what is no
    table at all: nothing is kept of that.
    """
    header = _header(cmd.content)
    columns = None
    if not naming.are_ours(cmd.kind, header):
        columns = queries.remembered_columns(session, cmd.kind, header)
    named = columns is not None or naming.are_ours(cmd.kind, header)
    made = session.scalar(
        insert(Import)
        .values(
            id=cmd.import_id,
            kind=cmd.kind,
            file_name=cmd.file_name[: rules.LONGEST_FILE_NAME],
            dry_run=not cmd.at_once,
            only_good_rows=False,
            state=ImportState.WAITING if named else ImportState.NAMING,
            content=cmd.content,
            columns=columns.stored() if columns else None,
            keep_until=now + KEPT_FOR,
            actor=actor.name,
            actor_user_id=actor.user_id,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(Import.id)
    )
    handed_in = queries.access_import(session, cmd.import_id, actor=actor)
    if made is not None and named:
        _read_or_queue(session, handed_in, cmd.content, now)
    return handed_in


def name_columns(session: Session, cmd: NameColumns, *, actor: Actor, now: datetime) -> Import:
    """Say which column is which, remember it for such files, and look at the file again.

    Raises `ImportUnknown`, `ImportMovedOn`, `ColumnsUnnamed`.
    """
    found = _kept(session, cmd.import_id, actor, now)
    content = found.content or b""
    header = _header(content)
    naming.check_columns(Kind(found.kind), header, cmd.columns)
    remembered = {
        "columns": cmd.columns.to_remember().stored(),
        "actor": actor.name,
        "actor_user_id": actor.user_id,
        "noted_at": now,
    }
    session.execute(
        insert(ColumnMapping)
        .values(kind=found.kind, headers_digest=naming.headers_digest(header), **remembered)
        .on_conflict_do_update(index_elements=["kind", "headers_digest"], set_=remembered)
    )
    if found.state != ImportState.NAMING:
        found.dry_run = True  # it has been looked at under other names: so it is looked at first
    found.columns = cmd.columns.stored()
    found.state = ImportState.WAITING
    _read_or_queue(session, found, content, now)
    return found


def take_import(session: Session, cmd: TakeImport, *, actor: Actor, now: datetime) -> Import:
    """Take in what was looked at. What is being taken already, or was, is left as it is.

    Raises `ImportUnknown`, and `ImportMovedOn` when the file is no longer kept.
    """
    seen = queries.access_import(session, cmd.import_id, actor=actor)
    if not seen.dry_run and seen.state in (ImportState.WAITING, ImportState.APPLIED):
        return seen
    found = _kept(session, cmd.import_id, actor, now)
    if found.state == ImportState.NAMING:
        raise ImportMovedOn(found.state)
    found.dry_run, found.only_good_rows = False, cmd.only_good_rows
    found.taken_by, found.taken_by_user_id = actor.name, actor.user_id
    found.state = ImportState.WAITING
    _read_or_queue(session, found, found.content or b"", now)
    return found


def note_progress(
    session: Session,
    cmd: NoteProgress,
    *,
    actor: Actor,  # noqa: ARG001 - the sender acts, not the worker
    now: datetime,
) -> None:
    """Tell those who look how far it is, beside the transaction that reads the file."""
    session.execute(
        update(ImportProgress)
        .where(ImportProgress.import_id == cmd.import_id)
        .values(stage=cmd.stage, rows=cmd.rows, noted_at=now)
    )


def forget_files(session: Session, *, actor: Actor, now: datetime) -> int:  # noqa: ARG001
    """Let go of the contents that nobody took in time; how many there were."""
    kept = Import.keep_until < now
    unnamed = session.execute(
        update(Import)
        .where(kept, Import.state == ImportState.NAMING)
        .values(
            state=ImportState.FAILED,
            content=None,
            finished_at=now,
            message="Nobody said within a day which column is which; send the file again",
        )
    )
    looked_at = session.execute(
        update(Import)
        .where(
            kept,
            Import.content.is_not(None),
            Import.state.in_((ImportState.CHECKED, ImportState.REFUSED)),
        )
        .values(content=None)
    )
    return sum(result.rowcount for result in (unnamed, looked_at))  # type: ignore[attr-defined]


def _header(content: bytes) -> tuple[str, ...]:
    with open_table(io.BytesIO(content)) as table:
        return table.header


def _kept(session: Session, import_id: UUID, actor: Actor, now: datetime) -> Import:
    """The import, locked, if its content is still there and nobody is at work on it."""
    if not policy.may_import(actor):
        raise ImportUnknown
    found = session.get(
        Import, import_id, with_for_update={"skip_locked": True}, populate_existing=True
    )
    if found is None:
        raise ImportMovedOn(queries.access_import(session, import_id, actor=actor).state)
    waiting = found.state == ImportState.WAITING
    if waiting or found.keep_until is None or found.keep_until < now or found.content is None:
        raise ImportMovedOn(found.state)
    return found


def _read_or_queue(session: Session, waiting: Import, content: bytes, now: datetime) -> None:
    """A small file is read now, unless another import is at work; else a worker reads it."""
    session.flush()  # reason: it is locked below like any other that waits
    if len(content) <= AT_ONCE and _try_lock_imports(session):
        run_import(session, RunImport(waiting.id), actor=Actor(waiting.actor), now=now)
        return
    begun = {
        "stage": Stage.QUEUED,
        "rows": 0,
        "of_rows": _rows_of(content),
        "noted_at": now,
    }
    session.execute(
        insert(ImportProgress)
        .values(import_id=waiting.id, **begun)
        .on_conflict_do_update(index_elements=["import_id"], set_=begun)
    )
    announce(session, RUN_IMPORT, import_id=str(waiting.id))


def _rows_of(content: bytes) -> int | None:
    """About how many rows a text file has; a workbook does not tell before it is read."""
    if content.startswith(b"PK"):
        return None
    return max(content.count(b"\n") - 1, 1)


def run_import(
    session: Session,
    cmd: RunImport,
    *,
    actor: Actor,  # noqa: ARG001 - the sender acts, not the worker
    now: datetime,
) -> None:
    """Read a waiting file, once: an import that is no longer waiting is left as it is.

    What it writes is in the name of who sent the file. Raises `ImportUnknown`, `ImportBusy`.
    """
    _lock_imports(session)
    # Not the key: who tells how far it is refers to this row meanwhile.
    waiting = session.get(Import, cmd.import_id, with_for_update={"key_share": True})
    if waiting is None:
        raise ImportUnknown
    if waiting.state != ImportState.WAITING or waiting.content is None:
        return
    is_kept = waiting.keep_until is not None
    # What an earlier look found is not what is found now.
    session.execute(delete(ImportLine).where(ImportLine.import_id == cmd.import_id))
    try:
        with session.begin_nested():
            report = _import_waiting(session, waiting, cmd.told, now)
    except FileUnusable as error:
        waiting.state, waiting.message = ImportState.FAILED, error.message
    else:
        waiting.state = _state_after(report)
        waiting.report = {
            key: value for key, value in asdict(report).items() if key in _KEPT_COUNTS
        }
        session.add_all(
            ImportLine(import_id=cmd.import_id, position=position, **asdict(line))
            for position, line in enumerate(report.lines)
        )
    if not is_kept or waiting.state not in (ImportState.CHECKED, ImportState.REFUSED):
        waiting.content = None  # salaries are kept no longer than they are needed
    waiting.finished_at = now


_KEPT_COUNTS = (
    "applied",
    "rows",
    "new",
    "changed",
    "unchanged",
    "wrong",
    "new_employees",
    "fact_changes",
    "new_units",
)


def _import_waiting(session: Session, waiting: Import, told: Told, now: datetime) -> ImportReport:
    taker = Actor(waiting.actor, waiting.actor_user_id)
    if waiting.taken_by is not None:
        taker = Actor(waiting.taken_by, waiting.taken_by_user_id)
    options: dict[str, Any] = {
        "source": io.BytesIO(waiting.content or b""),
        "file_name": waiting.file_name,
        "dry_run": waiting.dry_run,
        "only_good_rows": waiting.only_good_rows,
        "most_lines": MOST_LINES if waiting.keep_until is None else MOST_LINES_TO_MEND,
        "columns": None if waiting.columns is None else Columns.read(waiting.columns),
        "told": told,
    }
    match Kind(waiting.kind):
        case Kind.PEOPLE:
            around = queries.surroundings(session)
            options |= {"known_schemes": around.schemes, "full_time_hours": around.full_time_hours}
            return import_people(session, ImportPeople(**options), actor=taker, now=now)
        case Kind.PAY:
            return import_pay(session, ImportPay(**options), actor=taker, now=now)
        case Kind.LEAVE:
            return import_leave(session, ImportLeave(**options), actor=taker, now=now)


def _state_after(report: ImportReport) -> ImportState:
    if report.dry_run:
        return ImportState.CHECKED
    return ImportState.APPLIED if report.applied else ImportState.REFUSED


# Reading into the stage

Record = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Steps:
    """What the kinds of file do each in their own way.

    `record`: a row as `source` stages it. `compare`: with what is known, and find the faults that
    only show then. `apply`: write it.
    """

    source: staging.Source
    record: Callable[[int, Reading], Record]
    compare: Callable[[Session, Collection[str]], None]
    apply: Callable[[Session, datetime], None]


def _import(
    session: Session,
    steps: _Steps,
    cmd: _ImportFile,
    around: Surroundings,
    *,
    actor: Actor,
    now: datetime,
) -> ImportReport:
    kind = steps.source.kind
    _lock_imports(session)
    with open_table(cmd.source) as file:
        table = naming.renamed(file, cmd.columns)
        rules.check_header(kind, table.header)
        records = (
            steps.record(row.number, rules.read_row(kind, row, table.header, around))
            for row in table.rows
        )
        _stage(session, steps.source, records, cmd.told)
    steps.compare(session, table.header)
    return _finish(session, steps, cmd, actor=actor, now=now)


def _stage(session: Session, source: staging.Source, records: Iterator[Record], told: Told) -> None:
    session.flush()  # reason: what the caller added is known to the comparison below
    _run(session, source.stage)
    count = 0
    with driver(session).cursor() as cursor, cursor.copy(source.copy.encode()) as copy:
        for count, record in enumerate(records, start=1):
            copy.write_row(record)
            if count % TELL_EVERY == 0:
                told(Stage.READING, count)
    told(Stage.COMPARING, count)
    _run(session, staging.STAGED)


def _person_record(row: int, reading: Reading) -> Record:
    values = reading.values
    number = values.get("number")
    if reading.faults:
        return (row, _faults(reading), number, None, None) + (None,) * len(staging.PEOPLE_COLUMNS)
    allowances = json.dumps(reading.allowances)
    return (
        row,
        None,
        number,
        rules.sort_key(values["name"]),
        allowances,
        *[values.get(column) for column in staging.PEOPLE_COLUMNS],
    )


def _pay_record(row: int, reading: Reading) -> Record:
    values = reading.values
    if reading.faults:
        return (row, _faults(reading), values.get("number"), None, None, None)
    return (
        row,
        None,
        values["number"],
        values["month"].number,
        values["code"],
        values["amount"],
    )


def _leave_record(row: int, reading: Reading) -> Record:
    values = reading.values
    if reading.faults:
        return (row, _faults(reading), values.get("number"), None, None, None, None)
    return (row, None, *(values[column] for column in rules.LEAVE_REQUIRED))


def _faults(reading: Reading) -> str:
    return json.dumps([asdict(fault) for fault in reading.faults])


# People


def _compare_people(session: Session, header: Collection[str]) -> None:
    _run(session, staging.people_next(header), codes=rules.allowance_codes(header))
    _run(session, staging.INDEXED)
    for statement in (
        staging.REPEATED,
        staging.GOES_ON,
        staging.ORDER_AFTER_COMPLETING,
        staging.MARK_WRONG,
    ):
        _run(session, statement)
    # A row that falls may take the only row of a manager, or free an address: look until none does.
    while True:
        _run(session, staging.LAST)
        _run(session, staging.MANAGER_UNKNOWN)
        _run(session, staging.EMAIL_TAKEN)
        _find_circles(session)
        if not _run(session, staging.MARK_WRONG):
            return


def _find_circles(session: Session) -> None:
    _run(session, staging.REPORTING_LINES)
    without_top = session.execute(text(staging.WITHOUT_TOP)).all()
    for circle in rules.circles({row.number: row.manager_number for row in without_top}):
        shown = ", ".join([*circle[:10], circle[0]])
        message = f"Managers go in a circle ({shown}); correct one of them"
        _run(session, staging.CIRCLE_FAULT, numbers=circle, message=message)


def _apply_people(session: Session, now: datetime) -> None:
    for depth in range(1, rules.DEEPEST_UNIT + 1):
        _run(session, staging.ADD_UNITS, depth=depth)
    _run(session, staging.FREE_EMAILS)
    _run(session, staging.ADD_EMPLOYEES, now=now)
    _run(session, staging.UPDATE_EMPLOYEES)
    for statement in (staging.SUPERSEDE, staging.ADD_EMPLOYMENTS, staging.FACT_CHANGES):
        _run(session, statement, now=now)


_PEOPLE = _Steps(staging.PEOPLE, _person_record, _compare_people, _apply_people)


# Pay


def _compare_pay(session: Session, _header: Collection[str]) -> None:
    for statement in (
        staging.PAY_NEXT,
        staging.NUMBER_UNKNOWN,
        staging.PAY_REPEATED,
        staging.MARK_WRONG,
    ):
        _run(session, statement)


def _apply_pay(session: Session, now: datetime) -> None:
    for statement in (staging.PAY_SUPERSEDE, staging.PAY_ADD, staging.PAY_FACT_CHANGES):
        _run(session, statement, now=now)


_PAY = _Steps(staging.PAY, _pay_record, _compare_pay, _apply_pay)


# Leave


def _compare_leave(session: Session, _header: Collection[str]) -> None:
    for statement in (
        staging.LEAVE_NEXT,
        staging.NUMBER_UNKNOWN,
        staging.ID_OF_ANOTHER,
        staging.LEAVE_REPEATED,
        staging.MARK_WRONG,
    ):
        _run(session, statement)


def _apply_leave(session: Session, now: datetime) -> None:
    _run(session, staging.LEAVE_SUPERSEDE, now=now)
    first, last = session.execute(text(staging.LEAVE_ADD), {"now": now}).one()
    if first is None:
        return
    for start in range(first, last + 1, LEAVE_AT_ONCE):
        end = min(start + LEAVE_AT_ONCE - 1, last)
        announce(session, LEAVE_CHANGED, first_id=start, last_id=end)


_LEAVE = _Steps(staging.LEAVE, _leave_record, _compare_leave, _apply_leave)


# The end of all: the report, and the writing


def _finish(
    session: Session, steps: _Steps, cmd: _ImportFile, *, actor: Actor, now: datetime
) -> ImportReport:
    source = steps.source
    if source.kind == Kind.PEOPLE:
        _run(session, staging.NEW_PATHS)
    report = _report(session, source, cmd)
    if report.applied:
        cmd.told(Stage.WRITING, report.rows)
        steps.apply(session, now)
        audit.record(
            session,
            f"people.{source.kind}_imported",
            f"file:{cmd.file_name}",
            actor=actor,
            now=now,
            rows=report.rows,
            new=report.new,
            changed=report.changed,
            unchanged=report.unchanged,
            wrong=report.wrong,
            only_good_rows=cmd.only_good_rows,
        )
        if source.kind == Kind.PEOPLE:
            audit.record_each(
                session,
                "people.facts_changed",
                staging.CHANGED_FACTS,
                actor=actor,
                now=now,
                file=cmd.file_name,
                told=list(staging.TOLD),
            )
        session.expire_all()  # names, addresses and supersessions were written past the session
    return report


def _report(session: Session, source: staging.Source, cmd: _ImportFile) -> ImportReport:
    rows: int = session.execute(text("SELECT count(*) FROM people_stage")).scalar_one()
    if rows == 0:
        raise FileUnusable("The file has the names of columns but no rows below them")
    outcomes = staging.outcomes(source)
    counts = _counts(session, outcomes)
    wrong = rows - sum(counts.get(o, 0) for o in (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED))
    return ImportReport(
        kind=source.kind,
        file_name=cmd.file_name,
        dry_run=cmd.dry_run,
        applied=not cmd.dry_run and (wrong == 0 or cmd.only_good_rows),
        rows=rows,
        new=counts.get(Outcome.NEW, 0),
        changed=counts.get(Outcome.CHANGED, 0),
        unchanged=counts.get(Outcome.UNCHANGED, 0),
        wrong=wrong,
        new_employees=session.execute(text(source.new_employees)).scalar_one(),
        fact_changes=session.execute(text(source.fact_changes)).scalar_one(),
        new_units=_new_units(session) if source.kind == Kind.PEOPLE else (),
        lines=(*_wrong_lines(session, cmd.most_lines), *_lines(session, outcomes, cmd.most_lines)),
    )


def _counts(session: Session, outcomes: str) -> dict[str, int]:
    counted = text(f"SELECT outcome, count(*) FROM ({outcomes}) o GROUP BY outcome")  # noqa: S608
    return {outcome: count for outcome, count in session.execute(counted)}  # noqa: C416 - rows


def _new_units(session: Session) -> tuple[str, ...]:
    paths = session.scalars(
        text("SELECT path FROM people_path ORDER BY path LIMIT :most"), {"most": MOST_NEW_UNITS}
    )
    return tuple(paths)


def _wrong_lines(session: Session, most: int) -> Iterator[ReportLine]:
    found = session.execute(
        text(
            "SELECT f.row, s.number, f.field, f.value, f.message "
            "FROM people_fault f JOIN people_stage s ON s.row = f.row "
            "ORDER BY f.row, f.field, f.message LIMIT :most"
        ),
        {"most": most},
    )
    for row, number, column, value, message in found:
        yield ReportLine(row, number, Outcome.WRONG, column or None, value or None, message)


def _lines(session: Session, outcomes: str, most: int) -> Iterator[ReportLine]:
    found = session.execute(
        text(
            f"SELECT row, number, outcome, changed, repeats, of_a_new_employee, told "  # noqa: S608
            f"FROM ({outcomes}) o WHERE outcome <> 'wrong' ORDER BY row LIMIT :most"
        ),
        {"most": most},
    )
    for row, number, outcome, changed, repeats, is_first, told in found:
        listed = None if is_first else ", ".join(changed) or None
        message = told if repeats is None else f"repeats row {repeats}"
        yield ReportLine(row, number, Outcome(outcome), listed, None, message)


# Locks and statements


def _lock_imports(session: Session) -> None:
    """One import at a time; facts are held shared before, as everybody who writes them does."""
    lock_facts(session, shared=True)
    _lock(session, "pg_advisory_xact_lock", _IMPORTS)


def _try_lock_imports(session: Session) -> bool:
    """Whether no other import is at work; then this one is, until the commit."""
    lock_facts(session, shared=True)
    got: bool = session.execute(
        text("SELECT pg_try_advisory_xact_lock(:space, :which)"),
        {"space": _LOCKS, "which": _IMPORTS},
    ).scalar_one()
    return got


def _lock(session: Session, take: str, which: int) -> None:
    try:
        session.execute(
            text(f"SELECT {take}(:space, :which)"),
            {"space": _LOCKS, "which": which},
        )
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == "55P03":
            raise ImportBusy from error
        raise


def _run(session: Session, statements: str, **values: Any) -> int:
    """Run SQL: several statements, or one with values. Answers how many rows the last touched."""
    result = session.execute(text(statements), values)
    return result.rowcount  # type: ignore[attr-defined, no-any-return]
