"""Mails, read from a real server."""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ideals.access.models import User
from ideals.app import create_app
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.notices import commands
from ideals.notices.commands import ChooseChannel, MarkRead
from ideals.notices.mail import sending_after
from ideals.notices.models import Mail
from ideals.notices.states import Channel, MailState, Sending
from ideals.outbox import Message
from ideals.people.models import Employee
from tests.notices.conftest import NOW, Cast, mails, notices, tell
from tests.notices.servers import CERTIFICATE, Mailbox, free_port, serving
from workers import notices as tasks

LINK = "https://ideals.example.org/notices/"


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """Named in the settings, and not open yet."""
    made = Mailbox(free_port())
    monkeypatch.setenv("IDEALS_SMTP_URL", made.url)
    monkeypatch.setenv("IDEALS_MAIL_FROM", "Ideals <ideals@example.org>")
    monkeypatch.setenv("IDEALS_URL", "https://ideals.example.org/")
    monkeypatch.setattr(tasks, "site", lambda: create_app(Settings.read()))
    return made


@pytest.fixture
def server(mailbox: Mailbox) -> Iterator[Mailbox]:
    with serving(mailbox):
        yield mailbox


class Hour:
    def __init__(self) -> None:
        self.now = NOW


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch) -> Hour:
    """The time that workers read; a test moves it."""
    moving = Hour()
    monkeypatch.setattr(clock, "now", lambda: moving.now)
    return moving


def work_off(session: Session) -> int:
    """As relay and worker would: every announced mail that is not done. How many there were."""
    session.commit()
    waiting = select(Message.id).where(
        Message.name == commands.SEND_MAIL, Message.done_at.is_(None)
    )
    ids = session.scalars(waiting.order_by(Message.id)).all()
    for id_ in ids:
        tasks.mail(id_)
    session.expire_all()
    return len(ids)


def parts(mail: EmailMessage) -> tuple[str, ...]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and html is not None
    return tuple(part.get_content().replace("\r\n", "\n") for part in (text, html))


# What a mail says


@pytest.mark.usefixtures("hour")
def test_a_mail_says_what_it_is_and_where_in_both_forms(
    session: Session, cast: Cast, server: Mailbox
) -> None:
    tell(session, cast.people.anna)
    assert work_off(session) == 1
    (mail,) = server.mails
    (notice,) = notices(session)
    assert mail["Subject"] == "A gift: socks"
    assert (mail["To"], mail["From"]) == (
        "anna@meridian.example",
        "Ideals <ideals@example.org>",
    )
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == f"<{notice.mail_id}@ideals.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content_type() == "multipart/alternative"
    text, html = parts(mail)
    assert text == (
        "A gift: socks\n\nSettings, 10 March 2026, café\n\n"
        f"Look: {LINK}{notice.id}\n\n"
        "-- \nIdeals sent you this. Choose how you get mail: "
        "https://ideals.example.org/account/mail\n"
    )
    assert f'<a href="{LINK}{notice.id}">Look</a>' in html
    assert '<html lang="en">' in html
    (sent,) = mails(session)
    assert (sent.state, sent.sent_at, sent.answer) == (MailState.SENT, NOW, "")
    assert server.greetings == ["ideals.example.org"]


