"""Refusals on the wire: problem details (RFC 9457) for the API, a page for people.

The kinds of `kernel/errors.py` know no HTTP; here each gets its status. Every problem carries a
stable `code`, and whatever the error's `data` holds as further members. A failure of our own is
answered with an id that stands in the log, and nothing else.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import psycopg
import psycopg.errors
import sqlalchemy.exc
from flask import Flask, Response, current_app, json, redirect, render_template, request
from flask_babel import LazyString, get_locale, gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as BaseResponse

from ideals.kernel.errors import Conflict, IdealsError, NotAllowed, NotFound, RuleBroken

PROBLEM = "application/problem+json"
SIGN_IN = "IDEALS_SIGN_IN_URL"
_HIDDEN = ("password", "token", "secret")
_OWN_MEMBERS = frozenset({"type", "title", "status", "detail", "code", "errors", "id"})


class Unauthenticated(IdealsError):
    """Nobody is signed in, or the token is not (or no longer) good."""

    code = "unauthenticated"


class KeyMissing(IdealsError):
    """A POST that creates came without a usable `Idempotency-Key`."""

    code = "idempotency_key_missing"


class Busy(IdealsError):
    """Somebody else holds what this needs; the same request may be sent again."""

    code = "busy"


_STATUS: dict[type[IdealsError], int] = {
    NotFound: 404,
    NotAllowed: 403,
    Conflict: 409,
    RuleBroken: 422,
    Unauthenticated: 401,
    KeyMissing: 400,
    Busy: 503,
}
_WORDS: dict[str, LazyString] = {}


def register_status(kind: type[IdealsError], status: int) -> None:
    """Another status for one kind of error, such as 429 for too many attempts."""
    _STATUS[kind] = status


def register_words(code: str, words: LazyString) -> None:
    """How pages say the error `code` in the reader's language; `%(name)s` is filled from `data`."""
    _WORDS[code] = words


def status_of(error: IdealsError) -> int:
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 400)


def words_for(error: IdealsError) -> str:
    """The error in the reader's language, or its own message when nobody registered words."""
    words = _WORDS.get(error.code)
    if words is None:
        return error.message
    said: str = words % error.data
    return said


def words_of(code: str, data: Mapping[str, Any]) -> str:
    """The same for an error of which only the code and the data were kept; empty without words."""
    words = _WORDS.get(code)
    return "" if words is None else str(words % data)


