"""What HR keeps for deals: clauses that terms must hold, and templates that an offer begins with.

A change supersedes what was there: what somebody read before can be looked up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ideals import audit
from ideals.deals import policy, rules
from ideals.deals.commands.reading import refused
from ideals.deals.errors import KeptMovedOn, KeptUnknown, OnlyHrKeeps
from ideals.deals.models import Clause, Template
from ideals.deals.rules import templates
from ideals.deals.rules.values import Reader
from ideals.kernel.actor import Actor
from ideals.kernel.said import say as _

Kept = Clause | Template
K = TypeVar("K", Clause, Template)
KEEPING_LOCK = 0x6465616C
"""Key of the advisory lock under which HR changes what it keeps: one after another."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True, slots=True)
class KeepClause:
    """`plain`: code, says, kinds, formula. `seen`: the version that was read; 0: there was none."""

    plain: Mapping[str, Any]
    seen: int


@dataclass(frozen=True, slots=True)
class DropClause:
    code: str
    seen: int


@dataclass(frozen=True, slots=True)
class KeepTemplate:
    """`names` and `says` by language. `text`: part of an offer, as `rules.templates` says."""

    code: str
    names: Mapping[str, str]
    says: Mapping[str, str]
    text: Mapping[str, Any]
    seen: int


@dataclass(frozen=True, slots=True)
class DropTemplate:
    code: str
    seen: int


def keep_clause(session: Session, cmd: KeepClause, *, actor: Actor, now: datetime) -> Clause:
    """Raises `OnlyHrKeeps`, `OfferRefused` with every fault, `KeptMovedOn`."""
    _check_hr(actor)
    read = rules.read_clause(cmd.plain)
    if isinstance(read, list):
        raise refused(read)
    before = _supersede(session, Clause, read.code, cmd.seen, actor=actor, now=now)
    made = Clause(
        code=read.code,
        says=dict(read.says),
        kinds=sorted(read.kinds),
        formula=read.formula.source,
        changed_at=now,
        changed_by=actor.name,
        changed_by_user_id=actor.user_id,
    )
    return _add(session, made, before, "deals.clause_kept", actor=actor, now=now)


def drop_clause(session: Session, cmd: DropClause, *, actor: Actor, now: datetime) -> None:
    """Raises `OnlyHrKeeps`, `KeptUnknown`, `KeptMovedOn`."""
    _drop(session, Clause, cmd.code, cmd.seen, "deals.clause_dropped", actor=actor, now=now)


def keep_template(session: Session, cmd: KeepTemplate, *, actor: Actor, now: datetime) -> Template:
    """Raises `OnlyHrKeeps`, `OfferRefused` with every fault, `KeptMovedOn`."""
    _check_hr(actor)
    names, says = _checked(cmd)
    before = _supersede(session, Template, cmd.code, cmd.seen, actor=actor, now=now)
    made = Template(
        code=cmd.code,
        names=names,
        says=says,
        text=dict(cmd.text),
        changed_at=now,
        changed_by=actor.name,
        changed_by_user_id=actor.user_id,
    )
    return _add(session, made, before, "deals.template_kept", actor=actor, now=now)


def drop_template(session: Session, cmd: DropTemplate, *, actor: Actor, now: datetime) -> None:
    """Raises `OnlyHrKeeps`, `KeptUnknown`, `KeptMovedOn`."""
    _drop(session, Template, cmd.code, cmd.seen, "deals.template_dropped", actor=actor, now=now)


def _checked(cmd: KeepTemplate) -> tuple[dict[str, str], dict[str, str]]:
    """Names and what it says, cleaned. Raises `OfferRefused`."""
    reader = Reader("", {"code": cmd.code, "names": cmd.names, "says": cmd.says})
    if not _CODE.fullmatch(cmd.code):
        reader.wrong("code", _("small letters, digits and _ are needed, a letter first"))
    texts = []
    for key in ("names", "says"):
        inner = reader.inner(key)
        if not inner.plain:
            reader.wrong(key, _("say it in one language or more, by its two letters"))
        needed = _("write a few words")
        texts.append({language: inner.text(language, needed=needed) for language in inner.plain})
    faults = templates.faults_of(Reader("text", cmd.text, reader.faults))
    if faults:
        raise refused(faults)
    return texts[0], texts[1]


# Versions -------------------------------------------------------------------------------------


def _check_hr(actor: Actor) -> None:
    if not policy.keeps_deals(actor):
        raise OnlyHrKeeps


def _seen(session: Session, model: type[K], code: str, seen: int) -> K | None:
    """What is there, when it is what was read. Raises `KeptMovedOn`."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": KEEPING_LOCK})
    query = select(model).where(model.code == code, model.superseded_at.is_(None))
    there = session.scalar(query)
    version = 0 if there is None else there.id
    if version != seen:
        raise KeptMovedOn(version)
    return there


def _supersede(
    session: Session, model: type[K], code: str, seen: int, *, actor: Actor, now: datetime
) -> K | None:
    """What held until now."""
    there = _seen(session, model, code, seen)
    if there is not None:
        there.superseded_at, there.superseded_by = now, actor.name
        session.flush()  # reason: one is in force at a time, and an insert goes before an update
    return there


def _add(
    session: Session, made: K, before: K | None, act: str, *, actor: Actor, now: datetime
) -> K:
    session.add(made)
    session.flush()  # reason: its id, which is its version, comes from the database
    _record(session, act, made.code, before, made, actor=actor, now=now)
    return made


def _drop(
    session: Session,
    model: type[K],
    code: str,
    seen: int,
    act: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    _check_hr(actor)
    if seen == 0:
        raise KeptUnknown
    there = _seen(session, model, code, seen)
    assert there is not None  # noqa: S101  its version is what was seen
    there.superseded_at, there.superseded_by = now, actor.name
    _record(session, act, code, there, None, actor=actor, now=now)


def _record(
    session: Session,
    act: str,
    code: str,
    before: Kept | None,
    after: Kept | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    sides = {"before": before and _told(before), "after": after and _told(after)}
    audit.record(session, act, f"deals:{code}", actor=actor, now=now, **sides)


def _told(kept: Kept) -> dict[str, Any]:
    if isinstance(kept, Clause):
        return {"says": kept.says, "kinds": kept.kinds, "formula": kept.formula}
    return {"names": kept.names, "says": kept.says, "text": kept.text}
