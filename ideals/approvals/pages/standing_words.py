"""Standing in, in words: kinds, states, refusals, and what people are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext

from ideals.approvals.commands.delegations import ENDED, MADE_FOR_YOU, STARTED
from ideals.approvals.queries.delegations import DelegationLine
from ideals.approvals.states import DelegationState, Kind
from ideals.kernel.errors import IdealsError
from ideals.notices.queries import Words
from ideals.web import formats
from ideals.web.errors import register_words, words_for

KINDS = {
    Kind.ORDER: lazy_gettext("orders"),
    Kind.EVIDENCE: lazy_gettext("evidence"),
    Kind.TODO: lazy_gettext("tasks"),
    Kind.CHECK: lazy_gettext("checks afterwards"),
    Kind.CONTEST: lazy_gettext("contested checks"),
}
STATES = {
    DelegationState.IN_FORCE: (lazy_gettext("in force"), "good"),
    DelegationState.COMING: (lazy_gettext("begins later"), "wait"),
    DelegationState.OVER: (lazy_gettext("over"), "plain"),
    DelegationState.ENDED: (lazy_gettext("ended before"), "plain"),
}
"""With the colour that goes with it."""
_PERIODS = {
    "in_the_past": lazy_gettext("Begin today or later: what was decided before stays as it is."),
    "before_it_begins": lazy_gettext("The last day comes before the first one."),
    "too_long": lazy_gettext("This is longer than a year. End it within a year."),
}

register_words(
    "delegation_unknown", lazy_gettext("There is no such standing in that you may see.")
)
register_words("stand_in_is_oneself", lazy_gettext("Nobody stands in for themselves."))
register_words(
    "stand_in_cannot_sign_in",
    lazy_gettext("They cannot sign in here yet. Ask HR to invite them, or choose somebody else."),
)
register_words(
    "not_in_anothers_place",
    lazy_gettext("You cannot put yourself in another's place: a colleague of HR does it."),
)
register_words("only_hr_for_others", lazy_gettext("Only HR does this for somebody else."))
register_words(
    "delegation_kinds_missing", lazy_gettext("Choose at least one, or choose everything.")
)
register_words(
    "delegation_differs",
    lazy_gettext("This form was sent before with something else. Begin again with a new one."),
)
register_words("person_unknown", lazy_gettext("There is nobody with this number."))
register_words(
    "person_not_employed", lazy_gettext("They do not work here on that day. Choose somebody else.")
)


def kinds_of(kinds: Iterable[str] | None) -> str:
    """In the middle of a sentence."""
    if kinds is None:
        return str(gettext("everything"))
    return ", ".join(str(KINDS[Kind(kind)]) for kind in sorted(kinds, key=list(Kind).index))


def period(from_on: date, until_on: date) -> str:
    if from_on == until_on:
        return formats.day(from_on)
    return str(
        gettext(
            "%(first)s through %(last)s",
            first=formats.day(from_on),
            last=formats.day(until_on),
        )
    )


def said(error: IdealsError) -> str:
    """A refusal in the reader's language, with its days as they are written here."""
    data = error.data
    match error.code:
        case "delegation_period_wrong":
            return str(_PERIODS[data["wrong"]])
        case "stands_in_already":
            return str(
                gettext(
                    "They stand in already: %(days)s. End that first, or choose other days.",
                    days=period(_day(data["from"]), _day(data["until"])),
                )
            )
        case "delegation_over":
            return str(
                gettext(
                    "It was over by itself on %(day)s.", day=formats.day(_day(data["until"]))
                )
            )
    return words_for(error)


def summary(line: DelegationLine) -> str:
    return str(
        gettext(
            "%(deputy)s stands in for %(principal)s: %(days)s, %(kinds)s. Both have been told.",
            deputy=line.deputy_name,
            principal=line.principal_name,
            days=period(line.from_on, line.until_on),
            kinds=kinds_of(line.kinds),
        )
    )


def _day(text: str) -> date:
    return date.fromisoformat(text)


# What people are told


def notice_words(kind: str, data: Mapping[str, Any], language: str) -> Words:
    """Of a kind of `commands.delegations.NOTICES`."""
    del language  # what is said here comes out in it
    title, text = _NOTICES[kind]
    values = {
        "principal": data["principal"],
        "deputy": data["deputy"],
        "days": period(_day(data["from"]), _day(data["until"])),
        "last": formats.day(_day(data["until"])),
        "kinds": kinds_of(data["kinds"]),
    }
    return Words(
        str(title) % values, str(text) % values, "/approvals/standing-in", gettext("See it")
    )


_NOTICES = {
    STARTED: (
        lazy_gettext("You stand in for %(principal)s"),
        lazy_gettext(
            "%(days)s: you can decide in the place of %(principal)s (%(kinds)s). What waits appears "
            "beside your own, and each decision says in whose place it was made."
        ),
    ),
    MADE_FOR_YOU: (
        lazy_gettext("%(deputy)s stands in for you"),
        lazy_gettext(
            "HR arranged this for you: %(days)s, %(kinds)s. You can still decide yourself, and end "
            "it at any time."
        ),
    ),
    ENDED: (
        lazy_gettext("%(deputy)s no longer stands in for %(principal)s"),
        lazy_gettext(
            "It would have lasted until %(last)s, and was ended now. What was decided stays decided."
        ),
    ),
}
