"""The entry for web servers and for `flask`: `app` with settings from the environment."""

from ideals.app import create_app

app = create_app()
