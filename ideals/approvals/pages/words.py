"""What kinds, states and acts are called, and the messages that ask somebody to decide."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext

from ideals.approvals.models import Approval
from ideals.approvals.queries import Names
from ideals.approvals.states import Kind, State, WhyHr
from ideals.notices.queries import Words
from ideals.web import formats

KINDS = {
    Kind.ORDER: lazy_gettext("order"),
    Kind.EVIDENCE: lazy_gettext("evidence"),
    Kind.TODO: lazy_gettext("task"),
}
STATES = {
    State.OPEN: (lazy_gettext("waits"), "wait"),
    State.APPROVED: (lazy_gettext("approved"), "good"),
    State.REFUSED: (lazy_gettext("refused"), "bad"),
    State.WITHDRAWN: (lazy_gettext("withdrawn"), "plain"),
    State.EXPIRED: (lazy_gettext("expired"), "plain"),
}
"""With the colour that goes with it."""
TASK_STATES = STATES | {
    State.APPROVED: (lazy_gettext("done"), "good"),
    State.REFUSED: (lazy_gettext("not needed"), "plain"),
}
WHY_HR = {
    WhyHr.ROLE: lazy_gettext("HR decides this."),
    WhyHr.NO_MANAGER: lazy_gettext("HR decides, because nobody is noted down as manager."),
    WhyHr.MANAGER_ASKS: lazy_gettext("HR decides, because the manager asked for it."),
    WhyHr.MANAGER_LEFT: lazy_gettext("HR decides, because the manager no longer works here."),
}


def state_of(approval: Approval) -> tuple[str, str]:
    """In a word, and its colour."""
    words, tone = (TASK_STATES if approval.kind == Kind.TODO else STATES)[State(approval.state)]
    return str(words), tone


def with_whom(approval: Approval, names: Names) -> str:
    """Who decides, and why it is them."""
    if approval.why_hr is not None:
        return str(WHY_HR[WhyHr(approval.why_hr)])
    name = names.approver
    return str(gettext("%(name)s decides, as the manager when it was asked.", name=name))


# Messages


def asked(data: Mapping[str, Any], language: str) -> Words:
    what = _what(data, language)
    if data["kind"] == Kind.TODO:
        return _words(data, gettext("A task for HR: %(what)s", what=what), gettext("See the task"))
    if data["kind"] == Kind.EVIDENCE:
        title = gettext("To check: %(what)s, of %(name)s", what=what, name=data["employee"])
        return _words(data, title, gettext("Look and decide"))
    title = gettext("%(name)s asks for your yes: %(what)s", what=what, name=data["employee"])
    return _words(data, title, gettext("Look and decide"))


def reminder(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("Still waiting for you: %(what)s", what=_named(data, language))
    return _words(data, title, gettext("Look and decide"))


def overdue(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("Not decided in time: %(what)s", what=_named(data, language))
    text = gettext(
        "It was to be decided by %(day)s and still waits. Ask whoever has it; the page says who.",
        day=_day(data),
    )
    return Words(title, text, _href(data), gettext("See who has it"))


def _words(data: Mapping[str, Any], title: str, act: str) -> Words:
    return Words(title, gettext("Please decide by %(day)s.", day=_day(data)), _href(data), act)


def _what(data: Mapping[str, Any], language: str) -> str:
    """As the asker said it in this language, else in any, else only its kind."""
    said: Mapping[str, str] = data["what"]
    return said.get(language) or next(iter(said.values()), str(KINDS[Kind(data["kind"])]))


def _named(data: Mapping[str, Any], language: str) -> str:
    what = _what(data, language)
    return f"{what}, {data['employee']}" if data["employee"] else what


def _day(data: Mapping[str, Any]) -> str:
    return formats.day(date.fromisoformat(data["due_on"]))


def _href(data: Mapping[str, Any]) -> str:
    return f"/approvals/{data['approval']}"
