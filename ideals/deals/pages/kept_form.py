"""The forms of clauses and templates: from what was typed to plain data, and back.

Languages that the form has no fields for stay as they were, and so does what HR's form of a
template leaves to the API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask_babel import LazyString, lazy_gettext
from werkzeug.datastructures import MultiDict

from ideals.deals.pages.fields import TermShown, Type, sent_offer, shown_terms
from ideals.web.language import LANGUAGES

TEXTS: Mapping[str, LazyString] = {
    "employee_gets": lazy_gettext("What the employee gets"),
    "employer_gets": lazy_gettext("What the employer gets"),
    "colleagues": lazy_gettext("What it means for colleagues"),
    "departs_from": lazy_gettext("Which rule it takes the place of"),
    "reason": lazy_gettext("Why"),
    "ends_early": lazy_gettext("How either side ends it early"),
}
"""What a template says in words, by language."""
ASKED = ("terms", "months", "evaluate_after_months", "visibility", "words")
DATED = (Type.DAY, Type.MONTH)
"""These follow from the first day of the offer that it starts."""

Sent = MultiDict[str, str]


def sent_clause(form: Sent, code: str | None, there: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": _code(form, code),
        "says": _texts(form, "says", there.get("says", {})),
        "kinds": form.getlist("kinds"),
        "formula": form.get("formula", "").strip(),
    }


def sent_template(form: Sent, code: str | None, there: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "code": _code(form, code),
        "names": _texts(form, "names", there.get("names", {})),
        "says": _texts(form, "says", there.get("says", {})),
        "text": _text(form, there.get("text", {})),
    }


def shown(text: Mapping[str, Any]) -> list[TermShown]:
    """Its terms without their days."""
    return [
        replace(term, fields=tuple(each for each in term.fields if each.type not in DATED))
        for term in shown_terms(text)
    ]


def _code(form: Sent, code: str | None) -> str:
    return form.get("code", "").strip() if code is None else code


def _texts(form: Sent, name: str, there: Mapping[str, str]) -> dict[str, str]:
    """By language; one left empty is not there."""
    made = {key: text for key, text in there.items() if key not in LANGUAGES}
    for each in LANGUAGES:
        if text := form.get(f"{name}-{each}", "").strip():
            made[each] = text
    return made


def _text(form: Sent, there: Mapping[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in there.items() if key not in ASKED}
    made["terms"] = sent_offer(form)["terms"]
    for key in ("months", "evaluate_after_months"):
        if typed := form.get(key, "").strip():
            made[key] = int(typed) if typed.isdecimal() and len(typed) < 6 else typed
    if visibility := form.get("visibility", ""):
        made["visibility"] = visibility
    words = {key: each for key, each in there.get("words", {}).items() if key not in LANGUAGES}
    for language in LANGUAGES:
        typed_here = {key: form.get(f"words-{language}-{key}", "").strip() for key in TEXTS}
        if said := {key: text for key, text in typed_here.items() if text}:
            words[language] = said
    if words:
        made["words"] = words
    return made
