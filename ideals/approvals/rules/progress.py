"""How an approval goes on: its steps, stage after stage, until it has one end.

Nothing here knows people or days. A *plan* is the steps of one approval in their order; every
function takes it as it stands and answers what changes. A refusal of any step refuses the whole.
In a stage of `any` the first decision counts for the stage, and the others are skipped; in one of
`all` everybody must agree. Then the next stage opens; after the last the approval is approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ideals.approvals.errors import MoveNotAllowed
from ideals.approvals.rules.policies import Mode, Stage
from ideals.approvals.states import Act, State, after


class StepState(StrEnum):
    WAITING = "waiting"
    """An earlier stage comes first."""
    OPEN = "open"
    ASKED = "asked"
    """A question was put, and its days do not run until there is an answer."""
    APPROVED = "approved"
    REFUSED = "refused"
    SKIPPED = "skipped"
    """Somebody beside it was first."""
    ENDED = "ended"
    """The whole ended before it was decided."""


class StepAct(StrEnum):
    OPEN = "open"
    """Its turn has come."""
    APPROVE = "approve"
    REFUSE = "refuse"
    ASK = "ask"
    ANSWER = "answer"
    HAND_OVER = "hand_over"
    """Whoever has it gives it to somebody else."""
    ESCALATE = "escalate"
    """Its days are over, and it goes to the next."""
    MOVE = "move"
    """Who had it left, or is no longer whom the policy names."""
    SKIP = "skip"
    END = "end"


MOVES = {
    (StepState.WAITING, StepAct.OPEN): StepState.OPEN,
    (StepState.WAITING, StepAct.END): StepState.ENDED,
    (StepState.OPEN, StepAct.APPROVE): StepState.APPROVED,
    (StepState.OPEN, StepAct.REFUSE): StepState.REFUSED,
    (StepState.OPEN, StepAct.ASK): StepState.ASKED,
    (StepState.OPEN, StepAct.HAND_OVER): StepState.OPEN,
    (StepState.OPEN, StepAct.ESCALATE): StepState.OPEN,
    (StepState.OPEN, StepAct.MOVE): StepState.OPEN,
    (StepState.OPEN, StepAct.SKIP): StepState.SKIPPED,
    (StepState.OPEN, StepAct.END): StepState.ENDED,
    (StepState.ASKED, StepAct.APPROVE): StepState.APPROVED,
    (StepState.ASKED, StepAct.REFUSE): StepState.REFUSED,
    (StepState.ASKED, StepAct.ANSWER): StepState.OPEN,
    (StepState.ASKED, StepAct.HAND_OVER): StepState.ASKED,
    (StepState.ASKED, StepAct.MOVE): StepState.ASKED,
    (StepState.ASKED, StepAct.SKIP): StepState.SKIPPED,
    (StepState.ASKED, StepAct.END): StepState.ENDED,
}
"""A step that was decided, skipped or ended stays as it is."""

LIVE = frozenset({StepState.OPEN, StepState.ASKED})
"""With somebody now."""
UNDONE = frozenset({StepState.WAITING, *LIVE})
GIVEN = frozenset(
    {
        StepAct.APPROVE,
        StepAct.REFUSE,
        StepAct.ASK,
        StepAct.ANSWER,
        StepAct.HAND_OVER,
        StepAct.ESCALATE,
        StepAct.MOVE,
    }
)
"""What people and the clock do to a step; the other acts follow from these."""


@dataclass(frozen=True, slots=True)
class StepNow:
    """A step as it stands. `key`: whatever the caller knows it by, such as its id."""

    key: int
    stage: int
    mode: Mode
    state: StepState = StepState.WAITING


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one step, and the state it has then."""

    key: int
    act: StepAct
    state: StepState


@dataclass(frozen=True, slots=True)
class Progress:
    """`changes` in the order in which they happen; `state`: the approval's, then."""

    changes: tuple[Change, ...]
    state: State


def step_after(state: StepState, act: StepAct) -> StepState:
    """Raises `MoveNotAllowed`."""
    try:
        return MOVES[state, act]
    except KeyError:
        raise MoveNotAllowed(state=state, act=act) from None


def planned(stages: Iterable[Stage]) -> tuple[StepNow, ...]:
    """The steps of a case, all waiting, numbered from 0; stages are numbered from 0 too."""
    pairs = [(number, stage.mode) for number, stage in enumerate(stages) for _ in stage.steps]
    return tuple(StepNow(key, number, mode) for key, (number, mode) in enumerate(pairs))


def opened(plan: Sequence[StepNow]) -> Progress:
    """The first stage begins. A plan without steps is approved."""
    return _next_stage(plan, -1, ())


def after_act(plan: Sequence[StepNow], key: int, act: StepAct) -> Progress:
    """Somebody, or the clock, does something to a step. Raises `MoveNotAllowed`."""
    step = next(step for step in plan if step.key == key)
    if act not in GIVEN:
        raise MoveNotAllowed(state=step.state, act=act)
    changes: tuple[Change, ...] = (Change(key, act, step_after(step.state, act)),)
    if act is StepAct.REFUSE:
        return Progress((*changes, *_rest_ends(plan, step)), after(State.OPEN, Act.REFUSE))
    if act is not StepAct.APPROVE:
        return Progress(changes, State.OPEN)
    beside = [each for each in plan if each.stage == step.stage and each is not step]
    if step.mode is Mode.ANY:
        changes += tuple(_change(each, StepAct.SKIP) for each in beside if each.state in LIVE)
    elif any(each.state in UNDONE for each in beside):
        return Progress(changes, State.OPEN)
    return _next_stage(plan, step.stage, changes)


def after_end(plan: Sequence[StepNow], act: Act) -> Progress:
    """It is withdrawn or expires: whatever was undone ends. Raises `MoveNotAllowed`, as for an
    approval of which no step is undone."""
    undone = [step for step in plan if step.state in UNDONE]
    if act not in (Act.WITHDRAW, Act.EXPIRE) or not undone:
        raise MoveNotAllowed(state=State.OPEN, act=act)
    return Progress(tuple(_change(step, StepAct.END) for step in undone), after(State.OPEN, act))


def applied(plan: Sequence[StepNow], progress: Progress) -> tuple[StepNow, ...]:
    """The plan as it stands then."""
    states = {change.key: change.state for change in progress.changes}
    return tuple(
        StepNow(step.key, step.stage, step.mode, states.get(step.key, step.state)) for step in plan
    )


def _change(step: StepNow, act: StepAct) -> Change:
    return Change(step.key, act, step_after(step.state, act))


def _rest_ends(plan: Sequence[StepNow], refused: StepNow) -> tuple[Change, ...]:
    """Beside a refusal that counts for its stage the others are skipped; everything else ends."""
    first = refused.mode is Mode.ANY
    return tuple(
        _change(step, StepAct.SKIP if first and step.stage == refused.stage else StepAct.END)
        for step in plan
        if step is not refused and step.state in UNDONE
    )


def _next_stage(plan: Sequence[StepNow], done: int, changes: tuple[Change, ...]) -> Progress:
    following = min((step.stage for step in plan if step.stage > done), default=None)
    if following is None:
        return Progress(changes, after(State.OPEN, Act.APPROVE))
    turn = tuple(_change(step, StepAct.OPEN) for step in plan if step.stage == following)
    return Progress((*changes, *turn), State.OPEN)
