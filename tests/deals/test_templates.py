"""What HR publishes starts an offer, with days and words that fit."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from ideals.deals import commands
from ideals.deals.commands import KeepTemplate
from ideals.deals.errors import KeptUnknown, OfferRefused, OnlyHrKeeps
from ideals.deals.models import Template
from ideals.deals.queries.before import clauses_in_force, held_against_clauses, templates_in_force
from ideals.deals.queries.starting import offer_from
from ideals.deals.rules import templates
from ideals.deals.rules.offers import OfferText, read
from ideals.deals.rules.usual import TEMPLATES
from ideals.deals.rules.values import Reader
from tests.deals.table import NOW, Cast, cast_of, propose

FIRST = date(2027, 1, 31)
TEXT: dict[str, Any] = {
    "terms": [
        {"kind": "leave", "financed_by": "unpaid"},
        {"kind": "bonus", "target": "a", "measure": "b", "amount": "10.00"},
    ],
    "months": 3,
    "evaluate_after_months": 3,
}


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def keep(session: Session, cast: Cast, text: dict[str, Any]) -> Template:
    cmd = KeepTemplate("care", {"en": "Care"}, {"en": "Some months"}, text, 0)
    return commands.keep_template(session, cmd, actor=cast.dina, now=NOW)


def test_the_usual_ones_are_published_once_by_hr(session: Session, cast: Cast) -> None:
    with pytest.raises(OnlyHrKeeps):
        commands.publish_usual(session, actor=cast.henk, now=NOW)
    assert commands.publish_usual(session, actor=cast.dina, now=NOW) == 5
    assert commands.publish_usual(session, actor=cast.dina, now=NOW) == 0
    codes = [row.code for row in templates_in_force(session)]
    assert codes == ["care_weeks", "four_times_nine", "study_year"]
    assert [row.code for row in clauses_in_force(session)] == ["longest_day", "longest_week"]


@pytest.mark.parametrize("code", [each["code"] for each in TEMPLATES])
@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_each_of_those_starts_an_offer_that_can_be_made(
    session: Session, cast: Cast, code: str, language: str
) -> None:
    commands.publish_usual(session, actor=cast.dina, now=NOW)
    plain = offer_from(session, code, FIRST, language)
    made = read(plain)
    assert isinstance(made, OfferText)
    assert made.ends_on is not None
    assert made.starts_on <= made.evaluate_on <= made.ends_on
    assert made.employee_gets
    assert made.employer_gets
    assert ("Een" in plain["employee_gets"] or "Tijd" in plain["employee_gets"]) == (
        language == "nl"
    )
    held = held_against_clauses(session, propose(session, cast), made)
    assert held.void == ()


def test_its_days_follow_from_the_first(session: Session, cast: Cast) -> None:
    keep(session, cast, TEXT)
    plain = offer_from(session, "care", FIRST, "en")
    assert (plain["ends_on"], plain["evaluate_on"]) == ("2027-04-29", "2027-04-29")
    assert [term.get("ends_on") for term in plain["terms"]] == ["2027-04-29", None]
    assert plain["terms"][1]["due_month"] == "2027-04"
    with pytest.raises(KeptUnknown):
        offer_from(session, "year", FIRST, "en")


def test_one_without_months_has_no_last_day() -> None:
    plain = templates.started({"terms": [{"kind": "other", "text": "A desk"}]}, FIRST, "en")
    assert (plain["evaluate_on"], plain.get("ends_on")) == ("2027-07-31", None)
    assert plain["visibility"] == "parties"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"months": 0}, "text.months"),
        ({"months": "three"}, "text.months"),
        ({"months": 2}, "text.evaluate_after_months"),
        ({"evaluate_after_months": True}, "text.evaluate_after_months"),
        ({"terms": []}, "text.terms"),
        ({"terms": "none"}, "text.terms"),
        ({"terms": [3]}, "text.terms[0]"),
        ({"terms": [{"kind": "gift"}]}, "text.terms[0].kind"),
        ({"words": {"English": {}}}, "text.words.English"),
        ({"words": {"en": {"mood": "x"}}}, "text.words.en.mood"),
        ({"words": {"en": {"reason": 3}}}, "text.words.en.reason"),
        ({"words": [1]}, "text.words"),
        ({"words": {"en": 3}}, "text.words.en"),
        ({"salary": 1}, "text.salary"),
        ({"employer_gets": 4}, "text.employer_gets"),
    ],
)
def test_every_fault_is_told(changes: dict[str, Any], path: str) -> None:
    faults = templates.faults_of(Reader("text", {**TEXT, **changes}))
    assert path in [fault.path for fault in faults]


def test_it_is_refused_with_its_faults(session: Session, cast: Cast) -> None:
    with pytest.raises(OfferRefused):
        keep(session, cast, {"terms": []})
