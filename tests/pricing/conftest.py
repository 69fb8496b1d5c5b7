"""The shop of tests/shop: what is priced there."""

from __future__ import annotations

from tests.shop.conftest import shop  # noqa: F401 - a fixture
