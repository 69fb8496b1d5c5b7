"""What comes after agreeing, in words: looking back, breaches, endings, life events, letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session

from ideals.deals import policy, queries
from ideals.deals.models import Breach, Deal, Ending, Evaluation, LifeEvent
from ideals.deals.pages.bonuses import BonusSaid, bonuses_said
from ideals.deals.pages.stands import Names
from ideals.deals.pages.words import gettext
from ideals.deals.policy import Do, Part
from ideals.deals.queries import Access, afterwards, lists
from ideals.deals.rules.evaluations import Kept, OnOthers, Worth, closes_on, opens_on
from ideals.deals.rules.life import Life, Then
from ideals.deals.states import DealState, Side
from ideals.web import formats

KEPT: Mapping[Kept, LazyString] = {
    Kept.ALL: lazy_gettext("all of it"),
    Kept.PARTLY: lazy_gettext("a part of it"),
    Kept.NOT: lazy_gettext("nothing of it"),
}
WORTH: Mapping[Worth, LazyString] = {
    Worth.YES: lazy_gettext("yes"),
    Worth.WITH_CHANGES: lazy_gettext("yes, with changes"),
    Worth.NO: lazy_gettext("no"),
}
ON_OTHERS: Mapping[OnOthers, LazyString] = {
    OnOthers.NOTHING: lazy_gettext("they noticed nothing"),
    OnOthers.BETTER: lazy_gettext("better for them"),
    OnOthers.WORSE: lazy_gettext("worse for them"),
}
THEN: Mapping[Then, LazyString] = {
    Then.CONTINUE: lazy_gettext("it goes on as it is"),
    Then.CHANGE: lazy_gettext("it should change"),
    Then.END: lazy_gettext("it should end"),
}
HAPPENED: Mapping[Life, LazyString] = {
    Life.NEW_MANAGER: lazy_gettext("A new manager"),
    Life.UNIT_MOVED: lazy_gettext("Another unit"),
    Life.LONG_SICKNESS: lazy_gettext("Ill for some weeks"),
    Life.LEAVING: lazy_gettext("A last day at work"),
}
BREACH: Mapping[str, tuple[str, LazyString]] = {
    "named": ("wait", lazy_gettext("not answered yet")),
    "answered": ("wait", lazy_gettext("answered")),
    "settled": ("good", lazy_gettext("made good")),
    "with_hr": ("bad", lazy_gettext("HR looks at it")),
    "closed": ("plain", lazy_gettext("HR has looked at it")),
}
ENDING: Mapping[str, tuple[str, LazyString]] = {
    "asked": ("wait", lazy_gettext("not answered yet")),
    "agreed": ("plain", lazy_gettext("it ends so")),
    "objected": ("bad", lazy_gettext("the other side objects")),
    "taken_back": ("plain", lazy_gettext("taken back")),
    "unanswered": ("plain", lazy_gettext("nobody answered in time")),
}
LABELS: Mapping[str, LazyString] = {
    "promised": lazy_gettext("What was promised"),
    "kept_by_me": lazy_gettext("What I had promised was kept"),
    "kept_by_them": lazy_gettext("What the other had promised was kept"),
    "worth_it": lazy_gettext("Still worth it"),
    "on_others": lazy_gettext("What it did to colleagues"),
    "others_say": lazy_gettext("What colleagues say about it"),
    "note": lazy_gettext("What else"),
}


def options() -> dict[str, list[tuple[str, str]]]:
    """Of the forms, in words."""
    return {
        "kept": [(key.value, str(said)) for key, said in KEPT.items()],
        "worth": [(key.value, str(said)) for key, said in WORTH.items()],
        "on_others": [(key.value, str(said)) for key, said in ON_OTHERS.items()],
        "then": [(key.value, str(said)) for key, said in THEN.items()],
    }


@dataclass(frozen=True, slots=True)
class Looked:
    """A round with what each side said, as the reader may see it: `said` by label, one text per
    side of `who`."""

    head: str
    who: tuple[str, ...]
    said: tuple[tuple[str, tuple[str, ...]], ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Due:
    """The round that comes or is open. `answers`: the reader may do so now; `who`: who has."""

    number: int
    day: str
    opens: str
    open: bool
    answers: bool
    who: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BreachSaid:
    row: Breach
    who: str
    state: tuple[str, str]
    answers: bool
    settles: bool


@dataclass(frozen=True, slots=True)
class EndingSaid:
    row: Ending
    who: str
    state: tuple[str, str]
    answers: bool
    takes_back: bool


@dataclass(frozen=True, slots=True)
class EventSaid:
    """`says`: (who, what) of those who have."""

    row: LifeEvent
    head: str
    says: tuple[tuple[str, str], ...]
    mine: str
    answers: bool


@dataclass(frozen=True, slots=True)
class LetterSaid:
    """`void`: why it does not count, where others did not agree after all."""

    offer: int
    languages: tuple[str, ...]
    void: str


@dataclass(frozen=True, slots=True)
class Follows:
    looked: Sequence[Looked] = ()
    due: Due | None = None
    breaches: Sequence[BreachSaid] = ()
    names_breach: bool = False
    endings: Sequence[EndingSaid] = ()
    ends: bool = False
    events: Sequence[EventSaid] = ()
    bonuses: Sequence[BonusSaid] = ()
    letters: Sequence[LetterSaid] = ()
    sees: bool = False
    """Looking back and what was not kept."""


def follows_of(session: Session, access: Access, names: Names, today: date) -> Follows:
    deal = access.deal
    letters = _letters(session, access)
    may = {act: policy.may(access.standing, act) for act in Do}
    in_force = deal.state == DealState.IN_FORCE
    by_hr = names.mine is None and deal.state == DealState.AGREED
    if deal.in_force_number is None:
        return Follows(letters=letters, ends=may[Do.END] and by_hr)
    sees = access.sees(Part.EVALUATIONS)
    endings = afterwards.endings_of(session, access)
    asked = any(each.state == "asked" for each in endings)
    return Follows(
        looked=_looked(queries.evaluations_of(session, access), names),
        due=_due(session, access, names, today) if sees else None,
        breaches=[
            _breach(each, names, may[Do.EVALUATE])
            for each in afterwards.breaches_of(session, access)
        ],
        names_breach=may[Do.EVALUATE],
        endings=[_ending(each, names, may[Do.END] and in_force) for each in endings],
        ends=may[Do.END] and in_force and not (asked and names.mine is not None),
        events=[
            _event(each, names, may[Do.LOOK_AGAIN] and in_force)
            for each in afterwards.life_events_of(session, access)
        ],
        bonuses=bonuses_said(session, access, today),
        letters=letters,
        sees=sees,
    )


# Looking back ---------------------------------------------------------------------------------


def _looked(rows: Sequence[Evaluation], names: Names) -> list[Looked]:
    """The last round first."""
    rounds: dict[int, dict[Side, Evaluation]] = {}
    for row in rows:
        rounds.setdefault(row.number, {})[Side(row.side)] = row
    return [_round(rounds[number], names) for number in sorted(rounds, reverse=True)]


def _round(there: Mapping[Side, Evaluation], names: Names) -> Looked:
    sides = [side for side in Side if side in there]
    said = [
        (str(LABELS[key]), tuple(_answer(key, there[side].answers.get(key, "")) for side in sides))
        for key in LABELS
    ]
    day = formats.day(there[sides[0]].due_on)
    return Looked(
        gettext("Looking back of %(day)s", day=day),
        tuple(names.of(side) for side in sides),
        tuple((label, texts) for label, texts in said if any(texts)),
        len(sides) == len(Side),
    )


def _answer(key: str, value: str) -> str:
    match key:
        case "kept_by_me" | "kept_by_them":
            return str(KEPT[Kept(value)])
        case "worth_it":
            return str(WORTH[Worth(value)])
        case "on_others":
            return str(ON_OTHERS[OnOthers(value)])
    return value


def _due(session: Session, access: Access, names: Names, today: date) -> Due | None:
    due = afterwards.round_of(session, access.deal)
    if due is None or today >= closes_on(due.due_on) or len(due.answered) == len(Side):
        return None
    open_ = today >= opens_on(due.due_on)
    mine = names.mine is not None and policy.may(access.standing, Do.EVALUATE)
    return Due(
        number=due.number,
        day=formats.day(due.due_on),
        opens=formats.day(opens_on(due.due_on)),
        open=open_,
        answers=open_ and mine and names.mine not in due.answered,
        who=tuple(names.of(side) for side in Side if side in due.answered),
    )


# Breaches, endings, life events ---------------------------------------------------------------


def _breach(row: Breach, names: Names, may: bool) -> BreachSaid:
    own = row.side == names.mine
    colour, word = BREACH[row.state]
    return BreachSaid(
        row,
        names.of(Side(row.side)),
        (colour, str(word)),
        answers=may and not own and row.state == "named",
        settles=may and own and row.state in afterwards.OPEN_BREACHES,
    )


def _ending(row: Ending, names: Names, may: bool) -> EndingSaid:
    colour, word = ENDING[row.state]
    waits = may and row.state == "asked" and names.mine is not None
    own = row.side == names.mine
    who = gettext("HR") if row.side is None else names.of(Side(row.side))
    return EndingSaid(row, who, (colour, str(word)), waits and not own, waits and own)


def _event(row: LifeEvent, names: Names, may: bool) -> EventSaid:
    said = {Side.EMPLOYEE: row.employee_says, Side.EMPLOYER: row.employer_says}
    return EventSaid(
        row,
        f"{HAPPENED[Life(row.kind)]}, {formats.day(row.on)}",
        tuple((names.of(side), str(THEN[Then(then)])) for side, then in said.items() if then),
        (said[names.mine] or "") if names.mine else "",
        answers=may and names.mine is not None and row.settled_at is None,
    )


# Letters --------------------------------------------------------------------------------------


def _letters(session: Session, access: Access) -> list[LetterSaid]:
    rows = queries.letters_of(session, access)
    offers: dict[int, list[str]] = {}
    for row in rows:
        offers.setdefault(row.offer, []).append(row.language)
    void = lists.undone_of(session, access.deal.id) if offers else set()
    return [LetterSaid(n, tuple(offers[n]), _void(access.deal, n, void)) for n in sorted(offers)]


def _void(deal: Deal, number: int, undone: set[int]) -> str:
    if number not in undone or number == deal.in_force_number:
        return ""
    return gettext("does not count: it was not agreed to after all")
