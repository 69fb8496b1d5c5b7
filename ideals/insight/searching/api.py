"""`/api/v1/audit`: who changed what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ideals.audit import Entry
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.insight.searching import queries
from ideals.insight.searching.queries import NEWEST_FIRST, Asked
from ideals.insight.searching.rules import Change, begins_at, changes_of, ends_at
from ideals.insight.searching.schemas import AuditEntryOut, AuditQuery
from ideals.kernel.actor import Role
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint
from ideals.web.cursors import Page, PageRequest, page_of, paginate
from ideals.web.guards import guard, role

bp = Blueprint("audit", __name__, url_prefix="/api/v1", description="Who changed what")


@dataclass(frozen=True, slots=True)
class EntryTold:
    id: str
    happened_at: datetime
    recorded_at: datetime
    actor: str
    act: str
    subject: str
    details: dict[str, Any]
    changes: list[Change]


@bp.get("/audit")
@guard(role(Role.HR))
@bp.arguments(AuditQuery, location="query", as_kwargs=True)
@bp.response(200, page_of(AuditEntryOut))
def audit(
    page: PageRequest,
    act: str,
    subject: str,
    actor: str,
    first: date | None,
    last: date | None,
) -> Page[EntryTold]:
    """The newest first. Those of deals and of prices are there for whom has the right to them."""
    zone = Settings.read().zone
    asked = Asked(act, subject, actor, begins_at(first, zone), ends_at(last, zone))
    with unit_of_work() as session:
        query = queries.access_entries(asked, actor=current_actor())
        return paginate(session, query, page, *NEWEST_FIRST, descending=True, show=_told)


def _told(entry: Entry) -> EntryTold:
    return EntryTold(
        str(entry.id),
        entry.happened_at,
        entry.recorded_at,
        entry.actor,
        entry.act,
        entry.subject,
        entry.details,
        changes_of(entry.details),
    )
