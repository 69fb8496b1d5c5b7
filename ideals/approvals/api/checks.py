"""`/api/v1`: checks afterwards, contesting them, and the draws they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from ideals.approvals import commands, queries
from ideals.approvals.commands import Contest
from ideals.approvals.models import Approval, Check, Draw
from ideals.approvals.queries import Told, checks, draws, in_force
from ideals.approvals.queries.checks import CheckNames, DecidedIn
from ideals.approvals.queries.draws import Repeated
from ideals.approvals.rules import Case, WhenBroken, trust
from ideals.approvals.rules import draws as draw_rules
from ideals.approvals.schemas import CheckOut, ChecksIn, ContestIn, DrawOut, RepetitionOut
from ideals.approvals.states import CheckState, Kind, WhyChecked
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, paginate
from ideals.web.guards import guard, role, signed_in
from ideals.web.language import language

bp = Blueprint("checks", __name__, url_prefix="/api/v1", description="What is looked at afterwards")
only_hr = role(Role.HR)


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check with its case and its people in words."""

    id: UUID
    kind: Kind
    state: CheckState
    why: WhyChecked
    approval: UUID
    decision: UUID | None
    contest: UUID | None
    draw: int
    employee: str
    employee_name: str
    title: str
    rule: str
    follows: WhenBroken
    took_effect_at: datetime
    drawn_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    contest_until: date | None
    contested_at: datetime | None
    contest_text: str | None
    answered_at: datetime | None
    answered_by: str | None
    answer: str | None
    mine_to_contest: bool


def _views(session: Session, found: Sequence[Check]) -> list[CheckView]:
    cases = checks.cases_by_check(session, found)
    told = queries.told(session, cases.values(), language())
    names = checks.names_of(session, found)
    decided = checks.decided_in(session, found)
    rules = in_force.cases_of(session, cases.values())
    return [
        _view(
            each,
            case := cases[each.id],
            rules[case.id],
            told[case.subject],
            names[each.id],
            decided.get(each.id, DecidedIn()),
        )
        for each in found
    ]


def _view(
    check: Check,
    case: Approval,
    rule: Case | None,
    told: Told,
    names: CheckNames,
    decided: DecidedIn,
) -> CheckView:
    actor = current_actor()
    own = checks.is_about(actor, check)
    return CheckView(
        id=check.id,
        kind=Kind(check.kind),
        state=CheckState(check.state),
        why=WhyChecked(check.why),
        approval=case.id,
        decision=decided.check,
        contest=decided.contest if own or actor.has(Role.HR) else None,
        draw=check.draw_id,
        employee=names.number,
        employee_name=names.employee,
        title=told.title,
        rule=rule.said(language()) if rule else "",
        follows=trust.follows(rule),
        took_effect_at=case.ended_at or case.asked_at,
        drawn_at=check.drawn_at,
        decided_at=check.decided_at,
        decided_by=names.checker,
        reason=check.reason,
        contest_until=check.contest_until,
        contested_at=check.contested_at,
        contest_text=check.contest_text,
        answered_at=check.answered_at,
        answered_by=names.answerer,
        answer=check.answer,
        mine_to_contest=checks.can_contest(check, actor=actor, today=_today()),
    )


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()


@bp.get("/checks")
@guard(signed_in)
@bp.arguments(ChecksIn, location="query", as_kwargs=True)
@bp.response(200, page_of(CheckOut))
def every_check(page: PageRequest, state: CheckState | None = None) -> Page[CheckView]:
    """Those about you; all of them for HR. Drawn last first."""
    with unit_of_work() as session:
        rows = checks.checks_listing(actor=current_actor(), state=state)
        found = paginate(session, rows, page, Check.drawn_at, Check.id, descending=True)
        return Page(_views(session, found.items), found.next)


@bp.get("/checks/<uuid:check_id>")
@guard(signed_in)
@bp.response(200, CheckOut)
def check(check_id: UUID) -> CheckView:
    """For whom it is about, who has or had to decide it, and HR."""
    with unit_of_work() as session:
        found = checks.access_check(session, check_id, actor=current_actor(), today=_today())
        return _views(session, [found])[0]


@bp.post("/checks/<uuid:check_id>/contests")
@guard(signed_in)
@bp.arguments(ContestIn, as_kwargs=True)
@creates(bp, CheckOut, location=lambda view: url_for("checks.check", check_id=view.id))
def contest(session: Session, check_id: UUID, reason: str) -> CheckView:
    """Ask HR to look again at a check about you that was found broken."""
    cmd = Contest(check_id, reason)
    contested = commands.contest(session, cmd, actor=current_actor(), now=clock.now())
    return _views(session, [contested])[0]


# Draws


@dataclass(frozen=True, slots=True)
class DrawView:
    id: int
    day: date
    kind: Kind
    case: str
    share: str
    population: int
    by_chance: int
    drawn: int
    seed: str
    digest: str
    drawn_at: datetime


def _draw_view(draw: Draw) -> DrawView:
    return DrawView(
        id=draw.id,
        day=draw.day,
        kind=Kind(draw.kind),
        case=draw.case_code,
        share=f"{draw.share.normalize():f}",
        population=draw.population,
        by_chance=draw.by_chance,
        drawn=draw.drawn,
        seed=draw.seed,
        digest=draw.digest,
        drawn_at=draw.drawn_at,
    )


@bp.get("/draws")
@guard(only_hr)
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(DrawOut))
def every_draw(page: PageRequest) -> Page[DrawView]:
    """For HR: the last day first."""
    with unit_of_work() as session:
        return paginate(
            session,
            draws.draws_listing(),
            page,
            Draw.day,
            Draw.id,
            descending=True,
            show=_draw_view,
        )


@bp.get("/draws/<int:draw_id>")
@guard(only_hr)
@bp.response(200, DrawOut)
def draw(draw_id: int) -> DrawView:
    with unit_of_work() as session:
        return _draw_view(draws.access_draw(session, draw_id, actor=current_actor()))


@dataclass(frozen=True, slots=True)
class RepeatedCase:
    approval: UUID
    place: int
    by_chance: bool
    trust_lost: bool
    checked: bool


@dataclass(frozen=True, slots=True)
class Repetition:
    agrees: bool
    same_population: bool
    same_share: bool
    missing: Sequence[UUID]
    extra: Sequence[UUID]
    cases: Sequence[RepeatedCase]


@bp.get("/draws/<int:draw_id>/repetition")
@guard(only_hr)
@bp.response(200, RepetitionOut)
def repetition(draw_id: int) -> Repetition:
    """The same draw made again from what is stored now, with every case of the day."""
    with unit_of_work() as session:
        found = draws.access_draw(session, draw_id, actor=current_actor())
        return _repetition(found, draws.repeat(session, found))


def _repetition(draw: Draw, again: Repeated) -> Repetition:
    checked = {each.approval_id for each in again.now.checked}
    return Repetition(
        agrees=again.agrees,
        same_population=again.same_population,
        same_share=again.same_share,
        missing=sorted(again.missing),
        extra=sorted(again.extra),
        cases=[
            RepeatedCase(
                each.approval_id,
                draw_rules.place_of(draw.seed, each.approval_id),
                each.approval_id in again.now.by_chance,
                each.distrusted,
                each.approval_id in checked,
            )
            for each in again.now.candidates
        ],
    )
