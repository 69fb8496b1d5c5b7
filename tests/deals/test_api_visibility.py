"""Every role against every address of a deal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from ideals.approvals.states import Decision
from ideals.deals.models import Evaluation, Letter
from ideals.deals.policy import MAY, SEES, Do, Part, Standing
from ideals.kernel import clock
from ideals.kernel.ids import new_id
from ideals.seeds import factories
from tests.deals.conftest import offer, term
from tests.deals.table import BONUS, NAMES, NOW, Cast, cast_of, decide, employee
from tests.deals.test_api import begin, post, row, send
from tests.desk import Desk, desk, make_app

ROLE_OF = {
    "anna": Standing.EMPLOYEE,
    "boris": Standing.EMPLOYER,
    "egor": Standing.ADVISER,
    "dina": Standing.HR,
    "greta": Standing.APPROVER,
}
NOBODY = ("clara", "henk")
PARTS: Mapping[str, Part] = {
    "offers/2": Part.OFFERS,
    "offers/1": Part.AGREED,
    "messages": Part.MESSAGES,
    "history": Part.HISTORY,
    "advisers": Part.ADVISERS,
    "evaluations": Part.EVALUATIONS,
    "letters": Part.LETTER,
    "letters/1/en": Part.LETTER,
    "offers/2/changes": Part.OFFERS,
    "offers/1/changes?since=2": Part.OFFERS,
}
ACTS: Mapping[str, tuple[str, str, Any, Do]] = {
    "offer": ("POST", "offers", {"seen": 2, "offer": offer(BONUS)}, Do.OFFER),
    "accept": ("POST", "acceptances", {"offer": 2}, Do.ACCEPT),
    "refuse": ("POST", "refusals", {"offer": 2, "reason": "No"}, Do.REFUSE),
    "withdraw": ("POST", "withdrawal", {"offer": 2}, Do.WITHDRAW),
    "say": ("POST", "messages", {"said": "Hello"}, Do.SAY),
    "draft": ("PUT", "draft", {"offer": {}}, Do.DRAFT),
    "invite": ("POST", "advisers", {"number": "henk"}, Do.INVITE),
    "remove": ("DELETE", "advisers/egor", None, Do.INVITE),
}


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def cast(session: Session) -> Cast:
    return cast_of(session)


@pytest.fixture
def desks(session: Session, app: Flask, cast: Cast) -> dict[str, Desk]:
    return {name: desk(session, app, cast[name], now=NOW) for name in NAMES}


@pytest.fixture
def path(session: Session, cast: Cast, desks: dict[str, Desk]) -> str:
    """A deal with everything in it, turned down once by Greta, with a second offer on the table."""
    made = begin(desks["anna"], BONUS)
    path = f"deals/{made['id']}"
    post(desks["anna"], f"{path}/advisers", {"number": "egor"})
    post(desks["boris"], f"{path}/messages", {"said": "Which days?"})
    for who in ("anna", "boris"):
        post(desks[who], f"{path}/acceptances", {"offer": 1})
    decide(session, row(session, made), cast.greta, Decision.REFUSE, "Too much")
    session.commit()
    second = {"seen": 1, "offer": offer(term("bonus", amount="500.00"))}
    post(desks["anna"], f"{path}/offers", second)
    id_ = UUID(made["id"])
    for side in ("employee", "employer"):
        session.add(
            Evaluation(
                deal_id=id_,
                number=1,
                offer=1,
                due_on=NOW.date(),
                side=side,
                answers={},
                at=NOW,
                by="x",
            )
        )
    session.add(
        Letter(deal_id=id_, offer=1, language="en", content=b"%PDF-", digest="0" * 64, made_at=NOW)
    )
    session.commit()
    return path


def test_each_sees_their_parts_and_of_others_nothing(desks: dict[str, Desk], path: str) -> None:
    for name, standing in ROLE_OF.items():
        for address, part in PARTS.items():
            answer = desks[name].asks(f"{path}/{address}")
            seen = part in SEES[standing]
            assert answer.status_code == (200 if seen else 404), (name, address)
            if not seen:
                assert answer.json["code"] == "deal_unknown"
                assert "current" not in answer.json
        offers = [each["number"] for each in desks[name].asks(f"{path}/offers").json["items"]]
        assert offers == ([1, 2] if Part.OFFERS in SEES[standing] else [1])
        told = desks[name].asks(path).json
        assert told["you"] == standing
        assert told["offer"] == (2 if Part.OFFERS in SEES[standing] else None)
        assert told["current"]["number"] == offers[-1]
        assert bool(told["advisers"]) is (Part.ADVISERS in SEES[standing])
        assert "500.00" not in str(told) or Part.OFFERS in SEES[standing]


def test_for_everybody_else_there_is_no_such_deal(desks: dict[str, Desk], path: str) -> None:
    never = f"deals/{new_id()}"
    for name in NOBODY:
        for address in ("", *(f"/{each}" for each in PARTS), "/offers", "/draft"):
            real, guessed = (desks[name].asks(f"{each}{address}") for each in (path, never))
            assert real.status_code == guessed.status_code == 404, address
            assert real.json == guessed.json
        for method, where, body, _act in ACTS.values():
            real_, guessed_ = (
                send(desks[name], method, f"{each}/{where}", body) for each in (path, never)
            )
            assert real_ == guessed_
            assert real_[0] == 404, where
        assert desks[name].asks("deals").json["items"] == []


@pytest.mark.parametrize("act", ACTS)
def test_each_does_what_is_theirs(desks: dict[str, Desk], path: str, act: str) -> None:
    method, where, body, do = ACTS[act]
    # Whoever may comes last: it is done once.
    for name in sorted(ROLE_OF, key=lambda name: do in MAY[ROLE_OF[name]]):
        status, said = send(desks[name], method, f"{path}/{where}", body)
        if do not in MAY[ROLE_OF[name]]:
            assert (status, said["code"]) == (403, "not_yours_in_deal"), name
        elif status >= 400:
            assert said["code"] in (
                "deal_moved_on", "deal_act_not_possible", "not_yours_in_deal", "adviser_unfit",
                "adviser_unknown",
            ), (name, said)  # fmt: skip
            assert status != 404 or act == "remove"


def test_whoever_is_not_signed_in_hears_nothing(app: Flask, path: str) -> None:
    client = app.test_client()
    for address in ("", *(f"/{each}" for each in PARTS)):
        assert client.get(f"/api/v1/{path}{address}").status_code == 401


def test_an_evaluation_is_blind_until_both_are_there(
    session: Session, desks: dict[str, Desk], path: str
) -> None:
    deal_id = UUID(path.removeprefix("deals/"))
    later: dict[str, Any] = {
        "deal_id": deal_id,
        "number": 2,
        "offer": 2,
        "due_on": NOW.date(),
        "answers": {"kept": True},
        "at": NOW,
        "by": "x",
    }
    session.add(Evaluation(side="employee", **later))
    session.commit()

    def seen(name: str) -> int:
        return len(desks[name].asks(f"{path}/evaluations").json["items"])

    assert (seen("anna"), seen("boris"), seen("dina")) == (3, 2, 2)
    session.add(Evaluation(side="employer", **later))
    session.commit()
    assert (seen("anna"), seen("boris"), seen("dina")) == (4, 4, 4)


def test_a_new_manager_sees_all_and_the_one_before_nothing(
    session: Session, desks: dict[str, Desk], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 2, 10, tzinfo=UTC))
    anna = employee(session, "anna")
    factories.a_change(session, anna, NOW.date(), manager_number="clara")
    session.commit()
    for address in ("", *(f"/{each}" for each in PARTS)):
        assert desks["clara"].asks(f"{path}{address}").status_code == 200
        assert desks["boris"].asks(f"{path}{address}").status_code == 404
    assert desks["boris"].asks("deals").json["items"] == []
    assert desks["clara"].asks("deals").json["items"][0]["you"] == "employer"
