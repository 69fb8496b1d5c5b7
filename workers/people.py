"""Jobs about people: files too large to be read while their sender waits."""

from __future__ import annotations

from time import monotonic
from uuid import UUID

from ideals import outbox
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.people import commands
from ideals.people.commands import NoteProgress, RunImport, Told
from ideals.people.states import Stage
from workers.app import app

TELL_EVERY_SECONDS = 0.5


# A hundred thousand rows of a workbook take half a minute; the limit stays below the visibility.
@app.task(name=commands.RUN_IMPORT, time_limit=240, soft_time_limit=230)
def run_import(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            commands.lock_facts(session, shared=True)
            import_id = UUID(payload["import_id"])
            cmd = RunImport(import_id, _telling(import_id))
            commands.run_import(session, cmd, actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())


def _telling(import_id: UUID) -> Told:
    """Writes how far it is in transactions of their own: those who look see no other."""
    last: dict[Stage, float] = {}

    def tell(stage: Stage, rows: int) -> None:
        if monotonic() - last.get(stage, 0) < TELL_EVERY_SECONDS:
            return
        last[stage] = monotonic()
        with unit_of_work() as session:
            note = NoteProgress(import_id, stage, rows)
            commands.note_progress(session, note, actor=SYSTEM, now=clock.now())

    return tell


@app.task(name="people.forget_files")
def forget_files() -> None:
    with unit_of_work() as session:
        commands.forget_files(session, actor=SYSTEM, now=clock.now())
