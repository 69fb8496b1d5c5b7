"""What kinds, states, acts and steps are called, and what an approval's course says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from ideals.approvals.commands.going import NO_TIME
from ideals.approvals.models import Approval, ApprovalEvent, ApprovalStep
from ideals.approvals.queries.precedent import Precedent
from ideals.approvals.queries.team import Team
from ideals.approvals.rules import By, Case, Mode, StepState, Then
from ideals.approvals.states import Decision, Happened, Kind, State, Why
from ideals.kernel.actor import SYSTEM, Role
from ideals.web import formats

KINDS = {
    Kind.ORDER: lazy_gettext("order"),
    Kind.DEAL: lazy_gettext("deal"),
    Kind.PRICE_RULE: lazy_gettext("price rule"),
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
        by = str(gettext("%(by)s (for %(whom)s)", by=by, whom=people.get(event.for_id, "")))
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


@dataclass(frozen=True, slots=True)
class Round:
    """Steps whose turn comes together. `said`: how many of several it needs."""

    said: str
    stands: tuple[Stand, ...]


def rounds(steps: Sequence[ApprovalStep], people: Mapping[int, str], *, task: bool) -> list[Round]:
    """In the order of their turns."""
    by_stage: dict[int, list[ApprovalStep]] = {}
    for step in steps:
        by_stage.setdefault(step.stage, []).append(step)
    return [
        Round(
            "" if len(beside) == 1 else str(MODES[Mode(beside[0].mode)]),
            tuple(stand(step, people, task=task) for step in beside),
        )
        for _, beside in sorted(by_stage.items())
    ]


MODES = {
    Mode.ANY: lazy_gettext("Side by side: the first decision counts."),
    Mode.ALL: lazy_gettext("Side by side: every one of them must agree."),
}
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
IF_NOT = {
    Then.REMIND: lazy_gettext(
        "If it is not decided by then, whoever has it and HR are reminded, and it waits on."
    ),
    Then.ESCALATE: lazy_gettext("If it is not decided by then, it goes on to %(whom)s."),
    Then.APPROVE: lazy_gettext("If it is not decided by then, it counts as a yes."),
    Then.REFUSE: lazy_gettext("If it is not decided by then, it counts as a no."),
}
"""What the clock does, as who waits for it reads it."""


def then_of(step: ApprovalStep) -> Then:
    """Once it was passed on it waits there."""
    return Then.REMIND if step.why == Why.ESCALATED else Then(step.rule["then"])


def stand(step: ApprovalStep, people: Mapping[int, str], *, task: bool) -> Stand:
    state = StepState(step.state)
    words, tone = STEP_STATES[state]
    live = state in (StepState.OPEN, StepState.ASKED)
    who = holder_of(step, people) if step.opened_at else named_by(step.rule)
    if step.decided_at is not None:
        who = people.get(step.decided_by_employee_id or 0) or _decider(step, who)
    until = ""
    if state is StepState.OPEN and step.due_on is not None:
        then = THEN[then_of(step)]
        until = str(gettext("until %(day)s, %(then)s", day=formats.day(step.due_on), then=then))
    elif state is StepState.WAITING:
        days = step.rule["days"]
        until = str(ngettext("%(num)s working day", "%(num)s working days", days))
    elif step.decided_at is not None:
        until = formats.at(step.decided_at)
    if step.decided_for_id is not None:
        whom = people.get(step.decided_for_id, "")
        who = str(gettext("%(by)s, in the place of %(whom)s", by=who, whom=whom))
    if task and state is StepState.APPROVED:
        words = lazy_gettext("done")
    return Stand(who, str(words), tone, until, live)


def _decider(step: ApprovalStep, who: str) -> str:
    """Of a decision that no employee took: the clock's, or of somebody of HR."""
    if step.decided_by == SYSTEM.name:
        return str(gettext("The clock, instead of %(who)s", who=who))
    return step.decided_by or who


def whereabouts(step: ApprovalStep, people: Mapping[int, str]) -> str:
    """For who waits for it: who has it and why, until when, and what then."""
    said = [with_whom(step, people)]
    if step.state == StepState.ASKED:
        said.append(
            str(gettext("A question is out, and the days to decide stand still until its answer."))
        )
    elif step.due_on is not None:
        day = formats.day(step.due_on)
        said.append(str(gettext("There is time for it until %(day)s.", day=day)))
        said.append(str(IF_NOT[then_of(step)]) % {"whom": _next(step)})
    return " ".join(said)


def _next(step: ApprovalStep) -> str:
    """To whom it goes on when there is no decision in time."""
    to = step.rule.get("to")
    if to is None:
        if step.approver_id is None:
            return str(ROLES[Role.HR])
        return str(gettext("the manager of whoever has it now"))
    return named_by({"who": to[0], "value": to[1]})


def named_by(rule: Mapping[str, Any]) -> str:
    """Whom a rule names, before its turn has come."""
    by, value = By(rule["who"]), rule["value"]
    if by is By.ROLE:
        return str(ROLES[Role(value)])
    if by is By.PERSON:
        return str(gettext("the employee with number %(number)s", number=value))
    return str(RULES[by])


def says_of(case: Case | None, language: str) -> str:
    """The rule in the reader's language, else in any."""
    return "" if case is None else case.said(language)


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


def answer_of(precedent: Precedent) -> str:
    """How comparable requests ended, in a sentence."""
    ended, otherwise = precedent.ended, precedent.otherwise
    said = [
        str(
            gettext(
                "Of the last %(count)s: %(yes)s approved, %(no)s refused.",
                count=ended,
                yes=precedent.approved,
                no=precedent.refused,
            )
        )
    ]
    if otherwise:
        said.append(
            str(
                ngettext(
                    "%(num)s ended without a decision.",
                    "%(num)s ended without a decision.",
                    otherwise,
                )
            )
        )
    if precedent.days is not None:
        said.append(_half_within(precedent.days))
    return " ".join(said)


def _half_within(days: Decimal) -> str:
    whole = int(days.to_integral_value(ROUND_CEILING))
    if whole <= 1:
        return str(gettext("Half of the decisions took a day or less."))
    return str(gettext("Half of the decisions took %(days)s days or less.", days=whole))


def team_of(team: Team) -> str:
    """Who else is away, in a sentence that counts."""
    if not team.size:
        return str(gettext("There is nobody else in the team."))
    first, last = formats.day(team.first), formats.day(team.last)
    if not team.away:
        said = gettext(
            "Of %(size)s colleagues nobody has leave from %(first)s through %(last)s.",
            size=team.size,
            first=first,
            last=last,
        )
        return str(said)
    most = max(team.counts.values())
    said = gettext(
        "Of %(size)s colleagues %(away)s have leave on some day from %(first)s through %(last)s, "
        "at most %(most)s at the same time.",
        size=team.size,
        away=len(team.away),
        most=most,
        first=first,
        last=last,
    )
    return str(said)
