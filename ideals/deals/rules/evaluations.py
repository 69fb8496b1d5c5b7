"""Looking back at a deal: what a side answers, when it may, and what the clock does about it.

Both sides answer blind to each other. docs/deals.md says it in words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum

from ideals.deals.rules.law import moved_by
from ideals.deals.rules.values import E, Fault, Reader, what
from ideals.kernel.said import say as _

OPENS = timedelta(days=14)
"""So long before its day it may be held."""
OVERDUE = timedelta(days=28)
"""So long after its day HR sees that it is missing."""
CLOSES = timedelta(days=90)
"""So long after its day nobody answers any more."""
AGAIN_MONTHS = 12
"""From one evaluation to the next, where the deal goes on."""


class Kept(StrEnum):
    """How much of what was promised was kept."""

    ALL = "all"
    PARTLY = "partly"
    NOT = "not"


class Worth(StrEnum):
    """Whether it is still worth it to this side."""

    YES = "yes"
    WITH_CHANGES = "with_changes"
    NO = "no"


class OnOthers(StrEnum):
    """What it did to colleagues."""

    BETTER = "better"
    NOTHING = "nothing"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Answers:
    """Of one side. `kept_by_me` and `kept_by_them`: of what each side had promised."""

    promised: str
    kept_by_me: Kept
    kept_by_them: Kept
    worth_it: Worth
    on_others: OnOthers
    others_say: str = ""
    note: str = ""


KEYS = tuple(each.name for each in fields(Answers))


def read_answers(plain: object) -> Answers | list[Fault]:
    """Of plain data, or every fault."""
    reader = Reader("", plain if isinstance(plain, Mapping) else {})
    if reader.plain is not plain:
        reader.faults.append(Fault("", what(plain), _("answers with their keys are needed")))
    reader.known(KEYS)
    answers = Answers(
        promised=reader.text("promised", needed=_("say what was promised, as you see it")),
        kept_by_me=_needed(reader, "kept_by_me", Kept),
        kept_by_them=_needed(reader, "kept_by_them", Kept),
        worth_it=_needed(reader, "worth_it", Worth),
        on_others=_needed(reader, "on_others", OnOthers),
        others_say=reader.text("others_say"),
        note=reader.text("note"),
    )
    return reader.faults or answers


def _needed(reader: Reader, key: str, options: type[E]) -> E:
    first = next(iter(options))
    if reader.plain.get(key) is None:
        words = ", ".join(each.value for each in options)
        reader.wrong(key, _("one of: %(words)s", words=words))
        return first
    return reader.member(key, options, first)


def plain_of_answers(answers: Answers) -> dict[str, str]:
    """As `read_answers` takes it. What is empty is left out."""
    values = {key: getattr(answers, key) for key in KEYS}
    return {key: str(value) for key, value in values.items() if value}


# Days -----------------------------------------------------------------------------------------


def opens_on(evaluate_on: date) -> date:
    return evaluate_on - OPENS


def overdue_on(evaluate_on: date) -> date:
    return evaluate_on + OVERDUE


def closes_on(evaluate_on: date) -> date:
    """From this day on nobody answers any more."""
    return evaluate_on + CLOSES


def next_evaluation(evaluate_on: date, ends_on: date | None) -> date | None:
    """The day of the one after; `None`: the deal is over before."""
    day = moved_by(evaluate_on, AGAIN_MONTHS)
    return None if ends_on is not None and day > ends_on else day
