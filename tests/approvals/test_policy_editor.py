"""The pages of the rules where they are not plain: history, faults, what two do at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ideals.approvals.commands import policies as commands
from ideals.approvals.commands.policies import PublishPolicy, SaveDraft
from ideals.approvals.models import PolicyVersion
from ideals.approvals.queries import in_force
from ideals.approvals.queries import policies as queries
from ideals.approvals.states import Kind
from ideals.kernel import clock
from tests.approvals.conftest import NOW, Cast
from tests.counting import counted
from tests.desk import Desk, desk, make_app

DRAFT = """\
policy: order
from: "2026-04-01"
name: {en: Trust for small things, nl: Vertrouwen}
cases:
  - code: free
    when: asks == 'nobody'
    says: {en: You decide about this yourself.}
    takes_effect: at_once
  - code: small
    when: amount <= 250
    says: {en: Up to 250 euros you go ahead.}
    takes_effect: after
    check: {share: 10%, who: manager, days: 10}
  - code: usual
    says: {en: Your manager decides.}
    steps:
      - {who: manager, days: 5}
"""


@pytest.fixture(autouse=True)
def at_nine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    in_force.forget()
    yield
    in_force.forget()


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def dina(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.dina, now=NOW)


@pytest.fixture
def henk(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.henk, now=NOW)


@pytest.fixture
def anna(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.anna, now=NOW)


class _Form(HTMLParser):
    """What a browser would send of the first form to `action`, without its buttons."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.inside = False
        self.sent: dict[str, str] = {}
        self.select = self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.inside = had.get("action") == self.action
        if not self.inside:
            return
        if tag == "input":
            self.sent[had["name"]] = had.get("value", "")
        elif tag == "select":
            self.select = had["name"]
        elif tag == "option" and ("selected" in had or self.select not in self.sent):
            self.sent[self.select] = had.get("value", "")
        elif tag == "textarea":
            self.text = had["name"]
            self.sent[self.text] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "textarea":
            self.text = ""

    def handle_data(self, data: str) -> None:
        if self.text:
            self.sent[self.text] += data.removeprefix("\n")


def form(answer: TestResponse, action: str) -> dict[str, str]:
    reader = _Form(action)
    reader.feed(answer.text)
    assert reader.sent, answer.text
    return reader.sent


EDIT = "/approvals/policies/order/edit"
TEXT = "/approvals/policies/order/edit/text"
LOOK = "/approvals/policies/order/draft"


def follow(who: Desk, answer: TestResponse) -> TestResponse:
    assert answer.status_code == 303, answer.text
    return who.get(answer.location)


def keep(session: Session, cast: Cast, text: str = DRAFT, seen: int | None = None) -> int:
    cmd = SaveDraft(Kind.ORDER, text, seen)
    draft = commands.save_draft(session, cmd, actor=cast.dina, now=NOW)
    session.commit()
    return draft.version


def publish(session: Session, cast: Cast, text: str) -> None:
    cmd = PublishPolicy(text, from_any_day=True)
    commands.publish(session, cmd, actor=cast.dina, now=NOW)
    session.commit()


def draft_text(session: Session, cast: Cast) -> str:
    session.expire_all()
    return queries.access_draft(session, Kind.ORDER, actor=cast.dina).document


# Reading


@pytest.mark.parametrize(
    "page", ["", "/order", "/order/built-in", "/order/built-in/document.yaml", "/order/edit",
             "/order/edit/text", "/order/draft", "/order/draft/cases", "/order/draft/cases.csv"]
)  # fmt: skip
def test_only_hr_keeps_the_rules(anna: Desk, page: str) -> None:
    assert anna.get(f"/approvals/policies{page}").status_code == 403


@pytest.mark.parametrize("page", ["edit", "edit/text", "draft/publish", "draft/discard"])
def test_only_hr_writes_them(anna: Desk, page: str) -> None:
    assert anna.post(f"/approvals/policies/order/{page}", version="1").status_code == 403


