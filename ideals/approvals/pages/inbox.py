"""What waits for somebody, one request with what is needed to decide, and what they decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals import commands, policy, queries
from ideals.approvals.commands import Decide
from ideals.approvals.errors import AlreadyDecided, ReasonMissing, ReasonTooLong
from ideals.approvals.models import Approval
from ideals.approvals.pages import words
from ideals.approvals.queries import Names, Told
from ideals.approvals.states import Decision, Kind
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Actor, Role
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

PAGE = 50
SOON_DAYS = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A request in the list."""

    approval: Approval
    told: Told
    names: Names
    state: tuple[str, str]
    urgency: str
    """The colour of its last day: `bad` once it has passed, `wait` when it is near."""


@dataclass(frozen=True, slots=True)
class Happening:
    at: datetime
    title: str
    tone: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class One:
    """The request that is open beside the list."""

    line: Line
    with_whom: str
    kind: str
    task: bool
    mine: bool
    """Whether the reader can decide it now."""
    about_reader: bool
    waits: bool
    """Whether it waits on after its last day."""
    history: Sequence[Happening]


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
    no = request.form.get("decision") == Decision.REFUSE
    reason = request.form.get("reason", "")
    cmd = Decide(approval_id, Decision.REFUSE if no else Decision.APPROVE, reason)
    try:
        with unit_of_work() as session:
            decided = commands.decide(session, cmd, actor=current_actor(), now=clock.now())
            title = queries.told(session, [decided], language())[decided.subject].title
            next_ = _next_after(session, decided)
    except (ReasonMissing, ReasonTooLong) as error:
        with unit_of_work() as session:
            errors = {"reason": words_for(error)}
            return _with_one(session, approval_id, errors=errors, reason=reason), 422
    except AlreadyDecided as error:
        at = datetime.fromisoformat(error.data["at"])
        flash(_too_late(error.data["by"], at), "wait")
        return redirect(url_for("approval_pages.approval", approval_id=approval_id), 303)
    flash(f"{title}: {words.state_of(decided)[0]}.", "good")
    if next_ is None:
        return redirect(url_for("approval_pages.inbox"), 303)
    return redirect(url_for("approval_pages.approval", approval_id=next_), 303)


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
            session, mine, page_request(limit=PAGE), Approval.ended_at, Approval.id, descending=True
        )
        shown = _lines(session, page.items)
    return render_template("approvals/decided.html", page=page, decided=shown)


# --- putting it together ----------------------------------------------------------------------


def _page(session: Session) -> Page[Line]:
    rows = queries.waiting_for(actor=current_actor(), today=_today())
    page = paginate(session, rows, page_request(limit=PAGE), Approval.due_on, Approval.id)
    return Page(_lines(session, page.items), page.next)


def _lines(session: Session, approvals: Sequence[Approval]) -> list[Line]:
    told = queries.told(session, approvals, language())
    names = queries.names_of(session, approvals)
    today = _today()
    return [
        Line(
            each,
            told[each.subject],
            names[each.id],
            words.state_of(each),
            _urgency(each.due_on, today),
        )
        for each in approvals
    ]


def _urgency(due_on: date, today: date) -> str:
    if due_on < today:
        return "bad"
    return "wait" if (due_on - today).days <= SOON_DAYS else "plain"


def _with_one(
    session: Session, approval_id: UUID, *, errors: dict[str, str] | None = None, reason: str = ""
) -> str:
    found = queries.access_approval(session, approval_id, actor=current_actor())
    page = _page(session)
    line = next((line for line in page.items if line.approval.id == found.id), None)
    one = _one(session, line or _lines(session, [found])[0])
    return _render(page, one, at="one", errors=errors, reason=reason)


def _one(session: Session, line: Line) -> One:
    actor, approval = current_actor(), line.approval
    return One(
        line,
        words.with_whom(approval, line.names),
        str(words.KINDS[Kind(approval.kind)]),
        task=approval.kind == Kind.TODO,
        mine=queries.can_decide(session, approval, actor=actor, today=_today()),
        about_reader=policy.is_about(actor, approval),
        waits=queries.EXPIRED.get(queries.word_of(approval.subject)) is None,
        history=_history(line),
    )


def _history(line: Line) -> list[Happening]:
    approval, names = line.approval, line.names
    asked = gettext("%(name)s asked", name=_by(names.asker))
    happened = [Happening(approval.asked_at, asked, "")]
    if approval.reminded_at:
        happened.append(Happening(approval.reminded_at, gettext("Reminded"), "wait"))
    if approval.overdue_at:
        late = gettext("Not decided in time: HR was told")
        happened.append(Happening(approval.overdue_at, late, "bad"))
    if approval.ended_at:
        state, tone = line.state
        ended = gettext("%(name)s: %(state)s", name=_by(names.ender), state=state)
        tone = tone if tone in ("good", "bad") else ""
        happened.append(Happening(approval.ended_at, ended, tone, approval.reason))
    return happened


def _by(name: str | None) -> str:
    return str(gettext("The system")) if name == SYSTEM.name else name or ""


def _next_after(session: Session, decided: Approval) -> UUID | None:
    """What comes after it in the list, else what is left at its beginning."""
    rest = queries.waiting_for(actor=current_actor(), today=_today()).order_by(
        queries.comes_before(decided), Approval.due_on, Approval.id
    )
    found = session.scalars(rest.limit(1)).first()
    return None if found is None else found.id


def _render(
    page: Page[Line],
    one: One | None,
    *,
    at: str,
    errors: dict[str, str] | None = None,
    reason: str = "",
) -> str:
    return render_template(
        "approvals/inbox.html",
        page=page,
        one=one,
        at=at,
        errors=errors or {},
        reason=reason,
        decides=decides(current_actor()),
    )


def _today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()
