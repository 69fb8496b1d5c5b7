"""A real mail server for a test: it keeps what it takes, and refuses as it is told."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

CERTIFICATE = Path(__file__).parent / "localhost.pem"
"""For localhost, signed by itself, with its key: good for nothing but these tests."""


@dataclass
class Mailbox:
    """`recipient`, `data`: how the server answers there. `at_greeting` runs when somebody comes,
    `meanwhile` when a mail was taken and the sender does not know it yet."""

    port: int
    recipient: str = "250 OK"
    data: str = "250 OK"
    at_greeting: Callable[[], None] | None = None
    meanwhile: Callable[[], None] | None = None
    passwords: dict[str, str] = field(default_factory=dict)
    envelopes: list[Envelope] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def mails(self) -> list[EmailMessage]:
        read: list[EmailMessage] = []
        for envelope in self.envelopes:
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            read.append(mail)
        return read

    # What aiosmtpd calls.

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        session.host_name = name
        self.greetings.append(name)
        if self.at_greeting is not None:
            self.at_greeting()
        return lines

    async def handle_RCPT(
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self.data.startswith("250"):
            self.envelopes.append(envelope)
        if self.meanwhile is not None:
            self.meanwhile()
        return self.data

    def let_in(self, *arguments: Any) -> AuthResult:
        given = arguments[-1]
        known = self.passwords.get(given.login.decode())
        good = known is not None and known.encode() == given.password
        return AuthResult(success=good, handled=False)


@contextmanager
def serving(mailbox: Mailbox, *, tls: bool = False) -> Iterator[Mailbox]:
    """Open while the block lasts; the port is the mailbox's own, so that it can open again."""
    options: dict[str, Any] = {}
    if tls:
        options["tls_context"] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        options["tls_context"].load_cert_chain(CERTIFICATE)
    if mailbox.passwords:
        options |= {"authenticator": mailbox.let_in, "auth_required": True}
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port, **options)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
    return port
