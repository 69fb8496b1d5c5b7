"""No salary in a log."""

from __future__ import annotations

import logging

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from ideals import db
from ideals.db import unit_of_work


def test_a_refused_row_is_not_shown_in_a_logged_traceback(
    own_database: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(IntegrityError) as of_session, unit_of_work() as session:
        session.execute(text("CREATE TEMPORARY TABLE pay (salary bigint CHECK (salary < 0))"))
        session.execute(text("INSERT INTO pay VALUES (:s)"), {"s": 432_109})
    with (
        pytest.raises(psycopg.errors.CheckViolation) as of_driver,
        psycopg.connect(db.plain_url(own_database)) as connection,
    ):
        connection.execute("CREATE TEMPORARY TABLE pay (salary bigint CHECK (salary < 0))")
        connection.execute("INSERT INTO pay VALUES (%s)", (432_109,))
    assert "432109" in str(of_driver.value), "PostgreSQL does tell the row"

    for caught in (of_session, of_driver):
        logging.getLogger("test").error("failed", exc_info=caught.value)

    assert "violates check constraint" in caplog.text
    assert "432109" not in caplog.text
