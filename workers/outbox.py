"""The relay: `python -m workers.outbox`. Sends the ids of due outbox rows to their tasks.

Woken by the database, and looks each second anyway. Rows are marked in the transaction in which
they are published: a crash in between sends one again, which its task answers with nothing.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from types import FrameType

import psycopg
from kombu.exceptions import OperationalError

from ideals import db, outbox
from ideals.config import Settings
from ideals.kernel import clock
from workers.app import app

log = logging.getLogger("ideals.relay")

POLL_SECONDS = 1.0
LONGEST_PAUSE = 30.0


def relay_due() -> int:
    """Publish what is due; the number sent. Raises when the broker does not answer."""
    with db.unit_of_work() as session:
        messages = outbox.claim(session, now=clock.now())
        for message_id, name in messages:
            app.send_task(name, args=[message_id], retry=False)
    return len(messages)


def run(stop: threading.Event, url: str) -> None:
    """Until `stop`: drain, then wait for the database's word or a second."""
    pause = POLL_SECONDS
    while not stop.is_set():
        try:
            with psycopg.connect(db.plain_url(url), autocommit=True) as listener:
                listener.execute(f"LISTEN {outbox.CHANNEL}")
                while not stop.is_set():
                    while relay_due():
                        pass
                    pause = POLL_SECONDS
                    for _ in listener.notifies(timeout=POLL_SECONDS, stop_after=1):
                        pass
        except (OperationalError, psycopg.OperationalError, OSError) as error:
            log.warning("cannot relay, trying again in %.0f s: %s", pause, error)
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = Settings.read()
    if settings.database_url is None or settings.redis_url is None:
        log.error("the relay needs DATABASE_URL and REDIS_URL; `make run` starts it with both set")
        return 1
    db.connect(settings.database_url, pool_size=2)
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    run(stop, settings.database_url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
