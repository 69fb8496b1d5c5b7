"""What waits for somebody, one request with what is needed to decide, and what they decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals import commands, policy, queries
from ideals.approvals.commands import Answer, Decide
from ideals.approvals.errors import (
    AlreadyDecided,
    CannotHandOver,
    NobodyToAsk,
    NoQuestion,
    ReasonMissing,
    ReasonTooLong,
)
from ideals.approvals.models import Approval, ApprovalStep, Check
from ideals.approvals.pages import words
from ideals.approvals.queries import Names, Told, checks, in_force
from ideals.approvals.rules import StepState, Then
from ideals.approvals.states import Decision, Happened, Kind
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.people import pages as people_pages
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import Page, page_request, paginate
from ideals.web.errors import register_words, words_for
from ideals.web.guards import guard, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, holds, navigation

bp = Blueprint("approval_pages", __name__, template_folder="../templates")
register_words(
    "not_about_oneself",
    lazy_gettext("Nobody decides about themselves, or about what they asked for."),
)
register_words("may_not_decide", lazy_gettext("This is for somebody else to decide."))
register_words("reason_missing", lazy_gettext("Say why: whoever asked reads it."))
register_words(
    "reason_too_long",
    lazy_gettext("This is too long: a reason has at most %(longest)s characters."),
)

register_words(
    "nobody_to_ask", lazy_gettext("The system asked this: there is nobody to answer a question.")
)
register_words(
    "cannot_hand_over",
    lazy_gettext(
        "It cannot go to them: take somebody who works here, who did not ask for it, and whom it "
        "is not about."
    ),
)
register_words(
    "may_not_answer", lazy_gettext("The question is for who asked for this, or whom it is about.")
)
register_words("no_question", lazy_gettext("No question waits for an answer any more."))

PAGE = 50
SOON_DAYS = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A request in the list."""

    approval: Approval
    step: ApprovalStep | None
    """The one that somebody has now, or had last."""
    told: Told
    names: Names
    state: tuple[str, str]
    urgency: str
    """The colour of its last day: `bad` once it has passed, `wait` when it is near."""


@dataclass(frozen=True, slots=True)
class One:
    """The request that is open beside the list."""

    line: Line
    with_whom: str
    for_whom: str | None
    """In whose place the reader decides."""
    answers: bool
    """Whether a question waits for the reader's answer."""
    kind: str
    task: bool
    mine: bool
    """Whether the reader can decide it now."""
    can_ask: bool
    """Whether there is somebody whom a question could be put to."""
    about_reader: bool
    waits: bool
    """Whether it waits on after its last day."""
    says: str
    """The policy's rule, in the reader's language."""
    stands: Sequence[words.Stand]
    question: words.Happening | None
    """The one that waits for an answer."""
    history: Sequence[words.Happening]
    acts: words.Acts
    """What the two buttons say."""
    check: Check | None
    """The look afterwards at this case."""


def decides(actor: Actor) -> bool:
    return actor.has(Role.HR) or holds(people_pages.manages, actor)


def waiting(actor: Actor) -> int:
    with unit_of_work() as session:
        return queries.count_waiting(session, actor=actor, today=_today(), most=99)


navigation.register(
    "08-approvals",
    NavItem(
        lazy_gettext("Approvals"),
        "approval_pages.inbox",
        group="none",
        when=decides,
        count=waiting,
    ),
)


@bp.get("/approvals")
@guard(signed_in)
def inbox() -> str:
    """The list, and beside it the most urgent one."""
    with unit_of_work() as session:
        page = _page(session)
        one = _one(session, page.items[0]) if page.items else None
    return _render(page, one, at="list")


@bp.get("/approvals/<uuid:approval_id>")
@guard(signed_in)
def approval(approval_id: UUID) -> str:
    with unit_of_work() as session:
        return _with_one(session, approval_id)


