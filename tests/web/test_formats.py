from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.kernel.said import Texts, say
from ideals.web import formats


@pytest.fixture(params=["nl", "en"])
def language(app: Flask, request: pytest.FixtureRequest) -> Iterator[str]:
    headers = {"Accept-Language": request.param}
    with app.test_request_context(headers=headers):
        yield request.param


def test_money(language: str) -> None:
    dutch = language == "nl"
    assert formats.money(Money(123450)) == ("€\u00a01.234,50" if dutch else "€1,234.50")
    assert formats.money(Money(-5)) == ("€\u00a0\u22120,05" if dutch else "\u2212€0.05")
    assert formats.money(Money(0)) == ("€\u00a00,00" if dutch else "€0.00")
    assert formats.figure(Money(123450)) == ("1.234,50" if dutch else "1,234.50")
    assert formats.figure(Money(0)) == "-"


def test_numbers_round_half_up_and_know_no_negative_zero(language: str) -> None:
    dutch = language == "nl"
    assert formats.number(Decimal("2.665"), 2) == ("2,67" if dutch else "2.67")
    assert formats.number(Decimal("-2.665"), 2) == ("\u22122,67" if dutch else "\u22122.67")
    assert formats.number(Decimal("-0.001"), 2) == ("0,00" if dutch else "0.00")
    assert formats.number(480) == "480"
    assert formats.percent(Decimal("0.0833")) == ("8,33%" if dutch else "8.33%")
    assert formats.percent(Decimal("0.08")) == "8%"


def test_hours(language: str) -> None:
    hour = "u" if language == "nl" else "h"
    assert formats.hours(Minutes(450)) == f"7\u00a0{hour}\u00a030\u00a0min"
    assert formats.hours(480) == f"8\u00a0{hour}"
    assert formats.hours(30) == "30\u00a0min"
    assert formats.hours(0) == f"0\u00a0{hour}"
    assert formats.hours(-90) == f"\u22121\u00a0{hour}\u00a030\u00a0min"
    assert formats.hours_figure(450) == ("7,50" if language == "nl" else "7.50")


def test_months_days_and_moments(language: str) -> None:
    march = "maart" if language == "nl" else "March"
    assert formats.month_name(Month(2026, 3)) == f"{march} 2026"
    assert formats.day(date(2026, 3, 15)) == f"15 {march} 2026"
    assert formats.day_figure(date(2026, 3, 5)) == "05-03-2026"
    late = datetime(2026, 3, 14, 23, 30, tzinfo=UTC)
    assert formats.at(late) == f"15 {march} 2026 00:30", "on the organisation's clock"
    assert formats.day_figure(late) == "15-03-2026"


def test_a_sentence_of_the_layers_below_is_said_with_its_values(language: str) -> None:
    sentence = say(
        "%(hours)s lapse on %(day)s: %(worth)s, %(part)s of it. %(why)s",
        hours=Minutes(90),
        day=date(2026, 7, 1),
        worth=Money(12345),
        part=Decimal("0.50"),
        why=say("For %(month)s.", month=Month(2026, 3)),
    )
    dutch = "1 u 30 min lapse on 1 juli 2026: € 123,45, 0,5 of it. For maart 2026."
    english = "1 h 30 min lapse on 1 July 2026: €123.45, 0.5 of it. For March 2026."
    found = formats.said(sentence).replace("\u00a0", " ")
    assert found == (dutch if language == "nl" else english)
    assert formats.said("As it stands") == "As it stands"
    assert formats.written(3) == "3"


def test_what_somebody_wrote_in_both_languages_is_shown_in_the_readers(language: str) -> None:
    says = Texts.of({"en": "Quiet season", "nl": "Rustige tijd"})
    shown = {"en": "Quiet season (15% less)", "nl": "Rustige tijd (15% less)"}
    sentence = say("%(says)s (%(percent)s%% less)", says=says, percent=Decimal("15"))
    assert formats.said(sentence) in (shown[language], shown[language].replace("less", "minder"))
    assert formats.written(Texts.of({"de": "Ruhige Zeit"})) == "Ruhige Zeit"
