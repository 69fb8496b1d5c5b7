"""What somebody is writing is theirs alone."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.deals import commands, queries
from ideals.deals.commands import DropDraft, InviteAdviser, SaveDraft
from ideals.deals.errors import DealUnknown, DraftMovedOn, DraftUnusable, NotYoursToDo
from ideals.deals.models import Draft
from ideals.notices.models import Notice
from tests.deals.table import NAMES, NOW, Cast, acts, cast_of, counter, propose

TEXT = {"employee_gets": "Time", "terms": [{"kind": "hours"}]}


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


def save(
    session: Session,
    cast: Cast,
    deal_id: UUID | None,
    version: int = 0,
    by: str = "anna",
    **text: object,
) -> Draft:
    cmd = SaveDraft(deal_id, 1, {**TEXT, **text}, version)
    return commands.save_draft(session, cmd, actor=cast[by], now=NOW)


def test_nobody_else_sees_a_draft_nor_that_there_is_one(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    commands.invite_adviser(session, InviteAdviser(deal.id, "egor"), actor=cast.anna, now=NOW)
    before = (acts(session, deal), session.query(Entry).count(), session.query(Notice).count())
    version = deal.version
    save(session, cast, deal.id)
    for name in NAMES:
        found = queries.draft_of(session, deal.id, actor=cast[name])
        assert (found is not None) == (name == "anna"), name
    now = (acts(session, deal), session.query(Entry).count(), session.query(Notice).count())
    assert (now, deal.version) == (before, version)


def test_each_has_their_own(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    save(session, cast, deal.id, employee_gets="Fridays")
    save(session, cast, deal.id, by="boris", employee_gets="Mondays")
    save(session, cast, None, subject="Another")
    for name, says in (("anna", "Fridays"), ("boris", "Mondays")):
        draft = queries.draft_of(session, deal.id, actor=cast[name])
        assert draft is not None
        assert draft.text["employee_gets"] == says
    assert queries.draft_of(session, None, actor=cast.boris) is None


def test_two_windows_do_not_overwrite_each_other(session: Session, cast: Cast) -> None:
    assert save(session, cast, None).version == 1
    assert save(session, cast, None, 1).version == 2
    with pytest.raises(DraftMovedOn) as refused:
        save(session, cast, None, 1)
    assert refused.value.data["version"] == 2


def test_put_forward_or_dropped_it_is_gone(session: Session, cast: Cast) -> None:
    save(session, cast, None)
    deal = propose(session, cast)
    assert queries.draft_of(session, None, actor=cast.anna) is None
    save(session, cast, deal.id)
    save(session, cast, deal.id, by="boris")
    counter(session, deal, cast.anna, evaluate_on="2027-05-01")
    assert queries.draft_of(session, deal.id, actor=cast.anna) is None
    assert queries.draft_of(session, deal.id, actor=cast.boris) is not None
    commands.drop_draft(session, DropDraft(deal.id), actor=cast.boris, now=NOW)
    assert queries.draft_of(session, deal.id, actor=cast.boris) is None


def test_who_has_no_part_in_it_writes_none(session: Session, cast: Cast) -> None:
    deal = propose(session, cast)
    for name in ("clara", "egor", "greta", "henk"):
        with pytest.raises(DealUnknown):
            save(session, cast, deal.id, by=name)
    with pytest.raises(NotYoursToDo):
        save(session, cast, deal.id, by="dina")


@pytest.mark.parametrize(
    "text",
    [
        {"salary": "1"},
        {"reason": "x" * 200_001},
        {"reason": "a\x00b"},
        {"reason": "\ud800"},
    ],
)
def test_what_cannot_be_kept(session: Session, cast: Cast, text: dict[str, object]) -> None:
    with pytest.raises(DraftUnusable):
        save(session, cast, None, **text)


def test_scripts_and_marks_of_every_kind_are_kept_as_written(session: Session, cast: Cast) -> None:
    text = "\\u0000 <script>alert(1)</script> שלום\u200f ٣ 你好 e\u0301"
    save(session, cast, None, reason=text)
    session.expire_all()
    draft = queries.draft_of(session, None, actor=cast.anna)
    assert draft is not None
    assert draft.text["reason"] == text
