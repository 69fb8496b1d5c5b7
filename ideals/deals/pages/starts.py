"""Templates in the guided start, and the form that begins with one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from ideals.deals.queries import before
from ideals.deals.queries.starting import offer_from
from ideals.kernel.month import Month
from ideals.schemes.rules.scheme import named
from ideals.web.language import language

AHEAD = 3
"""Months: the first day that is suggested leaves the two that the Flexible Working Act asks for."""


@dataclass(frozen=True, slots=True)
class Start:
    code: str
    name: str
    says: str


def starts(session: Session) -> list[Start]:
    """What HR publishes, in the reader's language, or else in any."""
    return [
        Start(row.code, _said(row.names, row.code), _said(row.says, ""))
        for row in before.templates_in_force(session)
    ]


def started_with(session: Session, code: str, today: date) -> tuple[str, dict[str, Any]]:
    """The name of a deal, with its first offer to fill in and change. Raises `KeptUnknown`."""
    row = before.template_of(session, code)
    first = Month.of(today).plus(AHEAD).first
    return _said(row.names, row.code), offer_from(session, code, first, language())


def _said(texts: dict[str, str], otherwise: str) -> str:
    return named(texts, language(), next(iter(texts.values()), otherwise))
