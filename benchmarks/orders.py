"""`python -m benchmarks.orders`: an order over HTTP, beside a bare handler that writes its rows.

Both are served as `make run` serves the web, on the same PostgreSQL, asked by the same clients in
turn. Quotes are made before: an order begins with the quote that the page showed.
"""

from __future__ import annotations

import csv
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg

from benchmarks.shown import aligned
from benchmarks.stand import processor_seconds
from ideals import db, embedded
from ideals.access import commands as access
from ideals.config import ROOT, Settings
from ideals.db import unit_of_work
from ideals.embedded.parts import part, spawn, stop_all
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM, Actor
from ideals.kernel.month import Month
from ideals.kernel.quantity import Unit
from ideals.ledger import commands as ledger
from ideals.ledger.states import AccountKind
from ideals.people import queries as people
from ideals.pricing import commands as pricing
from ideals.schemes import commands as schemes
from ideals.seeds.commands import import_people

CLIENTS = 8
EMPLOYEES = 200
TARGET = 0.5
SCHEME = """
scheme: orders
version: "2010-01"
name: {en: Benchmark shop, nl: Meetwinkel}
full_time_hours: 38
first_month: "2010-01"
calendar: {allocate_on: 1, deadline: {day: 31}, left_over: keep_until_december}
components:
  allowance: {formula: "8% * salary"}
products:
  leave:
    kind: leave
    unit: hour
    step: 1
    price: "full_time_salary / 165"
    limit: {per: year, amount: "100000 * part_time_factor", round: down}
"""


@dataclass(frozen=True, slots=True)
class Burst:
    """So many requests by all clients together, each answered 201."""

    requests: int
    seconds: float
    processor_seconds: float

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


@dataclass(frozen=True, slots=True)
class Orders:
    """Medians over the rounds; `ratio` of orders to bare requests a second, round by round."""

    clients: int
    requests: int
    orders_per_second: float
    bare_per_second: float
    ratios: list[float]
    ratio: float
    order_processor_ms: float
    bare_processor_ms: float


