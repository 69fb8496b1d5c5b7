"""A draft looked at before it is published: in words, what it changes, and what it would have done
with the cases of the last twelve months."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import (
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ideals import audit
from ideals.approvals import policy as rights
from ideals.approvals import queries as approvals
from ideals.approvals.commands import policies as commands
from ideals.approvals.commands.policies import PublishDraft, check_day_comes
from ideals.approvals.errors import (
    DraftMovedOn,
    DraftNotFound,
    PolicyDayPassed,
    PolicyPublished,
    PolicyRefused,
    PolicyTooEarly,
)
from ideals.approvals.models import Approval, PolicyDraft
from ideals.approvals.pages import policy_words as words
from ideals.approvals.pages.policies import bp, kind_asked, only_hr, today
from ideals.approvals.pages.policy_words import Telling
from ideals.approvals.queries import Names, Told, trials
from ideals.approvals.queries import policies as queries
from ideals.approvals.queries.in_force import facts_of
from ideals.approvals.queries.trials import Asked, Outcome, Trial
from ideals.approvals.rules import Policy
from ideals.approvals.rules.facts import again
from ideals.approvals.states import Kind
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Actor
from ideals.kernel.errors import IdealsError
from ideals.kernel.formula.tree import Value
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.cursors import page_request, paginate
from ideals.web.errors import words_for
from ideals.web.export import Row, csv_response
from ideals.web.guards import guard
from ideals.web.language import language

PAGE = 50
AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class Looked:
    """A draft without faults. `refusal`: why it cannot be published as it is."""

    draft: PolicyDraft
    policy: Policy
    replaced: Policy
    replaced_from: date | None
    """`None`: what is built in."""
    telling: Telling
    trial: Trial
    refusal: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A past case that would have gone another way."""

    approval: Approval
    told: Told
    names: Names
    read: Sequence[tuple[str, Value | None]]
    now: str
    then: str


@bp.get("/policies/<kind>/draft")
@guard(only_hr)
def look(kind: str) -> str | BaseResponse:
    wanted = kind_asked(kind)
    with unit_of_work() as session:
        looked = _looked(session, wanted)
    return _back_to_writing(wanted) if looked is None else _shown(looked)


@bp.post("/policies/<kind>/draft/publish")
@guard(only_hr)
def publish(kind: str) -> BaseResponse | tuple[str, int]:
    """What was looked at, and nothing else: who saved meanwhile is seen first."""
    wanted, seen = kind_asked(kind), request.form.get("version", "")
    cmd = PublishDraft(wanted, int(seen) if seen.isdecimal() and len(seen) < 10 else 0)
    try:
        with unit_of_work() as session:
            made = commands.publish_draft(session, cmd, actor=current_actor(), now=clock.now())
            day = made.starts_on
    except DraftNotFound as gone:
        flash(words_for(gone), "wait")
        return redirect(url_for("policy_pages.policy_of_kind", kind=kind), 303)
    except DraftMovedOn as moved:
        flash(
            gettext(
                "Nothing is published: %(name)s has saved the draft since. Look at it again.",
                name=words.who_did(moved.data["by"]),
            ),
            "wait",
        )
        return redirect(url_for("policy_pages.look", kind=kind), 303)
    except PolicyRefused:
        return _back_to_writing(wanted)
    except (PolicyDayPassed, PolicyPublished, PolicyTooEarly) as refused:
        with unit_of_work() as session:
            looked = _looked(session, wanted)
        if looked is None:
            return _back_to_writing(wanted)
        return _shown(looked, str(said_of(refused))), 409
    flash(gettext("Published. From %(day)s these rules hold.", day=formats.day(day)))
    return redirect(url_for("policy_pages.policy_version", kind=kind, day=day.isoformat()), 303)


@bp.get("/policies/<kind>/draft/cases")
@guard(only_hr)
def changed(kind: str) -> str | BaseResponse:
    """The past cases that would have gone another way, the latest first; `move`: of one line."""
    wanted, move = kind_asked(kind), _move()
    with unit_of_work() as session:
        looked = _looked(session, wanted)
        if looked is None:
            return _back_to_writing(wanted)
        page = paginate(
            session,
            trials.changed_cases(looked.trial, move, actor=current_actor()),
            page_request(limit=PAGE),
            Approval.asked_at,
            Approval.id,
            descending=True,
        )
        cases = _cases(session, looked, page.items)
    shown_move = None
    if move is not None and move < len(looked.trial.moves):
        shown_move = looked.trial.moves[move]
    return render_template(
        "approvals/policy_cases.html",
        looked=looked, kind=wanted, page=page, cases=cases, move=shown_move, words=words,
    )  # fmt: skip


