"""Checks afterwards in words: states, their subject as who decides sees it, and the messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext
from sqlalchemy.orm import Session

from ideals.approvals import queries
from ideals.approvals.models import Approval, Check
from ideals.approvals.pages import words
from ideals.approvals.queries import Fact, Told, in_force
from ideals.approvals.queries import checks as check_queries
from ideals.approvals.rules import Case, WhenBroken, trust
from ideals.approvals.states import CheckState, Kind, WhyChecked
from ideals.notices.queries import Words
from ideals.web import formats
from ideals.web.errors import register_words
from ideals.web.language import language

STATES = {
    CheckState.DRAWN: (lazy_gettext("drawn"), "wait"),
    CheckState.OPEN: (lazy_gettext("is looked at"), "wait"),
    CheckState.KEPT: (lazy_gettext("kept"), "good"),
    CheckState.BROKEN: (lazy_gettext("not kept"), "bad"),
    CheckState.CONTESTED: (lazy_gettext("contested"), "wait"),
    CheckState.UPHELD: (lazy_gettext("not kept, HR agrees"), "bad"),
    CheckState.OVERTURNED: (lazy_gettext("kept after all"), "good"),
    CheckState.VOID: (lazy_gettext("not needed any more"), "plain"),
}
"""With the colour that goes with it."""
WHY = {
    WhyChecked.DRAWN: lazy_gettext("Drawn by chance"),
    WhyChecked.TRUST_LOST: lazy_gettext("Each one is checked while trust is lost"),
}
register_words(
    "nothing_to_contest", lazy_gettext("There is nothing here that can be contested any more.")
)
register_words("contest_too_late", lazy_gettext("It could be contested until %(until)s."))
register_words("not_yours_to_contest", lazy_gettext("Only whom a check is about can contest it."))
register_words(
    "checked_it_themselves",
    lazy_gettext("You made this check: somebody else of HR decides whether it stands."),
)


FOLLOWS = {
    WhenBroken.CHECK_ALL: lazy_gettext(
        "The next ones still take effect at once, but each is checked, until one is found kept."
        " With that trust is back."
    ),
    WhenBroken.BEFORE: lazy_gettext(
        "The next ones under this rule are decided before they take effect, and each is checked"
        " afterwards, until one is found kept. With that trust is back."
    ),
}
"""What follows for somebody's further cases when one was not kept."""


def follows_of(case: Case | None) -> str:
    return str(FOLLOWS[trust.follows(case)])


def state_of(check: Check) -> tuple[str, str]:
    said, tone = STATES[CheckState(check.state)]
    return str(said), tone


def kind_of(kind: str) -> str:
    return str(words.KINDS[Kind(kind)])


def describe_subjects(session: Session, subjects: Collection[str]) -> dict[str, Told]:
    """A check, and a contest of one, as who decides about it sees them."""
    checks = check_queries.of_subjects(session, subjects)
    cases = check_queries.cases_by_check(session, checks.values())
    told = queries.told(session, cases.values(), language())
    rules = in_force.cases_of(session, cases.values())
    return {
        subject: _told(check, case := cases[check.id], rules[case.id], told[case.subject])
        for subject, check in checks.items()
    }


def _told(check: Check, case: Approval, rule: Case | None, told: Told) -> Told:
    lines = [
        Fact(str(gettext("Took effect on")), formats.at(case.ended_at or case.asked_at)),
        Fact(str(gettext("Why a check")), str(WHY[WhyChecked(check.why)])),
    ]
    says = words.says_of(rule, language())
    if says:
        lines.append(Fact(str(gettext("What was agreed")), says))
    if check.contest_text is not None:
        lines.append(Fact(str(gettext("What the check found")), check.reason or ""))
        lines.append(Fact(str(gettext("Why it is contested")), check.contest_text))
    else:
        lines.append(Fact(str(gettext("If it was not kept")), follows_of(rule)))
    title = str(gettext("Check afterwards: %(what)s", what=told.title))
    return Told(title, (*told.lines, *lines), told.cost, f"/checks/{check.id}")


# Messages to whom it is about


def drawn(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("Drawn for a check: %(what)s", what=_what(data, language))
    by_chance = data["why"] == WhyChecked.DRAWN
    text = (
        gettext("It was drawn by chance. Nothing changes; somebody looks whether it was kept.")
        if by_chance
        else gettext("Each one of yours is checked until the first that is found kept.")
    )
    return Words(title, text, _href(data), gettext("See the check"))


def kept(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("Found kept: %(what)s", what=_what(data, language))
    text = (
        gettext("With this trust is back: what you ask for takes effect at once again.")
        if data["trust"]
        else gettext("Nothing more follows.")
    )
    return Words(title, text, _href(data), gettext("See the check"))


def broken(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("Found not kept: %(what)s", what=_what(data, language))
    text = gettext(
        "%(reason)s – %(follows)s You can contest this until %(day)s.",
        reason=data["reason"],
        follows=FOLLOWS[WhenBroken(data["follows"])],
        day=formats.day(date.fromisoformat(data["until"])),
    )
    return Words(title, text, _href(data), gettext("See the check or contest it"))


def upheld(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("HR agrees with the check: %(what)s", what=_what(data, language))
    return Words(title, data["reason"], _href(data), gettext("See the check"))


def overturned(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("HR agrees with you: %(what)s", what=_what(data, language))
    text = (
        gettext("It was kept after all. Trust is back, and what followed from the check is undone.")
        if data["trust"]
        else gettext("It was kept after all.")
    )
    return Words(title, text, _href(data), gettext("See the check"))


def let_go(data: Mapping[str, Any], language: str) -> Words:
    title = gettext("Not checked any more: %(what)s", what=_what(data, language))
    text = gettext("The check that it followed from did not stand.")
    return Words(title, text, _href(data), gettext("See the check"))


# Messages to whoever made the check


def contested(data: Mapping[str, Any], language: str) -> Words:
    title = gettext(
        "%(name)s contests your check: %(what)s",
        name=data["employee"],
        what=_what(data, language),
    )
    return Words(title, data["reason"], _href(data), gettext("See the check"))


def answered(data: Mapping[str, Any], language: str) -> Words:
    what, name = _what(data, language), data["employee"]
    title = (
        gettext("Your check was overturned: %(what)s, %(name)s", what=what, name=name)
        if data["outcome"] == CheckState.OVERTURNED
        else gettext("Your check stands: %(what)s, %(name)s", what=what, name=name)
    )
    return Words(title, data["reason"], _href(data), gettext("See the check"))


NOTICES = {
    "drawn": drawn,
    "kept": kept,
    "broken": broken,
    "upheld": upheld,
    "overturned": overturned,
    "let_go": let_go,
    "contested": contested,
    "answered": answered,
}
"""By the kind of notice, after `check.`."""


def _what(data: Mapping[str, Any], language: str) -> str:
    said: Mapping[str, str] = data["what"]
    return said.get(language) or next(iter(said.values()), kind_of(data["kind"]))


def _href(data: Mapping[str, Any]) -> str:
    return f"/checks/{data['check']}"
