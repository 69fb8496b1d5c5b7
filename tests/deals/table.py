"""People around a deal, and short ways to act in one. Anna works for Boris, Boris for Greta."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import queries as access
from ideals.app import connect_features
from ideals.approvals import commands as approvals
from ideals.approvals.commands import Decide
from ideals.approvals.models import Approval
from ideals.approvals.states import Decision, State
from ideals.deals import commands
from ideals.deals.commands import Accept, MakeOffer, Propose
from ideals.deals.models import Deal, DealEvent, Offer
from ideals.kernel.actor import SYSTEM, Actor, Role
from ideals.kernel.ids import new_id
from ideals.notices.models import Notice
from ideals.outbox import Message
from ideals.people.models import Employee
from ideals.seeds import factories
from tests.deals.conftest import offer, term

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")
ROLES = {"dina": Role.HR_DEALS, "henk": Role.HR}
NAMES = ("anna", "boris", "clara", "dina", "egor", "greta", "henk")


@dataclass
class Cast:
    """Dina is HR with rights to deals, Henk without; Clara manages Egor; Greta is above Boris."""

    ids: Mapping[str, int]
    anna: Actor
    boris: Actor
    clara: Actor
    dina: Actor
    egor: Actor
    greta: Actor
    henk: Actor

    def __getitem__(self, name: str) -> Actor:
        return getattr(self, name)  # type: ignore[no-any-return]


def cast_of(session: Session, now: datetime = NOW) -> Cast:
    connect_features()
    people = factories.an_organisation(session)
    employees = {name: getattr(people, name) for name in ("anna", "boris", "clara", "dina", "egor")}
    for name in ("greta", "henk"):
        employees[name] = factories.an_employee(
            session, name.title(), number=name, email=f"{name}@meridian.example"
        )
    report_to(session, employees["boris"], employees["greta"])
    actors = {}
    for name in NAMES:
        roles = frozenset({ROLES[name]} if name in ROLES else ())
        user = factories.a_user(session, f"{name}@meridian.example", roles=roles)
        actors[name] = access.actor_of(user, sorted(roles), proved_at=now)
    return Cast({name: employee.id for name, employee in employees.items()}, **actors)


def report_to(
    session: Session, who: Employee, manager: Employee, since: date = date(2019, 1, 1)
) -> None:
    factories.a_change(session, who, since, manager_number=manager.number)


def employee(session: Session, number: str) -> Employee:
    return session.scalars(select(Employee).where(Employee.number == number)).one()


def propose(
    session: Session,
    cast: Cast,
    *terms: dict[str, Any],
    by: str = "anna",
    now: datetime = NOW,
    deal_id: UUID | None = None,
    **changes: Any,
) -> Deal:
    """By Anna for herself, free of cost, unless something else is said."""
    keys = ("manager_id", "by_law", "before_hiring", "subject")
    more = {key: changes.pop(key) for key in keys if key in changes}
    cmd = Propose(
        id=deal_id or new_id(),
        employee_id=cast.ids["anna"],
        text=offer(*terms, **changes),
        **{"subject": "Four times nine", **more},
    )
    return commands.propose(session, cmd, actor=cast[by], now=now)


def counter(
    session: Session,
    deal: Deal,
    actor: Actor,
    *terms: dict[str, Any],
    seen: int | None = None,
    now: datetime = NOW,
    **changes: Any,
) -> Offer:
    number = deal.offer_number if seen is None else seen
    cmd = MakeOffer(deal.id, number, offer(*terms, **changes))
    return commands.make_offer(session, cmd, actor=actor, now=now)


def accept(
    session: Session, deal: Deal, actor: Actor, number: int | None = None, now: datetime = NOW
) -> Deal:
    cmd = Accept(deal.id, number or deal.offer_number)
    return commands.accept(session, cmd, actor=replace(actor, proved_at=now), now=now)


def both_accept(session: Session, cast: Cast, deal: Deal, now: datetime = NOW) -> Deal:
    accept(session, deal, cast.boris, now=now)
    return accept(session, deal, cast.anna, now=now)


def in_force(session: Session, cast: Cast, *terms: dict[str, Any], **changes: Any) -> Deal:
    deal = propose(session, cast, *terms, **changes)
    both_accept(session, cast, deal)
    look(session, at(deal.starts_on or NOW.date()))
    session.refresh(deal)
    assert deal.state == "in_force"
    return deal


def open_approval(session: Session, deal: Deal) -> Approval:
    about = select(Approval).where(Approval.subject == deal.source, Approval.state == State.OPEN)
    return session.scalars(about).one()


def decide(
    session: Session,
    deal: Deal,
    actor: Actor,
    decision: Decision = Decision.APPROVE,
    reason: str | None = None,
    now: datetime = NOW,
) -> Approval:
    cmd = Decide(open_approval(session, deal).id, decision, reason)
    return approvals.decide(session, cmd, actor=actor, now=now)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def look(session: Session, now: datetime) -> int:
    """A look of the clock, and what it announced, done; how many deals."""
    count = commands.sweep(session, zone=ZONE, actor=SYSTEM, now=now)
    for message in session.scalars(
        select(Message).where(Message.name == commands.ACT_ON_DEAL, Message.done_at.is_(None))
    ).all():
        commands.act_on_deal(session, UUID(message.payload["deal"]), actor=SYSTEM, now=now)
        message.done_at = now
    return count


def acts(session: Session, deal: Deal) -> list[str]:
    query = select(DealEvent.act).where(DealEvent.deal_id == deal.id).order_by(DealEvent.id)
    return list(session.scalars(query))


def told(session: Session, deal: Deal) -> list[tuple[str, str]]:
    """(what, whom) of the messages about the deal itself, in the order of letters."""
    rows = session.execute(
        select(Notice.kind, Employee.number)
        .join(Employee, Employee.id == Notice.employee_id)
        .where(Notice.subject == deal.source)
    )
    return sorted((row[0].removeprefix("deal."), row[1]) for row in rows)


BONUS = term("bonus")
COURSE = term("development", paid_from="employer")
PLACE = term("place")
DAY = timedelta(days=1)
