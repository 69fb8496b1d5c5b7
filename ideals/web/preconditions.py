"""A change of something names the version that was seen: `If-Match: "3"`, as its ETag said."""

from __future__ import annotations

import re

from flask import request

from ideals.kernel.errors import IdealsError
from ideals.web.errors import register_status

_VERSION = re.compile(r'"([1-9][0-9]{0,8})"')


class VersionMissing(IdealsError):
    code = "if_match_missing"


class VersionStale(IdealsError):
    """It has changed since. Other members may say what it is now."""

    code = "if_match_stale"


register_status(VersionMissing, 428)
register_status(VersionStale, 412)


def seen_version() -> int:
    """From the header. Raises `VersionMissing`, or `VersionStale` for what was no ETag of ours."""
    given = request.headers.get("If-Match")
    if given is None:
        raise VersionMissing("Send the ETag of what you saw: If-Match")
    match = _VERSION.fullmatch(given.strip())
    if match is None:
        raise VersionStale("This is not the ETag of what there is")
    return int(match[1])


def etag(version: int) -> dict[str, str]:
    """The header that tells a version."""
    return {"ETag": f'"{version}"'}
