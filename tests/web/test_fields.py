from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from marshmallow import ValidationError

from ideals.kernel.money import Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes
from ideals.web.fields import MinutesField, MomentField, MoneyField, MonthField, WholeField
from tests.web.conftest import Gift, GiftIn, GiftOut


def test_what_goes_out_has_the_fixed_forms(app: Flask) -> None:
    gift = Gift(Money(-5), Month(2026, 3), leave=Minutes(450))
    with app.app_context():
        assert GiftOut().dump(gift) == {
            "amount": "-0.05",
            "month": "2026-03",
            "minutes": 450,
            "hours": "7.50",
            "at": "2026-03-15T12:00:00+01:00",
        }


def test_what_comes_in_becomes_values() -> None:
    gift = GiftIn().load({"amount": "522.16", "month": "2026-03", "count": 2})
    assert gift == Gift(Money(52216), Month(2026, 3), count=2)


@pytest.mark.parametrize(
    "value",
    [1, 1.5, True, None, [], {}, "", "1,50", "1.505", "1e3", " 1.00", "NaN", "٣", "1" * 40],
)
def test_money_is_a_decimal_text_and_nothing_else(value: Any) -> None:
    with pytest.raises(ValidationError):
        MoneyField().deserialize(value)


@pytest.mark.parametrize("value", [202603, "2026-3", "2026-13", "1899-12", "maart", "2026-03-01"])
def test_a_month_is_written_in_one_way(value: Any) -> None:
    with pytest.raises(ValidationError):
        MonthField().deserialize(value)


@pytest.mark.parametrize("value", [True, "1", 1.0, 10**30])
def test_a_whole_number_is_strict(value: Any) -> None:
    with pytest.raises(ValidationError):
        WholeField().deserialize(value)
    with pytest.raises(ValidationError):
        MinutesField().deserialize(value)


def test_a_moment_needs_its_offset() -> None:
    read = MomentField().deserialize("2026-03-15T12:00:00+01:00")
    assert read == datetime(2026, 3, 15, 11, tzinfo=UTC)
    for value in ("2026-03-15T12:00:00", "soon", 5):
        with pytest.raises(ValidationError):
            MomentField().deserialize(value)
