"""One request with what is needed to decide, or, for who waits for it, where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from ideals.approvals import policy, queries
from ideals.approvals.models import Approval, ApprovalStep, Check
from ideals.approvals.pages import words
from ideals.approvals.pages.lines import Line, today
from ideals.approvals.queries import Turn, checks, in_force
from ideals.approvals.queries.precedent import precedent_of
from ideals.approvals.queries.team import Team, team_in
from ideals.approvals.rules import StepState
from ideals.approvals.states import Happened, Kind, State
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.web import formats
from ideals.web.actor import current_actor
from ideals.web.language import language

MOST_NAMED = 6
"""Colleagues away whose days are said one by one."""
WEEK = 7


@dataclass(frozen=True, slots=True)
class DayShown:
    """A day of the small calendar; `None` outside of it."""

    day: date
    away: int


@dataclass(frozen=True, slots=True)
class MonthShown:
    name: str
    weeks: tuple[tuple[DayShown | None, ...], ...]


@dataclass(frozen=True, slots=True)
class TeamShown:
    """`named`: who is away and when, for who may know that of each."""

    said: str
    months: tuple[MonthShown, ...]
    named: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class One:
    """The request that is open beside the list."""

    line: Line
    whereabouts: str
    """Who has it and why, until when, and what then; empty when it is over."""
    for_whom: str | None
    """In whose place the reader decides."""
    answers: bool
    """Whether a question waits for the reader's answer."""
    acts: words.Acts
    mine: bool
    """Whether the reader can decide it now."""
    can_ask: bool
    """Whether there is somebody whom a question could be put to."""
    about_reader: bool
    says: str
    """The policy's rule, in the reader's language."""
    team: TeamShown | None
    precedent: str
    rounds: Sequence[words.Round]
    question: words.Happening | None
    """The one that waits for an answer."""
    history: Sequence[words.Happening]
    check: Check | None
    """The look afterwards at this case."""
    for_another: bool
    """A contest of a check that the reader made: somebody else of HR decides it."""


def one_of(session: Session, line: Line) -> One:
    actor, approval = current_actor(), line.approval
    steps = queries.steps_of(session, [approval])[approval.id]
    events = queries.history(session, approval)
    people = queries.people_named(
        session,
        [id_ for step in steps for id_ in (step.approver_id, step.decided_by_employee_id)]
        + [step.decided_for_id for step in steps]
        + [id_ for event in events for id_ in (event.by_employee_id, event.for_id, event.to_id)],
    )
    turn = queries.can_decide(session, approval, steps, actor=actor, today=today())
    for_another = turn is not None and checks.is_for_another(session, approval, actor=actor)
    asked = any(step.state == StepState.ASKED for step in steps)
    concerned = policy.is_about(actor, approval) or policy.asked_for(actor, approval)
    history = [words.happened(event, approval, people) for event in events]
    questions = [
        happened
        for event, happened in zip(events, history, strict=True)
        if event.act == Happened.QUESTION
    ]
    step = _shown(steps, turn) or line.step
    task = approval.kind == Kind.TODO
    is_open = approval.state == State.OPEN
    return One(
        line,
        words.whereabouts(step, people) if step and is_open else "",
        people.get(turn.for_id) if turn and turn.for_id else None,
        answers=asked and concerned,
        acts=words.acts_of(Kind(approval.kind)),
        mine=turn is not None and not for_another,
        can_ask=_can_ask(approval, step),
        about_reader=policy.is_about(actor, approval),
        says=words.says_of(in_force.case_of(session, approval), language()),
        team=_team(session, line, turn) if turn else None,
        precedent=_precedent(session, approval) if turn and not task else "",
        rounds=words.rounds(steps, people, task=task),
        question=questions[-1] if asked and questions else None,
        history=history,
        check=checks.of_case(session, approval),
        for_another=for_another,
    )


def _shown(steps: Sequence[ApprovalStep], turn: Turn | None) -> ApprovalStep | None:
    return next((step for step in steps if turn and step.id == turn.step_id), None)


def _can_ask(approval: Approval, step: ApprovalStep | None) -> bool:
    to = approval.asked_by_employee_id or approval.employee_id
    return to is not None and step is not None and step.state == StepState.OPEN


def _precedent(session: Session, approval: Approval) -> str:
    found = precedent_of(session, approval, now=clock.now())
    return "" if found is None else words.answer_of(found)


# The team in that time


def _team(session: Session, line: Line, turn: Turn) -> TeamShown | None:
    """For who decides. Names only for who may know them: the manager, who stands in, and HR."""
    employee_id, when = line.approval.employee_id, line.told.when
    if employee_id is None or when is None:
        return None
    team = team_in(session, employee_id, *when, today())
    if team is None:
        return None
    actor = current_actor()
    knows = actor.has(Role.HR) or team.manager_id in (actor.employee_id, turn.for_id)
    named = team.away if knows and len(team.away) <= MOST_NAMED else ()
    return TeamShown(
        words.team_of(team),
        tuple(_months(team)) if team.away else (),
        tuple((one.name, _days(one.days)) for one in named),
    )


def _months(team: Team) -> list[MonthShown]:
    month, shown = Month.of(team.first), []
    while month.first <= team.last:
        first, last = max(month.first, team.first), min(month.last, team.last)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        cells: list[DayShown | None] = [None] * first.weekday()
        cells += [DayShown(day, team.counts.get(day, 0)) for day in days]
        cells += [None] * (-len(cells) % WEEK)
        weeks = [tuple(cells[start : start + WEEK]) for start in range(0, len(cells), WEEK)]
        shown.append(MonthShown(formats.month_name(month), tuple(weeks)))
        month = month.plus(1)
    return shown


def _days(days: Sequence[date]) -> str:
    """Stretches of days: `2-6, 12 March 2026`."""
    stretches: list[list[date]] = []
    for day in days:
        if stretches and day - stretches[-1][-1] == timedelta(days=1):
            stretches[-1].append(day)
        else:
            stretches.append([day])
    return ", ".join(
        formats.day(each[0])
        if len(each) == 1
        else f"{formats.day(each[0])} – {formats.day(each[-1])}"
        for each in stretches
    )
