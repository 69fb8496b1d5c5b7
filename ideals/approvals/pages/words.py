"""What kinds, states and acts are called, and the messages that ask somebody to decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext, lazy_gettext

from ideals.approvals.commands.going import NO_TIME
from ideals.approvals.models import Approval, ApprovalEvent, ApprovalStep
from ideals.approvals.rules import By, Case, StepState, Then
from ideals.approvals.states import Decision, Happened, Kind, State, Why
from ideals.kernel.actor import SYSTEM, Role
from ideals.notices.queries import Words
from ideals.web import formats

KINDS = {
    Kind.ORDER: lazy_gettext("order"),
    Kind.EVIDENCE: lazy_gettext("evidence"),
    Kind.TODO: lazy_gettext("task"),
    Kind.CHECK: lazy_gettext("check"),
    Kind.CONTEST: lazy_gettext("contested check"),
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
CHECK_STATES = STATES | {
    State.APPROVED: (lazy_gettext("kept"), "good"),
    State.REFUSED: (lazy_gettext("not kept"), "bad"),
    State.WITHDRAWN: (lazy_gettext("not needed any more"), "plain"),
}
CONTEST_STATES = STATES | {
    State.APPROVED: (lazy_gettext("kept after all"), "good"),
    State.REFUSED: (lazy_gettext("the check stands"), "bad"),
}
STATES_OF = {
    Kind.TODO: TASK_STATES,
    Kind.CHECK: CHECK_STATES,
    Kind.CONTEST: CONTEST_STATES,
}


@dataclass(frozen=True, slots=True)
class Acts:
    """What the two buttons of a decision say, and when a reason is needed."""

    yes: str
    no: str
    help: str


def acts_of(kind: Kind) -> Acts:
    needed = str(gettext("Needed when you refuse; whoever asked reads it."))
    match kind:
        case Kind.TODO:
            help_ = str(gettext("Say why, when the task is not needed."))
            return Acts(str(gettext("Done")), str(gettext("Not needed")), help_)
        case Kind.CHECK:
            help_ = str(gettext("Needed when it was not kept; whom it is about reads it."))
            return Acts(str(gettext("Kept")), str(gettext("Not kept")), help_)
        case Kind.CONTEST:
            help_ = str(gettext("Needed when the check stands; whom it is about reads it."))
            return Acts(
                str(gettext("It was kept after all")), str(gettext("The check stands")), help_
            )
    return Acts(str(gettext("Approve")), str(gettext("Refuse")), needed)


WHY = {
    Why.NO_MANAGER: lazy_gettext("nobody is noted down as manager"),
    Why.NO_OWNER: lazy_gettext("nobody owns the unit"),
    Why.NO_MANDATE: lazy_gettext("no mandate of the unit covers the amount any more"),
    Why.NOBODY: lazy_gettext("the rule names nobody who works here"),
    Why.ABOUT_THEM: lazy_gettext("it is about whom the rule names"),
    Why.ASKED_IT: lazy_gettext("whom the rule names asked for it"),
    Why.LEFT: lazy_gettext("whom the rule names no longer works here"),
    Why.MOVED: lazy_gettext("who had it is no longer whom the rule names"),
    Why.HANDED_OVER: lazy_gettext("it was handed over"),
    Why.ESCALATED: lazy_gettext("it was not decided in time before"),
}
"""Why somebody has a step, after 'because'."""
ROLES = {
    Role.HR: lazy_gettext("HR"),
    Role.HR_PRICES: lazy_gettext("HR, prices"),
    Role.HR_DEALS: lazy_gettext("HR, deals"),
    Role.PAYROLL: lazy_gettext("Payroll"),
    Role.WORKS_COUNCIL: lazy_gettext("Works council"),
}


def state_of(approval: Approval) -> tuple[str, str]:
    """In a word, and its colour."""
    words, tone = STATES_OF.get(Kind(approval.kind), STATES)[State(approval.state)]
    return str(words), tone


def holder_of(step: ApprovalStep, people: Mapping[int, str]) -> str:
    """Who has it: a name, or a role."""
    if step.approver_id is not None:
        return people.get(step.approver_id, "")
    return str(ROLES[Role(step.role)]) if step.role else ""


def with_whom(step: ApprovalStep, people: Mapping[int, str]) -> str:
    """Who decides, and why it is them where the rule names somebody else."""
    who = holder_of(step, people)
    if step.why is None:
        return str(gettext("%(who)s decides.", who=who))
    return str(gettext("%(who)s decides, because %(why)s.", who=who, why=WHY[Why(step.why)]))


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the history; `said`: what somebody wrote."""

    at: datetime
    title: str
    tone: str = ""
    reason: str | None = None


