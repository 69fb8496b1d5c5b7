"""The key that signs what we hand out and take back: cursors, and marks of known browsers."""

from flask import current_app


def secret_key() -> str | bytes:
    key = current_app.secret_key
    if key is None:
        raise RuntimeError("the app was made without a secret key")
    return key
