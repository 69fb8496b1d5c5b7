"""`python -m benchmarks.deals`: the page of a long deal beside a short one, and the clock of deals.

The long deal has 50 offers and 500 messages, the short one 2 offers and 2 messages; both are asked
for in turn. The clock goes over 500,000 deals in force and over 10,000, in two databases of one
server; in each, both sides of 100 have to be told that they look back today.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from statistics import median

from benchmarks.deals_there import DUE, FEW, LONG, MANY, SHORT, Clockwork, Size, a_deal, people_of
from benchmarks.shop import statements_of
from benchmarks.shown import aligned
from benchmarks.stand import processor_seconds
from ideals import db, embedded
from ideals.app import create_app
from ideals.config import Settings
from ideals.kernel import clock

PAGE_TARGET, CLOCK_TARGET = 1.5, 1.2


@dataclass(frozen=True, slots=True)
class Page:
    """Medians over the rounds, of one page. `statements`: asked of the database."""

    offers: int
    messages: int
    statements: int
    milliseconds: float
    processor_ms: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Look:
    """Medians over the rounds. `found_ms`: until what is due is announced."""

    deals: int
    due: int
    found_ms: float
    seconds: float
    processor_seconds: float


@dataclass(frozen=True, slots=True)
class Deals:
    """Each ratio is of one round, the large over the small; and their median."""

    short: Page
    long: Page
    page_ratios: list[float]
    page_ratio: float
    few: Look
    many: Look
    clock_ratios: list[float]
    clock_ratio: float


def measure(
    *, many: int = MANY, requests: int, rounds: int, looks: int, tell: Callable[[str], None]
) -> Deals:
    tell(f"deals: {requests} pages a round of a short deal and of a long one")
    pages = _pages(requests, rounds)
    tell(f"deals: the clock over {FEW:,} and {many:,} deals, {DUE} due in each")
    found = _looks(many, looks)
    page_ratios = [long.processor_ms / short.processor_ms for short, long in pages]
    clock_ratios = [large.seconds / small.seconds for small, large in found]
    return Deals(
        _page_median([short for short, _ in pages]),
        _page_median([long for _, long in pages]),
        page_ratios,
        median(page_ratios),
        _look_median([small for small, _ in found]),
        _look_median([large for _, large in found]),
        clock_ratios,
        median(clock_ratios),
    )


def _pages(requests: int, rounds: int) -> list[tuple[Page, Page]]:
    with _database() as url:
        begun = clock.now() - timedelta(days=1)
        engine = db.connect(url)
        token = people_of(begun)
        addresses = {size: a_deal(size, now=begun) for size in (SHORT, LONG)}
        client = create_app(Settings.read({"DATABASE_URL": url})).test_client()

        def asked(size: Size) -> int:
            answer = client.get(addresses[size], headers={"Authorization": f"Bearer {token}"})
            if answer.status_code != 200:
                raise SystemExit(f"{answer.status_code}: {answer.text[:200]}")
            return len(answer.data)

        def times(size: Size, requests: int) -> Page:
            statements = statements_of(lambda: asked(size))
            used, start = processor_seconds(), time.perf_counter()
            for _ in range(requests):
                length = asked(size)
            seconds = time.perf_counter() - start
            used = processor_seconds() - used
            each = seconds / requests * 1000, used / requests * 1000
            return Page(size.offers, size.messages, statements, *each, length)

        for size in addresses:
            times(size, max(5, requests // 10))  # warm: connections, plans, compiled templates
        found = [(times(SHORT, requests), times(LONG, requests)) for _ in range(rounds)]
        engine.dispose()
    return found


def _looks(many: int, looks: int) -> list[tuple[Look, Look]]:
    with embedded.temporary(fast=False) as servers:
        small, large = (Clockwork(servers.database_url, size) for size in (FEW, many))
        for place in (small, large):
            _look(place)  # warm
        found = []
        for number in range(looks):
            turn = (small, large) if number % 2 else (large, small)
            done = {place.deals: _look(place) for place in turn}
            found.append((done[small.deals], done[large.deals]))
        for place in (small, large):
            place.engine.dispose()
        db.use(None)
    return found


def _look(place: Clockwork) -> Look:
    place.fall_due()
    used, begun = processor_seconds(), time.perf_counter()
    announced = place.find()
    found = time.perf_counter() - begun
    place.act(announced)
    seconds = time.perf_counter() - begun
    used = processor_seconds() - used
    place.check(announced)
    return Look(place.deals, len(announced), found * 1000, seconds, used)


@contextmanager
def _database() -> Iterator[str]:
    with embedded.temporary(fast=False) as servers:
        embedded.migrate(servers.database_url)
        yield servers.database_url
        db.use(None)


def _page_median(pages: list[Page]) -> Page:
    first = pages[0]
    return Page(
        first.offers,
        first.messages,
        first.statements,
        median(page.milliseconds for page in pages),
        median(page.processor_ms for page in pages),
        first.bytes,
    )


def _look_median(looks: list[Look]) -> Look:
    first = looks[0]
    return Look(
        first.deals,
        first.due,
        median(each.found_ms for each in looks),
        median(each.seconds for each in looks),
        median(each.processor_seconds for each in looks),
    )


PAGE_HEADINGS = ("offers", "messages", "statements", "ms", "cpu ms", "kB", "cpu ratio")
CLOCK_HEADINGS = ("deals", "due", "found ms", "ms", "cpu ms", "ratio")


def table(found: Deals) -> str:
    pages = [
        (
            str(page.offers),
            str(page.messages),
            str(page.statements),
            f"{page.milliseconds:.1f}",
            f"{page.processor_ms:.1f}",
            f"{page.bytes / 1000:.0f}",
            f"{ratio:.2f}",
        )
        for page, ratio in ((found.short, 1.0), (found.long, found.page_ratio))
    ]
    looks = [
        (
            f"{each.deals:,}",
            str(each.due),
            f"{each.found_ms:.1f}",
            f"{each.seconds * 1000:.0f}",
            f"{each.processor_seconds * 1000:.0f}",
            f"{ratio:.2f}",
        )
        for each, ratio in ((found.few, 1.0), (found.many, found.clock_ratio))
    ]
    return f"{aligned(PAGE_HEADINGS, pages)}\n\n{aligned(CLOCK_HEADINGS, looks)}"


def verdict(found: Deals) -> str:
    same = found.short.statements == found.long.statements
    page = "within" if found.page_ratio <= PAGE_TARGET else "ABOVE"
    looks = "within" if found.clock_ratio <= CLOCK_TARGET else "ABOVE"
    return (
        f"the page of a deal with {found.long.offers} offers and {found.long.messages} messages "
        f"costs {found.page_ratio:.2f} times one with {found.short.offers}, {page} the target of "
        f"{PAGE_TARGET}; statements {'are the same' if same else 'DIFFER'}; the clock over "
        f"{found.many.deals:,} deals costs {found.clock_ratio:.2f} times the one over "
        f"{found.few.deals:,}, {looks} the target of {CLOCK_TARGET}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deals", description=__doc__)
    parser.add_argument("--deals", type=int, default=MANY, help="that the clock goes over")
    parser.add_argument("--requests", type=int, default=50, help="of each page in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--looks", type=int, default=9)
    given = parser.parse_args()
    found = measure(
        many=given.deals,
        requests=given.requests,
        rounds=given.rounds,
        looks=given.looks,
        tell=lambda text: print(text, file=sys.stderr, flush=True),
    )
    print(f"{table(found)}\n\n{verdict(found)}")
    print(json.dumps(asdict(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
