"""HR keeps clauses and templates; an offer is looked at by the clauses in force."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.commands import DropClause, DropTemplate, KeepClause, KeepTemplate
from ideals.deals.errors import (
    ClauseMovedOn,
    ClauseRefused,
    ClauseUnknown,
    OnlyHrKeepsDeals,
    TemplateMovedOn,
    TemplateRefused,
    TemplateUnknown,
    TermsVoid,
)
from ideals.deals.models import Clause, Template
from ideals.deals.queries import keeping
from ideals.deals.rules import templates
from ideals.deals.rules.offers import OfferText, read
from ideals.deals.rules.usual import TEMPLATES
from ideals.deals.states import TermKind
from ideals.seeds import factories
from tests.deals.conftest import offer, term
from tests.deals.table import NOW, Cast, accept, cast_of, counter, employee, propose

TODAY = NOW.date()
LONGEST = {
    "code": "longest",
    "says": {"en": "Nine hours a day", "nl": "Negen uur per dag"},
    "kinds": ["pattern"],
    "formula": "longest_day <= 8.5",
}
YEAR = {
    "code": "year",
    "names": {"en": "A year"},
    "says": {"en": "For a year"},
    "text": {"terms": [{"kind": "other", "text": "A desk"}], "months": 12,
             "evaluate_after_months": 6},
}  # fmt: skip


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def keep(session: Session, cast: Cast, seen: int | None = None, **changes: Any) -> Clause:
    cmd = KeepClause(**{**LONGEST, **changes}, seen=seen)
    return commands.keep_clause(session, cmd, actor=cast.dina, now=NOW)


def keep_template(
    session: Session, cast: Cast, seen: int | None = None, **changes: Any
) -> Template:
    cmd = KeepTemplate(**{**YEAR, **changes}, seen=seen)
    return commands.keep_template(session, cmd, actor=cast.dina, now=NOW)


def text_of(*terms: dict[str, Any]) -> OfferText:
    made = read(offer(*terms))
    assert isinstance(made, OfferText)
    return made


def test_a_change_supersedes_and_the_version_seen_counts(session: Session, cast: Cast) -> None:
    first = keep(session, cast)
    with pytest.raises(ClauseMovedOn) as refused:
        keep(session, cast)
    assert refused.value.data["current"] == first.id
    second = keep(session, cast, first.id, formula="longest_day <= 10")
    with pytest.raises(ClauseMovedOn):
        keep(session, cast, first.id)
    assert keeping.clauses_in_force(session) == [second]
    history = session.scalars(keeping.clause_history("longest", actor=cast.dina)).all()
    assert [row.formula for row in history] == ["longest_day <= 10", "longest_day <= 8.5"]
    with pytest.raises(ClauseMovedOn):
        commands.drop_clause(session, DropClause("longest", first.id), actor=cast.dina, now=NOW)
    drop = DropClause("longest", second.id)
    commands.drop_clause(session, drop, actor=cast.dina, now=NOW)
    with pytest.raises(ClauseUnknown):
        commands.drop_clause(session, drop, actor=cast.dina, now=NOW)
    assert keeping.clauses_in_force(session) == []


def test_only_hr_with_rights_to_deals_keeps_them(session: Session, cast: Cast) -> None:
    for name in ("anna", "boris", "henk"):
        with pytest.raises(OnlyHrKeepsDeals):
            commands.keep_clause(session, KeepClause(**LONGEST), actor=cast[name], now=NOW)
        with pytest.raises(OnlyHrKeepsDeals):
            commands.keep_template(session, KeepTemplate(**YEAR), actor=cast[name], now=NOW)
        with pytest.raises(OnlyHrKeepsDeals):
            commands.publish_usual(session, actor=cast[name], now=NOW)
        with pytest.raises(OnlyHrKeepsDeals):
            keeping.clause_history("longest", actor=cast[name])


def test_every_fault_of_a_clause(session: Session, cast: Cast) -> None:
    with pytest.raises(ClauseRefused) as refused:
        keep(session, cast, code="No code", formula="longest_day <=")
    paths = {fault["path"] for fault in refused.value.data["faults"]}
    assert paths == {"code", "formula"}


def test_terms_that_go_against_a_clause_are_named(session: Session, cast: Cast) -> None:
    keep(session, cast)
    keep(session, cast, code="scale", kinds=["money", "pattern"], formula="scale == '7'")
    text = text_of(term("other"), term("pattern"), term("money"))
    anna = cast.ids["anna"]
    found = keeping.against(session, anna, text, TODAY)
    assert [(each.place, each.clause.code, each.sure) for each in found] == [
        (1, "longest", True),
        (1, "scale", False),
        (2, "scale", False),
    ], "her scale is not known"
    factories.a_change(session, employee(session, "anna"), date(2027, 2, 1), scale="8")
    assert [each.clause.code for each in keeping.void_terms(session, anna, text, TODAY)] == [
        "longest",
        "scale",
        "scale",
    ], "what counts is the day on which it begins"


def test_what_is_void_is_not_agreed(session: Session, cast: Cast) -> None:
    deal = propose(session, cast, term("place"), term("pattern"))
    keep(session, cast)
    with pytest.raises(TermsVoid) as refused:
        accept(session, deal, cast.boris)
    [clause] = refused.value.data["clauses"]
    assert clause == {
        "path": "terms[1]",
        "kind": TermKind.PATTERN,
        "clause": "longest",
        "says": "Nine hours a day",
    }
    shorter = term("pattern", minutes=dict.fromkeys(("monday", "tuesday"), 480))
    counter(session, deal, cast.boris, shorter)
    assert accept(session, deal, cast.boris).state == "negotiating"


def test_what_is_not_known_does_not_stop_them(session: Session, cast: Cast) -> None:
    keep(session, cast, formula="scale == '7'")
    assert accept(session, propose(session, cast, term("pattern")), cast.boris)


# Templates ------------------------------------------------------------------------------------


def test_the_usual_ones_are_published_once(session: Session, cast: Cast) -> None:
    assert commands.publish_usual(session, actor=cast.dina, now=NOW) == 5
    assert commands.publish_usual(session, actor=cast.dina, now=NOW) == 0
    codes = [row.code for row in keeping.templates_in_force(session)]
    assert codes == ["care_weeks", "four_times_nine", "study_year"]


@pytest.mark.parametrize("code", [each["code"] for each in TEMPLATES])
@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_each_starts_an_offer_that_can_be_made(
    session: Session, cast: Cast, code: str, language: str
) -> None:
    commands.publish_usual(session, actor=cast.dina, now=NOW)
    plain = keeping.offer_from(session, code, date(2027, 1, 31), language)
    made = read(plain)
    assert isinstance(made, OfferText)
    assert made.ends_on is not None
    assert made.starts_on <= made.evaluate_on <= made.ends_on
    assert made.employee_gets
    assert made.employer_gets
    void = keeping.void_terms(session, cast.ids["anna"], made, TODAY)
    assert void == []


def test_its_days_follow_from_the_first(session: Session, cast: Cast) -> None:
    keep_template(
        session,
        cast,
        text={
            "terms": [
                {"kind": "leave", "financed_by": "unpaid"},
                {"kind": "bonus", "target": "a", "measure": "b", "amount": "10.00"},
            ],
            "months": 3,
            "evaluate_after_months": 3,
        },
    )
    plain = keeping.offer_from(session, "year", date(2027, 1, 31), "en")
    assert (plain["ends_on"], plain["evaluate_on"]) == ("2027-04-29", "2027-04-29")
    assert [term.get("ends_on") for term in plain["terms"]] == ["2027-04-29", None]
    assert plain["terms"][1]["due_month"] == "2027-04"


def test_a_template_is_changed_and_taken_away(session: Session, cast: Cast) -> None:
    first = keep_template(session, cast)
    with pytest.raises(TemplateMovedOn):
        keep_template(session, cast)
    second = keep_template(session, cast, first.id, names={"en": "Another year"})
    with pytest.raises(TemplateMovedOn):
        cmd = DropTemplate("year", first.id)
        commands.drop_template(session, cmd, actor=cast.dina, now=NOW)
    cmd = DropTemplate("year", second.id)
    commands.drop_template(session, cmd, actor=cast.dina, now=NOW)
    with pytest.raises(TemplateUnknown):
        commands.drop_template(session, cmd, actor=cast.dina, now=NOW)
    with pytest.raises(TemplateUnknown):
        keeping.offer_from(session, "year", TODAY, "en")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"code": "A b"}, "code"),
        ({"names": {}}, "names"),
        ({"names": {"English": "x"}}, "names.English"),
        ({"says": {"en": ""}}, "says.en"),
        ({"text": None}, "text.terms"),
        ({"text": {**YEAR["text"], "months": 0}}, "text.months"),  # type: ignore[dict-item]
        ({"text": {**YEAR["text"], "months": 5}}, "text.evaluate_after_months"),  # type: ignore[dict-item]
        ({"text": {**YEAR["text"], "terms": [{"kind": "gift"}]}}, "text.terms[0].kind"),  # type: ignore[dict-item]
        ({"text": {**YEAR["text"], "words": {"en": {"mood": "x"}}}}, "text.words.en.mood"),  # type: ignore[dict-item]
        ({"mood": 1}, "mood"),
    ],
)
def test_every_fault_of_a_template(changes: dict[str, Any], path: str) -> None:
    faults = templates.read({**YEAR, **changes})
    assert isinstance(faults, list)
    assert path in [fault.path for fault in faults]


def test_it_is_refused_with_its_faults(session: Session, cast: Cast) -> None:
    with pytest.raises(TemplateRefused):
        keep_template(session, cast, text={"terms": []})
