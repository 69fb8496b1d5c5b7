"""Begin a deal with its first offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals.deals import policy, queries
from ideals.deals.commands import drafts, going, offering
from ideals.deals.commands.going import Place
from ideals.deals.commands.reading import LONGEST_SUBJECT, ReadOffer, read_offer, read_text
from ideals.deals.errors import (
    DealDiffers,
    LawDoesNotApply,
    ManagerDiffers,
    ManagerMissing,
    MayNotPropose,
)
from ideals.deals.models import Deal
from ideals.deals.policy import Standing
from ideals.deals.queries.hiring import promised_from
from ideals.deals.rules.law import decide_by, rule_on, why_not
from ideals.deals.states import Act, DealState, Side, Started, Visibility
from ideals.kernel.actor import Actor

NO_LAW = "no_law"


@dataclass(frozen=True, slots=True)
class Propose:
    """`id` is made before and is the retry key. `manager_id` left out: the employee's own, which HR
    has to say of somebody who has none yet. `by_law`: whether the employee asks under the Flexible
    Working Act; left out, where it is such a request. `before_hiring`: HR notes what was promised.
    `template`: what the offer began with.
    """

    id: UUID
    employee_id: int
    subject: str
    text: Mapping[str, Any]
    manager_id: int | None = None
    by_law: bool | None = None
    before_hiring: bool = False
    template: str | None = None


def propose(session: Session, cmd: Propose, *, actor: Actor, now: datetime) -> Deal:
    """The same id again is the same deal. Raises `MayNotPropose`, `ManagerMissing`,
    `ManagerDiffers`, `DealDiffers`, `OfferRefused`, `TextWrong`, `LawDoesNotApply`."""
    today = going.day_of(now)
    manager_id, started = _parties(session, cmd, actor, today)
    subject = read_text(cmd.subject, "subject", LONGEST_SUBJECT, lines=False)
    promised = started is Started.BEFORE_HIRING
    earliest = promised_from(session, cmd.employee_id, today) if promised else today
    read = read_offer(cmd.text, today, begins_from=earliest)
    row = _row(cmd, subject, manager_id, started, actor=actor, now=now)
    row["decide_by"] = None if cmd.by_law is False else _answer_by(session, cmd, read, started, now)
    made = insert(Deal).values(row).on_conflict_do_nothing(index_elements=["id"])
    new = session.scalar(made.returning(Deal.id)) is not None
    deal = queries.lock_deal(session, cmd.id)
    if not new:
        return _same(session, deal, cmd, read)
    standing = Standing.EMPLOYEE if started is Started.BY_EMPLOYEE else Standing.EMPLOYER
    place = Place(deal, standing, Side(standing.value))
    offering.add(
        session,
        place,
        read,
        by_law=deal.decide_by is not None,
        template=cmd.template,
        actor=actor,
        now=now,
    )
    going.note(session, deal, Act.OFFER, side=place.side, offer=1, actor=actor, now=now)
    going.tell(session, deal, Act.OFFER, going.parties(deal, but=place.side), now=now)
    going.look_when(session, deal)
    drafts.drop_own(session, None, actor=actor)
    return deal


def _parties(session: Session, cmd: Propose, actor: Actor, today: date) -> tuple[int, Started]:
    """Who speaks for the employer, and who begins."""
    own_manager = queries.manager_of(session, cmd.employee_id, today)
    if cmd.manager_id is not None and own_manager not in (None, cmd.manager_id):
        raise ManagerDiffers
    hr = policy.keeps_deals(actor)
    started = _started(cmd, own_manager, hr, actor)
    manager_id = own_manager or (cmd.manager_id if hr else None)
    if manager_id is None:
        raise ManagerMissing
    if manager_id == cmd.employee_id:
        raise ManagerDiffers
    return manager_id, started


def _started(cmd: Propose, own_manager: int | None, hr: bool, actor: Actor) -> Started:
    mine = actor.employee_id
    if cmd.before_hiring:
        if not hr or mine == cmd.employee_id:
            raise MayNotPropose
        return Started.BEFORE_HIRING
    if mine is not None and mine == cmd.employee_id:
        return Started.BY_EMPLOYEE
    if mine is not None and mine == own_manager:
        return Started.BY_MANAGER
    if not hr:
        raise MayNotPropose
    return Started.BY_HR


def _row(
    cmd: Propose, subject: str, manager_id: int, started: Started, *, actor: Actor, now: datetime
) -> dict[str, Any]:
    return {
        "id": cmd.id,
        "employee_id": cmd.employee_id,
        "manager_id": manager_id,
        "subject": subject,
        "started": started,
        "state": DealState.NEGOTIATING,
        "visibility": Visibility.PARTIES,
        "offer_number": 1,
        "acted_at": now,
        "opened_at": now,
        "opened_by": actor.name,
        "opened_by_user_id": actor.user_id,
        "opened_by_employee_id": actor.employee_id,
    }


def _answer_by(
    session: Session, cmd: Propose, read: ReadOffer, started: Started, now: datetime
) -> date | None:
    """The last day of the law for an answer. Raises `LawDoesNotApply` where it was called upon."""
    asked_on = going.day_of(now)
    rule = rule_on(asked_on)
    if rule is None:
        why: tuple[str, ...] = (NO_LAW,)
    else:
        why = why_not(
            read.offer,
            queries.service_days(session, cmd.employee_id, read.offer.starts_on, asked_on),
            started is Started.BY_EMPLOYEE,
            asked_on=asked_on,
            decided_on=queries.last_request_decided(session, cmd.employee_id),
            rule=rule,
        )
        if not why:
            return decide_by(read.offer.starts_on, rule)
    if cmd.by_law:
        raise LawDoesNotApply(why)
    return None


def _same(session: Session, deal: Deal, cmd: Propose, read: ReadOffer) -> Deal:
    first = queries.offer_of(session, deal.id, 1)
    if (deal.employee_id, first.digest) != (cmd.employee_id, read.digest):
        raise DealDiffers
    return deal
