"""Sign in and out, choose a password, see and end one's sign-ins, and where to start."""

from __future__ import annotations

import secrets

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import (
    session as form_session,
)
from flask_babel import gettext, lazy_gettext
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from ideals.access import commands, queries, rules
from ideals.access.commands import ANYONE, Browser, SignedIn
from ideals.access.errors import DemoOnly, PasswordWeak, SignInRefused, TooManyAttempts
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.web.actor import actor_or_none, current_actor
from ideals.web.errors import register_words, words_for
from ideals.web.guards import guard, public, signed_in
from ideals.web.pages import COOKIE, keep_in_browser, safe_next
from ideals.web.signing import secret_key

bp = Blueprint("access_pages", __name__, template_folder="templates")

register_words(
    "sign_in_refused",
    lazy_gettext("This address and password do not belong together. Check both and try again."),
)
register_words(
    "too_many_attempts",
    lazy_gettext("Too many attempts. Try again in %(retry_after)s seconds."),
)
register_words(
    "sign_in_not_fresh",
    lazy_gettext("This binds you for a long time: sign in again first."),
)
register_words(
    "invitation_unusable",
    lazy_gettext("This invitation was used or has expired. Ask HR for a new one."),
)
_WEAK = {
    "length": lazy_gettext("Use at least 12 characters; four or five words do well."),
    "common": lazy_gettext(
        "This password is among the first that others try. Four or five unrelated words do well."
    ),
}


@bp.get("/")
@guard(public)
def start() -> Response | str:
    """Where this person begins: what they have, at first what it replaced; or HR's desk."""
    actor = actor_or_none()
    if actor is None:
        return redirect(url_for("access_pages.sign_in"))
    if actor.employee_id is not None and "home_pages.home" in current_app.view_functions:
        with unit_of_work() as session:
            welcomed = queries.is_welcomed(session, actor=actor)
        return redirect(url_for("home_pages.home" if welcomed else "replaced_pages.first_time"))
    if actor.has(Role.HR) and "desk_pages.desk" in current_app.view_functions:
        return redirect(url_for("desk_pages.desk"))
    return render_template("access/start.html", actor=actor)


@bp.get("/sign-in")
@guard(public)
def sign_in() -> Response | str:
    if actor_or_none() is not None:
        return redirect(safe_next(request.args.get("next")))
    return _sign_in_page(next_=safe_next(request.args.get("next")))


@bp.post("/sign-in")
@guard(public)
def sign_in_with_password() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    next_ = safe_next(request.form.get("next"))
    device = _device(email)
    browser = _browser()
    try:
        with unit_of_work() as session:
            attempt = commands.AdmitAttempt(email, browser.address, device)
            commands.admit_attempt(session, attempt, actor=ANYONE, now=clock.now())
        with unit_of_work() as session:
            cmd = commands.SignInWith(email, password, browser, device, _cookie())
            signed = commands.sign_in(session, cmd, actor=ANYONE, now=clock.now())
    except SignInRefused as error:
        current_app.logger.warning("sign-in refused from %s", browser.address)
        return _sign_in_page(next_=next_, email=email, error=error), 401
    except TooManyAttempts as error:
        current_app.logger.warning("sign-in slowed down from %s", browser.address)
        page = _sign_in_page(next_=next_, email=email, error=error)
        return page, 429, {"Retry-After": str(error.data["retry_after"])}
    return _let_in(signed, next_)


@bp.post("/sign-in/demo")
@guard(public)
def sign_in_to_demo() -> Response:
    if not current_app.config["IDEALS_DEMO"]:
        raise DemoOnly("This is not a demo")
    user_id = request.form.get("user", type=int) or 0
    with unit_of_work() as session:
        cmd = commands.DemoSignIn(user_id, _browser(), _cookie())
        signed = commands.demo_sign_in(session, cmd, actor=ANYONE, now=clock.now())
    return _let_in(signed, safe_next(request.form.get("next")))


@bp.get("/sign-in/again")
@guard(signed_in)
def again() -> str:
    """For what binds somebody for long: their password once more, then on to where they were."""
    return _again_page()


