"""Notices on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, validate

from ideals.notices.commands import ChooseChannel, MarkAllRead
from ideals.notices.states import Channel
from ideals.web.cursors import PageIn
from ideals.web.fields import In, MomentField, Out, WholeField


class NoticesIn(PageIn):
    unread = fields.Boolean(metadata={"description": "true: only what was not read yet"})


class NoticeOut(Out):
    """A notice in words, in the language asked for; `href` is a path of this site."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    subject = fields.String(required=True)
    title = fields.String(required=True)
    text = fields.String(required=True)
    href = fields.String(required=True)
    at = MomentField(required=True)
    read_at = MomentField(required=True, allow_none=True)


class ReadIn(In):
    through = WholeField(
        required=True, metadata={"description": "id of the latest notice that was seen"}
    )

    @post_load
    def command(self, data: dict[str, int], **_: object) -> MarkAllRead:
        return MarkAllRead(**data)


class UnreadOut(Out):
    unread = fields.Integer(
        required=True, metadata={"description": "100 stands for everything above 99"}
    )


class ChannelIn(In):
    mail = fields.Enum(Channel, by_value=True, required=True)
    waiting = fields.Boolean(metadata={"description": "left out: as it was"})

    @post_load
    def command(self, data: dict[str, Any], **_: object) -> ChooseChannel:
        return ChooseChannel(data["mail"], data.get("waiting"))


class ChannelOut(Out):
    mail = fields.String(required=True, validate=validate.OneOf([c.value for c in Channel]))
    waiting = fields.Boolean(
        required=True,
        metadata={
            "description": "a mail each working day on which something waits; not with `never`"
        },
    )
    sent = fields.Boolean(
        required=True, metadata={"description": "false: this site has no mail server"}
    )


class UndeliveredOut(Out):
    id = fields.String(required=True)
    name = fields.String(required=True)
    number = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    answer = fields.String(required=True, allow_none=True)
    wanted_at = MomentField(required=True)
    tries = fields.Integer(required=True)


class SendingOut(Out):
    """A mail on its way again."""

    id = fields.String(required=True)
    state = fields.String(required=True)