def test_the_history_says_what_holds_what_comes_and_what_was(
    session: Session, cast: Cast, dina: Desk
) -> None:
    for day in ("2026-01-01", "2026-02-01", "2026-05-01"):
        publish(session, cast, DRAFT.replace("2026-04-01", day))
    page = dina.get("/approvals/policies/order").text
    for state in ("to come", "in force", "replaced"):
        assert f">{state}</span>" in page
    assert "Others hold from 1 May 2026" in page
    assert "from 1 May 2026" in dina.get("/approvals/policies").text
    told = dina.get("/approvals/policies/order/2026-02-01").text
    assert "They hold until 30 April 2026." in told
    assert "Nothing of who decides about what." in told
    first = dina.get("/approvals/policies/order/2026-01-01").text
    assert "What they changed" in first and "10% is checked afterwards by the manager" in first


def test_a_published_document_is_read_exactly(session: Session, cast: Cast, dina: Desk) -> None:
    text = "# Agreed on the 3rd\n" + DRAFT
    publish(session, cast, text)
    got = dina.get("/approvals/policies/order/2026-04-01/document.yaml")
    assert (got.text, got.mimetype) == (text, "application/yaml")
    assert "order-2026-04-01.yaml" in got.headers["Content-Disposition"]


def test_rules_that_cannot_be_read_any_more_are_shown_to_hr(
    session: Session, cast: Cast, dina: Desk, anna: Desk
) -> None:
    stale = DRAFT.replace("2026-04-01", "2026-03-01").replace("amount <= 250", "colour == 'red'")
    session.add(
        PolicyVersion(
            kind=Kind.ORDER, starts_on=date(2026, 3, 1), document=stale, digest="0" * 64,
            published_at=NOW, published_by="dina",
        )
    )  # fmt: skip
    session.commit()
    for page in ("policies", "policies/order", "policies/order/2026-03-01"):
        assert "cannot be read any more" in dina.get(f"/approvals/{page}").text
    told = dina.get("/approvals/policies/order/2026-03-01").text
    assert "cases[1].when" in told and "colour" in told
    assert "colour" in dina.get("/approvals/policies/order/edit").text
    assert "colour" not in anna.get("/approvals/how").text


# How decisions are made


def test_everybody_reads_the_rules_in_plain_words(session: Session, cast: Cast, anna: Desk) -> None:
    publish(session, cast, DRAFT.replace("2026-04-01", "2026-02-01"))
    publish(session, cast, DRAFT.replace("<= 250", "<= 90"))
    page = anna.get("/approvals/how").text
    assert "When the amount is at most €250.00: takes effect at once;" in page
    assert "10% is checked afterwards by the manager" in page
    assert "In all other cases: the manager decides" in page
    assert "Other rules hold from 1 April 2026" in page and "€90.00" in page
    assert "Up to 250 euros you go ahead." in page
    assert "amount &lt;=" not in page and "amount <=" not in page
    anna.language = "nl"
    assert anna.get("/approvals/how").status_code == 200


def test_the_rules_take_a_few_questions_to_the_database(
    session: Session, cast: Cast, anna: Desk
) -> None:
    anna.get("/approvals/how")
    with counted() as seen:
        anna.get("/approvals/how")
    before = seen.statements
    for month in range(1, 9):
        publish(session, cast, DRAFT.replace("2026-04-01", f"2026-0{month}-01"))
    with counted() as seen:
        anna.get("/approvals/how")
    assert seen.statements <= before + 1, str(seen)


# Writing


def test_a_fault_stands_at_its_field(session: Session, cast: Cast, dina: Desk) -> None:
    keep(session, cast)
    sent = form(dina.get(EDIT), EDIT)
    sent |= {
        "from": "", "cases-1-when": "salary < 3", "cases-1-check-share": "200%",
        "cases-2-stages-0-steps-0-days": "99", "cases-2-says-en": "",
        "cases-2-stages-0-steps-0-who": "person",
        "cases-2-stages-0-steps-0-number": "",
    }  # fmt: skip
    answer = dina.post(EDIT, **sent, do="look")
    assert answer.status_code == 422
    for at in (
        "from", "cases-1-when", "cases-1-check-share", "cases-2-stages-0-steps-0-days",
        "cases-2-says-nl", "cases-2-stages-0-steps-0-who",
    ):  # fmt: skip
        assert f'id="{at}-error"' in answer.text, at
        assert f'href="#{at}"' in answer.text, at
    assert "salary &lt; 3" in draft_text(session, cast).replace("<", "&lt;"), "kept, faults and all"
    answer = dina.post(EDIT, **form(answer, EDIT), do="save")
    assert answer.status_code == 200 and 'id="cases-1-when-error"' in answer.text
    assert dina.get(LOOK).status_code == 303, "nothing to look at yet"


