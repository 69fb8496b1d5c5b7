"""Templates: the start of an offer that HR publishes. What comes of one stays negotiable.

A template holds terms, for how many months, and words by language; its days follow from the first
day of the offer it starts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ideals.deals.rules import offers
from ideals.deals.rules.law import moved_by
from ideals.deals.rules.texts import LONGEST_LINE
from ideals.deals.rules.values import Fault, Reader, what
from ideals.deals.states import TermKind, Visibility
from ideals.kernel.month import Month
from ideals.kernel.said import say as _

KEYS = ("code", "names", "says", "text")
WORDS = (
    "employee_gets",
    "employer_gets",
    "colleagues",
    "departs_from",
    "reason",
    "ends_early",
)
TEXT_KEYS = ("terms", "months", "evaluate_after_months", "visibility", "words")
MOST_MONTHS = 120
MOST_LANGUAGES = 20
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGE = re.compile(r"[a-z]{2}")
_TRIED_ON = date(2030, 1, 1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Template:
    """`names` and `says` by language. `months`: how long the deal is; `None`: without a last day.
    `words`: the texts of the offer, by language."""

    code: str
    names: Mapping[str, str]
    says: Mapping[str, str]
    terms: tuple[Mapping[str, Any], ...]
    months: int | None
    evaluate_after_months: int
    visibility: Visibility
    words: Mapping[str, Mapping[str, str]]


def read(plain: object) -> Template | list[Fault]:
    """A template of plain data, or every fault. Its terms are tried in an offer."""
    if not isinstance(plain, Mapping):
        return [Fault("", what(plain), _("a template with its keys is needed"))]
    reader = Reader("", plain)
    reader.known(KEYS)
    code = reader.text("code", lines=False)
    if not _CODE.fullmatch(code):
        reader.wrong(
            "code",
            _("a code is small letters, digits and _, starts with a letter, at most 40 long"),
        )
    names = _by_language(reader, "names", longest=LONGEST_LINE)
    says = _by_language(reader, "says")
    text = reader.inner("text")
    text.known(TEXT_KEYS)
    months = None if text.plain.get("months") is None else text.whole("months", 1, MOST_MONTHS)
    after = text.whole("evaluate_after_months", 1, MOST_MONTHS)
    if months is not None and after > months:
        text.wrong("evaluate_after_months", _("not after the last month of the deal"))
    template = Template(
        code=code,
        names=names,
        says=says,
        terms=_terms(text),
        months=months,
        evaluate_after_months=after,
        visibility=text.member("visibility", Visibility, Visibility.PARTIES),
        words=_words(text),
    )
    if not reader.faults:
        tried = offers.read(started(template, _TRIED_ON, next(iter(names))))
        if isinstance(tried, list):
            return [Fault(f"text.{each.path}", each.found, each.expected) for each in tried]
    return reader.faults or template


def _terms(reader: Reader) -> tuple[Mapping[str, Any], ...]:
    terms = reader.plain.get("terms")
    if not isinstance(terms, list) or not terms or not all(isinstance(t, Mapping) for t in terms):
        reader.wrong("terms", _("one term or more is needed"))
        return ()
    return tuple(terms)


def _words(reader: Reader) -> Mapping[str, Mapping[str, str]]:
    inner = reader.inner("words")
    made = {}
    for language in _languages(inner, needed=False):
        words = inner.inner(language)
        words.known(WORDS)
        made[language] = {key: said for key in WORDS if (said := words.text(key))}
    return made


def _by_language(reader: Reader, key: str, longest: int = 5_000) -> Mapping[str, str]:
    inner = reader.inner(key)
    needed = _("say it in one language or more, by its two letters")
    one_line = longest == LONGEST_LINE
    return {
        language: inner.text(language, longest, lines=not one_line, needed=needed)
        for language in _languages(inner)
    }


def _languages(inner: Reader, *, needed: bool = True) -> list[str]:
    right = _("say it in one language or more, by its two letters")
    if (needed and not inner.plain) or len(inner.plain) > MOST_LANGUAGES:
        inner.faults.append(Fault(inner.path, what(inner.plain), right))
        return []
    found = []
    for key in inner.plain:
        if isinstance(key, str) and _LANGUAGE.fullmatch(key):
            found.append(key)
        else:
            short = str(key)[:LONGEST_LINE]
            inner.fault(short, _("%(key)s is not a language", key=repr(short)), right)
    return found


def plain_of_template(template: Template) -> dict[str, Any]:
    """The `text` of one, as `read` takes it."""
    plain: dict[str, Any] = {
        "terms": [dict(term) for term in template.terms],
        "evaluate_after_months": template.evaluate_after_months,
        "visibility": template.visibility.value,
        "words": {language: dict(words) for language, words in template.words.items()},
    }
    if template.months is not None:
        plain["months"] = template.months
    return plain


def started(template: Template, starts_on: date, language: str) -> dict[str, Any]:
    """The offer that it starts, as plain data, in that language or else in any that it has. What is
    missing in it is for the two to fill in."""
    words = template.words.get(language) or next(iter(template.words.values()), {})
    evaluate_on = moved_by(starts_on, template.evaluate_after_months)
    ends_on = None if template.months is None else moved_by(starts_on, template.months) - _DAY
    made: dict[str, Any] = {
        "terms": [_dated(term, starts_on, ends_on) for term in template.terms],
        **words,
        "starts_on": starts_on.isoformat(),
        "evaluate_on": min(evaluate_on, ends_on or evaluate_on).isoformat(),
        "visibility": template.visibility.value,
    }
    if ends_on is not None:
        made["ends_on"] = ends_on.isoformat()
    return made


def _dated(term: Mapping[str, Any], starts_on: date, ends_on: date | None) -> dict[str, Any]:
    """Leave lasts as long as the deal, and a bonus is due in its last month, unless it is said."""
    made = dict(term)
    last = ends_on or moved_by(starts_on, 12) - _DAY
    if made.get("kind") == TermKind.LEAVE:
        made.setdefault("ends_on", last.isoformat())
    if made.get("kind") == TermKind.BONUS:
        made.setdefault("due_month", str(Month.of(last)))
    return made
