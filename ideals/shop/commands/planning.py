"""A plan kept: what it repeats becomes standing choices, in place of those it began with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ideals.kernel.actor import Actor
from ideals.shop.commands.choices import EndChoice, SetChoice, What, end_choice, set_choice
from ideals.shop.models import Choice
from ideals.shop.queries.choices import choices_of
from ideals.shop.rules.planner import Repeated
from ideals.shop.states import ChoiceMode, ChoiceState


@dataclass(frozen=True, slots=True)
class KeepPlan:
    """`products`: those that the plan could fill in; their choices of a fixed quantity end."""

    employee_id: int
    products: Collection[str]
    repeated: Sequence[Repeated]


def keep_plan(
    session: Session, cmd: KeepPlan, *, actor: Actor, now: datetime, zone: ZoneInfo
) -> list[Choice]:
    """All of it or nothing. Raises what `set_choice` does."""
    for choice in choices_of(session, cmd.employee_id):
        fixed = choice.mode == ChoiceMode.QUANTITY and choice.product in cmd.products
        if fixed and choice.state == ChoiceState.ACTIVE:
            end = EndChoice(choice.id, choice.version)
            end_choice(session, end, actor=actor, now=now)
    return [
        set_choice(
            session,
            SetChoice(
                cmd.employee_id,
                each.code,
                What(ChoiceMode.QUANTITY, each.quantity, each.first, each.last),
                place,
            ),
            actor=actor,
            now=now,
            zone=zone,
        )
        for place, each in enumerate(cmd.repeated)
    ]
