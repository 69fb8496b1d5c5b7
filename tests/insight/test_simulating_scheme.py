"""A new version of a scheme for everybody, before it is published: worked out by hand beside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.insight.simulating import commands
from ideals.insight.simulating.commands import StartSimulation
from ideals.insight.simulating.errors import NothingToSimulate, SimulationsNotYours
from ideals.insight.simulating.models import Simulation
from ideals.insight.simulating.states import SimulationKind
from ideals.kernel.actor import Role
from ideals.kernel.month import Month
from ideals.ledger.models import Transfer
from ideals.schemes import queries as schemes
from ideals.schemes.errors import SchemeRefused
from ideals.schemes.models import SchemeVersion
from ideals.seeds import factories
from tests.insight.what_if import work
from tests.shop.conftest import NOW, Shop, open_shop
from tests.shop.desk import Desk, answers, client_of, desk_of

YEAR = [str(month) for month in Month(2026, 5).until(Month(2027, 4))]


@pytest.fixture
def shop(session: Session) -> Shop:
    return open_shop(session)


@pytest.fixture
def client(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    times: list[datetime] = [NOW]
    with client_of(monkeypatch, times) as opened_client:
        yield opened_client


def document(session: Session, *, version: str = "2026-05", **formulas: str) -> str:
    """The next version of the scheme there is, with other or further components."""
    plain = json.loads(schemes.latest_schemes(session)[0].text)
    components = plain["components"] | {
        name: {"formula": formula} for name, formula in formulas.items()
    }
    return json.dumps(plain | {"version": version, "components": components})


def simulated(session: Session, shop: Shop, text: str) -> dict[str, Any]:
    cmd = StartSimulation(SimulationKind.SCHEME, {"document": text})
    done = work(session, commands.start(session, cmd, actor=shop.dina, now=NOW), now=NOW)
    assert done.result is not None, (done.state, done.fault)
    return done.result


def test_everybody_by_the_version_in_force_and_by_the_new_one(session: Session, shop: Shop) -> None:
    """1,000 a month becomes 1,100, for who works half of it 500 becomes 550; and 20 are new."""
    factories.an_employee(session, "Half", part_time_factor="0.5", unit="Bank/Retail")
    factories.an_employee(session, "Leaves", leaves_on=date(2026, 6, 30), unit="Bank/Retail")
    factories.an_employee(session, "Gone", leaves_on=date(2026, 2, 28))
    session.flush()
    text = document(session, budget="1100 * part_time_factor", learning="20")
    told = simulated(session, shop, text)
    assert [line["month"] for line in told["months"]] == YEAR
    assert told["months"][0] == {
        "month": "2026-05", "people": 7, "touched": 7, "before": 650_000, "after": 729_000,
    }  # fmt: skip
    assert told["months"][2] == {
        "month": "2026-07", "people": 6, "touched": 6, "before": 550_000, "after": 617_000,
    }  # fmt: skip
    by_code = {line["component"]: line for line in told["components"]}
    # Five whole years, half of one, and two months.
    assert by_code["budget"]["before"] == 5 * 1_200_000 + 600_000 + 200_000
    assert by_code["budget"]["after"] == 5 * 1_320_000 + 660_000 + 220_000
    assert (by_code["learning"]["before"], by_code["learning"]["after"]) == (
        0,
        (6 * 12 + 2) * 2_000,
    )
    assert told["people"] == {"all": 7, "touched": 7, "better": 7, "worse": 0}
    assert sum(each["people"] for each in told["histogram"]) == 7
    units = {each["key"]: (each["people"], each["change"]) for each in told["groups"]["unit"]}
    assert units["Bank/Retail"] == (4, 2 * 144_000 + 84_000 + 24_000)
    # Nothing of it is published or posted.
    assert session.query(SchemeVersion).count() == 1


def test_hours_of_leave_are_told_apart_and_are_no_euros(session: Session, shop: Shop) -> None:
    plain = json.loads(document(session))
    (code, *_) = plain["hours"]
    plain["hours"][code]["formula"] = f"({plain['hours'][code]['formula']}) + 8"
    told = simulated(session, shop, json.dumps(plain))
    line = next(each for each in told["hours"] if each["component"] == code)
    # Given once, in January: eight hours more for each of five people.
    assert line["after"] - line["before"] == 5 * 8 * 60
    assert told["people"] == {"all": 5, "touched": 5, "better": 0, "worse": 0}
    assert all(each["before"] == each["after"] for each in told["components"])


def test_whose_budget_cannot_be_worked_out_is_left_out_and_counted(
    session: Session, shop: Shop
) -> None:
    factories.an_employee(session, "Known", weekly_hours="36")
    session.flush()
    told = simulated(session, shop, document(session, budget="25 * weekly_hours"))
    assert told["left_out"] == {"before": 0, "after": 5}
    assert told["people"] == {"all": 1, "touched": 1, "better": 0, "worse": 1}


def test_what_cannot_be_simulated_is_refused(session: Session, shop: Shop) -> None:
    def start(about: dict[str, Any], who: Any = shop.dina) -> UUID:
        cmd = StartSimulation(SimulationKind.SCHEME, about)
        return commands.start(session, cmd, actor=who, now=NOW)

    with pytest.raises(NothingToSimulate):
        start({})
    with pytest.raises(SchemeRefused):
        start({"document": "scheme: x"})
    other = json.loads(document(session)) | {"scheme": "other"}
    with pytest.raises(NothingToSimulate):
        start({"document": json.dumps(other)})
    # What is earlier than the last version cannot be published.
    early = document(session, version="2025-12", learning="20")
    factories.a_scheme(session, version="2026-04", components={"budget": "900"})
    with pytest.raises(NothingToSimulate) as refused:
        start({"document": early})
    assert refused.value.data["why"] == "early"
    with pytest.raises(SimulationsNotYours):
        start({"document": document(session)}, shop.anna)
    same = document(session, learning="20")
    assert start({"document": same}) == start({"document": same})
    (noted,) = session.query(Entry).filter_by(act="schemes.simulation_started").all()
    assert set(noted.details["about"]) == {"scheme", "version", "digest"}


def test_from_the_document_to_the_result_and_back(
    session: Session, shop: Shop, client: FlaskClient
) -> None:
    for number in range(12):
        factories.an_employee(session, f"Person {number}", unit="Bank/Retail")
    session.commit()
    dina = desk_of(client, "dina", Role.HR)
    text = document(session, budget="1100 * part_time_factor", learning="0")
    checked = dina.send("/schemes/check", document=text).get_data(as_text=True)
    assert "See what it would do to everybody" in checked
    path = dina.post("/schemes/simulation", document=text)
    work(session, UUID(path.rpartition("/")[2]), now=NOW)
    session.commit()
    page = dina.read(path)
    assert "What it would do: Scheme simple from May 2026" in page
    # A hundred a month, for seventeen people and twelve months.
    assert "€20,400.00 more in budgets, May 2026 through April 2027" in page
    assert "Touched 17 Better off 17" in page
    assert "To the document, to publish or change it" in page
    rows = {row["What"]: row for row in dina.rows(f"{path}.csv")}
    assert rows["May 2026"]["Difference"] == "1700.00"
    checked = dina.send("/schemes/check", document=text).get_data(as_text=True)
    assert "17 people touched, €20,400.00 more in budgets" in checked
    assert dina.post("/schemes/simulation", document=text) == path
    for typed, status, why in (
        ("scheme: typed_by_hand", 422, "things are not right yet"),
        (json.dumps(json.loads(text) | {"scheme": "other"}), 409, "not in force yet"),
    ):
        refused = dina.send("/schemes/simulation", document=typed)
        assert refused.status_code == status
        said = refused.get_data(as_text=True)
        assert f"{escape(typed)}</textarea>" in said
        assert said.count(why) == 1


def test_it_is_for_hr_and_not_for_prices(session: Session, shop: Shop, client: FlaskClient) -> None:
    cmd = StartSimulation(SimulationKind.SCHEME, {"document": document(session, learning="1")})
    made = commands.start(session, cmd, actor=shop.dina, now=NOW)
    session.commit()
    path = f"/prices/simulations/{made}"
    assert answers(client, path) == {"anna": 403, "boris": 403, "paula": 403, "dina": 200}
    assert desk_of(client, "dora", Role.HR_PRICES).ask(path).status_code == 403
    for name, role in (("boris", None), ("dora", Role.HR_PRICES)):
        who: Desk = desk_of(client, name, *([role] if role else []))
        assert who.send("/schemes/simulation", document="x").status_code == 403
    assert session.query(Simulation).count() == 1
    assert session.query(Transfer).filter(Transfer.source.like("simulation%")).count() == 0
