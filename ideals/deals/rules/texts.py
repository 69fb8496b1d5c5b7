"""What people write in an offer, a message, a reason: made one form, and kept readable.

Line ends become one kind, letters are composed (NFC), space around goes. Marks that say in which
direction a word is read are kept; those that turn what follows around are refused, because 100
could then be read as 001 in a letter that is signed.
"""

from __future__ import annotations

import unicodedata

from ideals.kernel.said import Said
from ideals.kernel.said import say as _

LONGEST_LINE = 200
LONGEST_TEXT = 5_000
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_CHARACTERS = frozenset("\ufffe\uffff")
_ROOM_TO_COMPOSE = 4


def cleaned(text: str) -> str:
    """In one form; empty when nothing in it can be seen."""
    made = "\n".join(unicodedata.normalize("NFC", text).splitlines()).strip()
    return made if any(unicodedata.category(each)[0] in "LNPS" for each in made) else ""


def wrong_with(text: str, longest: int, *, lines: bool = True) -> tuple[Said, Said] | None:
    """What was found in a cleaned text, and what would be right; `lines`: it may have several."""
    if len(text) > longest:
        return too_long(len(text), longest)
    if not lines and "\n" in text:
        return _("several lines"), _("one line is needed here")
    if any(each in _TURNS for each in text):
        return (
            _("a mark that turns the direction of reading around"),
            _("write it without; languages from right to left need none"),
        )
    if any(_is_no_text(each) for each in text):
        return _("a control character"), _("letters, digits and marks are needed")
    return None


def too_long(length: int, longest: int) -> tuple[Said, Said]:
    return (
        _("%(count)s characters", count=f"{length:,}"),
        _("at most %(most)s characters", most=f"{longest:,}"),
    )


def far_too_long(text: str, longest: int) -> bool:
    """No way of writing it shorter would help: not worth the cleaning."""
    return len(text) > _ROOM_TO_COMPOSE * longest


def _is_no_text(each: str) -> bool:
    if each in "\n\t":
        return False
    return each in _NO_CHARACTERS or unicodedata.category(each) in ("Cc", "Cs")
