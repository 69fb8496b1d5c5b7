"""`prove` says nothing about a ledger that is right, and names every defect put into it.

The defects are those that a ledger loses value by: they are put in past the triggers, as a
superuser, a restored backup or a fault of the server could.
"""

from __future__ import annotations

import pytest

from ideals.kernel.ids import new_transfer_id
from ideals.ledger import commands, queries
from ideals.ledger.queries import Difference
from ideals.ledger.states import Reason
from tests.ledger.conftest import APRIL, DINA, MARCH, NOW


@pytest.fixture
def tamper(session, two_months, sql):
    """Runs SQL with every trigger and foreign key off, and answers what `prove` then says."""

    def run(statement: str, *params: object) -> list[Difference]:
        sql.execute("SET LOCAL session_replication_role = replica")
        sql.execute(statement, params or None)
        sql.execute("SET LOCAL session_replication_role = origin")
        return queries.prove(session)

    return run


def only(found: list[Difference]) -> Difference:
    assert len(found) == 1, found
    return found[0]


COPY_OF = (
    "INSERT INTO ledger_transfer (id, month, for_month, from_account, to_account, amount_minor,"
    " happened_at, unit, phase, reason, code, source, actor, hold_id, hold_month, reverses_id,"
    " reverses_month) SELECT {}, {}, for_month, from_account, to_account, {},"
    " happened_at, unit, {}, reason, code, source, actor, {}, {}, NULL, NULL"
    " FROM ledger_transfer WHERE id = %s"
)


def test_a_ledger_that_is_right_proves(session, two_months):
    assert queries.prove(session) == []


def test_a_balance_set_by_hand_is_named(session, tamper, two_months):
    """W1: a lost update, a bulk update, a fix by hand."""
    found = only(
        tamper(
            "UPDATE ledger_account SET posted_minor = posted_minor + 5 WHERE id = %s",
            two_months.budget,
        )
    )
    assert found.what.startswith(f"balance of account {two_months.budget} (budget EUR")
    assert (found.expected, found.found) == (
        "posted 68000, held 10000",
        "posted 68005, held 10000",
    )


def test_a_hold_that_leaked_is_named(session, tamper, two_months):
    """W3, the ledger's part: value set aside that no hold accounts for."""
    found = only(
        tamper("UPDATE ledger_account SET held_minor = 10001 WHERE id = %s", two_months.budget)
    )
    assert found.found == "posted 68000, held 10001"


def test_a_balance_below_zero_is_named_though_it_adds_up(session, tamper, two_months):
    found = tamper(
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_never_overdrawn;"
        "UPDATE ledger_account SET posted_minor = -1 WHERE id = " + str(two_months.leave)
    )
    assert any(difference.expected == "nothing below zero" for difference in found)


def test_the_same_fact_under_another_id_is_named(session, two_months):
    """W2: books balance, nothing is overdrawn, and the employee has it twice."""
    for _ in range(2):
        two_months.allocate(session, 100, month=APRIL, source="run:nwb:2026-04:1")
    found = only(queries.prove(session))
    assert "allocation of holiday_allowance for 202604 by run:nwb:2026-04:1" in found.what
    assert (found.expected, found.found) == ("one transfer", "2 transfers")


def test_a_resolution_without_its_transfer_and_a_second_one_are_named(session, tamper, two_months):
    """W3: a hold posted and voided as well."""
    held = a_hold(session, two_months)
    cmd = commands.PostHold(new_transfer_id(APRIL), held, APRIL)
    commands.post_hold(session, cmd, actor=DINA, now=NOW)
    second = new_transfer_id(APRIL)
    found = tamper(
        COPY_OF.format("%s", "month", "amount_minor", "'void'", "id", "month"), second, held
    )
    whats = [difference.what for difference in found]
    assert f"hold {held}" in whats
    assert f"resolution of hold {held}" in whats
    assert any(what.startswith(f"balance of account {two_months.budget} ") for what in whats)


def a_hold(session, books):
    return books.hold(session, 5000, month=APRIL)


def test_a_hold_posted_for_more_than_it_held_is_named(session, tamper, two_months):
    held = a_hold(session, two_months)
    found = tamper(
        COPY_OF.format("%s", "month", "amount_minor + 1", "'post'", "id", "month"),
        new_transfer_id(APRIL),
        held,
    )
    assert f"hold {held}" in [difference.what for difference in found]


def test_a_resolution_that_no_transfer_made_is_named(session, tamper, two_months):
    held = a_hold(session, two_months)
    found = only(
        tamper(
            "INSERT INTO ledger_hold_resolution VALUES (%s, 202604, %s, 202604)",
            held,
            new_transfer_id(APRIL),
        )
    )
    assert found.what == f"resolution of hold {held}"
    assert found.expected == "none"


def test_a_transfer_that_was_lost_shows_in_the_balance(session, tamper, two_months):
    """W4, the ledger's part: somebody's allocation is gone."""
    found = tamper("DELETE FROM ledger_transfer WHERE month = 202604 AND phase = 'single'")
    assert only(found).expected == "posted 38000, held 10000"


