"""Whatever is sent, the answer says what is wrong, where, in the caller's language, and the server lives."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest
from httpx import AsyncClient, Response

from doors.rest.callers import bearer, patron, staff
from doors.rest.furniture import Furniture
from doors.rest.walk import every_route
from faelles.ground.crypto import Keyring
from faelles.ground.ids import NATION

PARCEL: dict[str, Any] = {"number": "0123456789", "amount_ore": 2000, "due_on": "2026-11-22"}

_MISFITS: list[tuple[dict[str, Any], str, str]] = [
    ({"number": "123"}, "number", "item_number_malformed"),
    ({"number": 123}, "number", "field_wrong_type"),
    ({"amount_ore": -1}, "amount_ore", "field_too_small"),
    ({"amount_ore": "2000"}, "amount_ore", "field_wrong_type"),
    ({"amount_ore": 20.5}, "amount_ore", "field_wrong_type"),
    ({"amount_ore": 2**70}, "amount_ore", "field_too_large"),
    ({"due_on": "22-11-2026"}, "due_on", "field_not_a_date"),
    ({"due_on": "2026-02-30"}, "due_on", "field_not_a_date"),
    ({"due_on": "9999-12-31"}, "due_on", "field_date_implausible"),
    ({"due_on": "1879-12-31"}, "due_on", "field_date_implausible"),
    ({"note": "x" * 4001}, "note", "field_too_long"),
    ({"note": "a\x07b"}, "note", "field_wrong_form"),
    ({"label": "klasse;navn"}, "label", "field_not_base64"),
    ({"lines": [1, 2, "3"]}, "lines.2", "field_wrong_type"),
    ({"lines": [0]}, "lines.0", "field_too_small"),
    ({"colour": "red"}, "colour", "field_unknown"),
    ({"number": None}, "number", "field_wrong_type"),
]


@pytest.mark.parametrize(("change", "field", "code"), _MISFITS)
async def test_a_body_that_does_not_fit(practice: AsyncClient, change: dict[str, Any], field: str, code: str) -> None:
    answer = await practice.post("/parcels", json=PARCEL | change)
    assert answer.status_code == 400
    (problem,) = answer.json()["errors"]
    assert (problem["field"], problem["code"]) == (field, code)
    assert problem["text"] != code


async def test_everything_that_does_not_fit_is_told_at_once(practice: AsyncClient) -> None:
    wrong = {"number": 123, "due_on": "9999-12-31", "lines": [1, "2", 0], "colour": "red"}
    answer = await practice.post("/parcels", json=wrong)
    assert {problem["field"]: problem["code"] for problem in answer.json()["errors"]} == {
        "number": "field_wrong_type",
        "amount_ore": "field_missing",
        "due_on": "field_date_implausible",
        "lines.1": "field_wrong_type",
        "lines.2": "field_too_small",
        "colour": "field_unknown",
    }


async def test_what_is_wrong_deep_inside_is_told_with_its_place(
    client: AsyncClient, furnished: Furniture, librarian: dict[str, str]
) -> None:
    entry = {"what": "checkin", "item": "12", "branch": furnished.objects["branch"], "happened_at": "i går"}
    sent = {"entries": [entry, entry | {"what": "return", "item": "0123456789"}]}
    answer = await client.post("/api/v1/offline-transactions", json=sent, headers=librarian)
    assert [(problem["field"], problem["code"]) for problem in answer.json()["errors"]] == [
        ("entries.0.what", "field_not_among_choices"),
        ("entries.0.item", "item_number_malformed"),
        ("entries.0.happened_at", "field_not_a_date"),
        ("entries.1.happened_at", "field_not_a_date"),
    ]


async def test_a_number_out_of_range_is_named_or_stands_for_nothing(
    client: AsyncClient, showcase: Furniture, keyring: Keyring
) -> None:
    """In the parameters of every route: all have bounds, and what most ids are kept as is narrower than them."""
    everywhere = (await client.get("/schema")).json()["paths"]
    agency, wrong = showcase.town.agency, []
    employee = bearer(keyring, staff(agency, showcase.number("staff")))
    reader = bearer(keyring, patron(agency, showcase.number("patron")))
    operator = bearer(keyring, staff(NATION, showcase.number("supporter")))
    for route in every_route():
        headers = operator if route.for_the_nation else reader if route.for_patrons else employee
        described = everywhere.get(route.path, {}).get(route.method.lower(), {}).get("parameters", ())
        for name, where, low, high in whole_numbers(described):
            if low < 0 or high >= 2**63:
                wrong.append(f"{route} {name}: without bounds")
            elif high > 2**31:
                answer = await route.send(client, showcase, headers, **{where: {name: 2**31}})
                is_possible = answer.is_success or answer.status_code in {403, 404}
                if not is_possible and [each["field"] for each in answer.json().get("errors", ())] != [name]:
                    wrong.append(f"{route} {name}: {answer.status_code} {answer.text}")
    assert wrong == []


def whole_numbers(parameters: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, float, float]]:
    """Name, place, least and greatest."""
    for each in parameters:
        schema = each["schema"]
        if any(kind.get("type") == "integer" for kind in (schema, *schema.get("oneOf", ()))):
            yield each["name"], each["in"], schema.get("minimum", -math.inf), schema.get("maximum", math.inf)


@pytest.mark.parametrize("number", [2**63, -1, 10**400], ids=["wide", "negative", "endless"])
async def test_a_number_beyond_its_bounds_is_named(client: AsyncClient, librarian: dict[str, str], number: int) -> None:
    for path in (f"/api/v1/patrons/{number}", f"/api/v1/journeys?crate={number}"):
        answer = await client.get(path, headers=librarian)
        named = [each["field"] for each in answer.json()["errors"]]
        assert (answer.status_code, named) == (400, ["crate" if "crate" in path else "patron"])


async def test_a_number_in_a_body_that_no_column_holds_is_named(
    client: AsyncClient, furnished: Furniture, librarian: dict[str, str]
) -> None:
    sent = {"name": "Kassen", "branch": 2**31}
    answer = await client.post("/api/v1/tills", json=sent, headers=librarian)
    assert [(each["field"], each["code"]) for each in answer.json()["errors"]] == [("branch", "field_too_large")]


@pytest.mark.parametrize(
    ("patron", "wish", "expected"),
    [
        ({}, {"record": 1}, {"patron": "Give exactly one of card, patron."}),
        ({"patron": 1}, {"record": 1, "issue": 1}, {"wish": "Give exactly one of record, issue, item."}),
        (
            {"patron": 1},
            {"issue": 1, "material_group": 1},
            {"wish.material_group": "This can only be given together with record."},
        ),
    ],
)
async def test_fields_that_depend_on_each_other_are_named(
    client: AsyncClient,
    librarian: dict[str, str],
    patron: dict[str, int],
    wish: dict[str, int],
    expected: dict[str, str],
) -> None:
    sent = {"patron": patron, "wish": wish, "pickup": 1}
    answer = await client.post("/api/v1/holds", json=sent, headers=librarian | {"accept-language": "en"})
    assert {problem["field"]: problem["text"] for problem in answer.json()["errors"]} == expected


async def test_a_body_that_breaks_off_after_a_misfit_is_no_json(practice: AsyncClient) -> None:
    content = b'{"number": 123, "amount_ore": '
    answer = await practice.post("/parcels", content=content, headers={"content-type": "application/json"})
    assert answer.json()["code"] == "body_not_json"


async def test_a_field_that_is_missing(practice: AsyncClient) -> None:
    answer = await practice.post("/parcels", json={"number": "0123456789", "due_on": "2026-11-22"})
    assert answer.json()["errors"] == [{"field": "amount_ore", "code": "field_missing", "text": "Feltet mangler."}]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "body_missing"),
        (b"{", "body_not_json"),
        (msgspec.json.encode(PARCEL) + b" {}", "body_not_json"),
        (b'{"number": "\xff\xfe"}', "body_not_json"),
        (b'{"number": "\\ud800"}', "body_not_json"),
        (b'{"note": "\\u0000"}', "text_has_nul"),
        (b"[" * 200_000, "invalid_request"),
        (b"null", "invalid_request"),
    ],
)
async def test_a_body_that_is_no_such_thing(practice: AsyncClient, content: bytes, code: str) -> None:
    answer = await practice.post("/parcels", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_body_in_another_format(practice: AsyncClient) -> None:
    answer = await practice.post("/parcels", data={"number": "0123456789"})
    assert (answer.status_code, answer.json()["code"]) == (415, "body_wrong_type")


@pytest.mark.parametrize(
    "head",
    [
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_a_body_in_another_alphabet_or_packed(practice: AsyncClient, head: dict[str, str]) -> None:
    answer = await practice.post("/parcels", content=msgspec.json.encode(PARCEL), headers=head)
    assert (answer.status_code, answer.json()["code"]) == (415, "body_wrong_type")


async def test_utf_8_may_be_said(practice: AsyncClient) -> None:
    head = {"content-type": 'application/json; charset="UTF-8"', "content-encoding": "identity"}
    answer = await practice.post("/parcels", content=msgspec.json.encode(PARCEL), headers=head)
    assert answer.is_success


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b'{"number": "0123456789", "amount_ore": 1, "amount_ore": 2, "due_on": "2026-11-22"}', "amount_ore"),
        (b'{"number": "0123456789", "number": "1123456789", "amount_ore": 1, "due_on": "2026-11-22"}', "number"),
    ],
)
async def test_a_key_that_is_given_twice(practice: AsyncClient, content: bytes, key: str) -> None:
    answer = await practice.post("/parcels", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert _errors(answer) == [(key, "field_repeated")]


async def test_a_body_without_end(practice: AsyncClient) -> None:
    answer = await practice.post("/parcels", content=b" " * 1_048_577, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("limit=0", "limit", "field_too_small"),
        ("limit=201", "limit", "field_too_large"),
        ("limit=x", "limit", "field_wrong_type"),
        ("limit=99999999999999999999999", "limit", "field_too_large"),
        ("after=???", "after", "field_wrong_form"),
        ("after=AAAA", "after", "cursor_malformed"),
        ("after=" + "A" * 1001, "after", "field_too_long"),
    ],
)
async def test_a_query_that_does_not_fit(practice: AsyncClient, query: str, field: str, code: str) -> None:
    answer = await practice.get(f"/parcels?{query}")
    assert answer.status_code == 400
    assert _errors(answer) == [(field, code)]


async def test_every_parameter_that_does_not_fit_is_named(practice: AsyncClient) -> None:
    answer = await practice.get("/parcels/0?words=a%07b")
    assert sorted(_errors(answer)) == [("parcel", "field_too_small"), ("words", "field_wrong_form")]


@pytest.mark.parametrize("path", ["/parcels/x", "/parcels/" + "9" * 5000, "/parcels/1.5", "/nothing", "/%ff%fe"])
async def test_a_path_that_leads_nowhere(practice: AsyncClient, path: str) -> None:
    answer = await practice.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "route_unknown")


async def test_a_number_no_database_could_hold(practice: AsyncClient) -> None:
    answer = await practice.get(f"/parcels/{2**70}")
    assert _errors(answer) == [("parcel", "field_too_large")]


async def test_a_nul_in_the_query(practice: AsyncClient) -> None:
    answer = await practice.get("/parcels/1?words=a%00b")
    assert (answer.status_code, answer.json()["code"]) == (400, "text_has_nul")


async def test_a_method_that_is_not_there(practice: AsyncClient) -> None:
    answer = await practice.delete("/parcels/1")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


async def test_an_idempotency_key_that_cannot_be_kept(practice: AsyncClient) -> None:
    answer = await practice.post("/parcels", json=PARCEL, headers={"idempotency-key": "k" * 201})
    assert _errors(answer) == [("Idempotency-Key", "field_too_long")]


async def test_a_value_that_slipped_through_to_the_database(practice: AsyncClient) -> None:
    answer = await practice.post("/parcels/unstorable")
    assert (answer.status_code, answer.json()["code"]) == (400, "value_not_storable")


def _errors(answer: Response) -> list[tuple[str, str]]:
    return [(problem["field"], problem["code"]) for problem in answer.json()["errors"]]