@bp.post("/approvals/<uuid:approval_id>")
@guard(signed_in)
def decide(approval_id: UUID) -> Response | tuple[str, int]:
    """Then the next one. Who came second is shown who was first."""
    written = {name: request.form.get(name, "") for name in ("reason", "to")}
    decision = _DECISIONS.get(request.form.get("decision", ""), Decision.APPROVE)
    cmd = Decide(approval_id, decision, written["reason"], written["to"])
    try:
        with unit_of_work() as session:
            before = _before(session, approval_id)
            decided = commands.decide(session, cmd, actor=current_actor(), now=clock.now())
            title = queries.told(session, [decided], language())[decided.subject].title
            next_ = _next_after(session, decided, before)
    except (ReasonMissing, ReasonTooLong, CannotHandOver, NobodyToAsk) as error:
        with unit_of_work() as session:
            errors = {error.data.get("field", "reason"): words_for(error)}
            return _with_one(session, approval_id, errors=errors, written=written), 422
    except AlreadyDecided as error:
        at = datetime.fromisoformat(error.data["at"])
        flash(_too_late(error.data["by"], at), "wait")
        return redirect(url_for("approval_pages.approval", approval_id=approval_id), 303)
    flash(f"{title}: {words.done(decision, decided)}.", "good")
    if next_ is None:
        return redirect(url_for("approval_pages.inbox"), 303)
    return redirect(url_for("approval_pages.approval", approval_id=next_), 303)


_DECISIONS = {each.value: each for each in Decision}


@bp.post("/approvals/<uuid:approval_id>/answer")
@guard(signed_in)
def answer(approval_id: UUID) -> Response | tuple[str, int]:
    """By who asked, or whom it is about."""
    text = request.form.get("answer", "")
    try:
        with unit_of_work() as session:
            cmd = Answer(approval_id, text)
            commands.answer(session, cmd, actor=current_actor(), now=clock.now())
    except (ReasonMissing, ReasonTooLong) as error:
        with unit_of_work() as session:
            errors = {"answer": words_for(error)}
            return _with_one(session, approval_id, errors=errors, written={"answer": text}), 422
    except NoQuestion:
        flash(gettext("No question waits for an answer any more."), "wait")
    else:
        flash(gettext("Your answer is sent; the days to decide go on."), "good")
    return redirect(url_for("approval_pages.approval", approval_id=approval_id), 303)


def _before(session: Session, approval_id: UUID) -> ApprovalStep | None:
    """Where it stood in the list."""
    return session.scalars(
        queries.waiting_for(session, actor=current_actor(), today=_today())
        .where(ApprovalStep.approval_id == approval_id)
        .limit(1)
    ).first()


def _too_late(by: str, at: datetime) -> str:
    said: str = gettext(
        "%(name)s was first, on %(moment)s: what you see below is what came of it.",
        name=by,
        moment=formats.at(at),
    )
    return said


@bp.get("/approvals/decided")
@guard(signed_in)
def decided() -> str:
    """What this person decided, the latest first."""
    with unit_of_work() as session:
        mine = queries.decided_by(actor=current_actor())
        page = paginate(
            session,
            mine,
            page_request(limit=PAGE),
            ApprovalStep.decided_at,
            ApprovalStep.id,
            descending=True,
        )
        shown = _lines(session, page.items)
    return render_template("approvals/decided.html", page=page, decided=shown)


# --- putting it together ----------------------------------------------------------------------


def _page(session: Session) -> Page[Line]:
    rows = queries.waiting_for(session, actor=current_actor(), today=_today())
    page = paginate(session, rows, page_request(limit=PAGE), ApprovalStep.due_on, ApprovalStep.id)
    return Page(_lines(session, page.items), page.next)


def _lines(session: Session, steps: Sequence[ApprovalStep]) -> list[Line]:
    by_id = queries.approvals_of(session, steps)
    approvals = list(by_id.values())
    told = queries.told(session, approvals, language())
    names = queries.names_of(session, approvals)
    today = _today()
    return [
        Line(
            approval := by_id[step.approval_id],
            step,
            told[approval.subject],
            names[approval.id],
            words.state_of(approval),
            _urgency(step.due_on, today),
        )
        for step in steps
    ]


