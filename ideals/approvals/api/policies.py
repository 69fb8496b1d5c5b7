"""`/api/v1/policies`: the rules by which decisions are made, drafts of them, and trying one."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals import policy
from ideals.approvals.commands import policies as commands
from ideals.approvals.commands.policies import (
    DiscardDraft,
    PublishDraft,
    PublishPolicy,
    SaveDraft,
)
from ideals.approvals.errors import PolicyNotFound
from ideals.approvals.models import PolicyDraft, PolicyVersion
from ideals.approvals.queries import policies as queries
from ideals.approvals.queries import trials
from ideals.approvals.queries.trials import Asked, Trial, Way
from ideals.approvals.rules import Policy
from ideals.approvals.schemas import (
    DraftIn,
    DraftOut,
    PolicyDocumentOut,
    PolicyIn,
    PolicyKindOut,
    PolicyVersionOut,
    TrialIn,
    TrialOut,
)
from ideals.approvals.states import Kind
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, page_of_list, paginate
from ideals.web.guards import guard, role, signed_in
from ideals.web.preconditions import etag, seen_version

bp = Blueprint(
    "policies", __name__, url_prefix="/api/v1/policies", description="Rules of decisions"
)
only_hr = role(Role.HR)


@bp.get("")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(PolicyKindOut))
def kinds(page: PageRequest) -> Page[dict[str, Any]]:
    """Each kind of decision, with the rules that hold today."""
    day = _today()
    with unit_of_work() as session:
        held, by_kind = queries.all_in_force(session, day), queries.lines_by_kind(session)
    rows = [
        {
            "kind": kind.value,
            "in_force_from": held[kind].since,
            "next_from": _first(line.starts_on for line in by_kind[kind][::-1] if _later(line)),
            "document": held[kind].policy.text,
        }
        for kind in Kind
    ]
    return page_of_list(rows, page, lambda row: row["kind"])


@bp.get("/<kind>/versions")
@guard(signed_in)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(PolicyVersionOut))
def versions(page: PageRequest, kind: str) -> Page[PolicyVersion]:
    """What was published of a kind, the latest first."""
    wanted = select(PolicyVersion).where(PolicyVersion.kind == _kind(kind))
    with unit_of_work() as session:
        return paginate(session, wanted, page, PolicyVersion.starts_on, descending=True)


@bp.get("/<kind>/versions/<day>")
@guard(signed_in)
@bp.response(200, PolicyDocumentOut)
def version(kind: str, day: str) -> PolicyVersion:
    """The one that begins on a day, with its document."""
    wanted = _kind(kind)
    try:
        starts_on = date.fromisoformat(day)
    except ValueError:
        raise PolicyNotFound(f"{day!r} is no day; one is written as 2026-12-01") from None
    with unit_of_work() as session:
        return queries.published_version(session, wanted, starts_on)


@bp.post("/<kind>/versions")
@guard(only_hr)
@bp.arguments(PolicyIn)
@creates(bp, PolicyVersionOut, location=lambda made: _location(made))
def publish(session: Session, asked: dict[str, Any], kind: str) -> PolicyVersion:
    """Publish rules, from a day to come. Every fault is in `faults` of the answer 422."""
    actor = current_actor()
    policy.check_keeps_policies(actor)
    cmd = PublishPolicy(asked["document"], _kind(kind))
    return commands.publish(session, cmd, actor=actor, now=clock.now())


@bp.get("/<kind>/draft")
@guard(only_hr)
@bp.response(200, DraftOut)
def draft(kind: str) -> Any:
    """What HR is writing, with its faults; its ETag is what a change has to name."""
    with unit_of_work() as session:
        return _told(session, queries.access_draft(session, _kind(kind), actor=current_actor()))


@bp.put("/<kind>/draft")
@guard(only_hr)
@bp.arguments(DraftIn)
@bp.response(200, DraftOut)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def write(asked: dict[str, Any], kind: str) -> Any:
    """Keep what is written, with faults and all. The first of a kind names no ETag."""
    wanted, actor = _kind(kind), current_actor()
    with unit_of_work() as session:
        there = queries.draft_of(session, wanted, actor=actor)
        names_one = there is not None or "If-Match" in request.headers
        cmd = SaveDraft(wanted, asked["document"], seen_version() if names_one else None)
        return _told(session, commands.save_draft(session, cmd, actor=actor, now=clock.now()))


@bp.delete("/<kind>/draft")
@guard(only_hr)
@bp.response(204)
@bp.alt_response(412, "PRECONDITION_FAILED")
@bp.alt_response(428, "PRECONDITION_REQUIRED")
def discard(kind: str) -> None:
    """Throw the draft away; what is published stays."""
    cmd, actor = DiscardDraft(_kind(kind), seen_version()), current_actor()
    with unit_of_work() as session:
        policy.check_keeps_policies(actor)
        commands.discard_draft(session, cmd, actor=actor, now=clock.now())


@bp.post("/<kind>/draft/publish")
@guard(only_hr)
@creates(bp, PolicyVersionOut, location=lambda made: _location(made))
def publish_draft(session: Session, kind: str) -> PolicyVersion:
    """Publish the version of the draft that `If-Match` names; then there is none any more."""
    cmd, actor = PublishDraft(_kind(kind), seen_version()), current_actor()
    policy.check_keeps_policies(actor)
    return commands.publish_draft(session, cmd, actor=actor, now=clock.now())


def _location(made: PolicyVersion) -> str:
    return url_for("policies.version", kind=made.kind, day=made.starts_on.isoformat())


@bp.post("/<kind>/trial")
@guard(only_hr)
@bp.arguments(TrialIn)
@bp.response(200, TrialOut)
def trial(asked: dict[str, Any], kind: str) -> dict[str, Any]:
    """What a document, or the draft, would have done with the cases of the last twelve months."""
    wanted, actor, now = _kind(kind), current_actor(), clock.now()
    with unit_of_work() as session:
        text = asked["document"]
        if text is None:
            text = queries.access_draft(session, wanted, actor=actor).document
        then = commands.checked_for(session, text, wanted, now=now)
        held = queries.replaced_by(session, then)
        tried = Asked(wanted, held.policy, then, trials.year_before(now))
        return _trial(trials.trial(session, tried, actor=actor))


# --- putting it together ----------------------------------------------------------------------


def _kind(text: str) -> Kind:
    if text not in set(Kind):
        raise PolicyNotFound(f"there is no kind {text!r}; choose from {', '.join(Kind)}")
    return Kind(text)


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()


def _later(line: queries.Line) -> bool:
    return line.starts_on > _today()


def _first(days: Any) -> date | None:
    return next(iter(days), None)


def _told(session: Session, draft: PolicyDraft) -> tuple[dict[str, Any], int, dict[str, str]]:
    found = queries.draft_read(session, Kind(draft.kind), draft.document, _today())
    told = {
        "kind": draft.kind,
        "document": draft.document,
        "changed_at": draft.changed_at,
        "changed_by": draft.changed_by,
        "faults": [] if isinstance(found, Policy) else found,
    }
    return told, 200, etag(draft.version)


def _trial(made: Trial) -> dict[str, Any]:
    return {
        "since": made.asked.since,
        "total": made.total,
        "changed": made.changed,
        "untold": made.untold,
        "counts": [
            {"way": _way(made, each.way), "now": each.now, "then": each.then}
            for each in made.counts
        ],
        "moves": [
            {"now": _way(made, each.now), "then": _way(made, each.then), "count": each.count}
            for each in made.moves
        ],
    }


def _way(made: Trial, way: Way) -> dict[str, Any]:
    cases = [*made.asked.then.cases, *made.asked.now.cases]
    return {
        "effect": way.effect.value,
        "cases": sorted({case.code for case in cases if Way.of(case) == way}),
        "who": [
            [":".join(filter(None, (step.who.by.value, step.who.value))) for step in stage.steps]
            for stage in way.stages
        ],
        "check_share": None if way.check is None else format(way.check.share, "f"),
    }
