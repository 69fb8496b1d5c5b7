"""Policies: drafts, publishing once from a later day, and what a draft would have done."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals import queries
from ideals.approvals.commands import Ask
from ideals.approvals.commands import policies as commands
from ideals.approvals.commands.policies import (
    DiscardDraft,
    PublishDraft,
    PublishPolicy,
    SaveDraft,
)
from ideals.approvals.errors import (
    DraftMovedOn,
    DraftNotFound,
    DraftUnusable,
    MayNotKeepPolicies,
    PolicyDayPassed,
    PolicyKindDiffers,
    PolicyPublished,
    PolicyRefused,
    PolicyTooEarly,
)
from ideals.approvals.models import Approval, PolicyDraft, PolicyVersion
from ideals.approvals.queries import in_force, policies, trials
from ideals.approvals.queries.trials import Asked
from ideals.approvals.rules import built_in_text, checked
from ideals.approvals.states import Kind
from ideals.audit import Entry
from ideals.deals.pages.words import DEAL_FACTS
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.kernel.registry import Registry
from ideals.seeds import factories
from ideals.shop.pages import words
from tests.approvals.conftest import NOW, Cast

APRIL = date(2026, 4, 1)
DOCUMENT = """
policy: order
from: "{first}"
name: {{en: Small is free, nl: Klein is vrij}}
cases:
  - code: small
    when: amount <= {most}
    says: {{en: Yours to decide, nl: U beslist zelf}}
    takes_effect: at_once
  - code: rest
    says: {{en: HR decides, nl: HR beslist}}
    steps:
      - {{who: {who}, days: 5}}