@bp.get("/policies/<kind>/draft/cases.csv")
@guard(only_hr)
def changed_csv(kind: str) -> Response | BaseResponse:
    """Who asked for what is somebody's own data: that it was taken along is written down."""
    wanted, move = kind_asked(kind), _move()
    with unit_of_work() as session:
        looked = _looked(session, wanted)
        if looked is None:
            return _back_to_writing(wanted)
        # Asked before the file begins: then it is too late to refuse.
        trials.changed_cases(looked.trial, move, actor=current_actor())
        audit.record(
            session,
            "approvals.cases_downloaded",
            f"policy:{wanted}",
            actor=current_actor(),
            now=clock.now(),
            move=move,
        )
    header = [
        gettext("Asked on"), gettext("Number"), gettext("Employee"), gettext("What"),
        *looked.trial.asked.reads, gettext("As it is"), gettext("With this draft"),
        gettext("Approval"),
    ]  # fmt: skip
    name = f"{wanted}-{looked.policy.starts_on}"
    rows = stream_with_context(_rows(looked, move, current_actor()))  # type: ignore[type-var]  # rows, not text
    return csv_response(name, header, rows)


# --- putting it together ----------------------------------------------------------------------


def _looked(session: Session, kind: Kind) -> Looked | None:
    """`None`: there is no draft, or it has faults."""
    actor = current_actor()
    draft = queries.draft_of(session, kind, actor=actor)
    if draft is None:
        return None
    policy = queries.draft_read(session, kind, draft.document, today())
    if not isinstance(policy, Policy):
        return None
    held = queries.replaced_by(session, policy)
    asked = Asked(kind, held.policy, policy, trials.year_before(clock.now()))
    return Looked(
        draft,
        policy,
        held.policy,
        held.since,
        Telling(kind, queries.names_of_people(session, [policy, held.policy])),
        trials.trial(session, asked, actor=actor),
        _refusal(policy, queries.lines(session, kind)),
    )


def _refusal(policy: Policy, lines: Sequence[queries.Line]) -> str:
    """What publishing would meet, said before anybody tries."""
    data = {"starts_on": policy.starts_on.isoformat()}
    if any(line.starts_on == policy.starts_on for line in lines):
        return said_of(PolicyPublished("", **data))
    if lines and policy.starts_on < lines[0].starts_on:
        return said_of(PolicyTooEarly("", **data, latest=lines[0].starts_on.isoformat()))
    try:
        check_day_comes(policy.starts_on, today())
    except PolicyDayPassed as passed:
        return said_of(passed)
    return ""


def said_of(refused: IdealsError) -> str:
    """In the reader's language, its days as they are written there."""
    for name in ("starts_on", "latest", "earliest"):
        if name in refused.data:
            refused.data[name] = formats.day(date.fromisoformat(refused.data[name]))
    return words_for(refused)


def _back_to_writing(kind: Kind) -> BaseResponse:
    flash(gettext("The draft is not ready yet. Save it, and what is not right is shown."), "wait")
    return redirect(url_for("policy_pages.edit", kind=kind.value), 303)


def _shown(looked: Looked, refusal: str = "") -> str:
    return render_template(
        "approvals/policy_look.html",
        looked=looked,
        kind=looked.policy.kind,
        policy=looked.policy,
        telling=looked.telling,
        trial=looked.trial,
        changes=words.differences(looked.telling, looked.replaced, looked.policy),
        refusal=refusal or looked.refusal,
        sees_cases=rights.oversees(current_actor(), looked.policy.kind),
        words=words,
    )


def _move() -> int | None:
    text = request.args.get("move", "")
    return int(text) if text.isdecimal() and len(text) < 5 else None


def _cases(session: Session, looked: Looked, rows: Sequence[Any]) -> list[Changed]:
    found = [row.Approval for row in rows]
    told = approvals.told(session, found, language())
    names = approvals.names_of(session, found)
    known = facts_of(looked.policy.kind)
    return [
        Changed(
            row.Approval,
            told[row.Approval.subject],
            names[row.Approval.id],
            [(name, facts.get(name)) for name in looked.trial.asked.reads],
            *_ways(looked, looked.trial.outcome(row.read)),
        )
        for row in rows
        for facts in [again(row.read, known)]
    ]


def _ways(looked: Looked, outcome: Outcome) -> tuple[str, str]:
    now, then = looked.trial.asked.ways(outcome)
    return (
        "" if now is None else looked.telling.way(now),
        "" if then is None else looked.telling.way(then),
    )


def _rows(looked: Looked, move: int | None, actor: Actor) -> Iterator[Row]:
    """In pieces, each in a unit of work of its own: the next begins at the last row of one."""
    after: tuple[Any, ...] | None = None
    while True:
        with unit_of_work() as session:
            wanted = trials.changed_cases(looked.trial, move, actor=actor)
            if after is not None:
                wanted = wanted.where(trials.is_before(after))
            order = wanted.order_by(Approval.asked_at.desc(), Approval.id.desc()).limit(AT_A_TIME)
            rows = session.execute(order).all()
            cases = _cases(session, looked, rows)
        for case in cases:
            approval = case.approval
            yield [
                approval.asked_at, case.names.number, case.names.employee, case.told.title,
                *(value for _, value in case.read), case.now, case.then, str(approval.id),
            ]  # fmt: skip
        if len(rows) < AT_A_TIME:
            return
        after = (rows[-1].Approval.asked_at, rows[-1].Approval.id)
