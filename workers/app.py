"""The Celery application: `celery -A workers.app worker` and `... beat`."""

from __future__ import annotations

import gc
import importlib
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init, worker_process_init

from ideals import db
from ideals.app import connect_features
from ideals.config import Settings
from workers.queues import QUEUES, ROUTES, Name
from workers.schedule import SCHEDULE

TASK_MODULES = (
    "workers.access",
    "workers.approvals",
    "workers.budgets",
    "workers.deals",
    "workers.insight",
    "workers.ledger",
    "workers.notices",
    "workers.payroll",
    "workers.pricing",
    "workers.people",
    "workers.shop",
)

VISIBILITY_SECONDS = 300
"""At least five times the longest task: a message is given to a second worker only after that."""


def make_app(settings: Settings) -> Celery:
    celery = Celery("ideals", broker=settings.broker_url)
    celery.conf.update(
        task_queues=QUEUES,
        task_routes=ROUTES,
        task_default_queue=Name.MONEY.value,
        task_default_exchange="",
        task_default_routing_key=Name.MONEY.value,
        task_create_missing_queues=False,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=60,
        task_soft_time_limit=55,
        worker_prefetch_multiplier=1,
        worker_soft_shutdown_timeout=10,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_SECONDS,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "socket_timeout": 5,
            "socket_connect_timeout": 5,
        },
        beat_schedule=SCHEDULE,
        beat_max_loop_interval=5,
        timezone="UTC",
    )
    return celery


app = make_app(Settings.read())


def _connect(**_: Any) -> None:
    settings = Settings.read()
    if settings.database_url is None or settings.redis_url is None:
        raise SystemExit(
            "a worker needs DATABASE_URL and REDIS_URL; `make run` starts one with both set"
        )
    db.connect(settings.database_url, pool_size=2)
    connect_features()


worker_init.connect(_connect)
# A forked child must not share its parent's connections.
worker_process_init.connect(_connect)


def _spare_the_collector(**_: Any) -> None:
    """A chunk makes hundreds of thousands of small objects and hardly a cycle: looking for cycles
    among them as often as Python does took a third of its time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


worker_process_init.connect(_spare_the_collector)


@beat_init.connect
def _look_at_once(**_: Any) -> None:
    """What fell due while everything was down is not left for another interval."""
    for entry in SCHEDULE.values():
        app.send_task(entry["task"], retry=False, **entry["options"])


for module in TASK_MODULES:
    importlib.import_module(module)
