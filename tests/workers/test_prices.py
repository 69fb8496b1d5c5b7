"""Price lists published by real workers, one of which is killed in the middle."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
from sqlalchemy import func, select, text

from ideals import db, outbox
from ideals.db import unit_of_work
from ideals.kernel.month import Month
from ideals.pricing.commands import publishing
from ideals.pricing.models import PriceList
from tests.service import RELAY, WORKER, Service, wait_for
from tests.shop.conftest import Shop
from tests.shop.conftest import own_shop as own_shop  # fixtures
from tests.workers.test_faults import service, time_passes

__all__ = ["service"]

HALF_PUBLISHED = """
INSERT INTO pricing_list (id, scheme, product, month, published_at, published_by, holds)
VALUES (gen_random_uuid(), 'simple', 'seat', %s, now(), 'another', '{}')
"""


def waits_in_the_middle() -> bool:
    """For another who has inserted one of the same rows."""
    with unit_of_work() as session:
        waiting = text(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'transactionid'"
            " AND datname = current_database()"
        )
        return bool(session.scalar(waiting))


def published(month: Month) -> int:
    with unit_of_work() as session:
        return session.scalar(select(func.count()).where(PriceList.month == month)) or 0


def test_a_publishing_worker_killed_half_way_publishes_all_of_it_once(
    own_shop: Shop, own_database: str, service: Service
) -> None:
    del own_shop  # it is there
    month = Month.of(datetime.now(UTC).date())
    with unit_of_work() as session:
        session.execute(text("DELETE FROM outbox_message"))
        outbox.announce(session, publishing.PUBLISH, month=str(month), wait=0)
    service.start(*RELAY)
    worker = service.start(*WORKER)
    with psycopg.connect(db.plain_url(own_database)) as half:
        half.execute(HALF_PUBLISHED, [month.number])
        wait_for(waits_in_the_middle, "a worker in the middle of publishing")
        service.kill(worker)
        half.rollback()
    assert published(month) == 0, "nothing of a half"
    time_passes()
    service.start(*WORKER)
    wait_for(lambda: published(month) > 0, "the lists")
    with unit_of_work() as session:
        products = session.scalars(select(PriceList.product).order_by(PriceList.product)).all()
        by = set(session.scalars(select(PriceList.published_by)))
    assert "seat" in products and "leave" in products
    assert len(products) == len(set(products))
    assert by == {"system"}
