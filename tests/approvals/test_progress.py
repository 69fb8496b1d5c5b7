"""The life of steps: every pair of state and act, and random approvals from beginning to end."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.approvals.errors import MoveNotAllowed
from ideals.approvals.rules import (
    By,
    Mode,
    Progress,
    Stage,
    Step,
    StepAct,
    StepNow,
    StepState,
    Who,
    after_act,
    after_end,
    applied,
    opened,
    planned,
    step_after,
)
from ideals.approvals.rules.progress import GIVEN, LIVE, MOVES, UNDONE
from ideals.approvals.states import Act, State
from tests.approvals.policy_page import tables

STEP = Step(Who(By.MANAGER))
ONE, TWO_ALL, TWO_ANY = (
    Stage(Mode.ALL, (STEP,)),
    Stage(Mode.ALL, (STEP,) * 2),
    Stage(Mode.ANY, (STEP,) * 2),
)

Plan = tuple[StepNow, ...]


def begun(*stages: Stage) -> Plan:
    plan = planned(stages)
    return applied(plan, opened(plan))


def acted(plan: Plan, key: int, act: StepAct) -> tuple[list[str], State]:
    progress = after_act(plan, key, act)
    return [step.state.value for step in applied(plan, progress)], progress.state


# The table -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "act"), list(product(StepState, StepAct)))
def test_the_table_in_the_docs_says_what_happens(state: StepState, act: StepAct) -> None:
    head, *rows = tables("The life of a step")[0]
    said = {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}[state][act]
    if said == "-":
        with pytest.raises(MoveNotAllowed):
            step_after(state, act)
    else:
        assert step_after(state, act) == StepState(said)


def test_what_is_over_stays_over() -> None:
    assert {state for state, _ in MOVES} == UNDONE
    assert {to for (_, act), to in MOVES.items() if act is StepAct.END} == {StepState.ENDED}


# By example ----------------------------------------------------------------------------------


def test_stages_come_one_after_another() -> None:
    plan = begun(ONE, ONE)
    assert [step.state for step in plan] == ["open", "waiting"]
    assert acted(plan, 0, StepAct.APPROVE) == (["approved", "open"], State.OPEN)
    plan = applied(plan, after_act(plan, 0, StepAct.APPROVE))
    assert acted(plan, 1, StepAct.APPROVE) == (["approved", "approved"], State.APPROVED)


def test_everybody_of_all_must_agree() -> None:
    plan = begun(TWO_ALL, ONE)
    assert acted(plan, 1, StepAct.APPROVE) == (["open", "approved", "waiting"], State.OPEN)
    plan = applied(plan, after_act(plan, 1, StepAct.APPROVE))
    assert acted(plan, 0, StepAct.APPROVE) == (["approved", "approved", "open"], State.OPEN)
    assert acted(plan, 0, StepAct.REFUSE) == (["refused", "approved", "ended"], State.REFUSED)


def test_the_first_decision_of_any_counts_also_a_no() -> None:
    plan = begun(TWO_ANY, ONE)
    assert acted(plan, 1, StepAct.APPROVE) == (["skipped", "approved", "open"], State.OPEN)
    assert acted(plan, 1, StepAct.REFUSE) == (["skipped", "refused", "ended"], State.REFUSED)


def test_a_question_beside_a_decision_is_over_with_it() -> None:
    plan = begun(TWO_ANY)
    plan = applied(plan, after_act(plan, 0, StepAct.ASK))
    assert acted(plan, 1, StepAct.APPROVE) == (["skipped", "approved"], State.APPROVED)


def test_what_is_asked_waits_for_its_answer() -> None:
    plan = begun(TWO_ALL)
    plan = applied(plan, after_act(plan, 0, StepAct.ASK))
    assert acted(plan, 1, StepAct.APPROVE) == (["asked", "approved"], State.OPEN)
    assert acted(plan, 0, StepAct.ANSWER) == (["open", "open"], State.OPEN)
    with pytest.raises(MoveNotAllowed):
        after_act(plan, 0, StepAct.ESCALATE)


def test_the_second_of_two_comes_too_late() -> None:
    plan = begun(TWO_ANY)
    plan = applied(plan, after_act(plan, 0, StepAct.APPROVE))
    with pytest.raises(MoveNotAllowed, match="skipped cannot be followed by refuse"):
        after_act(plan, 1, StepAct.REFUSE)


@pytest.mark.parametrize("act", [StepAct.OPEN, StepAct.SKIP, StepAct.END])
def test_what_follows_from_decisions_is_done_by_nobody(act: StepAct) -> None:
    with pytest.raises(MoveNotAllowed):
        after_act(begun(ONE), 0, act)


@pytest.mark.parametrize(("act", "state"), [("withdraw", "withdrawn"), ("expire", "expired")])
def test_what_is_withdrawn_or_over_ends_all_that_was_undone(act: str, state: str) -> None:
    plan = begun(TWO_ALL, ONE)
    plan = applied(plan, after_act(plan, 0, StepAct.APPROVE))
    progress = after_end(plan, Act(act))
    assert [step.state for step in applied(plan, progress)] == ["approved", "ended", "ended"]
    assert progress.state == State(state)
    with pytest.raises(MoveNotAllowed):
        after_end(applied(plan, progress), Act(act))


def test_decisions_are_no_way_to_end() -> None:
    with pytest.raises(MoveNotAllowed):
        after_end(begun(ONE), Act.APPROVE)


def test_a_plan_of_nothing_is_approved() -> None:
    assert opened(()) == Progress((), State.APPROVED)


# At random -----------------------------------------------------------------------------------

stages = st.lists(
    st.builds(
        lambda mode, count: Stage(mode, (STEP,) * count), st.sampled_from(Mode), st.integers(1, 3)
    ),
    min_size=1,
    max_size=4,
)
acts = st.lists(
    st.tuples(st.sampled_from([*StepAct, Act.WITHDRAW, Act.EXPIRE]), st.integers(0, 11)),
    max_size=60,
)


@given(stages, acts)
def test_an_approval_goes_its_way_and_has_one_end(
    stages: list[Stage], acts: list[tuple[StepAct | Act, int]]
) -> None:
    plan = planned(stages)
    first = opened(plan)
    plan, state = applied(plan, first), first.state
    seen = Counter((change.key, change.act) for change in first.changes)
    ends = 0
    for act, number in acts:
        try:
            if isinstance(act, StepAct):
                progress = after_act(plan, number % len(plan), act)
            else:
                progress = after_end(plan, act)
        except MoveNotAllowed:
            continue
        assert state is State.OPEN, "something happened after the end"
        assert len({change.key for change in progress.changes}) == len(progress.changes)
        plan, state = applied(plan, progress), progress.state
        ends += state is not State.OPEN
        seen.update((change.key, change.act) for change in progress.changes)
        _check_whole(plan, state)
    _check_whole(plan, state)
    assert ends == (state is not State.OPEN)
    once = {StepAct.OPEN, StepAct.APPROVE, StepAct.REFUSE, StepAct.SKIP, StepAct.END}
    assert all(times == 1 for (_, act), times in seen.items() if act in once)
    final = once - {StepAct.OPEN}
    for step in plan:
        assert sum(seen[step.key, act] for act in final) == (step.state not in UNDONE)


def _check_whole(plan: Plan, state: State) -> None:
    """What holds for every approval at every moment."""
    live = {step.stage for step in plan if step.state in LIVE}
    assert len(live) <= 1, "two stages at once"
    if state is State.OPEN:
        assert live, "nobody has it"
    else:
        assert not any(step.state in UNDONE for step in plan), "ended with a step undone"
    refused = [step for step in plan if step.state is StepState.REFUSED]
    assert len(refused) == (state is State.REFUSED)
    for step in plan:
        if step.stage < min(live, default=0):
            assert step.state in (StepState.APPROVED, StepState.SKIPPED)
        elif live and step.stage > min(live):
            assert step.state is StepState.WAITING
    if state is State.APPROVED:
        approved = Counter(step.stage for step in plan if step.state is StepState.APPROVED)
        for number in {step.stage for step in plan}:
            of_stage = [step for step in plan if step.stage == number]
            wanted = 1 if of_stage[0].mode is Mode.ANY else len(of_stage)
            assert approved[number] == wanted


def test_people_and_the_clock_do_only_what_the_table_knows() -> None:
    assert {act for _, act in MOVES} - {StepAct.OPEN, StepAct.SKIP, StepAct.END} == GIVEN
