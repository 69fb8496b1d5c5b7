"""Simulations on the wire."""

from __future__ import annotations

from marshmallow import fields

from ideals.insight.simulating.states import SimulationKind, SimulationState
from ideals.web.fields import In, MomentField, MonthField, Out


class SimulationIn(In):
    """`about` of `prices`: `{"rules": [ID, ...]}`, each as it says now; of `scheme`:
    `{"document": TEXT}`, which is not published yet."""

    kind = fields.Enum(SimulationKind, by_value=True, required=True)
    about = fields.Dict(keys=fields.String(), required=True)


class SimulationOut(Out):
    """`done` of `total` employees are worked out. `result` is there once `state` is `done`: its
    amounts are cents, and who is few in a group is left out of it as on HR's desk."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    kind = fields.Enum(SimulationKind, by_value=True, required=True)
    about = fields.Dict(required=True)
    from_month = MonthField(required=True)
    through_month = MonthField(required=True)
    state = fields.Enum(SimulationState, by_value=True, required=True)
    done = fields.Integer(required=True)
    total = fields.Integer(required=True)
    fault = fields.String(required=True, allow_none=True)
    made_by = fields.String(required=True)
    made_at = MomentField(required=True)
    ended_at = MomentField(required=True, allow_none=True)
    result = fields.Dict(required=True, allow_none=True)
