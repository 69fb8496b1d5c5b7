from __future__ import annotations

import re
import threading
from time import process_time

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ideals.access import commands
from ideals.access.commands import Invite, IssueToken, ShowInDemo
from ideals.access.models import SignIn, User
from ideals.db import unit_of_work
from ideals.kernel.actor import SYSTEM, Role
from ideals.people.models import Employee
from tests.access.conftest import (
    NOW,
    PASSWORD,
    Clock,
    MakeApp,
    cookie_of,
    employee,
    form_token,
    me,
    post,
    sign_in,
    signed_in,
    user,
)

ANNA = "anna@example.org"


def body_of(text: str) -> str:
    """A page without what differs each time: its form tokens."""
    return re.sub(r'(value=|"X-CSRFToken": )"[^"]{60,}"', "", text)


# Proving again who one is


def proved(session: Session) -> SignIn:
    session.expire_all()
    return session.scalars(select(SignIn).where(SignIn.revoked_at.is_(None))).one()


def test_the_password_once_more_makes_a_session_fresh(
    app: Flask, anna: Employee, session: Session, time: Clock
) -> None:
    client = signed_in(app)
    time.pass_(minutes=16)
    page = "/sign-in/again?next=/account"
    answer = post(client, "/sign-in/again", page, password=PASSWORD, next="/account")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert proved(session).proved_at == time.time


def test_a_wrong_password_leaves_it_as_it_was_and_is_counted(
    app: Flask, anna: Employee, session: Session, time: Clock
) -> None:
    client = signed_in(app)
    time.pass_(minutes=16)
    statuses = [
        post(client, "/sign-in/again", "/sign-in/again", password="not hers at all").status_code
        for _ in range(7)
    ]
    assert statuses == [422] * 5 + [429] * 2
    assert proved(session).proved_at < time.time
    time.pass_(minutes=16)
    for _ in range(10):  # the right one is never slowed down
        answer = post(client, "/sign-in/again", "/sign-in/again", password=PASSWORD)
        assert answer.status_code == 303


def test_one_click_is_enough_for_demo_people_in_a_demo_alone(
    make_app: MakeApp, anna: Employee, session: Session, time: Clock
) -> None:
    with unit_of_work() as own:
        commands.show_in_demo(own, ShowInDemo(ANNA, "Anna", frozenset()), actor=SYSTEM, now=NOW)
    client = signed_in(make_app(DEMO="no"))
    assert post(client, "/sign-in/again", "/sign-in/again").status_code == 404
    demo = make_app(DEMO="yes").test_client()
    demo.set_cookie("ideals", cookie_of(client))
    time.pass_(minutes=16)
    assert post(demo, "/sign-in/again", "/sign-in/again").status_code == 303
    assert proved(session).proved_at == time.time


# Signing in


def test_signing_in_leads_back_to_where_one_wanted_to_go(app: Flask, anna: Employee) -> None:
    client = app.test_client()
    assert client.get("/account").location == "/sign-in?next=/account"
    answer = sign_in(client, "ANNA@example.org ", next="/account")
    assert (answer.status_code, answer.location) == (303, "/account")
    assert me(client).json == {
        "email": ANNA,
        "number": "anna",
        "name": "Anna",
        "roles": [],
        "manager": False,
        "language": None,
    }


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_signing_in_never_leads_to_another_site(app: Flask, anna: Employee, target: str) -> None:
    page = app.test_client().get("/sign-in", query_string={"next": target})
    assert "evil" not in page.text.split("<footer")[0]
    assert sign_in(app.test_client(), ANNA, next=target).location == "/"
    client = signed_in(app)
    assert client.get("/sign-in", query_string={"next": target}).location == "/"


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(
    app: Flask, anna: Employee, session: Session
) -> None:
    employee(session, "boris")
    with unit_of_work() as own:  # a user without a password, and one who is not active
        commands.issue_token(own, IssueToken("boris@example.org", "s"), actor=SYSTEM, now=NOW)
        user(own, "clara@example.org", Role.HR)
        commands.set_active(
            own, commands.SetActive("clara@example.org", False), actor=SYSTEM, now=NOW
        )
    answers = []
    for email, password in (
        (ANNA, "a wrong password"),
        ("nobody@example.org", "a wrong password"),
        ("boris@example.org", "a wrong password"),
        ("clara@example.org", PASSWORD),
    ):
        answer = sign_in(app.test_client(), email, password)
        answers.append((answer.status_code, body_of(answer.text).replace(email, "EMAIL")))
    assert answers[0][0] == 401
    assert all(answer == answers[0] for answer in answers)