"""


def document(first: str = "2026-04-01", most: int = 250, who: str = "{role: hr}") -> str:
    return DOCUMENT.format(first=first, most=most, who=who)


@pytest.fixture(autouse=True)
def facts_of_the_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "FACTS", Registry("facts of the test"))
    queries.FACTS.register(Kind.ORDER, words.ORDER_FACTS)
    queries.FACTS.register(Kind.DEAL, DEAL_FACTS)
    in_force.forget()


def publish(session: Session, cast: Cast, text: str, kind: Kind | None = None) -> PolicyVersion:
    cmd = PublishPolicy(text, kind)
    return commands.publish(session, cmd, actor=cast.dina, now=NOW)


def save(session: Session, cast: Cast, text: str, seen: int | None = None) -> PolicyDraft:
    cmd = SaveDraft(Kind.ORDER, text, seen)
    made = commands.save_draft(session, cmd, actor=cast.dina, now=NOW)
    session.flush()
    return made


# Publishing


def test_what_is_published_holds_from_its_day(session: Session, cast: Cast) -> None:
    made = publish(session, cast, document())
    before = in_force.in_force(session, Kind.ORDER, date(2026, 3, 31), now=NOW)
    after = in_force.in_force(session, Kind.ORDER, APRIL, now=NOW)
    assert before.id is None and before.policy.case("free")
    assert (after.id, after.policy.case("small").code) == (made.id, "small")
    entry = session.scalars(select(Entry).where(Entry.act == "approvals.published")).one()
    assert entry.details["digest"] == made.digest


def test_the_same_text_again_is_the_same_and_another_is_refused(
    session: Session, cast: Cast
) -> None:
    made = publish(session, cast, document())
    assert publish(session, cast, document()).id == made.id
    with pytest.raises(PolicyPublished):
        publish(session, cast, document(most=300))
    assert policies.lines(session, Kind.ORDER)[0].id == made.id


def test_a_policy_is_replaced_from_a_later_day_only(session: Session, cast: Cast) -> None:
    publish(session, cast, document("2026-05-01"))
    with pytest.raises(PolicyTooEarly) as refused:
        publish(session, cast, document("2026-04-01"))
    assert refused.value.data["latest"] == "2026-05-01"
    publish(session, cast, document("2026-06-01"))
    days = [line.starts_on.month for line in policies.lines(session, Kind.ORDER)]
    assert days == [6, 5]


@pytest.mark.parametrize("first", ["2026-03-10", "2025-01-01"])
def test_a_day_that_has_come_is_refused(session: Session, cast: Cast, first: str) -> None:
    with pytest.raises(PolicyDayPassed) as refused:
        publish(session, cast, document(first))
    assert refused.value.data["earliest"] == "2026-03-11"
    cmd = PublishPolicy(document(first), from_any_day=True)
    assert commands.publish(session, cmd, actor=cast.dina, now=NOW).starts_on.isoformat() == first


def test_a_document_of_another_kind_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(PolicyKindDiffers):
        publish(session, cast, document(), Kind.EVIDENCE)


@pytest.mark.parametrize(
    ("number", "found"),
    [("nobody", "whom nobody knows"), ("frank", "who does not work here then")],
)
def test_people_who_are_not_there_are_refused_by_name(
    session: Session, cast: Cast, number: str, found: str
) -> None:
    frank = factories.an_employee(session, "Frank", number="frank")
    factories.a_change(session, frank, date(2026, 3, 1), leaves_on=date(2026, 3, 31), now=NOW)
    with pytest.raises(PolicyRefused) as refused:
        publish(session, cast, document(who=f'{{person: "{number}"}}'))
    (fault,) = refused.value.data["faults"]
    assert fault["path"] == "cases[1].steps[0].who.person"
    assert found in str(fault["found"])
    assert publish(session, cast, document(who='{person: "boris"}'))


def test_published_rows_are_only_added(session: Session, cast: Cast) -> None:
    publish(session, cast, document())
    for act in ("UPDATE approvals_policy SET document = ''", "DELETE FROM approvals_policy"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text(act))


def test_rules_that_cannot_be_read_any_more_stop_nobody(
    session: Session, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as when a later version of the product knows a fact no more."""
    document_ = document().replace("amount <= 250", "fact_of_old <= 250")
    session.add(
        PolicyVersion(
            kind=Kind.ORDER,
            starts_on=date(2026, 3, 1),
            document=document_,
            digest="0" * 64,
            published_at=NOW,
            published_by="somebody",
        )
    )
    session.flush()
    held = in_force.in_force(session, Kind.ORDER, NOW.date(), now=NOW)
    assert held.id is None and held.policy.case("free")
    in_force.forget()
    in_force.in_force(session, Kind.ORDER, NOW.date(), now=NOW)
    assert caplog.text.count("cannot be read any more") == 1, "said once, not at each order"
    shown = policies.all_in_force(session, NOW.date())[Kind.ORDER]
    assert (shown.policy, shown.since, shown.unreadable) == (held.policy, None, date(2026, 3, 1))


# Drafts


def test_a_draft_may_be_wrong_and_is_published_when_it_is_right(
    session: Session, cast: Cast
) -> None:
    draft = save(session, cast, "policy: order\ncases: [")
    with pytest.raises(PolicyRefused):
        commands.publish_draft(
            session, PublishDraft(Kind.ORDER, draft.version), actor=cast.dina, now=NOW
        )
    draft = save(session, cast, document(), draft.version)
    cmd = PublishDraft(Kind.ORDER, draft.version)
    made = commands.publish_draft(session, cmd, actor=cast.dina, now=NOW)
    assert made.document == document()
    with pytest.raises(DraftNotFound):
        commands.publish_draft(session, cmd, actor=cast.dina, now=NOW)


def test_who_did_not_see_the_last_version_changes_nothing(session: Session, cast: Cast) -> None:
    first = save(session, cast, document()).version
    second = save(session, cast, document(most=300), first).version
    assert second > first
    for late in (None, first):
        with pytest.raises(DraftMovedOn) as moved:
            save(session, cast, document(most=400), late)
        assert moved.value.data["current"] == second
    with pytest.raises(DraftMovedOn):
        commands.publish_draft(session, PublishDraft(Kind.ORDER, first), actor=cast.dina, now=NOW)
    with pytest.raises(DraftMovedOn):
        commands.discard_draft(session, DiscardDraft(Kind.ORDER, first), actor=cast.dina, now=NOW)
    commands.discard_draft(session, DiscardDraft(Kind.ORDER, second), actor=cast.dina, now=NOW)
    session.flush()
    assert policies.drafts(session, actor=cast.dina) == {}
    # The next draft never has a number of the one that is gone.
    assert save(session, cast, document()).version > second


