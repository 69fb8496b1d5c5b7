"""Handlers that a lower feature calls and a higher one registers at start-up (in `app.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

H = TypeVar("H")


class Registry(Generic[H]):
    """Named handlers of one purpose, such as what proves the ledger's totals."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._handlers: dict[str, H] = {}

    def register(self, name: str, handler: H) -> None:
        """Registering the same name again replaces it, so that an app can be made twice."""
        self._handlers[name] = handler

    def get(self, name: str) -> H | None:
        return self._handlers.get(name)

    def items(self) -> Iterator[tuple[str, H]]:
        return iter(sorted(self._handlers.items()))