def test_an_unknown_address_costs_the_same_work(app: Flask, anna: Employee) -> None:
    def seconds(email: str) -> float:
        client = app.test_client()
        token = form_token(client.get("/sign-in"))
        form = {"csrf_token": token, "email": email, "password": "a wrong password"}
        started = process_time()
        client.post("/sign-in", data=form)
        return process_time() - started

    seconds("warm@example.org")
    known = min(seconds(ANNA) for _ in range(3))
    unknown = min(seconds(f"nobody{n}@example.org") for n in range(3))
    assert 0.4 < unknown / known < 2.5


def test_what_was_typed_is_kept_but_the_password(app: Flask, anna: Employee) -> None:
    answer = sign_in(app.test_client(), ANNA, "a wrong password")
    assert f'value="{ANNA}"' in answer.text
    assert "a wrong password" not in answer.text
    assert 'role="alert"' in answer.text


def test_guessing_slows_down_and_the_owner_still_gets_in(
    app: Flask, anna: Employee, time: Clock
) -> None:
    hers = signed_in(app)
    post(hers, "/sign-out", page="/account")
    attacker = app.test_client()
    statuses = [sign_in(attacker, ANNA, f"guess number {n}").status_code for n in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    answer = sign_in(attacker, ANNA, PASSWORD)
    assert answer.status_code == 429, "not even the right one, so that nothing is learned"
    assert int(answer.headers["Retry-After"]) >= 1
    assert sign_in(hers, ANNA).status_code == 303, "her browser is known"
    time.pass_(seconds=61)
    stranger = app.test_client()
    assert sign_in(stranger, ANNA).status_code == 303, "any browser, after the wait"


def test_a_mark_of_a_known_browser_is_for_one_account_and_cannot_be_made(
    app: Flask, anna: Employee, session: Session, time: Clock
) -> None:
    employee(session, "egor")
    user(session, "egor@example.org")
    session.commit()
    egor = signed_in(app, "egor@example.org")
    post(egor, "/sign-out", page="/account")
    for number in range(5):
        sign_in(app.test_client(), ANNA, f"guess number {number}")
    assert sign_in(egor, ANNA).status_code == 429
    forger = app.test_client()
    forger.set_cookie("ideals-device", "WyJhIiwiYiJd.aaaa.bbbb")
    assert sign_in(forger, ANNA).status_code == 429


def test_guesses_at_the_same_moment_are_all_counted(
    app: Flask, own_database: str, time: Clock
) -> None:
    statuses: list[int] = []
    start = threading.Barrier(10)

    def guess() -> None:
        client = app.test_client()
        token = form_token(client.get("/sign-in"))
        start.wait()
        form = {"csrf_token": token, "email": ANNA, "password": "one more guess"}
        statuses.append(client.post("/sign-in", data=form).status_code)

    threads = [threading.Thread(target=guess) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [401] * 5 + [429] * 5


# The session


def test_a_session_gets_a_new_token_at_sign_in_and_the_old_one_dies(
    app: Flask, anna: Employee
) -> None:
    client = app.test_client()
    client.set_cookie("ideals", "planted-by-somebody-else")
    sign_in(client, ANNA)
    first = cookie_of(client)
    assert first != "planted-by-somebody-else"
    thief = app.test_client()
    thief.set_cookie("ideals", first)
    assert me(thief).status_code == 200
    # Signing in again in the same browser, as when somebody shares a machine.
    token = form_token(client.get("/account"))
    form = {"csrf_token": token, "email": ANNA, "password": PASSWORD}
    client.post("/sign-in", data=form)
    assert cookie_of(client) != first
    assert me(thief).status_code == 401


def test_the_form_token_of_before_does_not_work_after_signing_in(
    app: Flask, anna: Employee
) -> None:
    client = app.test_client()
    before = form_token(client.get("/sign-in"))
    client.post("/sign-in", data={"csrf_token": before, "email": ANNA, "password": PASSWORD})
    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 400


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    make_app: MakeApp, anna: Employee
) -> None:
    for https, name in (("no", "ideals"), ("yes", "__Host-ideals")):
        client = make_app(IDEALS_HTTPS=https).test_client()
        base = "https://localhost" if https == "yes" else "http://localhost"
        token = form_token(client.get("/sign-in", base_url=base))
        form = {"csrf_token": token, "email": ANNA, "password": PASSWORD}
        answer = client.post(
            "/sign-in", data=form, base_url=base, headers={"Referer": f"{base}/sign-in"}
        )
        assert answer.status_code == 303
        cookies = {c.partition("=")[0]: c for c in answer.headers.getlist("Set-Cookie")}
        assert {name, f"{name}-device"} <= cookies.keys()
        for cookie in (cookies[name], cookies[f"{name}-device"]):
            assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
            assert ("Secure" in cookie) == (https == "yes")
            assert "Domain" not in cookie


def test_signing_out_kills_the_session_not_only_the_cookie(app: Flask, anna: Employee) -> None:
    client = signed_in(app)
    kept = cookie_of(client)
    assert post(client, "/sign-out", page="/account").location == "/sign-in"
    assert client.get_cookie("ideals") is None
    thief = app.test_client()
    thief.set_cookie("ideals", kept)
    assert me(thief).status_code == 401


def test_a_session_unused_or_old_is_over(app: Flask, anna: Employee, time: Clock) -> None:
    client = signed_in(app)
    time.pass_(hours=1, minutes=59)
    assert me(client).status_code == 200
    time.pass_(hours=2)
    assert me(client).status_code == 401
    client = signed_in(app)
    for _ in range(11):
        time.pass_(hours=1)
        assert me(client).status_code == 200
    time.pass_(hours=1)
    assert me(client).status_code == 401


def test_a_deactivated_person_is_out_at_once(app: Flask, anna: Employee, session: Session) -> None:
    client = signed_in(app)
    with unit_of_work() as own:
        commands.set_active(own, commands.SetActive(ANNA, False), actor=SYSTEM, now=NOW)
    assert me(client).status_code == 401
    assert client.get("/account").status_code == 302


def test_signing_in_works_without_redis(make_app: MakeApp, anna: Employee) -> None:
    app = make_app(REDIS_URL="redis://127.0.0.1:1/0")
    assert me(signed_in(app)).status_code == 200


# One's own sign-ins


def test_one_sees_and_ends_ones_own_sign_ins_and_nobody_elses(
    app: Flask, anna: Employee, dina: None, session: Session
) -> None:
    laptop, phone = signed_in(app), signed_in(app)
    hers = signed_in(app, "dina@example.org")
    ids = dict(
        session.execute(
            select(SignIn.id, User.email)
            .join(User, User.id == SignIn.user_id)
            .where(SignIn.revoked_at.is_(None))
            .order_by(SignIn.id)
        ).all()
    )
    of_anna = [number for number, email in ids.items() if email == ANNA]
    of_dina = [number for number, email in ids.items() if email != ANNA]
    page = phone.get("/account").text
    assert page.count("End this sign-in") == 1
    assert page.count("this browser") == 1
    refused = post(phone, f"/account/sessions/{of_dina[0]}/end", page="/account")
    assert refused.status_code == 404
    assert me(hers).status_code == 200
    ended = post(phone, f"/account/sessions/{of_anna[0]}/end", page="/account")
    assert ended.status_code == 303
    assert me(laptop).status_code == 401
    assert me(phone).status_code == 200
    laptop = signed_in(app)
    post(phone, "/account/sessions/end-others", page="/account")
    assert me(laptop).status_code == 401
    assert me(phone).status_code == 200


def test_one_revokes_ones_own_token(app: Flask, anna: Employee) -> None:
    with unit_of_work() as own:
        token = commands.issue_token(own, IssueToken(ANNA, "my script"), actor=SYSTEM, now=NOW)
    script = app.test_client()
    assert me(script, Authorization=f"Bearer {token}").status_code == 200
    client = signed_in(app)
    page = client.get("/account").text
    assert "my script" in page and token not in page
    found = re.search(r"/account/tokens/\d+/revoke", page)
    assert found is not None
    assert post(client, found[0], page="/account").status_code == 303
    assert me(script, Authorization=f"Bearer {token}").status_code == 401


def test_a_token_signs_scripts_in_and_a_damaged_one_does_not(app: Flask, anna: Employee) -> None:
    with unit_of_work() as own:
        token = commands.issue_token(own, IssueToken(ANNA, "s"), actor=SYSTEM, now=NOW)
    client = app.test_client()
    answer = me(client, Authorization=f"Bearer {token}")
    assert answer.json["email"] == ANNA
    for wrong in (f"Bearer {token}x", "Bearer ", f"Basic {token}", token, "Bearer \x00"):
        assert me(client, Authorization=wrong).status_code == 401, wrong
    browser = signed_in(app)
    assert me(browser, Authorization="Bearer wrong").status_code == 401


def test_changing_the_password_ends_other_sign_ins(app: Flask, anna: Employee) -> None:
    laptop, phone = signed_in(app), signed_in(app)
    new = "entirely different words"
    wrong = [
        {"current": "not the current one", "password": new, "again": new},
        {"current": PASSWORD, "password": new, "again": new + "x"},
        {"current": PASSWORD, "password": "password1234", "again": "password1234"},
    ]
    for form in wrong:
        assert post(phone, "/account/password", page="/account", **form).status_code == 422
    form = {"current": PASSWORD, "password": new, "again": new}
    assert post(phone, "/account/password", page="/account", **form).status_code == 303
    assert me(phone).status_code == 200
    assert me(laptop).status_code == 401
    assert sign_in(app.test_client(), ANNA).status_code == 401
    assert sign_in(app.test_client(), ANNA, new).status_code == 303


def test_guessing_the_current_password_slows_down_too(
    app: Flask, anna: Employee, time: Clock
) -> None:
    client = signed_in(app)
    form = {"current": "not the current one", "password": "x", "again": "x"}
    answers = [
        post(client, "/account/password", page="/account", **form).status_code for _ in range(6)
    ]
    assert answers == [422] * 5 + [429]


# Invitations


def test_an_invitation_leads_to_a_password_and_a_session(
    app: Flask, session: Session, time: Clock
) -> None:
    with unit_of_work() as own:
        cmd = Invite("dina@example.org", frozenset({Role.HR}))
        token = commands.invite(own, cmd, actor=SYSTEM, now=NOW)
    client = app.test_client()
    path = f"/invitation/{token}"
    page = client.get(path)
    assert "dina@example.org" in page.text
    assert client.get(path).status_code == 200, "looking uses nothing up"
    assert post(client, path, page=path, password="x", again="y").status_code == 422
    weak = post(client, path, page=path, password="welkom123456", again="welkom123456")
    assert weak.status_code == 422
    assert 'aria-invalid="true"' in weak.text
    answer = post(client, path, page=path, password=PASSWORD, again=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/")
    assert me(client).json["roles"] == ["hr"]
    for tried in (path, "/invitation/nonsense"):
        again = app.test_client().get(tried)
        assert again.status_code == 404
        assert "Ask HR for a new one" in again.text


# Demo


def test_one_click_signs_in_only_in_demo_mode(make_app: MakeApp, session: Session) -> None:
    employee(session, "boris")
    with unit_of_work() as own:
        cmd = ShowInDemo("boris@example.org", "Manager in Zwolle")
        commands.show_in_demo(own, cmd, actor=SYSTEM, now=NOW)
    person = session.scalars(select(User)).one()
    demo = make_app(DEMO="yes").test_client()
    assert "Manager in Zwolle" in demo.get("/sign-in").text
    answer = post(demo, "/sign-in/demo", user=str(person.id))
    assert answer.status_code == 303
    assert me(demo).json["email"] == "boris@example.org"
    real = make_app().test_client()
    assert "Manager in Zwolle" not in real.get("/sign-in").text
    assert post(real, "/sign-in/demo", user=str(person.id)).status_code == 404
    other = make_app(DEMO="yes").test_client()
    assert post(other, "/sign-in/demo", user="x").status_code == 404
    assert other.post("/sign-in/demo", data={"user": str(person.id)}).status_code == 400


# Where to begin, and the choices that follow a person


def test_the_start_page_leads_where_this_person_begins(
    app: Flask, anna: Employee, dina: None
) -> None:
    assert app.test_client().get("/").location == "/sign-in"
    answer = signed_in(app).get("/")
    has_home = "home_pages.home" in app.view_functions
    assert (answer.location == "/welcome") if has_home else answer.status_code == 200
    assert signed_in(app, "dina@example.org").get("/").location == "/desk"


def test_the_language_follows_the_person_to_another_browser(app: Flask, anna: Employee) -> None:
    client = signed_in(app)
    post(client, "/preferences/language", page="/account", value="nl")
    other = signed_in(app)
    assert 'lang="nl"' in other.get("/account").text
    assert me(other).json["language"] == "nl"


def test_the_colours_follow_the_person_to_another_browser(app: Flask, anna: Employee) -> None:
    client = signed_in(app)
    post(client, "/preferences/theme", page="/account", value="dark")
    assert 'data-theme="dark"' in signed_in(app).get("/account").text


@pytest.mark.parametrize("language", ["nl", "en"])
def test_each_page_renders_in_both_languages(
    session: Session, make_app: MakeApp, anna: Employee, time: Clock, language: str
) -> None:
    app = make_app(DEMO="yes")
    with unit_of_work() as own:
        commands.issue_token(own, IssueToken(ANNA, "s"), actor=SYSTEM, now=NOW)
        token = commands.invite(own, Invite(ANNA), actor=SYSTEM, now=NOW)
    user(session, "paula@example.org", Role.PAYROLL)
    session.commit()
    anybody, hers = app.test_client(), signed_in(app)
    payroll = signed_in(app, "paula@example.org")
    titles = {
        (anybody, "/sign-in"): {"nl": "Aanmelden", "en": "Sign in"},
        (anybody, f"/invitation/{token}"): {"nl": "Kies een wachtwoord", "en": "Choose a password"},
        (anybody, "/nothing"): {"nl": "Niet gevonden", "en": "Not found"},
        (hers, "/account"): {"nl": "Instellingen", "en": "Settings"},
        (payroll, "/"): {"nl": "Welkom", "en": "Welcome"},
    }
    for (client, path), title in titles.items():
        client.set_cookie("language", language)
        page = client.get(path)
        assert f"<h1>{title[language]}</h1>" in page.text, path
        assert f'<html lang="{language}"' in page.text
