"""What waits for somebody, one request with what is needed to decide, and what they decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals import commands, queries
from ideals.approvals.commands import Answer, Decide
from ideals.approvals.errors import (
    AlreadyDecided,
    CannotHandOver,
    NobodyToAsk,
    NoQuestion,
    ReasonMissing,
    ReasonTooLong,
)
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.pages import words
from ideals.approvals.pages.lines import Line, lines_about, lines_of, today
from ideals.approvals.pages.one import One, one_of
from ideals.approvals.queries import mine
from ideals.approvals.rules import StepState
from ideals.approvals.rules.steps import DECIDING_ROLES
from ideals.approvals.states import Decision
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Actor
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
FEW = 20
"""Questions that are out, or to be answered, that the list shows."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """`page`: what waits for the reader; `out`: what waits for an answer to a question of theirs;
    `questions`: what waits for their answer."""

    page: Page[Line]
    out: Sequence[Line]
    questions: Sequence[Line]

    @property
    def together(self) -> bool:
        """Whether several can be decided at once."""
        return sum(line.plain for line in self.page.items) > 1

    @property
    def everything(self) -> list[Line]:
        return [*self.page.items, *self.questions, *self.out]


def decides(actor: Actor) -> bool:
    """Who may find something here: roles that rules can ask, managers, whom it waits for now."""
    return (
        any(actor.has(role) for role in DECIDING_ROLES)
        or holds(people_pages.manages, actor)
        or holds(_has_something, actor)
    )


def _has_something(actor: Actor) -> bool:
    if actor.employee_id is None:
        return False
    with unit_of_work() as session:
        return mine.has_something(session, actor.employee_id, today())


def waiting(actor: Actor) -> int:
    with unit_of_work() as session:
        return queries.count_waiting(session, actor=actor, today=today(), most=99)


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
        found = _inbox(session)
        first = next(iter(found.everything), None)
        one = one_of(session, first) if first else None
    return _render(found, one, at="list")


@bp.get("/approvals/<uuid:approval_id>")
@guard(signed_in)
def approval(approval_id: UUID) -> str:
    with unit_of_work() as session:
        return _with_one(session, approval_id)


@bp.post("/approvals/<uuid:approval_id>")
@guard(signed_in)
def decide(approval_id: UUID) -> Response | tuple[str, int]:
    """Then the next one. Who came second is shown who was first."""
    written = {name: request.form.get(name, "") for name in ("reason", "question")}
    decision = _DECISIONS.get(request.form.get("decision", ""), Decision.APPROVE)
    at = "question" if decision is Decision.ASK else "reason"
    cmd = Decide(approval_id, decision, written[at] or written["reason"])
    try:
        with unit_of_work() as session:
            before = _before(session, approval_id)
            decided = commands.decide(session, cmd, actor=current_actor(), now=clock.now())
            title = queries.told(session, [decided], language())[decided.subject].title
            next_ = _next_after(session, decided, before)
    except (ReasonMissing, ReasonTooLong, CannotHandOver, NobodyToAsk) as error:
        with unit_of_work() as session:
            errors = {at: words_for(error)}
            return _with_one(session, approval_id, errors=errors, written=written), 422
    except AlreadyDecided as error:
        flash(too_late(error), "wait")
        return redirect(url_for("approval_pages.approval", approval_id=approval_id), 303)
    flash(f"{title}: {words.done(decision, decided)}.", "good")
    if next_ is None:
        return redirect(url_for("approval_pages.inbox"), 303)
    return redirect(url_for("approval_pages.approval", approval_id=next_), 303)


_DECISIONS = {each.value: each for each in (Decision.APPROVE, Decision.REFUSE, Decision.ASK)}


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
        queries.waiting_for(session, actor=current_actor(), today=today())
        .where(ApprovalStep.approval_id == approval_id)
        .limit(1)
    ).first()


def too_late(error: AlreadyDecided) -> str:
    said: str = gettext(
        "%(name)s was first, on %(moment)s: what you see below is what came of it.",
        name=error.data["by"],
        moment=formats.at(datetime.fromisoformat(error.data["at"])),
    )
    return said


@bp.get("/approvals/decided")
@guard(signed_in)
def decided() -> str:
    """What this person decided, the latest first."""
    with unit_of_work() as session:
        theirs = queries.decided_by(actor=current_actor())
        page = paginate(
            session,
            theirs,
            page_request(limit=PAGE),
            ApprovalStep.decided_at,
            ApprovalStep.id,
            descending=True,
        )
        shown = lines_of(session, page.items)
    return render_template("approvals/decided.html", page=page, decided=shown)


@bp.get("/approvals/asked")
@guard(signed_in)
def asked() -> str:
    """What this person asked, or what is about them, the latest first: where each is."""
    with unit_of_work() as session:
        page = paginate(
            session,
            mine.asked_by(actor=current_actor()),
            page_request(limit=PAGE),
            Approval.asked_at,
            Approval.id,
            descending=True,
        )
        shown = lines_about(session, page.items)
    return render_template("approvals/asked.html", page=page, asked=shown)


# --- putting it together ----------------------------------------------------------------------


def _inbox(session: Session) -> Inbox:
    actor = current_actor()
    rows = queries.waiting_for(session, actor=actor, today=today())
    page = paginate(session, rows, page_request(limit=PAGE), ApprovalStep.due_on, ApprovalStep.id)
    out = queries.waiting_for(session, actor=actor, today=today(), state=StepState.ASKED)
    out_now = _few(session, out)
    to_answer = _few(session, mine.questions_to(actor=actor))
    lines = lines_of(session, [*page.items, *out_now, *to_answer])
    here, there = len(page.items), len(page.items) + len(out_now)
    return Inbox(Page(lines[:here], page.next), lines[here:there], lines[there:])


def _few(session: Session, steps: Select[ApprovalStep]) -> list[ApprovalStep]:
    first = steps.order_by(ApprovalStep.due_on, ApprovalStep.id).limit(FEW)
    return list(session.scalars(first))


def _with_one(
    session: Session,
    approval_id: UUID,
    *,
    errors: dict[str, str] | None = None,
    written: Mapping[str, str] | None = None,
) -> str:
    found = queries.access_approval(session, approval_id, actor=current_actor(), today=today())
    rest = _inbox(session)
    listed = (line for line in rest.everything if line.approval.id == found.id)
    line = next(listed, None) or lines_about(session, [found])[0]
    return _render(rest, one_of(session, line), at="one", errors=errors, written=written)


def _next_after(session: Session, decided: Approval, before: ApprovalStep | None) -> UUID | None:
    """What comes after it in the list, else what is left at its beginning."""
    rest = queries.waiting_for(session, actor=current_actor(), today=today()).where(
        ApprovalStep.approval_id != decided.id
    )
    if before is not None:
        rest = rest.order_by(queries.comes_before(before))
    found = session.scalars(rest.order_by(ApprovalStep.due_on, ApprovalStep.id).limit(1)).first()
    return None if found is None else found.approval_id


def _render(
    found: Inbox,
    one: One | None,
    *,
    at: str,
    errors: dict[str, str] | None = None,
    written: Mapping[str, str] | None = None,
) -> str:
    return render_template(
        "approvals/inbox.html",
        inbox=found,
        page=found.page,
        one=one,
        at=at,
        errors=errors or {},
        **{"reason": "", "question": "", "answer": ""} | dict(written or {}),
        decides=decides(current_actor()),
    )
