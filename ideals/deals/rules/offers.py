"""An offer: typed terms, what each side gets, and its days. Never edited, so values only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

from ideals.deals.rules.kinds import (
    MONEY_KINDS,
    Bonus,
    Development,
    MoneyTerm,
    Paid,
    PaidFrom,
    Term,
    keys_of,
)
from ideals.deals.rules.terms import days_of, plain_of, read_from
from ideals.deals.rules.values import Fault, Reader, what
from ideals.deals.states import TermKind, Visibility
from ideals.kernel.money import ZERO, Money, total
from ideals.kernel.month import Month
from ideals.kernel.said import say as _
from ideals.people.rules.weeks import WEEKDAYS

MOST_YEARS = 5
"""An offer that begins later is a mistake, or can wait; so is one that began longer ago."""
YEAR = 12


@dataclass(frozen=True, slots=True)
class OfferText:
    """`colleagues`: what it means for them. `departs_from`: which rule would hold otherwise.

    `ends_on`: its last day; `None`: until somebody ends it, as `ends_early` says.
    """

    terms: tuple[Term, ...]
    employee_gets: str
    employer_gets: str
    starts_on: date
    evaluate_on: date
    ends_on: date | None = None
    colleagues: str = ""
    departs_from: str = ""
    reason: str = ""
    ends_early: str = ""
    visibility: Visibility = Visibility.PARTIES

    @property
    def kinds(self) -> frozenset[TermKind]:
        return frozenset(term.kind for term in self.terms)


KEYS = tuple(each.name for each in fields(OfferText))


# Reading and writing --------------------------------------------------------------------------


def read(plain: object) -> OfferText | list[Fault]:
    """The offer of plain data, or every fault of its form; whether it may be made says `check`."""
    offer, faults = _read(plain)
    return faults or offer


def checked(
    plain: object, today: date, *, begins_from: date | None = None
) -> OfferText | list[Fault]:
    """`read` and `check` in one look: every fault of both."""
    offer, faults = _read(plain)
    if not faults:
        return check(offer, today, begins_from=begins_from) or offer
    wrong = {fault.path for fault in faults}
    sound = replace(
        offer,
        terms=() if any(path.startswith("terms") for path in wrong) else offer.terms,
        starts_on=today if "starts_on" in wrong else offer.starts_on,
        ends_on=None if "ends_on" in wrong else offer.ends_on,
    )
    found = check(sound, today, begins_from=begins_from)
    return [*faults, *(each for each in found if each.path not in wrong)]


def _read(plain: object) -> tuple[OfferText, list[Fault]]:
    """With faults the offer holds stand-ins."""
    reader = Reader("", plain if isinstance(plain, Mapping) else {})
    if reader.plain is not plain:
        reader.faults.append(Fault("", what(plain), _("an offer with its keys is needed")))
    reader.known(KEYS)
    starts_on = reader.day("starts_on")
    offer = OfferText(
        terms=read_from(reader, starts_on),
        employee_gets=reader.text("employee_gets"),
        employer_gets=reader.text("employer_gets"),
        starts_on=starts_on,
        evaluate_on=reader.day("evaluate_on"),
        ends_on=reader.day_or_none("ends_on"),
        colleagues=reader.text("colleagues"),
        departs_from=reader.text("departs_from"),
        reason=reader.text("reason"),
        ends_early=reader.text("ends_early"),
        visibility=reader.member("visibility", Visibility, Visibility.PARTIES),
    )
    return offer, reader.faults


def plain_of_offer(offer: OfferText) -> dict[str, Any]:
    """As `read` takes it. What is empty is left out."""
    plain: dict[str, Any] = {}
    for key in KEYS:
        value = getattr(offer, key)
        if key == "terms":
            plain[key] = [plain_of(term) for term in value]
        elif value:
            plain[key] = _plain(value)
    return plain


def _plain(value: str | date) -> str:
    if isinstance(value, StrEnum):
        return value.value
    return value if isinstance(value, str) else value.isoformat()


def digest(offer: OfferText) -> str:
    """SHA-256 of its JSON with sorted keys, without spaces, in UTF-8: the same offer, the same."""
    text = json.dumps(
        plain_of_offer(offer), ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    return sha256(text.encode()).hexdigest()


# Checking -------------------------------------------------------------------------------------


def check(offer: OfferText, today: date, *, begins_from: date | None = None) -> list[Fault]:
    """What is wrong with an offer that is made, or accepted, on this day. `begins_from`: a day
    before it on which it may have begun already, because it was promised before hiring."""
    return [
        *_both_gain(offer),
        *_money_has_a_reason(offer),
        *_days(offer, today, begins_from or today),
        *(fault for place, term in enumerate(offer.terms) for fault in _inside(offer, place, term)),
    ]


def _both_gain(offer: OfferText) -> Iterator[Fault]:
    if not offer.employee_gets:
        yield Fault("employee_gets", _("nothing"), _("say what the employee gets"))
    if not offer.employer_gets:
        right = _("say what the employer gets: without, it is a favour and no deal")
        yield Fault("employer_gets", _("nothing"), right)


def _money_has_a_reason(offer: OfferText) -> Iterator[Fault]:
    for place, term in enumerate(offer.terms):
        if term.kind in MONEY_KINDS and not reason_of(offer, term):
            yield Fault(
                f"terms[{place}].objective_reason",
                _("nothing"),
                _("money needs an objective reason, here or as the reason of the offer"),
            )


def reason_of(offer: OfferText, term: Term) -> str:
    """The objective reason of money: its own, else that of the offer; of other terms none."""
    if isinstance(term, Bonus | MoneyTerm):
        return term.objective_reason or offer.reason
    return ""


def _days(offer: OfferText, today: date, earliest: date) -> Iterator[Fault]:
    if offer.starts_on < earliest:
        right = _("today or a day to come")
        if earliest < today:
            right = _("%(day)s or later", day=earliest)
        yield _day("starts_on", offer.starts_on, right)
    elif offer.starts_on.year > today.year + MOST_YEARS:
        right = _("a day within %(years)s years", years=MOST_YEARS)
        yield _day("starts_on", offer.starts_on, right)
    if offer.ends_on is not None and offer.ends_on < offer.starts_on:
        yield _day("ends_on", offer.ends_on, _("the last day comes after the first"))
    if earliest <= offer.starts_on < today:
        yield from _still_to_come(offer, today)
    if offer.evaluate_on < offer.starts_on:
        yield _day("evaluate_on", offer.evaluate_on, _("a day after it began"))
    elif offer.ends_on is not None and offer.evaluate_on > max(offer.ends_on, offer.starts_on):
        yield _day("evaluate_on", offer.evaluate_on, _("no day after the last of the deal"))


def _still_to_come(offer: OfferText, today: date) -> Iterator[Fault]:
    """Of what began before it was written down."""
    if offer.starts_on <= offer.evaluate_on < today:
        yield _day("evaluate_on", offer.evaluate_on, _("today or a day to come"))
    if offer.ends_on is not None and offer.starts_on <= offer.ends_on < today:
        yield _day("ends_on", offer.ends_on, _("today or a day to come"))


def _inside(offer: OfferText, place: int, term: Term) -> Iterator[Fault]:
    """A term counts while the deal does; only a bonus may be judged after it."""
    for field, value in days_of(term):
        month = isinstance(value, Month)
        first: date | Month = Month.of(offer.starts_on) if month else offer.starts_on
        path = f"terms[{place}].{field}"
        if value < first:  # type: ignore[operator]
            yield _day(path, value, _("not before %(day)s, when it begins", day=offer.starts_on))
        elif offer.ends_on is not None and not isinstance(term, Bonus):
            last: date | Month = Month.of(offer.ends_on) if month else offer.ends_on
            if value > last:  # type: ignore[operator]
                yield _day(path, value, _("not after %(day)s, its last day", day=offer.ends_on))


def _day(path: str, found: date | Month, expected: str) -> Fault:
    return Fault(path, str(found), expected)


# Cost -----------------------------------------------------------------------------------------


def cost(offer: OfferText) -> Money:
    """What the employer pays for its terms in the first twelve months, from the month it begins:
    what counts against a mandate. Hours and leave cost or save too, by a salary that is no matter
    here."""
    return total(_cost(offer, term) for term in offer.terms)


def _cost(offer: OfferText, term: Term) -> Money:
    first = Month.of(offer.starts_on)
    last = first.plus(YEAR - 1)
    match term:
        case Development(paid_from=PaidFrom.EMPLOYER):
            return term.cost
        case Bonus():
            return term.amount if term.due_month <= last else ZERO
        case MoneyTerm(paid=Paid.ONCE):
            return term.amount if term.from_month <= last else ZERO
        case MoneyTerm():
            ends = [last, *([term.through_month] if term.through_month else [])]
            if offer.ends_on is not None:
                ends.append(Month.of(offer.ends_on))
            months = sum(1 for _month in term.from_month.until(min(ends)))
            return Money(term.amount.minor * months)
    return ZERO


# Comparing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """`path`: a field of the offer, or of the n-th term of a kind: `terms.money[1].amount`; a whole
    term that came or went is `terms.money[1]`. Values are plain, `None` where there is none."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Moved:
    """Somebody acts on an offer that is not the last: what has changed since."""

    seen: int
    current: int
    differences: tuple[Difference, ...]


