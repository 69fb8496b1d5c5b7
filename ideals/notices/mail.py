"""How a mail looks, and how it is handed to a server.

Needs an app (`app.app_context()`), for words and templates; a request it needs not. What a server
says decides: only a refusal of this very mail or address is for good. A server that is away, asks
for patience, or refuses us (our name, our password) may take it later.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit
from uuid import UUID

from flask import current_app
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from ideals.config import Settings
from ideals.notices import queries
from ideals.notices.models import Mail, Notice
from ideals.notices.queries import Waiting, Words
from ideals.notices.states import Sending
from ideals.web.language import LANGUAGES, speaking

log = logging.getLogger("ideals.mail")

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 35.0
"""A server may look long at what it takes: giving up on it early would send a mail twice. A task
may take a minute."""
LONGEST_ANSWER = 300
"""What is kept of what a server said."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent; `message` is `None` when there is nothing to say or nowhere to send it."""

    mail_id: UUID
    address: str | None
    message: EmailMessage | None


@dataclass(frozen=True, slots=True)
class Line:
    """A notice in a mail. `url` leads through its own page, which notes that it was read."""

    words: Words
    url: str


def letter_of(session: Session, mail: Mail, *, settings: Settings, now: datetime) -> Letter:
    """In the person's language, else the house's."""
    to = queries.addressee_of(session, mail)
    if to is None:
        return Letter(mail.id, None, None)
    language = to.language if to.language in LANGUAGES else settings.language
    with speaking(language):
        said = _said_in(session, mail, language, settings, now)
        if said is None:
            return Letter(mail.id, None, None)
        message = _message(said, language, settings=settings)
    try:
        message["To"] = Address(addr_spec=to.address)
    except (ValueError, IndexError):  # what the parser of addresses raises at nonsense
        return Letter(mail.id, to.address, None)
    message["From"] = settings.mail_from
    message["Date"] = now
    # The same at every attempt: a mailbox that got it twice can tell.
    message["Message-ID"] = f"<{mail.id}@{urlsplit(settings.url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = language
    return Letter(mail.id, to.address, message)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a mail says: its subject, and line by line."""

    subject: str
    lines: list[Line]


def _said_in(
    session: Session, mail: Mail, language: str, settings: Settings, now: datetime
) -> _Said | None:
    """`None` when there is nothing to say any more."""
    if mail.waits_on is not None:
        return _waiting(session, mail, mail.waits_on, language, settings, now)
    about = queries.notices_in(session, mail.id)
    if mail.digest:
        about = [notice for notice in about if notice.read_at is None]
    if not about:
        return None
    lines = [_line(notice, language, settings) for notice in about]
    return _Said(_digest_title(len(lines)) if mail.digest else lines[0].words.title, lines)


def _waiting(
    session: Session,
    mail: Mail,
    day: date,
    language: str,
    settings: Settings,
    now: datetime,
) -> _Said | None:
    """What waits on this day; of an earlier day nothing: the next mail says it."""
    if now.astimezone(settings.zone).date() != day:
        return None
    lines: list[Line] = []
    count = 0
    for _, waits in queries.WAITS.items():
        found = waits.what(session, mail.employee_id, mail.user_id, day, language)
        count += found.count
        lines += [Line(words, f"{settings.url}{words.href}") for words in found.lines]
        if found.count > len(found.lines):
            lines.append(_rest(found, settings))
    return _Said(_waiting_title(count), lines) if lines else None


def _rest(found: Waiting, settings: Settings) -> Line:
    left = found.count - len(found.lines)
    title = str(ngettext("and %(num)s more", "and %(num)s more", left))
    act = str(gettext("See all that waits for you"))
    return Line(Words(title, "", found.href, act), f"{settings.url}{found.href}")


def _line(notice: Notice, language: str, settings: Settings) -> Line:
    words = queries.in_words(notice.kind, notice.data, language)
    return Line(words, f"{settings.url}/notices/{notice.id}")


def _message(said: _Said, language: str, *, settings: Settings) -> EmailMessage:
    message = EmailMessage()
    subject = " ".join(said.subject.split())
    message["Subject"] = subject
    facts = {"lines": said.lines, "title": subject, "language": language, "url": settings.url}
    environment = current_app.jinja_env
    message.set_content(environment.get_template("notices/mail.txt").render(facts))
    html = environment.get_template("notices/mail.html").render(facts)
    message.add_alternative(html, subtype="html")
    return message


def _digest_title(count: int) -> str:
    return str(ngettext("%(num)s new message", "%(num)s new messages", count))


def _waiting_title(count: int) -> str:
    return str(ngettext("%(num)s decision waits for you", "%(num)s decisions wait for you", count))


# --- handing over -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    sending: Sending
    answer: str


def send(letter: Letter, *, settings: Settings) -> Outcome:
    """Hand it to the server that the settings name. Never raises for what a server does."""
    if letter.message is None:
        return Outcome(Sending.REFUSED, "no usable address, or nothing left to say")
    try:
        server = _connected(settings)
    except (smtplib.SMTPException, OSError) as error:
        return _noted(letter, Sending.AWAY, error)
    try:
        server.send_message(letter.message)
    except (smtplib.SMTPException, OSError) as error:
        return _noted(letter, sending_after(error), error)
    finally:
        # What was taken stays taken, however the goodbye goes.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()
    return Outcome(Sending.TAKEN, "")


def _connected(settings: Settings) -> smtplib.SMTP:
    where = urlsplit(settings.smtp_url or "")
    starts_tls = where.query == "starttls"
    usual = 465 if where.scheme == "smtps" else 587 if starts_tls else 25
    address, name = (where.hostname or "", where.port or usual), _our_name(settings)
    server: smtplib.SMTP
    if where.scheme == "smtps":
        tls = ssl.create_default_context()
        server = smtplib.SMTP_SSL(*address, name, timeout=CONNECT_SECONDS, context=tls)
    else:
        server = smtplib.SMTP(*address, name, timeout=CONNECT_SECONDS)
    try:
        if starts_tls:
            server.starttls(context=ssl.create_default_context())
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        if server.sock is not None:
            server.sock.settimeout(ANSWER_SECONDS)
    except BaseException:
        server.close()
        raise
    return server


def _our_name(settings: Settings) -> str:
    """As we greet servers: the site's name, or its number in brackets."""
    name = urlsplit(settings.url).hostname or "localhost"
    try:
        return f"[{ip_address(name)}]"
    except ValueError:
        return name


def sending_after(error: Exception) -> Sending:
    """What an error while handing over one mail means for it."""
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=answers):
            codes = [code for code, _ in answers.values()]
            return Sending.REFUSED if all(code >= 500 for code in codes) else Sending.LATER
        case smtplib.SMTPDataError(smtp_code=code) if code >= 500:
            return Sending.REFUSED
        case smtplib.SMTPNotSupportedError():  # an address beyond ASCII, which not all servers know
            return Sending.REFUSED
    return Sending.LATER


def _noted(letter: Letter, sending: Sending, error: Exception) -> Outcome:
    # Neither address nor subject: a log is read by others.
    log.warning("mail %s: %s after %s", letter.mail_id, sending, type(error).__name__)
    return Outcome(sending, _said(error))


def _said(error: Exception) -> str:
    """What the server said, for HR."""
    answers: list[tuple[int, bytes | str]]
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = list(error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        answers = [(error.smtp_code, error.smtp_error)]
    else:
        return f"{type(error).__name__}: {error}"[:LONGEST_ANSWER]
    said = "; ".join(f"{code} {_text(text)}" for code, text in answers)
    return said.replace("\x00", "")[:LONGEST_ANSWER]


def _text(answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(text.split())
