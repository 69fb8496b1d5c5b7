"""What pages say in the browser's console: at the end of each test nothing may have been said.

It is collected, not failed on: an error inside a listener would take the browser away from every
test that follows.
"""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, Page

SAID: list[str] = []
LEFT = ("htmx:afterRequest", "htmx:sendAbort")
"""What htmx says of a request that was on its way when the page was left."""


def listen(page: Page) -> Page:
    page.on("console", _keep)
    return page


def _keep(message: ConsoleMessage) -> None:
    if message.text not in LEFT:
        SAID.append(f"{message.text} ({message.location.get('url', '')})")
