"""Entries of the audit, as far as the reader may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from ideals.audit import Entry
from ideals.insight.searching import policy
from ideals.insight.searching.rules import Topic
from ideals.kernel.actor import Actor

NEWEST_FIRST = (Entry.happened_at, Entry.id)
"""For `paginate`, descending."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for; empty asks nothing.

    `act`: `people.week_kept`, or `people` for all of that feature. `subject`: `order:...`, or
    `order` for all of them. `actor`: as the audit names them. From `since` until before `until`.
    """

    act: str = ""
    subject: str = ""
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


def access_entries(asked: Asked, *, actor: Actor) -> Select[Entry]:
    """For `paginate` by `NEWEST_FIRST`. Without the right to search there is nothing."""
    if not policy.may_search(actor):
        return select(Entry).where(false())
    return select(Entry).where(*_wanted(asked), *(not_(_is(t)) for t in policy.hidden_from(actor)))


def _wanted(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.act:
        found.append(_whole_or_beginning(Entry.act, asked.act, "."))
    if asked.subject:
        found.append(_whole_or_beginning(Entry.subject, asked.subject, ":"))
    if asked.actor:
        found.append(Entry.actor == asked.actor)
    if asked.since is not None:
        found.append(Entry.happened_at >= asked.since)
    if asked.until is not None:
        found.append(Entry.happened_at < asked.until)
    return found


def _whole_or_beginning(
    column: InstrumentedAttribute[str], wanted: str, divider: str
) -> ColumnElement[bool]:
    """One with a divider in it is whole; a single word is what comes before the first one."""
    if divider in wanted.rstrip(divider):
        return column == wanted
    return column.startswith(f"{wanted.rstrip(divider)}{divider}", autoescape=True)


def _is(topic: Topic) -> ColumnElement[bool]:
    """Whether an entry is of this topic, by its act, its subject, or what it was decided about."""
    about = func.coalesce(Entry.details["about"].astext, "")
    kind = func.coalesce(Entry.details["kind"].astext, "")
    return or_(
        *(Entry.act.startswith(each, autoescape=True) for each in topic.acts),
        func.split_part(Entry.subject, ":", 1).in_(topic.words),
        func.split_part(about, ":", 1).in_(topic.words),
        and_(Entry.act.startswith("approvals.", autoescape=True), kind.in_(topic.kinds)),
    )


def hidden_acts(actor: Actor) -> list[str]:
    """How the acts begin that the reader may not search for."""
    return [begin for topic in policy.hidden_from(actor) for begin in topic.acts]
