"""`/api/v1`: one's notices, how one gets mail, and for HR the mails that did not arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ideals.config import Settings
from ideals.db import unit_of_work
from ideals.kernel import clock
from ideals.kernel.actor import Role
from ideals.notices import commands, queries
from ideals.notices.commands import ChooseChannel, MarkAllRead, MarkRead, SendAgain
from ideals.notices.models import Mail, Notice
from ideals.notices.schemas import (
    ChannelIn,
    ChannelOut,
    NoticeOut,
    NoticesIn,
    ReadIn,
    SendingOut,
    UndeliveredOut,
    UnreadOut,
)
from ideals.web.actor import current_actor
from ideals.web.api import Blueprint, creates
from ideals.web.cursors import Page, PageIn, PageRequest, page_of, paginate
from ideals.web.guards import guard, role, signed_in
from ideals.web.language import language

bp = Blueprint("notices", __name__, url_prefix="/api/v1", description="What people are told")


@dataclass(frozen=True, slots=True)
class NoticeView:
    id: int
    kind: str
    subject: str
    title: str
    text: str
    href: str
    at: datetime
    read_at: datetime | None


def _view(notice: Notice) -> NoticeView:
    words = queries.in_words(notice.kind, notice.data, language())
    return NoticeView(
        notice.id,
        notice.kind,
        notice.subject,
        words.title,
        words.text,
        words.href,
        notice.created_at,
        notice.read_at,
    )


@bp.get("/me/notices")
@guard(signed_in)
@bp.arguments(NoticesIn, location="query", as_kwargs=True)
@bp.response(200, page_of(NoticeOut))
def notices(page: PageRequest, unread: bool = False) -> Page[NoticeView]:
    """What you were told, the latest first."""
    with unit_of_work() as session:
        told = queries.notices_of(actor=current_actor(), unread=unread)
        return paginate(session, told, page, Notice.id, descending=True, show=_view)


@bp.put("/me/notices/<int:notice_id>/read")
@guard(signed_in)
@bp.response(200, NoticeOut)
def read(notice_id: int) -> NoticeView:
    """You have read it; saying so again changes nothing."""
    with unit_of_work() as session:
        cmd = MarkRead(notice_id)
        return _view(commands.mark_read(session, cmd, actor=current_actor(), now=clock.now()))


@bp.put("/me/notices/read")
@guard(signed_in)
@bp.arguments(ReadIn)
@bp.response(200, UnreadOut)
def read_all(cmd: MarkAllRead) -> dict[str, int]:
    """You have read everything up to that one; how many are left unread."""
    actor = current_actor()
    with unit_of_work() as session:
        commands.mark_all_read(session, cmd, actor=actor, now=clock.now())
        return {"unread": queries.unread_count(session, actor=actor)}


@bp.get("/me/mail")
@guard(signed_in)
@bp.response(200, ChannelOut)
def channel() -> dict[str, Any]:
    """How you get mail."""
    with unit_of_work() as session:
        return _channel(session)


@bp.put("/me/mail")
@guard(signed_in)
@bp.arguments(ChannelIn)
@bp.response(200, ChannelOut)
def choose(cmd: ChooseChannel) -> dict[str, Any]:
    """Choose how you get mail: `at_once`, `daily` or `never`; and whether you are written to each
    working day on which something waits for you."""
    with unit_of_work() as session:
        commands.choose_channel(session, cmd, actor=current_actor(), now=clock.now())
        return _channel(session)


def _channel(session: Session) -> dict[str, Any]:
    chosen = queries.chosen_by(session, actor=current_actor())
    sent = Settings.read().smtp_url is not None
    return {"mail": chosen.channel, "waiting": chosen.waiting, "sent": sent}


@bp.get("/undelivered-mails")
@guard(role(Role.HR))
@bp.arguments(PageIn, location="query", as_kwargs=True)
@bp.response(200, page_of(UndeliveredOut))
def undelivered(page: PageRequest) -> Page[Any]:
    """Mails that a server refused for good, or that were tried for three days."""
    with unit_of_work() as session:
        found = queries.undelivered(actor=current_actor())
        return paginate(session, found, page, Mail.wanted_at, Mail.id, descending=True)


@bp.post("/undelivered-mails/<uuid:mail_id>/sendings")
@guard(role(Role.HR))
@creates(bp, SendingOut, status=202)
def send_again(session: Session, mail_id: UUID) -> Mail:
    """Try one of them again from the beginning."""
    cmd = SendAgain(mail_id)
    return commands.send_again(session, cmd, actor=current_actor(), now=clock.now())
