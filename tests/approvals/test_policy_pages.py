"""HR writes, tries and publishes rules; everybody reads them."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.approvals.models import PolicyDraft, PolicyVersion
from ideals.approvals.queries import in_force
from ideals.approvals.states import Kind
from ideals.kernel import clock
from tests.approvals.conftest import NOW, Cast
from tests.approvals.test_pages import in_words
from tests.approvals.test_policy_commands import ask_for, document, publish, save
from tests.desk import Desk, desk, make_app

EDIT = "/approvals/policies/order/edit"
LOOK = "/approvals/policies/order/draft"


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    in_force.forget()


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def dina(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.dina, now=NOW)


@pytest.fixture
def anna(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.anna, now=NOW)


def form_of(page: str) -> dict[str, str]:
    """What a browser would send of the big form."""
    inner = page.split('class="policy-form"')[1].split("</form>")[0]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", inner):
        if name := re.search(r'name="([^"]+)"', tag):
            value = re.search(r'value="([^"]*)"', tag)
            fields[name[1]] = _plain(value[1] if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', inner, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        first = re.search(r'<option value="([^"]*)"', options)
        fields[name] = (chosen or first)[1]  # type: ignore[index]
    return {name: value for name, value in fields.items() if name != "csrf_token"}


def _plain(text: str) -> str:
    return (
        text.replace("&#39;", "'").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )


def draft(session: Session) -> PolicyDraft:
    session.expire_all()
    return session.scalars(select(PolicyDraft)).one()


@pytest.mark.parametrize("kind", list(Kind))
def test_every_page_of_a_kind_opens(session: Session, cast: Cast, dina: Desk, kind: Kind) -> None:
    at = f"/approvals/policies/{kind}"
    pages = ("", "/built-in", "/edit", "/edit/text", "/built-in/document.yaml")
    for page in ("/approvals/policies", "/approvals/how", *(f"{at}{part}" for part in pages)):
        assert dina.get(page).status_code == 200, page


def test_only_hr_opens_them_and_everybody_reads_how_decisions_are_made(
    session: Session, anna: Desk
) -> None:
    for page in ("/approvals/policies", EDIT, LOOK, "/approvals/policies/order"):
        assert anna.get(page).status_code == 403
    assert anna.post(EDIT, **{"from": "2026-04-01"}).status_code == 403
    said = in_words(anna.get("/approvals/how").text)
    assert "Your manager decides about this, usually within five working days." in said


def test_what_is_no_kind_or_day_is_not_found(session: Session, dina: Desk) -> None:
    for page in ("nothing", "order/2026-13-40", "order/2026-01-01", "nothing/edit"):
        assert dina.get(f"/approvals/policies/{page}").status_code == 404


def test_hr_adds_a_case_by_form_tries_it_and_publishes_it(
    session: Session, cast: Cast, dina: Desk, anna: Desk
) -> None:
    for _ in range(3):
        ask_for(session, cast, 100_00, NOW)
    ask_for(session, cast, 900_00, NOW)
    session.commit()
    fields = form_of(dina.get(EDIT).text)
    assert fields["from"] == "2026-04-01"
    answer = dina.post(EDIT, **fields | {"do": "add_case"})
    assert answer.location.endswith(f"{EDIT}#cases-2")
    fields = form_of(dina.get(EDIT).text)
    new = {
        "cases-2-code": "small", "cases-2-when": "amount <= 250",
        "cases-2-says-en": "Small things are yours to decide",
        "cases-2-says-nl": "Kleine dingen beslist u zelf",
        "cases-2-takes_effect": "after", "cases-2-check-share": "20%",
    }  # fmt: skip
    answer = dina.post(EDIT, **fields | new | {"do": "look"})
    assert answer.location == LOOK, in_words(answer.text)
    said = in_words(dina.get(LOOK).text)
    assert "3 of 4 would have gone another way" in said
    assert "At once; 20% is checked afterwards by the manager 0 3 +3" in said
    csv = dina.get(f"{LOOK}/cases.csv").text.splitlines()
    assert len(csv) == 4 and "A100" not in csv[0]
    assert len(re.findall("At once; 20%", "\n".join(csv))) == 3
    listed = in_words(dina.get(f"{LOOK}/cases?move=0").text)
    assert listed.count("amount €100.00") == 3
    version = str(draft(session).version)
    answer = dina.post(f"{LOOK}/publish", version=version)
    assert answer.location == "/approvals/policies/order/2026-04-01"
    session.expire_all()
    made = session.scalars(select(PolicyVersion)).one()
    assert made.published_by == cast.dina.name
    assert session.scalars(select(PolicyDraft)).all() == []
    said = in_words(anna.get("/approvals/how").text)
    assert "Small things are yours to decide" in said


def test_a_fault_stands_at_its_field_and_nothing_is_lost(session: Session, dina: Desk) -> None:
    fields = form_of(dina.get(EDIT).text)
    wrong = fields | {"cases-0-when": "salary > 1", "cases-2-stages-0-steps-0-days": "99"}
    answer = dina.post(EDIT, **wrong | {"do": "look"})
    assert answer.status_code == 422
    for name in ("cases-0-when", "cases-2-stages-0-steps-0-days"):
        assert re.search(rf'id="{name}"[^>]*aria-invalid="true"', answer.text, re.S), name
    assert "there is no fact" in in_words(answer.text)
    assert "salary &gt; 1" in draft(session).document.replace(">", "&gt;")
    answer = dina.get(LOOK)
    assert answer.location == EDIT


def test_two_who_write_at_once_see_each_other(
    session: Session, cast: Cast, app: Flask, dina: Desk
) -> None:
    henk = desk(session, app, cast.henk, now=NOW)
    hers, his = form_of(dina.get(EDIT).text), form_of(henk.get(EDIT).text)
    assert dina.post(EDIT, **hers | {"name-en": "Hers", "do": "save"}).status_code == 303
    answer = henk.post(EDIT, **his | {"name-en": "His", "do": "save"})
    assert answer.status_code == 409
    assert "while you were writing" in in_words(answer.text)
    again = form_of(answer.text)
    assert again["name-en"] == "His"
    assert henk.post(EDIT, **again | {"do": "save"}).status_code == 303
    assert "His" in draft(session).document


def test_the_text_can_say_what_the_form_cannot(session: Session, dina: Desk) -> None:
    text = document().replace("takes_effect: at_once", "takes_effect: sometimes")
    answer = dina.post(f"{EDIT}/text", document=text, do="save")
    assert answer.status_code == 200
    assert "takes_effect" in in_words(answer.text)
    answer = dina.get(EDIT)
    assert answer.location == f"{EDIT}/text"
    version = str(draft(session).version)
    answer = dina.post(f"{EDIT}/text", document=document(), do="look", version=version)
    assert answer.location == LOOK
    assert "Yours to decide" in in_words(dina.get(LOOK).text)


def test_remarks_in_a_text_are_never_lost(session: Session, cast: Cast, dina: Desk) -> None:
    publish(session, cast, document().replace("cases:", "# agreed with the works council\ncases:"))
    session.commit()
    assert dina.get(EDIT).location == f"{EDIT}/text"
    page = dina.get(f"{EDIT}/text").text
    assert "# agreed with the works council" in page
    assert "from: &#34;2026-05-01&#34;" in page, "from the month after what is published"


def test_publishing_what_somebody_else_saved_since_publishes_nothing(
    session: Session, cast: Cast, dina: Desk
) -> None:
    first = save(session, cast, document()).version
    save(session, cast, document(most=300), first)
    session.commit()
    answer = dina.post(f"{LOOK}/publish", version=str(first))
    assert answer.location == LOOK
    assert "Nothing is published" in in_words(dina.get(LOOK).text)
    assert session.scalars(select(PolicyVersion)).all() == []


def test_a_day_that_passed_is_said_before_publishing(
    session: Session, cast: Cast, dina: Desk
) -> None:
    made = save(session, cast, document("2026-03-10"))
    session.commit()
    said = in_words(dina.get(LOOK).text)
    assert "The first day must be 11 March 2026 or later" in said
    answer = dina.post(f"{LOOK}/publish", version=str(made.version))
    assert answer.status_code == 409
    assert "The first day must be 11 March 2026 or later" in in_words(answer.text)


def test_throwing_a_draft_away_leaves_what_is_published(
    session: Session, cast: Cast, dina: Desk
) -> None:
    publish(session, cast, document())
    made = save(session, cast, document("2026-05-01"))
    session.commit()
    answer = dina.post("/approvals/policies/order/draft/discard", version=str(made.version))
    assert answer.location == "/approvals/policies/order"
    said = in_words(dina.get(answer.location).text)
    assert "to come" in said and "Go on with the draft" not in said
    version = in_words(dina.get("/approvals/policies/order/2026-04-01").text)
    assert "What they changed" in version


def test_rules_that_cannot_be_read_are_said_to_be(session: Session, dina: Desk) -> None:
    session.add(
        PolicyVersion(
            kind=Kind.ORDER, starts_on=NOW.date(), digest="0" * 64, published_at=NOW,
            document=document("2026-03-10").replace("amount <=", "gone <="), published_by="x",
        )
    )  # fmt: skip
    session.commit()
    assert "cannot be read any more" in in_words(dina.get("/approvals/policies").text)


# The API


def test_scripts_write_try_and_publish_rules(
    session: Session, cast: Cast, dina: Desk, anna: Desk
) -> None:
    ask_for(session, cast, 100_00, NOW)
    session.commit()
    kinds = {each["kind"]: each for each in anna.asks("policies").json["items"]}
    assert kinds.keys() == set(Kind) and kinds["order"]["in_force_from"] is None
    answer = dina.send("PUT", "policies/order/draft", {"document": "policy: order"})
    assert answer.status_code == 200 and answer.json["faults"]
    tag = {"If-Match": answer.headers["ETag"]}
    assert dina.send("PUT", "policies/order/draft", {"document": "x"}).status_code == 428
    put = dina.client.put(
        "/api/v1/policies/order/draft",
        json={"document": document()},
        headers=dina._headers(tag),
    )
    assert (put.status_code, put.json["faults"]) == (200, [])
    tried = dina.send("POST", "policies/order/trial", {}).json
    assert (tried["total"], tried["changed"]) == (1, 1)
    then = tried["moves"][0]["then"]
    assert (then["effect"], then["who"], then["check_share"]) == ("at_once", [], None)
    assert "small" in then["cases"]
    body = {"document": document()}
    for _ in range(2):
        made = dina.send("POST", "policies/order/versions", body, key="k")
        assert (made.status_code, made.json["from"]) == (201, "2026-04-01")
    assert anna.asks("policies/order/versions/2026-04-01").json["document"] == document()
    assert [each["from"] for each in anna.asks("policies/order/versions").json["items"]] == [
        "2026-04-01"
    ]
    assert anna.asks("policies/order/draft").status_code == 403
    assert anna.send("POST", "policies/order/versions", body, key="l").status_code == 403
    wrong = {"document": document("2026-05-01").replace("amount <=", "salary <=")}
    refused = dina.send("POST", "policies/order/versions", wrong, key="m")
    assert (refused.status_code, refused.json["code"]) == (422, "policy_refused")
    assert refused.json["faults"][0]["path"] == "cases[0].when"
    gone = dina.client.delete(
        "/api/v1/policies/order/draft",
        headers=dina._headers({"If-Match": dina.asks("policies/order/draft").headers["ETag"]}),
    )
    assert gone.status_code == 204
    assert dina.asks("policies/order/draft").json["code"] == "policy_draft_not_found"
    assert dina.asks("policies/nothing/versions").status_code == 404
