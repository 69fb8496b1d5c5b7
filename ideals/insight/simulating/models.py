"""Simulations and their parts, as stored."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ideals.db import Base, bigid, moment
from ideals.db import month as month_


class Simulation(Base):
    """`about` of prices: `{"scheme": CODE, "rules": [[RULE ID, NUMBER OF ITS TEXT], ...]}`; of a
    scheme: `{"scheme": CODE, ...}` and what its kind keeps.

    From `from_month` through `through_month` are the months looked at. `done` of `total`: the
    employees that are worked out. `fault`: why it failed. `result`: once it is done; its shape is
    in docs/simulations.md.
    """

    __tablename__ = "insight_simulation"
    __table_args__ = (
        CheckConstraint("kind IN ('prices', 'scheme')", name="kind_known"),
        CheckConstraint(
            "state IN ('queued', 'running', 'done', 'cancelled', 'failed')", name="state_known"
        ),
        CheckConstraint("from_month <= through_month", name="months_ordered"),
        CheckConstraint("done BETWEEN 0 AND total", name="done_of_total"),
        CheckConstraint("(state = 'done') = (result IS NOT NULL)", name="result_when_done"),
        CheckConstraint("(state = 'failed') = (fault IS NOT NULL)", name="fault_when_failed"),
        CheckConstraint(
            "(state IN ('queued', 'running')) = (ended_at IS NULL)", name="ended_or_not"
        ),
        Index("insight_simulation_about", "about", postgresql_using="gin"),
        Index("insight_simulation_made", "made_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    kind: Mapped[str]
    about: Mapped[dict[str, Any]] = mapped_column(JSONB)
    from_month: Mapped[month_]
    through_month: Mapped[month_]
    state: Mapped[str]
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int]
    fault: Mapped[str | None]
    made_by: Mapped[str]
    made_by_user_id: Mapped[bigid | None]
    made_at: Mapped[moment]
    ended_at: Mapped[moment | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    @property
    def source(self) -> str:
        """As the audit and notices name it."""
        return f"simulation:{self.id}"


class SimulationPart(Base):
    """The employees after one id, through another. Gone once the simulation is over.

    `attempts` counts the takings: only the last taker may write. `part`: what it came to
    (`rules.parts`).
    """

    __tablename__ = "insight_simulation_part"
    __table_args__ = (
        CheckConstraint("state IN ('todo', 'done')", name="state_known"),
        CheckConstraint("(state = 'done') = (part IS NOT NULL)", name="part_when_done"),
        CheckConstraint("after_employee <= through_employee", name="employees_ordered"),
    )

    simulation_id: Mapped[UUID] = mapped_column(ForeignKey(Simulation.id), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    after_employee: Mapped[bigid]
    through_employee: Mapped[bigid]
    employees: Mapped[int]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[moment | None]
    part: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
