"""What people and programs send that is not what was meant: told so, and never half understood."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.kernel.actor import Role
from ideals.kernel.ids import new_id
from ideals.kernel.month import Month
from ideals.pricing.pages.condition_fields import MOST_ROWS
from tests.counting import counted
from tests.pricing.desk import QUIET, opened
from tests.pricing.desk import Desk as Prices
from tests.pricing.test_rule_pages import FORM
from tests.pricing.test_steering_api import put
from tests.shop.conftest import NOW, Shop, Site, site  # noqa: F401 - a fixture
from tests.shop.desk import Desk, client_of, desk_of

VALUE = "/indicators/orders/2026-02"


@pytest.fixture
def client(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, [NOW]) as opened_client:
        yield opened_client


@pytest.fixture
def prices(session: Session, shop: Shop) -> Prices:
    desk = opened(session, shop)
    desk.know(Month(2026, 2), "82", NOW)
    session.commit()
    return desk


@pytest.fixture
def dora(client: FlaskClient, prices: Prices) -> Desk:
    return desk_of(client, "dora", Role.HR_PRICES)


@pytest.fixture
def api(session: Session, site: Site) -> Site:  # noqa: F811
    opened(session, site.shop)
    site.who = "dora"
    return site


def uploaded(api: Site, value: str) -> Any:
    content = BytesIO(f"indicator;month;value\norders;2026-02;{value}\n".encode())
    return api.client.post(
        "/api/v1/indicators/uploads",
        data={"file": (content, "values.csv")},
        headers=api.headers() | {"Idempotency-Key": uuid4().hex},
    )


@pytest.mark.parametrize(
    "value", ["1e9999999", "-1e9999999", "1e-9999999", "NaN", "1e16", "0.1234567"]
)
def test_a_value_beyond_reason_is_refused(api: Site, value: str) -> None:
    assert put(api, VALUE, {"value": value}).status_code == 422


def test_a_point_that_may_part_thousands_is_asked_about(api: Site) -> None:
    refused = uploaded(api, "1.200")
    assert (refused.status_code, refused.json["code"]) == (422, "indicator_file_refused")
    assert "may mean 1200 or 1.200" in refused.json["faults"][0]
    for value in ("1200", "0.125", "82,1250"):
        assert uploaded(api, value).status_code == 201, value


def test_three_decimals_that_were_looked_at_are_taken(dora: Desk) -> None:
    content = b"indicator;month;value\norders;2026-02;82,1250\nload;2026-02;0,125\n"
    looked = dora.client.post(
        "/prices/indicators/file", headers=dora.header, data={"file": (BytesIO(content), "f.csv")}
    )
    text = looked.get_data(as_text=True).partition('name="text" value="')[2].partition('"')[0]
    dora.post("/prices/indicators/file/taken", text=text)
    assert "82.125" in dora.read("/prices/indicators/orders/2026-02")


@pytest.mark.parametrize("field", ["from_month", "through_month"])
def test_a_month_that_means_no_end_is_refused(dora: Desk, field: str) -> None:
    months = {"through_month": "", field: "2999-12"}
    answer = dora.send("/prices/rules/new", **{**FORM, **months, "id": str(new_id())})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert f'id="{field}-error"' in page
    assert "a rule without an end has no last" in page


def test_no_condition_is_lost_beyond_the_last(dora: Desk) -> None:
    rows = {
        f"rows-{place}-{part}": value
        for place in range(MOST_ROWS)
        for part, value in (("name", "scale"), ("sign", "!="), ("value", str(place)))
    }
    answer = dora.send("/prices/rules/new", **{**FORM, **rows, "do": "add", "id": str(new_id())})
    page = answer.get_data(as_text=True)
    assert f'id="rows-{MOST_ROWS - 1}-name"' in page
    assert f'id="rows-{MOST_ROWS}-name"' not in page
    assert 'value="add"' not in page


@pytest.mark.parametrize("place", ["9" * 5000, "x", "-1", "7"])
def test_a_row_that_is_not_there_is_not_taken_out(dora: Desk, place: str) -> None:
    form = {**FORM, "do": f"remove:{place}", "id": str(new_id())}
    answer = dora.send("/prices/rules/new", **form)
    assert answer.status_code == 200
    assert 'id="rows-0-name"' in answer.get_data(as_text=True)


def test_more_rules_cost_no_more_statements(api: Site) -> None:
    put(api, "/indicators/utilisation/2026-03", {"value": "82"})
    seen = []
    for rules in ((0, 1), (2, 3, 4, 5)):
        for order in rules:
            made = api.post("/price-rules", {**QUIET, "code": f"rule_{order}", "order": order})
            assert made.status_code == 201
        with counted() as statements:
            assert len(api.get("/price-rules").json["items"]) == rules[-1] + 1
        seen.append(statements)
    assert seen[0].statements == seen[1].statements, f"{seen[0]}\n\n{seen[1]}"
