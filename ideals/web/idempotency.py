"""`Idempotency-Key`: a POST that creates may be sent again and creates once.

The key, what was asked and what was answered are one row, written in the transaction of the effect:
both are there or neither. A second request with the same key waits for the first one's transaction
and is answered what the first was. A request that was refused leaves no row, and may be repaired
and sent again under the same key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg.errors
from flask import Request, json
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ideals.db import LOCK_TIMEOUT, Base, bigid, cursor, moment
from ideals.kernel.errors import Conflict, RuleBroken
from ideals.web.errors import KeyMissing

HEADER = "Idempotency-Key"
KEPT = timedelta(days=30)
WAIT = timedelta(seconds=5)
"""How long a second request waits for the first before it is told to come back."""
_KEY = re.compile(r"[!-~]{1,200}")


class KeyReused(RuleBroken):
    code = "idempotency_key_reused"


class KeyInUse(Conflict):
    code = "idempotency_key_in_use"


class IdempotencyKey(Base):
    """One answered request. The user's id is not a foreign key: users live in a higher feature."""

    __tablename__ = "web_idempotency_key"

    user_id: Mapped[bigid] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int | None]
    body: Mapped[str | None]
    location: Mapped[str | None]
    created_at: Mapped[moment] = mapped_column(server_default=func.clock_timestamp(), index=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the JSON text that was or will be sent."""

    status: int
    body: str
    location: str | None


def key_of(request: Request) -> str:
    """Raises `KeyMissing` when the header is absent or unusable."""
    key = request.headers.get(HEADER, "")
    if not _KEY.fullmatch(key):
        raise KeyMissing(
            f"Send {HEADER} with 1 to 200 visible characters of your choice, such as a UUID; "
            "use the same one when you repeat this request"
        )
    return key


def fingerprint(request: Request) -> str:
    """Hex digest of method, address and body; JSON and forms are compared by content."""
    digest = hashlib.sha256(f"{request.method} {request.full_path}\n".encode())
    if request.is_json:
        digest.update(_canonical(request))
    elif request.form or request.files:
        digest.update(json.dumps(sorted(request.form.items(multi=True))).encode())
        for name, file in sorted(request.files.items(multi=True)):
            digest.update(f"\n{name}\n{file.filename}\n".encode())
            while chunk := file.stream.read(1 << 20):
                digest.update(chunk)
            file.stream.seek(0)
    else:
        digest.update(request.get_data())
    return digest.hexdigest()


def _canonical(request: Request) -> bytes:
    """JSON with its keys in order; as it came when it cannot be read."""
    try:
        body = request.get_json(silent=True)
    except RecursionError:
        return request.get_data()
    return json.dumps(body, sort_keys=True).encode()


def once(
    session: Session, user_id: int, key: str, print_: str, effect: Callable[[], Answer]
) -> tuple[Answer, bool]:
    """Run `effect` unless this key was answered before: (answer, whether it is a stored one).

    Raises `KeyReused` when the key stands for another request, `KeyInUse` when the first one has
    not ended within `WAIT`.
    """
    if not _claimed(session, user_id, key, print_):
        return _stored(session, user_id, key, print_), True
    answer = effect()
    cursor(session).execute(
        "UPDATE web_idempotency_key SET status = %s, body = %s, location = %s"
        " WHERE user_id = %s AND key = %s",
        (answer.status, answer.body, answer.location, user_id, key),
    )
    return answer, False


def forget(session: Session, *, now: datetime) -> int:
    """Delete keys older than `KEPT`; how many. For a nightly job."""
    old = delete(IdempotencyKey).where(IdempotencyKey.created_at < now - KEPT)
    return len(session.scalars(old.returning(IdempotencyKey.user_id)).all())


# One statement, because every act of a person begins with it. The condition sets the limit before
# the row is written, and so before it waits; what is returned sets it back.
_CLAIM = """
INSERT INTO web_idempotency_key (user_id, key, fingerprint)
SELECT %(user)s, %(key)s, %(print)s WHERE set_config('lock_timeout', %(wait)s, true) IS NOT NULL
ON CONFLICT DO NOTHING RETURNING set_config('lock_timeout', %(usual)s, true)
"""


def _claimed(session: Session, user_id: int, key: str, print_: str) -> bool:
    """Whether the row is ours. Waits while another transaction holds the same key."""
    values = {
        "user": user_id,
        "key": key,
        "print": print_,
        "wait": f"{int(WAIT.total_seconds() * 1000)}ms",
        "usual": LOCK_TIMEOUT,
    }
    try:
        return cursor(session).execute(_CLAIM, values).fetchone() is not None
    except psycopg.errors.LockNotAvailable:
        raise KeyInUse(
            f"The first request with this {HEADER} is still at work; ask again", retry_after=5
        ) from None


def _stored(session: Session, user_id: int, key: str, print_: str) -> Answer:
    row = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    ).one()
    if row.fingerprint != print_:
        raise KeyReused(f"This {HEADER} was used for another request; choose a new one")
    return Answer(row.status or 200, row.body or "", row.location)
