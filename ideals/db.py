"""The database: engine, column kinds, and `unit_of_work()`, the only place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import psycopg
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, MetaData, create_engine
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeDecorator

from ideals.kernel.month import Month


class MonthColumn(TypeDecorator[Month]):
    """A `Month`, stored as the integer 202603: readable in SQL, and orders as months do."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Month | None, dialect: Dialect) -> int | None:
        return None if value is None else value.number

    def process_result_value(self, value: int | None, dialect: Dialect) -> Month | None:
        return None if value is None else Month.from_number(value)


minor = Annotated[int, mapped_column(BigInteger)]
"""A whole quantity of the smallest unit: cents or minutes."""
moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
month = Annotated[Month, mapped_column(MonthColumn)]
bigid = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
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
        _dialect_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=UTC -c lock_timeout=30s"},
    )
    use(engine)
    return engine


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


def driver(session: Session) -> psycopg.Connection[Any]:
    """The psycopg connection under this session's transaction, for COPY and sets of plain rows."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    return connection  # type: ignore[return-value]


def _dialect_url(url: str) -> str:
    """`postgres://` and `postgresql://` both mean psycopg 3 here."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme in ("postgres", "postgresql") else url
