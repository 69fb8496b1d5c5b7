"""Jobs about people: files too large to be read while their sender waits."""

from __future__ import annotations

from uuid import UUID

from ideals import outbox
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.people import commands
from ideals.people.commands import RunImport
from workers.app import app


# A hundred thousand rows of a workbook take half a minute; the limit stays below the visibility.
@app.task(name=commands.RUN_IMPORT, time_limit=240, soft_time_limit=230)
def run_import(message_id: int) -> None:
    with unit_of_work() as session:
        payload = outbox.read(session, message_id)
        if payload is not None:
            commands.lock_facts(session, shared=True)
            cmd = RunImport(UUID(payload["import_id"]))
            commands.run_import(session, cmd, actor=SYSTEM, now=clock.now())
            outbox.finish(session, message_id, now=clock.now())
