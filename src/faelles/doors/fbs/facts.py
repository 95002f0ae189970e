"""The facts of the interface as data: every operation and every version of every model.

The tables say what is on the wire and nothing else. What serves (`door.py`), what reads and writes (`versions.py`) and
what is described (`openapi.py`) is made from them.
"""

import csv
import keyword
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

SCALARS: Final = frozenset({"string", "boolean", "integer", "int32", "int64", "double"})
PREFIX: Final = "/rest"
_WORD_BEGINS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Type:
    """What a field, a parameter, a body or a reply is: a scalar, one of some words, or a model; one or several."""

    name: str
    choices: tuple[str, ...] = ()
    is_list: bool = False
    is_optional: bool = False

    @property
    def is_model(self) -> bool:
        return self.name not in SCALARS

    @property
    def item(self) -> "Type":
        """One of several."""
        return Type(self.name, self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation in one version. `verb` is the handler that all its versions share."""

    method: str
    path: str
    id: str
    verb: str
    query: Mapping[str, Type]
    body: Type | None
    reply: Type | None
    is_deprecated: bool
    is_unpublished: bool
    """Called by clients in the field, but not part of the published interface."""
    path_parameters: tuple[str, ...]


def read_type(text: str) -> Type:
    """`string`, `int64?`, `AgencyBranch[]`, `VALID|INVALID`."""
    is_optional = text.endswith("?")
    plain = text.removesuffix("?")
    is_list = plain.endswith("[]")
    plain = plain.removesuffix("[]")
    choices = tuple(plain.split("|")) if "|" in plain else ()
    return Type("string" if choices else plain, choices, is_list, is_optional)


def python_name(field: str) -> str:
    """`preferredPickupBranch` as `preferred_pickup_branch`; `from` as `from_`."""
    name = _WORD_BEGINS.sub("_", field).lower()
    return name + "_" if keyword.iskeyword(name) else name


@cache
def operations() -> tuple[Operation, ...]:
    lines = _data("operations.csv").splitlines()
    return tuple(_operation(row) for row in csv.DictReader(lines))


def _operation(row: Mapping[str, str]) -> Operation:
    query = dict(parameter.split(":") for parameter in row["query"].split())
    return Operation(
        method=row["method"],
        path=row["path"],
        id=row["id"],
        verb=row["verb"],
        query=MappingProxyType({name: read_type(text) for name, text in query.items()}),
        body=read_type(row["body"]) if row["body"] else None,
        reply=read_type(row["reply"]) if row["reply"] else None,
        is_deprecated=row["note"] == "deprecated",
        is_unpublished=row["note"] == "unpublished",
        path_parameters=tuple(re.findall(r"{(\w+)}", row["path"])),
    )


@cache
def models() -> Mapping[str, Mapping[str, Type]]:
    """Every version of every model: its fields in the order of the newest version."""
    told = tomllib.loads(_data("models.toml"))
    return MappingProxyType({name: MappingProxyType(_fields(told, name)) for name in told})


def _fields(told: Mapping[str, Any], name: str) -> dict[str, Type]:
    model = told[name]
    newer = _fields(told, model["like"]) if "like" in model else {}
    kept = {field: kind for field, kind in newer.items() if field not in model.get("less", ())}
    return kept | {field: read_type(text) for field, text in model.get("fields", {}).items()}


def _data(name: str) -> str:
    return (resources.files("faelles.doors.fbs") / "data" / name).read_text(encoding="utf-8")
