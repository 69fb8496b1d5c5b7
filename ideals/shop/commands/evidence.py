"""Files that show what was bought: kept with the order, looked at by HR."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals import audit
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.shop import queries
from ideals.shop.commands import asking
from ideals.shop.errors import EvidenceNotAsked, EvidenceUnusable
from ideals.shop.models import Evidence, Order
from ideals.shop.rules import MOST_FILES, checked_media_type
from ideals.shop.rules.evidence import ENDINGS
from ideals.shop.states import OrderState, Waits


@dataclass(frozen=True, slots=True)
class NewEvidence:
    """Nothing else of a file counts: neither its name nor what the browser says it is."""

    content: bytes


@dataclass(frozen=True, slots=True)
class UploadEvidence:
    order_id: UUID
    content: bytes


def upload_evidence(
    session: Session, cmd: UploadEvidence, *, actor: Actor, now: datetime
) -> Evidence:
    """Add a file to an order that waits for evidence, and ask HR to look. The same file again
    changes nothing.

    Raises `EvidenceUnusable`, `EvidenceNotAsked`, `OrderUnknown`.
    """
    order = queries.lock_order(session, cmd.order_id)
    waits = set(order.waits_for)
    if order.state != OrderState.HELD or not waits & {Waits.EVIDENCE, Waits.CHECK}:
        raise EvidenceNotAsked("This order does not wait for evidence.")
    evidence = keep(session, order, NewEvidence(cmd.content), actor=actor, now=now)
    if Waits.EVIDENCE in waits:
        order.waits_for = sorted(waits - {Waits.EVIDENCE} | {Waits.CHECK})
        order.check_id = asking.ask_to_look(session, order, actor=actor, now=now)
    return evidence


def keep(
    session: Session, order: Order, new: NewEvidence, *, actor: Actor, now: datetime
) -> Evidence:
    """Under the order's lock, or with an order that nobody else sees yet."""
    media_type = checked_media_type(new.content)
    digest = sha256(new.content).hexdigest()
    there = session.scalars(select(Evidence).where(Evidence.order_id == order.id)).all()
    for evidence in there:
        if evidence.digest == digest:
            return evidence
    if len(there) >= MOST_FILES:
        raise EvidenceUnusable(
            f"An order takes {MOST_FILES} files; put the rest into one of them.", why="too_many"
        )
    evidence = Evidence(
        id=new_id(),
        order_id=order.id,
        file_name=f"evidence-{order.number}-{len(there) + 1}.{ENDINGS[media_type]}",
        media_type=media_type.value,
        size=len(new.content),
        digest=digest,
        content=new.content,
        uploaded_at=now,
        uploaded_by=actor.name,
    )
    session.add(evidence)
    audit.record(
        session,
        "shop.evidence_uploaded",
        order.source,
        actor=actor,
        now=now,
        evidence=str(evidence.id),
    )
    return evidence
