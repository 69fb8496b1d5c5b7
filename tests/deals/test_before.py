"""What both see before they agree: clauses and what is comparable; what HR keeps for it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.commands import DropClause, DropTemplate, KeepClause, KeepTemplate
from ideals.deals.errors import KeptMovedOn, KeptUnknown, OfferRefused, OnlyHrKeeps, TermsVoid
from ideals.deals.models import Clause
from ideals.deals.queries import before, offer_of, text_of
from ideals.deals.rules import Measure
from ideals.deals.states import TermKind
from ideals.seeds import factories
from tests.deals.conftest import TERMS, term
from tests.deals.table import (
    NOW,
    Cast,
    accept,
    both_accept,
    cast_of,
    employee,
    in_force,
    propose,
)
from tests.deals.test_comparing import Team

REST: dict[str, Any] = {
    "code": "rest",
    "says": {"en": "No day is longer than eight hours", "nl": "Geen dag is langer dan acht uur"},
    "kinds": ["pattern"],
    "formula": "longest_day <= 8",
}


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def keep(session: Session, cast: Cast, seen: int = 0, by: str = "dina", **changes: Any) -> Clause:
    cmd = KeepClause({**REST, **changes}, seen)
    return commands.keep_clause(session, cmd, actor=cast[by], now=NOW)


def test_a_void_term_is_named_and_accepted_by_nobody(session: Session, cast: Cast) -> None:
    keep(session, cast)
    deal = propose(session, cast, term("place"), TERMS["pattern"])
    held = before.held_against_clauses(session, deal, text_of(offer_of(session, deal.id, 1)))
    assert [(place, clause.code) for place, clause in held.void] == [(1, "rest")]
    for actor in (cast.anna, cast.boris):
        with pytest.raises(TermsVoid) as refused:
            accept(session, deal, actor)
        [named] = refused.value.data["void"]
        assert (named["path"], named["clause"]) == ("terms[1]", "rest")


def test_where_a_fact_is_missing_nothing_is_said(session: Session, cast: Cast) -> None:
    keep(session, cast, formula="hours_a_week <= weekly_hours")
    deal = propose(session, cast, TERMS["pattern"])
    facts = before.facts_of(session, deal.employee_id, NOW.date())
    assert facts["weekly_hours"] == 36
    assert set(facts) == {
        "unit", "scale", "part_time_factor", "years_of_service", "weekly_hours",
    }  # fmt: skip
    both_accept(session, cast, deal)
    nobody = before.facts_of(session, 0, NOW.date())
    assert nobody == {}


def test_a_clause_is_changed_by_who_saw_it_last(session: Session, cast: Cast) -> None:
    first = keep(session, cast)
    second = keep(session, cast, first.id, formula="longest_day <= 10")
    with pytest.raises(KeptMovedOn) as refused:
        keep(session, cast, first.id)
    assert refused.value.data["version"] == second.id
    drop = DropClause("rest", second.id)
    commands.drop_clause(session, drop, actor=cast.dina, now=NOW)
    assert before.clauses_in_force(session) == []
    with pytest.raises(KeptMovedOn):
        commands.drop_clause(session, drop, actor=cast.dina, now=NOW)
    with pytest.raises(KeptUnknown):
        commands.drop_clause(session, DropClause("rest", 0), actor=cast.dina, now=NOW)
    assert session.query(Clause).count() == 2


def test_only_hr_with_rights_to_deals_keeps_them(session: Session, cast: Cast) -> None:
    for name in ("anna", "boris", "henk"):
        with pytest.raises(OnlyHrKeeps):
            keep(session, cast, by=name)


def test_faults_of_a_clause_are_told_at_once(session: Session, cast: Cast) -> None:
    with pytest.raises(OfferRefused) as refused:
        keep(session, cast, code="Rest!", formula="salary > 1")
    assert [fault["path"] for fault in refused.value.data["faults"]] == ["code", "formula"]


def test_a_template_holds_part_of_an_offer(session: Session, cast: Cast) -> None:
    says = {"en": "Four times nine"}
    text = {"terms": [term("hours", starts_on=None)], "employer_gets": "Early shifts"}
    cmd = KeepTemplate("four_times_nine", says, says, text, 0)
    made = commands.keep_template(session, cmd, actor=cast.dina, now=NOW)
    assert before.templates_in_force(session) == [made]
    wrong = KeepTemplate("Four", {}, {"en": ""}, {"terms": [{"kind": "x"}], "salary": 1}, 0)
    with pytest.raises(OfferRefused) as refused:
        commands.keep_template(session, wrong, actor=cast.dina, now=NOW)
    assert [fault["path"] for fault in refused.value.data["faults"]] == [
        "code", "names", "says.en", "text.salary", "text.terms[0].kind",
    ]  # fmt: skip
    drop = DropTemplate("four_times_nine", made.id)
    commands.drop_template(session, drop, actor=cast.dina, now=NOW)
    assert before.templates_in_force(session) == []


def test_of_few_nothing_is_said_and_never_of_the_employees_own(
    session: Session, cast: Cast
) -> None:
    boris = employee(session, "boris")
    for number in range(10):
        person = factories.an_employee(session, f"P{number}", number=f"p{number}", manager=boris)
        theirs = Cast({**cast.ids, "anna": person.id}, **{n: cast[n] for n in (
            "anna", "boris", "clara", "dina", "egor", "greta", "henk"
        )})  # fmt: skip
        theirs.anna = factories.as_employee(person)
        if number < 5:
            in_force(session, theirs, TERMS["place"], starts_on="2026-11-02")
        else:
            in_force(session, theirs, TERMS["pattern"], starts_on="2026-11-02")
    in_force(session, cast, TERMS["place"], starts_on="2026-11-02")
    deal = propose(session, cast, TERMS["place"])
    seen = before.comparable(session, deal, ["place"], NOW.date())
    assert seen.everywhere[TermKind.PLACE] == seen.team[TermKind.PLACE] == 5
    assert TermKind.PATTERN not in seen.everywhere
    assert seen.figures == {Measure.HOME_DAYS: None}


def test_only_the_latest_deals_of_everybody_are_looked_at(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it takes as long with half a million; of the team every deal counts."""
    people = Team(cast)
    people.grow(session, 12)
    for place in range(12):
        days = {"monday": "home"} if place < 2 else {"monday": "home", "friday": "home"}
        people.deal(session, place, term("place", days=days, where=None))
    deal = propose(session, cast, term("place"))

    def seen() -> before.Comparable:
        return before.comparable(session, deal, ["place"], NOW.date())

    def low() -> int | None:
        found = seen().figures[Measure.HOME_DAYS]
        return None if found is None else found.low

    assert low() == 1
    monkeypatch.setattr(before, "MOST_LOOKED_AT", 10)
    assert low() == 2
    assert seen().everywhere[TermKind.PLACE] == 10
    assert seen().team[TermKind.PLACE] == 12
    monkeypatch.setattr(before, "MOST_COMPARED", 9)
    assert low() is None
