"""What is seen before they agree, a row of words for each; and, for the employee alone, what it
does for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from flask_babel import LazyString, lazy_gettext
from sqlalchemy.orm import Session

from ideals.deals.models import Offer
from ideals.deals.pages.stands import side_of
from ideals.deals.pages.terms import DAYS, head_of
from ideals.deals.pages.words import KINDS, gettext
from ideals.deals.policy import Standing
from ideals.deals.queries import Access, comparing, effect, text_of
from ideals.deals.queries.before import Comparable, Held
from ideals.deals.queries.comparing import Before
from ideals.deals.rules import Measure, OfferText
from ideals.deals.rules.cover import Cover
from ideals.deals.rules.effect import Effect, Line, Missing, Where, YearAhead
from ideals.deals.rules.typical import Measured, Typical
from ideals.deals.states import OVER, DealState, TermKind
from ideals.kernel.money import Money
from ideals.people.rules.weeks import WEEKDAYS
from ideals.web import formats
from ideals.web.language import language

MEASURES: Mapping[Measure, LazyString] = {
    Measure.COST: lazy_gettext("Cost of a course"),
    Measure.STUDY: lazy_gettext("Working time for a course"),
    Measure.WEEK: lazy_gettext("Contract hours a week"),
    Measure.DAYS_A_WEEK: lazy_gettext("Working days a week"),
    Measure.HOME_DAYS: lazy_gettext("Days a week at home"),
    Measure.LEAVE_DAYS: lazy_gettext("Days of long leave"),
    Measure.BONUS: lazy_gettext("Bonus"),
    Measure.ONCE: lazy_gettext("Money once"),
    Measure.MONTHLY: lazy_gettext("Money a month"),
}
MISSING: Mapping[Missing, LazyString] = {
    Missing.SALARY: lazy_gettext(
        "Nothing can be said: no salary of yours is known on the first day of this offer."
    ),
    Missing.TAX: lazy_gettext("Nothing can be said: the tax of that year is not known here yet."),
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A clause that a term fails, or of which that cannot be said."""

    term: str
    says: str
    code: str
    void: bool


@dataclass(frozen=True, slots=True)
class ForYou:
    """`lines`: (what, gross, net). `years`: (what, as it is, with this offer). `rests_on`: of what
    it is an estimate."""

    lines: tuple[tuple[str, str, str], ...]
    years: tuple[tuple[str, str, str], ...]
    rests_on: str


@dataclass(frozen=True, slots=True)
class BeforeAgreeing:
    """`rows`: (what, in words). `cover`: (weekday, now, with this offer), and of how many."""

    limits: tuple[Limit, ...]
    rows: tuple[tuple[str, str], ...]
    cover: tuple[tuple[str, str, str], ...]
    team: int
    for_you: ForYou | None


def before_agreeing(
    session: Session, access: Access, offer: Offer, today: date
) -> BeforeAgreeing | None:
    """While there is something to agree to; `None`: there is not."""
    deal = access.deal
    holds = deal.state == DealState.IN_FORCE and offer.number == deal.in_force_number
    if holds or deal.state in OVER:
        return None
    if side_of(access.standing) is None and access.standing is not Standing.HR:
        return None
    found, text = comparing.before_agreeing(session, access, offer, today), text_of(offer)
    days = text.kinds & {TermKind.PATTERN, TermKind.LEAVE}
    rows = [*_cost(found), *_usual(found.comparable), *_held_by_team(found.comparable)]
    if days and found.cover is None:
        rows.append((gettext("Days the team works"), gettext("the team is too small to say")))
    return BeforeAgreeing(
        _limits(found.held, text),
        tuple(rows),
        _cover(found.cover),
        0 if found.cover is None else found.cover.team,
        _for_you(effect.effect(session, access, offer, today)),
    )


def _limits(held: Held, text: OfferText) -> tuple[Limit, ...]:
    return tuple(
        Limit(head_of(text.terms[place]), clause.said(language()), clause.code, is_void)
        for found, is_void in ((held.void, True), (held.unsure, False))
        for place, clause in found
    )


