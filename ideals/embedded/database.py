"""The database behind a URL: is it one we can use, and are its tables those of this version."""

from __future__ import annotations

from ideals.config import ROOT
from ideals.embedded.errors import CannotStart

OLDEST_POSTGRES = 16
MIGRATION_LOCK = 0x1DEA15


def check(url: str) -> None:
    """Raises `CannotStart` unless a PostgreSQL that is new enough answers."""
    import psycopg  # only those who ask pay for the import

    try:
        with psycopg.connect(_for("postgresql", url), connect_timeout=10) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise CannotStart(f"DATABASE_URL: the database does not answer: {reason}") from None
    if version < OLDEST_POSTGRES:
        raise CannotStart(
            f"DATABASE_URL is a PostgreSQL {version}; {OLDEST_POSTGRES} or newer is needed"
        )


def migrate(url: str) -> None:
    """Bring the tables to this version. Two who do it at once do it one after the other."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import NullPool, create_engine, text

    engine = create_engine(_for("postgresql+psycopg", url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
        config = Config(str(ROOT / "alembic.ini"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _for(scheme: str, url: str) -> str:
    return f"{scheme}://{url.partition('://')[2]}"
