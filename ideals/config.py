"""Settings: read once from the environment into one frozen object."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from holidays import list_supported_countries

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the environment decides.

    `database_url` and `redis_url` are `None` when unset: the embedded servers under `var` are used.
    `secret_key` is `None` when unset: the launcher keeps a random one under `var`.
    `smtp_url` is `None` when unset: no mail is sent. `url` is where people reach the pages, for
    links in mails. `holidays` is the country whose public holidays are no working days.
    `reasons_kept` is for how many months the text of why a deal was refused is kept.
    """

    var: Path
    database_url: str | None
    redis_url: str | None
    secret_key: str | None
    host: str
    port: int
    zone: ZoneInfo
    demo: bool
    https: bool
    language: str
    smtp_url: str | None
    mail_from: str
    url: str
    holidays: str
    reasons_kept: int

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        host, port = environ.get("IDEALS_HOST", "127.0.0.1"), _port(environ.get("PORT", "8000"))
        return cls(
            var=Path(environ.get("IDEALS_VAR") or ROOT / "var").absolute(),
            database_url=environ.get("DATABASE_URL") or None,
            redis_url=environ.get("REDIS_URL") or None,
            secret_key=environ.get("IDEALS_SECRET_KEY") or None,
            host=host,
            port=port,
            zone=ZoneInfo(environ.get("IDEALS_ZONE", "Europe/Amsterdam")),
            demo=environ.get("DEMO", "no") == "yes",
            https=environ.get("IDEALS_HTTPS", "no") == "yes",
            language=environ.get("IDEALS_LANGUAGE", "en"),
            smtp_url=_smtp(environ.get("IDEALS_SMTP_URL")),
            mail_from=environ.get("IDEALS_MAIL_FROM") or "ideals@localhost",
            url=(environ.get("IDEALS_URL") or f"http://{host}:{port}").rstrip("/"),
            holidays=_country(environ.get("IDEALS_HOLIDAYS") or "NL"),
            reasons_kept=_months(environ.get("IDEALS_REASONS_KEPT") or "13"),
        )

    @property
    def broker_url(self) -> str | None:
        """The Redis URL in Celery's spelling, in which sockets have a scheme of their own."""
        if self.redis_url is None or not self.redis_url.startswith("unix://"):
            return self.redis_url
        path, _, query = self.redis_url.removeprefix("unix://").partition("?")
        return f"redis+socket://{path}?virtual_host={query.removeprefix('db=') or 0}"


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SystemExit(f"PORT={text} is not a port; give a number from 1 to 65535")
    return int(text)


def _months(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 120:
        raise SystemExit(
            f"IDEALS_REASONS_KEPT={text} is not a number of months; give one from 1 to 120"
        )
    return int(text)


def _country(text: str) -> str:
    if text not in list_supported_countries(include_aliases=False):
        raise SystemExit(
            f"IDEALS_HOLIDAYS={text} is not a country whose public holidays are known; give its "
            "two letters, such as NL, BE or DE"
        )
    return text


def _smtp(text: str | None) -> str | None:
    if not text:
        return None
    parts = urlsplit(text)
    if (
        parts.scheme not in ("smtp", "smtps")
        or not parts.hostname
        or (parts.query not in ("", "starttls"))
    ):
        # The address is not repeated: it may hold a password.
        raise SystemExit(
            "IDEALS_SMTP_URL is not a mail server; write smtp://user:password@host:587?starttls, "
            "or smtps://... where TLS comes first"
        )
    return text
