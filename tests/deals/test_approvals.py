"""A deal in the list and on the page of whoever has to agree, and in their API."""

from __future__ import annotations

import re

import pytest
from sqlalchemy.orm import Session

from ideals.deals.models import Deal
from ideals.kernel import clock
from tests.deals.table import BONUS, NOW, Cast, both_accept, cast_of, open_approval, propose
from tests.desk import Desk, desk, make_app


@pytest.fixture
def cast(session: Session, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return cast_of(session)


@pytest.fixture
def at_desks(session: Session, cast: Cast) -> dict[str, Desk]:
    app = make_app()
    return {
        name: desk(session, app, cast[name], now=NOW)
        for name in ("anna", "boris", "dina", "greta", "henk")
    }


@pytest.fixture
def deal(session: Session, cast: Cast) -> Deal:
    made = both_accept(session, cast, propose(session, cast, BONUS, subject="A <rota>"))
    session.commit()
    return made


def in_words(page: str) -> str:
    main = page.split('<main id="content"')[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_whoever_must_agree_sees_what_about_whom_and_what_it_costs(
    session: Session, at_desks: dict[str, Desk], deal: Deal
) -> None:
    address = f"/approvals/{open_approval(session, deal).id}"
    for path in ("/approvals", address):
        page = at_desks["greta"].get(path).text
        for part in (
            f"Deal {deal.number}: A &lt;rota&gt;",
            "Anna",
            "Boris",
            "€750.00",
            "target and bonus",
            "1 March 2027",
        ):
            assert part in in_words(page), part
        assert f'href="/deals/{deal.id}"' in page
    assert at_desks["henk"].get(address).status_code == 404
    assert at_desks["dina"].get(address).status_code == 200
    assert at_desks["anna"].get(address).status_code == 200


def test_the_rule_is_shown_to_whom_it_concerns(
    session: Session, at_desks: dict[str, Desk], deal: Deal
) -> None:
    page = in_words(at_desks["anna"].get("/approvals/how").text)
    assert "Deals with money need your manager's manager and HR" in page.replace("&#39;", "'")
