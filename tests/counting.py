"""Counts SQL statements, so that a test can hold a page to a budget."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session


@dataclass(slots=True)
class Counted:
    """The statements seen so far, in order, as sent (without their values)."""

    texts: list[str] = field(default_factory=list)

    @property
    def statements(self) -> int:
        return len(self.texts)

    def __str__(self) -> str:
        lines = (" ".join(text.split())[:160] for text in self.texts)
        return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


@contextmanager
def counted(where: type[Engine] | Engine | Connection | Session = Engine) -> Iterator[Counted]:
    """Count what SQLAlchemy executes in the block: on everything, or on what is given.

    `counted()` sees every engine of this process, so it works around a test client too; a session
    counts on its own connection. An `executemany` is one statement. COPY and other calls on the
    driver's own cursor pass SQLAlchemy by and are not seen, nor are BEGIN, COMMIT and savepoints.
    """
    target = where.connection() if isinstance(where, Session) else where
    seen = Counted()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.texts.append(statement)

    event.listen(target, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(target, "before_cursor_execute", note)


@contextmanager
def counted_all() -> Iterator[Counted]:
    """Count what psycopg sends in the block, whoever asks it to: plain statements and COPY too.

    Not BEGIN, COMMIT and savepoints, nor the empty statement that asks whether a connection lives.
    """
    seen = Counted()
    execute, copy = psycopg.Cursor.execute, psycopg.Cursor.copy

    def note(query: Any) -> None:
        text = query.decode() if isinstance(query, bytes) else str(query)
        if text.strip() and not text.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK TO")):
            seen.texts.append(text)

    def noted_execute(cursor: Any, query: Any, *args: Any, **options: Any) -> Any:
        note(query)
        return execute(cursor, query, *args, **options)

    def noted_copy(cursor: Any, statement: Any, *args: Any, **options: Any) -> Any:
        note(statement)
        return copy(cursor, statement, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", noted_execute)
        patch.setattr(psycopg.Cursor, "copy", noted_copy)
        yield seen
