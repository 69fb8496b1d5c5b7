"""Keep the letter of an agreed offer, as it was made and for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ideals import outbox
from ideals.deals.models import Deal, Letter
from ideals.kernel.actor import Actor

WRITE_LETTERS = "deals.write_letters"


@dataclass(frozen=True, slots=True)
class KeepLetter:
    """`content`: the file."""

    deal_id: UUID
    offer: int
    language: str
    content: bytes


def ask_for_letters(session: Session, deal: Deal, offer: int) -> None:
    """Both have accepted: paper takes its time, so it is made after the commit."""
    outbox.announce(session, WRITE_LETTERS, deal=str(deal.id), offer=offer)


def keep_letter(session: Session, cmd: KeepLetter, *, actor: Actor, now: datetime) -> None:
    """Once of an offer and language: what is there stays."""
    del actor
    row = {
        "deal_id": cmd.deal_id,
        "offer": cmd.offer,
        "language": cmd.language,
        "content": cmd.content,
        "digest": sha256(cmd.content).hexdigest(),
        "made_at": now,
    }
    session.execute(insert(Letter).values(row).on_conflict_do_nothing())