@bp.post("/sign-in/again")
@guard(signed_in)
def prove_again() -> Response | tuple[str, int] | tuple[str, int, dict[str, str]]:
    actor = current_actor()
    password = request.form.get("password")
    if password is None and not current_app.config["IDEALS_DEMO"]:
        raise DemoOnly("This is not a demo")
    device = f"own:{actor.user_id}"
    try:
        with unit_of_work() as session:
            attempt = commands.AdmitAttempt(actor.name, _browser().address, device)
            commands.admit_attempt(session, attempt, actor=actor, now=clock.now())
        with unit_of_work() as session:
            cmd = commands.ProveAgain(_cookie() or "", password, device)
            commands.prove_again(session, cmd, actor=actor, now=clock.now())
    except SignInRefused:
        return _again_page(gettext("This is not your password.")), 422
    except TooManyAttempts as error:
        page = _again_page(str(words_for(error)))
        return page, 429, {"Retry-After": str(error.data["retry_after"])}
    return redirect(safe_next(request.form.get("next")), 303)


@bp.post("/sign-out")
@guard(signed_in)
def sign_out() -> Response:
    token = _cookie()
    if token is not None:
        with unit_of_work() as session:
            cmd = commands.SignOut(token)
            commands.sign_out(session, cmd, actor=current_actor(), now=clock.now())
    form_session.clear()
    response = redirect(url_for("access_pages.sign_in"), 303)
    response.delete_cookie(
        current_app.config["SIGNED_IN"],
        secure=current_app.config["IDEALS_HTTPS"],
        httponly=True,
        samesite="Lax",
    )
    return response


@bp.get("/invitation/<token>")
@guard(public)
def invitation(token: str) -> str:
    """The page to choose a password; opening it uses nothing up."""
    with unit_of_work() as session:
        _, user = queries.open_invitation(session, token, now=clock.now())
    return render_template("access/invitation.html", email=user.email, errors={})


@bp.post("/invitation/<token>")
@guard(public)
def accept(token: str) -> Response | tuple[str, int]:
    password, again = request.form.get("password", ""), request.form.get("again", "")
    with unit_of_work() as session:
        _, user = queries.open_invitation(session, token, now=clock.now())
    if password != again:
        errors = {"again": gettext("This is not the same as the password above.")}
        return render_template("access/invitation.html", email=user.email, errors=errors), 422
    try:
        with unit_of_work() as session:
            cmd = commands.AcceptInvitation(token, password, _browser())
            signed = commands.accept_invitation(session, cmd, actor=ANYONE, now=clock.now())
    except PasswordWeak as error:
        errors = {"password": str(_WEAK[error.data["reason"]])}
        return render_template("access/invitation.html", email=user.email, errors=errors), 422
    return _let_in(signed, "/")


@bp.get("/account")
@guard(signed_in)
def account() -> str:
    return _account_page({})


@bp.post("/account/password")
@guard(signed_in)
def change_password() -> Response | tuple[str, int]:
    form = request.form
    if form.get("password", "") != form.get("again", ""):
        again = gettext("This is not the same as the password above.")
        return _account_page({"again": again}), 422
    cmd = commands.ChangePassword(
        form.get("current", ""), form.get("password", ""), _cookie() or ""
    )
    actor = current_actor()
    try:
        with unit_of_work() as session:
            attempt = commands.AdmitAttempt(actor.name, _browser().address, f"own:{actor.user_id}")
            commands.admit_attempt(session, attempt, actor=actor, now=clock.now())
        with unit_of_work() as session:
            commands.change_password(session, cmd, actor=actor, now=clock.now())
    except SignInRefused:
        return _account_page({"current": gettext("This is not your current password.")}), 422
    except PasswordWeak as error:
        return _account_page({"password": str(_WEAK[error.data["reason"]])}), 422
    flash(gettext("Your password is changed. Every other sign-in has ended."), "good")
    return redirect(url_for("access_pages.account"), 303)


