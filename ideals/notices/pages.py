"""One's messages, how one gets mail, and for HR the mails that did not arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Actor, Role
from ideals.notices import commands, queries
from ideals.notices.commands import ChooseChannel, MarkAllRead, MarkRead, SendAgain
from ideals.notices.models import Mail, Notice
from ideals.notices.queries import Words
from ideals.notices.states import Channel, MailState
from ideals.web.actor import actor_or_none, current_actor, unattended
from ideals.web.cursors import page_request, paginate
from ideals.web.errors import register_words
from ideals.web.guards import guard, public, role, signed_in
from ideals.web.language import language
from ideals.web.shell import NavItem, navigation, settings_pages, waiting_counts

bp = Blueprint("notice_pages", __name__, template_folder="templates")
navigation.register(
    "80-mail",
    NavItem(lazy_gettext("Mail"), "notice_pages.undelivered", needs=role(Role.HR)),
)
settings_pages.register("10-mail", NavItem(lazy_gettext("How you get mail"), "notice_pages.mail"))
register_words(
    "mail_not_refused", lazy_gettext("This mail is under way already, or has arrived meanwhile.")
)

PAGE = 25
CHANNELS = {
    Channel.AT_ONCE: (
        lazy_gettext("At once"),
        lazy_gettext("A mail for each message."),
    ),
    Channel.DAILY: (
        lazy_gettext("Once a day"),
        lazy_gettext("One mail in the morning with what you have not read; none when you have."),
    ),
    Channel.NEVER: (
        lazy_gettext("Never"),
        lazy_gettext("You see messages here only."),
    ),
}
NOT_DELIVERED = {
    MailState.REFUSED: lazy_gettext("refused"),
    MailState.GIVEN_UP: lazy_gettext("given up"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    id: int
    words: Words
    at: datetime
    unread: bool


def unread_count(actor: Actor) -> int:
    """For the bell on every page."""
    with unit_of_work() as session:
        return queries.unread_count(session, actor=actor)


@bp.get("/notices")
@guard(signed_in)
def notices() -> str:
    with unit_of_work() as session:
        told = queries.notices_of(actor=current_actor())
        page = paginate(
            session, told, page_request(limit=PAGE), Notice.id, descending=True, show=_shown
        )
    return render_template(
        "notices/notices.html",
        page=page,
        latest=max((shown.id for shown in page.items), default=0),
        mail_is_on=_mail_is_on(),
    )


def _shown(notice: Notice) -> Shown:
    words = queries.in_words(notice.kind, notice.data, language())
    return Shown(notice.id, words, notice.created_at, notice.read_at is None)


@bp.get("/notices/bell")
@guard(public)
@unattended
def bell() -> str | tuple[str, int]:
    """The bell alone, as an open page asks for it twice a minute; nothing for who left. A page that
    shows how much waits elsewhere has those counts renewed along with it."""
    if actor_or_none() is None:
        return "", 204
    count = unread_count(current_actor())
    changed = count > request.args.get("shown", count, type=int)
    renewed = waiting_counts() if "counts" in request.args else []
    return render_template("bell.html", count=count, changed=changed, renewed=renewed)


@bp.get("/notices/<int:notice_id>")
@guard(signed_in)
def open_notice(notice_id: int) -> Response:
    """Where it leads; from then on it is read. Mails lead here too."""
    with unit_of_work() as session:
        cmd = MarkRead(notice_id)
        notice = commands.mark_read(session, cmd, actor=current_actor(), now=clock.now())
        href = queries.in_words(notice.kind, notice.data, language()).href
    return redirect(href)


@bp.post("/notices/read")
@guard(signed_in)
def read_all() -> Response:
    through = request.form.get("through", 0, type=int)
    with unit_of_work() as session:
        cmd = MarkAllRead(through)
        commands.mark_all_read(session, cmd, actor=current_actor(), now=clock.now())
    flash(gettext("Everything is marked as read."), "good")
    return redirect(url_for("notice_pages.notices"), 303)


@bp.get("/account/mail")
@guard(signed_in)
def mail() -> str:
    with unit_of_work() as session:
        chosen = queries.chosen_by(session, actor=current_actor())
    return render_template(
        "notices/channel.html",
        channels=CHANNELS,
        chosen=chosen.channel,
        waiting=chosen.waiting,
        mail_is_on=_mail_is_on(),
    )


@bp.post("/account/mail")
@guard(signed_in)
def choose() -> Response:
    with unit_of_work() as session:
        cmd = ChooseChannel(_channel(request.form.get("channel", "")), "waiting" in request.form)
        commands.choose_channel(session, cmd, actor=current_actor(), now=clock.now())
    flash(gettext("Kept: that is how you get mail from now on."), "good")
    return redirect(url_for("notice_pages.mail"), 303)


def _channel(value: str) -> Channel:
    """What the form offers; anything else is what everybody begins with."""
    return Channel(value) if value in list(Channel) else Channel.AT_ONCE


@bp.get("/notices/undelivered")
@guard(role(Role.HR))
def undelivered() -> str:
    """Mails that a server refused, or that were tried for three days."""
    with unit_of_work() as session:
        statement = queries.undelivered(actor=current_actor())
        page = paginate(
            session,
            statement,
            page_request(limit=PAGE),
            Mail.wanted_at,
            Mail.id,
            descending=True,
        )
    return render_template(
        "notices/undelivered.html", page=page, states=NOT_DELIVERED, mail_is_on=_mail_is_on()
    )


@bp.post("/notices/undelivered/<uuid:mail_id>/again")
@guard(role(Role.HR))
def send_again(mail_id: UUID) -> Response:
    with unit_of_work() as session:
        cmd = SendAgain(mail_id)
        commands.send_again(session, cmd, actor=current_actor(), now=clock.now())
    flash(gettext("The mail is on its way again."), "good")
    return redirect(url_for("notice_pages.undelivered"), 303)


def _mail_is_on() -> bool:
    return Settings.read().smtp_url is not None
