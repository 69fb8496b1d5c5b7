"""Standing choices: make one, change, reorder, pause, go on, end.

Every change names the version it saw. The choices of an employee are changed one at a time, under a
lock of that employee, because they are checked together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.people.models import Employee
from ideals.pricing import queries as pricing
from ideals.schemes.rules import PaidFrom, Product, ProductKind, check_quantity, order_bounds
from ideals.shop.errors import ChoiceEnded, ChoiceMovedOn, NotForChoices
from ideals.shop.models import Choice
from ideals.shop.queries import choices as choice_queries
from ideals.shop.rules.choices import Span, Wish, check_amount, check_span, check_together
from ideals.shop.states import ChoiceMode, ChoiceState


@dataclass(frozen=True, slots=True)
class What:
    """How much, and for which months. `from_month` `None`: the earliest that takes orders."""

    mode: ChoiceMode
    amount: Decimal | None
    from_month: Month | None = None
    until_month: Month | None = None


@dataclass(frozen=True, slots=True)
class SetChoice:
    """`position`: before which of the choices there are, from 0; `None`: last."""

    employee_id: int
    product: str
    what: What
    position: int | None = None


def set_choice(
    session: Session, cmd: SetChoice, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> Choice:
    """Raises `NotForChoices`, `ChoiceUnreadable`, `ChoicesBeyondWhole`, `RestNotLast`, what is
    wrong with its quantity, and what making a quote raises when nobody could order it now."""
    _lock(session, cmd.employee_id)
    scheme, what = _checked(session, cmd.employee_id, cmd.product, cmd.what, now, zone)
    there = _in_force(session, cmd.employee_id)
    assert what.from_month is not None  # noqa: S101  filled by the check
    choice = Choice(
        id=new_id(),
        employee_id=cmd.employee_id,
        scheme=scheme,
        product=cmd.product,
        mode=what.mode,
        amount=what.amount,
        from_month=what.from_month,
        until_month=what.until_month,
        state=ChoiceState.ACTIVE,
        version=1,
        created_at=now,
        changed_at=now,
    )
    place = len(there) if cmd.position is None else max(0, min(cmd.position, len(there)))
    there.insert(place, choice)
    _arrange(there, now)
    session.add(choice)
    _audit(session, "shop.choice_set", choice, actor=actor, now=now)
    return choice


@dataclass(frozen=True, slots=True)
class ChangeChoice:
    choice_id: UUID
    version: int
    what: What


def change_choice(
    session: Session, cmd: ChangeChoice, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> Choice:
    """Another amount or other months from a month on; what it ordered before stays as it was.

    A choice that has begun ends with the month before, and its successor takes its place. Raises
    what `set_choice` does, `ChoiceMovedOn`, `ChoiceEnded`, `ChoiceUnknown`.
    """
    choice = _locked(session, cmd.choice_id, cmd.version, actor=actor)
    _, what = _checked(
        session, choice.employee_id, choice.product, cmd.what, now, zone, since=choice.from_month
    )
    assert what.from_month is not None  # noqa: S101  filled by the check
    there = _in_force(session, choice.employee_id)
    if choice.from_month < what.from_month:
        changed = _successor(session, choice, what, there, now)
    else:
        changed = choice
        changed.mode, changed.amount = what.mode, what.amount
        changed.from_month, changed.until_month = what.from_month, what.until_month
    _touch(choice, now)
    _arrange(there, now)
    _audit(session, "shop.choice_changed", changed, actor=actor, now=now)
    return changed


def _successor(
    session: Session, choice: Choice, what: What, there: list[Choice], now: datetime
) -> Choice:
    assert what.from_month is not None  # noqa: S101  filled by the check
    changed = Choice(
        id=new_id(),
        employee_id=choice.employee_id,
        scheme=choice.scheme,
        product=choice.product,
        mode=what.mode,
        amount=what.amount,
        from_month=what.from_month,
        until_month=what.until_month,
        state=choice.state,
        version=1,
        created_at=now,
        changed_at=now,
    )
    choice.until_month = what.from_month.plus(-1)
    there.insert(there.index(choice) + 1, changed)
    session.add(changed)
    return changed


@dataclass(frozen=True, slots=True)
class ReorderChoices:
    """`choice_ids`: all that have not ended, in the order in which they are to run."""

    employee_id: int
    choice_ids: Sequence[UUID]


def reorder_choices(
    session: Session, cmd: ReorderChoices, *, actor: Actor, now: datetime
) -> list[Choice]:
    """Raises `ChoiceMovedOn` when these are not the choices there are, or `RestNotLast`."""
    _lock(session, cmd.employee_id)
    there = {choice.id: choice for choice in _in_force(session, cmd.employee_id)}
    if sorted(there) != sorted(cmd.choice_ids):
        raise ChoiceMovedOn("Your choices have changed since; look at them again.")
    arranged = [there[each] for each in cmd.choice_ids]
    _arrange(arranged, now)
    subject = session.get_one(Employee, cmd.employee_id).source
    audit.record(session, "shop.choices_reordered", subject, actor=actor, now=now)
    return arranged


@dataclass(frozen=True, slots=True)
class PauseChoice:
    choice_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class GoOnWithChoice:
    choice_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class EndChoice:
    choice_id: UUID
    version: int


def pause_choice(session: Session, cmd: PauseChoice, *, actor: Actor, now: datetime) -> Choice:
    """Until it goes on. Raises `ChoiceMovedOn`, `ChoiceEnded`, `ChoiceUnknown`."""
    return _turn(session, cmd, ChoiceState.PAUSED, "shop.choice_paused", actor=actor, now=now)


def go_on_with_choice(
    session: Session, cmd: GoOnWithChoice, *, actor: Actor, now: datetime
) -> Choice:
    """Raises what `pause_choice` does, and what cannot stand beside the other choices."""
    return _turn(session, cmd, ChoiceState.ACTIVE, "shop.choice_goes_on", actor=actor, now=now)


def end_choice(session: Session, cmd: EndChoice, *, actor: Actor, now: datetime) -> Choice:
    """For good; what it ordered stays. Raises what `pause_choice` does."""
    return _turn(session, cmd, ChoiceState.ENDED, "shop.choice_ended", actor=actor, now=now)


def _turn(
    session: Session,
    cmd: PauseChoice | GoOnWithChoice | EndChoice,
    state: ChoiceState,
    act: str,
    *,
    actor: Actor,
    now: datetime,
) -> Choice:
    choice = _locked(session, cmd.choice_id, cmd.version, actor=actor)
    if choice.state == state:
        return choice
    choice.state = state
    _touch(choice, now)
    _arrange(_in_force(session, choice.employee_id), now)
    _audit(session, act, choice, actor=actor, now=now)
    return choice


# What all of them share -----------------------------------------------------------------------


def _lock(session: Session, employee_id: int) -> None:
    key = func.hashtextextended(f"choices:{employee_id}", 0)
    session.execute(select(func.pg_advisory_xact_lock(key)))


def _locked(session: Session, choice_id: UUID, version: int, *, actor: Actor) -> Choice:
    seen = choice_queries.access_choice(session, choice_id, actor=actor)
    _lock(session, seen.employee_id)
    choice = choice_queries.access_choice(session, choice_id, actor=actor)
    if choice.version != version:
        raise ChoiceMovedOn(
            "This choice was changed since you saw it; look at it again.", version=choice.version
        )
    if choice.state == ChoiceState.ENDED:
        raise ChoiceEnded("This choice has ended; make a new one.")
    return choice


def _in_force(session: Session, employee_id: int) -> list[Choice]:
    return [
        choice
        for choice in choice_queries.choices_of(session, employee_id)
        if choice.state != ChoiceState.ENDED
    ]


def _arrange(choices: Sequence[Choice], now: datetime) -> None:
    """Number them as they stand, once they go together. Paused ones will go on some day."""
    there = [choice for choice in choices if choice.state != ChoiceState.ENDED]
    check_together(
        [
            Wish(ChoiceMode(each.mode), each.amount, Span(each.from_month, each.until_month))
            for each in there
            if each.state == ChoiceState.ACTIVE
        ]
    )
    for place, choice in enumerate(there):
        if choice.position != place:
            choice.position = place
            choice.changed_at = now


def _checked(
    session: Session,
    employee_id: int,
    code: str,
    what: What,
    now: datetime,
    zone: ZoneInfo,
    since: Month | None = None,
) -> tuple[str, What]:
    """The scheme that sells it, and what was asked for with its first month.

    `since`: of a choice that is changed. The same month again means: as soon as it still can.
    """
    day = now.astimezone(zone).date()
    buyer = pricing.buyer(session, employee_id, day)
    earliest, scheme, product = buyer.month_for(code, None)
    _check_product(product, what.mode)
    check_amount(what.mode, what.amount)
    first = what.from_month or earliest
    span = Span(max(first, earliest) if first == since else first, what.until_month)
    check_span(span, earliest)
    if what.mode is ChoiceMode.QUANTITY and what.amount is not None:
        person = buyer.person(session, scheme)
        check_quantity(product, order_bounds(scheme, product, person, earliest, day), what.amount)
    return scheme.code, replace(what, from_month=span.first)


def _check_product(product: Product, mode: ChoiceMode) -> None:
    """What asks something of the buyer each time cannot repeat by itself."""
    reasons = {
        "not_ordered": not product.is_ordered,
        "commitment": product.commitment is not None,
        "evidence": bool(product.evidence),
        "price": product.asks_price,
        "sale": product.kind is ProductKind.SELL_LEAVE and mode is not ChoiceMode.QUANTITY,
        "other_account": product.paid_from is not PaidFrom.BUDGET and mode is ChoiceMode.PERCENT,
    }
    for why, holds in reasons.items():
        if holds:
            raise NotForChoices(_WHY[why], why=why, product=product.code)


_WHY = {
    "not_ordered": "This is not ordered: what you do not use stays.",
    "commitment": "This binds you for a long time: order it once, by itself.",
    "evidence": "This needs a file each time: order it by itself.",
    "price": "You say what this costs each time: order it by itself.",
    "sale": "Say how many hours to sell each month.",
    "other_account": "A percentage is of the month's budget; this is paid from elsewhere.",
}


def _touch(choice: Choice, now: datetime) -> None:
    choice.version += 1
    choice.changed_at = now


def _audit(session: Session, act: str, choice: Choice, *, actor: Actor, now: datetime) -> None:
    audit.record(session, act, f"choice:{choice.id}", actor=actor, now=now)
