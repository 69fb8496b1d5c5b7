"""What people are told about decisions: on their pages, by mail, and each morning what waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from sqlalchemy.orm import Session

from ideals.approvals import queries
from ideals.approvals.models import Approval, ApprovalStep
from ideals.approvals.pages import words
from ideals.approvals.queries import mine
from ideals.approvals.states import Kind, State, Why
from ideals.notices.queries import Waiting, Words
from ideals.web import formats

MOST_LISTED = 20
"""Requests that a mail about what waits lists."""
MOST_COUNTED = 999


def asked(data: Mapping[str, Any], language: str) -> Words:
    """To whoever's turn it is, and why it came to them."""
    what, name = _what(data, language), data["employee"]
    why = data.get("why")
    act = gettext("Look and decide")
    if data.get("by"):
        title = gettext(
            "%(by)s handed over to you: %(what)s", by=data["by"], what=_named(data, language)
        )
    elif data["kind"] == Kind.TODO:
        title, act = gettext("A task for HR: %(what)s", what=what), gettext("See the task")
    elif data["kind"] == Kind.EVIDENCE:
        title = gettext("To check: %(what)s, of %(name)s", what=what, name=name)
    elif data["kind"] == Kind.ORDER:
        title = gettext("%(name)s asks for your yes: %(what)s", what=what, name=name)
    elif data["kind"] == Kind.DEAL:
        title = gettext("A deal of %(name)s needs your yes: %(what)s", what=what, name=name)
    elif data["kind"] == Kind.PRICE_RULE:
        title = gettext("A price rule needs your yes: %(what)s", what=what)
    elif data["kind"] == Kind.CHECK:
        title = gettext("To check afterwards: %(what)s, of %(name)s", what=what, name=name)
    elif data["kind"] == Kind.CONTEST:
        title = gettext("%(name)s contests a check: %(what)s", what=what, name=name)
    else:
        title = gettext("To decide: %(what)s", what=_named(data, language))
    return Words(str(title), _asked_text(data, why), _href(data), str(act))


def _asked_text(data: Mapping[str, Any], why: str | None) -> str:
    said = [str(gettext("Please decide by %(day)s.", day=_day(data)))]
    if why and why != Why.HANDED_OVER:
        said.insert(0, str(gettext("It came to you because %(why)s.", why=words.WHY[Why(why)])))
    if data.get("said"):
        said.insert(0, str(data["said"]))
    return "\n\n".join(said) if data.get("said") else " ".join(said)


def reminder(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("Still waiting for you: %(what)s", what=_named(data, language))
    text = gettext("Please decide by %(day)s.", day=_day(data))
    return Words(title, text, _href(data), gettext("Look and decide"))


def overdue(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("Not decided in time: %(what)s", what=_named(data, language))
    text = gettext(
        "It was to be decided by %(day)s and still waits. Ask whoever has it; the page says who.",
        day=_day(data),
    )
    return Words(title, text, _href(data), gettext("See who has it"))


def question(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("A question about %(what)s", what=_named(data, language))
    return Words(title, data["question"], _href(data), gettext("Answer"))


def answer(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("An answer about %(what)s", what=_named(data, language))
    due = gettext("Please decide by %(day)s.", day=_day(data)) if data.get("due_on") else ""
    text = "\n\n".join(part for part in (data["answer"], due) if part)
    return Words(title, text, _href(data), gettext("Look and decide"))


def by_clock(data: Mapping[str, Any], language: str) -> Words:
    """To whoever had it and did not decide in time."""
    what = _named(data, language)
    if data["state"] == State.REFUSED:
        title = gettext("Refused without you, for want of time: %(what)s", what=what)
    else:
        title = gettext("Agreed without you, for want of time: %(what)s", what=what)
    text = gettext(
        "It was with you until %(day)s. The rule says what happens when nobody decides by then.",
        day=_day(data),
    )
    return Words(title, text, _href(data), gettext("See what happened"))


def gone_on(data: Mapping[str, Any], language: str) -> Words:
    """To whoever had it, now that it has gone on to the next."""
    title = gettext("No longer with you: %(what)s", what=_named(data, language))
    text = gettext(
        "It was with you until %(day)s, and has gone on to the next, as the rule says.",
        day=_day(data),
    )
    return Words(title, text, _href(data), gettext("See who has it"))


def _what(data: Mapping[str, Any], language: str) -> str:
    """As the asker said it in this language, else in any, else only its kind."""
    said: Mapping[str, str] = data["what"]
    return said.get(language) or next(iter(said.values()), str(words.KINDS[Kind(data["kind"])]))


def _named(data: Mapping[str, Any], language: str) -> str:
    what = _what(data, language)
    return f"{what}, {data['employee']}" if data["employee"] else what


def _day(data: Mapping[str, Any]) -> str:
    return formats.day(date.fromisoformat(data["due_on"]))


def _href(data: Mapping[str, Any]) -> str:
    return f"/approvals/{data['approval']}"


# Each working day


def waiting_for(
    session: Session, employee_id: int | None, user_id: int | None, day: date, language: str
) -> Waiting:
    """What one person can decide now, the most urgent first; no amounts."""
    actor = mine.actor_behind(session, employee_id, user_id)
    if actor is None:
        return Waiting((), 0, "/approvals")
    steps = mine.first_waiting(session, actor=actor, today=day, most=MOST_LISTED)
    if not steps:
        return Waiting((), 0, "/approvals")
    count = len(steps)
    if count == MOST_LISTED:
        count = queries.count_waiting(session, actor=actor, today=day, most=MOST_COUNTED)
    by_id = queries.approvals_of(session, steps)
    told = queries.told(session, by_id.values(), language)
    people = queries.names_of(session, by_id.values())
    lines = []
    for step in steps:
        approval = by_id[step.approval_id]
        names = people[approval.id]
        other = names.approver if _in_place(step, actor.employee_id) else None
        title = told[approval.subject].title
        lines.append(
            Words(
                f"{title}, {names.employee}" if names.employee else title,
                _until(step, approval, other, day),
                f"/approvals/{approval.id}",
                gettext("Look and decide"),
            )
        )
    return Waiting(tuple(lines), count, "/approvals")


def _in_place(step: ApprovalStep, employee_id: int | None) -> bool:
    return step.role is None and step.approver_id != employee_id


def _until(step: ApprovalStep, approval: Approval, other: str | None, day: date) -> str:
    assert step.due_on is not None  # noqa: S101  a live step has a last day
    asked_on = formats.day(approval.asked_at)
    late = step.due_on < day
    said = (
        gettext(
            "Asked on %(asked)s; it was to be decided by %(day)s.",
            asked=asked_on,
            day=formats.day(step.due_on),
        )
        if late
        else gettext(
            "Asked on %(asked)s; to decide by %(day)s.",
            asked=asked_on,
            day=formats.day(step.due_on),
        )
    )
    if other is not None:
        said = f"{said} {gettext('You stand in for %(name)s.', name=other)}"
    return str(said)