@pytest.mark.parametrize("content", ["x" * 300_000, "a\0b"])
def test_what_is_no_text_is_not_kept(session: Session, cast: Cast, content: str) -> None:
    with pytest.raises(DraftUnusable):
        save(session, cast, content)


def test_only_hr_reads_drafts(session: Session, cast: Cast) -> None:
    save(session, cast, document())
    for actor in (cast.anna, cast.boris):
        with pytest.raises(MayNotKeepPolicies):
            policies.drafts(session, actor=actor)


# Trials


def ask_for(session: Session, cast: Cast, amount: int, now: datetime) -> Approval | None:
    facts = {
        "product": "bicycle", "product_kind": "bicycle", "paid_from": "budget",
        "quantity": Decimal(1), "asks": "manager",
    }  # fmt: skip
    cmd = Ask(new_id(), Kind.ORDER, f"order:{new_id()}", cast.people.anna.id, facts, Money(amount))
    return approvals.ask(session, cmd, actor=cast.anna, now=now)


@pytest.fixture
def past(session: Session, cast: Cast) -> list[Approval]:
    """214 of a hundred euros, 6 of a thousand, one of long ago."""
    made = [ask_for(session, cast, 100_00, NOW) for _ in range(214)]
    made += [ask_for(session, cast, 1000_00, NOW) for _ in range(6)]
    ask_for(session, cast, 100_00, datetime(2024, 1, 5, 9, tzinfo=UTC))
    session.flush()
    return [each for each in made if each is not None]


def tried(session: Session, cast: Cast, text: str) -> trials.Trial:
    now = in_force.built_in_policy(Kind.ORDER)
    then = checked(text, in_force.facts_of(Kind.ORDER))
    asked = Asked(Kind.ORDER, now, then, datetime(2025, 3, 10, tzinfo=UTC))
    return trials.trial(session, asked, actor=cast.dina)


def test_a_draft_is_tried_on_the_cases_there_really_were(
    session: Session, cast: Cast, past: list[Approval]
) -> None:
    trial = tried(session, cast, document())
    assert (trial.total, trial.changed, trial.untold) == (220, 220, 0)
    assert sorted(move.count for move in trial.moves) == [6, 214]
    assert [(count.now, count.then) for count in trial.counts] == [(0, 214), (0, 6), (220, 0)]
    free = next(place for place, move in enumerate(trial.moves) if move.count == 214)
    cases = session.execute(trials.changed_cases(trial, free, actor=cast.dina)).all()
    assert {row.Approval.amount_minor for row in cases} == {100_00} and len(cases) == 214


def test_what_holds_tried_on_itself_changes_nothing(
    session: Session, cast: Cast, past: list[Approval]
) -> None:
    trial = tried(session, cast, built_in_text(Kind.ORDER))
    assert (trial.total, trial.changed, trial.moves) == (220, 0, [])


def test_a_fact_that_was_not_kept_then_is_said(
    session: Session, cast: Cast, past: list[Approval]
) -> None:
    session.execute(
        text("UPDATE approvals_approval SET facts = facts - 'scale' WHERE amount_minor = 100000")
    )
    changed = document().replace("amount <= 250", "scale == '8' or amount <= 250")
    assert tried(session, cast, changed).untold == 6


def test_only_hr_tries(session: Session, cast: Cast) -> None:
    asked = Asked(
        Kind.ORDER,
        in_force.built_in_policy(Kind.ORDER),
        in_force.built_in_policy(Kind.ORDER),
        NOW,
    )
    with pytest.raises(MayNotKeepPolicies):
        trials.trial(session, asked, actor=cast.boris)
