"""What is served and described is what the tables say, and the tables say what is published."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from faelles.doors.fbs import booking_models, choice_models, newsletter_models, openapi
from faelles.doors.fbs import models as newest
from faelles.doors.fbs.facts import Type, models, operations, python_name
from faelles.doors.fbs.handlers import interlibrary
from faelles.doors.fbs.routing import Routes
from faelles.doors.fbs.serving import served
from faelles.doors.fbs.versions import _ATTRIBUTES

_PUBLISHED = "FAELLES_FBS_MODELS"
"""Names a folder with the publisher's `models.json` and `ENDPOINTS.md`."""
_FAMILIES = {
    "PersonPatron": "Patron",
    "CompanyPatron": "Patron",
    "GroupPatron": "Patron",
    "LibraryPatron": "Patron",
    "PatronAuthenticationResponse": "AuthenticatedPatron",
    "HoldingsForBibliographicalRecordLogistics": "HoldingsForBibliographicalRecord",
    "HoldingsLogistics": "Holdings",
    "HistoricalLoan": "LoanDetails",
    "BookingLoan": "Loan",
    "NewsletterTag": "NewsletterChoice",
    "NewsletterGroupName": "NewsletterChoice",
}
_NEWEST = (newest, choice_models, booking_models, newsletter_models, interlibrary)


def described(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """A schema of the document in the words of the tables."""
    if schema.get("type") == "array":
        return described(document, schema["items"]) + "[]"
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    return "|".join(schema.get("enum", ())) or schema.get("format") or schema["type"]


def test_every_operation_that_is_served_is_described_as_in_the_tables():
    document = openapi.whole()
    differences = []
    for operation in served():
        shown = document["paths"][operation.path][operation.method.lower()]
        parameters = {each["name"]: (each["in"], each["required"]) for each in shown["parameters"]}
        wanted = dict.fromkeys(operation.path_parameters, ("path", True))
        wanted |= {name: ("query", not kind.is_optional) for name, kind in operation.query.items()}
        if parameters != wanted:
            differences.append((operation.id, parameters))
    assert differences == []


def test_every_operation_of_the_tables_is_served():
    assert (len(operations()), served()) == (154, operations())


def test_every_path_leads_to_its_operation():
    routes = Routes(served())
    for operation in served():
        found = routes.find(re.sub(r"{\w+}", "%31", operation.path))
        assert found is not None
        assert found.operations[operation.method] is operation
        assert found.values == ("1",) * len(operation.path_parameters)


def test_every_field_that_is_answered_has_a_value_to_come_from():
    """A version shows what the newest form has, or what is made from it."""
    wanting = []
    for operation in served():
        if operation.reply and operation.reply.is_model and operation.reply.name != "Response":
            wanting += list(without_value(operation.reply, set()))
    assert wanting == []


def without_value(kind: Type, seen: set[str]) -> list[str]:
    if kind.name in seen or kind.name == "Map":
        return []
    seen.add(kind.name)
    family = re.sub(r"(Of)?V\d+$", "", kind.name)
    name = _FAMILIES.get(family, family)
    struct = next((getattr(module, name) for module in _NEWEST if hasattr(module, name)), None)
    found = []
    for name, field in models()[kind.name].items():
        attribute = _ATTRIBUTES.get((kind.name, name)) or python_name(name)
        if struct is None or not hasattr(struct, attribute):
            found.append(f"{kind.name}.{name}")
        if field.is_model:
            found += without_value(field, seen)
    return found


def test_the_published_interface_is_described_without_a_difference():
    folder = os.environ.get(_PUBLISHED)
    if not folder:
        pytest.skip(f"{_PUBLISHED} names no folder with the published interface")
    differences = [*different_models(Path(folder)), *different_operations(Path(folder))]
    print(f"differences: {len(differences)}")  # noqa: T201 - the figure that is asked for
    assert differences == []


def different_models(folder: Path) -> list[str]:
    document = openapi.whole()
    schemas = document["components"]["schemas"]
    found = []
    for name, model in json.loads((folder / "models.json").read_text()).items():
        shown = schemas.get(name)
        if shown is None:
            found.append(f"{name}: not described")
            continue
        if sorted(shown.get("required", [])) != sorted(model.get("required", [])):
            found.append(f"{name}: other fields are required")
        if shown["properties"].keys() != model["properties"].keys():
            found.append(f"{name}: other fields")
        found += [
            f"{name}.{field}: {described(document, shown['properties'][field])}"
            for field, published in model["properties"].items()
            if field in shown["properties"] and described(document, shown["properties"][field]) != as_told(published)
        ]
    return found


def as_told(published: dict[str, Any]) -> str:
    if published["type"] == "array":
        return str(published["items"].get("$ref") or published["items"]["type"]) + "[]"
    return "|".join(published.get("enum", ())) or published.get("format") or str(published["type"])


def different_operations(folder: Path) -> list[str]:
    document = openapi.whole()
    rows = [line for line in (folder / "ENDPOINTS.md").read_text().splitlines() if line.startswith("|")]
    published = [row.strip("|").split("|") for row in rows if "/external" in row]
    return [f"{cells[0]} {cells[1]}" for cells in published if not is_described(document, cells)]


def is_described(document: dict[str, Any], cells: list[str]) -> bool:
    method, path, _, parameters, body, reply = (cell.strip() for cell in cells[:6])
    shown = document["paths"].get(path, {}).get(method.lower())
    if shown is None:
        return False
    wanted = dict(read_parameter(each) for each in parameters.split(";") if each.strip())
    query = {
        each["name"]: (each["required"], described(document, each["schema"]))
        for each in shown["parameters"]
        if each["in"] == "query"
    }
    sent = shown.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    got = shown["responses"]["200"].get("content", {}).get("application/json", {}).get("schema")
    return (
        query == wanted
        and (described(document, sent) if sent else "") == plain(body)
        and (described(document, got) if got else "void") == plain(reply)
    )


def plain(told: str) -> str:
    return told.replace("integer(int64)", "int64")


def read_parameter(told: str) -> tuple[str, tuple[bool, str]]:
    _, name, kind = (part.strip() for part in told.split(":"))
    return name.rstrip("*"), (name.endswith("*"), kind)
