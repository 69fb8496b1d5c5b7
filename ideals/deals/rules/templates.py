"""Templates: the start of an offer that HR publishes. What comes of one stays negotiable.

The text of a template is part of an offer without days. These follow from the first day of the
offer that it starts: `months` says how long the deal is, `evaluate_after_months` when both look
back. `words` holds texts of the offer by language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from ideals.deals.rules import offers
from ideals.deals.rules.law import moved_by
from ideals.deals.rules.texts import LONGEST_LINE
from ideals.deals.rules.values import Fault, Reader
from ideals.deals.states import TermKind, Visibility
from ideals.kernel.month import Month
from ideals.kernel.said import say as _

WORDS = (
    "employee_gets",
    "employer_gets",
    "colleagues",
    "departs_from",
    "reason",
    "ends_early",
)
OF_TEMPLATES = ("months", "evaluate_after_months", "words")
MOST_MONTHS = 120
MOST_LANGUAGES = 20
EVALUATE_AFTER = 6
_LANGUAGE = re.compile(r"[a-z]{2}")
_TRIED_ON = date(2030, 1, 1)
_DAY = timedelta(days=1)
_YEAR = 12


def faults_of(reader: Reader) -> list[Fault]:
    """Of the text of a template: what is wrong in it, and in the offer that it would start."""
    reader.known((*offers.KEYS, *OF_TEMPLATES))
    months = reader.whole("months", 1, MOST_MONTHS, default=MOST_MONTHS)
    after = reader.whole("evaluate_after_months", 1, MOST_MONTHS, default=1)
    if after > months:
        reader.wrong("evaluate_after_months", _("not after the last month of the deal"))
    _check_words(reader)
    wrong = [fault.path for fault in reader.faults]
    sound = {
        key: value
        for key, value in reader.plain.items()
        if key in offers.KEYS
        or (key in OF_TEMPLATES and not any(_within(reader.at(key), path) for path in wrong))
    }
    tried = offers.read(started(sound, _TRIED_ON, ""))
    found = tried if isinstance(tried, list) else []
    reader.faults.extend(
        Fault(f"{reader.path}.{each.path}", each.found, each.expected) for each in found
    )
    return reader.faults


def _within(place: str, path: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))


def _check_words(reader: Reader) -> None:
    inner = reader.inner("words")
    right = _("say it in one language or more, by its two letters")
    for key in list(inner.plain)[:MOST_LANGUAGES]:
        if isinstance(key, str) and _LANGUAGE.fullmatch(key):
            words = inner.inner(key)
            words.known(WORDS)
            for word in WORDS:
                words.text(word)
        else:
            short = str(key)[:LONGEST_LINE]
            inner.fault(short, _("%(key)s is not a language", key=repr(short)), right)


def started(text: Mapping[str, Any], starts_on: date, language: str) -> dict[str, Any]:
    """The offer that it starts, as plain data, in that language or else in any that it has. What is
    missing in it is for the two to fill in."""
    by_language: Mapping[str, Mapping[str, str]] = text.get("words") or {}
    words: Mapping[str, str] = by_language.get(language) or next(iter(by_language.values()), {})
    months = text.get("months")
    ends_on = None if months is None else moved_by(starts_on, months) - _DAY
    after = text.get("evaluate_after_months") or min(EVALUATE_AFTER, months or EVALUATE_AFTER)
    evaluate_on = moved_by(starts_on, after)
    made: dict[str, Any] = {
        "visibility": Visibility.PARTIES.value,
        **{key: value for key, value in text.items() if key not in OF_TEMPLATES},
        **words,
        "starts_on": starts_on.isoformat(),
        "evaluate_on": min(evaluate_on, ends_on or evaluate_on).isoformat(),
    }
    terms = text.get("terms")
    if isinstance(terms, list):
        made["terms"] = [_dated(term, starts_on, ends_on) for term in terms]
    if ends_on is not None:
        made["ends_on"] = ends_on.isoformat()
    return made


def _dated(term: Any, starts_on: date, ends_on: date | None) -> Any:
    """Leave lasts as long as the deal, and a bonus is due in its last month, unless it is said."""
    if not isinstance(term, Mapping):
        return term
    made = dict(term)
    last = ends_on or moved_by(starts_on, _YEAR) - _DAY
    if made.get("kind") == TermKind.LEAVE:
        made.setdefault("ends_on", last.isoformat())
    if made.get("kind") == TermKind.BONUS:
        made.setdefault("due_month", str(Month.of(last)))
    return made
