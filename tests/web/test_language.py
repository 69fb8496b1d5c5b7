"""Translations are complete: every text of the source has its Dutch, with the same blanks."""

from __future__ import annotations

import re

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from ideals.web.language import FOLDER, translations_of
from tests.web.conftest import repo_path

METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


def texts_of_the_source() -> set[str]:
    found = extract_from_dir(repo_path("ideals"), METHODS, keywords=KEYWORDS)
    texts: set[str] = set()
    for _, _, message, _, _ in found:
        texts.update([message] if isinstance(message, str) else message)
    return texts


def test_every_text_has_its_dutch_with_the_same_blanks() -> None:
    with (FOLDER / "nl" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        dutch = {m.id: m for m in read_po(file, locale="nl") if m.id and isinstance(m.id, str)}
    texts = texts_of_the_source()
    assert "Sign out" in texts
    assert sorted(texts - dutch.keys()) == [], "not in messages.po"
    for text in texts:
        message = dutch[text]
        assert message.string, text
        assert not message.fuzzy, text
        assert _blanks(str(message.string)) == _blanks(text), text


def _blanks(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s", text))


def test_dutch_is_read_from_its_file_and_english_is_the_source() -> None:
    assert translations_of("nl").gettext("Sign out") == "Afmelden"
    assert translations_of("en").gettext("Sign out") == "Sign out"
