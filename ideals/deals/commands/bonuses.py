"""The bonus of a target: the manager states what it came to, others agree by policy, and it is
paid: as a line of payroll, or as a grant where the offer says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.approvals import commands as approvals
from ideals.approvals.commands import Ask
from ideals.approvals.models import Approval
from ideals.approvals.states import Kind, State
from ideals.deals import queries
from ideals.deals.commands import going
from ideals.deals.commands.reading import LONGEST_REASON, read_text
from ideals.deals.errors import BonusDiffers, BonusRefused, BonusStated
from ideals.deals.models import Deal, DealBonus
from ideals.deals.policy import Do
from ideals.deals.queries import living as living_queries
from ideals.deals.rules.bonuses import BonusState, unfit
from ideals.deals.rules.kinds import Bonus, PaidAs
from ideals.deals.states import Side, Started
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.ids import fact_transfer_id, new_id
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger import queries as ledger_queries
from ideals.ledger.errors import MonthSealed
from ideals.ledger.states import AccountKind, Reason

SUBJECT = "deal_bonus"
"""The first word of what approvals, transfers and payroll say they are about."""
STATED, APPROVED, REFUSED = "bonus_stated", "bonus_approved", "bonus_refused"


@dataclass(frozen=True, slots=True)
class StateBonus:
    """`id` is made before and is the retry key. `offer` and `place`: which term, of an offer that
    has been in force. `amount`: at most what was promised; nothing, where it was not reached."""

    id: UUID
    deal_id: UUID
    offer: int
    place: int
    amount: Money
    evidence: str


def state_bonus(session: Session, cmd: StateBonus, *, actor: Actor, now: datetime) -> DealBonus:
    """By who speaks for the employer. The same id again is the same statement. Raises
    `DealUnknown`, `NotYoursToDo`, `BonusRefused`, `BonusStated`, `BonusDiffers`, `TextWrong`."""
    this_month = Month.of(going.day_of(now))
    ledger.open_months(session, ledger.OpenMonths(this_month, this_month), actor=SYSTEM, now=now)
    _lock_month(session, this_month)
    place = going.stand(session, cmd.deal_id, Do.JUDGE, with_approvals=True, actor=actor, now=now)
    deal = place.deal
    evidence = read_text(cmd.evidence, "evidence", LONGEST_REASON)
    there = session.get(DealBonus, cmd.id)
    if there is not None:
        return _same(there, cmd)
    term = _term(session, deal, cmd, this_month)
    if living_queries.bonus_of(session, deal.id, cmd.offer, cmd.place) is not None:
        raise BonusStated
    bonus = DealBonus(
        id=cmd.id,
        deal_id=deal.id,
        offer=cmd.offer,
        place=cmd.place,
        employee_id=deal.employee_id,
        paid_as=term.paid_as,
        due_month=term.due_month,
        amount_minor=cmd.amount.minor,
        evidence=evidence,
        state=BonusState.STATED,
        stated_at=now,
        stated_by=actor.name,
        stated_by_user_id=actor.user_id,
        stated_by_employee_id=actor.employee_id,
    )
    session.add(bonus)
    session.flush()  # reason: whoever is asked reads it
    going.note(session, deal, STATED, side=Side.EMPLOYER, offer=cmd.offer, actor=actor, now=now)
    if not _ask(session, deal, bonus, actor=actor, now=now):
        _approved(session, deal, bonus, actor=SYSTEM, now=now)
        return bonus
    going.tell(session, deal, STATED, [deal.employee_id], now=now)
    return bonus


def _same(there: DealBonus, cmd: StateBonus) -> DealBonus:
    mine = (cmd.deal_id, cmd.offer, cmd.place, cmd.amount.minor)
    if (there.deal_id, there.offer, there.place, there.amount_minor) != mine:
        raise BonusDiffers
    return there


def _term(session: Session, deal: Deal, cmd: StateBonus, this_month: Month) -> Bonus:
    """The promise that is judged. Raises `BonusRefused`."""
    held = living_queries.held_through(session, deal)
    if cmd.offer not in held:
        raise BonusRefused("not_in_force")
    terms = queries.text_of(queries.offer_of(session, deal.id, cmd.offer)).terms
    term = terms[cmd.place] if 0 <= cmd.place < len(terms) else None
    if not isinstance(term, Bonus):
        raise BonusRefused("no_bonus")
    if why := unfit(term, cmd.amount, this_month, held[cmd.offer]):
        raise BonusRefused(why)
    return term


# Who else must agree --------------------------------------------------------------------------


def _ask(session: Session, deal: Deal, bonus: DealBonus, *, actor: Actor, now: datetime) -> bool:
    """Whether somebody has to agree first; by the policy of deals, as of a deal with money."""
    cmd = Ask(
        id=new_id(),
        kind=Kind.DEAL,
        subject=bonus.source,
        employee_id=deal.employee_id,
        facts={
            "kinds": "bonus",
            "cost": Money(bonus.amount_minor).euros,
            "pay": True,
            "time": False,
            "before_hiring": deal.started == Started.BEFORE_HIRING,
            "renewal": False,
        },
        amount=Money(bonus.amount_minor),
        what={
            "en": f"Bonus of deal {deal.number}",
            "nl": f"Bonus van afspraak {deal.number}",
        },
    )
    approval = approvals.ask(session, cmd, actor=actor, now=now)
    return approval is not None and approval.ended_at is None


def lock_before_decision(session: Session, subject: str) -> None:
    """The month that a decision pays into comes before the approval."""
    bonus = living_queries.bonus_by_source(session, subject)
    _lock_month(session, bonus.due_month)


def decided(session: Session, approval: Approval, *, actor: Actor, now: datetime) -> None:
    """Registered with the approvals. A refused statement can be followed by another."""
    bonus = living_queries.bonus_by_source(session, approval.subject)
    deal = queries.lock_deal(session, bonus.deal_id)
    session.refresh(bonus)
    if bonus.state != BonusState.STATED:
        raise BonusStated
    if approval.state != State.REFUSED:
        _approved(session, deal, bonus, actor=actor, now=now)
        return
    bonus.state, bonus.decided_at = BonusState.REFUSED, now
    going.note(session, deal, REFUSED, offer=bonus.offer, actor=actor, now=now)
    data = {"reason": approval.reason or ""}
    going.tell(session, deal, REFUSED, going.parties(deal), data=data, now=now)


def _approved(
    session: Session, deal: Deal, bonus: DealBonus, *, actor: Actor, now: datetime
) -> None:
    paid_in, transfer_id = None, None
    if bonus.amount_minor:
        paid_in = _lock_month(session, bonus.due_month)
        if bonus.paid_as == PaidAs.GRANT:
            transfer_id = _grant(session, deal, bonus, paid_in, now=now)
    bonus.state, bonus.decided_at = BonusState.APPROVED, now
    bonus.paid_in, bonus.transfer_id = paid_in, transfer_id
    going.note(session, deal, APPROVED, offer=bonus.offer, actor=actor, now=now)
    going.tell(session, deal, APPROVED, going.parties(deal), now=now)


def _lock_month(session: Session, month: Month) -> Month:
    """What takes what belongs to this month, kept from its seal."""
    while True:
        booked = ledger_queries.booking_month(session, month)
        try:
            ledger.lock_month(session, booked)
        except MonthSealed:
            continue  # sealed while we waited: the next one takes it
        return booked


def _grant(session: Session, deal: Deal, bonus: DealBonus, booked: Month, *, now: datetime) -> UUID:
    employee = deal.employee_id
    own = ledger.open_accounts(session, [employee], AccountKind.BUDGET, Unit.EUR)[employee]
    transfer_id = fact_transfer_id(booked, bonus.source)
    transfer = ledger.NewTransfer(
        id=transfer_id,
        month=booked,
        for_month=bonus.due_month,
        from_account=ledger.employer_account(session, AccountKind.BUDGET, Unit.EUR),
        to_account=own,
        unit=Unit.EUR,
        amount_minor=bonus.amount_minor,
        reason=Reason.GRANT,
        source=bonus.source,
        code=living_queries.code_of(deal),
    )
    ledger.post_transfers(session, ledger.PostTransfers((transfer,)), actor=SYSTEM, now=now)
    return transfer_id
