"""The tables of terms that act come and go: an older database gets them, and can go back."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from ideals import db
from tests.conftest import alembic_config

TABLES = {"people_agreed_leave", "deals_charge", "deals_week"}


def test_back_to_before_and_up_again(own_database: str) -> None:
    config = alembic_config()
    script = ScriptDirectory.from_config(config)
    before = next(
        each.down_revision for each in script.walk_revisions() if each.path.endswith("_acting.py")
    )
    engine = db.connect(own_database)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        assert set(inspect(connection).get_table_names()) >= TABLES
        command.downgrade(config, str(before))
        left = set(inspect(connection).get_table_names())
        assert not left & TABLES
        assert left >= {"deals_hours", "people_hours_overlay"}
        command.upgrade(config, "head")
        only = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or name in TABLES},
        )
        changes = compare_metadata(only, db.Base.metadata)
        assert [each for each in changes if TABLES & set(str(each).split("'"))] == []
    engine.dispose()