@bp.post("/account/sessions/<int:session_id>/end")
@guard(signed_in)
def end_session(session_id: int) -> Response:
    with unit_of_work() as session:
        cmd = commands.EndSession(session_id)
        commands.end_session(session, cmd, actor=current_actor(), now=clock.now())
    flash(gettext("That sign-in has ended."), "good")
    return redirect(url_for("access_pages.account"), 303)


@bp.post("/account/sessions/end-others")
@guard(signed_in)
def end_other_sessions() -> Response:
    with unit_of_work() as session:
        cmd = commands.EndOtherSessions(_cookie() or "")
        commands.end_other_sessions(session, cmd, actor=current_actor(), now=clock.now())
    flash(gettext("Every other sign-in has ended."), "good")
    return redirect(url_for("access_pages.account"), 303)


@bp.post("/account/tokens/<int:token_id>/revoke")
@guard(signed_in)
def revoke_token(token_id: int) -> Response:
    with unit_of_work() as session:
        cmd = commands.RevokeToken(token_id)
        commands.revoke_token(session, cmd, actor=current_actor(), now=clock.now())
    flash(gettext("That token works no more."), "good")
    return redirect(url_for("access_pages.account"), 303)


def remember(actor: Actor, name: str, value: str) -> None:
    """Keep a choice of language or theme with the person."""
    with unit_of_work() as session:
        cmd = commands.KeepChoice(name, value)
        commands.keep_choice(session, cmd, actor=actor, now=clock.now())


def _sign_in_page(
    *, next_: str, email: str = "", error: SignInRefused | TooManyAttempts | None = None
) -> str:
    people = []
    if current_app.config["IDEALS_DEMO"]:
        with unit_of_work() as session:
            people = queries.demo_people(session)
    return render_template(
        "access/sign_in.html", next=next_, email=email, error=error, people=people
    )


def _again_page(error: str = "") -> str:
    with unit_of_work() as session:
        has_password = queries.has_password(session, actor=current_actor())
    return render_template(
        "access/again.html",
        next=safe_next(request.values.get("next")),
        one_click=current_app.config["IDEALS_DEMO"] and not has_password,
        error=error,
    )


def _account_page(errors: dict[str, str]) -> str:
    actor, now = current_actor(), clock.now()
    with unit_of_work() as session:
        sessions = queries.own_sessions(session, actor=actor, now=now)
        tokens = queries.own_tokens(session, actor=actor, now=now)
        has_password = queries.has_password(session, actor=actor)
    this = rules.digest(_cookie() or "")
    return render_template(
        "access/account.html",
        actor=actor,
        sessions=sessions,
        tokens=tokens,
        this=this,
        has_password=has_password,
        browser_name=rules.browser_name,
        errors=errors,
    )


def _browser() -> Browser:
    return Browser(request.remote_addr or "", request.headers.get("User-Agent", ""))


def _cookie() -> str | None:
    return request.cookies.get(current_app.config["SIGNED_IN"])


def _let_in(signed: SignedIn, next_: str) -> Response:
    """A new token in the cookie and new form tokens; this browser is known from now on."""
    form_session.clear()
    response = redirect(next_, 303)
    secure = current_app.config["IDEALS_HTTPS"]
    response.set_cookie(
        current_app.config["SIGNED_IN"],
        signed.token,
        max_age=int(rules.ABSOLUTE.total_seconds()),
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    response.set_cookie(
        _device_cookie(),
        _devices().dumps([rules.fingerprint(signed.email), secrets.token_hex(16)]),
        max_age=int(rules.DEVICE_FOR.total_seconds()),
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    if signed.theme is not None and COOKIE not in request.cookies:
        return keep_in_browser(response, COOKIE, signed.theme)
    return response


def _device(email: str) -> str | None:
    """The mark of this browser, when it has signed in to this very account before."""
    try:
        account, mark = _devices().loads(
            request.cookies.get(_device_cookie(), ""),
            max_age=int(rules.DEVICE_FOR.total_seconds()),
        )
    except (BadData, ValueError, TypeError):
        return None
    return str(mark) if account == rules.fingerprint(email.strip().lower()) else None


def _device_cookie() -> str:
    return f"{current_app.config['SIGNED_IN']}-device"


def _devices() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key(), salt="known-device")
