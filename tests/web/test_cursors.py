from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.web.conftest import bearer, entry


@pytest.fixture
def seven(session: Session) -> Session:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(7):
        # Two by two at the same moment: only the id tells them apart.
        session.add(entry("gift", start + timedelta(seconds=number // 2)))
    session.commit()
    return session


def pages(client: FlaskClient, limit: int) -> list[list[int]]:
    found, cursor = [], ""
    while cursor is not None:
        query = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/api/v1/entries", query_string=query, headers=bearer("anna"))
        assert answer.status_code == 200, answer.text
        found.append([item["id"] for item in answer.json["items"]])
        cursor = answer.json["next"]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 200])
def test_pages_hold_every_row_once_in_order(
    client: FlaskClient, seven: Session, limit: int
) -> None:
    found = pages(client, limit)
    rows = [row for page in found for row in page]
    assert rows == sorted(rows, reverse=True)
    assert len(rows) == len(set(rows)) == 7
    assert all(len(page) == limit for page in found[:-1])


def test_a_row_added_meanwhile_shifts_nothing(client: FlaskClient, seven: Session) -> None:
    first = client.get("/api/v1/entries?limit=3", headers=bearer("anna")).json
    seven.add(entry("gift", datetime(2027, 1, 1, tzinfo=UTC)))
    seven.commit()
    query = {"limit": "3", "cursor": first["next"]}
    second = client.get("/api/v1/entries", query_string=query, headers=bearer("anna")).json
    assert second["items"][0]["id"] == first["items"][-1]["id"] - 1


def test_an_empty_list_has_no_next(client: FlaskClient, session: Session) -> None:
    answer = client.get("/api/v1/entries?act=none", headers=bearer("anna"))
    assert answer.json == {"items": [], "next": None}


def test_a_forged_or_foreign_cursor_is_refused(client: FlaskClient, seven: Session) -> None:
    good = client.get("/api/v1/entries?limit=3", headers=bearer("anna")).json["next"]
    other = client.get("/api/v1/words?limit=1", headers=bearer("anna")).json["next"]
    values, signature = good.rsplit(".", 1)
    # Not its last sign: that one carries bits which nothing reads.
    forged_signature = ("A" if signature[0] != "A" else "B") + signature[1:]
    for forged in (f"{values}.{forged_signature}", other, "x", "", "WzFd.x"):
        query = {"cursor": forged}
        answer = client.get("/api/v1/entries", query_string=query, headers=bearer("anna"))
        assert answer.status_code == 422, forged
        assert answer.json["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e2", "9" * 30])
def test_a_limit_outside_its_bounds_is_refused(client: FlaskClient, limit: str) -> None:
    answer = client.get(f"/api/v1/entries?limit={limit}", headers=bearer("anna"))
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "limit"


def test_a_short_list_is_paged_alike(client: FlaskClient) -> None:
    first = client.get("/api/v1/words?limit=2", headers=bearer("anna")).json
    assert first["items"] == ["a", "b"]
    query = {"cursor": first["next"]}
    second = client.get("/api/v1/words", query_string=query, headers=bearer("anna")).json
    assert second == {"items": ["c"], "next": None}
