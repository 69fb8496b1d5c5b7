"""Pages of paper: A4 with a head and a foot that counts them, in a font that comes with reportlab.

The same words make the same bytes: a file holds neither a moment nor a name of its own.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from flask_babel import gettext
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

from ideals.web.language import language

MARGIN = 20 * mm
PADDING = 6
"""Points that reportlab keeps free inside its margins."""
_INK, _QUIET, _LINE = HexColor("#1b1f23"), HexColor("#5b646d"), HexColor("#d9d5cc")
_FONT, _BOLD = "Vera", "VeraBd"


def pdf(story: list[Flowable], *, title: str, head: str, foot: str) -> bytes:
    """`head` stands at the top of every page, `foot` at its end beside the count."""
    fonts()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=MARGIN + 8 * mm,
        bottomMargin=MARGIN,
        title=printable(title),
        author="Ideals",
        lang=language(),
        invariant=1,
    )
    document.build(story, canvasmaker=_pages(printable(head), printable(foot)))
    return file.getvalue()


@cache
def fonts() -> TTFont:
    """Bitstream Vera, which comes with reportlab and holds the euro sign and most accents."""
    regular = TTFont(_FONT, "Vera.ttf")
    pdfmetrics.registerFont(regular)
    pdfmetrics.registerFont(TTFont(_BOLD, "VeraBd.ttf"))
    pdfmetrics.registerFontFamily(_FONT, normal=_FONT, bold=_BOLD, italic=_FONT, boldItalic=_BOLD)
    return regular


def printable(text: str) -> str:
    """A letter that the font lacks is written without its accent, and what is left as `?`."""
    return "".join(map(_sign, text))


def lacks(text: str) -> bool:
    """Whether something of it is written as `?`, or without its accent."""
    return any(letter not in "\n\t" and _sign(letter) != letter for letter in text)


@cache
def _sign(letter: str) -> str:
    glyphs = fonts().face.charToGlyph
    if ord(letter) in glyphs:
        return letter
    plain = unicodedata.normalize("NFKD", letter)
    return "".join(each for each in plain if ord(each) in glyphs) or "?"


@cache
def styles() -> dict[str, ParagraphStyle]:
    text = ParagraphStyle("text", fontName=_FONT, fontSize=9, leading=13, textColor=_INK)

    def like(name: str, **changes: Any) -> ParagraphStyle:
        return ParagraphStyle(name, parent=text, **changes)

    return {
        "text": text,
        "number": like("number", alignment=TA_RIGHT),
        "bold": like("bold", fontName=_BOLD),
        "bold number": like("bold number", fontName=_BOLD, alignment=TA_RIGHT),
        "quiet": like("quiet", textColor=_QUIET, fontSize=8, leading=12),
        "quiet number": like(
            "quiet number", textColor=_QUIET, fontSize=8, leading=12, alignment=TA_RIGHT
        ),
        "title": like("title", fontName=_BOLD, fontSize=18, leading=24),
        "lead": like("lead", fontSize=11, leading=16, textColor=_QUIET),
        "head": like(
            "head",
            fontName=_BOLD,
            fontSize=12,
            leading=16,
            spaceBefore=16,
            spaceAfter=4,
            keepWithNext=1,
        ),
        "subhead": like(
            "subhead", fontName=_BOLD, fontSize=10, leading=14, spaceBefore=8, keepWithNext=1
        ),
        "over": like("over", textColor=_QUIET, fontSize=8, leading=12, keepWithNext=1),
        "name": like("name", fontName=_BOLD, keepWithNext=1),
    }


def text(words: str, style: str = "text") -> Paragraph:
    lines = words.replace("\t", " ").split("\n")
    return Paragraph("<br/>".join(escape(printable(line)) for line in lines), styles()[style])


def table(
    rows: Sequence[Sequence[str]], widths: tuple[float, ...], *, total: bool = False
) -> Table:
    """The first row is the head, the last column figures (of four, all but the first); `total`: the
    last row is a sum."""

    first_figures = 1 if len(widths) == 4 else len(widths) - 1

    def cell(row: int, column: int, words: str) -> Paragraph:
        figures = " number" if column >= first_figures else ""
        if row == 0:
            return text(words, f"quiet{figures}")
        bold = total and row == len(rows) - 1
        kind = f"bold{figures}" if bold else figures.strip() or "text"
        return text(words, kind)

    cells = [
        [cell(row, column, words) for column, words in enumerate(line)]
        for row, line in enumerate(rows)
    ]
    return Table(
        cells,
        colWidths=widths,
        repeatRows=1,
        hAlign="LEFT",
        style=[
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ],
    )


def pairs(rows: Sequence[tuple[str, str]]) -> Table:
    """Labels with what they are about, line by line."""
    return Table(
        [[text(label, "quiet"), text(said)] for label, said in rows],
        colWidths=(45 * mm, 125 * mm),
        hAlign="LEFT",
        style=[
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ],
    )


def _pages(whose: str, made: str) -> type[Canvas]:
    """Pages with a head and a foot that counts them; how many there are is known at the end."""

    class Numbered(Canvas):  # type: ignore[misc] # reportlab is not typed
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._kept, start=1):
                self.__dict__.update(page)
                self._frame(number, len(self._kept))
                super().showPage()
            super().save()

        def _frame(self, number: int, of: int) -> None:
            width, height = A4
            left, right = MARGIN, width - MARGIN
            self.setFillColor(_INK)
            self.setFont(_BOLD, 10)
            self.drawString(left, height - MARGIN, "Ideals")
            self.setFillColor(_QUIET)
            self.setFont(_FONT, 8)
            self.drawRightString(right, height - MARGIN, whose)
            self.drawString(left, MARGIN - 8 * mm, made)
            count = gettext("page %(number)s of %(of)s", number=number, of=of)
            self.drawRightString(right, MARGIN - 8 * mm, printable(str(count)))

    return Numbered