_HAPPENED = {
    Happened.ASKED: (lazy_gettext("%(by)s asked"), ""),
    Happened.AT_ONCE: (lazy_gettext("It took effect at once"), "good"),
    Happened.OPENED: (lazy_gettext("With %(to)s"), ""),
    Happened.REMINDED: (lazy_gettext("Reminded"), "wait"),
    Happened.OVERDUE: (lazy_gettext("Not decided in time: HR was told"), "bad"),
    Happened.ESCALATED: (lazy_gettext("Not decided in time: it went on to %(to)s"), "bad"),
    Happened.MOVED: (lazy_gettext("It went to %(to)s"), ""),
    Happened.QUESTION: (lazy_gettext("%(by)s asked a question; the days stand still"), "wait"),
    Happened.ANSWER: (lazy_gettext("%(by)s answered"), ""),
    Happened.HANDED_OVER: (lazy_gettext("%(by)s handed it over to %(to)s"), ""),
    Happened.AGREED: (lazy_gettext("%(by)s agreed"), "good"),
    Happened.DRAWN: (lazy_gettext("It is looked at afterwards"), "wait"),
    Happened.KEPT: (lazy_gettext("%(by)s looked at it afterwards: kept"), "good"),
    Happened.BROKEN: (lazy_gettext("%(by)s looked at it afterwards: not kept"), "bad"),
    Happened.CONTESTED: (lazy_gettext("%(by)s contested the check"), "wait"),
    Happened.UPHELD: (lazy_gettext("%(by)s agreed with the check"), "bad"),
    Happened.OVERTURNED: (lazy_gettext("%(by)s found it kept after all"), "good"),
    Happened.LET_GO: (lazy_gettext("The check is not needed any more"), ""),
}


def happened(event: ApprovalEvent, approval: Approval, people: Mapping[int, str]) -> Happening:
    by = people.get(event.by_employee_id or 0) or (
        str(gettext("The system")) if event.by == SYSTEM.name else event.by
    )
    if event.for_id is not None:
        by = str(gettext("%(by)s, for %(whom)s,", by=by, whom=people.get(event.for_id, "")))
    to = people.get(event.to_id or 0) or (str(ROLES[Role(event.to_role)]) if event.to_role else "")
    words, tone = _HAPPENED.get(Happened(event.act), (None, ""))
    if words is None:
        state, tone = state_of(approval)
        tone = tone if tone in ("good", "bad") else ""
        return Happening(
            event.at,
            str(gettext("%(name)s: %(state)s", name=by, state=state)),
            tone,
            said_of(event.said),
        )
    title = str(words) % {"by": by, "to": to}
    if event.why:
        title = str(gettext("%(title)s, because %(why)s", title=title, why=WHY[Why(event.why)]))
    return Happening(event.at, title, tone, said_of(event.said))


@dataclass(frozen=True, slots=True)
class Stand:
    """A step in a line: who, what became of it, until when and what then."""

    who: str
    state: str
    tone: str
    until: str
    now: bool


