"""Draw the cases of a finished day for a check, and have each drawn case looked at.

One transaction draws one day: the draws with their seeds and a check for each drawn case, or
nothing. Whoever checks is asked in a transaction of its own for each check, announced by the same
commit.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from ideals import audit, outbox
from ideals.approvals.commands import asking, going
from ideals.approvals.commands.asking import Ask, Route
from ideals.approvals.commands.checking import lock_trust, read_locked, tell
from ideals.approvals.models import Approval, Check, Draw
from ideals.approvals.queries import checks as queries
from ideals.approvals.queries import draws, in_force
from ideals.approvals.queries.draws import Candidate, Day, Drawn, Group
from ideals.approvals.rules import Effect, Mode, Stage
from ideals.approvals.states import CheckAct, CheckState, Happened, Kind, WhyChecked, check_after
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id

DRAW, BEGIN_CHECK = "approvals.draw", "approvals.begin_check"
DRAW_LOCK = 7411
"""Key of the advisory lock under which days are drawn, one after another."""
SEED_BYTES = 16


def draw_next_day(session: Session, *, zone: ZoneInfo, actor: Actor, now: datetime) -> Day | None:
    """Draw the first finished day that is not drawn, and announce that the next may follow.

    Late, twice or by two at once comes to the same: a day is drawn once, and days in their order.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(DRAW_LOCK))):
        return None  # somebody is at it
    day = draws.next_day(session, zone=zone, now=now)
    if day is None:
        return None
    for group in draws.groups_of(session, day):
        _draw(session, group, day, actor=actor, now=now)
    outbox.announce(session, DRAW, after=day.day.isoformat())
    return day


def _draw(session: Session, group: Group, day: Day, *, actor: Actor, now: datetime) -> None:
    share = draws.share_of(session, group)
    found = draws.candidates_of(session, group, day, at=now) if share is not None else []
    # Made now, when nothing can be added to the day any more: nobody could foresee it.
    seed = secrets.token_hex(SEED_BYTES)
    drawn = draws.drawn_from(found, seed, share or Decimal(0))
    draw = Draw(
        day=day.day,
        begins_at=day.begins_at,
        ends_at=day.ends_at,
        kind=group.kind,
        policy_id=group.policy_id,
        case_code=group.case_code,
        share=share or Decimal(0),
        seed=seed,
        population=len(found),
        by_chance=len(drawn.by_chance),
        drawn=len(drawn.checked),
        digest=drawn.digest,
        drawn_at=now,
    )
    session.add(draw)
    session.flush()  # reason: the checks name the draw by its number
    made = _checks(draw, drawn)
    if made:
        session.execute(insert(Check), made)
        outbox.announce_each(session, BEGIN_CHECK, [{"check": str(row["id"])} for row in made])
    audit.record(
        session,
        "approvals.drawn",
        f"draw:{draw.id}",
        actor=actor,
        now=now,
        day=day.day.isoformat(),
        population=draw.population,
        drawn=draw.drawn,
    )


def _checks(draw: Draw, drawn: Drawn) -> Sequence[dict[str, object]]:
    return [
        {
            "id": new_id(),
            "approval_id": each.approval_id,
            "draw_id": draw.id,
            "employee_id": each.employee_id,
            "kind": draw.kind,
            "why": _why(each, drawn),
            "state": CheckState.DRAWN,
            "drawn_at": draw.drawn_at,
        }
        for each in drawn.checked
    ]


def _why(candidate: Candidate, drawn: Drawn) -> WhyChecked:
    by_chance = candidate.approval_id in drawn.by_chance
    return WhyChecked.DRAWN if by_chance else WhyChecked.TRUST_LOST


def begin_check(session: Session, check_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Ask whoever checks, by the terms of the case, and tell whom it is about. Twice is once."""
    lock_trust(session, check_id)
    check = read_locked(session, check_id)
    if check.state != CheckState.DRAWN:
        return
    check.state = check_after(CheckState.DRAWN, CheckAct.BEGIN)
    case = session.get_one(Approval, check.approval_id)
    cmd = Ask(
        id=check.id,
        kind=Kind.CHECK,
        subject=queries.subject_of(check.id),
        employee_id=check.employee_id,
        what=case.what,
    )
    route = _route(session, cmd, case, actor=actor, now=now)
    asking.ask(session, cmd, actor=actor, now=now, route=route)
    going.note(session, case, Happened.DRAWN, actor=actor, now=now)
    tell(session, check, case, "drawn", key="drawn", why=check.why, now=now)


def _route(session: Session, cmd: Ask, case: Approval, *, actor: Actor, now: datetime) -> Route:
    """As the policy on checks says, but by whom the case itself names."""
    route = asking.consider(session, cmd, actor=actor, now=now)
    terms = in_force.case_of(session, case)
    if terms is None or terms.check is None:
        return route
    stages = (Stage(Mode.ALL, (terms.check.step,)),)
    return Route(route.policy_id, route.case, Effect.BEFORE, stages, route.facts)
