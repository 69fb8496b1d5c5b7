"""Runs against the ledger: what a run claims and what was posted must be the same."""

from __future__ import annotations

from sqlalchemy import text

from ideals.budgets import queries
from ideals.db import unit_of_work
from tests.budgets.conftest import allocate, people, publish, row


def test_a_chunk_that_claims_more_than_it_posted_is_named(own_database: str) -> None:
    with unit_of_work() as session:
        publish(session)
        people(session, row("1"))
        allocate(session, "2026-03")
        session.execute(
            text('UPDATE budgets_chunk SET differences = \'[["a", "EUR", false, 1, 48991]]\'')
        )
    with unit_of_work() as session:
        found = list(queries.prove_runs(session))
    assert [(d.what, d.expected, d.found) for d in found] == [
        ("run:simple:2026-03:1, EUR: what its chunks posted", "48991", "48990")
    ]


def test_a_transfer_that_no_run_posted_is_named(own_database: str) -> None:
    with unit_of_work() as session:
        publish(session)
        people(session, row("1"))
        allocate(session, "2026-03")
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(
            text(
                "INSERT INTO ledger_transfer (id, month, for_month, from_account, to_account, unit,"
                " amount_minor, reason, code, source, actor, happened_at)"
                " SELECT '202603ff-0000-0000-0000-000000000000', month, for_month, from_account,"
                " to_account, unit, 1, reason, code, 'run:simple:2026-03:9', actor, happened_at"
                " FROM ledger_transfer LIMIT 1"
            )
        )
    with unit_of_work() as session:
        found = list(queries.prove_runs(session))
    assert [(d.what, d.expected, d.found) for d in found] == [
        ("run:simple:2026-03:9, EUR: what its chunks posted", "0", "1")
    ]


def test_an_untouched_run_proves(own_database: str) -> None:
    with unit_of_work() as session:
        publish(session)
        people(session, row("1"), row("2"))
        allocate(session, "2026-03")
        assert list(queries.prove_runs(session)) == []
