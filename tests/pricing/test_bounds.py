"""Bounds of products: what they may be, and two of HR who change them at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ideals.audit import Entry
from ideals.kernel.actor import Role
from ideals.pricing.commands.bounds import PutBounds, put_bounds
from ideals.pricing.errors import BoundsCrossed, BoundsMovedOn, PricesNotYours, ProductUnknown
from ideals.pricing.models import ProductBounds
from ideals.pricing.queries.numbers import NO_BOUNDS_YET
from tests.pricing.desk import Desk, opened
from tests.pricing.test_steering_api import put
from tests.shop.conftest import NOW, Shop, Site, site  # noqa: F401 - a fixture
from tests.shop.desk import client_of, desk_of, words

PATH = "/price-bounds/simple/leave"
PAGE = "/prices/bounds/simple/leave"


@pytest.fixture
def desk(session: Session, shop: Shop) -> Desk:
    return opened(session, shop)


@pytest.fixture
def client(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    with client_of(monkeypatch, [NOW]) as opened_client:
        yield opened_client


def kept(session: Session) -> tuple[int | None, int | None]:
    session.flush()
    session.expire_all()
    row = session.get_one(ProductBounds, ("simple", "leave"))
    return row.least_minor, row.most_minor


def test_only_hr_for_prices_sets_them(desk: Desk) -> None:
    cmd = PutBounds("simple", "leave", 100)
    for actor in (desk.shop.anna, desk.shop.boris, desk.shop.dina, desk.shop.egor):
        with pytest.raises(PricesNotYours):
            put_bounds(desk.session, cmd, actor=actor, now=NOW)


@pytest.mark.parametrize(("least", "most"), [(200, 100), (-1, None), (None, -1)])
def test_they_do_not_cross(desk: Desk, least: int | None, most: int | None) -> None:
    cmd = PutBounds("simple", "leave", least, most)
    with pytest.raises(BoundsCrossed):
        put_bounds(desk.session, cmd, actor=desk.dora, now=NOW)
    put_bounds(
        desk.session, replace(cmd, least_minor=200, most_minor=200), actor=desk.dora, now=NOW
    )


def test_what_the_buyer_prices_has_none(desk: Desk) -> None:
    with pytest.raises(ProductUnknown):
        put_bounds(desk.session, PutBounds("simple", "bicycle", 1), actor=desk.dora, now=NOW)


def test_two_who_set_the_first_ones_hear_of_each_other(desk: Desk) -> None:
    mine = PutBounds("simple", "leave", 1800, seen=NO_BOUNDS_YET)
    put_bounds(desk.session, mine, actor=desk.dora, now=NOW)
    theirs = replace(mine, least_minor=None, most_minor=2500)
    with pytest.raises(BoundsMovedOn) as refused:
        put_bounds(desk.session, theirs, actor=desk.fatima, now=NOW)
    assert refused.value.data == {"current": 2}
    put_bounds(desk.session, replace(theirs, seen=2), actor=desk.fatima, now=NOW)
    assert kept(desk.session) == (None, 2500)


def test_the_same_again_changes_nothing(desk: Desk) -> None:
    cmd = PutBounds("simple", "leave", 1800)
    first = put_bounds(desk.session, cmd, actor=desk.dora, now=NOW)
    assert put_bounds(desk.session, cmd, actor=desk.fatima, now=NOW) is first
    assert (first.version, first.changed_by) == (2, desk.dora.name)
    told = select(func.count()).where(Entry.act == "pricing.bounds_put")
    assert desk.session.scalar(told) == 1


def test_over_the_api_a_change_names_what_was_seen(session: Session, site: Site) -> None:  # noqa: F811
    opened(session, site.shop)
    site.who = "dora"
    none = site.get(PATH)
    assert (none.json["least"], none.headers["ETag"]) == (None, '"1"')
    asked = {"least": "18.00", "most": None}
    assert put(site, PATH, asked).status_code == 428
    first = put(site, PATH, asked, If_Match='"1"')
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    stale = put(site, PATH, {"least": None, "most": "25.00"}, If_Match='"1"')
    assert (stale.status_code, stale.json["code"]) == (412, "price_bounds_moved_on")
    assert site.get(PATH).json == first.json
    for nobodys in ("simple/nothing", "nothing/leave"):
        path = f"/price-bounds/{nobodys}"
        for refused in (site.get(path), put(site, path, asked, If_Match='"1"')):
            assert (refused.status_code, refused.json["code"]) == (404, "product_unknown")
            assert "simple/leave" in refused.json["detail"]
    site.who = "anna"
    assert site.get(PATH).status_code == 403


def test_over_the_api_those_of_every_product_are_listed(session: Session, site: Site) -> None:  # noqa: F811
    desk = opened(session, site.shop)
    site.who = "dora"
    assert site.get("/price-bounds").json["items"] == []
    for product, least in (("leave_asked", 1800), ("leave", 1700), ("seat", 1)):
        put_bounds(session, PutBounds("simple", product, least), actor=desk.dora, now=NOW)
    put_bounds(session, PutBounds("simple", "seat", seen=2), actor=desk.dora, now=NOW)
    session.flush()
    first = site.get("/price-bounds?limit=1").json
    assert first["items"] == [
        {"scheme": "simple", "product": "leave", "least": "17.00", "most": None}
    ]
    rest = site.get(f"/price-bounds?cursor={first['next']}").json
    assert [each["product"] for each in rest["items"]] == ["leave_asked"]
    site.who = "anna"
    assert site.get("/price-bounds").status_code == 403


def test_on_the_page_both_are_shown_and_the_next_save_is_knowing(
    session: Session, desk: Desk, client: FlaskClient
) -> None:
    session.commit()
    dora, fatima = (desk_of(client, name, Role.HR_PRICES) for name in ("dora", "fatima"))
    dora.post(PAGE, least="18", most="", seen="1")
    answer = fatima.send(PAGE, least="", most="25", seen="1")
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "Somebody changed these bounds since you opened the page" in page
    assert "€18.00" in words(page)
    assert 'name="most" value="25"' in page
    assert 'name="seen" value="2"' in page
    assert kept(session) == (1800, None)
    assert fatima.send(PAGE, least="", most="25").status_code == 409, "who saw nothing"
    fatima.post(PAGE, least="", most="25", seen="2")
    assert kept(session) == (None, 2500)


def test_they_are_kept_by_product(session: Session, desk: Desk, client: FlaskClient) -> None:
    session.commit()
    dora = desk_of(client, "dora", Role.HR_PRICES)
    dora.post(PAGE, least="18.50", most="", seen="1")
    assert "Extra leave €18.50 –" in dora.read("/prices/bounds")
    assert kept(session) == (1850, None)
    for least, most, said in (
        ("18", "17", "not above the most"),
        ("much", "", "Give an amount in euros"),
        ("18.505", "", "Give an amount in euros"),
    ):
        refused = dora.send(PAGE, least=least, most=most, seen="2")
        assert refused.status_code == 422
        page = refused.get_data(as_text=True)
        assert said in page
        assert f'value="{least}"' in page
    nobodys = dora.send("/prices/bounds/simple/nothing", least="1", most="", seen="1")
    assert nobodys.status_code == 404