STEP_STATES = {
    StepState.WAITING: (lazy_gettext("later"), "plain"),
    StepState.OPEN: (lazy_gettext("now"), "wait"),
    StepState.ASKED: (lazy_gettext("waits for an answer"), "wait"),
    StepState.APPROVED: (lazy_gettext("agreed"), "good"),
    StepState.REFUSED: (lazy_gettext("refused"), "bad"),
    StepState.SKIPPED: (lazy_gettext("somebody else was first"), "plain"),
    StepState.ENDED: (lazy_gettext("not needed any more"), "plain"),
}
RULES = {
    By.MANAGER: lazy_gettext("the manager"),
    By.MANAGERS_MANAGER: lazy_gettext("the manager's manager"),
    By.UNIT_OWNER: lazy_gettext("the owner of the unit"),
    By.MANDATE: lazy_gettext("who holds the unit's mandate"),
}
THEN = {
    Then.REMIND: lazy_gettext("then they and HR are reminded"),
    Then.ESCALATE: lazy_gettext("then it goes on to the next"),
    Then.APPROVE: lazy_gettext("then it counts as a yes"),
    Then.REFUSE: lazy_gettext("then it counts as a no"),
}


def stand(step: ApprovalStep, people: Mapping[int, str], *, task: bool) -> Stand:
    state = StepState(step.state)
    words, tone = STEP_STATES[state]
    live = state in (StepState.OPEN, StepState.ASKED)
    who = holder_of(step, people) if step.opened_at else _named_by(step)
    if step.decided_at is not None:
        who = people.get(step.decided_by_employee_id or 0) or who
    until = ""
    if state is StepState.OPEN and step.due_on is not None:
        then = THEN[Then.REMIND if step.why == Why.ESCALATED else Then(step.rule["then"])]
        until = str(gettext("until %(day)s, %(then)s", day=formats.day(step.due_on), then=then))
    if task and state is StepState.APPROVED:
        words = lazy_gettext("done")
    return Stand(who, str(words), tone, until, live)


def _named_by(step: ApprovalStep) -> str:
    """Whom the rule names, before the step's turn has come."""
    by, value = By(step.rule["who"]), step.rule["value"]
    if by is By.ROLE:
        return str(ROLES[Role(value)])
    if by is By.PERSON:
        return str(gettext("the employee with number %(number)s", number=value))
    return str(RULES[by])


def says_of(case: Case | None, language: str) -> str:
    """The rule in the reader's language, else in any."""
    if case is None:
        return ""
    return case.says.get(language) or next(iter(case.says.values()), "")


_DONE = {
    Decision.ASK: lazy_gettext("your question is sent"),
    Decision.HAND_OVER: lazy_gettext("handed over"),
}


def done(decision: Decision, approval: Approval) -> str:
    """What somebody's decision came to."""
    if decision in _DONE:
        return str(_DONE[decision])
    if approval.state == State.OPEN:
        return str(gettext("agreed, and it goes on to the next"))
    return state_of(approval)[0]


def said_of(reason: str | None) -> str | None:
    """A reason in the reader's language where the clock gave it."""
    return str(gettext("Not decided in time.")) if reason == NO_TIME else reason


# Messages


def asked(data: Mapping[str, Any], language: str) -> Words:
    what = _what(data, language)
    if data["kind"] == Kind.TODO:
        return _words(data, gettext("A task for HR: %(what)s", what=what), gettext("See the task"))
    if data["kind"] == Kind.EVIDENCE:
        title = gettext("To check: %(what)s, of %(name)s", what=what, name=data["employee"])
        return _words(data, title, gettext("Look and decide"))
    if data["kind"] == Kind.CHECK:
        title = gettext(
            "To check afterwards: %(what)s, of %(name)s", what=what, name=data["employee"]
        )
        return _words(data, title, gettext("Look and decide"))
    if data["kind"] == Kind.CONTEST:
        title = gettext("%(name)s contests a check: %(what)s", what=what, name=data["employee"])
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


def question(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("A question about %(what)s", what=_named(data, language))
    return Words(title, data["question"], _href(data), gettext("Answer"))


def answer(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("An answer about %(what)s", what=_named(data, language))
    return Words(title, data["answer"], _href(data), gettext("Look and decide"))


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
