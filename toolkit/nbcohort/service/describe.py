"""The API's description (OpenAPI): what FastAPI cannot know of every operation is added here, in one place.

The description is the contract, and it is fuzzed: an answer with another status, type or shape is a fault. It is served
as `openapi.json` below the service's prefix, for everybody.
"""

import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from nbcohort.service.deps import IDEMPOTENCY_KEY, KEY_LENGTH

METHODS = frozenset({"get", "put", "post", "delete", "patch"})


class Problem(BaseModel):
    """What was wrong (RFC 9457); `detail` is the sentence for the user. A problem may carry further members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(pattern="^urn:nbcohort:problem:")
    title: str
    status: int
    detail: str


REASONS = {
    400: "The request cannot be read",
    401: "There is no token, or JupyterHub does not know it",
    403: "The caller may not do this",
    404: "There is no such thing, or not for the caller",
    408: "The request's body did not come in time",
    409: "It contradicts what is there already",
    413: "The request, or what it announces, is larger than what is taken",
    422: "What the request says cannot be",
    429: "The caller asks too much in a time",
    500: "The service has a fault, or its disk",
    503: "JupyterHub or the database is away",
    507: "The service has no room left",
}


class Described(FastAPI):
    """A FastAPI application with a whole description."""

    def openapi(self) -> dict[str, Any]:
        """Return the description."""
        if self.openapi_schema is None:
            complete(super().openapi())
        return self.openapi_schema or {}


def operation_id(route: APIRoute) -> str:
    """Return a route's name: its function's, after its package's if that is a plugin."""
    package = route.endpoint.__module__.partition(".")[0]
    return route.name if package == "nbcohort" else f"{package}_{route.name}"


def methods_at(document: dict[str, Any], path: str) -> list[str]:
    """Return the methods that are described for a path, in upper case; a route knows only its own."""
    found = set()
    for template, operations in document["paths"].items():
        pattern = re.sub(r"\\{(\w+)\\}", lambda name: ".+" if name[1] == "path" else "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path):
            found |= {method.upper() for method in METHODS & operations.keys()}
    return sorted(found)


def complete(document: dict[str, Any]) -> None:
    """Add to each operation what all such operations have in common."""
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = Problem.model_json_schema()
    components["responses"] = {f"Problem{status}": _problem(status) for status in REASONS}
    components["parameters"] = {"IdempotencyKey": _idempotency_key()}
    for path, operations in document["paths"].items():
        for method in METHODS & operations.keys():
            operation = operations[method]
            for status in sorted(_problems_of(method, path, operation)):
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
            if method == "post":
                operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/IdempotencyKey"})


def _problems_of(method: str, path: str, operation: dict[str, Any]) -> set[int]:
    found = {429, 500, 503} | {status for status in REASONS if str(status) in operation["responses"]}
    if "security" in operation:
        found |= {401, 403}
    if "parameters" in operation or "requestBody" in operation or method == "post":
        found |= {422}
    if re.search(r"\{\w+\}", path):
        found |= {404}
    if method != "get":
        found |= {400, 408, 409, 413, 507}
    return found


def _problem(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": f"{HTTPStatus(status).phrase}: {REASONS[status]}",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = {"type": "integer", "minimum": 1}
        answer["headers"] = {"Retry-After": {"description": "Seconds to wait", "required": True, "schema": seconds}}
    if status == HTTPStatus.UNAUTHORIZED:
        answer["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    return answer


def _idempotency_key() -> dict[str, Any]:
    least, most = KEY_LENGTH
    return {
        "name": IDEMPOTENCY_KEY,
        "in": "header",
        "required": False,
        "description": "Chosen by the caller; the same request with the same key is done once and answered twice",
        "schema": {"type": "string", "minLength": least, "maxLength": most},
    }
