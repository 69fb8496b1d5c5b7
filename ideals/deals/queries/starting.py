"""The offer that a template of HR starts."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.deals.errors import KeptUnknown
from ideals.deals.models import Template
from ideals.deals.rules import templates


def offer_from(session: Session, code: str, starts_on: date, language: str) -> dict[str, Any]:
    """As plain data, for the two to fill in and change. Raises `KeptUnknown`."""
    query = select(Template).where(Template.code == code, Template.superseded_at.is_(None))
    row = session.scalar(query)
    if row is None:
        raise KeptUnknown
    return templates.started(row.text, starts_on, language)
