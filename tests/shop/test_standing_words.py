"""Choices, commitments and closes in words: on statements and in notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.config import Settings
from ideals.ledger.queries import described
from ideals.notices.queries import in_words
from ideals.seeds import factories
from ideals.shop.commands import choosing, commitments, reminding
from ideals.shop.pages import standing
from tests.shop.conftest import MARCH, NOW, employee_of, open_shop
from tests.shop.test_closing import AFTER, opened
from tests.shop.test_commitments import PRODUCTS


@pytest.fixture
def english() -> Iterator[None]:
    app = create_app(Settings.read({}))
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def test_a_close_says_what_it_is(session: Session, english: None) -> None:
    source = "close:simple:2026-03:1"
    told = described(session, [source, "close:nonsense"])
    assert {key: each.sentence for key, each in told.items()} == {
        source: "The close of March 2026."
    }
    assert described(session, ["choices:a-b:2026-12:3"])["choices:a-b:2026-12:3"].sentence == (
        "The standing choices of December 2026."
    )


def test_a_charge_names_its_month_its_order_and_what_it_is_for(
    session: Session, english: None
) -> None:
    shop = open_shop(session, products=PRODUCTS)
    order = shop.order(session, "bicycle", "1", who=replace(shop.anna, proved_at=NOW))
    session.flush()
    month, rest = f"commitment:{order.id}:2026-03", f"commitment:{order.id}:2026-04:rest"
    told = described(session, [month, rest, f"commitment:{employee_of(shop.anna)}:2026-03"])
    assert {key: (each.sentence, each.title) for key, each in told.items()} == {
        month: (f"The charge of March 2026 for order {order.number}.", "bicycle"),
        rest: (f"All that was left to pay of order {order.number}.", "bicycle"),
    }


def test_every_row_of_a_close_is_told_on_the_statement(session: Session, english: None) -> None:
    shop = opened(session, calendar={"left_over": "pay_each_month"})
    factories.a_close(session, MARCH, now=AFTER)
    from ideals.ledger.queries import statement

    rows = statement(session, employee_of(shop.anna), MARCH, MARCH)
    sources = {row.source for row in rows if row.source.startswith("close:")}
    assert sources
    assert described(session, sources).keys() == sources


NAMES = {"names": {"en": "Extra leave", "nl": "Extra verlof"}, "product": "leave"}


@pytest.mark.parametrize(
    ("kind", "data", "title", "part"),
    [
        (
            choosing.FAILED,
            NAMES | {"month": "2026-04", "code": "limit_exceeded"},
            "Your standing choice was not ordered: Extra leave",
            "for April 2026: you have reached the limit.",
        ),
        (
            choosing.FAILED,
            NAMES | {"month": "2026-04", "code": "never_heard_of", "names": {}},
            "Your standing choice was not ordered: leave",
            "something was in its way.",
        ),
        (
            commitments.SHORT,
            NAMES | {"month": "2026-04"},
            "A part of a charge comes off your pay: Extra leave",
            "deducted from your pay",
        ),
        (
            reminding.DEADLINE,
            {"month": "2026-03", "last_day": "2026-03-15", "left_over": "save_as_leave"},
            "You can choose for March 2026 until 15 March 2026",
            "it is saved as leave",
        ),
    ],
)
def test_what_people_are_told(
    english: None, kind: str, data: dict[str, object], title: str, part: str
) -> None:
    words = in_words(kind, data, "en")
    assert words.title == title
    assert part in words.text
    assert words.href.startswith("/")


def test_every_default_has_its_words(english: None) -> None:
    from ideals.schemes.rules import LeftOver

    assert set(standing._DEFAULTS) == set(LeftOver)
