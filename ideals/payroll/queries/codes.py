"""The codes HR keeps, and the things that need one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.kernel.month import Month
from ideals.payroll.models import Batch, Code, Item
from ideals.payroll.rules.codes import ALWAYS, Coded, Kept, Thing, code_of, things_of
from ideals.payroll.states import LineKind
from ideals.schemes import queries as schemes


def kept_codes(session: Session) -> list[Kept]:
    """In force from some month on, by what they are of and when they begin."""
    rows = session.scalars(
        select(Code)
        .where(Code.superseded_at.is_(None))
        .order_by(Code.kind, Code.item, Code.first_month)
    )
    return [Kept(LineKind(row.kind), row.item, row.first_month, row.code, row.name) for row in rows]


@dataclass(frozen=True, slots=True)
class CodeNow:
    """A thing and its code in a month. `since`: from when, where HR gave one; `coming`: the codes
    that follow."""

    kind: LineKind
    item: str
    coded: Coded
    since: Month | None
    coming: tuple[Kept, ...]


def codes_in(session: Session, month: Month) -> list[CodeNow]:
    """Everything that the schemes in force sell, that a batch ever had, or that has a code."""
    kept = kept_codes(session)
    sold = {
        thing
        for scheme in schemes.latest_schemes(session)
        for product in scheme.products.values()
        for thing in things_of(product)
    }
    seen = {
        (LineKind(kind), item)
        for kind, item in session.execute(select(Item.kind, Item.item).distinct())
    }
    named = {(each.kind, each.item) for each in kept if each.item}
    order = list(LineKind)
    things = sorted({*ALWAYS, *sold, *seen, *named}, key=lambda t: (order.index(t[0]), t[1]))
    return [_code_now(thing, month, kept) for thing in things]


def _code_now(thing: Thing, month: Month, kept: list[Kept]) -> CodeNow:
    kind, item = thing
    coded = code_of(kind, item, month, kept)
    own = [each for each in kept if each.kind is kind and each.item in (item, "")]
    since = max(
        (
            each.first_month
            for each in own
            if each.first_month <= month and (each.code, each.name) == (coded.code, coded.name)
        ),
        default=None,
    )
    coming = tuple(each for each in own if each.first_month > month)
    return CodeNow(kind, item, coded, since, coming)


def first_free_month(session: Session) -> Month | None:
    """The earliest month that a code can still be given from; `None` while there is no batch."""
    last = session.scalar(select(func.max(Batch.month)))
    return None if last is None else last.plus(1)


def product_names(session: Session) -> Mapping[str, Mapping[str, str]]:
    """Of every product that a scheme in force sells, its names by language."""
    return {
        product.code: product.names
        for scheme in schemes.latest_schemes(session)
        for product in scheme.products.values()
    }
