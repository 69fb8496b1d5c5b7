"""The database: engine, column kinds, and `unit_of_work()`, the only place that commits."""

from __future__ import annotations

import logging
import re
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, LiteralString

import psycopg
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Text,
    create_engine,
    event,
)
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from ideals.kernel.month import Month

LOCK_TIMEOUT = "30s"
"""How long any statement waits for a lock; who waits for less says so for a transaction."""
FRESH_SECONDS = 5.0
"""A connection that was in use so short a time ago is taken without asking whether it lives."""
_CURSOR = "cursor"
_DETAIL = re.compile(r"^(DETAIL|CONTEXT): .*\n?", re.MULTILINE)


class MonthColumn(TypeDecorator[Month]):
    """A `Month`, stored as the integer 202603: readable in SQL, and orders as months do."""

    impl = Integer
    cache_ok = True

    def process_bind_param(
        self,
        value: Month | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> int | None:
        return None if value is None else value.number

    def process_result_value(
        self,
        value: int | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> Month | None:
        return None if value is None else Month.from_number(value)


minor = Annotated[int, mapped_column(BigInteger)]
"""A whole quantity of the smallest unit: cents or minutes."""
moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
month = Annotated[Month, mapped_column(MonthColumn)]
bigid = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    type_annotation_map = {str: Text}  # noqa: RUF012 - SQLAlchemy's own shape
    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )


_factory: sessionmaker[Session] = sessionmaker(expire_on_commit=False)


def connect(url: str, *, pool_size: int = 5) -> Engine:
    """Point every later unit of work at this database. Nothing is opened until it is used."""
    engine = create_engine(
        dialect_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        # No parameter in a log or a traceback: among them are salaries.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "options": f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT}",
        },
    )
    event.listen(engine, "checkout", _ask_whether_it_lives)
    event.listen(engine, "checkin", _note_when)
    use(engine)
    keep_rows_out_of_logs()
    return engine


def _ask_whether_it_lives(
    connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object
) -> None:
    """A connection that lay unused may have been cut; one used a moment ago hardly. Instead of
    SQLAlchemy's own ping, which asks each time: each request takes two."""
    if time.monotonic() - record.info.get("left_at", time.monotonic()) < FRESH_SECONDS:
        return
    try:
        connection.autocommit = True
        connection.execute("")
        connection.autocommit = False
    except psycopg.OperationalError as error:
        raise DisconnectionError from error


def _note_when(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["left_at"] = time.monotonic()


def keep_rows_out_of_logs() -> None:
    """Cut what PostgreSQL tells of a refused row from every traceback that is logged.

    "Failing row contains (...)" may hold a salary. Harmless to call twice.
    """
    make = logging.getLogRecordFactory()
    if getattr(make, "keeps_rows_out", False):
        return

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        if record.exc_info and record.exc_info[0] is not None:
            # A formatter takes the text that is there already.
            lines = traceback.format_exception(*record.exc_info)
            record.exc_text = _DETAIL.sub("", "".join(lines)).rstrip()
        return record

    factory.keeps_rows_out = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(factory)


def use(bind: Any, **options: Any) -> None:
    """Make sessions on this bind; tests pass a connection inside an outer transaction."""
    _factory.configure(bind=bind, **options)


def bound() -> Any:
    """The engine or connection in use, `None` before `connect`."""
    return _factory.kw.get("bind")


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    session = _factory()
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.close()


def glance(statement: LiteralString, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row that answers one plain question, without a transaction around it: for what
    every request asks first. It reads what is committed, in a test what its transaction has."""
    bind = bound()
    if not isinstance(bind, Engine):
        return _plain(bind).execute(statement, values).fetchone()
    opened = bind.raw_connection()
    connection: psycopg.Connection[Any] | None = opened.driver_connection
    assert connection is not None  # noqa: S101  just opened
    connection.autocommit = True
    try:
        return connection.execute(statement, values).fetchone()
    except psycopg.OperationalError:
        opened.invalidate()
        raise
    finally:
        if opened.is_valid:
            connection.autocommit = False
            opened.close()


def array(ids: Iterable[int]) -> str:
    """Ids as PostgreSQL writes an array, for `= ANY(%s)` and `%s::bigint[]` in plain SQL: a list
    given to psycopg is looked through three times and quoted number by number."""
    return f"{{{','.join(map(str, ids))}}}"


def driver(session: Session) -> psycopg.Connection[Any]:
    """The psycopg connection under this session's transaction, for COPY and sets of plain rows.

    Asked for at each plain statement, so it is kept for as long as the transaction is the same one.
    """
    return cursor(session).connection


def cursor(session: Session) -> psycopg.Cursor[Any]:
    """One cursor for all plain statements of a transaction whose answer is read before the next.

    A cursor of its own for each would find out anew, each time, how every kind of value is sent.
    """
    root, nested, kept = session.info.get(_CURSOR, (None, None, None))
    found: psycopg.Cursor[Any] | None = kept
    # The session sets a savepoint when its connection is asked for inside: never pass that by.
    if (
        found is None
        or root is not session.get_transaction()
        or nested is not session.get_nested_transaction()
    ):
        found = _plain(session.connection()).cursor()
        root, nested = session.get_transaction(), session.get_nested_transaction()
        session.info[_CURSOR] = root, nested, found
    return found


@contextmanager
def at_once(session: Session) -> Iterator[None]:
    """Plain statements of the block go to the database together, in their order, and are waited for
    once, at its end: so is what they are refused for. What they answer can be read after the block.
    Nothing of SQLAlchemy's inside: it reads each answer at once.
    """
    with driver(session).pipeline():
        yield


def _plain(connection: Connection) -> psycopg.Connection[Any]:
    found: psycopg.Connection[Any] | None = connection.connection.driver_connection
    assert found is not None  # noqa: S101  a connection in use always has one
    return found


def dialect_url(url: str) -> str:
    """For SQLAlchemy: `postgres://` and `postgresql://` both mean psycopg 3 here."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url


def plain_url(url: str) -> str:
    """For psycopg itself, which knows no driver names."""
    return f"postgresql://{url.partition('://')[2]}"
