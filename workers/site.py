"""The site within a worker: for words and templates of mails and letters."""

from __future__ import annotations

from functools import cache

from flask import Flask

from ideals.app import create_app
from ideals.config import Settings


@cache
def site() -> Flask:
    return create_app(Settings.read())