def compare(old: OfferText, new: OfferText) -> list[Difference]:
    """Term by term, in the order of the kinds, then the rest in the order of an offer."""
    before, after = dict(_placed(old)), dict(_placed(new))
    paths = sorted({*before, *after}, key=lambda each: (list(TermKind).index(each[0]), each[1]))
    found: list[Difference] = []
    for kind, place in paths:
        path = f"terms.{kind}[{place}]"
        was, is_ = before.get((kind, place)), after.get((kind, place))
        if was is None or is_ is None:
            found.append(Difference(path, was, is_))
        else:
            found.extend(_differences(path, was, is_, keys_of(kind)))
    rest_before, rest_after = (
        {key: value for key, value in plain_of_offer(each).items() if key != "terms"}
        for each in (old, new)
    )
    return [*found, *_differences("", rest_before, rest_after, KEYS)]


def moved(offers: Sequence[OfferText], seen: int) -> Moved | None:
    """`offers` from number 1; `None`: the one that was seen is the last. A number that never was
    has no differences to show."""
    current = len(offers)
    if seen == current:
        return None
    known = 1 <= seen < current
    differences = compare(offers[seen - 1], offers[-1]) if known else []
    return Moved(seen, current, tuple(differences))


def _placed(offer: OfferText) -> Iterator[tuple[tuple[TermKind, int], dict[str, Any]]]:
    """Each term by its kind and its place among those of its kind."""
    counted: dict[TermKind, int] = {}
    for term in offer.terms:
        place = counted.get(term.kind, 0)
        counted[term.kind] = place + 1
        yield (term.kind, place), plain_of(term)


def _differences(
    path: str, before: Mapping[str, Any], after: Mapping[str, Any], order: Sequence[str]
) -> Iterator[Difference]:
    """Of what stands under each key, and inside weeks of each day."""
    for key in order:
        was, is_ = before.get(key), after.get(key)
        inner = f"{path}.{key}" if path else key
        if was == is_:
            continue
        if isinstance(was, Mapping) and isinstance(is_, Mapping):
            yield from _differences(inner, was, is_, WEEKDAYS)
        else:
            yield Difference(inner, was, is_)
