from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals import db
from ideals.embedded import Servers
from tests.web.conftest import MakeApp


def test_it_serves_without_any_server_behind_it(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_it_is_ready_when_database_and_redis_answer(
    make_app: MakeApp, session: Session, servers: Servers
) -> None:
    answer = make_app(REDIS_URL=servers.redis_url).test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "ok", "redis": "ok"}


def test_it_says_what_is_missing_and_not_where(make_app: MakeApp) -> None:
    engine = db.connect("postgresql://nobody@127.0.0.1:1/none")
    try:
        client = make_app(REDIS_URL="redis://127.0.0.1:1/0").test_client()
        answer = client.get("/readyz")
    finally:
        engine.dispose()
        db.use(None)
    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready",
        "database": "OperationalError",
        "redis": "ConnectionError",
    }


def test_a_redis_nobody_named_is_not_ready(make_app: MakeApp, session: Session) -> None:
    answer = make_app().test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["redis"] == "ValueError"
