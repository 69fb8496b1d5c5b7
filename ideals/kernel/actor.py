"""Who acts. Every command says for whom it was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """Rights beside one's own. Being an employee or somebody's manager is not a role but a fact."""

    HR = "hr"
    """People, schemes and runs."""
    HR_PRICES = "hr_prices"
    HR_DEALS = "hr_deals"
    PAYROLL = "payroll"
    WORKS_COUNCIL = "works_council"


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, a script with a token, or the clock.

    `name` is what the audit shows: an e-mail address, or `system`. `employee_id` is set when the
    person is an employee too. `language` is a two-letter code, `None` when not chosen.
    `proved_at`: when they last proved who they are.
    """

    name: str
    user_id: int | None = None
    employee_id: int | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    language: str | None = None
    proved_at: datetime | None = None

    def has(self, role: Role) -> bool:
        return role in self.roles


SYSTEM = Actor(name="system")
"""The clock and the workers."""
