"""Requests made up from the interface's own description: no answer is a mistake of ours, and each is as described.

Half of them fit the description and half break it; half are about objects that are there.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from doors.rest.callers import bearer, patron, staff
from doors.rest.furniture import Furniture, filled, furnish, hashed_password
from doors.rest.walk import Route, every_route
from faelles.doors.rest.app import ON_THIS_MACHINE, create_app
from faelles.doors.rest.openapi import Description
from faelles.ground.crypto import Keyring
from faelles.ground.database.pool import open_database
from faelles.ground.ids import NATION
from town import found_town

Operation = APIOperation[Any, Any, Any, Any]

DEEPER = os.environ.get("FAELLES_FUZZ_EXAMPLES")
"""How many requests a route gets, made up anew in each run. Unset: a few, the same in each run."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


ABOUT_THE_DESCRIPTION = ("/schema", "/docs")
ROUTES = {str(route): route for route in every_route() if not route.path.startswith(ABOUT_THE_DESCRIPTION)}


@dataclass
class Desk:
    """An application with a loop and a pool of its own, because what calls it is not async."""

    runner: asyncio.Runner
    client: httpx.AsyncClient
    furniture: Furniture
    keyring: Keyring
    operations: dict[str, Operation]

    def send(self, case: Case, route: Route) -> httpx.Response:
        wanted = case.as_transport_kwargs(base_url="http://faelles.test")
        agency = NATION if route.for_the_nation else self.furniture.town.agency
        caller = patron(agency, self.furniture.number("patron")) if route.for_patrons else staff(agency, 1)
        # The description's security makes up tokens too; what is beyond admission is what we are after.
        made_up = {name: value for name, value in wanted["headers"].items() if name.lower() != "authorization"}
        headers = {name: value.encode() for name, value in (made_up | bearer(self.keyring, caller)).items()}
        return self.runner.run(
            self.client.request(
                wanted["method"],
                wanted["url"],
                params=wanted.get("params"),
                headers=headers,
                **({"json": wanted["json"]} if "json" in wanted else {"content": wanted.get("data")}),
            )
        )


@pytest.fixture(scope="module")
def desk(owner_url: str, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    here = replace(ON_THIS_MACHINE, exchange_directory=tmp_path_factory.mktemp("exchange"))
    with asyncio.Runner() as runner:
        pool = open_database(owner_url, connections=2)
        database = runner.run(pool.__aenter__())
        application = create_app(database, keyring, installation=here)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(cast("Any", application)))
        town = runner.run(found_town(database))
        furniture = runner.run(furnish(database, keyring, town, runner.run(hashed_password())))
        yield Desk(runner, client, furniture, keyring, _described(application))
        runner.run(client.aclose())
        runner.run(pool.__aexit__(None, None, None))


def _described(application: Litestar) -> dict[str, Operation]:
    description: Description = application.state["description"]
    schema = schemathesis.openapi.from_dict(description.whole)
    return {found.ok().label: found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)}


@pytest.mark.parametrize("label", sorted(ROUTES))
def test_every_answer_is_one_that_is_described(label: str, desk: Desk) -> None:
    operation, route = desk.operations[label], ROUTES[label]
    there = filled(dict(route.access.example.path), desk.furniture.objects)

    @settings(
        max_examples=int(DEEPER or 3),
        deadline=None,
        derandomize=DEEPER is None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_cases(operation, there))
    def fuzz(case: Case) -> None:
        case.validate_response(desk.send(case, route), checks=CHECKS)

    fuzz()


def _cases(operation: Operation, there: dict[str, Any]) -> st.SearchStrategy[Case]:
    strategies = []
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        strategies.append(operation.as_strategy(generation_mode=mode))
        if there:
            strategies.append(operation.as_strategy(generation_mode=mode, path_parameters=there))
    return st.one_of(strategies)


def test_every_operation_that_is_described_is_tried(desk: Desk) -> None:
    assert set(desk.operations) == set(ROUTES)
