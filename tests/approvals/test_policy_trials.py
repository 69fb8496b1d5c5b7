"""What a draft would have done with the cases there really were."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.commands import Ask
from ideals.approvals.commands import policies as drafts
from ideals.approvals.commands.policies import SaveDraft
from ideals.approvals.errors import MayNotKeepPolicies, MayNotSeeCases
from ideals.approvals.pages import trying
from ideals.approvals.queries import in_force, trials
from ideals.approvals.queries.trials import Asked
from ideals.approvals.rules import By, Effect, checked
from ideals.approvals.states import Kind
from ideals.audit import Entry
from ideals.kernel.actor import Role
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from tests.approvals.conftest import NOW, Cast
from tests.approvals.test_policy_editor import DRAFT, LOOK, at_nine, dina, henk, keep  # noqa: F401
from tests.counting import counted
from tests.desk import Desk, make_app

YEAR_BEFORE = datetime.fromisoformat("2025-03-10T09:00:00+00:00")


@pytest.fixture
def app(session: Session) -> Iterator[Flask]:
    yield make_app()


def ask(
    session: Session, cast: Cast, euros: str = "100", *, days_ago: int = 1, **more: str
) -> None:
    """By Anna; `more`: facts of the order besides whom its product asks."""
    id_ = new_id()
    cmd = Ask(
        id_, Kind.ORDER, f"order:{id_}", cast.people.anna.id, {"asks": "manager", **more},
        Money.of(Decimal(euros)), what={"en": f"Bicycle of {euros}", "nl": f"Fiets van {euros}"},
    )  # fmt: skip
    made = approvals.ask(session, cmd, actor=cast.anna, now=NOW - timedelta(days=days_ago))
    assert made is not None


def past(session: Session, cast: Cast) -> None:
    """Six asked their manager and two HR within the year; two before it."""
    for euros in ("10", "250", "250", "250.01", "3000", "3000"):
        ask(session, cast, euros)
    ask(session, cast, "99", asks="hr")
    ask(session, cast, "1000", asks="hr", days_ago=364)
    ask(session, cast, days_ago=366)
    ask(session, cast, "5000", days_ago=700)
    session.commit()


def asked(text: str = DRAFT) -> Asked:
    now = in_force.built_in_policy(Kind.ORDER)
    return Asked(
        Kind.ORDER, now, checked(text, in_force.facts_of(Kind.ORDER)), YEAR_BEFORE
    )  # fmt: skip


def told(found: trials.Trial) -> list[tuple[str, str, int]]:
    return sorted((_way(each.now), _way(each.then), each.count) for each in found.moves)


def _way(way: trials.Way) -> str:
    return way.effect if not way.stages else str(way.stages[0].steps[0].who.by)


def test_past_cases_are_counted_by_where_they_go(session: Session, cast: Cast, app: Flask) -> None:
    past(session, cast)
    found = trials.trial(session, asked(), actor=cast.dina)
    assert (found.total, found.changed, found.untold) == (8, 5, 0)
    assert [(_way(each.way), each.now, each.then) for each in found.counts] == [
        (Effect.AFTER, 0, 4),
        (By.MANAGER, 6, 4),
        (By.ROLE, 2, 0),
    ]
    assert told(found) == [
        (By.MANAGER, Effect.AFTER, 3),
        (By.ROLE, Effect.AFTER, 1),
        (By.ROLE, By.MANAGER, 1),
    ]


def test_of_a_case_that_lacks_a_fact_it_cannot_be_said(
    session: Session, cast: Cast, app: Flask
) -> None:
    ask(session, cast, product_kind="bicycle")
    ask(session, cast, product_kind="other")
    ask(session, cast)
    found = trials.trial(
        session,
        asked(DRAFT.replace("amount <= 250", "product_kind == 'bicycle'")),
        actor=cast.dina,
    )
    assert (found.total, found.changed, found.untold) == (3, 1, 1)


def test_another_name_or_order_of_cases_is_no_change(
    session: Session, cast: Cast, app: Flask
) -> None:
    past(session, cast)
    same = re.sub(r"  - code: small.*?(?=  - code: usual)", "", DRAFT, flags=re.DOTALL)
    same = same.replace(
        "  - code: usual",
        "  - code: personnel\n    when: asks == 'hr'\n    says: {en: HR.}\n    steps:\n"
        "      - {who: {role: hr}}\n  - code: usual",
    )
    found = trials.trial(session, asked(same), actor=cast.dina)
    assert (found.total, found.changed) == (8, 0)


def test_a_trial_is_one_question_however_many_cases(
    session: Session, cast: Cast, app: Flask
) -> None:
    past(session, cast)
    with counted(session) as seen:
        trials.trial(session, asked(), actor=cast.dina)
    assert seen.statements == 1, str(seen)


def test_only_hr_tries(session: Session, cast: Cast, app: Flask) -> None:
    for actor in (cast.anna, cast.boris, cast.clara, cast.egor):
        with pytest.raises(MayNotKeepPolicies):
            trials.trial(session, asked(), actor=actor)


def test_the_cases_that_change_are_found_again(session: Session, cast: Cast, app: Flask) -> None:
    past(session, cast)
    found = trials.trial(session, asked(), actor=cast.dina)

    def amounts(move: int | None) -> list[int]:
        rows = session.execute(trials.changed_cases(found, move, actor=cast.dina)).all()
        return sorted(row.Approval.amount_minor for row in rows)

    assert amounts(None) == [1000, 9900, 25000, 25000, 100000]
    assert amounts(0) == [1000, 25000, 25000]
    assert amounts(99) == []


@pytest.mark.parametrize(
    ("now", "before"), [("2028-02-29", "2027-02-28"), ("2026-03-01", "2025-03-01")]
)
def test_twelve_months_back_is_a_day_there_was(now: str, before: str) -> None:
    def at(day: str) -> datetime:
        return datetime.fromisoformat(f"{day}T12:00:00+00:00")

    assert trials.year_before(at(now)) == at(before)


# On the page


def test_hr_sees_what_would_have_gone_to_whom(
    session: Session,
    cast: Cast,
    dina: Desk,  # noqa: F811
) -> None:
    past(session, cast)
    keep(session, cast)
    page = in_words(dina.get(LOOK).text)
    assert "5 of 8 would have gone another way" in page
    assert "At once; 10% is checked afterwards by the manager 0 4 +4" in page
    assert "3 cases: see them The manager At once; 10% is checked afterwards by the manager" in page

    page = in_words(dina.get(f"{LOOK}/cases?move=0").text)
    assert "3: not “The manager”, but “At once; 10% is checked" in page
    assert page.count("Bicycle of 250") == 2 and "Bicycle of 3000" not in page
    assert "amount €250.00, asks the manager" in page
    page = in_words(dina.get(f"{LOOK}/cases").text)
    assert page.count("Bicycle of") == 5
    assert dina.get(f"{LOOK}/cases?move=x").status_code == 200


def in_words(page: str) -> str:
    main = page.split('<main id="content"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_without_cases_or_changes_the_page_says_so(
    session: Session,
    cast: Cast,
    dina: Desk,  # noqa: F811
) -> None:
    keep(session, cast)
    assert "there is nothing to try it on" in dina.get(LOOK).text
    assert "Nothing would have gone another way" in dina.get(f"{LOOK}/cases").text


def test_without_a_draft_there_is_nothing_to_try(dina: Desk) -> None:  # noqa: F811
    for page in (LOOK, f"{LOOK}/cases", f"{LOOK}/cases.csv"):
        assert dina.get(page).status_code == 303


DEALS = """\
policy: deal
from: "2026-04-01"
name: {en: HR looks at all deals}
cases:
  - code: all
    says: {en: HR looks at all deals.}
    steps: [{who: {role: hr_deals}, days: 5, then: remind}]
