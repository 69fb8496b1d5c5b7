"""Access on the wire."""

from marshmallow import fields

from ideals.web.fields import Out


class MeOut(Out):
    email = fields.String(required=True)
    number = fields.String(
        required=True, allow_none=True, metadata={"description": "null for who is no employee"}
    )
    name = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    manager = fields.Boolean(
        required=True, metadata={"description": "whether somebody reports to this person today"}
    )
    language = fields.String(required=True, allow_none=True)
