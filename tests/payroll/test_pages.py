"""The pages: months, totals down to orders, codes, bonuses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ideals.app import create_app
from ideals.config import Settings
from tests.payroll.conftest import FEBRUARY, Books
from tests.payroll.desk import HR, PAYROLL, Desk, desk


@pytest.fixture
def client(session: Session, books: Books) -> Iterator[FlaskClient]:
    books.a_month_of_everything()
    books.seal(FEBRUARY)
    books.batch()
    session.commit()
    with create_app(Settings.read({})).test_client() as opened:
        yield opened


@pytest.fixture
def paula(client: FlaskClient) -> Desk:
    return desk(client, "paula", *PAYROLL)


@pytest.fixture
def dina(client: FlaskClient) -> Desk:
    return desk(client, "dina", *HR)


def test_the_list_shows_every_month_and_its_state(paula: Desk) -> None:
    page = paula.words("/payroll")
    print(page)
    page = paula.words("/payroll/2026-03")
    print(page)
    print(paula.words("/payroll/2026-03/lines/2"))
    print(paula.words("/payroll/2026-03/refusals"))
    print(paula.words("/payroll/codes"))
    assert 0
