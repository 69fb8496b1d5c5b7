"""The reader's language, and translations read straight from the `.po` files: nothing to compile.

English is the language of the source; `ideals/translations/nl` holds the Dutch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, Domain, force_locale, get_locale

from ideals.web.actor import present_actor

LANGUAGES = {"nl": "Nederlands", "en": "English"}
COOKIE = "language"
FOLDER = Path(__file__).resolve().parent.parent / "translations"


class PoDomain(Domain):  # type: ignore[misc] # Flask-Babel is not typed
    def get_translations(self) -> NullTranslations:
        return translations_of(str(get_locale()))


@cache
def translations_of(language: str) -> NullTranslations:
    path = FOLDER / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled, domain="messages")


def init_language(app: Flask) -> None:
    babel = Babel()
    babel.init_app(app, default_locale=app.config["IDEALS_LANGUAGE"], locale_selector=language)
    babel.domain_instance = PoDomain()


def language() -> str:
    """What `speaking` says, else chosen in this browser, else kept with the user, else the
    browser's own, else the house's."""
    spoken: str | None = g.get("spoken")
    if spoken is not None:
        return spoken
    default: str = current_app.config["IDEALS_LANGUAGE"]
    if not has_request_context():
        return default
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    actor = present_actor()
    if actor is not None and actor.language in LANGUAGES:
        return actor.language
    wanted = (tag.partition("-")[0].lower() for tag in request.accept_languages.values())
    return next((tag for tag in wanted if tag in LANGUAGES), default)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Texts, figures and days in this language while the block lasts, whoever asks: for mail."""
    before: str | None = g.get("spoken")
    with force_locale(language):
        g.spoken = language
        try:
            yield
        finally:
            g.spoken = before
