"""Lists page by page: `?cursor=&limit=` in, `{"items","next"}` out.

A cursor holds the sort key of the last row that was shown, signed, so that a page starts where the
last one ended whatever was added meanwhile, and costs the same however deep it is. A cursor that
we did not make, or made for another list, is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from flask import request
from itsdangerous import BadData, URLSafeSerializer
from marshmallow import Schema, ValidationError, fields, post_load, validate
from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from ideals.kernel.month import Month
from ideals.web.fields import In, Out
from ideals.web.signing import secret_key

T = TypeVar("T")
MOST = 200
USUAL = 50
Key = InstrumentedAttribute[Any] | ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`after` is the sort key of the last row seen, `None` on the first page."""

    limit: int = USUAL
    after: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next` is the cursor of the following page, `None` on the last."""

    items: Sequence[T]
    next: str | None


class PageIn(In):
    """The query of a list; derive from it to add filters.

    With `as_kwargs=True` the route receives `page: PageRequest` and each filter by name.
    """

    cursor = fields.String(metadata={"description": "`next` of the page before"})
    limit = fields.Integer(load_default=USUAL, validate=validate.Range(1, MOST))

    @post_load
    def page(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        cursor = data.pop("cursor", None)
        after = None if cursor is None else _opened(cursor)
        return data | {"page": PageRequest(data.pop("limit"), after)}


def page_request(*, limit: int = USUAL) -> PageRequest:
    """For pages: from `?cursor=` of this request. A cursor that is not ours begins at the start."""
    try:
        cursor = request.args.get("cursor")
        return PageRequest(limit, None if cursor is None else _opened(cursor))
    except ValidationError:
        return PageRequest(limit)


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a list of `item`: `{"items","next"}`."""
    name = item.__name__.removesuffix("Out") + "PageOut"
    members: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next": fields.String(required=True, allow_none=True),
    }
    return type(name, (Out,), members)


def paginate(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    page: PageRequest,
    *keys: Key,
    descending: bool = False,
    show: Callable[[Any], T] | None = None,
) -> Page[Any]:
    """Run `statement` for one page, in the order of `keys`, which together must be unique.

    Items are the rows' first column (a model), or the rows when more columns are selected; `show`
    turns each into what the schema reads. The keys must be readable from an item by their names.
    """
    if page.after is not None:
        statement = statement.where(_beyond(keys, page.after, descending))
    order = [key.desc() if descending else key.asc() for key in keys]
    result = session.execute(statement.order_by(*order).limit(page.limit + 1))
    rows = result.scalars().all() if len(result.keys()) == 1 else result.all()
    shown: Sequence[Any] = rows[: page.limit]
    more = len(rows) > page.limit
    last = [getattr(shown[-1], key.key or "") for key in keys] if more else None
    return Page(
        items=[show(row) for row in shown] if show else shown,
        next=None if last is None else _sealed(last),
    )


def page_of_list(rows: Sequence[T], page: PageRequest, key: Callable[[T], Any]) -> Page[T]:
    """A page of rows that were already read, sorted by the unique `key`: for short lists only."""
    ordered = sorted(rows, key=key)
    if page.after is not None:
        ordered = [row for row in ordered if (key(row),) > page.after]
    shown = ordered[: page.limit]
    more = len(ordered) > page.limit
    return Page(items=shown, next=_sealed([key(shown[-1])]) if more else None)


def _beyond(keys: tuple[Key, ...], after: tuple[Any, ...], descending: bool) -> ColumnElement[bool]:
    if len(after) != len(keys):
        raise _refusal()
    here = tuple_(*keys)
    there = tuple_(*after, types=[key.type for key in keys])
    return here < there if descending else here > there


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(secret_key(), salt=f"cursor:{request.endpoint}")


def _sealed(values: Sequence[Any]) -> str:
    text = _serializer().dumps([_packed(value) for value in values])
    return text if isinstance(text, str) else text.decode()


def _opened(cursor: str) -> tuple[Any, ...]:
    try:
        return tuple(_unpacked(value) for value in _serializer().loads(cursor))
    except BadData:
        raise _refusal() from None


def _refusal() -> ValidationError:
    return ValidationError(
        "This cursor is not one of this list; send `next` of the page before, unchanged", "cursor"
    )


_PACKED: dict[str, tuple[type[Any], Callable[[str], Any]]] = {
    "at": (datetime, datetime.fromisoformat),
    "on": (date, date.fromisoformat),
    "month": (Month, Month.parse),
    "id": (UUID, UUID),
}


def _packed(value: Any) -> Any:
    for tag, (kind, _) in _PACKED.items():
        if isinstance(value, kind):
            return {tag: value.isoformat() if isinstance(value, date) else str(value)}
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, Mapping):
        ((tag, text),) = value.items()
        return _PACKED[tag][1](text)
    return value
