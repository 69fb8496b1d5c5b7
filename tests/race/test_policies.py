"""Two of HR publish, or save, at the same moment."""

from __future__ import annotations

from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.approvals.commands import policies as commands
from ideals.approvals.commands.policies import PublishDraft
from ideals.approvals.errors import DraftMovedOn, DraftNotFound, PolicyPublished
from ideals.approvals.models import PolicyDraft, PolicyVersion
from ideals.approvals.states import Kind
from ideals.db import unit_of_work
from tests.approvals.conftest import NOW, Cast, cast_of
from tests.approvals.test_policy_commands import document, publish, save
from tests.race.test_ledger import together


def _publish(session: Session, cast: Cast, text: str) -> object:
    return publish(session, cast, text).digest


def test_of_two_who_publish_another_text_at_once_one_wins(own_database: str) -> None:
    with unit_of_work() as session:
        cast = cast_of(session)
    for day in range(1, 11):
        texts = [document(f"2027-01-{day:02}", most) for most in (250, 300)]
        answers = together([partial(_publish, cast=cast, text=text) for text in texts])
        assert answers.count(PolicyPublished) == 1, answers
    with unit_of_work() as session:
        assert session.scalar(select(func.count()).select_from(PolicyVersion)) == 10


def test_of_two_who_save_or_publish_a_draft_at_once_nobody_loses_anything(
    own_database: str,
) -> None:
    with unit_of_work() as session:
        cast = cast_of(session)
    begun = together(
        [
            lambda session: save(session, cast, document()).version,
            lambda session: save(session, cast, "b").version,
        ]
    )
    assert begun.count(DraftMovedOn) == 1, begun
    with unit_of_work() as session:
        version = session.scalars(select(PolicyDraft.version)).one()
        seen = save(session, cast, document(), version).version
    cmd = PublishDraft(Kind.ORDER, seen)

    def publish_it(session: Session) -> object:
        try:
            return commands.publish_draft(session, cmd, actor=cast.dina, now=NOW).digest
        except DraftNotFound:
            return DraftNotFound

    answers = together([publish_it, publish_it])  # type: ignore[list-item]  # sessions they are
    assert answers.count(DraftNotFound) == 1, answers
