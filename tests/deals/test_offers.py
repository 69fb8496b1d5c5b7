"""What an offer must hold, what it costs, and what one has that another has not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideals.deals.rules.offers import (
    KEYS,
    Difference,
    OfferText,
    check,
    checked,
    compare,
    cost,
    digest,
    moved,
    plain_of_offer,
    read,
    reason_of,
)
from ideals.deals.rules.values import Fault
from ideals.deals.states import TermKind, Visibility
from ideals.kernel.money import Money
from tests.deals.conftest import TERMS, offer, term
from tests.deals.deals_page import tables
from tests.deals.strategies import DAYS, JSON, SAID, TERM_LISTS, TEXTS

TODAY = date(2026, 11, 25)

OFFERS = st.builds(
    OfferText,
    TERM_LISTS.map(tuple), SAID, SAID, DAYS, DAYS, st.none() | DAYS, TEXTS, TEXTS, TEXTS, TEXTS,
    st.sampled_from(Visibility),
)  # fmt: skip


def made(*terms: dict[str, Any], **changes: Any) -> OfferText:
    result = read(offer(*terms, **changes))
    assert isinstance(result, OfferText), result
    return result


def paths(*terms: dict[str, Any], today: date = TODAY, **changes: Any) -> list[str]:
    result = checked(offer(*terms, **changes), today)
    return [] if isinstance(result, OfferText) else [fault.path for fault in result]


# Reading -------------------------------------------------------------------------------------


def test_the_page_names_every_key() -> None:
    rows = tables("Offers")[0][1:]
    assert [row[0] for row in rows] == list(KEYS)
    for key, needed, _ in rows:
        assert paths(**{key: None}) == ([key] if needed == "yes" else [])


def test_an_offer_is_written_as_it_came() -> None:
    plain = offer(TERMS["pattern"], TERMS["money"])
    read_ = made(*plain["terms"])
    assert plain_of_offer(read_) == plain
    assert read_.kinds == {TermKind.PATTERN, TermKind.MONEY}
    assert read_.visibility is Visibility.TEAM_ANONYMISED
    assert made(visibility=None).visibility is Visibility.PARTIES


@given(OFFERS)
def test_every_offer_is_read_as_it_was_written(some: OfferText) -> None:
    assert read(plain_of_offer(some)) == some


@given(JSON, JSON)
def test_whatever_comes_is_an_offer_or_has_faults(plain: object, inner: object) -> None:
    for some in (plain, {"terms": plain, "starts_on": inner}, {**offer(), "ends_on": plain}):
        for result in (read(some), checked(some, TODAY)):
            assert isinstance(result, OfferText) or all(map(str, result))


@pytest.mark.parametrize("plain", [None, 7, "offer", [offer()]])
def test_what_is_no_offer_at_all(plain: object) -> None:
    result = read(plain)
    assert isinstance(result, list)
    assert result[0].path == ""


def test_the_digest_is_that_of_what_it_says() -> None:
    first = digest(made())
    assert len(first) == 64
    assert digest(made(**dict(reversed(offer().items())))) == first
    assert digest(made(reason="The ward is short of late shifts")) != first


@given(OFFERS, OFFERS)
def test_two_offers_have_one_digest_only_when_they_are_the_same(a: OfferText, b: OfferText) -> None:
    assert (digest(a) == digest(b)) == (a == b)


# Checking ------------------------------------------------------------------------------------

NOT_BEFORE = "not before 2027-03-01, when it begins"
NOT_AFTER = "not after 2028-02-29, its last day"


def test_a_sound_offer_has_no_faults() -> None:
    plain = [TERMS[kind] for kind in TermKind if kind != "hours"]
    assert check(made(*plain), TODAY) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"employee_gets": " "}, "employee_gets"),
        ({"employer_gets": "\u200b"}, "employer_gets"),
        ({"starts_on": "2026-11-24"}, "starts_on"),
        ({"starts_on": "2032-01-01", "evaluate_on": "2032-02-01", "ends_on": None}, "starts_on"),
        ({"ends_on": "2027-02-28", "evaluate_on": "2027-03-01"}, "ends_on"),
        ({"evaluate_on": "2027-02-28"}, "evaluate_on"),
        ({"evaluate_on": "2028-03-01"}, "evaluate_on"),
        ({"evaluate_on": "soon"}, "evaluate_on"),
        ({"ends_on": "never"}, "ends_on"),
        ({"visibility": "all"}, "visibility"),
        ({"price": "7.00"}, "price"),
        ({"reason": "x" * 5_001}, "reason"),
    ],
)
def test_one_thing_wrong_is_one_fault(changes: dict[str, Any], path: str) -> None:
    assert paths(**changes) == [path]


def test_every_fault_of_form_and_rule_at_once() -> None:
    found = paths(employee_gets="", evaluate_on=7, starts_on="2020-01-01", terms=[])
    assert sorted(found) == ["employee_gets", "evaluate_on", "starts_on", "terms"]


@pytest.mark.parametrize("kind", ["money", "bonus"])
def test_money_needs_an_objective_reason_of_its_own_or_of_the_offer(kind: str) -> None:
    without = term(kind, objective_reason=None)
    assert paths(TERMS[kind], reason=None) == []
    assert paths(without, reason="As for everybody who leads a ward") == []
    assert paths(TERMS["other"], without, reason=None) == ["terms[1].objective_reason"]
    own, of_offer = made(TERMS[kind]), made(without)
    assert reason_of(own, own.terms[0]) == TERMS[kind]["objective_reason"]
    assert reason_of(of_offer, of_offer.terms[0]) == "The ward is short of early shifts"
    assert reason_of(made(), made().terms[0]) == ""


@pytest.mark.parametrize(
    ("kind", "changes", "path", "expected"),
    [
        ("hours", {"starts_on": "2027-02-28"}, "starts_on", NOT_BEFORE),
        ("hours", {"starts_on": "2028-03-01"}, "starts_on", NOT_AFTER),
        ("leave", {"starts_on": "2027-02-28"}, "starts_on", NOT_BEFORE),
        ("leave", {"ends_on": "2028-03-01"}, "ends_on", NOT_AFTER),
        ("money", {"from_month": "2027-02"}, "from_month", NOT_BEFORE),
        ("money", {"through_month": "2028-03"}, "through_month", NOT_AFTER),
        ("bonus", {"due_month": "2027-02"}, "due_month", NOT_BEFORE),
    ],
)
def test_a_term_counts_while_the_deal_does(
    kind: str, changes: dict[str, Any], path: str, expected: str
) -> None:
    found = check(made(TERMS["other"], term(kind, **changes)), TODAY)
    value = next(iter(changes.values()))
    assert found == [Fault(f"terms[1].{path}", value, expected)]


def test_a_bonus_may_be_judged_after_the_last_day() -> None:
    assert paths(term("bonus", due_month="2028-06")) == []


def test_an_offer_grows_old() -> None:
    some = made()
    assert check(some, some.starts_on) == []
    (fault,) = check(some, some.starts_on + timedelta(days=1))
    assert fault == Fault("starts_on", "2027-03-01", "today or a day to come")


# Cost ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", tables("What it costs")[0][1:], ids=lambda row: row[0])
def test_the_worked_costs_of_the_page(row: list[str]) -> None:
    said, ends_on, expected = row
    kind, *rest = said.split(" ")
    changes = dict(each.strip("`,").split("=") for each in rest)
    base = {"money": {"kind": "money"}}.get(kind, TERMS[kind])
    plain: dict[str, Any] = {**base, **changes}
    some = made(plain, ends_on=None if ends_on == "-" else ends_on)
    assert str(cost(some)) == expected


def test_a_package_costs_its_terms_together() -> None:
    package = made(
        term("development", paid_from="employer"), TERMS["bonus"], TERMS["money"], TERMS["leave"]
    )
    assert cost(package) == Money(240000 + 75000 + 12 * 12000)


# Comparing -----------------------------------------------------------------------------------


def test_offers_are_compared_term_by_term() -> None:
    old = made(TERMS["pattern"], TERMS["money"], TERMS["other"])
    new = made(
        term("pattern", minutes={"monday": 540, "tuesday": 540, "friday": 480}),
        term("money", amount="100.00", through_month=None),
        TERMS["place"],
        evaluate_on="2027-06-01",
        reason=None,
    )
    assert compare(old, new) == [
        Difference("terms.pattern[0].minutes.wednesday", 540, None),
        Difference("terms.pattern[0].minutes.thursday", 540, None),
        Difference("terms.pattern[0].minutes.friday", None, 480),
        Difference("terms.place[0]", None, TERMS["place"]),
        Difference("terms.money[0].amount", "120.00", "100.00"),
        Difference("terms.money[0].through_month", "2028-02", None),
        Difference("terms.other[0]", TERMS["other"], None),
        Difference("evaluate_on", "2027-09-01", "2027-06-01"),
        Difference("reason", "The ward is short of early shifts", None),
    ]


def test_terms_of_a_kind_are_matched_by_their_place() -> None:
    first, second = {"kind": "other", "text": "A"}, {"kind": "other", "text": "B"}
    found = compare(made(first, TERMS["tasks"], second), made(second, TERMS["tasks"]))
    assert found == [
        Difference("terms.other[0].text", "A", "B"), Difference("terms.other[1]", second, None),
    ]  # fmt: skip


@given(OFFERS, OFFERS)
def test_a_comparison_is_empty_only_for_the_same_and_reads_the_same_backwards(
    a: OfferText, b: OfferText
) -> None:
    by_kind = sorted(b.terms, key=lambda each: list(TermKind).index(each.kind))
    assert compare(b, replace(b, terms=tuple(by_kind))) == []
    forth, back = compare(a, b), compare(b, a)
    assert forth == [Difference(each.path, each.after, each.before) for each in back]
    assert compare(a, a) == []
    assert bool(forth) or sorted(map(str, a.terms)) == sorted(map(str, b.terms))


def test_what_has_moved_since_an_offer_was_seen() -> None:
    offers = [made(), made(reason="Another"), made(reason="A third")]
    assert moved(offers, 3) is None
    since = moved(offers, 1)
    assert since is not None
    assert (since.seen, since.current) == (1, 3)
    assert [each.path for each in since.differences] == ["reason"]
    for never in (0, -1, 4):
        unknown = moved(offers, never)
        assert unknown is not None
        assert (unknown.current, unknown.differences) == (3, ())