def wants_problem() -> bool:
    """The API and the probes speak JSON; everything else is read by people."""
    return request.path.startswith(("/api/", "/healthz", "/readyz"))


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Problem details. `members` are extensions; they cannot replace the standard ones."""
    extra = {key: value for key, value in (members or {}).items() if key not in _OWN_MEMBERS}
    body = {
        "type": f"urn:ideals:error:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **extra,
    }
    return Response(
        json.dumps(body, default=str, ensure_ascii=False),
        status=status,
        mimetype=PROBLEM,
        headers=dict(headers or {}),
    )


def init_errors(app: Flask, *, sign_in_url: str) -> None:
    app.config[SIGN_IN] = sign_in_url
    app.register_error_handler(IdealsError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(sqlalchemy.exc.DBAPIError, _database)
    app.register_error_handler(psycopg.Error, _database)
    app.register_error_handler(UnicodeEncodeError, _no_text)


def _refused(error: IdealsError) -> BaseResponse:
    status = status_of(error)
    if wants_problem():
        return problem(
            status, error.code, error.message, members=error.data, headers=_headers(error, status)
        )
    if status == 401 and request.method in ("GET", "HEAD"):
        return redirect(f"{current_app.config[SIGN_IN]}?next={quote(_here(), safe='/')}")
    return _page(status, error.code, _page_words(error, status), headers=_headers(error, status))


def _page_words(error: IdealsError, status: int) -> str:
    """Messages of errors are English: a reader of Dutch gets what is known of the kind instead."""
    foreign = error.code not in _WORDS and str(get_locale()) != "en"
    return (_kind_words(status) if foreign else None) or words_for(error)


def _headers(error: IdealsError, status: int) -> dict[str, str]:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if "retry_after" in error.data:
        headers["Retry-After"] = str(error.data["retry_after"])
    return headers


def _here() -> str:
    """Path and query of this request, to come back to after signing in."""
    return request.full_path if request.query_string else request.path


def _http(error: HTTPException) -> BaseResponse:
    if error.response is not None or error.code is None or error.code < 400:
        return error.get_response()
    if isinstance(error, InternalServerError):
        return _failure()
    if isinstance(error, CSRFError):
        return _answer(400, "csrf_failed", _csrf_words())
    # webargs hangs what the schema said on the exception.
    messages = getattr(error, "data", {}).get("messages")
    if messages is not None:
        return _unreadable(error.code, messages)
    code = HTTPStatus(error.code).name.lower()
    kept = ("allow", "retry-after", "content-range")
    headers = {key: value for key, value in error.get_headers() if key.lower() in kept}
    return _answer(error.code, code, error.description or error.name, headers=headers)


def _csrf_words() -> str:
    if wants_problem():
        return "Send the page's CSRF token as X-CSRFToken, or sign in with a token instead"
    return str(
        gettext("This form was open too long or came from elsewhere. Go back and try again.")
    )


def _database(error: sqlalchemy.exc.DBAPIError | psycopg.Error) -> BaseResponse:
    """Lost or busy is for the caller to retry; a value the database cannot hold is the caller's.

    Plain statements on the driver's connection raise the driver's own errors.
    """
    told = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) else error
    if isinstance(told, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected):
        return _refused(Busy("Somebody is changing the same thing; try again", retry_after=2))
    if isinstance(told, psycopg.DataError):
        return _answer(422, "value_out_of_range", "A value is too large or not text")
    lost = isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated
    if lost or isinstance(told, psycopg.OperationalError):
        current_app.logger.error("database: %s", type(told).__name__)
        return _refused(Busy("The database does not answer just now; try again", retry_after=5))
    raise error


def _no_text(_error: UnicodeEncodeError) -> BaseResponse:
    """Half of a pair of surrogates, which JSON can write and nothing can keep."""
    return _answer(422, "value_out_of_range", "A value is too large or not text")


def _unreadable(status: int, messages: Mapping[str, Any]) -> BaseResponse:
    """What a schema said, as a list of places: `location`, `field`, `value`, `message`."""
    errors = list(_places(messages))
    detail = "; ".join(f"{e['field'] or e['location']}: {e['message']}" for e in errors[:5])
    code = "validation_failed" if status == 422 else "request_unreadable"
    if not wants_problem():
        return _page(status, code, detail)
    response = problem(status, code, detail)
    body = json.loads(response.get_data())
    response.set_data(json.dumps(body | {"errors": errors}, default=str, ensure_ascii=False))
    return response


def _places(messages: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for location, tree in messages.items():
        for path, message in _leaves(tree, ()):
            place = {
                "location": location,
                "field": ".".join(str(part) for part in path if part != "_schema"),
                "message": message,
            }
            found, value = _given(location, path)
            if found and not any(word in place["field"].lower() for word in _HIDDEN):
                place["value"] = value if not isinstance(value, str) else value[:100]
            yield place


def _leaves(tree: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from _leaves(branch, (*path, key))
    elif isinstance(tree, list):
        for message in tree:
            yield path, str(message)
    else:
        yield path, str(tree)


def _given(location: str, path: tuple[Any, ...]) -> tuple[bool, Any]:
    """What stood at this place of the request: (found, value). Whole objects are not repeated."""
    value: Any = request.args if location in ("query", "querystring") else None
    if location == "json" and path:
        value = request.get_json(silent=True)
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return False, None
    return isinstance(value, str | int | float | bool | None) and bool(path), value


def _failure() -> BaseResponse:
    """Our own fault: the trace went to the log already; its id goes to the log and the reader."""
    failure = secrets.token_hex(6)
    current_app.logger.error("failure %s: %s %s", failure, request.method, request.path)
    if wants_problem():
        response = problem(500, "failed", "Something failed on our side; nothing was changed")
        body = json.loads(response.get_data()) | {"id": failure}
        response.set_data(json.dumps(body))
        return response
    detail = gettext("Something failed on our side. Nothing was changed.")
    return _page(500, "failed", detail, failure=failure)


def _answer(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None
) -> BaseResponse:
    if wants_problem():
        return problem(status, code, detail, headers=headers)
    return _page(status, code, _kind_words(status) or detail, headers=headers)


def _kind_words(status: int) -> str | None:
    words = {
        400: gettext("The browser sent something that cannot be read. Go back and try again."),
        403: gettext("This came from another site, or it needs a role that you do not have."),
        404: gettext("There is nothing at this address, or it is not yours to see."),
        405: gettext("This address does not take that kind of request."),
        413: gettext("What you sent is too large."),
    }
    return words.get(status)


def _page(
    status: int,
    code: str,
    detail: str,
    *,
    failure: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    titles = {
        401: gettext("Sign in first"),
        403: gettext("This is not yours to do"),
        404: gettext("Not found"),
        409: gettext("This has moved on"),
        422: gettext("This cannot be right"),
        429: gettext("Wait a moment"),
        500: gettext("This failed"),
        503: gettext("Just a moment"),
    }
    body = render_template(
        "error.html",
        title=titles.get(status, gettext("This did not work")),
        detail=detail,
        code=code,
        status=status,
        failure=failure,
    )
    return Response(body, status=status, mimetype="text/html", headers=dict(headers or {}))
