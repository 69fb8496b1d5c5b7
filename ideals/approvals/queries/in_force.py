"""The policy that holds on a day, as whoever asks for a decision needs it: without a question to
the database each time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from ideals.approvals import queries
from ideals.approvals.models import Approval, PolicyVersion
from ideals.approvals.rules import Case, Policy, PolicyFacts, built_in, checked, facts_with
from ideals.approvals.states import Kind

LOOKED_AT = timedelta(minutes=1)
"""A policy begins on a later day than it is published on, so within a day nothing changes but what
is put right by hand; that shows after this time."""


class InForce(NamedTuple):
    """`id` is `None` for what is built in."""

    id: int | None
    policy: Policy


_kept: WeakKeyDictionary[Engine | Connection, dict[Kind, tuple[date, datetime, InForce]]] = (
    WeakKeyDictionary()
)
"""Of each database: another one has other versions."""


def in_force(session: Session, kind: Kind, day: date, *, now: datetime) -> InForce:
    """What holds on a day: the last one published for it, else what is built in."""
    kept = _kept.setdefault(session.get_bind(), {})
    found = kept.get(kind)
    if found is not None and found[0] == day and timedelta(0) <= now - found[1] < LOOKED_AT:
        return found[2]
    row = session.execute(
        select(PolicyVersion.id, PolicyVersion.document)
        .where(PolicyVersion.kind == kind, PolicyVersion.starts_on <= day)
        .order_by(PolicyVersion.starts_on.desc())
        .limit(1)
    ).one_or_none()
    known = frozenset(queries.FACTS.get(kind) or ())
    if row is None:
        holds = InForce(None, _built_in(kind, known))
    else:
        holds = InForce(row.id, _published(kind, row.document, known))
    kept[kind] = day, now, holds
    return holds


def case_of(session: Session, approval: Approval) -> Case | None:
    """The case under which it was asked; `None` when its policy no longer has it."""
    return case_named(session, approval.kind, approval.policy_id, approval.case_code)


def case_named(session: Session, kind_: str, policy_id: int | None, code: str) -> Case | None:
    """The same by names. `policy_id` `None`: of what is built in."""
    kind, known = Kind(kind_), frozenset(queries.FACTS.get(kind_) or ())
    try:
        if policy_id is None:
            return _built_in(kind, known).case(code)
        version = session.get_one(PolicyVersion, policy_id)
        return _published(kind, version.document, known).case(code)
    except KeyError:
        return None


def forget() -> None:
    """Look again at the next question: a policy was published in this process."""
    _kept.clear()


def facts_of(kind: Kind) -> PolicyFacts:
    """What conditions of this kind may read."""
    own = queries.FACTS.get(kind) or {}
    return facts_with(
        {name: said.kind for name, said in own.items()},
        {name: list(said.options) for name, said in own.items() if said.options},
    )


# What a feature registers is part of the key: a document read before it would lack its facts.
@lru_cache(maxsize=64)
def _built_in(kind: Kind, known: frozenset[str]) -> Policy:  # noqa: ARG001
    return built_in(kind, facts_of(kind))


@lru_cache(maxsize=256)
def _published(kind: Kind, document: str, known: frozenset[str]) -> Policy:  # noqa: ARG001
    return checked(document, facts_of(kind))
