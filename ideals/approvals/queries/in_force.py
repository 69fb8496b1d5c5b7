"""The policy that holds on a day, as whoever asks for a decision needs it: without a question to
the database each time."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session

from ideals.approvals import queries
from ideals.approvals.models import Approval, PolicyVersion
from ideals.approvals.rules import (
    Case,
    Fault,
    Policy,
    PolicyFacts,
    built_in,
    check,
    describe,
    facts_with,
)
from ideals.approvals.rules.facts import TODO_ABOUT
from ideals.approvals.states import Kind
from ideals.kernel.formula import Kind as FactKind

log = logging.getLogger("ideals.approvals")

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
    policy = None if row is None else readable(kind, row.document)
    if row is None or policy is None:
        holds = InForce(None, built_in_policy(kind))
    else:
        holds = InForce(row.id, policy)
    kept[kind] = day, now, holds
    return holds


def case_of(session: Session, approval: Approval) -> Case | None:
    """The case under which it was asked; `None` when its policy no longer has it."""
    return case_named(session, approval.kind, approval.policy_id, approval.case_code)


def case_named(session: Session, kind_: str, policy_id: int | None, code: str) -> Case | None:
    """The same by names. `policy_id` `None`: of what is built in."""
    version = None if policy_id is None else session.get_one(PolicyVersion, policy_id)
    return _case(Kind(kind_), version, code)


def cases_of(session: Session, approvals: Collection[Approval]) -> dict[UUID, Case | None]:
    """The case of each, by approval; one statement."""
    ids = {each.policy_id for each in approvals}
    rows = session.scalars(select(PolicyVersion).where(PolicyVersion.id == func.any(list(ids))))
    versions = {version.id: version for version in rows}
    return {
        each.id: _case(Kind(each.kind), versions.get(each.policy_id or 0), each.case_code)
        for each in approvals
    }


def _case(kind: Kind, version: PolicyVersion | None, code: str) -> Case | None:
    try:
        if version is None:
            return built_in_policy(kind).case(code)
        policy = readable(kind, version.document)
        return None if policy is None else policy.case(code)
    except KeyError:
        return None


def forget() -> None:
    """Look again at the next question: a policy was published in this process."""
    _kept.clear()


# Documents, read once a process


def facts_of(kind: Kind) -> PolicyFacts:
    """What conditions of this kind may read."""
    own = queries.FACTS.get(kind) or {}
    if kind is Kind.TODO:
        return facts_with({"about": FactKind.TEXT}, {"about": TODO_ABOUT})
    return facts_with(
        {name: said.kind for name, said in own.items()},
        {name: list(said.options) for name, said in own.items() if said.options},
    )


def built_in_policy(kind: Kind) -> Policy:
    return _built_in(kind, _known(kind))


def readable(kind: Kind, document: str) -> Policy | None:
    """A published policy; `None` where it would be refused today, because a check has become
    stricter since or a fact is told no more.

    Then what is built in holds instead, and HR's page of rules says so: nobody is kept from asking
    by rules that cannot be read.
    """
    read = _published(kind, document, _known(kind))
    return read if isinstance(read, Policy) else None


def faults_of(kind: Kind, document: str) -> list[Fault]:
    """Why a published policy would be refused today."""
    read = _published(kind, document, _known(kind))
    return [] if isinstance(read, Policy) else read


def _known(kind: Kind) -> frozenset[str]:
    """What a feature registers is part of the key: a document read before it would lack facts."""
    return frozenset(queries.FACTS.get(kind) or ())


@lru_cache(maxsize=64)
def _built_in(kind: Kind, known: frozenset[str]) -> Policy:  # noqa: ARG001 - part of the key
    return built_in(kind, facts_of(kind))


@lru_cache(maxsize=256)
def _published(kind: Kind, document: str, known: frozenset[str]) -> Policy | list[Fault]:  # noqa: ARG001 - part of the key
    found = check(document, facts_of(kind))
    if not isinstance(found, Policy):
        log.error("a policy of %s cannot be read any more:\n%s", kind.value, describe(found))
    return found
