"""Leave by year of origin, worked by hand. Hours in the tables, minutes in the rules."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.budgets.rules.leave import (
    EXTRA,
    STATUTORY,
    Days,
    Lapse,
    LeaveBook,
    LeaveEntry,
    LeaveLot,
    LotSource,
    Year,
    book,
    expires_on,
    in_time,
    reminder_due,
)
from ideals.kernel.month import Month
from ideals.ledger.states import AccountKind, Reason
from ideals.schemes.rules.scheme import LeaveRules

LEAVE, OWED = AccountKind.LEAVE, AccountKind.OWED
_ids = count(1)


def entry(
    day: date,
    hours: float,
    reason: Reason = Reason.ALLOCATION,
    *,
    code: str | None = None,
    for_month: Month | None = None,
    account: AccountKind = LEAVE,
    reverses: LeaveEntry | None = None,
    source: str = "run:simple:2026-01:1",
) -> LeaveEntry:
    """A row of the ledger; its codes `legal` and `own` are statutory and extra hours."""
    return LeaveEntry(
        UUID(int=next(_ids)),
        for_month or Month.of(day),
        day,
        account,
        reason,
        code,
        source,
        int(hours * 60),
        reverses and reverses.id,
        statutory=code == "legal",
    )


def legal(year: int, hours: float) -> LeaveEntry:
    return entry(date(year, 1, 1), hours, code="legal")


def own(year: int, hours: float) -> LeaveEntry:
    return entry(date(year, 1, 1), hours, code="own")


def bought(day: date, hours: float, source: str = "order:1") -> LeaveEntry:
    return entry(day, hours, Reason.ORDER, code="leave", source=source)


def sold(day: date, hours: float, source: str = "order:2") -> LeaveEntry:
    return entry(day, -hours, Reason.ORDER, code="sell_leave", source=source)


def taken(*days: tuple[date, float]) -> list[Days]:
    return [Days(day, int(hours * 60)) for day, hours in days]


def lots(
    entries: Iterable[LeaveEntry],
    days: Iterable[Days] = (),
    lapsed: dict[Year, int] | None = None,
    rules: LeaveRules | None = None,
) -> tuple[dict[str, tuple[float, ...]], float]:
    """`2026 statutory granted` to (in, taken, sold, lapsed, left); and what is overdrawn."""
    found, overdrawn = book(entries, days, lambda _: rules or LeaveRules(), lapsed)
    return {_name(lot): _figures(lot) for lot in found}, overdrawn / 60


def _name(lot: LeaveLot) -> str:
    return f"{lot.year} {STATUTORY if lot.statutory else EXTRA} {lot.source}"


def _figures(lot: LeaveLot) -> tuple[float, ...]:
    parts = (lot.minutes_in, lot.taken, lot.sold, lot.lapsed, lot.left)
    return tuple(minutes / 60 for minutes in parts)


# When it expires


def test_statutory_leave_goes_half_a_year_after_its_year_and_extra_after_five() -> None:
    assert expires_on(Year(2026, True), LeaveRules()) == date(2027, 7, 1)
    assert expires_on(Year(2026, False), LeaveRules()) == date(2032, 1, 1)


def test_a_scheme_may_agree_on_longer() -> None:
    longer = LeaveRules(statutory_months=60, extra_years=10)
    assert expires_on(Year(2026, True), longer) == date(2032, 1, 1)
    assert expires_on(Year(2026, False), longer) == date(2037, 1, 1)


# What is taken of what


def test_what_expires_first_is_taken_first() -> None:
    """On 10 March 2026: statutory 2025 goes on 1 July 2026, extra 2025 only in 2031."""
    entries = (legal(2025, 144), own(2025, 20), legal(2026, 144))
    assert lots(entries, taken((date(2025, 8, 4), 100), (date(2026, 3, 10), 60))) == (
        {
            "2025 statutory granted": (144, 144, 0, 0, 0),
            "2026 statutory granted": (144, 16, 0, 0, 128),
            "2025 extra granted": (20, 0, 0, 0, 20),
        },
        0,
    )


def test_extra_leave_of_long_ago_goes_before_statutory_leave_of_this_year() -> None:
    """Extra 2020 expires on 1 January 2026, statutory 2025 on 1 July 2026."""
    entries = (own(2020, 10), legal(2025, 144))
    assert lots(entries, taken((date(2025, 5, 5), 16))) == (
        {"2020 extra granted": (10, 10, 0, 0, 0), "2025 statutory granted": (144, 6, 0, 0, 138)},
        0,
    )


def test_of_one_day_of_expiry_what_was_brought_along_goes_first_and_bought_last() -> None:
    opening = entry(date(2026, 1, 1), 5, Reason.OPENING, source="opening:leave")
    entries = (bought(date(2026, 1, 1), 5), own(2026, 5), opening)
    assert lots(entries, taken((date(2026, 2, 2), 7)))[0] == {
        "2026 extra opening": (5, 5, 0, 0, 0),
        "2026 extra granted": (5, 2, 0, 0, 3),
        "2026 extra bought": (5, 0, 0, 0, 5),
    }


def test_leave_is_not_taken_of_what_had_not_begun() -> None:
    """Bought on 1 June: the leave of May used what was there, though it expires later."""
    entries = (own(2026, 20), legal(2027, 144), bought(date(2026, 6, 1), 8))
    days = taken((date(2026, 5, 4), 8), (date(2026, 7, 6), 8))
    assert lots(entries, days) == (
        {
            "2026 extra granted": (20, 16, 0, 0, 4),
            "2026 extra bought": (8, 0, 0, 0, 8),
            "2027 statutory granted": (144, 0, 0, 0, 144),
        },
        0,
    )


def test_a_grant_of_each_month_begins_with_its_month() -> None:
    months = [entry(date(2026, m, 1), 12, code="legal") for m in (1, 2, 3)]
    (lot,), overdrawn = book(months, taken((date(2026, 2, 9), 20)), lambda _: LeaveRules())
    assert (lot.minutes_in, lot.taken, lot.left, overdrawn) == (36 * 60, 20 * 60, 16 * 60, 0)
    assert [(part.for_month.month, part.left // 60) for part in lot.parts] == [
        (1, 0),
        (2, 4),
        (3, 12),
    ]


def test_what_is_taken_beyond_all_there_is_waits_for_what_begins_next() -> None:
    entries = [own(2026, 10)]
    days = taken((date(2026, 11, 2), 16))
    assert lots(entries, days) == ({"2026 extra granted": (10, 10, 0, 0, 0)}, 6)
    assert lots([*entries, own(2027, 10)], days) == (
        {"2026 extra granted": (10, 10, 0, 0, 0), "2027 extra granted": (10, 6, 0, 0, 4)},
        0,
    )


def test_days_are_told_with_the_leave_they_used() -> None:
    days = taken((date(2026, 2, 3), 8), (date(2026, 2, 2), 8), (date(2026, 2, 3), 1))
    (first, second), _ = book((own(2026, 12), own(2027, 12)), days, lambda _: LeaveRules())
    assert first.days == (Days(date(2026, 2, 2), 480), Days(date(2026, 2, 3), 240))
    assert second.days == (Days(date(2026, 2, 3), 300),)


# Sold, reversed, corrected, settled


def test_selling_takes_granted_extra_leave_and_never_statutory() -> None:
    entries = (legal(2025, 144), own(2024, 4), bought(date(2025, 1, 2), 8), own(2026, 10))
    assert lots([*entries, sold(date(2026, 2, 2), 12)])[0] == {
        "2025 statutory granted": (144, 0, 0, 0, 144),
        "2024 extra granted": (4, 0, 4, 0, 0),
        "2026 extra granted": (10, 0, 8, 0, 2),
        "2025 extra bought": (8, 0, 0, 0, 8),
    }


def test_more_sold_than_there_is_extra_is_overdrawn_and_leaves_statutory_leave_alone() -> None:
    entries = (legal(2026, 144), own(2026, 4), sold(date(2026, 2, 2), 6))
    figures, overdrawn = lots(entries)
    assert (figures["2026 statutory granted"], overdrawn) == ((144, 0, 0, 0, 144), 2)
    later = (*entries, legal(2027, 144), own(2027, 4))
    figures, overdrawn = lots(later)
    assert (figures["2027 extra granted"], overdrawn) == ((4, 0, 2, 0, 2), 0)
    assert figures["2027 statutory granted"] == (144, 0, 0, 0, 144)


def test_a_purchase_and_a_sale_that_were_reversed_are_as_if_they_had_not_been() -> None:
    purchase, sale = bought(date(2026, 1, 5), 8), sold(date(2026, 1, 6), 4)
    back = [
        entry(date(2026, 2, 1), -8, Reason.ORDER, reverses=purchase, source="order:1:cancelled"),
        entry(date(2026, 2, 1), 4, Reason.ORDER, reverses=sale, source="order:2:cancelled"),
    ]
    assert lots([own(2026, 10), purchase, sale, *back])[0] == {
        "2026 extra granted": (10, 0, 0, 0, 10)
    }
    restored = entry(date(2026, 2, 2), 8, Reason.ORDER, reverses=back[0], source="order:1:again")
    assert lots([purchase, *back[:1], restored])[0] == {"2026 extra bought": (8, 0, 0, 0, 8)}


def test_corrections_of_a_grant_are_one_right_whichever_account_gave_them_back() -> None:
    """10 hours granted and taken; worth 7 after all: 3 are owed, and booked in a later month."""
    less = entry(
        date(2026, 5, 1), -3, code="own", for_month=Month(2026, 1), account=OWED,
        source="run:simple:2026-05:1",
    )  # fmt: skip
    days = taken((date(2026, 2, 2), 10))
    assert lots([own(2026, 10), less], days) == ({"2026 extra granted": (7, 7, 0, 0, 0)}, 3)


def test_what_a_leaver_is_paid_for_is_gone_and_a_debt_may_be_let_go() -> None:
    paid = entry(date(2026, 6, 30), -154, Reason.SETTLEMENT, source="settlement:1")
    assert lots([legal(2026, 144), own(2026, 10), paid]) == (
        {"2026 statutory granted": (144, 0, 144, 0, 0), "2026 extra granted": (10, 0, 10, 0, 0)},
        0,
    )
    waived = entry(date(2026, 6, 30), 4, Reason.WAIVED, account=OWED, source="waived:1")
    days = taken((date(2026, 2, 2), 16))
    assert lots([own(2026, 10), waived], days) == ({"2026 extra granted": (10, 10, 0, 0, 0)}, 2)


def test_hours_saved_from_what_was_left_over_are_bought_hours() -> None:
    saved = entry(date(2026, 4, 2), 6, Reason.LEFT_OVER, code="left_over", source="close:1")
    assert lots([saved])[0] == {"2026 extra bought": (6, 0, 0, 0, 6)}


# Lapsing


def test_what_is_left_lapses_on_the_day_it_expires() -> None:
    entries = (legal(2025, 144), legal(2026, 144))
    days = taken((date(2026, 6, 30), 40), (date(2026, 7, 1), 8))
    assert lots(entries, days, {Year(2025, True): 999 * 60})[0] == {
        "2025 statutory granted": (144, 40, 0, 104, 0),
        "2026 statutory granted": (144, 8, 0, 0, 136),
    }


def test_what_may_not_lapse_stays_and_goes_first() -> None:
    entries = (legal(2025, 144), legal(2026, 144))
    days = taken((date(2026, 7, 6), 50))
    assert lots(entries, days, {})[0]["2025 statutory granted"] == (144, 50, 0, 0, 94)
    at_most = lots(entries, days, {Year(2025, True): 100 * 60})[0]
    assert at_most["2025 statutory granted"] == (144, 44, 0, 100, 0)
    assert at_most["2026 statutory granted"] == (144, 6, 0, 0, 138)


def test_what_the_ledger_says_has_lapsed_is_taken_off_on_its_day() -> None:
    gone = entry(
        date(2026, 7, 1), -100, Reason.LAPSED, code=STATUTORY, for_month=Month(2025, 12),
        source="lapse:2025:statutory",
    )  # fmt: skip
    entries = (legal(2025, 144), gone)
    assert lots(entries, taken((date(2026, 6, 1), 44)))[0] == {
        "2025 statutory granted": (144, 44, 0, 100, 0)
    }
    # Leave of June that is learned in August: the lapse took too much, and is corrected by its job.
    late = lots(entries, taken((date(2026, 6, 1), 60)))[0]
    assert late == {"2025 statutory granted": (144, 60, 0, 84, 0)}


def test_extra_leave_of_five_years_ago_lapses_whatever_its_source() -> None:
    entries = (own(2020, 10), bought(date(2020, 5, 5), 8), own(2021, 10))
    assert lots(entries, taken((date(2025, 9, 9), 4)), {Year(2020, False): 9999})[0] == {
        "2020 extra granted": (10, 4, 0, 6, 0),
        "2020 extra bought": (8, 0, 0, 8, 0),
        "2021 extra granted": (10, 0, 0, 0, 10),
    }


# Reminding


@pytest.mark.parametrize(
    ("today", "months"),
    [
        (date(2026, 3, 31), None),
        (date(2026, 4, 1), 3),
        (date(2026, 5, 31), 3),
        (date(2026, 6, 1), 1),
        (date(2026, 6, 30), 1),
        (date(2026, 7, 1), None),
    ],
)
def test_reminders_are_due_three_months_and_one_month_before(
    today: date, months: int | None
) -> None:
    assert reminder_due(date(2026, 7, 1), today) == months


def test_a_reminder_is_in_time_until_a_month_before() -> None:
    assert in_time(date(2026, 7, 1), date(2026, 6, 1))
    assert not in_time(date(2026, 7, 1), date(2026, 6, 2))
    assert in_time(date(2027, 1, 1), date(2026, 12, 1))


# The book


def test_a_book_says_what_lapses_when_what_was_kept_and_what_can_be_sold() -> None:
    entries = (legal(2024, 5), legal(2025, 20), own(2025, 7), bought(date(2026, 1, 5), 8))
    found, overdrawn = book(entries, taken((date(2026, 2, 2), 4)), lambda _: LeaveRules())
    whole = LeaveBook(date(2026, 3, 1), True, found, overdrawn, tuple(taken((date(2026, 4, 3), 8))))
    assert (whole.left, whole.statutory_left, whole.planned_minutes) == (36 * 60, 21 * 60, 480)
    assert [(lot.year, lot.left) for lot in whole.kept] == [(2024, 60)]
    assert whole.lapses == (
        Lapse(date(2026, 7, 1), 20 * 60),
        Lapse(date(2031, 1, 1), 7 * 60),
        Lapse(date(2032, 1, 1), 8 * 60),
    )
    assert whole.sellable(LotSource.GRANTED) == 7 * 60
    assert whole.sellable(LotSource.GRANTED, LotSource.BOUGHT) == 15 * 60


# Whatever happens


DAY = st.integers(0, 3000).map(lambda n: date(2020, 1, 1) + timedelta(n))
MINUTES = st.integers(1, 20_000)
ENTRIES = st.lists(
    st.one_of(
        st.builds(lambda d, m: entry(d, m / 60, code="legal"), DAY, MINUTES),
        st.builds(lambda d, m: entry(d, m / 60, code="own"), DAY, MINUTES),
        st.builds(lambda d, m: bought(d, m / 60, f"order:{m}"), DAY, MINUTES),
        st.builds(lambda d, m: sold(d, m / 60), DAY, MINUTES),
        st.builds(lambda d, m: entry(d, -m / 60, Reason.SETTLEMENT), DAY, MINUTES),
    ),
    max_size=12,
)
LAPSED = st.dictionaries(
    st.builds(Year, st.integers(2020, 2028), st.booleans()), MINUTES, max_size=6
)


@given(ENTRIES, st.lists(st.builds(Days, DAY, MINUTES), max_size=12), LAPSED)
def test_no_minute_appears_or_vanishes(
    entries: list[LeaveEntry], days: list[Days], lapsed: dict[Year, int]
) -> None:
    found, overdrawn = book(entries, days, lambda _: LeaveRules(), lapsed)
    moved = sum(each.minutes for each in entries) - sum(each.minutes for each in days)
    gone = sum(lot.lapsed for lot in found)
    assert sum(lot.left for lot in found) - overdrawn == moved - gone
    for lot in found:
        assert min(lot.taken, lot.sold, lot.lapsed, lot.left) >= 0
        assert lot.minutes_in == lot.taken + lot.sold + lot.lapsed + lot.left
        assert lot.lapsed <= lapsed.get(Year(lot.year, lot.statutory), 0)
        assert sum(part.left for part in lot.parts) == lot.left
