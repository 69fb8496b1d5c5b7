"""The JSON API: blueprints, what creates, the OpenAPI document and its page.

bp = Blueprint("people", __name__, url_prefix="/api/v1/people")
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import flask
import flask_smorest  # type: ignore[import-untyped]
from flask import Flask, Response, json, request
from marshmallow import INCLUDE, RAISE, Schema, fields
from webargs.flaskparser import FlaskParser, abort

from ideals.db import unit_of_work
from ideals.web.actor import current_user_id
from ideals.web.docs import bp as docs
from ideals.web.errors import PROBLEM
from ideals.web.fields import WIRE_TYPES, Out
from ideals.web.guards import declare, public
from ideals.web.idempotency import HEADER, Answer, fingerprint, key_of, once

CREATES = "ideals_creates"
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Parser(FlaskParser):
    """As webargs', but a misspelt query parameter is refused like a misspelt key."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - webargs' own shape
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
        "form": RAISE,
    }

    def _raw_load_json(self, req: flask.Request) -> Any:
        try:
            return super()._raw_load_json(req)
        except RecursionError:
            abort(400, messages={"json": ["The body is nested too deeply"]})


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A blueprint whose routes stand in the OpenAPI document.

    The methods are flask-smorest's own, written out because it carries no types.
    """

    ARGUMENTS_PARSER = Parser()
    PAGINATION_HEADER_NAME = None

    def arguments(
        self, schema: type[Schema] | Schema, *, location: str = "json", **options: Any
    ) -> Decorator:
        """Parse what comes in; the view gets it as one more argument, or `as_kwargs=True`."""
        decorator: Decorator = super().arguments(schema, location=location, **options)
        return decorator

    def response(
        self, status: int, schema: type[Schema] | Schema | None = None, **options: Any
    ) -> Decorator:
        """How the answer of this status looks; what the view returns is shown by `schema`."""
        decorator: Decorator = super().response(status, schema, **options)
        return decorator

    def alt_response(self, status: int, response: str | None = None, **options: Any) -> Decorator:
        """Another answer, for the document."""
        decorator: Decorator = super().alt_response(status, response, **options)
        return decorator

    def doc(self, **members: Any) -> Decorator:
        """Further members of the operation in the document."""
        decorator: Decorator = super().doc(**members)
        return decorator

    def get(self, rule: str, **options: Any) -> Decorator:
        return self._on("GET", rule, options)

    def post(self, rule: str, **options: Any) -> Decorator:
        return self._on("POST", rule, options)

    def put(self, rule: str, **options: Any) -> Decorator:
        return self._on("PUT", rule, options)

    def patch(self, rule: str, **options: Any) -> Decorator:
        return self._on("PATCH", rule, options)

    def delete(self, rule: str, **options: Any) -> Decorator:
        return self._on("DELETE", rule, options)

    def _on(self, method: str, rule: str, options: dict[str, Any]) -> Decorator:
        decorator: Decorator = super().route(rule, methods=[method], **options)
        return decorator


class ProblemOut(Out):
    """Problem details, for the document only."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)


class Api(flask_smorest.Api):  # type: ignore[misc]
    """Errors are answered by `web/errors.py`, for the API and the pages alike."""

    ERROR_SCHEMA = ProblemOut
    DEFAULT_ERROR_RESPONSE_NAME = "DEFAULT_ERROR"

    def _register_error_handlers(self) -> None:
        return

    def _register_pagination_header(self) -> None:
        return

    def _openapi_json(self) -> Response:
        document = self.spec.to_dict()
        for response in document.get("components", {}).get("responses", {}).values():
            content = response.get("content", {})
            if "application/json" in content:
                content[PROBLEM] = content.pop("application/json")
        return Response(json.dumps(document, indent=2), mimetype="application/json")


def init_api(app: Flask) -> Api:
    app.config.update(
        API_TITLE="Ideals",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/api",
        OPENAPI_JSON_PATH="openapi.json",
        API_SPEC_OPTIONS={
            "info": {"description": "Benefit budgets and individual deals."},
            "components": {
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer"},
                    "session": {"type": "apiKey", "in": "cookie", "name": app.config["SIGNED_IN"]},
                }
            },
            "security": [{"token": []}, {"session": []}],
        },
    )
    api = Api(app)
    for field, kind, format_ in WIRE_TYPES:
        api.register_field(field, kind, format_)
    declare(app, "api-docs.openapi_json", public)
    app.register_blueprint(docs)
    return api


def creates(
    bp: Blueprint,
    schema: type[Schema],
    *,
    status: int = 201,
    location: Callable[[Any], str] | None = None,
) -> Decorator:
    """A POST that creates: once per `Idempotency-Key`, in one unit of work.

    The function receives the session first, then what the other decorators bring, and returns what
    `schema` shows. `location` gives the address of what was made. Write it innermost.
    """
    shape = schema()

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @bp.doc(parameters=[_header()])
        @bp.response(status, schema)
        @bp.alt_response(400, "BAD_REQUEST")
        @bp.alt_response(409, "CONFLICT")
        @bp.alt_response(422, "UNPROCESSABLE_ENTITY")
        @wraps(view)
        def answered(*args: Any, **kwargs: Any) -> Response:
            key, user_id = key_of(request), current_user_id()
            print_ = fingerprint(request)
            with unit_of_work() as session:

                def effect() -> Answer:
                    made = view(session, *args, **kwargs)
                    body = json.dumps(shape.dump(made))
                    return Answer(status, body, location(made) if location else None)

                answer, stored = once(session, user_id, key, print_, effect)
            return _response(answer, stored=stored)

        setattr(answered, CREATES, True)
        return answered

    return decorate


def _header() -> dict[str, Any]:
    return {
        "in": "header",
        "name": HEADER,
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        "description": "Repeat the request with the same key: it happens once.",
    }


def _response(answer: Answer, *, stored: bool) -> Response:
    response = Response(answer.body, status=answer.status, mimetype="application/json")
    if answer.location:
        response.headers["Location"] = answer.location
    if stored:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def require_key() -> None:
    """Before the body is read: a route that creates needs its key."""
    view = flask.current_app.view_functions.get(request.endpoint or "")
    if getattr(view, CREATES, False):
        key_of(request)
