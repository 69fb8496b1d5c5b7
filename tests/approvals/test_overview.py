"""What trust costs and saves: a small world whose every figure is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ideals.approvals import commands
from ideals.approvals.commands import Ask, Contest, Decide, Withdraw
from ideals.approvals.models import Approval
from ideals.approvals.queries.overview import (
    Checks,
    KindLines,
    Lost,
    Overview,
    Period,
    UnitLine,
    overview,
)
from ideals.approvals.rules.days import Calendar
from ideals.approvals.rules.waiting import Saved, Waited, saved, waits
from ideals.approvals.states import Decision, Kind
from ideals.kernel.actor import Actor
from ideals.kernel.ids import new_id
from ideals.kernel.money import Money
from ideals.kernel.month import Month
from tests.approvals.conftest import Cast
from tests.approvals.test_check_pages import Clock, app, at_desks, connected, it_is
from tests.approvals.test_checks import ZONE, answer, at, buy, check_of, draw, find, publish
from tests.approvals.test_pages import in_words
from tests.approvals.trust_page import table
from tests.counting import counted
from tests.desk import Desk

__all__ = ["app", "at_desks", "connected", "it_is"]

SPRING = Period(Month(2026, 3), Month(2026, 4), ZONE)
NL = Calendar("NL")
KINGS_DAY = 27  # April 2026, a Monday


def dear(session: Session, who: Actor, *, now: datetime) -> Approval:
    id_ = new_id()
    cmd = Ask(id_, Kind.ORDER, f"order:{id_}", who.employee_id, amount=Money(100_000))
    made = commands.ask(session, cmd, actor=who, now=now)
    assert made is not None and made.case_code == "dear"
    return made


def decided(
    session: Session, case: Approval, by: Actor, *, now: datetime, yes: bool = True
) -> None:
    decision = Decision.APPROVE if yes else Decision.REFUSE
    commands.decide(session, Decide(case.id, decision, "Well"), actor=by, now=now)


def found(session: Session, cast: Cast) -> Overview:
    session.flush()
    return overview(session, SPRING, NL)


@pytest.fixture
def world(session: Session, cast: Cast) -> dict[str, Approval]:
    """Dear things are decided before, small ones take effect at once; all of those are drawn, and
    from 12 March none."""
    publish(session)
    buy(session, cast.anna, now=at(28, 23, month=2))  # not in these months
    small = {
        "kept": buy(session, cast.anna, now=datetime(2026, 3, 1, 0, 30, tzinfo=ZONE)),
        "overturned": buy(session, cast.anna),
        "upheld": buy(session, cast.egor),
        "open": buy(session, cast.boris),
    }
    draw(session, at(11))
    find(session, check_of(session, small["kept"]), cast.boris, kept=True, now=at(11, 10))
    for name, checker, asker in (
        ("overturned", cast.boris, cast.anna),
        ("upheld", cast.clara, cast.egor),
    ):
        check = check_of(session, small[name])
        find(session, check, checker, kept=False, now=at(11, 11))
        commands.contest(session, Contest(check.id, "No"), actor=asker, now=at(11, 12))
        answer(session, check, cast.dina, grant=name == "overturned", now=at(11, 13))
    publish(session, share="0%", from_=date(2026, 3, 12))
    small["broken"] = buy(session, cast.egor, now=at(12))
    draw(session, at(13))
    find(session, check_of(session, small["broken"]), cast.clara, kept=False, now=at(13, 10))
    small["not drawn yet"] = buy(session, cast.anna, now=at(28, month=4))
    _dear_ones(session, cast)
    session.commit()
    return small


def _dear_ones(session: Session, cast: Cast) -> None:
    """They waited 0, 2, 2 and 1 working days; one waits, and one was withdrawn."""
    decided(session, dear(session, cast.anna, now=at(10)), cast.boris, now=at(10, 15))
    decided(session, dear(session, cast.anna, now=at(10)), cast.boris, now=at(12))
    no = dear(session, cast.egor, now=at(12))
    decided(session, no, cast.clara, now=at(16), yes=False)  # over a weekend
    decided(
        session,
        dear(session, cast.egor, now=at(KINGS_DAY - 3, month=4)),
        cast.clara,
        now=at(KINGS_DAY + 1, month=4),
    )
    dear(session, cast.anna, now=at(13))
    let_go = dear(session, cast.anna, now=at(13))
    commands.withdraw(session, Withdraw(let_go.subject), actor=cast.anna, now=at(20))


def counts(checks: Checks) -> Mapping[str, int]:
    return {name: count for name, count in asdict(checks).items() if count}


def test_every_figure(session: Session, cast: Cast, world: dict[str, Approval]) -> None:
    (kind,) = found(session, cast).kinds
    assert (kind.whole.kind, kind.lost) == (Kind.ORDER, 1)
    first, small = kind.lines
    assert (first.code, first.cases, first.after, first.before, first.waiting) == (
        "dear",
        6,
        0,
        6,
        1,
    )
    assert first.waited == Waited({0: 1, 1: 1, 2: 2})
    assert (first.waited.decided, first.waited.total, first.waited.median) == (4, 5, Decimal("1.5"))
    assert (first.saved, first.saved_days, counts(first.checks)) == (None, None, {})
    assert (small.code, small.cases, small.after, small.before, small.waiting) == (
        "small",
        6,
        6,
        0,
        0,
    )
    assert (small.waited.decided, small.waited.median) == (0, None)
    assert small.saved == Saved(Decimal("1.5"), Decimal(9), 4, by_kind=True)
    assert counts(small.checks) == {
        "drawn_from": 5,
        "by_chance": 4,
        "lost": 1,
        "checked": 4,
        "kept": 1,
        "broken": 3,
        "contested": 2,
        "upheld": 1,
        "overturned": 1,
    }
    assert small.checks.share == Decimal("0.8")


def test_the_worked_example_of_the_page(
    session: Session, cast: Cast, world: dict[str, Approval]
) -> None:
    (kind,) = found(session, cast).kinds
    _, *rows = table("What trust costs and saves")
    shown = [
        [
            line.code,
            line.cases,
            line.after,
            line.before,
            line.waited.decided,
            line.waited.median,
            line.waited.total,
            line.saved_days,
            *asdict(line.checks).values(),
        ]
        for line in kind.lines
    ]
    assert [[_said(cell) for cell in row] for row in shown] == rows


def _said(cell: object) -> str:
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return "-" if cell is None else str(cell)


def test_a_kind_is_the_sum_of_its_rules(
    session: Session, cast: Cast, world: dict[str, Approval]
) -> None:
    seen = found(session, cast)
    (kind,) = seen.kinds
    whole = kind.whole
    assert (whole.cases, whole.after, whole.before, whole.waiting) == (12, 6, 6, 1)
    assert (whole.waited, whole.saved_days) == (kind.lines[0].waited, Decimal(9))
    assert whole.checks == kind.lines[1].checks
    assert (seen.after, seen.saved_days, seen.checked, seen.broken) == (6, Decimal(9), 4, 2)


def test_by_unit_and_who_is_without_trust(
    session: Session, cast: Cast, world: dict[str, Approval]
) -> None:
    seen = found(session, cast)
    assert seen.units == [
        UnitLine("Bank/Business/Lending", after=2, before=2, checked=2, broken=2),
        UnitLine("Bank/Retail", after=1, before=0, checked=0, broken=0),
        UnitLine("Bank/Retail/Zwolle", after=3, before=4, checked=2, broken=1),
    ]
    check = check_of(session, world["upheld"])
    assert seen.lost == [Lost(Kind.ORDER, "Egor", "egor", at(11, 11), check.id)]


def test_months_without_anything(session: Session, cast: Cast) -> None:
    nothing = overview(session, Period(Month(2020, 1), Month(2020, 12), ZONE), NL)
    assert (nothing.kinds, nothing.units, nothing.lost) == ([], [], [])
    assert (nothing.after, nothing.saved_days, nothing.checked) == (0, None, 0)


def test_who_is_without_trust_now_stands_there_whatever_the_months(
    session: Session, cast: Cast, world: dict[str, Approval]
) -> None:
    (kind,) = overview(session, Period(Month(2020, 1), Month(2020, 12), ZONE), NL).kinds
    assert isinstance(kind, KindLines)
    assert (kind.lost, kind.lines, kind.whole.cases) == (1, [], 0)


def test_it_asks_as_many_questions_whatever_there_is(session: Session, cast: Cast) -> None:
    def statements() -> int:
        session.flush()
        with counted(session) as seen:
            overview(session, SPRING, NL)
        return seen.statements

    publish(session)
    buy(session, cast.anna)
    few = statements()
    assert few == 5
    for day in (11, 12, 13):
        for _ in range(10):
            buy(session, cast.egor, now=at(day))
            decided(session, dear(session, cast.anna, now=at(day)), cast.boris, now=at(day + 3))
    draw(session, at(14))
    assert statements() == few


# What a wait and an estimate are


def test_a_rule_with_enough_decisions_of_its_own_is_estimated_by_them() -> None:
    own, kind = Waited({3: 5}), Waited({3: 5, 10: 20})
    assert saved(4, own, kind) == Saved(Decimal(3), Decimal(12), 5, by_kind=False)
    assert saved(4, Waited({3: 4}), kind) == Saved(Decimal(10), Decimal(40), 25, by_kind=True)
    assert saved(4, Waited(), Waited()) is None


days = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@given(st.lists(st.tuples(days, st.integers(0, 60), st.integers(1, 3)), max_size=12))
def test_waits_are_counted_as_the_calendar_does(spans: list[tuple[date, int, int]]) -> None:
    pairs = [(day, date.fromordinal(day.toordinal() + more), n) for day, more, n in spans]
    every = sorted(
        NL.working_days_between(asked, ended) for asked, ended, count in pairs for _ in range(count)
    )
    waited = waits(pairs, NL)
    assert (waited.decided, waited.total) == (len(every), sum(every))
    if every:
        half = len(every) // 2
        middle = every[half] if len(every) % 2 else Decimal(every[half - 1] + every[half]) / 2
        assert waited.median == middle


# The page and the file


def test_hr_reads_it(
    session: Session,
    cast: Cast,
    app: Flask,
    at_desks: dict[str, Desk],
    it_is: Clock,
    world: dict[str, Approval],
) -> None:
    it_is(at(30, month=4))
    dina = at_desks["dina"]
    for name in ("anna", "boris"):
        for path in ("/checks/all/overview", "/checks/all/overview.csv"):
            assert at_desks[name].get(path).status_code in (403, 404)
    said = in_words(dina.get("/checks/all/overview?from=2026-03&to=2026-04").text)
    for part in (
        "What was asked from March 2026 through April 2026.",
        "about 9 working days of waiting saved, an estimate",
        "6 cases took effect at once. 4 were checked; 2 were not kept.",
        "dear 6 - 6 1 wait 1.5 5 -",
        "small 6 6 - - - about 9",
        "All together 12 6 6 1 wait 1.5 5 about 9",
        "1.5 working days each, by the median of 4 decisions of this kind",
        "small 4 of 5 80% 1 4 1 3 2 1 1",
        "1 person is without trust in this now.",
        "Egor egor order 11-03-2026",
        "Bank/Retail/Zwolle 7 3 4 2 1",
    ):
        assert part in said, part
    usual = in_words(dina.get("/checks/all/overview").text)
    assert "from May 2025 through April 2026" in usual
    assert "small 7 7" in usual
    dina.language = "nl"
    assert dina.get("/checks/all/overview").status_code == 200


def test_a_period_that_is_none_says_so(
    session: Session, cast: Cast, at_desks: dict[str, Desk], it_is: Clock
) -> None:
    it_is(at(30, month=4))
    dina = at_desks["dina"]
    for query, words in (
        ("from=spring", "Write a month as 2026-03."),
        ("from=2026-04&to=2026-03", "This comes after the month it goes through to."),
        ("from=2000-01&to=2026-03", "At most 60 months at a time."),
        ("to=2999-13", "Write a month as 2026-03."),
    ):
        page = dina.get(f"/checks/all/overview?{query}")
        assert page.status_code == 200 and words in in_words(page.text), query
    assert "Nothing was asked in these months" in in_words(dina.get("/checks/all/overview").text)


def test_it_can_be_downloaded(
    session: Session,
    cast: Cast,
    at_desks: dict[str, Desk],
    it_is: Clock,
    world: dict[str, Approval],
) -> None:
    it_is(at(30, month=4))
    file = at_desks["dina"].get("/checks/all/overview.csv?from=2026-03&to=2026-04")
    assert "trust-2026-03-2026-04.csv" in file.headers["Content-Disposition"]
    header, *rows = (line.split(",") for line in file.text.lstrip("\ufeff").splitlines()[-3:])
    rows = [header, *rows]
    assert [",".join(row) for row in rows] == [
        "order,dear,6,0,6,1,4,1.5,5,,0,0,0,0,0,0,0,0,0,",
        "order,small,6,6,0,0,0,,0,9.0,5,4,1,4,1,3,2,1,1,",
        "order,,12,6,6,1,4,1.5,5,9.0,5,4,1,4,1,3,2,1,1,1",
    ]
