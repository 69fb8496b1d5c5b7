"""What higher features say of a document that is in order and not published."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from sqlalchemy.orm import Session

from ideals.kernel.registry import Registry
from ideals.schemes.rules import Scheme

CHECKED: Registry[Callable[[Session, Scheme], Markup]] = Registry(
    "show what is known of a document beside it, before it is published"
)


def panels(session: Session, scheme: Scheme) -> list[Markup]:
    return [tell(session, scheme) for _, tell in CHECKED.items()]
