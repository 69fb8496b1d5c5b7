"""A text that remembers how it was made, so that it can be said again in another language.

Values below the web know no languages: they speak English. What people read on pages is made with
`say`, imported as `_` where the collector of translatable texts shall find it; pages look the
template up in the reader's language and fill it again.
"""

from __future__ import annotations

from collections.abc import Mapping


class Said(str):
    """English for every use as a text, with the template and values it came from."""

    template: str
    values: Mapping[str, object]


def say(template: str, **values: object) -> Said:
    """`template` with its `%(name)s` filled; without values it is taken as it stands."""
    said = Said(template % values if values else template)
    said.template = template
    said.values = values
    return said


class Texts(str):
    """What somebody wrote in several languages: English, or else the first, for every use as a
    text. Pages show the reader's."""

    by_language: Mapping[str, str]

    @classmethod
    def of(cls, by_language: Mapping[str, str]) -> Texts:
        texts = cls(by_language.get("en") or next(iter(by_language.values()), ""))
        texts.by_language = dict(by_language)
        return texts

    def read_in(self, language: str) -> str:
        return self.by_language.get(language) or str(self)
