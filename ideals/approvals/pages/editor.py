"""HR writes a policy: as a form, or as text. What is written is kept with each button, with faults
and all; two who write at once see each other's, and nothing of either is lost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ideals.approvals.commands import policies as commands
from ideals.approvals.commands.policies import DiscardDraft, SaveDraft
from ideals.approvals.errors import DraftMovedOn, DraftUnusable
from ideals.approvals.models import PolicyDraft
from ideals.approvals.pages import form as forms
from ideals.approvals.pages import policy_words as words
from ideals.approvals.pages.form import PolicyFields
from ideals.approvals.pages.policies import bp, kind_asked, only_hr, today
from ideals.approvals.pages.words import ROLES
from ideals.approvals.queries import policies as queries
from ideals.approvals.queries.policies import Held
from ideals.approvals.rules import (
    By,
    Effect,
    Fault,
    Mode,
    Policy,
    Then,
    WhenBroken,
    has_remarks,
    plain_of,
    text_of,
)
from ideals.approvals.rules.steps import DECIDING_ROLES
from ideals.approvals.states import Kind
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.schemes.rules.check import plain
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.differences import DiffRow, compare
from ideals.web.guards import guard

SAVE, LOOK = "save", "look"
_FROM = re.compile(r"""^(from:[ ]*)(["']?)[0-9-]+\2""", re.MULTILINE)


@dataclass(slots=True)
class Conflict:
    """Somebody saved while this one wrote: who and when, and what is different in theirs."""

    by: str
    at: datetime | None
    rows: list[DiffRow]


@dataclass(slots=True)
class Writing:
    """What the two pages of the editor show. `seen`: the version the next save answers."""

    kind: Kind
    text: str
    seen: int | None
    saved_at: datetime | None = None
    saved_by: str = ""
    fields: PolicyFields | None = None
    faults: list[Fault] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    conflict: Conflict | None = None


@bp.get("/policies/<kind>/edit")
@guard(only_hr)
def edit(kind: str) -> str | Response:
    """The draft; without one, what will hold last, from a day to come."""
    wanted = kind_asked(kind)
    with unit_of_work() as session:
        writing = _begin(session, wanted)
    writing.fields = forms.fields_of(wanted, writing.text)
    if writing.fields is None:
        flash(
            gettext(
                "The form cannot show all that this text says, such as remarks. Change it here."
            ),
            "wait",
        )
        return redirect(url_for("policy_pages.edit_text", kind=kind), 303)
    return _form(writing)


@bp.post("/policies/<kind>/edit")
@guard(only_hr)
def save(kind: str) -> Response | tuple[str, int]:
    """Every button saves; one that changes the form comes back to where it did."""
    wanted, act = kind_asked(kind), request.form.get("do", SAVE)
    fields = forms.sent(request.form)
    go_on = forms.change(fields, act) if act not in (SAVE, LOOK) else ""
    writing = Writing(wanted, forms.document_of(wanted, fields), _seen(), fields=fields)
    return _saved(writing, act, "policy_pages.edit", go_on)


@bp.get("/policies/<kind>/edit/text")
@guard(only_hr)
def edit_text(kind: str) -> str:
    with unit_of_work() as session:
        writing = _begin(session, kind_asked(kind))
    return _text(writing)


@bp.post("/policies/<kind>/edit/text")
@guard(only_hr)
def save_text(kind: str) -> Response | tuple[str, int]:
    writing = Writing(kind_asked(kind), plain(request.form.get("document", "")), _seen())
    return _saved(writing, request.form.get("do", SAVE), "policy_pages.edit_text", "")


@bp.post("/policies/<kind>/draft/discard")
@guard(only_hr)
def discard(kind: str) -> Response:
    wanted = kind_asked(kind)
    try:
        with unit_of_work() as session:
            cmd = DiscardDraft(wanted, _seen() or 0)
            commands.discard_draft(session, cmd, actor=current_actor(), now=clock.now())
    except DraftMovedOn as moved:
        flash(
            gettext("Nothing was thrown away: %(name)s has saved it since.", name=moved.data["by"]),
            "wait",
        )
        return redirect(url_for("policy_pages.edit", kind=kind), 303)
    flash(gettext("The draft is thrown away. What is published stays as it is."))
    return redirect(url_for("policy_pages.policy_of_kind", kind=kind), 303)


# --- putting it together ----------------------------------------------------------------------


def _begin(session: Session, kind: Kind) -> Writing:
    draft = queries.draft_of(session, kind, actor=current_actor())
    if draft is not None:
        return _of(draft)
    lines = queries.lines(session, kind)
    latest = max([today(), *(line.starts_on for line in lines)])
    held = queries.in_force(session, kind, latest)
    if held.unreadable is not None:
        return Writing(kind, queries.export(session, kind, held.unreadable), None)
    return Writing(kind, beginning(held, latest), None)


def _of(draft: PolicyDraft) -> Writing:
    return Writing(
        Kind(draft.kind), draft.document, draft.version, draft.changed_at, draft.changed_by
    )


def beginning(held: Held, after: date) -> str:
    """The text to begin from: what holds, from the first of the month after that day. Remarks of
    what was published stay; those of what is built in are no rules of theirs."""
    first = (after.replace(day=1) + timedelta(days=32)).replace(day=1).isoformat()
    if held.since is not None and has_remarks(held.policy.text):
        return _FROM.sub(rf'\g<1>"{first}"', held.policy.text, count=1)
    return text_of(plain_of(held.policy) | {"from": first})


def _seen() -> int | None:
    """From the page; empty while there was no draft."""
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _saved(writing: Writing, act: str, endpoint: str, go_on: str) -> Response | tuple[str, int]:
    cmd = SaveDraft(writing.kind, writing.text, writing.seen)
    show = _text if endpoint == "policy_pages.edit_text" else _form
    try:
        with unit_of_work() as session:
            draft = commands.save_draft(session, cmd, actor=current_actor(), now=clock.now())
            writing.seen, writing.saved_at, writing.saved_by = (
                draft.version, draft.changed_at, draft.changed_by,
            )  # fmt: skip
            _look(session, writing)
    except DraftMovedOn:
        with unit_of_work() as session:
            _meet(writing, queries.draft_of(session, writing.kind, actor=current_actor()))
        return show(writing), 409
    except DraftUnusable as refused:
        writing.errors = {"document": unusable(refused)}
        return show(writing), 422
    if act == LOOK and not writing.faults:
        return redirect(url_for("policy_pages.look", kind=writing.kind.value), 303)
    if act in (SAVE, LOOK) and writing.faults:
        if writing.fields is not None:
            writing.errors = forms.errors_of(writing.fields, writing.faults, formats.said)
        return show(writing), 422 if act == LOOK else 200
    if act == SAVE:
        flash(gettext("The draft is saved."))
    return redirect(url_for(endpoint, kind=writing.kind.value, _anchor=go_on or None), 303)


def _look(session: Session, writing: Writing) -> None:
    """Find every fault."""
    result = queries.draft_read(session, writing.kind, writing.text, today())
    writing.faults = [] if isinstance(result, Policy) else result


def _meet(writing: Writing, theirs: PolicyDraft | None) -> None:
    """Show both; the next save of this page is knowing."""
    writing.seen = None if theirs is None else theirs.version
    writing.conflict = Conflict(
        "" if theirs is None else theirs.changed_by,
        None if theirs is None else theirs.changed_at,
        [] if theirs is None else compare(theirs.document, writing.text),
    )


def unusable(refused: DraftUnusable) -> str:
    if "size" in refused.data:
        return str(gettext("This text is larger than 256 kB; a policy never is."))
    return str(gettext("This text holds characters that are none; remove them."))


def _form(writing: Writing) -> str:
    return render_template(
        "approvals/policy_edit.html",
        writing=writing,
        fields=writing.fields,
        errors=writing.errors,
        facts=words.facts_said(writing.kind),
        choices=_choices(),
        words=words,
    )


def _text(writing: Writing) -> str:
    return render_template(
        "approvals/policy_text.html",
        writing=writing,
        facts=words.facts_said(writing.kind),
        words=words,
    )


def _choices() -> dict[str, list[tuple[str, str]]]:
    """What the selects of the form offer."""
    who = [(by.value, str(words.WHO[by])) for by in forms.BY_ITSELF]
    who += [(f"{forms.ROLE}{role.value}", str(ROLES[role])) for role in DECIDING_ROLES]
    who.append((By.PERSON.value, gettext("one person, by number")))
    return {
        "who": who,
        "to": [("", gettext("the manager of who has it")), *who],
        "effect": [(each.value, str(words.EFFECTS[each])) for each in Effect],
        "then": [(each.value, str(words.THEN[each])) for each in Then],
        "check_then": [
            (each.value, str(words.THEN[each])) for each in (Then.REMIND, Then.ESCALATE)
        ],
        "mode": [
            (Mode.ALL.value, gettext("everybody must agree")),
            (Mode.ANY.value, gettext("the first decision counts")),
        ],
        "when_broken": [(each.value, str(words.WHEN_BROKEN[each])) for each in WhenBroken],
    }
