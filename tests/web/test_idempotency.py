from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.audit import Entry
from ideals.db import unit_of_work
from ideals.web import idempotency
from ideals.web.idempotency import IdempotencyKey
from tests.web.conftest import bearer

GIFT = {"amount": "10.00", "month": "2026-03"}


def give(
    client: FlaskClient, key: str | None, body: dict[str, Any] | None = None, who: str = "dina"
) -> TestResponse:
    headers = bearer(who) | ({} if key is None else {"Idempotency-Key": key})
    return client.post("/api/v1/gifts", json=body or GIFT, headers=headers)


def entries(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_the_same_request_again_is_answered_the_same_and_done_once(
    client: FlaskClient, session: Session
) -> None:
    first = give(client, "one")
    assert first.status_code == 201
    assert first.location == "/api/v1/gifts/2026-03"
    again = give(client, "one")
    assert again.status_code == 201
    assert again.data == first.data
    assert again.location == first.location
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert entries(session) == 1
    assert give(client, "two").data != first.data, "another key is another gift"


def test_the_order_of_keys_in_the_body_does_not_matter(
    client: FlaskClient, session: Session
) -> None:
    first = give(client, "one", {"amount": "10.00", "month": "2026-03"})
    again = give(client, "one", {"month": "2026-03", "amount": "10.00"})
    assert again.data == first.data


def test_the_same_key_with_another_body_is_refused(client: FlaskClient, session: Session) -> None:
    give(client, "one")
    answer = give(client, "one", GIFT | {"amount": "11.00"})
    assert answer.status_code == 422
    assert answer.json["code"] == "idempotency_key_reused"
    assert entries(session) == 1


def test_a_key_is_ones_own(client: FlaskClient, session: Session) -> None:
    give(client, "one")
    with unit_of_work() as own:
        own.add(IdempotencyKey(user_id=9, key="one", fingerprint="other", status=200, body="{}"))
    assert give(client, "one").status_code == 201


@pytest.mark.parametrize("key", [None, "", "a b", "x" * 201, "naïve"])
def test_a_missing_or_unusable_key_is_refused_before_the_body_is_read(
    client: FlaskClient, session: Session, key: str | None
) -> None:
    answer = give(client, key, {"nonsense": 1})
    assert answer.status_code == 400
    assert answer.json["code"] == "idempotency_key_missing"


def test_a_refusal_is_not_kept_so_that_it_can_be_repaired(
    client: FlaskClient, session: Session
) -> None:
    assert give(client, "one", GIFT | {"count": 5}).status_code == 409
    assert entries(session) == 0, "what was refused left nothing"
    assert give(client, "one").status_code == 201


def test_a_file_sent_again_is_recognised_by_its_content(
    client: FlaskClient, session: Session
) -> None:
    def send(content: bytes) -> TestResponse:
        return client.post(
            "/api/v1/uploads",
            data={"file": (BytesIO(content), "people.csv")},
            headers=bearer("dina", Idempotency_Key="file"),
        )

    first = send(b"a")
    assert first.status_code == 202
    assert send(b"a").data == first.data
    assert send(b"b").status_code == 422


def test_old_keys_are_forgotten(client: FlaskClient, session: Session) -> None:
    give(client, "one")
    later = datetime.now(UTC) + idempotency.KEPT
    assert idempotency.forget(session, now=later - timedelta(hours=1)) == 0
    assert idempotency.forget(session, now=later + timedelta(hours=1)) == 1


def test_many_at_once_with_one_key_create_once(app: Flask, own_database: str) -> None:
    answers: list[TestResponse] = []
    start = threading.Barrier(12)

    def send() -> None:
        client = app.test_client()
        start.wait()
        answers.append(give(client, "same", GIFT | {"count": 4}))

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 12
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    with unit_of_work() as session:
        assert entries(session) == 1


def test_a_first_request_that_fails_lets_the_waiting_one_through(
    app: Flask, own_database: str
) -> None:
    claimed, release = threading.Event(), threading.Event()

    def first() -> None:
        with unit_of_work() as session:
            session.add(IdempotencyKey(user_id=4, key="same", fingerprint="x"))
            session.flush()
            claimed.set()
            release.wait(10)
            session.rollback()

    thread = threading.Thread(target=first)
    thread.start()
    claimed.wait(10)
    threading.Timer(0.2, release.set).start()
    answer = give(app.test_client(), "same")
    thread.join()
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_waiting_is_bounded_and_asks_to_come_back(
    app: Flask, own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "WAIT", timedelta(milliseconds=200))
    with unit_of_work() as holding:
        holding.add(IdempotencyKey(user_id=4, key="same", fingerprint="x"))
        holding.flush()
        answer = give(app.test_client(), "same")
    assert answer.status_code == 409
    assert answer.json["code"] == "idempotency_key_in_use"
    assert answer.headers["Retry-After"] == "5"


def test_the_usual_lock_timeout_holds_again_for_the_effect(
    client: FlaskClient, session: Session
) -> None:
    session.execute(text("SELECT set_config('lock_timeout', '30s', true)"))
    idempotency.once(session, 4, "k", "print", lambda: idempotency.Answer(200, "{}", None))
    assert session.scalar(text("SELECT current_setting('lock_timeout')")) == "30s"
