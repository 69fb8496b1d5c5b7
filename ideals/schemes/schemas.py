"""Schemes on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from ideals.schemes.commands import PublishScheme
from ideals.schemes.rules import Fact, Use
from ideals.schemes.rules.document import MAX_BYTES
from ideals.web.fields import In, MomentField, MonthField, Out

_USES = {Use.COMPONENTS: "components", Use.HOURS: "hours", Use.PRODUCTS: "products"}


class SchemeOut(Out):
    code = fields.String(required=True)
    name = fields.Dict(
        keys=fields.String(), values=fields.String(), attribute="names", required=True
    )
    version = MonthField(required=True, metadata={"description": "The latest one published"})
    first_month = MonthField(required=True)


class VersionOut(Out):
    scheme = fields.String(required=True)
    version = MonthField(required=True)
    digest = fields.String(required=True, metadata={"description": "SHA-256 of the document"})
    published_at = MomentField(required=True)
    published_by = fields.String(required=True)


class VersionDocumentOut(VersionOut):
    document = fields.String(required=True, metadata={"description": "YAML, as it was published"})


class PublishIn(In):
    document = fields.String(
        required=True,
        validate=validate.Length(1, MAX_BYTES),
        metadata={"description": "The whole YAML document"},
    )

    @post_load
    def command(self, data: dict[str, Any], **_: Any) -> PublishScheme:
        return PublishScheme(data["document"])


class FactOut(Out):
    name = fields.String(required=True)
    kind = fields.String(required=True)
    unit = fields.String(required=True)
    meaning = fields.String(required=True)
    used_in = fields.Function(lambda fact: used_in(fact), required=True)


def used_in(fact: Fact) -> list[str]:
    """The places of a document where the fact may stand."""
    return [name for use, name in _USES.items() if fact.may_be_used_in(use)]
