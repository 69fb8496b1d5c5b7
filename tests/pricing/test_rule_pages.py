"""HR's pages of price rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from tests.pricing.desk import Desk as Prices
from tests.pricing.desk import opened
from tests.shop.conftest import NOW, Shop
from tests.shop.desk import Desk, client_of, desk_of

FEBRUARY, APRIL = Month(2026, 2), Month(2026, 4)


@pytest.fixture
def times() -> list[datetime]:
    return [NOW]


@pytest.fixture
def client(
    session: Session, times: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, times) as opened_client:
        yield opened_client


@pytest.fixture
def prices(session: Session, shop: Shop) -> Prices:
    return opened(session, shop)


@pytest.fixture
def dora(client: FlaskClient, prices: Prices) -> Desk:
    return desk_of(client, "dora", Role.HR_PRICES)


def test_an_empty_list_says_what_will_be_there(dora: Desk) -> None:
    assert "No price rules yet" in dora.read("/prices/rules")


def test_a_rule_is_shown_as_a_sentence(dora: Desk, prices: Prices, session: Session) -> None:
    prices.know(FEBRUARY, "82", NOW)
    rule = prices.write(NOW)
    session.commit()
    listed = dora.read("/prices/rules")
    assert "Extra leave: 15% less when utilisation is less than 85" in listed
    page = dora.read(f"/prices/rules/{rule.id}")
    assert (
        "Extra leave: 15% less from April 2026 through June 2026, when utilisation is less than 85."
        in page
    )
    assert "When nobody has decided by 31 March 2026 it is refused" in page
    assert "March 2026 82 (February 2026) for everybody" in page
    assert "February 2026 missing for nobody: a value is missing" in page
