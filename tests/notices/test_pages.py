from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import schemathesis
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import commands as access
from ideals.access.commands import ANYONE, Browser, DemoSignIn
from ideals.access.models import SignIn
from ideals.kernel import clock
from ideals.kernel.ids import new_id
from ideals.notices import commands, queries
from ideals.notices.commands import NoteSending
from ideals.notices.states import Channel, Sending
from tests.counting import counted, counted_all
from tests.desk import Desk, desk, make_app
from tests.notices.conftest import NOW, Cast, announced, mails, notices, tell


class Hour:
    def __init__(self) -> None:
        self.now = NOW


@pytest.fixture(autouse=True)
def hour(monkeypatch: pytest.MonkeyPatch) -> Hour:
    moving = Hour()
    monkeypatch.setattr(clock, "now", lambda: moving.now)
    return moving


@pytest.fixture
def app(session: Session) -> Flask:
    return make_app()


@pytest.fixture
def anna(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.anna, now=NOW)


@pytest.fixture
def boris(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.boris, now=NOW)


@pytest.fixture
def dina(session: Session, app: Flask, cast: Cast) -> Desk:
    return desk(session, app, cast.dina, now=NOW)


def bell_of(page: str) -> str:
    found = re.search(r'<a id="bell".*?</a>', page, flags=re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


# The bell


def test_every_page_says_how_much_is_unread(session: Session, cast: Cast, anna: Desk) -> None:
    assert bell_of(anna.get("/account").text) == "No unread messages"
    tell(session, cast.people.anna)
    session.commit()
    assert bell_of(anna.get("/account").text) == "1 1 unread message"
    for number in range(100):
        tell(session, cast.people.anna, key=str(number))
    session.commit()
    assert bell_of(anna.get("/nothing-here").text) == "99+ More than 99 unread messages"


def test_the_part_that_renews_itself_costs_two_questions_and_says_what_is_new(
    session: Session, cast: Cast, anna: Desk
) -> None:
    anna.get("/notices/bell")  # its first use is noted with the token
    tell(session, cast.people.anna)
    session.commit()
    with counted_all() as seen:
        answer = anna.get("/notices/bell?shown=0")
    asked = [text for text in seen.texts if text.startswith("SELECT")]
    assert len(asked) == 2, "who asks, and how many"
    assert "data-say" in answer.text
    assert "shown=1" in answer.text
    assert "<html" not in answer.text
    assert "data-say" not in anna.get("/notices/bell?shown=1").text


def test_nobody_is_sent_away_by_a_bell(app: Flask) -> None:
    answer = app.test_client().get("/notices/bell?shown=3")
    assert (answer.status_code, answer.text) == (204, "")


def test_an_open_page_that_nobody_looks_at_keeps_no_session_alive(
    session: Session, cast: Cast, hour: Hour
) -> None:
    cmd = DemoSignIn(cast.anna.user_id or 0, Browser("192.0.2.1"))
    signed = access.demo_sign_in(session, cmd, actor=ANYONE, now=NOW)
    session.commit()
    client = make_app(DEMO="yes").test_client()
    client.set_cookie("ideals", signed.token)

    def last_seen() -> datetime:
        session.expire_all()
        return session.scalars(select(SignIn.last_seen_at)).one()

    hour.now = NOW + timedelta(hours=1)
    assert client.get("/notices/bell").status_code == 200
    assert last_seen() == NOW
    client.get("/notices")
    assert last_seen() == hour.now
    hour.now += timedelta(hours=2)
    assert client.get("/notices/bell").status_code == 204


# Messages


def test_messages_are_read_by_opening_them(session: Session, cast: Cast, anna: Desk) -> None:
    assert "No messages" in anna.get("/notices").text
    tell(session, cast.people.anna, key="a", data={"what": "<socks>"})
    tell(session, cast.people.anna, key="b", data={"what": "gloves"})
    session.commit()
    page = anna.get("/notices").text
    assert page.index("A gift: gloves") < page.index("A gift: &lt;socks&gt;"), "the latest first"
    assert page.count('<li class="unread">') == 2
    first = notices(session)[0]
    answer = anna.get(f"/notices/{first.id}")
    assert (answer.status_code, answer.location) == (302, "/gifts?of=%3Cyou%3E")
    assert anna.get("/notices").text.count('<li class="unread">') == 1


def test_a_message_of_somebody_else_is_not_there(
    session: Session, cast: Cast, anna: Desk, boris: Desk
) -> None:
    tell(session, cast.people.anna)
    session.commit()
    (notice,) = notices(session)
    for answer in (
        boris.get(f"/notices/{notice.id}"),
        boris.get(f"/notices/{notice.id + 1}"),
        boris.send("PUT", f"me/notices/{notice.id}/read"),
    ):
        assert answer.status_code == 404
    assert "A gift" not in boris.get("/notices").text
    assert queries.unread_count(session, actor=cast.anna) == 1


def test_all_that_was_shown_is_marked_as_read(session: Session, cast: Cast, anna: Desk) -> None:
    tell(session, cast.people.anna)
    session.commit()
    through = re.search(r'name="through" value="(\d+)"', anna.get("/notices").text)
    tell(session, cast.people.anna, key="later")
    session.commit()
    assert through is not None
    assert anna.post("/notices/read", through=through[1]).status_code == 303
    assert queries.unread_count(session, actor=cast.anna) == 1
    assert anna.post("/notices/read", through="x").status_code == 303


def test_a_long_list_has_pages_and_takes_as_many_questions(
    session: Session, cast: Cast, anna: Desk
) -> None:
    def page() -> tuple[int, str]:
        with counted() as seen:
            text = anna.get("/notices").text
        return seen.statements, text

    tell(session, cast.people.anna)
    session.commit()
    page()
    few, _ = page()
    for number in range(60):
        tell(session, cast.people.anna, key=str(number))
    session.commit()
    many, text = page()
    assert few == many
    assert text.count("A gift") == 25
    following = re.search(r'href="([^"]*cursor[^"]*)" rel="next"', text)
    assert following is not None
    assert anna.get(following[1].replace("&amp;", "&")).text.count("A gift") == 25


def test_messages_speak_the_readers_language(session: Session, cast: Cast, anna: Desk) -> None:
    tell(session, cast.people.anna)
    session.commit()
    anna.language = "nl"
    page = anna.get("/notices").text
    assert "Een cadeau: socks" in page
    assert "10 maart 2026, café" in page


# How one gets mail


def test_everybody_chooses_how_they_get_mail(
    session: Session, cast: Cast, anna: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "/account/mail" in anna.get("/account").text
    assert "This site sends no mail" in anna.get("/account/mail").text
    monkeypatch.setenv("IDEALS_SMTP_URL", "smtp://127.0.0.1:1")
    page = anna.get("/account/mail").text
    assert "This site sends no mail" not in page
    assert re.search(r'value="at_once" checked', page)
    anna.post("/account/mail", channel="daily")
    assert queries.channel_of(session, actor=cast.anna) == Channel.DAILY
    assert re.search(r'value="daily" checked', anna.get("/account/mail").text)
    anna.post("/account/mail", channel="by pigeon")
    assert queries.channel_of(session, actor=cast.anna) == Channel.AT_ONCE


# Mails that did not arrive


@pytest.fixture
def refused(session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("IDEALS_SMTP_URL", "smtp://127.0.0.1:1")
    tell(session, cast.people.anna)
    (mail,) = mails(session)
    commands.take_mail(session, mail.id, now=NOW)
    note = NoteSending(mail.id, Sending.REFUSED, "anna@meridian.example", "550 <No> such user")
    commands.note_sending(session, note, now=NOW)
    session.commit()
    return str(mail.id)


def test_hr_sees_what_did_not_arrive_and_sends_it_again(
    session: Session, refused: str, dina: Desk
) -> None:
    page = dina.get("/notices/undelivered").text
    assert "Anna" in page and "550 &lt;No&gt; such user" in page
    assert "socks" not in page, "what it says is nobody else's business"
    path = f"/notices/undelivered/{refused}/again"
    assert dina.post(path).status_code == 303
    assert announced(session) == [refused] * 2
    assert "Nothing was refused" in dina.get("/notices/undelivered").text
    assert dina.post(path).status_code == 409
    assert dina.post(f"/notices/undelivered/{new_id()}/again").status_code == 404


def test_nobody_but_hr_sees_it(refused: str, anna: Desk, boris: Desk) -> None:
    for person in (anna, boris):
        assert person.get("/notices/undelivered").status_code == 403
        assert person.post(f"/notices/undelivered/{refused}/again").status_code == 403
        assert person.asks("undelivered-mails").status_code == 403
        answer = person.send("POST", f"undelivered-mails/{refused}/sendings", key="1")
        assert answer.status_code == 403
        assert "/notices/undelivered" not in person.get("/notices").text


# The API


def test_scripts_read_and_mark_messages(session: Session, cast: Cast, anna: Desk) -> None:
    for key in ("a", "b", "c"):
        tell(session, cast.people.anna, key=key)
    session.commit()
    first = anna.asks("me/notices?limit=2").json
    assert [item["title"] for item in first["items"]] == ["A gift: socks"] * 2
    rest = anna.asks(f"me/notices?cursor={first['next']}").json
    assert len(rest["items"]) == 1 and rest["next"] is None
    (last,) = rest["items"]
    assert last | {"id": 0} == {
        "id": 0,
        "kind": "gift",
        "subject": "gift:1",
        "title": "A gift: socks",
        "text": "Settings, 10 March 2026, café",
        "href": "/gifts?of=<you>",
        "at": "2026-03-10T10:00:00+01:00",
        "read_at": None,
    }
    for _ in range(2):
        answer = anna.send("PUT", f"me/notices/{last['id']}/read")
        assert answer.json["read_at"] == "2026-03-10T10:00:00+01:00"
    assert len(anna.asks("me/notices?unread=true").json["items"]) == 2
    through = {"through": first["items"][1]["id"]}
    assert anna.send("PUT", "me/notices/read", through).json == {"unread": 1}
    assert anna.send("PUT", "me/notices/read", {"thruogh": 1}).status_code == 422


def test_scripts_choose_how_mail_comes(anna: Desk) -> None:
    assert anna.asks("me/mail").json == {"mail": "at_once", "sent": False}
    assert anna.send("PUT", "me/mail", {"mail": "never"}).json == {"mail": "never", "sent": False}
    assert anna.send("PUT", "me/mail", {"mail": "pigeon"}).status_code == 422
    assert anna.asks("me/mail").json["mail"] == "never"


def test_scripts_of_hr_send_again_once_for_each_key(
    session: Session, refused: str, dina: Desk
) -> None:
    (item,) = dina.asks("undelivered-mails").json["items"]
    assert (item["id"], item["number"], item["state"]) == (refused, "anna", "refused")
    path = f"undelivered-mails/{refused}/sendings"
    assert dina.send("POST", path).status_code == 400
    for _ in range(2):
        answer = dina.send("POST", path, key="again")
        assert (answer.status_code, answer.json) == (202, {"id": refused, "state": "waiting"})
    assert announced(session) == [refused] * 2


def test_answers_are_as_the_document_says(
    session: Session, cast: Cast, app: Flask, anna: Desk, dina: Desk, refused: str
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    schema.validate()
    (notice,) = notices(session)
    for person, method, path, template in (
        (anna, "GET", "me/notices", "me/notices"),
        (anna, "GET", "me/notices?limit=0", "me/notices"),
        (anna, "PUT", f"me/notices/{notice.id}/read", "me/notices/{notice_id}/read"),
        (anna, "PUT", "me/notices/99999999/read", "me/notices/{notice_id}/read"),
        (anna, "GET", "me/mail", "me/mail"),
        (dina, "GET", "undelivered-mails", "undelivered-mails"),
        (anna, "GET", "undelivered-mails", "undelivered-mails"),
    ):
        answer = person.send(method, path)
        operation = schema[f"/api/v1/{template}"][method]
        operation.validate_response(schemathesis.Response.from_any(answer))
