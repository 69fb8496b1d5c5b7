"""Deals and their parts as scripts are shown them: rows with the people in them by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.config import Settings
from ideals.deals import queries
from ideals.deals.errors import DealUnknown
from ideals.deals.models import (
    Acceptance,
    Adviser,
    Breach,
    Deal,
    DealBonus,
    DealEvent,
    Ending,
    Evaluation,
    Letter,
    LifeEvent,
    Message,
    Offer,
)
from ideals.deals.policy import Part, Standing
from ideals.deals.queries import Access, afterwards
from ideals.deals.queries.persons import Person, persons
from ideals.deals.rules.evaluations import closes_on, opens_on
from ideals.deals.rules.kinds import PaidAs
from ideals.deals.rules.life import Life, Then
from ideals.deals.states import DealState, Side, Started, TermKind, Visibility
from ideals.kernel import clock
from ideals.kernel.money import Money
from ideals.web.actor import current_actor

Shown = dict[str, Any]
OF_DEAL = (
    "id", "number", "subject", "starts_on", "evaluate_on", "ends_on", "decide_by",
    "by_law", "opened_at", "acted_at", "agreed_at", "approved_at", "started_at", "ended_at",
)  # fmt: skip
OF_BONUS = ("id", "offer", "place", "evidence", "state", "due_month", "paid_in", "decided_at")
OF_BREACH = ("id", "offer", "said", "state", "hr_on", "at", "answer", "answered_at", "over_at")
OF_ENDING = (
    "id", "last_day", "reason", "state", "answer_by", "at", "answer", "answered_at",
)  # fmt: skip


def today() -> date:
    return clock.now().astimezone(Settings.read().zone).date()


def access(session: Session, deal_id: UUID) -> Access:
    """Raises `DealUnknown`."""
    return queries.access_deal(session, deal_id, actor=current_actor(), today=today())


def access_part(session: Session, deal_id: UUID, part: Part) -> Access:
    """Of a part that is not theirs to see nothing is said. Raises `DealUnknown`."""
    found = access(session, deal_id)
    if not found.sees(part):
        raise DealUnknown
    return found


# Deals ----------------------------------------------------------------------------------------


def deals(session: Session, standings: Sequence[tuple[Deal, Standing]]) -> list[Shown]:
    names = persons(session, (id_ for deal, _ in standings for id_ in _parties(deal)))
    return [_deal(Access(deal, standing), names) for deal, standing in standings]


def deal(session: Session, found: Access) -> Shown:
    """One of them with its parts: as many statements, however much was said."""
    names = persons(session, _parties(found.deal))
    last = queries.last_offer_of(session, found)
    return _deal(found, names) | {
        "current": offers(session, [last])[0] if last else None,
        "advisers": advisers(session, found),
        "evaluation": _round(session, found),
        "reason": queries.reason_of(found),
    }


def now(session: Session, deal_id: UUID) -> Shown:
    """After an act, as whoever acted sees it."""
    session.flush()  # reason: it is told as it is now
    return deal(session, access(session, deal_id))


def _round(session: Session, found: Access) -> Shown | None:
    due = afterwards.round_of(session, found.deal) if found.sees(Part.EVALUATIONS) else None
    if due is None:
        return None
    return {
        "number": due.number,
        "due_on": due.due_on,
        "opens_on": opens_on(due.due_on),
        "closes_on": closes_on(due.due_on),
        "answered": sorted(due.answered),
    }


def _parties(deal: Deal) -> tuple[int, int]:
    return deal.employee_id, deal.manager_id


def _deal(found: Access, names: Mapping[int, Person]) -> Shown:
    deal = found.deal
    employee, manager = names[deal.employee_id], names[deal.manager_id]
    return {name: getattr(deal, name) for name in OF_DEAL} | {
        "employee": employee.number,
        "employee_name": employee.name,
        "manager": manager.number,
        "manager_name": manager.name,
        "you": found.standing,
        "started": Started(deal.started),
        "state": DealState(deal.state),
        "offer": deal.offer_number if found.sees(Part.OFFERS) else None,
        "agreed": deal.agreed_number,
        "in_force": deal.in_force_number,
        "turned_down": deal.turned_down_number,
        "visibility": Visibility(deal.visibility),
        "ended_side": _side(deal.ended_side),
    }


def _side(word: str | None) -> Side | None:
    return None if word is None else Side(word)


# Parts ----------------------------------------------------------------------------------------


def offers(session: Session, rows: Sequence[Offer]) -> list[Shown]:
    """Each with who accepted it; all of one deal."""
    said = queries.acceptances_by_offer(session, rows)
    everyone: list[Act] = [*rows, *(each for there in said.values() for each in there)]
    by = _acting(session, everyone)
    return [_offer(row, said.get(row.number, ()), by) for row in rows]


def _offer(row: Offer, said: Iterable[Acceptance], by: Mapping[int, Person]) -> Shown:
    accepted = [{"side": Side(each.side), "by": _name(each, by), "at": each.at} for each in said]
    return {
        "number": row.number,
        "by_side": Side(row.by_side),
        "by_adviser": row.by_adviser,
        "by": _name(row, by),
        "at": row.at,
        "by_law": row.by_law,
        "template": row.template,
        "kinds": [TermKind(kind) for kind in row.kinds],
        "cost": Money(row.cost_minor),
        "digest": row.digest,
        "offer": row.text,
        "accepted": accepted,
    }


def messages(session: Session, rows: Sequence[Message]) -> list[Shown]:
    by = _acting(session, rows)
    return [
        {
            "id": row.id,
            "offer": row.offer,
            "side": Side(row.side),
            "by_adviser": row.by_adviser,
            "by": _name(row, by),
            "at": row.at,
            "asks": row.asks,
            "said": row.said,
        }
        for row in rows
    ]


def history(session: Session, rows: Sequence[DealEvent]) -> list[Shown]:
    by = persons(session, (id_ for row in rows for id_ in (row.by_employee_id, row.to_id)))
    return [
        {
            "id": row.id,
            "at": row.at,
            "act": row.act,
            "by": _name(row, by),
            "side": _side(row.side),
            "offer": row.offer,
            "to": by[row.to_id].name if row.to_id else None,
            "why": row.why,
        }
        for row in rows
    ]


def evaluations(session: Session, rows: Sequence[Evaluation]) -> list[Shown]:
    by = _acting(session, rows)
    return [
        {
            "number": row.number,
            "offer": row.offer,
            "due_on": row.due_on,
            "side": Side(row.side),
            "answers": row.answers,
            "by": _name(row, by),
            "at": row.at,
        }
        for row in rows
    ]


def bonuses(session: Session, rows: Sequence[DealBonus]) -> list[Shown]:
    by = persons(session, (row.stated_by_employee_id for row in rows))
    return [
        {name: getattr(row, name) for name in OF_BONUS}
        | {
            "amount": Money(row.amount_minor),
            "paid_as": PaidAs(row.paid_as),
            "by": who.name if (who := by.get(row.stated_by_employee_id or 0)) else row.stated_by,
            "at": row.stated_at,
        }
        for row in rows
    ]


def breaches(session: Session, rows: Sequence[Breach]) -> list[Shown]:
    by = _acting(session, rows)
    return [
        {name: getattr(row, name) for name in OF_BREACH}
        | {"side": row.side and Side(row.side), "by": _name(row, by)}
        for row in rows
    ]


def endings(session: Session, rows: Sequence[Ending]) -> list[Shown]:
    by = _acting(session, rows)
    return [
        {name: getattr(row, name) for name in OF_ENDING}
        | {"side": Side(row.side) if row.side else None, "by": _name(row, by)}
        for row in rows
    ]


def life_event(row: LifeEvent) -> Shown:
    says = {
        side: None if said is None else Then(said)
        for side, said in (
            ("employee_says", row.employee_says),
            ("employer_says", row.employer_says),
        )
    }
    own = {"id": row.id, "kind": Life(row.kind), "on": row.on, "at": row.at}
    return own | says | {"settled_at": row.settled_at}


Act = Breach | Ending | Offer | Acceptance | Message | DealEvent | Evaluation


def _acting(session: Session, rows: Iterable[Act]) -> dict[int, Person]:
    return persons(session, (row.by_employee_id for row in rows))


def _name(row: Act, by: Mapping[int, Person]) -> str:
    """Of who is no employee as the audit has it."""
    who = None if row.by_employee_id is None else by.get(row.by_employee_id)
    return row.by if who is None else who.name


# Beside the offers ----------------------------------------------------------------------------


def advisers(session: Session, found: Access) -> list[Shown]:
    rows = queries.advisers_of(session, found)
    return [
        {"number": who.number, "name": who.name, "invited_at": row.invited_at} for row, who in rows
    ]


def adviser(session: Session, made: Adviser) -> Shown:
    who = persons(session, [made.employee_id])[made.employee_id]
    return {"number": who.number, "name": who.name, "invited_at": made.invited_at}


def letter(row: Letter, href: str) -> Shown:
    return {
        "offer": row.offer,
        "language": row.language,
        "digest": row.digest,
        "made_at": row.made_at,
        "href": href,
    }
