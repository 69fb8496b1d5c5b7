"""Every pair of where an approval stands and what is done to it, walked, against the docs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy.orm import Session

from ideals.approvals import commands, queries
from ideals.approvals.commands import Answer, Decide, Expire, Withdraw
from ideals.approvals.errors import MoveNotAllowed
from ideals.approvals.models import Approval
from ideals.approvals.rules import By, Then
from ideals.approvals.states import MOVES, Act, Decision, State, after
from ideals.config import ROOT
from ideals.kernel.actor import SYSTEM
from ideals.kernel.errors import IdealsError
from ideals.seeds import factories
from tests.approvals.conftest import NOW, Cast, Heard, ask, by, one, step_of

STANDINGS = ("open", "asked", "approved", "refused", "withdrawn", "expired")
LATER = NOW + timedelta(days=7)
FAR = date(2026, 12, 31)


def documented() -> dict[tuple[str, str], str]:
    """(as it stands, act) to what it is then; a dash is refused, or nothing."""
    text = (ROOT / "docs" / "approvals.md").read_text()
    section = text.partition("## Its life")[2].partition("\n## ")[0]
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if re.match(r"\| *(`\w+`|as it stands) *\|", line)
    ]
    head, *rest = rows
    return {(row[0], act): to for row in rest for act, to in zip(head[1:], row[1:], strict=True)}


DOCUMENTED = documented()


@pytest.mark.parametrize(("state", "act"), list(product(State, Act)))
def test_the_states_of_the_whole_are_those_of_the_table(state: State, act: Act) -> None:
    said = DOCUMENTED[state, act]
    if said == "-":
        with pytest.raises(MoveNotAllowed):
            after(state, act)
    else:
        assert after(state, act) == State(said)


def test_every_move_ends_an_approval() -> None:
    assert {state for state, _ in MOVES} == {State.OPEN}
    assert State.OPEN not in MOVES.values()


# Walked


def decision(of: Decision, to: str | None = None) -> Callable[[Session, Cast, Approval], object]:
    def act(session: Session, cast: Cast, made: Approval) -> object:
        cmd = Decide(made.id, of, "because", to)
        return commands.decide(session, cmd, actor=cast.boris, now=NOW)

    return act


def answers(session: Session, cast: Cast, made: Approval) -> object:
    return commands.answer(session, Answer(made.id, "because"), actor=cast.anna, now=NOW)


def withdraws(session: Session, cast: Cast, made: Approval) -> object:
    return commands.withdraw(session, Withdraw(made.subject), actor=cast.anna, now=NOW)


def expires(session: Session, cast: Cast, made: Approval) -> object:
    return commands.expire(session, Expire(made.subject), actor=SYSTEM, now=NOW)


def out_of_time(session: Session, cast: Cast, made: Approval) -> object:
    step = step_of(session, made)
    return commands.act_on_step(session, step.id, actor=SYSTEM, now=LATER)


def moves(session: Session, cast: Cast, made: Approval) -> object:
    day = NOW.date()
    factories.a_change(session, cast.people.anna, day, manager_number="clara", now=NOW)
    return commands.follow(session, step_of(session, made).id, actor=SYSTEM, now=NOW)


ACTS: dict[str, Callable[[Session, Cast, Approval], object]] = {
    "approve": decision(Decision.APPROVE),
    "refuse": decision(Decision.REFUSE),
    "ask": decision(Decision.ASK),
    "answer": answers,
    "hand_over": decision(Decision.HAND_OVER, "egor"),
    "withdraw": withdraws,
    "expire": expires,
    "time_out": out_of_time,
    "move": moves,
}
BEFORE = {
    "open": (),
    "asked": ("ask",),
    "approved": ("approve",),
    "refused": ("refuse",),
    "withdrawn": ("withdraw",),
    "expired": ("expire",),
}


def standing(session: Session, approval: Approval) -> str:
    step = step_of(session, approval)
    return step.state if approval.state == State.OPEN else approval.state


def happened(session: Session, approval: Approval) -> list[tuple[str, datetime]]:
    return [(event.act, event.at) for event in queries.history(session, approval)]


def everything(session: Session, approval: Approval) -> Iterator[object]:
    """Of the approval and its steps, to see that nothing changed."""
    session.expire_all()
    for row in (approval, *queries.steps_of(session, [approval])[approval.id]):
        yield {name: getattr(row, name) for name in row.__mapper__.columns.keys()}  # noqa: SIM118


@pytest.mark.parametrize(("was", "act"), list(product(STANDINGS, ACTS)))
def test_every_pair_of_standing_and_act_does_what_the_table_says(
    session: Session, cast: Cast, heard: Heard, was: str, act: str
) -> None:
    made = ask(session, cast, who=[one(by(By.MANAGER))], due_on=FAR)
    for before in BEFORE[was]:
        ACTS[before](session, cast, made)
    assert standing(session, made) == was
    session.flush()
    kept, history = list(everything(session, made)), happened(session, made)
    told, said = len(heard.decisions), DOCUMENTED[was, act]
    refused = False
    inner = session.begin_nested()
    try:
        ACTS[act](session, cast, made)
        inner.commit()
    except IdealsError:
        refused = True
        inner.rollback()
    if said == "-":
        assert refused or act in ("withdraw", "expire", "time_out", "move")
        assert list(everything(session, made)) == kept
        assert happened(session, made) == history
        assert len(heard.decisions) == told
        return
    assert not refused
    assert standing(session, made) == said
    assert len(happened(session, made)) == len(history) + 1
    assert len(heard.decisions) - told == (said in ("approved", "refused"))


@pytest.mark.parametrize(("then", "state"), [(Then.APPROVE, "approved"), (Then.REFUSE, "refused")])
@pytest.mark.parametrize("was", STANDINGS)
def test_out_of_time_decides_only_what_is_open(
    session: Session, cast: Cast, heard: Heard, was: str, then: Then, state: str
) -> None:
    made = ask(session, cast, who=[one(by(By.MANAGER, then=then))], due_on=FAR)
    for before in BEFORE[was]:
        ACTS[before](session, cast, made)
    heard.decisions.clear()
    for _ in range(2):
        out_of_time(session, cast, made)
    assert standing(session, made) == (state if was == "open" else was)
    assert len(heard.decisions) == (was == "open")
