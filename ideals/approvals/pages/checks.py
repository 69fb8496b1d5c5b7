"""Checks afterwards: the employee's own, all of them for HR, one with its contest, and draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ideals.approvals import commands, queries
from ideals.approvals.commands import Contest
from ideals.approvals.errors import ContestTooLate, NothingToContest, ReasonMissing, ReasonTooLong
from ideals.approvals.models import Approval, Check, Draw, Trust
from ideals.approvals.pages import check_words, words
from ideals.approvals.queries import Told, checks, draws, in_force, trust
from ideals.approvals.queries.checks import CheckNames
from ideals.approvals.rules import draws as draw_rules
from ideals.approvals.states import CheckState, WhyChecked
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.errors import words_for
from ideals.web.export import Row, csv_response
from ideals.web.guards import guard, role, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation

bp = Blueprint("check_pages", __name__, template_folder="../templates")
only_hr = role(Role.HR)
navigation.register(
    "59-checks", NavItem(lazy_gettext("Checks"), "check_pages.every", only_hr, group="monthly")
)

PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A check with its case in words."""

    check: Check
    told: Told
    names: CheckNames
    state: tuple[str, str]


@dataclass(frozen=True, slots=True)
class OwnCase:
    """Something of the reader that took effect at once; `check` `None`: it was not drawn."""

    approval: Approval
    told: Told
    check: Check | None
    state: tuple[str, str]


@dataclass(frozen=True, slots=True)
class One:
    line: Line
    case: Approval
    says: str
    """The rule, in the reader's language."""
    follows: str
    """What the rule says of further cases after a broken one."""
    why: str
    draw: Draw
    loss: Trust | None
    """While trust is lost in this kind, for whom it is about."""
    restored: Trust | None
    """The time without trust that this finding is part of, once it is over."""
    own: bool
    can_contest: bool
    approval: UUID | None
    """The approval in which it is decided, for who may see that."""


# The employee's


@bp.get("/checks")
@guard(signed_in)
def mine() -> str:
    """What of mine took effect at once, what was drawn of it, and what was found."""
    employee_id = current_actor().employee_id
    if employee_id is None:
        return render_template("approvals/checks_mine.html", page=Page([], None), losses=[])
    with unit_of_work() as session:
        page = paginate(
            session,
            checks.cases_of(employee_id),
            page_request(limit=PAGE),
            Approval.asked_at,
            Approval.id,
            descending=True,
        )
        losses = trust.lost_by(session, employee_id)
        cases = _own_cases(session, page.items)
    return render_template(
        "approvals/checks_mine.html",
        page=Page(cases, page.next),
        losses=[(check_words.kind_of(loss.kind), loss) for loss in losses],
    )


def _own_cases(session: Session, approvals: Sequence[Approval]) -> list[OwnCase]:
    told = queries.told(session, approvals, language())
    by_case = checks.by_case(session, approvals)
    drawn_to = checks.drawn_to(session)
    return [
        OwnCase(
            each,
            told[each.subject],
            check := by_case.get(each.id),
            _case_state(each, check, drawn_to),
        )
        for each in approvals
    ]


def _case_state(case: Approval, check: Check | None, drawn_to: date | None) -> tuple[str, str]:
    if check is not None:
        return check_words.state_of(check)
    ended = case.ended_at or case.asked_at
    if drawn_to is None or ended.astimezone(Settings.read().zone).date() > drawn_to:
        return str(gettext("the draw is still to come")), "plain"
    return str(gettext("not drawn")), "plain"


# One check


@bp.get("/checks/<uuid:check_id>")
@guard(signed_in)
def check(check_id: UUID) -> str:
    with unit_of_work() as session:
        return _with_one(session, check_id)


@bp.post("/checks/<uuid:check_id>/contest")
@guard(signed_in)
def contest(check_id: UUID) -> BaseResponse | tuple[str, int]:
    """By whom it is about: HR looks at it again."""
    reason = request.form.get("reason", "")
    try:
        with unit_of_work() as session:
            cmd = Contest(check_id, reason)
            commands.contest(session, cmd, actor=current_actor(), now=clock.now())
    except (ReasonMissing, ReasonTooLong) as error:
        with unit_of_work() as session:
            errors = {"reason": words_for(error)}
            return _with_one(session, check_id, errors=errors, reason=reason), 422
    except (NothingToContest, ContestTooLate) as error:
        flash(words_for(error), "wait")
    else:
        flash(gettext("HR looks at it again; you hear what comes of it."), "good")
    return redirect(url_for("check_pages.check", check_id=check_id), 303)