def _cost(found: Before) -> Iterator[tuple[str, str]]:
    """The mandate: to both whether it covers this, what is left of it to the employer's side."""
    if not found.cost:
        yield gettext("Costs the employer"), gettext("nothing in money")
        return
    said = gettext("%(amount)s in the first twelve months", amount=formats.money(found.cost))
    yield gettext("Costs the employer"), said
    on = found.mandate
    if found.covered is None:
        said = gettext("no mandate is set for this unit")
    elif on is None:
        said = gettext("covers it") if found.covered else gettext("does not cover it")
    elif found.covered:
        said = gettext(
            "covers it: %(left)s of %(unit)s is left", left=formats.money(on.left), unit=on.unit
        )
    else:
        said = gettext(
            "does not cover it: %(left)s of %(unit)s is left",
            left=formats.money(on.left),
            unit=on.unit,
        )
    yield gettext("Mandate of the unit"), said


def _usual(found: Comparable) -> Iterator[tuple[str, str]]:
    for measure, figure in found.figures.items():
        yield gettext("Here: %(what)s", what=str(MEASURES[measure])), _figure(measure, figure)
    if not found.figures:
        yield gettext("What such deals look like here"), gettext("told in words, without figures")


def _figure(measure: Measure, figure: Typical | None) -> str:
    if figure is None:
        return gettext("too few to say")
    middle, low, high = (_said(measure, n) for n in (figure.median, figure.low, figure.high))
    return gettext(
        "%(middle)s in the middle, from %(low)s to %(high)s", middle=middle, low=low, high=high
    )


def _said(measure: Measure, value: int) -> str:
    match measure.counts:
        case Measured.CENTS:
            return formats.money(Money(value))
        case Measured.MINUTES:
            return formats.hours(value)
    return formats.number(value)


def _held_by_team(found: Comparable) -> Iterator[tuple[str, str]]:
    for kind, count in found.team.items():
        said = (
            gettext("too few to say")
            if count is None
            else gettext("%(count)s people", count=formats.number(count))
        )
        yield gettext("In the team with %(kind)s", kind=str(KINDS[kind])), said


def _cover(found: Cover | None) -> tuple[tuple[str, str, str], ...]:
    if found is None:
        return ()
    return tuple(
        (str(DAYS[day]), formats.number(now), formats.number(then))
        for day, now, then in zip(WEEKDAYS, found.now, found.then, strict=True)
        if now or then
    )


# What it does for the employee ----------------------------------------------------------------


def _for_you(found: Effect | None) -> ForYou | None:
    if found is None:
        return None
    if found.missing is not None or found.pay is None:
        return ForYou((), (), str(MISSING[found.missing or Missing.SALARY]))
    return ForYou(
        tuple(_line(line) for line in found.lines),
        _years(found.ahead),
        gettext(
            "An estimate: by the tax tables of %(year)s with wage-tax credit, at a pay of %(pay)s "
            "gross a month. Pension, other premiums and benefits are not in it.",
            year=str(found.year),
            pay=formats.money(Money(found.pay.then_minor)),
        ),
    )


def _years(found: YearAhead | None) -> tuple[tuple[str, str, str], ...]:
    if found is None:
        return ()
    budgets = (Money(found.budget_now_minor), Money(found.budget_then_minor))
    leave = (found.leave_now, found.leave_then)
    return (
        (
            gettext("Your budgets, by the scheme"),
            formats.money(budgets[0]),
            formats.money(budgets[1]),
        ),
        (gettext("Your leave, by the scheme"), formats.hours(leave[0]), formats.hours(leave[1])),
    )


def _line(line: Line) -> tuple[str, str, str]:
    net = "-" if line.net_minor is None else formats.money(Money(line.net_minor))
    return _where(line), formats.money(Money(line.gross_minor)), net


def _where(line: Line) -> str:
    if line.where is Where.PAY:
        return gettext("Pay, each month") if line.monthly else gettext("Pay, once")
    if line.where is Where.DEVELOPMENT:
        return (
            gettext("Development account, each month")
            if line.monthly
            else gettext("Development account, once")
        )
    if line.gross_minor < 0:
        return gettext("Out of your budget, once")
    return (
        gettext("Budget, each month (net if paid out)")
        if line.monthly
        else gettext("Budget, once (net if paid out)")
    )
