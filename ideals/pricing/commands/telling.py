"""Tell employees whose prices change, and why; each once for a month. Amounts stay in the shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor
from ideals.kernel.month import Month
from ideals.notices import commands as notices
from ideals.people.models import Employment
from ideals.pricing.commands.publishing import CHANGED, announce_telling, first_day_for
from ideals.pricing.queries.prices import PriceBook, price_book
from ideals.pricing.rules import NO_FACTS, Steering
from ideals.pricing.steering import Adjusted, RuleText, price
from ideals.schemes import queries as schemes
from ideals.schemes.errors import BudgetNotComputable
from ideals.schemes.facts import facts_to_sell
from ideals.schemes.rules import Person, Product, Scheme, offered, unit_price

PEOPLE_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class TellEmployees:
    """The next people of a scheme after this id; of `products`, whose lists came out together."""

    scheme: str
    month: Month
    products: frozenset[str]
    after: int = 0

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> TellEmployees:
        """From the message."""
        products = frozenset(payload["products"].split(","))
        return cls(payload["scheme"], Month.parse(payload["month"]), products, payload["after"])


class _Change(NamedTuple):
    """Products whose price is another than the month before, and the rules that make it so or no
    longer do, by their codes."""

    products: tuple[str, ...]
    began: tuple[str, ...]
    over: tuple[str, ...]


def tell_employees(
    session: Session, cmd: TellEmployees, *, zone: ZoneInfo, actor: Actor, now: datetime
) -> int:
    """A part of the people; the next part is announced. How many were told."""
    scheme = schemes.scheme_for(session, cmd.scheme, cmd.month)
    ids = _people(session, cmd)
    if scheme is None or not ids:
        return 0
    if len(ids) == PEOPLE_AT_ONCE:
        announce_telling(session, cmd.scheme, cmd.month, cmd.products, after=ids[-1])
    book = price_book(session, cmd.scheme, cmd.month.plus(-1))
    day = first_day_for(cmd.month, now.astimezone(zone).date())
    same: dict[_Change, list[int]] = {}
    for person in facts_to_sell(session, ids, book.wide(scheme), cmd.month):
        change = _change(book, scheme, cmd, person, day)
        if change is not None:
            same.setdefault(change, []).append(person.employee_id)
    texts = {text.code: text for text in book.texts.values()}
    return sum(
        notices.tell(session, _tell(cmd, change, who, texts, scheme), actor=actor, now=now)
        for change, who in same.items()
    )


def _people(session: Session, cmd: TellEmployees) -> Sequence[int]:
    return session.scalars(
        select(Employment.employee_id)
        .where(
            Employment.employee_id > cmd.after,
            Employment.scheme == cmd.scheme,
            Employment.valid_from <= cmd.month.last,
            Employment.superseded_at.is_(None),
        )
        .distinct()
        .order_by(Employment.employee_id)
        .limit(PEOPLE_AT_ONCE)
    ).all()


def _change(
    book: PriceBook, scheme: Scheme, cmd: TellEmployees, person: Person, day: date
) -> _Change | None:
    month = cmd.month
    products, began, over = [], set(), set()
    for code, product in scheme.products.items():
        if code not in cmd.products:
            continue
        was, now = book.at(code, month.plus(-1)), book.at(code, month)
        found = _both(scheme, product, person, month, day, was, now)
        if found is None or found[0].minor == found[1].minor:
            continue
        products.append(code)
        before, after = ({step.code for step in each.steps} for each in found)
        began |= after - before
        over |= before - after
    if not products:
        return None
    codes = {text.code for text in book.texts.values()}
    return _Change(tuple(products), tuple(sorted(began & codes)), tuple(sorted(over & codes)))


def _both(
    scheme: Scheme,
    product: Product,
    person: Person,
    month: Month,
    day: date,
    was: Steering,
    now: Steering,
) -> tuple[Adjusted, Adjusted] | None:
    """One unit by the rules of both months, with the facts of the later; `None`: not for them, or
    nothing changes it."""
    if not (was.row or now.row) and was.bounds == now.bounds:
        return None
    try:
        if not offered(scheme, product, person, month, day).eligible:
            return None
        exact: Decimal = unit_price(scheme, product, person, month, day).exact
    except BudgetNotComputable:
        return None
    before, after = (
        price(exact, each.held(scheme, product, person, month, day), each.bounds, NO_FACTS)
        for each in (was, now)
    )
    return before, after


def _tell(
    cmd: TellEmployees,
    change: _Change,
    employee_ids: Sequence[int],
    texts: dict[str, RuleText],
    scheme: Scheme,
) -> notices.Tell:
    return notices.Tell(
        kind=CHANGED,
        subject=f"price_list:{cmd.scheme}:{cmd.month}",
        # What waited for an indicator is published later, and told then by itself.
        key=f"price_list:{cmd.scheme}:{cmd.month}:{','.join(change.products)}",
        employee_ids=employee_ids,
        data={
            "month": str(cmd.month),
            "products": [dict(scheme.products[code].names) or {"en": code}
                         for code in change.products],
            "codes": list(change.products),
            "says": [dict(texts[code].says) for code in change.began],
            "over": [dict(texts[code].name) for code in change.over],
        },
    )  # fmt: skip