def _with_one(
    session: Session,
    check_id: UUID,
    *,
    errors: Mapping[str, str] | None = None,
    reason: str = "",
) -> str:
    actor, today = current_actor(), _today()
    found = checks.access_check(session, check_id, actor=actor, today=today)
    case = checks.cases_by_check(session, [found])[found.id]
    own = checks.is_about(actor, found)
    rule = in_force.case_of(session, case)
    loss = trust.lost(session, found.employee_id, found.kind)
    past = trust.loss_under(session, found)
    about = checks.contested_about(session, found.id) or checks.decided_about(session, found.id)
    decided_in = about.id if about and not own else None
    one = One(
        _lines(session, [found])[0],
        case,
        words.says_of(rule, language()),
        check_words.follows_of(rule),
        str(check_words.WHY[WhyChecked(found.why)]),
        draws.draw_of(session, found),
        loss,
        past if past and past.restored_at else None,
        own,
        checks.can_contest(found, actor=actor, today=today),
        decided_in,
    )
    return render_template(
        "approvals/check.html",
        one=one,
        errors=errors or {},
        reason=reason,
        hr=actor.has(Role.HR),
        kind=check_words.kind_of(found.kind),
    )


def _lines(session: Session, found: Sequence[Check]) -> list[Line]:
    cases = checks.cases_by_check(session, found)
    told = queries.told(session, cases.values(), language())
    names = checks.names_of(session, found)
    return [
        Line(each, told[cases[each.id].subject], names[each.id], check_words.state_of(each))
        for each in found
    ]


# All of them, for HR


@bp.get("/checks/all")
@guard(only_hr)
def every() -> str:
    """By state, drawn last first."""
    asked = request.args.get("state", "")
    state = CheckState(asked) if asked in set(CheckState) else None
    with unit_of_work() as session:
        page = paginate(
            session,
            checks.checks_listing(actor=current_actor(), state=state),
            page_request(limit=PAGE),
            Check.drawn_at,
            Check.id,
            descending=True,
        )
        lines = _lines(session, page.items)
        counts = checks.count_by_state(session)
    return render_template(
        "approvals/checks_all.html",
        page=Page(lines, page.next),
        counts=counts,
        total=sum(counts.values()),
        state=state,
        states=[(each, str(said)) for each, (said, _) in check_words.STATES.items()],
        why=check_words.WHY,
    )


# Draws


@bp.get("/checks/all/draws")
@guard(only_hr)
def draw_list() -> str:
    with unit_of_work() as session:
        page = paginate(
            session,
            draws.draws_listing(),
            page_request(limit=PAGE),
            Draw.day,
            Draw.id,
            descending=True,
        )
    return render_template("approvals/draws.html", page=page, kind_of=check_words.kind_of)


@bp.get("/checks/all/draws/<int:draw_id>")
@guard(only_hr)
def draw(draw_id: int) -> str:
    """How it was drawn, to be repeated by hand; with `?again=yes` it is repeated here."""
    with unit_of_work() as session:
        found = draws.access_draw(session, draw_id, actor=current_actor())
        case = draws.case_of(session, draws.group_of(found))
        again = draws.repeat(session, found) if request.args.get("again") else None
        page = paginate(
            session,
            draws.checks_of(found),
            page_request(limit=PAGE),
            Check.drawn_at,
            Check.id,
        )
        lines = _lines(session, page.items)
    return render_template(
        "approvals/draw.html",
        draw=found,
        kind=check_words.kind_of(found.kind),
        says=words.says_of(case, language()),
        again=again,
        page=Page(lines, page.next),
        limit=int(found.share * draw_rules.ALL),
    )


@bp.get("/checks/all/draws/<int:draw_id>.csv")
@guard(only_hr)
def draw_file(draw_id: int) -> Response:
    """Every case of the day with its place, in the order of ids."""
    with unit_of_work() as session:
        found = draws.access_draw(session, draw_id, actor=current_actor())
        again = draws.repeat(session, found).now
    checked = {each.approval_id for each in again.checked}
    header = [
        gettext("Case"),
        gettext("Place"),
        gettext("By chance"),
        gettext("Trust was lost"),
        gettext("Checked"),
    ]
    rows: list[Row] = [
        [
            str(each.approval_id),
            draw_rules.place_of(found.seed, each.approval_id),
            each.approval_id in again.by_chance,
            each.distrusted,
            each.approval_id in checked,
        ]
        for each in again.candidates
    ]
    return csv_response(f"draw-{found.day}-{found.id}", header, rows)


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