@pytest.mark.usefixtures("hour")
def test_a_mail_speaks_the_persons_language_else_the_houses(
    session: Session, cast: Cast, server: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.execute(update(User).where(User.id == cast.boris.user_id).values(language="nl"))
    tell(session, cast.people.anna, cast.people.boris)
    work_off(session)
    monkeypatch.setenv("IDEALS_LANGUAGE", "nl")
    tell(session, cast.people.clara)  # no user: nobody asked her
    work_off(session)
    assert {mail["To"]: (mail["Subject"], mail["Content-Language"]) for mail in server.mails} == {
        "anna@meridian.example": ("A gift: socks", "en"),
        "boris@meridian.example": ("Een cadeau: socks", "nl"),
        "clara@meridian.example": ("Een cadeau: socks", "nl"),
    }
    dutch = parts(next(mail for mail in server.mails if mail["To"].startswith("boris")))
    assert all("Instellingen, 10 maart 2026" in part for part in dutch)
    assert '<html lang="nl">' in dutch[1]


@pytest.mark.usefixtures("hour")
def test_what_people_wrote_is_text_in_a_mail(session: Session, cast: Cast, server: Mailbox) -> None:
    tell(session, cast.people.anna, data={"what": "<b>red</b>\r\nBcc: x@example.org é"})
    work_off(session)
    (mail,) = server.mails
    assert mail["Subject"] == "A gift: <b>red</b> Bcc: x@example.org é"
    assert mail["Bcc"] is None
    assert server.envelopes[0].rcpt_tos == ["anna@meridian.example"]
    assert "&lt;b&gt;red&lt;/b&gt;" in parts(mail)[1]
    assert "<b>" not in parts(mail)[1]


def test_one_mail_a_day_has_all_that_is_unread(
    session: Session, cast: Cast, server: Mailbox, hour: Hour
) -> None:
    commands.choose_channel(session, ChooseChannel(Channel.DAILY), actor=cast.anna, now=NOW)
    for key in ("socks", "gloves", "read meanwhile"):
        tell(session, cast.people.anna, key=key, data={"what": key})
    hour.now = datetime(2026, 3, 11, 6, 30, tzinfo=UTC)
    session.commit()
    tasks.sweep()
    read = notices(session)[-1]
    commands.mark_read(session, MarkRead(read.id), actor=cast.anna, now=hour.now)
    assert work_off(session) == 1
    (mail,) = server.mails
    assert mail["Subject"] == "2 new messages"
    for part in parts(mail):
        assert "socks" in part and "gloves" in part and "meanwhile" not in part


def test_a_daily_mail_with_nothing_left_to_say_is_not_sent(
    session: Session, cast: Cast, server: Mailbox, hour: Hour
) -> None:
    commands.choose_channel(session, ChooseChannel(Channel.DAILY), actor=cast.anna, now=NOW)
    tell(session, cast.people.anna)
    hour.now += timedelta(days=1)
    session.commit()
    tasks.sweep()
    read = MarkRead(notices(session)[0].id)
    commands.mark_read(session, read, actor=cast.anna, now=hour.now)
    work_off(session)
    assert server.mails == []
    assert mails(session)[0].state == MailState.DROPPED


# Servers that are away, slow, or say no


def test_a_server_that_is_down_for_an_hour_loses_nothing_and_doubles_nothing(
    session: Session, cast: Cast, mailbox: Mailbox, hour: Hour
) -> None:
    tell(session, cast.people.anna, cast.people.boris, cast.people.egor)
    tried = work_off(session)
    until = NOW + timedelta(hours=1)
    while hour.now < until:
        hour.now += timedelta(seconds=30)
        tasks.sweep()
        tried += work_off(session)
    assert [mail.state for mail in mails(session)] == ["waiting"] * 3
    assert 5 < sum(mail.tries for mail in mails(session)) <= 18, "pauses grow"
    with serving(mailbox):
        until = hour.now + timedelta(hours=1)
        while hour.now < until:
            hour.now += timedelta(seconds=30)
            tasks.sweep()
            work_off(session)
        assert sorted(mail["To"] for mail in mailbox.mails) == [
            "anna@meridian.example",
            "boris@meridian.example",
            "egor@meridian.example",
        ]
    assert {mail.state for mail in mails(session)} == {"sent"}


def test_a_temporary_refusal_is_tried_again(
    session: Session, cast: Cast, server: Mailbox, hour: Hour
) -> None:
    server.recipient = "451 4.7.1 Greylisted, come back later"
    tell(session, cast.people.anna)
    work_off(session)
    (mail,) = mails(session)
    assert (mail.state, mail.answer) == ("waiting", "451 4.7.1 Greylisted, come back later")
    server.recipient = "250 OK"
    hour.now += timedelta(minutes=2)
    session.commit()
    tasks.sweep()
    assert work_off(session) == 1
    assert len(server.mails) == 1
    assert mails(session)[0].state == "sent"


@pytest.mark.usefixtures("hour")
@pytest.mark.parametrize("where", ["recipient", "data"])
def test_a_refusal_for_good_is_noted_with_what_the_server_said(
    session: Session, cast: Cast, server: Mailbox, where: str
) -> None:
    setattr(server, where, "550 5.1.1 No such user here")
    tell(session, cast.people.anna)
    work_off(session)
    (mail,) = mails(session)
    assert (mail.state, mail.answer, mail.address) == (
        "refused",
        "550 5.1.1 No such user here",
        "anna@meridian.example",
    )
    assert work_off(session) == 0


@pytest.mark.usefixtures("hour")
def test_an_address_that_is_none_is_refused_without_asking(
    session: Session, cast: Cast, server: Mailbox
) -> None:
    session.execute(
        update(Employee)
        .where(Employee.id == cast.people.anna.id)
        .values(email="anna@x.example>\nBcc: <b@x.example")
    )
    tell(session, cast.people.anna)
    work_off(session)
    assert server.mails == []
    assert mails(session)[0].state == "refused"


@pytest.mark.usefixtures("hour")
def test_who_can_no_longer_sign_in_gets_no_mail_that_still_waits(
    session: Session, cast: Cast, server: Mailbox
) -> None:
    tell(session, cast.people.anna)
    session.execute(update(User).where(User.id == cast.anna.user_id).values(active=False))
    work_off(session)
    assert (server.mails, mails(session)[0].state) == ([], "dropped")


def test_a_goodbye_that_fails_sends_nothing_twice(
    session: Session, cast: Cast, server: Mailbox, hour: Hour, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(_: smtplib.SMTP) -> None:
        raise TimeoutError("no answer to QUIT")

    monkeypatch.setattr(smtplib.SMTP, "quit", hangs)
    tell(session, cast.people.anna)
    work_off(session)
    hour.now += timedelta(hours=2)
    session.commit()
    tasks.sweep()
    work_off(session)
    assert len(server.mails) == 1
    assert mails(session)[0].state == "sent"


def test_a_server_that_accepts_and_says_nothing_holds_nobody_for_long(
    session: Session, cast: Cast, mailbox: Mailbox, hour: Hour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ideals.notices.mail.CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", mailbox.port)):
        tell(session, *(getattr(cast.people, name) for name in ("anna", "boris", "clara", "egor")))
        work_off(session)
    assert sorted(mail.tries for mail in mails(session)) == [0, 0, 0, 1], "the others only wait"


@pytest.mark.usefixtures("hour")
def test_a_password_is_sent_and_never_shown(
    session: Session,
    cast: Cast,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    mailbox.passwords["ideals"] = "s3cr:t@x"
    with serving(mailbox, tls=True):
        for password in ("wr%3Ang", "s3cr%3At%40x"):
            url = f"smtp://ideals:{password}@localhost:{mailbox.port}?starttls"
            monkeypatch.setenv("IDEALS_SMTP_URL", url)
            tell(session, cast.people.anna, key=password)
            work_off(session)
    states = {mail.state: mail.answer or "" for mail in mails(session)}
    assert set(states) == {"waiting", "sent"}
    assert states["waiting"].startswith("535")
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]
    shown = "\n".join([*ours, states["waiting"]])
    assert "SMTPAuthenticationError" in shown
    for secret in ("s3cr", "wr:ng", "wr%3Ang", "anna@meridian", "socks"):
        assert secret not in shown


@pytest.mark.parametrize("tls", [False, True])
def test_where_tls_is_asked_for_nothing_is_sent_without_it(
    session: Session,
    cast: Cast,
    mailbox: Mailbox,
    hour: Hour,
    monkeypatch: pytest.MonkeyPatch,
    tls: bool,
) -> None:
    """The server has none, or a certificate that nobody knows."""
    with serving(mailbox, tls=tls):
        for url in (f"{mailbox.url}?starttls", mailbox.url.replace("smtp:", "smtps:")):
            monkeypatch.setenv("IDEALS_SMTP_URL", url)
            tell(session, cast.people.anna, key=url)
            hour.now += timedelta(minutes=5)
            work_off(session)
    assert mailbox.mails == []
    assert {mail.state for mail in mails(session)} == {"waiting"}


@pytest.mark.parametrize(
    ("error", "sending"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no")}), Sending.REFUSED),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"busy")}), Sending.LATER),
        (smtplib.SMTPDataError(554, "spam"), Sending.REFUSED),
        (smtplib.SMTPDataError(452, "full"), Sending.LATER),
        (smtplib.SMTPSenderRefused(550, b"who are you", "x"), Sending.LATER),
        (smtplib.SMTPNotSupportedError("SMTPUTF8"), Sending.REFUSED),
        (smtplib.SMTPServerDisconnected("gone"), Sending.LATER),
        (ssl.SSLError("eof"), Sending.LATER),
        (TimeoutError(), Sending.LATER),
    ],
)
def test_only_what_is_about_the_mail_itself_is_for_good(error: Exception, sending: Sending) -> None:
    assert sending_after(error) is sending


@pytest.mark.parametrize("url", ["mail.example.org:25", "http://x", "smtp://", "smtp://x?tls"])
def test_a_setting_that_is_no_mail_server_is_said_at_once(url: str) -> None:
    with pytest.raises(SystemExit) as said:
        Settings.read({"IDEALS_SMTP_URL": url.replace("//", "//user:hidden@")})
    assert "hidden" not in str(said.value)


def test_a_mail_delivered_ten_times_is_sent_once(
    session: Session, cast: Cast, server: Mailbox, hour: Hour
) -> None:
    tell(session, cast.people.anna)
    session.commit()
    (message,) = session.scalars(select(Message).where(Message.name == commands.SEND_MAIL))
    for _ in range(10):
        with unit_of_work() as own:
            own.execute(update(Message).values(done_at=None))
        tasks.mail(message.id)
    assert len(server.mails) == 1
    assert isinstance(UUID(message.payload["mail_id"]), UUID)
    assert session.get_one(Mail, UUID(message.payload["mail_id"])).tries == 1
