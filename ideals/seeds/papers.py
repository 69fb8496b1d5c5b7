"""Offers, bills and statements that Meridian's people hand in: small, and readable by HR."""

from __future__ import annotations

import io
from datetime import date
from enum import StrEnum

from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

from ideals.kernel.money import Money

MARGIN, LINE = 48, 20


class Paper(StrEnum):
    """What it is, as it stands on it."""

    BICYCLE = "Offerte fiets / Offer for a bicycle"
    TICKET = "Rekening abonnement / Bill of a season ticket"
    UNION = "Opgave contributie / Statement of union dues"
    COURSE = "Rekening opleiding / Bill of a course"


def paper(kind: Paper, name: str, amount_minor: int, day: date) -> bytes:
    """A PDF of one page; the same of the same."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A5, invariant=1)
    lines = (kind.value, "", name, f"EUR {Money(amount_minor)}", str(day), "", "Illustrative.")
    for place, line in enumerate(lines):
        canvas.drawString(MARGIN, A5[1] - MARGIN - place * LINE, line)
    canvas.save()
    return file.getvalue()