def measure(*, requests: int, rounds: int, tell: Callable[[str], None]) -> Orders:
    with _shop() as shop:
        tell(f"orders: {requests:,} a round by {CLIENTS} clients")
        for ask in (shop.orders, shop.bare):
            ask(requests // 4)  # warm: connections, plans, compiled schemes
        done = []
        for number in range(1, rounds + 1):
            pair = (shop.orders(requests), shop.bare(requests))
            done.append(pair)
            tell(f"  round {number}: {pair[0].per_second:.0f}/s, bare {pair[1].per_second:.0f}/s")
        shop.check()
    ratios = [ours.per_second / bare.per_second for ours, bare in done]
    return Orders(
        CLIENTS,
        requests,
        median(ours.per_second for ours, _ in done),
        median(bare.per_second for _, bare in done),
        ratios,
        median(ratios),
        median(ours.processor_seconds / requests * 1000 for ours, _ in done),
        median(bare.processor_seconds / requests * 1000 for _, bare in done),
    )


class _Shop:
    def __init__(self, url: str, ports: tuple[int, int], tokens: list[str]) -> None:
        self.url = url
        self.ports = ports
        self.tokens = tokens
        self.quotes: Iterator[tuple[int, str]] = iter(())
        self.ordered = 0

    def orders(self, count: int) -> Burst:
        """Each order uses a quote of its own, under a key of its own."""
        made = list(islice(self.quotes, count))
        if len(made) < count:
            raise SystemExit("too few quotes were made")
        self.ordered += count
        return _burst(self.ports[0], [self._order(employee, quote) for employee, quote in made])

    def bare(self, count: int) -> Burst:
        bodies = [json.dumps({"employee": n % EMPLOYEES}) for n in range(count)]
        return _burst(self.ports[1], [_request("/orders", body, []) for body in bodies])

    def check(self) -> None:
        with psycopg.connect(self.url) as connection:
            row = connection.execute(
                "SELECT count(*), count(DISTINCT quote_id) FROM shop_order WHERE state = 'posted'"
            ).fetchone()
        if row != (self.ordered, self.ordered):
            raise SystemExit(f"{self.ordered} orders were answered, the database has {row}")

    def _order(self, employee: int, quote: str) -> bytes:
        headers = [f"Authorization: Bearer {self.tokens[employee]}", f"Idempotency-Key: {uuid4()}"]
        return _request("/api/v1/orders", json.dumps({"quote": quote}), headers)


def _request(path: str, body: str, headers: Sequence[str]) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _burst(port: int, requests: list[bytes]) -> Burst:
    """The clients send what is next, each on its own connection, until all is answered."""
    left = iter(requests)
    lock, faults = threading.Lock(), []

    def client() -> None:
        with socket.create_connection(("127.0.0.1", port)) as opened:
            while True:
                with lock:
                    wanted = next(left, None)
                if wanted is None:
                    return
                opened.sendall(wanted)
                if answer := _refused(opened):
                    faults.append(answer)
                    return

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    used, begun = processor_seconds(), time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    seconds, used = time.perf_counter() - begun, processor_seconds() - used
    if faults:
        raise SystemExit(f"refused: {faults[0]!r}")
    return Burst(len(requests), seconds, used)


def _refused(opened: socket.socket) -> bytes:
    """Reads one answer whole; empty when it is 201."""
    read = b""
    while b"\r\n\r\n" not in read:
        some = opened.recv(65536)
        if not some:
            return read or b"closed"
        read += some
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += opened.recv(65536)
    return b"" if head.startswith(b"HTTP/1.1 201") else head + body


@contextmanager
def _shop() -> Iterator[_Shop]:
    with (
        tempfile.TemporaryDirectory(prefix="ideals-bench-") as folder,
        embedded.temporary(fast=False) as servers,
    ):
        var = Path(folder)
        (var / "log").mkdir()
        embedded.migrate(servers.database_url)
        engine = db.connect(servers.database_url)
        tokens, accounts = _people()
        with _web(servers, var) as ours, _bare(servers, var, accounts) as bare:
            shop = _Shop(servers.database_url, (ours, bare), tokens)
            shop.quotes = _quotes(servers.database_url)
            yield shop
        engine.dispose()


def _people() -> tuple[list[str], list[list[int]]]:
    """Employees with full budgets: a token of each, and their accounts for the yardstick."""
    now, month = clock.now(), Month.of(clock.now().date())
    numbers = [f"B{place:04d}" for place in range(EMPLOYEES)]
    with unit_of_work() as session:
        ledger.open_months(session, ledger.OpenMonths(month, month.plus(3)), actor=SYSTEM, now=now)
        schemes.publish_scheme(session, schemes.PublishScheme(SCHEME), actor=SYSTEM, now=now)
        import_people(session, _file(numbers), "people.csv", actor=SYSTEM, now=now)
        rich = tuple(
            ledger.Opening(place, number, "budget", Decimal(9_000_000))
            for place, number in enumerate(numbers, 1)
        )
        ledger.post_openings(session, ledger.PostOpenings(month, rich), actor=SYSTEM, now=now)
        ids = people.known_number_ids(session, numbers)
        employees = [ids[number] for number in numbers]
        tokens = [
            access.issue_token(
                session, access.IssueToken(f"{number}@example.org", "bench"), actor=SYSTEM, now=now
            )
            for number in numbers
        ]
        budget = ledger.open_accounts(session, employees, AccountKind.BUDGET, Unit.EUR)
        leave = ledger.open_accounts(session, employees, AccountKind.LEAVE, Unit.MIN)
        purchase = ledger.employer_account(session, AccountKind.PURCHASE, Unit.EUR)
        granted = ledger.employer_account(session, AccountKind.LEAVE, Unit.MIN)
        accounts = [[budget[one], purchase, granted, leave[one]] for one in employees]
        for employee in employees:
            cmd = pricing.MakeQuote(employee, "leave", quantity=Decimal(1))
            actor = Actor("bench", employee_id=employee)
            pricing.make_quote(session, cmd, actor=actor, now=now, zone=Settings.read().zone)
    return tokens, accounts


def _file(numbers: Sequence[str]) -> bytes:
    hired = str(date(2020, 1, 1))
    head = ("number", "name", "email", "hired_on", "unit", "scheme", "valid_from",
            "full_time_salary", "part_time_factor", "weekly_hours")  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows(
        [head]
        + [
            (each, each, f"{each}@example.org", hired, "Bench", "orders", hired, "3300", "1", "38")
            for each in numbers
        ]
    )
    return text.getvalue().encode()


def _quotes(url: str) -> Iterator[tuple[int, str]]:
    """(employee's place, token): copies of the one quote that each has, made a set at a time."""
    columns = (
        "employee_id, scheme, scheme_version, product, month, quantity, unit_minor, price_minor, "
        "minutes, addition_minor, terms, steps, known_at, created_at"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        originals = [row[0] for row in connection.execute(
            "SELECT id FROM pricing_quote ORDER BY employee_id"
        )]  # fmt: skip
        while True:
            for place, original in enumerate(originals):
                rows = connection.execute(
                    f"INSERT INTO pricing_quote (id, token, expires_at, {columns})"
                    " SELECT gen_random_uuid(), md5(random()::text) || md5(random()::text),"
                    f" created_at + interval '1 day', {columns}"
                    " FROM pricing_quote WHERE id = %s RETURNING token",
                    (original,),
                ).fetchall()
                yield place, str(rows[0][0])


@contextmanager
def _web(servers: embedded.Servers, var: Path) -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        port = listening.getsockname()[1]
        web = part("web")
        secret = {"IDEALS_SECRET_KEY": uuid4().hex}
        settings = replace(Settings.read(), var=var)
        started = spawn(web, servers, settings.var, os.environ | secret, web=listening.fileno())
        try:
            _wait(port, var / "log" / "web.log")
            yield port
        finally:
            stop_all([(web, started)])


@contextmanager
def _bare(servers: embedded.Servers, var: Path, accounts: list[list[int]]) -> Iterator[int]:
    """The same web server with the same workers and threads, around the bare handler."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = [
        word.replace("{bind}", f"127.0.0.1:{port}").replace("wsgi:app", "benchmarks.bare:app")
        for word in part("web").command.split()
    ]
    environ = os.environ | {
        "DATABASE_URL": db.plain_url(servers.database_url),
        "BARE_ACCOUNTS": json.dumps(accounts),
    }
    log = var / "log" / "bare.log"
    with log.open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", *words],
            env=environ, cwd=ROOT, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            _wait(port, log)
            yield port
        finally:
            started.terminate()
            started.wait(20)


def _wait(port: int, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(log.read_text()[-2000:])


HEADINGS = ("orders/s", "bare/s", "orders/bare", "order cpu ms", "bare cpu ms", "cpu ratio")


def table(found: Orders) -> str:
    row = (
        f"{found.orders_per_second:.0f}",
        f"{found.bare_per_second:.0f}",
        f"{found.ratio:.2f}",
        f"{found.order_processor_ms:.1f}",
        f"{found.bare_processor_ms:.1f}",
        f"{found.bare_processor_ms / found.order_processor_ms:.2f}",
    )
    return aligned(HEADINGS, [row])


def verdict(found: Orders) -> str:
    word = "within" if found.ratio >= TARGET else "BELOW"
    return (
        f"an order over HTTP: {found.ratio:.2f} of the throughput of a bare handler that writes "
        f"its ledger rows, {word} the target of {TARGET}"
    )


if __name__ == "__main__":
    measured = measure(requests=1000, rounds=5, tell=lambda line: print(line, file=sys.stderr))
    print(f"{table(measured)}\n\n{verdict(measured)}")
