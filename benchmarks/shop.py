"""`python -m benchmarks.shop`: the shop page with 40 products beside the same page with 4.

Both employees are asked for in turn, in one process on one PostgreSQL: what differs is what each
product adds. A page is everything from the request to the bytes: who asks, facts, prices, limits,
what others chose, and the words around it.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from statistics import median

from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from benchmarks.shown import aligned
from benchmarks.stand import processor_seconds
from ideals import db, embedded
from ideals.access import commands as access
from ideals.app import create_app
from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import SYSTEM
from ideals.kernel.month import Month
from ideals.ledger import commands as ledger
from ideals.schemes import commands as schemes
from ideals.seeds.commands import import_people

FEW, MANY = 4, 40
TARGET = 2.0
SCHEME = """
scheme: shop-{count}
version: "2010-01"
name: {{en: Shop of {count}, nl: Winkel van {count}}}
full_time_hours: 36
first_month: "2010-01"
calendar: {{allocate_on: 1, deadline: {{day: 31}}, left_over: keep_until_december}}
facts: {{hour_value: (full_time_salary + allowance.personal) / 156}}
components: {{allowance: {{formula: "8% * salary"}}}}
products:
"""
KINDS = (
    "{kind: leave, unit: hour, price: hour_value, step: 1,"
    ' limit: {per: year, amount: "187 * part_time_factor", round: down}}',
    "{kind: pay_out, months_ahead: 12}",
    "{kind: bicycle, unit: piece, tax: addition, addition: 7% * price, instalments: 24,"
    ' limit: {per: years, years: 3, amount: "3000"}}',
    '{kind: other, unit: piece, price: "35", eligible: part_time_factor >= 0.5,'
    " quota: {per: month, amount: 60}}",
)
"""Prices, limits, an addition, a condition and a quota: what a card has to work out."""


@dataclass(frozen=True, slots=True)
class Page:
    """Medians over the rounds, of one page. `statements`: asked of the database."""

    products: int
    statements: int
    milliseconds: float
    processor_ms: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Shops:
    """`ratio`: of each round, the page with many products over the one with few; its median."""

    few: Page
    many: Page
    ratios: list[float]
    ratio: float


def measure(*, requests: int, rounds: int, tell: Callable[[str], None]) -> Shops:
    with _shop() as (client, tokens):
        asked = {count: _Asked(client, count, token) for count, token in tokens.items()}
        for each in asked.values():
            each.times(max(10, requests // 10))  # warm: connections, plans, compiled schemes
        tell(f"shop: {requests} pages a round with {FEW} and with {MANY} products")
        done = [
            {count: each.times(requests) for count, each in asked.items()} for _ in range(rounds)
        ]
    pages = {count: _median([each[count] for each in done]) for count in asked}
    ratios = [each[MANY].processor_ms / each[FEW].processor_ms for each in done]
    return Shops(pages[FEW], pages[MANY], ratios, median(ratios))


def _median(pages: list[Page]) -> Page:
    first = pages[0]
    return Page(
        first.products,
        first.statements,
        median(page.milliseconds for page in pages),
        median(page.processor_ms for page in pages),
        first.bytes,
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    client: FlaskClient
    count: int
    token: str

    def times(self, requests: int) -> Page:
        statements = statements_of(self._page)
        used, begun = processor_seconds(), time.perf_counter()
        for _ in range(requests):
            size = self._page()
        seconds = time.perf_counter() - begun
        used = processor_seconds() - used
        return Page(self.count, statements, seconds / requests * 1000, used / requests * 1000, size)

    def _page(self) -> int:
        answer = self.client.get("/shop", headers={"Authorization": f"Bearer {self.token}"})
        shown = answer.text.count("product-card")
        if answer.status_code != 200 or shown != self.count:
            raise SystemExit(f"{answer.status_code}, {shown} of {self.count} products")
        return len(answer.data)


def statements_of(act: Callable[[], object]) -> int:
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return len(seen)


@contextmanager
def _shop() -> Iterator[tuple[FlaskClient, dict[int, str]]]:
    with embedded.temporary(fast=False) as servers:
        embedded.migrate(servers.database_url)
        engine = db.connect(servers.database_url)
        tokens = {count: _employee(count) for count in (FEW, MANY)}
        app = create_app(Settings.read({"DATABASE_URL": servers.database_url}))
        yield app.test_client(), tokens
        engine.dispose()


def _employee(count: int) -> str:
    """The token of somebody under a scheme with so many products."""
    now, month = clock.now(), Month.of(clock.now().date())
    number = f"S{count}"
    with unit_of_work() as session:
        ledger.open_months(session, ledger.OpenMonths(month, month.plus(3)), actor=SYSTEM, now=now)
        publish = schemes.PublishScheme(_document(count))
        schemes.publish_scheme(session, publish, actor=SYSTEM, now=now)
        import_people(session, _file(number, count), "people.csv", actor=SYSTEM, now=now)
        opening = ledger.Opening(1, number, "budget", Decimal(10_000))
        posting = ledger.PostOpenings(month, (opening,))
        ledger.post_openings(session, posting, actor=SYSTEM, now=now)
        issue = access.IssueToken(f"{number}@example.org", "bench")
        return access.issue_token(session, issue, actor=SYSTEM, now=now)


def _document(count: int) -> str:
    lines = (f"  product_{place}: {KINDS[place % len(KINDS)]}" for place in range(count))
    return SCHEME.format(count=count) + "\n".join(lines) + "\n"


def _file(number: str, count: int) -> bytes:
    hired = str(date(2020, 1, 1))
    row = {
        "number": number, "name": number, "email": f"{number}@example.org", "hired_on": hired,
        "unit": "Bench", "scheme": f"shop-{count}", "valid_from": hired,
        "full_time_salary": "3300", "part_time_factor": "1",
    }  # fmt: skip
    text = io.StringIO()
    csv.writer(text).writerows([row.keys(), row.values()])
    return text.getvalue().encode()


HEADINGS = ("products", "statements", "ms", "cpu ms", "kB", "cpu ratio")


def table(found: Shops) -> str:
    rows = [
        (
            str(page.products),
            str(page.statements),
            f"{page.milliseconds:.1f}",
            f"{page.processor_ms:.1f}",
            f"{page.bytes / 1000:.0f}",
            f"{ratio:.2f}",
        )
        for page, ratio in ((found.few, 1.0), (found.many, found.ratio))
    ]
    return aligned(HEADINGS, rows)


def verdict(found: Shops) -> str:
    within = "within" if found.ratio <= TARGET else "ABOVE"
    same = found.few.statements == found.many.statements
    return (
        f"the shop page with {MANY} products costs {found.ratio:.2f} times the one with {FEW}, "
        f"{within} the target of {TARGET}; statements "
        f"{'are the same' if same else 'DIFFER: they follow the products'}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shop", description=__doc__)
    parser.add_argument("--requests", type=int, default=200, help="of each page in a round")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    found = measure(
        requests=given.requests,
        rounds=given.rounds,
        tell=lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(f"{table(found)}\n\n{verdict(found)}")
    print(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
