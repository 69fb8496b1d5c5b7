"""What the database itself refuses of deals, whoever asks."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.commands import InviteAdviser, Refuse, RemoveAdviser, Say
from ideals.deals.models import Deal
from tests.deals.table import NOW, Cast, accept, cast_of, counter, propose

ONLY_ADDED = (
    "deals_offer", "deals_acceptance", "deals_message", "deals_event", "deals_evaluation",
    "deals_letter",
)  # fmt: skip


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def deal(session: Session, cast: Cast) -> Deal:
    """With two offers, the first accepted by the manager."""
    made = propose(session, cast)
    accept(session, made, cast.boris)
    counter(session, made, cast.anna, evaluate_on="2027-05-01")
    commands.say(session, Say(made.id, "Well"), actor=cast.anna, now=NOW)
    commands.invite_adviser(session, InviteAdviser(made.id, "egor"), actor=cast.anna, now=NOW)
    session.execute(
        text(
            "INSERT INTO deals_evaluation (deal_id, number, side, answers, at, by)"
            " VALUES (:deal, 1, 'employee', '{}', now(), 'x');"
        ),
        {"deal": made.id},
    )
    session.execute(
        text(
            "INSERT INTO deals_letter (deal_id, offer, language, content, digest, made_at)"
            " VALUES (:deal, 1, 'en', '', repeat('0', 64), now())"
        ),
        {"deal": made.id},
    )
    return made


def refuses(session: Session, statement: str, **values: object) -> str:
    session.flush()
    with pytest.raises(DBAPIError) as refused, session.begin_nested():
        session.execute(text(statement), values)
    return str(refused.value.orig)


@pytest.mark.parametrize("table", ONLY_ADDED)
def test_rows_are_only_added(session: Session, deal: Deal, table: str) -> None:
    said = f"rows of {table} are only ever added"
    assert said in refuses(session, f"UPDATE {table} SET deal_id = deal_id")
    assert said in refuses(session, f"DELETE FROM {table}")


def test_an_older_offer_is_accepted_by_nobody(session: Session, deal: Deal) -> None:
    said = refuses(
        session,
        "INSERT INTO deals_acceptance (deal_id, offer, side, at, by)"
        " VALUES (:deal, 1, 'employee', now(), 'x')",
        deal=deal.id,
    )
    assert "only the last offer" in said


def test_a_side_accepts_an_offer_once(session: Session, cast: Cast, deal: Deal) -> None:
    accept(session, deal, cast.anna)
    said = refuses(
        session,
        "INSERT INTO deals_acceptance (deal_id, offer, side, at, by)"
        " VALUES (:deal, 2, 'employee', now(), 'x')",
        deal=deal.id,
    )
    assert "deals_acceptance_deal_id_offer_side_key" in said


@pytest.mark.parametrize(
    "change",
    [
        "subject = 'Another'",
        "employee_id = manager_id, manager_id = employee_id",
        "started = 'by_hr'",
        "offer_number = 1",
        "offer_number = 9",
        "opened_by = 'x'",
    ],
)
def test_a_deal_stays_as_it_began(session: Session, deal: Deal, change: str) -> None:
    said = refuses(session, f"UPDATE deals_deal SET {change} WHERE id = :deal", deal=deal.id)
    assert "stays as it began" in said


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("manager_id = employee_id", "not_with_oneself"),
        ("state = 'agreed'", "agreed_on_an_offer"),
        ("state = 'in_force'", "in_force_whole"),
        ("approved_at = now()", "approved_offer"),
        ("state = 'withdrawn'", "ended_whole"),
        ("state = 'refused', ended_at = now(), ended_by = 'x'", "refused_with_reason"),
        ("agreed_number = 3", "numbers_of_offers"),
        ("in_force_number = 0, started_at = now()", "numbers_of_offers"),
        ("state = 'done'", "state_known"),
    ],
)
def test_what_a_deal_must_hold(session: Session, deal: Deal, change: str, name: str) -> None:
    said = refuses(session, f"UPDATE deals_deal SET {change} WHERE id = :deal", deal=deal.id)
    assert f"deals_deal_{name}" in said


def test_what_is_over_stays_over(session: Session, cast: Cast, deal: Deal) -> None:
    commands.refuse(session, Refuse(deal.id, 2, "no"), actor=cast.boris, now=NOW)
    for change in (
        "state = 'negotiating', ended_at = NULL, ended_by = NULL",
        "ended_at = now()",
        "next_on = NULL, manager_id = manager_id + 1",
    ):
        said = refuses(session, f"UPDATE deals_deal SET {change} WHERE id = :deal", deal=deal.id)
        assert "is over" in said
    assert "stays" in refuses(session, "DELETE FROM deals_deal WHERE id = :deal", deal=deal.id)


def test_an_adviser_can_only_be_removed_once(session: Session, cast: Cast, deal: Deal) -> None:
    only = "can only be removed"
    assert only in refuses(session, "UPDATE deals_adviser SET employee_id = 1")
    assert only in refuses(session, "DELETE FROM deals_adviser")
    remove = RemoveAdviser(deal.id, "egor")
    commands.remove_adviser(session, remove, actor=cast.anna, now=NOW)
    assert only in refuses(session, "UPDATE deals_adviser SET removed_at = NULL, removed_by = NULL")


def test_the_clock_reads_what_is_due_by_an_index(session: Session, deal: Deal) -> None:
    session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = session.execute(
        text(
            "EXPLAIN SELECT * FROM deals_deal WHERE next_on <= '2027-01-01'"
            " ORDER BY next_on, id LIMIT 1000"
        )
    ).scalars()
    assert "deals_deal_to_look_at" in "\n".join(plan)
