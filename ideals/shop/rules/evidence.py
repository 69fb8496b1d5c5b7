"""What an uploaded file is, by its content: its name and what the browser calls it say nothing."""

from __future__ import annotations

from enum import StrEnum

from ideals.shop.errors import EvidenceUnusable

LARGEST_FILE = 5 * 1024 * 1024
MOST_FILES = 5
"""Of one order."""


class MediaType(StrEnum):
    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"


ENDINGS = {MediaType.PDF: "pdf", MediaType.PNG: "png", MediaType.JPEG: "jpg"}
_BEGINNINGS = {
    b"%PDF-1.": MediaType.PDF,
    b"%PDF-2.": MediaType.PDF,
    b"\x89PNG\r\n\x1a\n": MediaType.PNG,
    b"\xff\xd8\xff": MediaType.JPEG,
}
_ENDS = {
    MediaType.PDF: (b"%%EOF",),
    MediaType.PNG: (b"IEND\xaeB`\x82",),
    MediaType.JPEG: (b"\xff\xd9",),
}
_END_WITHIN = 1024
"""Programs write a little behind the end of a file; more than that is another file hidden there."""


def checked_media_type(content: bytes) -> MediaType:
    """Begins and ends as such a file does. Raises `EvidenceUnusable`."""
    if not content:
        raise EvidenceUnusable("The file is empty.", why="empty")
    if len(content) > LARGEST_FILE:
        raise EvidenceUnusable("The file is larger than 5 MB.", why="too_large")
    for beginning, kind in _BEGINNINGS.items():
        if content.startswith(beginning):
            if any(end in content[-_END_WITHIN:] for end in _ENDS[kind]):
                return kind
            raise EvidenceUnusable("The file is cut off, or is two files in one.", why="broken")
    raise EvidenceUnusable("Send a PDF, a PNG or a JPEG.", why="type")
