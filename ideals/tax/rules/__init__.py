"""Facts about net: pure, from the figures in `data/`, which are read once a process.

`data` reads a file and names what is wrong in it, `tables` are the tax tables of a year, `taxes`
works out tax and net, `law` is what else the law fixes, by day.
"""

from __future__ import annotations

from ideals.tax.rules.data import ONE
from ideals.tax.rules.law import Law, law_on, minimum_wage_minor
from ideals.tax.rules.tables import known_years
from ideals.tax.rules.taxes import (
    Net,
    Table,
    TableKind,
    net_now,
    net_of_month,
    net_once,
    special_tax,
    wage_tax,
    what_it_costs,
)

__all__ = [
    "ONE",
    "Law",
    "Net",
    "Table",
    "TableKind",
    "known_years",
    "law_on",
    "minimum_wage_minor",
    "net_now",
    "net_of_month",
    "net_once",
    "special_tax",
    "wage_tax",
    "what_it_costs",
]
