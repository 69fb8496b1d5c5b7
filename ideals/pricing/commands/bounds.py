"""The least and the most that one unit of a product may cost, whatever rules say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.kernel.money import Money
from ideals.pricing import policy
from ideals.pricing.errors import BoundsCrossed, BoundsMovedOn
from ideals.pricing.models import ProductBounds
from ideals.pricing.queries.numbers import NO_BOUNDS_YET, check_bounded


@dataclass(frozen=True, slots=True)
class PutBounds:
    """Cents for one unit that no rule may pass; `None`: no bound. `seen`: the version that was
    open while they were written."""

    scheme: str
    product: str
    least_minor: int | None = None
    most_minor: int | None = None
    seen: int = NO_BOUNDS_YET


def put_bounds(session: Session, cmd: PutBounds, *, actor: Actor, now: datetime) -> ProductBounds:
    """For lists that are not published yet; the same again changes nothing.

    Raises `PricesNotYours`, `ProductUnknown`, `BoundsCrossed`, `BoundsMovedOn`.
    """
    policy.check_steers(actor)
    check_bounded(session, cmd.scheme, cmd.product)
    least, most = cmd.least_minor, cmd.most_minor
    below = any(each is not None and each < 0 for each in (least, most))
    if below or (least is not None and most is not None and most < least):
        raise BoundsCrossed("The least lies neither below nothing nor above the most.")
    bounds = _lock_bounds(session, cmd, actor=actor, now=now)
    if (bounds.least_minor, bounds.most_minor) == (least, most):
        return bounds
    if cmd.seen != bounds.version:
        raise BoundsMovedOn(
            "Somebody changed these bounds since you opened them.", current=bounds.version
        )
    before = _told(bounds.least_minor, bounds.most_minor)
    bounds.least_minor, bounds.most_minor = least, most
    bounds.changed_at, bounds.changed_by = now, actor.name
    bounds.version += 1
    audit.record(
        session, "pricing.bounds_put", f"price_bounds:{cmd.scheme}:{cmd.product}", actor=actor,
        now=now, before=before, after=_told(least, most),
    )  # fmt: skip
    return bounds


def _lock_bounds(session: Session, cmd: PutBounds, *, actor: Actor, now: datetime) -> ProductBounds:
    """Without bounds at first, so that two who set the first ones queue as well."""
    key = {"scheme": cmd.scheme, "product": cmd.product}
    none = key | {"version": NO_BOUNDS_YET, "changed_at": now, "changed_by": actor.name}
    session.execute(insert(ProductBounds).values(none).on_conflict_do_nothing())
    return session.get_one(
        ProductBounds, (cmd.scheme, cmd.product), with_for_update=True, populate_existing=True
    )


def _told(least: int | None, most: int | None) -> dict[str, str | None]:
    """Bounds in euros, as the audit tells them."""
    euros = [None if each is None else str(Money(each)) for each in (least, most)]
    return dict(zip(("least", "most"), euros, strict=True))