def test_who_is_named_must_work_here(session: Session, cast: Cast, dina: Desk) -> None:
    keep(session, cast, DRAFT.replace("{who: manager, days: 5}", '{who: {person: "nobody"}}'))
    answer = dina.post(EDIT, **form(dina.get(EDIT), EDIT), do="look")
    assert 'id="cases-2-stages-0-steps-0-number-error"' in answer.text
    assert "nobody, whom nobody knows" in answer.text


def test_rules_are_written_as_text_too(session: Session, cast: Cast, dina: Desk) -> None:
    sent = form(dina.get(TEXT), TEXT)
    assert sent["document"].startswith("policy: order\nfrom: '2026-04-01'")
    answer = dina.post(TEXT, document=DRAFT.replace("5}", "99}"), version="", do="look")
    assert answer.status_code == 422
    assert "line 17 <code>cases[2].steps[0].days</code>" in answer.text
    sent = form(answer, TEXT) | {"document": "# As agreed\n" + DRAFT}
    page = follow(dina, dina.post(TEXT, **sent, do="look"))
    assert "The draft in words" in page.text

    page = follow(dina, dina.get(EDIT))
    assert "The form cannot show all that this text says" in page.text
    assert "# As agreed" in page.text


@pytest.mark.parametrize("text", ["", "just words", "a: [", "- a"])
def test_any_text_is_kept(session: Session, cast: Cast, dina: Desk, text: str) -> None:
    answer = dina.post(TEXT, document=text, version="", do="save")
    assert answer.status_code == 200 and "not right yet" in answer.text
    assert draft_text(session, cast) == text
    assert dina.get(EDIT).status_code == 303
    assert dina.get(TEXT).status_code == 200


def test_a_text_that_cannot_be_kept_is_shown_again(dina: Desk) -> None:
    answer = dina.post(TEXT, document="x" * 300_000, version="", do="save")
    assert answer.status_code == 422 and "larger than 256 kB" in answer.text


def test_what_was_published_meanwhile_is_not_lost(
    session: Session, cast: Cast, dina: Desk, henk: Desk
) -> None:
    keep(session, cast)
    mine = form(dina.get(TEXT), TEXT) | {"document": DRAFT + "# mine"}
    follow(henk, henk.post(f"{LOOK}/publish", **form(henk.get(LOOK), f"{LOOK}/publish")))
    answer = dina.post(TEXT, **mine, do="save")
    assert answer.status_code == 409 and "published or thrown away" in answer.text
    follow(dina, dina.post(TEXT, **form(answer, TEXT), do="save"))
    assert draft_text(session, cast) == DRAFT + "# mine"


@pytest.mark.parametrize(
    ("published", "day", "said"),
    [
        ("", "2026-03-10", "The first day must be 11 March 2026 or later"),
        ("2026-04-01", "2026-04-01", "Rules from 1 April 2026 are published already"),
        ("2026-05-01", "2026-04-01", "comes before the first day of the last rules published"),
    ],
)
def test_why_it_cannot_be_published_is_said_before_anybody_tries(
    session: Session, cast: Cast, dina: Desk, published: str, day: str, said: str
) -> None:
    if published:
        publish(session, cast, DRAFT.replace("2026-04-01", published).replace("250", "900"))
    seen = keep(session, cast, DRAFT.replace("2026-04-01", day))
    page = dina.get(LOOK)
    assert said in page.text and "It cannot be published like this" in page.text
    answer = dina.post(f"{LOOK}/publish", version=str(seen))
    assert answer.status_code == 409 if published else 422
    assert said in answer.text
