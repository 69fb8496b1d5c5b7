"""Real servers for the whole session; a transaction around each test, or a database of its own.

`session`: a test inside an outer transaction that is rolled back; `unit_of_work()` inside it
really commits, to a savepoint. `own_database`: a fresh database from the migrated template, for
tests with threads, workers or several processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from ideals import db, embedded
from ideals.config import ROOT


def alembic_config() -> Config:
    return Config(str(ROOT / "alembic.ini"))


@pytest.fixture(scope="session")
def servers() -> Iterator[embedded.Servers]:
    with embedded.temporary() as started:
        yield started


def url_of(servers: embedded.Servers, database: str) -> str:
    return servers.database_url.replace("/postgres?", f"/{database}?", 1)


@pytest.fixture(scope="session")
def template(servers: embedded.Servers) -> str:
    """The name of a database with every migration run."""
    _sql(servers, "CREATE DATABASE template_ideals")
    engine = db.connect(url_of(servers, "template_ideals"))
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    return "template_ideals"


@pytest.fixture(scope="session")
def shared_engine(servers: embedded.Servers, template: str) -> Iterator[Engine]:
    _sql(servers, f"CREATE DATABASE shared TEMPLATE {template}")
    engine = create_engine(db.dialect_url(url_of(servers, "shared")))
    yield engine
    engine.dispose()


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    """A session in a transaction that is rolled back when the test ends."""
    with shared_engine.connect() as connection:
        outer = connection.begin()
        db.use(connection, join_transaction_mode="create_savepoint")
        with Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as opened:
            yield opened
        outer.rollback()
    db.use(None, join_transaction_mode="conditional_savepoint")


@pytest.fixture
def own_database(servers: embedded.Servers, template: str) -> Iterator[str]:
    """The URL of a migrated database of this test's own, with `ideals.db` connected to it."""
    name = f"t{uuid4().hex[:12]}"
    _sql(servers, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    url = url_of(servers, name)
    engine = db.connect(url, pool_size=80)
    yield url
    engine.dispose()
    db.use(None)
    _sql(servers, f"DROP DATABASE {name} WITH (FORCE)")


def _sql(servers: embedded.Servers, statement: str) -> None:
    engine = create_engine(db.dialect_url(servers.database_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
