"""Errors are RFC 9457 problems, in the language of whoever asked, and say nothing that is not theirs to know."""

import pytest
from httpx import AsyncClient

from doors.rest.practice import PERSON


async def test_a_problem_has_the_fields_of_the_standard(practice: AsyncClient) -> None:
    answer = await practice.get("/nothing", headers={"x-request-id": "desk-7.a", "accept-language": "en-GB"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "en"
    assert answer.json() == {
        "type": "urn:faelles:problem:route_unknown",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing here. See /docs.",
        "instance": "urn:request:desk-7.a",
        "code": "route_unknown",
    }


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "da"),
        ("en", "en"),
        ("de, en;q=0.5", "en"),
        ("en;q=0.1, da;q=0.9", "da"),
        ("fr", "da"),
        ("en;q=nonsense", "en"),
        (";;;,,,q=", "da"),
    ],
)
async def test_the_language_follows_the_request(practice: AsyncClient, accepted: str, language: str) -> None:
    headers = {"accept-language": accepted}
    assert (await practice.get("/nothing", headers=headers)).headers["content-language"] == language
    assert (await practice.get("/parcels/language", headers=headers)).text.strip('"') == language


async def test_a_refusal_lists_its_blocks_with_their_texts(practice: AsyncClient) -> None:
    answer = await practice.post("/parcels/refused")
    assert (answer.status_code, answer.json()["code"]) == (422, "circulation_refused")
    (block,) = answer.json()["blocks"]
    text = block.pop("text")
    assert block == {"code": "too_many_loans", "rule": 7, "override": "override_limit", "parameters": {"limit": 3}}
    assert "3" in text


async def test_a_lockout_says_for_how_long(practice: AsyncClient) -> None:
    answer = await practice.post("/parcels/locked")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")


async def test_a_mistake_of_ours_gives_a_number_and_no_more(
    practice: AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = await practice.post("/parcels/dropped", headers={"x-request-id": "find-me"})
    logged = "".join(capfd.readouterr())
    assert (answer.status_code, answer.json()["instance"]) == (500, "urn:request:find-me")
    assert PERSON not in answer.text
    assert PERSON not in logged
    assert "find-me" in logged


async def test_a_request_without_a_token_is_told_which_kind(practice: AsyncClient) -> None:
    answer = await practice.get("/parcels", headers={"authorization": ""})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
