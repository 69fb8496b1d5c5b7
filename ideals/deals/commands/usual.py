"""Publish the usual clauses and templates, for an organisation that has none yet."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ideals.deals.commands.keeping import KeepClause, KeepTemplate, keep_clause, keep_template
from ideals.deals.queries import before
from ideals.deals.rules import usual
from ideals.kernel.actor import Actor


def publish_usual(session: Session, *, actor: Actor, now: datetime) -> int:
    """Those whose code is not in use; how many. Raises `OnlyHrKeeps`."""
    clauses = {row.code for row in before.clauses_in_force(session)}
    templates = {row.code for row in before.templates_in_force(session)}
    count = 0
    for plain in usual.CLAUSES:
        if plain["code"] not in clauses:
            keep_clause(session, KeepClause(plain, 0), actor=actor, now=now)
            count += 1
    for plain in usual.TEMPLATES:
        if plain["code"] not in templates:
            keep_template(session, KeepTemplate(**plain, seen=0), actor=actor, now=now)
            count += 1
    return count
