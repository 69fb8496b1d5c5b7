"""Translations are complete: every text of the source has its Dutch, with the same blanks."""

from __future__ import annotations

import re

from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from ideals.web.language import FOLDER, translations_of
from tests.web.conftest import repo_path

METHODS = [
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2"),
    ("**/templates/**.txt", "jinja2"),
]
KEYWORDS = {
    "_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2),
    "lazy_pgettext": ((1, "c"), 2),
}  # fmt: skip
Text = tuple[str | None, str]
"""Where it is used, when the word is another one there; and the text."""


def texts_of_the_source() -> set[Text]:
    found = extract_from_dir(repo_path("ideals"), METHODS, keywords=KEYWORDS)
    texts: set[Text] = set()
    for _, _, message, _, context in found:
        every = [message] if isinstance(message, str) else message
        texts.update((context, each) for each in every)
    return texts


def test_every_text_has_its_dutch_with_the_same_blanks() -> None:
    with (FOLDER / "nl" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        dutch = dict(pair for message in read_po(file, locale="nl") for pair in _pairs(message))
    texts = texts_of_the_source()
    assert {(None, "Sign out"), ("navigation", "Payroll")} <= texts
    assert sorted(texts - dutch.keys(), key=str) == [], "not in messages.po"
    for text in texts:
        assert dutch[text], text
        assert _blanks(dutch[text]) == _blanks(text[1]), text


def _pairs(message: Message) -> list[tuple[Text, str]]:
    """(English, Dutch), one pair for each of the two numbers; nothing when it is only a guess."""
    if not message.id or message.fuzzy:
        return []
    if isinstance(message.id, str):
        return [((message.context, message.id), str(message.string))]
    texts = [(message.context, each) for each in message.id]
    return list(zip(texts, message.string, strict=True))


def _blanks(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s", text))


def test_dutch_is_read_from_its_file_and_english_is_the_source() -> None:
    assert translations_of("nl").gettext("Sign out") == "Afmelden"
    assert translations_of("en").gettext("Sign out") == "Sign out"
