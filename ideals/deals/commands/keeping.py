"""HR keeps clauses and templates: a change supersedes the row and adds another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit
from ideals.deals import policy
from ideals.deals.errors import (
    ClauseMovedOn,
    ClauseRefused,
    ClauseUnknown,
    OnlyHrKeepsDeals,
    TemplateMovedOn,
    TemplateRefused,
    TemplateUnknown,
)
from ideals.deals.models import Clause, Template
from ideals.deals.queries import keeping as queries
from ideals.deals.rules import clauses, templates, usual
from ideals.deals.rules.values import Fault
from ideals.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class KeepClause:
    """`seen`: the version that was read; `None`: it is new. `kinds`: of terms."""

    code: str
    says: Mapping[str, str]
    kinds: Sequence[str]
    formula: str
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class DropClause:
    code: str
    seen: int


@dataclass(frozen=True, slots=True)
class KeepTemplate:
    """`text`: as `rules.templates` reads it. `seen`: the version that was read; `None`: new."""

    code: str
    names: Mapping[str, str]
    says: Mapping[str, str]
    text: Mapping[str, Any]
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class DropTemplate:
    code: str
    seen: int


def keep_clause(session: Session, cmd: KeepClause, *, actor: Actor, now: datetime) -> Clause:
    """Deals in force stay as they were agreed. Raises `OnlyHrKeepsDeals`, `ClauseRefused`,
    `ClauseMovedOn`."""
    _check(actor)
    plain = {
        "code": cmd.code,
        "says": cmd.says,
        "kinds": list(cmd.kinds),
        "formula": cmd.formula,
    }
    read = clauses.read(plain)
    if not isinstance(read, clauses.Clause):
        raise ClauseRefused(_faults(read))
    there = queries.clause_in_force(session, read.code, lock=True)
    if (None if there is None else there.id) != cmd.seen:
        raise ClauseMovedOn(None if there is None else there.id)
    if there is not None:
        _supersede(session, there, actor=actor, now=now)
    row = {
        "code": read.code,
        "says": dict(read.says),
        "kinds": sorted(kind.value for kind in read.kinds),
        "formula": cmd.formula.strip(),
        **_changed(actor, now),
    }
    made: Clause | None = session.scalar(
        insert(Clause).values(row).on_conflict_do_nothing().returning(Clause)
    )
    if made is None:
        raise ClauseMovedOn(None)
    audit.record(session, "deals.clause_kept", f"clause:{read.code}", actor=actor, now=now)
    return made


def drop_clause(session: Session, cmd: DropClause, *, actor: Actor, now: datetime) -> None:
    """Raises `OnlyHrKeepsDeals`, `ClauseUnknown`, `ClauseMovedOn`."""
    _check(actor)
    there = queries.clause_in_force(session, cmd.code, lock=True)
    if there is None:
        raise ClauseUnknown(cmd.code)
    if there.id != cmd.seen:
        raise ClauseMovedOn(there.id)
    _supersede(session, there, actor=actor, now=now)
    audit.record(session, "deals.clause_dropped", f"clause:{cmd.code}", actor=actor, now=now)


def keep_template(session: Session, cmd: KeepTemplate, *, actor: Actor, now: datetime) -> Template:
    """Offers that began with it stay as they are. Raises `OnlyHrKeepsDeals`, `TemplateRefused`,
    `TemplateMovedOn`."""
    _check(actor)
    read = templates.read(
        {"code": cmd.code, "names": cmd.names, "says": cmd.says, "text": cmd.text}
    )
    if not isinstance(read, templates.Template):
        raise TemplateRefused(_faults(read))
    there = queries.template_in_force(session, read.code, lock=True)
    if (None if there is None else there.id) != cmd.seen:
        raise TemplateMovedOn(None if there is None else there.id)
    if there is not None:
        _supersede(session, there, actor=actor, now=now)
    row = {
        "code": read.code,
        "names": dict(read.names),
        "says": dict(read.says),
        "text": templates.plain_of_template(read),
        **_changed(actor, now),
    }
    made: Template | None = session.scalar(
        insert(Template).values(row).on_conflict_do_nothing().returning(Template)
    )
    if made is None:
        raise TemplateMovedOn(None)
    audit.record(session, "deals.template_kept", f"template:{read.code}", actor=actor, now=now)
    return made


def drop_template(session: Session, cmd: DropTemplate, *, actor: Actor, now: datetime) -> None:
    """Raises `OnlyHrKeepsDeals`, `TemplateUnknown`, `TemplateMovedOn`."""
    _check(actor)
    there = queries.template_in_force(session, cmd.code, lock=True)
    if there is None:
        raise TemplateUnknown(cmd.code)
    if there.id != cmd.seen:
        raise TemplateMovedOn(there.id)
    _supersede(session, there, actor=actor, now=now)
    audit.record(session, "deals.template_dropped", f"template:{cmd.code}", actor=actor, now=now)


def publish_usual(session: Session, *, actor: Actor, now: datetime) -> int:
    """Of the usual clauses and templates those whose code is not in use; how many. Raises
    `OnlyHrKeepsDeals`."""
    _check(actor)
    count = 0
    for plain in usual.CLAUSES:
        if queries.clause_in_force(session, plain["code"]) is None:
            keep_clause(session, KeepClause(**plain), actor=actor, now=now)
            count += 1
    for plain in usual.TEMPLATES:
        if queries.template_in_force(session, plain["code"]) is None:
            keep_template(session, KeepTemplate(**plain), actor=actor, now=now)
            count += 1
    return count


def _check(actor: Actor) -> None:
    if not policy.keeps_deals(actor):
        raise OnlyHrKeepsDeals


def _faults(faults: Sequence[Fault]) -> list[dict[str, str]]:
    return [{key: str(value) for key, value in asdict(fault).items()} for fault in faults]


def _changed(actor: Actor, now: datetime) -> dict[str, Any]:
    return {"changed_at": now, "changed_by": actor.name, "changed_by_user_id": actor.user_id}


def _supersede(session: Session, there: Clause | Template, *, actor: Actor, now: datetime) -> None:
    there.superseded_at, there.superseded_by = now, actor.name
    session.flush()  # reason: one is in force at a time, and an insert goes before an update