def test_an_old_row_edited_breaks_the_seal_though_count_and_sum_agree(session, tamper, two_months):
    """W5: who is paid is changed; nothing is added, removed or overdrawn."""
    found = only(
        tamper("UPDATE ledger_transfer SET source = 'order:2' WHERE month = 202603"
               " AND reason = 'order'")
    )  # fmt: skip
    assert found.what == "seal of month 202603"
    assert found.expected != found.found


def test_a_row_that_came_after_the_seal_is_named(session, tamper, two_months):
    """W5: a late posting into a closed month."""
    found = tamper(
        COPY_OF.format("%s", "month", "amount_minor", "phase", "NULL", "NULL"),
        new_transfer_id(MARCH),
        two_months.made[1],
    )
    assert "seal of month 202603" in [difference.what for difference in found]


def test_a_seal_written_anew_after_an_edit_breaks_the_next_one(session, tamper, two_months):
    """Who edits March has to forge every month since, and what was printed of them."""
    commands.seal_month(session, commands.SealMonth(APRIL), actor=DINA, now=NOW)
    found = tamper(
        "UPDATE ledger_transfer SET actor = 'nobody' WHERE month = 202603;"
        "UPDATE ledger_month SET digest = (SELECT digest FROM ledger_digest(202603, ''))"
        " WHERE month = 202603"
    )
    assert only(found).what == "seal of month 202604"


def test_a_month_opened_again_before_a_sealed_one_is_named(session, tamper, two_months):
    commands.seal_month(session, commands.SealMonth(APRIL), actor=DINA, now=NOW)
    found = tamper(
        "UPDATE ledger_month SET state = 'open', row_count = NULL, total_eur_minor = NULL,"
        " total_min_minor = NULL, previous_digest = NULL, digest = NULL, sealed_at = NULL"
        " WHERE month = 202603"
    )
    assert "month 202603" in [difference.what for difference in found]


def test_value_that_changed_its_unit_is_named(session, tamper, two_months):
    found = tamper(
        "UPDATE ledger_transfer SET to_account = %s WHERE month = 202604 AND phase = 'single'",
        two_months.leave,
    )
    assert any(d.expected == "both accounts in EUR" and "MIN" in d.found for d in found)


def test_a_reversal_made_twice_is_named(session, tamper, two_months):
    spent = two_months.made[1]
    cmd = commands.ReverseTransfer(new_transfer_id(APRIL), spent, APRIL, "fix:1")
    commands.reverse_transfer(session, cmd, actor=DINA, now=NOW)
    found = tamper(
        "INSERT INTO ledger_transfer (id, month, for_month, from_account, to_account,"
        " amount_minor, happened_at, unit, reason, source, actor, reverses_id, reverses_month)"
        " SELECT %s, month, for_month, from_account, to_account, amount_minor, happened_at, unit,"
        " reason, source, actor, reverses_id, reverses_month FROM ledger_transfer WHERE id = %s",
        new_transfer_id(APRIL),
        cmd.id,
    )
    whats = [difference.what for difference in found]
    assert f"transfer {spent}" in whats and f"reversal of {spent}" in whats


def test_a_partition_that_is_gone_is_named(session, tamper, two_months):
    found = tamper("ALTER TABLE ledger_transfer DETACH PARTITION ledger_transfer_202606")
    assert only(found) == Difference("month 202606", "a month and its partition", "no partition")


def test_those_who_move_value_prove_their_totals_too(session, two_months):
    """W3 and W4, the callers' part: a run that skipped somebody says so in its own words."""
    missing = Difference("run nwb 2026-04, round 1", "300.00 for A1", "nothing")

    def prover(session):
        got = queries.allocated(session, [two_months.leave], [APRIL], reasons=[Reason.ALLOCATION])
        return [] if got else [missing]

    queries.PROVERS.register("this test", prover)
    try:
        assert queries.prove(session) == [missing]
    finally:
        queries.PROVERS.register("this test", lambda session: [])


def test_balances_rebuilt_from_the_transfers_are_those_stored(session, two_months, sql):
    """The same sums by another way than the trigger's and `prove`'s: row by row, in Python."""
    rows = sql.execute(
        "SELECT id, phase, from_account, to_account, amount_minor, hold_id"
        "  FROM ledger_transfer ORDER BY recorded_at"
    ).fetchall()  # fmt: skip
    posted, held, holds = {}, {}, {}
    for id_, phase, giver, taker, amount, hold_id in rows:
        if phase == "pending":
            holds[id_] = amount
            held[giver] = held.get(giver, 0) + amount
            continue
        if hold_id:
            held[giver] -= holds[hold_id]
        if phase != "void":
            posted[giver] = posted.get(giver, 0) - amount
            posted[taker] = posted.get(taker, 0) + amount
    for account in (two_months.budget, two_months.leave, two_months.owed):
        rebuilt = posted.get(account, 0), held.get(account, 0)
        assert two_months.balance(session, account) == rebuilt
