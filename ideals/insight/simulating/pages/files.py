"""What a simulation came to as a file: the tables of the page, one under the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from flask import Response, abort
from flask_babel import gettext

from ideals import audit
from ideals.db import unit_of_work
from ideals.insight.simulating import queries
from ideals.insight.simulating.commands.telling import topic_of
from ideals.insight.simulating.pages.about import about
from ideals.insight.simulating.pages.blueprint import bp, either
from ideals.insight.simulating.pages.tables import COLUMNS, Table, tables
from ideals.insight.simulating.rules.shown import shown
from ideals.kernel import clock
from ideals.web.actor import current_actor
from ideals.web.export import Row, csv_response, xlsx_response
from ideals.web.guards import guard


@bp.get("/prices/simulations/<uuid:simulation_id>.<any(csv, xlsx):kind>")
@guard(either)
def simulation_file(simulation_id: UUID, kind: str) -> Response:
    """What the page hides is hidden here too. That it was taken is written down."""
    actor = current_actor()
    with unit_of_work() as session:
        found = queries.access_simulation(session, simulation_id, actor=actor)
        if found.result is None:
            abort(404)
        act = f"{topic_of(found)}.simulation_downloaded"
        audit.record(session, act, found.source, actor=actor, now=clock.now(), file=kind)
        made = list(tables(shown(found.result), about(session, found).names))
        name = gettext("simulation-%(number)s", number=found.number)
    columns = [column for column in COLUMNS if any(column in table.columns for table in made)]
    header = [gettext("Table"), gettext("What"), *(str(COLUMNS[column]) for column in columns)]
    writer = csv_response if kind == "csv" else xlsx_response
    return writer(name, header, _rows(made, columns))


def _rows(made: Sequence[Table], columns: Sequence[str]) -> Iterator[Row]:
    hidden = str(gettext("hidden"))
    for table in made:
        for name, cells in table.rows:
            by_column = {
                column: hidden if cell is None else cell
                for column, cell in zip(table.columns, cells, strict=True)
            }
            yield table.title, name, *(by_column.get(column) for column in columns)
