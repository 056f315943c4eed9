"""The OpenAPI 3.1 document, made from the routes as they are declared and registered: it cannot drift from them."""

from __future__ import annotations

import re
from typing import Any, Final

import flask
import pydantic
from pydantic.json_schema import models_json_schema

from server.views import routes
from server.wire import replies

_REF: Final = "#/components/schemas/{model}"
Refs = dict[Any, dict[str, str]]
_ID_SAYS: Final = {
    "city": "code of a city",
    "plan": "id of a plan, or current: the plan in force, else the newest draft",
    "label": "label of a grid in its plan",
    "workload": "name of a formula",
    "import": "id of an import",
    "job": "id of a job",
    "request": "id of a service request, source.id",
    "camera": "id of a camera",
    "proposal": "id of a proposed camera",
    "cell": "H3 id of a base cell, 15 hexadecimal characters",
    "net": "id of a department's net",
}
_REFUSALS: Final = {
    "400": "cannot be read", "401": "sign in first", "403": "not with this role, or from another site",
    "404": "not here, or not in your territory", "422": "values are not right", "429": "too many attempts",
    "503": "busy; try again after Retry-After",
}  # fmt: skip


def document(app: flask.Flask) -> dict[str, Any]:
    """The document of every listed route of ``app``."""
    declared = [route for view in app.view_functions.values() if (route := routes.of(view)) and route.listed]
    refs, schemas = _schemas(declared)
    paths: dict[str, dict[str, Any]] = {}
    for route in sorted(declared, key=lambda one: (one.rule, one.method)):
        paths.setdefault(_path(route.rule), {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Gezhi 格治",
            "version": "1",
            "description": "Grids, people, incidents and cameras of a city. Map data are cells and columns in the"
            " binary form GZH1; everything else is JSON. Ids are text, times ISO 8601 in UTC, coordinates WGS-84.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"session": []}, {"bearer": []}, {}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "gezhi_session"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _schemas(declared: list[routes.Route]) -> tuple[Refs, dict[str, Any]]:
    """The reference of every model that a route answers or takes, and the schemas they lead to."""
    answered = {route.answer for route in declared if _is_model(route.answer)} | {replies.Error}
    asked = {route.body for route in declared if route.body is not None}
    wanted: list[Any] = [(model, "serialization") for model in sorted(answered, key=_whole_name)]
    wanted += [(model, "validation") for model in sorted(asked, key=_whole_name)]
    found, schema = models_json_schema(wanted, ref_template=_REF)
    return {model: {"$ref": str(told["$ref"])} for (model, _), told in found.items()}, schema.get("$defs", {})


def _whole_name(model: type[pydantic.BaseModel]) -> str:
    return f"{model.__name__} {model.__module__}"


def _operation(route: routes.Route, refs: Refs) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{route.method.lower()} {_path(route.rule)}",
        "summary": route.summary,
        "description": f"Action: {route.action}.",
        "tags": [route.action.partition(".")[0]],
        "parameters": _parameters(route),
        "responses": _responses(route, refs),
    }
    if route.body is not None:
        operation["requestBody"] = _body(route, refs)
    return operation


def _parameters(route: routes.Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name, "in": "path", "required": True, "description": _ID_SAYS[name],
            "schema": {"type": "string", "pattern": f"^(?:{routes.IDS[name]})$"},
        }
        for name in re.findall(r"<(\w+)>", route.rule)
    ]  # fmt: skip
    schema = route.query.model_json_schema(mode="validation")
    required = set(schema.get("required", ()))
    found += [
        {"name": name, "in": "query", "required": name in required, "schema": _without_title(one)}
        for name, one in schema.get("properties", {}).items()
    ]
    found.append({
        "name": "lang", "in": "query", "required": False, "description": "language of messages",
        "schema": {"type": "string", "enum": ["zh", "en"]},
    })  # fmt: skip
    if route.matches:
        found.append({
            "name": "If-Match", "in": "header", "required": True, "description": "the plan's tag as it was read",
            "schema": {"type": "string"},
        })  # fmt: skip
    return found


def _body(route: routes.Route, refs: Refs) -> dict[str, Any]:
    model = route.body
    assert model is not None
    reference = refs[model]
    if route.upload:
        form = {
            "type": "object",
            "required": ["file", "options"],
            "properties": {
                "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                "options": reference,
            },
        }
        encoding = {"options": {"contentType": "application/json"}}
        return {"required": True, "content": {"multipart/form-data": {"schema": form, "encoding": encoding}}}
    if route.form:
        return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": reference}}}
    needed = any(field.is_required() for field in model.model_fields.values())
    return {"required": needed, "content": {"application/json": {"schema": reference}}}


def _responses(route: routes.Route, refs: Refs) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "done" if route.answer is None else "the answer"}
    if route.answer is not None:
        media, schema = "application/json", {}
        if _is_model(route.answer):
            schema = refs[route.answer]
        elif isinstance(route.answer, str):
            media = route.answer
        success["content"] = {media: {"schema": schema} if schema else {}}
    found: dict[str, Any] = {str(route.status): success}
    if route.keeping == "data":
        success["headers"] = {"ETag": {"schema": {"type": "string"}, "description": "for If-None-Match"}}
        found["304"] = {"description": "you have it already (If-None-Match)"}
    refused = {"content": {"application/json": {"schema": refs[replies.Error]}}}
    codes = set(_REFUSALS) - (set() if route.action == "session.open" else {"429"})
    found |= {code: {"description": _REFUSALS[code], **refused} for code in sorted(codes)}
    if route.body is not None:
        found |= {
            "409": {"description": "does not fit the present state", **refused},
            "413": {"description": "too large", **refused},
            "415": {"description": "this kind of content is not taken", **refused},
        }
    if route.matches:
        found |= {
            "412": {"description": "changed in the meantime", **refused},
            "428": {"description": "If-Match is missing", **refused},
        }
    return found


def _path(rule: str) -> str:
    return re.sub(r"<(\w+)>", r"{\1}", rule)


def _is_model(answer: Any) -> bool:
    return isinstance(answer, type) and issubclass(answer, pydantic.BaseModel)


def _without_title(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "title"}
