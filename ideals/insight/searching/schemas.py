"""The audit on the wire."""

from __future__ import annotations

from marshmallow import fields

from ideals.web.cursors import PageIn
from ideals.web.fields import MomentField, Out


class AuditQuery(PageIn):
    """`from` and `to` are days, both included, on the organisation's clock."""

    act = fields.String(
        load_default="", metadata={"description": "`people.week_kept`, or `people` for all of it"}
    )
    subject = fields.String(
        load_default="", metadata={"description": "`order:ID`, or `order` for all of them"}
    )
    actor = fields.String(load_default="", metadata={"description": "An address, or `system`"})
    first = fields.Date(data_key="from", load_default=None)
    last = fields.Date(data_key="to", load_default=None)


class ChangeOut(Out):
    """`what` is empty when the entry is about one thing."""

    what = fields.String(required=True)
    before = fields.String(required=True, allow_none=True)
    after = fields.String(required=True, allow_none=True)


class AuditEntryOut(Out):
    id = fields.String(required=True)
    happened_at = MomentField(required=True)
    recorded_at = MomentField(required=True)
    actor = fields.String(required=True)
    act = fields.String(required=True)
    subject = fields.String(required=True)
    details = fields.Dict(keys=fields.String(), required=True)
    changes = fields.List(fields.Nested(ChangeOut), required=True)
