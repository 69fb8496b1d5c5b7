"""HR's pages of indicators, price lists and bounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.pricing.queries import numbers
from ideals.pricing.queries.steering import history_of, price_list
from tests.counting import counted
from tests.pricing.desk import Desk as Prices
from tests.pricing.desk import on, opened
from tests.shop.conftest import NOW, Shop
from tests.shop.desk import Desk, client_of, desk_of, words

FEBRUARY, MARCH, APRIL = Month(2026, 2), Month(2026, 3), Month(2026, 4)


@pytest.fixture
def times() -> list[datetime]:
    return [NOW]


@pytest.fixture
def client(
    session: Session,
    times: list[datetime],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, times) as opened_client:
        yield opened_client


@pytest.fixture
def prices(session: Session, shop: Shop) -> Prices:
    return opened(session, shop)


@pytest.fixture
def dora(client: FlaskClient, prices: Prices) -> Desk:
    return desk_of(client, "dora", Role.HR_PRICES)


DEFINED = {"code": "utilisation", "unit": "%", "name-en": "Utilisation", "name-nl": "Bezetting"}


def test_an_indicator_is_defined_typed_in_and_corrected(dora: Desk, session: Session) -> None:
    assert "No indicators yet" in dora.read("/prices/indicators")
    dora.post("/prices/indicators/defined", **DEFINED)
    page = dora.read("/prices/indicators")
    assert "Missing for March 2026: Utilisation." in page
    dora.post("/prices/indicators", indicator="utilisation", month="2026-03", value="82.5")
    page = dora.read("/prices/indicators")
    assert "Missing for" not in page
    assert "82.5" in page
    dora.post("/prices/indicators/utilisation/2026-03", value="84")
    assert [str(each.value) for each in history_of(session, "utilisation", MARCH)] == ["84", "82.5"]
    page = dora.read("/prices/indicators/utilisation/2026-03")
    assert "84, by dora@meridian.example" in page
    assert "late correction" not in page
    assert "corrected" in dora.read("/prices/indicators")
    assert "Bezetting" in dora.read("/prices/indicators", "nl")


def test_what_was_typed_is_kept_with_what_is_wrong(dora: Desk) -> None:
    dora.post("/prices/indicators/defined", **DEFINED)
    sent = dora.send("/prices/indicators", indicator="utilisation", month="2026-03", value="many")
    assert sent.status_code == 422
    page = sent.get_data(as_text=True)
    assert 'value="many"' in page
    assert 'aria-describedby="value-error"' in page
    wrong = dora.send("/prices/indicators/defined", **{**DEFINED, "code": "Not so"})
    assert wrong.status_code == 422
    assert "Small letters, digits and _" in wrong.get_data(as_text=True)
    unknown = dora.send("/prices/indicators", indicator="nothing", month="2026-03", value="8")
    assert unknown.status_code == 404
    assert dora.ask("/prices/indicators/nothing/2026-03").status_code == 404
    assert dora.ask("/prices/indicators/utilisation/soon").status_code == 404


def test_a_late_correction_says_that_it_changes_no_price_already_given(
    dora: Desk, prices: Prices, session: Session, times: list[datetime]
) -> None:
    prices.know(MARCH, "82", NOW)
    prices.agreed(NOW)
    prices.publish(APRIL, on(3, 31))
    session.commit()
    times.append(on(5, 4))
    page = dora.read("/prices/indicators/utilisation/2026-03")
    assert "A price list that goes by it was published on 31 March 2026 11:00" in page
    dora.post("/prices/indicators/utilisation/2026-03", value="91")
    page = dora.read("/prices/indicators/utilisation/2026-03")
    assert "a late correction: it changes no price already given" in page
    (leave,) = (each for each in price_list(session, APRIL) if each.row.product == "leave")
    assert str(leave.holds.indicators["utilisation"].value) == "82"


def upload(desk: Desk, content: bytes) -> str:
    answer = desk.client.post(
        "/prices/indicators/file",
        headers=desk.header,
        data={"file": (BytesIO(content), "numbers.csv")},
    )
    assert answer.status_code in (200, 422)
    return answer.get_data(as_text=True)


def test_a_file_is_looked_at_before_it_is_taken(
    dora: Desk, prices: Prices, session: Session
) -> None:
    prices.know(FEBRUARY, "80", NOW)
    session.commit()
    page = words(
        upload(
            dora,
            b"indicator,month,value\nutilisation,2026-02,82\nutilisation,2026-03,83\norders,2026-03,5\n",
        )
    )
    assert "utilisation February 2026 82 correction; it was 80" in page
    assert "orders March 2026 5 new" in page
    assert "Take 3 rows" in page
    assert {each.code for each in numbers.all_indicators(session)} == {"utilisation"}
    text = "indicator,month,value\nutilisation,2026-02,82\norders,2026-03,5"
    dora.post("/prices/indicators/file/taken", text=text)
    session.expire_all()
    assert {each.code for each in numbers.all_indicators(session)} == {"utilisation", "orders"}
    assert history_of(session, "utilisation", FEBRUARY)[0].value == 82


def test_a_file_with_faults_is_refused_with_its_lines(dora: Desk, session: Session) -> None:
    page = words(upload(dora, b"indicator,month,value\nutilisation,soon,82\n"))
    assert "Nothing was taken from the file: line 2" in page
    assert numbers.all_indicators(session) == []
    missing = words(upload(dora, b"month,value\n2026-03,82\n"))
    assert "from the file: the column indicator is missing" in missing
    assert "The file is empty" in words(upload(dora, b""))


def test_a_list_is_published_by_hand_once(dora: Desk, prices: Prices, session: Session) -> None:
    prices.know(MARCH, "82", NOW)
    prices.agreed(NOW)
    session.commit()
    page = dora.read("/prices/lists")
    assert "products are not published yet" in page
    assert "no correction of an indicator changes it. It stays as it is." in page
    assert "Extra leave Quiet season : 15% less utilisation: 82 (March 2026) – not yet" in page
    dora.post("/prices/lists/2026-04")
    page = dora.read("/prices/lists?month=2026-04")
    assert "not published yet" not in page
    assert "Extra leave Quiet season : 15% less utilisation: 82 (March 2026) – 10 March" in page
    first = {each.row.id for each in price_list(session, APRIL)}
    dora.post("/prices/lists/2026-04")
    assert {each.row.id for each in price_list(session, APRIL)} == first
    assert dora.send("/prices/lists/2026-09").status_code == 409
    assert dora.send("/prices/lists/soon").status_code == 404


def test_more_indicators_and_months_cost_no_more_statements(
    dora: Desk, prices: Prices, session: Session
) -> None:
    prices.know(MARCH, "82", NOW)
    session.commit()
    counts = []
    for path in ("/prices/indicators", "/prices/lists", "/prices/bounds"):
        dora.get(path)  # what a process keeps is there from now on
        with counted() as few:
            dora.get(path)
        counts.append(few.statements)
    rows = "\n".join(f"more_{n},2026-0{n % 3 + 1},{n}" for n in range(30))
    dora.post("/prices/indicators/file/taken", text=f"indicator,month,value\n{rows}")
    for path, before in zip(
        ("/prices/indicators", "/prices/lists", "/prices/bounds"), counts, strict=True
    ):
        with counted() as many:
            dora.get(path)
        assert many.statements == before, str(many)


@pytest.mark.parametrize(
    "path", ["/prices/indicators", "/prices/lists", "/prices/bounds", "/prices/rules"]
)
def test_only_hr_for_prices_comes_in(client: FlaskClient, shop: Shop, path: str) -> None:
    for name, roles in (("anna", ()), ("boris", ()), ("dina", (Role.HR, Role.HR_DEALS))):
        assert desk_of(client, name, *roles).ask(path).status_code == 403, name
