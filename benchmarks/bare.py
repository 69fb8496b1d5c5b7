"""The yardstick of an order: a bare Flask handler that writes the same ledger rows and no more.

`gunicorn benchmarks.bare:app`, with DATABASE_URL and BARE_ACCOUNTS: a JSON list, for each employee
the accounts (budget, employer's purchase, employer's leave, leave). It asks nobody who they are,
checks nothing, keeps no order, no price and no trace beside the two transfers.
"""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime

import psycopg
from flask import Flask, request

from ideals.kernel.ids import new_transfer_id
from ideals.kernel.month import Month

app = Flask(__name__)
ACCOUNTS = json.loads(os.environ.get("BARE_ACCOUNTS", "[]"))
PRICE_MINOR, MINUTES = 2000, 60
_own = threading.local()
_INSERT = """
INSERT INTO ledger_transfer (id, month, for_month, from_account, to_account, amount_minor,
                             happened_at, unit, reason, code, source, actor)
VALUES (%s, %s, %s, %s, %s, %s, %s, 'EUR', 'order', 'leave', %s, 'bare'),
       (%s, %s, %s, %s, %s, %s, %s, 'MIN', 'order', 'leave', %s, 'bare')
"""


def connection() -> psycopg.Connection[tuple[object, ...]]:
    """One a thread, kept."""
    if not hasattr(_own, "connection"):
        _own.connection = psycopg.connect(os.environ["DATABASE_URL"])
    kept: psycopg.Connection[tuple[object, ...]] = _own.connection
    return kept


@app.post("/orders")
def order() -> tuple[dict[str, str], int]:
    budget, purchase, employer_leave, leave = ACCOUNTS[request.get_json()["employee"]]
    now = datetime.now(UTC)
    month = Month.of(now.date())
    money, minutes = new_transfer_id(month), new_transfer_id(month)
    number, source = month.number, f"bare:{money}"
    opened = connection()
    opened.execute(
        _INSERT,
        [
            *(money, number, number, budget, purchase, PRICE_MINOR, now, source),
            *(minutes, number, number, employer_leave, leave, MINUTES, now, source),
        ],
    )
    opened.commit()
    return {"id": str(money), "state": "posted"}, 201


@app.get("/healthz")
def healthz() -> str:
    return "ok"
