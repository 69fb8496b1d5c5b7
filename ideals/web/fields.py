"""Fields of the wire: euros, months, moments, minutes, and strict whole numbers.

`In` is the base of what comes in (unknown keys are refused), `Out` of what goes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask import current_app
from marshmallow import RAISE, Schema, ValidationError, fields

from ideals.kernel.errors import RuleBroken
from ideals.kernel.money import LARGEST_MINOR, Money
from ideals.kernel.month import Month
from ideals.kernel.quantity import Minutes

T = TypeVar("T")


class In(Schema):
    """What comes in. A key that is not a field is refused, in the query as in the body."""

    class Meta:
        unknown = RAISE


class Out(Schema):
    """What goes out: every field is written, read from a row or a view dataclass."""


class WireField(fields.Field[T]):
    """A kind of value with one form on the wire. `show` and `read` are the two ways."""

    def show(self, value: Any) -> Any:
        return str(value)

    def read(self, value: Any) -> T:
        """Raises `ValidationError`."""
        raise ValidationError(f"{str(value)[:100]!r} only goes out")

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> Any:  # noqa: ARG002
        return None if value is None else self.show(value)

    def _deserialize(
        self,
        value: Any,
        attr: str | None,  # noqa: ARG002
        data: Mapping[str, Any] | None,  # noqa: ARG002
        **_: Any,
    ) -> T:
        return self.read(value)


class MoneyField(WireField[Money]):
    """Euros as a decimal text, `"522.16"`; a `Money` inside."""

    def read(self, value: Any) -> Money:
        amount: Money = _parsed(Money.parse, value, 'euros with a point, such as "522.16"')
        if abs(amount.minor) > LARGEST_MINOR:
            raise ValidationError("This amount is too large to be meant")
        return amount


class MonthField(WireField[Month]):
    """A month as `"2026-03"`; a `Month` inside."""

    def read(self, value: Any) -> Month:
        month: Month = _parsed(Month.parse, value, 'a month such as "2026-03"')
        return month


class MomentField(WireField[datetime]):
    """A moment in ISO 8601 with offset, shown in the organisation's time zone."""

    def show(self, value: Any) -> str:
        zone: ZoneInfo = current_app.config["IDEALS_ZONE"]
        local: datetime = value.astimezone(zone)
        return local.isoformat(timespec="seconds")

    def read(self, value: Any) -> datetime:
        right = 'a moment with offset, such as "2026-03-15T12:00:00+01:00"'
        moment: datetime = _parsed(datetime.fromisoformat, value, right)
        if moment.tzinfo is None:
            raise ValidationError(f"{value!r} has no offset; write {right}")
        return moment


class MinutesField(WireField[Minutes]):
    """Leave in whole minutes: the value. Beside it stands `HoursField`, for reading."""

    def show(self, value: Any) -> int:
        return value.minor if isinstance(value, Minutes) else int(value)

    def read(self, value: Any) -> Minutes:
        return Minutes(_whole(value))


class HoursField(WireField[Minutes]):
    """The same minutes as hours with two decimals, `"8.00"`. Goes out only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)

    def show(self, value: Any) -> str:
        return str(value if isinstance(value, Minutes) else Minutes(value))


class WholeField(WireField[int]):
    """A whole number in JSON; neither `"1"` nor `true` nor `1.0` is one."""

    def show(self, value: Any) -> int:
        return int(value)

    def read(self, value: Any) -> int:
        return _whole(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValidationError(f"{str(value)[:100]!r} is not a whole number")
    if abs(value) > LARGEST_MINOR:
        raise ValidationError("This number is too large to be meant")
    return value


def _parsed(parse: Any, value: Any, right: str) -> Any:
    if not isinstance(value, str):
        raise ValidationError(f"{str(value)[:100]!r} is not text; write {right}")
    try:
        return parse(value)
    except RuleBroken as error:
        raise ValidationError(error.message) from None
    except ValueError:
        raise ValidationError(f"{value[:100]!r} is not {right}") from None


WIRE_TYPES: tuple[tuple[type[fields.Field[Any]], str, str | None], ...] = (
    (MoneyField, "string", "decimal"),
    (MonthField, "string", "month"),
    (MomentField, "string", "date-time"),
    (MinutesField, "integer", None),
    (HoursField, "string", "decimal"),
    (WholeField, "integer", None),
)
"""How the OpenAPI document names each field: (field, type, format)."""
