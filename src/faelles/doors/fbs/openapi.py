"""The description of this door, OpenAPI 3.0, made from the tables of facts."""

from functools import cache
from typing import Any, Final

import msgspec

from faelles.doors.fbs.facts import PREFIX, Operation, Type, models
from faelles.doors.fbs.serving import served

_SCALARS: Final[dict[str, dict[str, str]]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "int32": {"type": "integer", "format": "int32"},
    "int64": {"type": "integer", "format": "int64"},
    "double": {"type": "number", "format": "double"},
}
_OF_V2: Final = "OfV2"
"""The published description has these under the names they share with the first version's, which have fewer fields."""
_JSON: Final = "application/json"
_ERROR: Final = "ErrorBody"
_ERRORS: Final = {
    "400": "The request does not fit; `validationErrors` names the fields.",
    "401": "No session, or one that is over: sign in again.",
    "403": "The client does not reach this agency, or may not do this.",
    "404": "There is no such thing in this agency.",
}


@cache
def as_json() -> bytes:
    return msgspec.json.encode(whole())


@cache
def whole() -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in served():
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.0.3",
        "info": {"title": "FBS external API", "version": "1.0"},
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "schemas": {name: _model(name) for name in models() if not name.endswith(_OF_V2)} | _OTHER_SCHEMAS,
            "securitySchemes": {"session": {"type": "apiKey", "in": "header", "name": "X-Session"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "parameters": [
            *(_path_parameter(name) for name in operation.path_parameters),
            *(_query_parameter(name, kind) for name, kind in operation.query.items()),
        ],
        "responses": {"200": _reply(operation.reply)} | {status: _error(text) for status, text in _ERRORS.items()},
    }
    if operation.body:
        described["requestBody"] = {"required": True, "content": _content(_schema(operation.body))}
    if operation.is_deprecated:
        described["deprecated"] = True
    if operation.verb != "login":
        described["security"] = [{"session": []}]
    return described


def _path_parameter(name: str) -> dict[str, Any]:
    is_number = name in {"patronid", "feeId"}
    return {"name": name, "in": "path", "required": True, "schema": _SCALARS["int64" if is_number else "string"]}


def _query_parameter(name: str, kind: Type) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": not kind.is_optional, "schema": _schema(kind)}


def _reply(kind: Type | None) -> dict[str, Any]:
    if kind is None:
        return {"description": "Done."}
    return {"description": "Done.", "content": _content(_schema(kind))}


def _error(text: str) -> dict[str, Any]:
    return {"description": text, "content": _content({"$ref": _at(_ERROR)})}


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {_JSON: {"schema": schema}}


def _model(name: str) -> dict[str, Any]:
    fields = models()[name]
    described: dict[str, Any] = {
        "type": "object",
        "properties": {field: _nullable(kind) for field, kind in fields.items()},
    }
    if required := [field for field, kind in fields.items() if not kind.is_optional]:
        described["required"] = required
    return described


def _nullable(kind: Type) -> dict[str, Any]:
    """An answer names every field; what it does not have is null. OpenAPI 3.0 lets nothing stand beside a `$ref`."""
    schema = _schema(kind)
    return schema if "$ref" in schema or not kind.is_optional else schema | {"nullable": True}


def _schema(kind: Type) -> dict[str, Any]:
    one: dict[str, Any] = {"$ref": _at(kind.name)} if kind.is_model else dict(_SCALARS[kind.name])
    if kind.choices:
        one["enum"] = list(kind.choices)
    return {"type": "array", "items": one} if kind.is_list else one


def _at(name: str) -> str:
    return f"#/components/schemas/{name.removesuffix(_OF_V2)}"


_OTHER_SCHEMAS: Final[dict[str, Any]] = {
    "Map": {"type": "object", "additionalProperties": {"type": "string"}},
    "Response": {"type": "object"},
    _ERROR: {
        "type": "object",
        "properties": {
            "correlationId": {"type": "string"},
            "errorCode": {"type": "string"},
            "message": {"type": "string"},
            "validationErrors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "field": {"type": "string"},
                        "errorCode": {"type": "string"},
                        "message": {"type": "string"},
                    },
                },
            },
        },
    },
}
