"""Mandates: whose euros cover an amount, what was spent of them, and how HR keeps the table."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals import commands, queries
from ideals.approvals.commands import Ask
from ideals.approvals.commands.asking import Route
from ideals.approvals.commands.mandates import (
    ChangeMandate,
    GiveMandate,
    TakeMandate,
    change_mandate,
    give_mandate,
    take_mandate,
)
from ideals.approvals.errors import (
    ApprovalUnknown,
    MandateMovedOn,
    MandateThere,
    MandateUnknown,
    MandateWrong,
    MayNotDecide,
    OnlyHrKeepsMandates,
)
from ideals.approvals.models import Approval, ApprovalStep, Mandate
from ideals.approvals.queries import delegations as listed
from ideals.approvals.queries import standing_in
from ideals.approvals.rules import By, Case, Effect, Stage
from ideals.approvals.rules.facts import COMMON
from ideals.approvals.states import Decision, Kind, Why
from ideals.audit import Entry
from ideals.config import ROOT
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.people import queries as people
from ideals.people.errors import PersonNotEmployed, PersonUnknown, UnitUnknown
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Cast, by, decide, one, step_of
from tests.approvals.test_steps import HR, at, look

TODAY = NOW.date()
RETAIL, ZWOLLE = "Bank/Retail", "Bank/Retail/Zwolle"


def give(
    session: Session,
    unit: str,
    euros: str,
    holder: str,
    *,
    year: int = 2026,
    who: Actor = factories.DINA,
) -> Mandate:
    cmd = GiveMandate(unit, year, Money.parse(euros), holder)
    return give_mandate(session, cmd, actor=who, now=NOW)


def spend(
    session: Session,
    cast: Cast,
    euros: str,
    *stages: Stage,
    subject: str | None = None,
    now: datetime = NOW,
) -> Approval:
    """Anna asks for so much, and whoever holds the mandate of her unit decides."""
    made_up = stages or (one(by(By.MANDATE, days=60)),)
    cmd = Ask(
        id=new_id(),
        kind=Kind.ORDER,
        subject=subject or f"order:{new_id()}",
        employee_id=cast.people.anna.id,
        amount=Money.parse(euros),
    )
    case = Case("made_up", None, {"en": "A rule"}, Effect.BEFORE, made_up)
    route = Route(None, case, Effect.BEFORE, made_up, dict.fromkeys(COMMON, ""))
    made = commands.ask(session, cmd, actor=cast.anna, now=now, route=route)
    assert made is not None
    session.flush()
    return made


def unit(session: Session, path: str) -> int:
    return people.unit_by_path(session, path).id


def spent(session: Session, path: str, year: int = 2026) -> str:
    id_ = unit(session, path)
    return str(standing_in.spent_on_mandates(session, [id_], year)[id_])


# Whose mandate it is


def test_the_nearest_unit_upward_that_still_covers_it(session: Session, cast: Cast) -> None:
    give(session, ZWOLLE, "1000", "boris")
    give(session, RETAIL, "5000", "clara")
    give(session, "Bank", "100000", "dina")
    zwolle, people_ = unit(session, ZWOLLE), cast.people

    def found(euros: str, from_unit: int = zwolle, year: int = 2026) -> int | None:
        one = standing_in.mandate_for(session, from_unit, year, Money.parse(euros))
        return None if one is None else one[1]

    assert found("1000") == people_.boris.id
    assert found("1000.01") == people_.clara.id
    assert found("5000.01") == people_.dina.id
    assert found("100000.01") is None
    assert found("1", unit(session, RETAIL)) == people_.clara.id
    assert found("1", unit(session, "Bank/People")) == people_.dina.id
    assert found("1", year=2027) is None
    all_of_them = standing_in.mandates_for(session, zwolle, 2026, Money(1))
    assert [str(one.left) for one in all_of_them] == ["1000.00", "5000.00", "100000.00"]


def test_the_worked_requests_of_the_page(session: Session, cast: Cast) -> None:
    page = (ROOT / "docs" / "delegation.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\d.]+) \| (\w+) \| ([\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    assert len(rows) == 5
    give(session, ZWOLLE, "1000", "boris")
    give(session, RETAIL, "5000", "clara")
    holders = {"Boris": cast.boris, "Clara": cast.clara, "HR": cast.dina}
    for number, (euros, who, *left) in enumerate(rows):
        made = spend(session, cast, euros, subject=f"order:{number}")
        decide(session, made, holders[who])
        units = [unit(session, path) for path in (ZWOLLE, RETAIL)]
        gone = standing_in.spent_on_mandates(session, units, 2026)
        amounts = (Money.parse("1000"), Money.parse("5000"))
        shown = [str(amount - gone[id_]) for amount, id_ in zip(amounts, units, strict=True)]
        assert shown == left, euros


def test_its_holder_decides_and_what_is_agreed_to_is_spent(session: Session, cast: Cast) -> None:
    give(session, ZWOLLE, "1000", "clara")
    first = spend(session, cast, "600")
    step = step_of(session, first)
    assert (step.approver_id, step.why) == (cast.people.clara.id, None)
    assert spent(session, ZWOLLE) == "0.00"
    decide(session, first, cast.clara)
    session.flush()
    assert spent(session, ZWOLLE) == "600.00"
    second = spend(session, cast, "400.01")
    assert (step_of(session, second).role, step_of(session, second).why) == ("hr", Why.NO_MANDATE)
    third = spend(session, cast, "400")
    decide(session, third, cast.clara, Decision.REFUSE, "not this year")
    session.flush()
    assert spent(session, ZWOLLE) == "600.00"


def test_of_two_that_wait_the_second_goes_on_when_the_first_has_spent_it(
    session: Session, cast: Cast
) -> None:
    give(session, ZWOLLE, "1000", "clara")
    give(session, RETAIL, "9000", "boris")
    first, second = spend(session, cast, "600"), spend(session, cast, "600")
    assert step_of(session, second).approver_id == cast.people.clara.id
    decide(session, first, cast.clara)
    with pytest.raises((MayNotDecide, ApprovalUnknown)):
        decide(session, second, cast.clara)
    step = step_of(session, second)
    assert (step.approver_id, step.why) == (cast.people.boris.id, Why.MOVED)
    decide(session, second, cast.boris)
    session.flush()
    assert (spent(session, ZWOLLE), spent(session, RETAIL)) == ("600.00", "600.00")


def test_what_is_spent_elsewhere_sends_on_what_waits(session: Session, cast: Cast) -> None:
    """A refused decision undoes what it found, so the step must have moved before."""
    give(session, ZWOLLE, "1000", "clara")
    give(session, RETAIL, "9000", "boris")
    first, second = spend(session, cast, "600", now=at(10)), spend(session, cast, "600", now=at(10))
    small = spend(session, cast, "400", now=at(10))
    look(session, at(10))
    decide(session, first, cast.clara, now=at(10))
    look(session, at(10, 10))
    assert step_of(session, second).approver_id == cast.people.boris.id
    assert step_of(session, small).approver_id == cast.people.clara.id, "it covers that one still"
    decide(session, second, cast.boris, now=at(10, 11))
    decide(session, small, cast.clara, now=at(10, 11))
    assert (spent(session, ZWOLLE), spent(session, RETAIL)) == ("1000.00", "600.00")


def test_what_a_nearer_unit_gets_takes_nothing_from_who_has_it(
    session: Session, cast: Cast
) -> None:
    give(session, RETAIL, "9000", "boris")
    made = spend(session, cast, "600", now=at(10))
    give(session, ZWOLLE, "1000", "clara")
    look(session, at(11))
    decide(session, made, cast.boris, now=at(11))
    assert (spent(session, ZWOLLE), spent(session, RETAIL)) == ("0.00", "600.00")


def test_what_is_freed_takes_nothing_from_who_has_it(session: Session, cast: Cast) -> None:
    give(session, ZWOLLE, "1000", "clara")
    give(session, RETAIL, "9000", "boris")
    first = spend(session, cast, "600", one(by(By.MANDATE)), one(HR))
    decide(session, first, cast.clara)
    second = spend(session, cast, "600")
    decide(session, first, cast.dina, Decision.REFUSE, "no")
    assert step_of(session, second).approver_id == cast.people.boris.id
    decide(session, second, cast.boris)
    assert spent(session, RETAIL) == "600.00"


def test_with_the_new_year_it_goes_to_who_holds_the_mandate_then(
    session: Session, cast: Cast
) -> None:
    give(session, ZWOLLE, "1000", "clara")
    give(session, ZWOLLE, "1000", "egor", year=2027)
    made = spend(session, cast, "600", now=at(30, 9, 12))
    look(session, at(31, 9, 12))
    assert step_of(session, made).approver_id == cast.people.clara.id
    january = datetime(2027, 1, 4, 9, tzinfo=UTC)
    look(session, january)
    assert step_of(session, made).approver_id == cast.people.egor.id
    decide(session, made, cast.egor, now=january)
    assert spent(session, ZWOLLE, 2027) == "600.00"


def test_who_holds_both_spends_of_the_one_that_covers_it(session: Session, cast: Cast) -> None:
    give(session, ZWOLLE, "1000", "clara")
    give(session, RETAIL, "9000", "clara")
    first, second = spend(session, cast, "600"), spend(session, cast, "600")
    decide(session, first, cast.clara)
    session.flush()
    decide(session, second, cast.clara)
    session.flush()
    assert (spent(session, ZWOLLE), spent(session, RETAIL)) == ("600.00", "600.00")


def test_what_another_step_still_decides_is_kept_free(session: Session, cast: Cast) -> None:
    give(session, ZWOLLE, "1000", "clara")
    made = spend(session, cast, "600", one(by(By.MANDATE)), one(HR))
    decide(session, made, cast.clara)
    session.flush()
    assert spent(session, ZWOLLE) == "600.00", "HR has still to agree"
    decide(session, made, cast.dina, Decision.REFUSE, "no")
    session.flush()
    assert spent(session, ZWOLLE) == "0.00"


def test_whoever_gets_it_spends_the_same_euros(session: Session, cast: Cast) -> None:
    give(session, ZWOLLE, "1000", "clara")
    made = spend(session, cast, "600")
    cmd = commands.Decide(made.id, Decision.HAND_OVER, "yours", "egor")
    commands.decide(session, cmd, actor=cast.clara, now=NOW)
    decide(session, made, cast.egor)
    session.flush()
    assert spent(session, ZWOLLE) == "600.00"


def test_a_year_is_the_one_in_which_it_was_agreed_to(session: Session, cast: Cast) -> None:
    give(session, ZWOLLE, "1000", "clara")
    give(session, ZWOLLE, "300", "clara", year=2027)
    made = spend(session, cast, "250", now=datetime(2026, 12, 29, 9, tzinfo=UTC))
    decide(session, made, cast.clara, now=datetime(2026, 12, 31, 23, 1, tzinfo=UTC))
    session.flush()
    assert (spent(session, ZWOLLE), spent(session, ZWOLLE, 2027)) == ("0.00", "250.00")
    late = spend(session, cast, "100", now=datetime(2027, 1, 4, 9, tzinfo=UTC))
    assert step_of(session, late).why == Why.NO_MANDATE


def test_a_holder_it_is_about_is_passed_over(session: Session, cast: Cast) -> None:
    give(session, ZWOLLE, "1000", "anna")
    give(session, RETAIL, "5000", "boris")
    step = step_of(session, spend(session, cast, "10"))
    assert (step.approver_id, step.why) == (cast.people.boris.id, Why.ABOUT_THEM)
    assert step.mandate_unit_id == unit(session, RETAIL)


def test_it_goes_to_the_new_holder_and_upward_when_it_is_taken_away(
    session: Session, cast: Cast
) -> None:
    first = give(session, ZWOLLE, "1000", "clara")
    give(session, RETAIL, "5000", "boris")
    made = spend(session, cast, "10", now=at(10))
    look(session, at(10))
    change = ChangeMandate(ZWOLLE, 2026, Money(100_000), "egor", first.id)
    second = change_mandate(session, change, actor=cast.dina, now=at(11))
    look(session, at(11))
    assert step_of(session, made).approver_id == cast.people.egor.id
    assert standing_in.replaced_holders(session, at(11)) == {cast.people.clara.id}
    take = TakeMandate(ZWOLLE, 2026, second.id)
    take_mandate(session, take, actor=cast.dina, now=at(12))
    look(session, at(12))
    assert step_of(session, made).approver_id == cast.people.boris.id
    assert "moved" in [event.act for event in queries.history(session, made)]


# HR's table


def test_only_hr_keeps_mandates(session: Session, cast: Cast) -> None:
    made = give(session, ZWOLLE, "1000", "clara")
    for who in (cast.anna, cast.boris, cast.clara):
        with pytest.raises(OnlyHrKeepsMandates):
            give(session, RETAIL, "1", "clara", who=who)
        with pytest.raises(OnlyHrKeepsMandates):
            cmd = ChangeMandate(ZWOLLE, 2026, Money(1), "clara", made.id)
            change_mandate(session, cmd, actor=who, now=NOW)
        with pytest.raises(OnlyHrKeepsMandates):
            take_mandate(session, TakeMandate(ZWOLLE, 2026, made.id), actor=who, now=NOW)
        with pytest.raises(OnlyHrKeepsMandates):
            listed.mandate_years(session, actor=who)
    assert listed.mandate_years(session, actor=cast.dina) == [2026]


@pytest.mark.parametrize(
    ("euros", "year", "field"),
    [("0", 2026, "amount"), ("-1", 2026, "amount"), ("1", 1999, "year"), ("1", 2201, "year")],
)
def test_an_amount_and_a_year_that_mean_something(
    session: Session, cast: Cast, euros: str, year: int, field: str
) -> None:
    with pytest.raises(MandateWrong) as refused:
        give(session, ZWOLLE, euros, "clara", year=year)
    assert refused.value.data["field"] == field


def test_a_unit_and_a_holder_that_are_there(session: Session, cast: Cast) -> None:
    with pytest.raises(UnitUnknown):
        give(session, "Bank/Nowhere", "1", "clara")
    with pytest.raises(PersonUnknown) as refused:
        give(session, ZWOLLE, "1", "nobody")
    assert refused.value.data["field"] == "holder"
    factories.a_change(
        session, cast.people.egor, date(2026, 3, 1), leaves_on=date(2026, 3, 9), now=NOW
    )
    with pytest.raises(PersonNotEmployed):
        give(session, ZWOLLE, "1", "egor")


def test_one_for_a_unit_and_year_and_a_change_names_what_was_seen(
    session: Session, cast: Cast
) -> None:
    first = give(session, ZWOLLE, "1000", "clara")
    with pytest.raises(MandateThere):
        give(session, ZWOLLE, "2000", "boris")
    change = ChangeMandate(ZWOLLE, 2026, Money(50_000), "boris", first.id)
    second = change_mandate(session, change, actor=cast.dina, now=NOW)
    with pytest.raises(MandateMovedOn) as refused:
        change_mandate(session, change, actor=cast.henk, now=NOW)
    assert refused.value.data["version"] == second.id
    with pytest.raises(MandateMovedOn):
        take_mandate(session, TakeMandate(ZWOLLE, 2026, first.id), actor=cast.henk, now=NOW)
    take_mandate(session, TakeMandate(ZWOLLE, 2026, second.id), actor=cast.henk, now=NOW)
    with pytest.raises(MandateUnknown):
        take_mandate(session, TakeMandate(ZWOLLE, 2026, second.id), actor=cast.henk, now=NOW)
    kept = session.scalars(select(Mandate).order_by(Mandate.id)).all()
    assert [(m.amount_minor, m.superseded_by) for m in kept] == [
        (100_000, cast.dina.name),
        (50_000, cast.henk.name),
    ]
    acts = select(Entry.act).where(Entry.subject == f"mandate:2026:{ZWOLLE}").order_by(Entry.id)
    assert session.scalars(acts).all() == [
        "approvals.mandate_given",
        "approvals.mandate_given",
        "approvals.mandate_taken",
    ]


def test_the_table_says_what_is_spent_what_is_left_and_who_left(
    session: Session, cast: Cast
) -> None:
    first = give(session, ZWOLLE, "1000", "clara")
    give(session, RETAIL, "5000", "boris")
    decide(session, spend(session, cast, "600"), cast.clara)
    change = ChangeMandate(ZWOLLE, 2026, Money(50_000), "clara", first.id)
    change_mandate(session, change, actor=cast.dina, now=NOW)
    factories.a_change(
        session, cast.people.boris, date(2026, 3, 1), leaves_on=date(2026, 3, 9), now=NOW
    )

    def lines(who: Actor, search: str = "") -> list[tuple[str, str, str, str, bool]]:
        rows = session.execute(
            listed.mandates(actor=who, year=2026, today=TODAY, search=search)
        ).all()
        found = listed.mandate_lines(session, rows, 2026)
        return [
            (line.unit, str(line.spent), str(line.left), line.holder_name, line.holder_left)
            for line in sorted(found, key=lambda line: line.unit)
        ]

    retail = (RETAIL, "0.00", "5000.00", "Boris", True)
    zwolle = (ZWOLLE, "600.00", "-100.00", "Clara", False)
    assert lines(cast.dina) == [retail, zwolle]
    assert lines(cast.dina, "zwol") == lines(cast.dina, "Clar") == [zwolle]
    assert lines(cast.clara) == [zwolle], "what she holds"
    assert lines(cast.anna) == []
    with pytest.raises(MandateUnknown):
        listed.access_mandate(session, RETAIL, 2026, actor=cast.clara, today=TODAY)


def test_a_decision_keeps_on_whose_mandate_it_was(session: Session, cast: Cast) -> None:
    give(session, RETAIL, "5000", "boris")
    made = spend(session, cast, "10")
    decide(session, made, cast.boris)
    step = session.scalars(select(ApprovalStep).where(ApprovalStep.approval_id == made.id)).one()
    assert step.mandate_unit_id == unit(session, RETAIL)