"""


def test_whose_deals_they_are_takes_the_right_to_deals(
    session: Session,
    cast: Cast,
    app: Flask,
    dina: Desk,  # noqa: F811
) -> None:
    facts = {
        "kinds": "other", "cost": Decimal(10), "pay": False, "time": False,
        "before_hiring": False, "renewal": False,
    }  # fmt: skip
    id_ = new_id()
    cmd = Ask(id_, Kind.DEAL, f"deal:{id_}", cast.people.anna.id, facts, what={"en": "Deal 7"})
    assert approvals.ask(session, cmd, actor=cast.anna, now=NOW) is not None
    drafts.save_draft(session, SaveDraft(Kind.DEAL, DEALS, None), actor=cast.dina, now=NOW)
    session.commit()
    look = "/approvals/policies/deal/draft"

    page = dina.get(look).text
    assert "1 of 1 would have gone another way" in in_words(page)
    assert f"{look}/cases" not in page
    for path in (f"{look}/cases", f"{look}/cases?move=0", f"{look}/cases.csv"):
        refused = dina.get(path)
        assert refused.status_code == 403
        assert "Anna" not in refused.text.split('<main id="content"')[-1]
    entries = select(Entry).where(Entry.act == "approvals.cases_downloaded")
    assert session.scalars(entries).all() == []
    told = dina.send("POST", "policies/deal/trial", {"document": DEALS})
    assert told.status_code == 200
    assert "anna" not in told.text.lower()

    keeper = replace(cast.dina, roles=frozenset({Role.HR, Role.HR_DEALS}))
    both = trials.trial(session, deals_asked(), actor=keeper)
    [row] = session.execute(trials.changed_cases(both, actor=keeper))
    assert row.Approval.id == id_
    with pytest.raises(MayNotSeeCases):
        trials.changed_cases(both, actor=cast.dina)


def deals_asked() -> Asked:
    now = in_force.built_in_policy(Kind.DEAL)
    return Asked(Kind.DEAL, now, checked(DEALS, in_force.facts_of(Kind.DEAL)), YEAR_BEFORE)


def test_the_cases_are_a_file_and_that_is_written_down(
    session: Session,
    cast: Cast,
    dina: Desk,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trying, "AT_A_TIME", 2)
    past(session, cast)
    keep(session, cast)
    got = dina.get(f"{LOOK}/cases.csv")
    rows = list(csv.reader(io.StringIO(got.text.removeprefix("\ufeff"))))
    assert rows[0] == [
        "Asked on", "Number", "Employee", "What", "amount", "asks", "As it is", "With this draft",
        "Approval",
    ]  # fmt: skip
    assert sorted(row[4] for row in rows[1:]) == ["10.00", "1000.00", "250.00", "250.00", "99.00"]
    assert {row[1] for row in rows[1:]} == {"anna"}
    assert len({row[-1] for row in rows[1:]}) == 5
    assert len(list(csv.reader(io.StringIO(dina.get(f"{LOOK}/cases.csv?move=0").text)))) == 4
    entries = session.scalars(select(Entry).where(Entry.act == "approvals.cases_downloaded"))
    assert [entry.subject for entry in entries] == ["policy:order"] * 2