def _line(session: Session, approval: Approval) -> Line:
    steps = queries.steps_of(session, [approval])[approval.id]
    begun = [step for step in steps if step.opened_at is not None]
    step = queries.now_with(steps) or (begun[-1] if begun else None)
    return Line(
        approval,
        step,
        queries.told(session, [approval], language())[approval.subject],
        queries.names_of(session, [approval])[approval.id],
        words.state_of(approval),
        _urgency(step.due_on if step else None, _today()),
    )


def _urgency(due_on: date | None, today: date) -> str:
    if due_on is None:
        return "plain"
    if due_on < today:
        return "bad"
    return "wait" if (due_on - today).days <= SOON_DAYS else "plain"


def _with_one(
    session: Session,
    approval_id: UUID,
    *,
    errors: dict[str, str] | None = None,
    written: Mapping[str, str] | None = None,
) -> str:
    found = queries.access_approval(session, approval_id, actor=current_actor(), today=_today())
    page = _page(session)
    line = next((line for line in page.items if line.approval.id == found.id), None)
    one = _one(session, line or _line(session, found))
    return _render(page, one, at="one", errors=errors, written=written)


def _one(session: Session, line: Line) -> One:
    actor, approval = current_actor(), line.approval
    steps = queries.steps_of(session, [approval])[approval.id]
    events = queries.history(session, approval)
    people = queries.people_named(
        session,
        [step.approver_id for step in steps]
        + [id_ for event in events for id_ in (event.by_employee_id, event.for_id, event.to_id)],
    )
    turn = queries.can_decide(session, approval, steps, actor=actor, today=_today())
    asked = any(step.state == StepState.ASKED for step in steps)
    concerned = policy.is_about(actor, approval) or policy.asked_for(actor, approval)
    history = [words.happened(event, approval, people) for event in events]
    questions = [
        happened
        for event, happened in zip(events, history, strict=True)
        if event.act == Happened.QUESTION
    ]
    return One(
        line,
        words.with_whom(line.step, people) if line.step else "",
        people.get(turn.for_id) if turn and turn.for_id else None,
        answers=asked and concerned,
        kind=str(words.KINDS[Kind(approval.kind)]),
        task=approval.kind == Kind.TODO,
        mine=turn is not None,
        can_ask=not asked and (approval.asked_by_employee_id or approval.employee_id) is not None,
        about_reader=policy.is_about(actor, approval),
        waits=bool(line.step and line.step.rule["then"] == Then.REMIND),
        says=words.says_of(in_force.case_of(session, approval), language()),
        stands=[words.stand(step, people, task=approval.kind == Kind.TODO) for step in steps]
        if len(steps) > 1 or not turn
        else [],
        question=questions[-1] if asked and questions else None,
        history=history,
        acts=words.acts_of(Kind(approval.kind)),
        check=checks.of_case(session, approval),
    )


def _next_after(session: Session, decided: Approval, before: ApprovalStep | None) -> UUID | None:
    """What comes after it in the list, else what is left at its beginning."""
    rest = queries.waiting_for(session, actor=current_actor(), today=_today()).where(
        ApprovalStep.approval_id != decided.id
    )
    if before is not None:
        rest = rest.order_by(queries.comes_before(before))
    found = session.scalars(rest.order_by(ApprovalStep.due_on, ApprovalStep.id).limit(1)).first()
    return None if found is None else found.approval_id


def _render(
    page: Page[Line],
    one: One | None,
    *,
    at: str,
    errors: dict[str, str] | None = None,
    written: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "approvals/inbox.html",
        page=page,
        one=one,
        at=at,
        errors=errors or {},
        **{"reason": "", "to": "", "answer": ""} | dict(written or {}),
        decides=decides(current_actor()),
    )


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
