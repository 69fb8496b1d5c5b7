"""HR's pages of price rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.kernel.actor import Role
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.pricing.models import PriceRule
from ideals.pricing.queries.steering import version_of
from tests.pricing.desk import QUIET, opened
from tests.pricing.desk import Desk as Prices
from tests.shop.conftest import NOW, Shop
from tests.shop.desk import Desk, client_of, desk_of, words

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


FORM = {
    "name-en": "Quiet season",
    "name-nl": "Rustig seizoen",
    "says-en": "Quiet season: leave costs 15% less",
    "says-nl": "Rustig seizoen: verlof kost 15% minder",
    "scheme": "simple",
    "products": "leave",
    "from_month": "2026-04",
    "through_month": "2026-06",
    "how": "percent-",
    "value": "15",
    "whom": "choices",
    "joined": "and",
    "rows-0-name": "indicator_utilisation",
    "rows-0-sign": "<",
    "rows-0-value": "85",
    "order": "10",
    "combines": "yes",
    "reason": "The order book is thin.",
    "do": "save",
}


def saved(session: Session) -> PriceRule:
    session.expire_all()
    return session.scalars(select(PriceRule).order_by(PriceRule.number.desc())).first()


def test_the_form_makes_the_rule_of_the_example(
    dora: Desk, prices: Prices, session: Session
) -> None:
    prices.know(FEBRUARY, "82", NOW)
    session.commit()
    where = dora.post("/prices/rules/new", id=str(new_id()), **FORM)
    rule = saved(session)
    assert where == f"/prices/rules/{rule.id}"
    assert version_of(session, rule).plain == dict(QUIET)
    page = dora.get(f"/prices/rules/{rule.id}/edit")
    assert '<option value="indicator_utilisation" selected>' in page
    assert "Extra leave €20.00 → €17.00" in words(page)
