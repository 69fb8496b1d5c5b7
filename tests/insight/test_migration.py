"""Simulations, and indexes of the audit, come to a database that has entries, and can go again."""

from __future__ import annotations

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from ideals import db
from tests.conftest import alembic_config

TABLES = {"insight_simulation", "insight_simulation_part"}
INDEXES = {"audit_entry_when", "audit_entry_of_act", "audit_entry_of_subject"}


def there(connection: Connection) -> tuple[set[str], set[str | None], set[str]]:
    """Of what came with them: tables, indexes, and the tables with a column for idle rules."""
    known = inspect(connection)
    tables = set(known.get_table_names())
    columns = {
        name
        for name in ("shop_order", "pricing_quote")
        if "not_applied" in {each["name"] for each in known.get_columns(name)}
    }
    return tables & TABLES, INDEXES & {i["name"] for i in known.get_indexes("audit_entry")}, columns


def test_back_to_before_and_up_again(own_database: str) -> None:
    config = alembic_config()
    found = ScriptDirectory.from_config(config).walk_revisions()
    before = next(each.down_revision for each in found if each.path.endswith("_audit_search.py"))
    everything = TABLES, INDEXES, {"shop_order", "pricing_quote"}
    engine = db.connect(own_database)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        assert there(connection) == everything
        command.downgrade(config, str(before))
        assert there(connection) == (set(), set(), set())
        connection.execute(
            text(
                "INSERT INTO audit_entry (happened_at, actor, act, subject, details)"
                " VALUES (now(), 'dina', 'people.seen', 'employee:1', '{}')"
            )
        )
        command.upgrade(config, "head")
        assert there(connection) == everything
        assert connection.scalar(text("SELECT count(*) FROM audit_entry")) == 1
    engine.dispose()
