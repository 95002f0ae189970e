"""What holds for every operation in every version, whatever it does."""

import re
from typing import Any

from httpx import Response

from doors.fbs.conftest import WebSite, client_of
from faelles.doors.fbs.facts import Operation
from faelles.doors.fbs.serving import HANDLERS, NEEDED, served
from faelles.people.model import Permission

EVERY = [each for each in served() if each.verb != "login"]
WITH_BODY = [each for each in EVERY if each.body is not None]
WITH_PATRON = [each for each in EVERY if "{patronid}" in each.path]
NOBODY = 999_999_999_999
_ERROR = {"correlationId", "errorCode", "message", "validationErrors"}


def filled(operation: Operation, isil: str, **values: object) -> str:
    known: dict[str, object] = {
        "agencyid": isil,
        "patronid": NOBODY,
        "branchId": isil + "00",
        "recordid": "99999999",
        "feeId": 1,
        "bookingid": 1,
        "key": "payment.enabled",
    }
    return "/rest" + operation.path.format(**(known | values))


async def send(site: WebSite, operation: Operation, path: str, **what: Any) -> Response:
    params = {name: ["1"] if kind.is_list else "false" for name, kind in operation.query.items()}
    params = {name: value for name, value in params.items() if not name.endswith("Date")}
    return await site.http.request(operation.method, path, params=params, **what)


def is_specified(answer: Response) -> bool:
    return answer.status_code < 500 and (answer.status_code == 200 or answer.json().keys() == _ERROR)


async def test_without_a_session_nothing_is_answered(site: WebSite):
    for operation in EVERY:
        answer = await send(site, operation, filled(operation, site.isil))
        assert (answer.status_code, answer.json()["errorCode"]) == (401, "clientUnauthorized"), operation.id


async def test_another_divisions_client_reaches_nothing(site: WebSite):
    site.secret = await client_of(site.library, site.library.town.schools)
    await site.http.post(f"/rest/external/v1/{site.isil}/authentication/login", json={})
    schools = WebSite(site.library, site.http, site.isil + "S", site.secret)
    await schools.sign_in()
    for operation in EVERY:
        answer = await send(site, operation, filled(operation, site.isil), headers=schools.headers)
        assert (answer.status_code, answer.json()["errorCode"]) == (403, "forbidden"), operation.id


async def test_a_client_that_was_only_let_see_patrons_does_nothing_in_their_name(site: WebSite):
    reader = await site.library.reader()
    seen = frozenset({Permission.AGENCY_VIEW, Permission.PATRON_VIEW})
    site.secret = await client_of(site.library, site.library.town.library, seen)
    await site.sign_in()
    assert NEEDED.keys() <= HANDLERS.keys()
    for operation in WITH_PATRON:
        if operation.verb in NEEDED:
            body = {"content": example(operation)} if operation.body else {}
            path = filled(operation, site.isil, patronid=reader.id)
            answer = await send(site, operation, path, headers=site.headers, **body)
            assert (answer.status_code, answer.json()["errorCode"]) == (403, "forbidden"), operation.id
    assert await site.library.looks_at(reader) == []
    assert await site.get(f"/{{a}}/patrons/{reader.id}/v4")


async def test_a_patron_of_another_division_is_nobody(site: WebSite):
    """Nor does an answer say a word about them."""
    pupil = await site.library.reader(division=site.library.town.schools)
    for operation in WITH_PATRON:
        body = {"content": example(operation)} if operation.body else {}
        answer = await send(
            site, operation, filled(operation, site.isil, patronid=pupil.id), headers=site.headers, **body
        )
        assert 400 <= answer.status_code < 500, (operation.id, answer.status_code, answer.text)
        assert is_specified(answer), (operation.id, answer.text)
        assert "Søren" not in answer.text


async def test_no_patron_is_asked_for_by_a_word(site: WebSite):
    for operation in WITH_PATRON:
        for word in ("null", "-1", "%E2%91%A0", "9" * 40):
            path = filled(operation, site.isil, patronid=word)
            body = {"content": example(operation)} if operation.body else {}
            answer = await send(site, operation, path, headers=site.headers, **body)
            assert 400 <= answer.status_code < 500, (operation.id, word, answer.status_code)
            assert is_specified(answer), (operation.id, word, answer.text)


async def test_a_body_that_is_none_is_a_bad_request_and_no_mistake_of_ours(site: WebSite):
    for operation in WITH_BODY:
        path = filled(operation, site.isil)
        for content in (b"", b"{", b"[]", b"null", b'"\\u0000"', b"\xff\xfe", b"[" * 5000):
            answer = await send(site, operation, path, headers=site.headers, content=content)
            assert is_specified(answer), (operation.id, content[:9], answer.status_code, answer.text)


async def test_a_body_beyond_all_bounds_is_refused(site: WebSite):
    answer = await site.send("POST", "/{a}/patrons/authenticate/v9", content=b"x" * 2_000_000)
    assert (answer.status_code, answer.json()["errorCode"]) == (413, "bodyTooLarge")


async def test_a_list_beyond_all_bounds_is_a_bad_request_that_names_it(site: WebSite):
    for operation in (each for each in EVERY if any(kind.is_list for kind in each.query.values())):
        (name, *_) = (name for name, kind in operation.query.items() if kind.is_list)
        for size in (501, 3_000):
            params = {name: [str(number) for number in range(size)]}
            answer = await site.http.request(
                operation.method, filled(operation, site.isil), params=params, headers=site.headers
            )
            assert (answer.status_code, answer.json()["errorCode"]) == (400, "badRequest"), operation.id
            assert [each["field"] for each in answer.json()["validationErrors"]] == [name], operation.id


async def test_what_is_no_operation_is_not_found_and_a_wrong_method_is_told(site: WebSite):
    assert (await site.send("GET", "/{a}/nothing")).status_code == 404
    wrong = await site.send("PATCH", "/v1/{a}/patrons/1/reservations")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "DELETE, GET, POST, PUT")
    assert (await site.http.get("/rest")).status_code == 404
    assert (await site.http.get("/rest/openapi.json")).json()["openapi"].startswith("3.")


async def test_a_look_ahead_is_answered_as_the_look(site: WebSite):
    head, get = await site.send("HEAD", "/v1/{a}/branches"), await site.send("GET", "/v1/{a}/branches")
    assert head.status_code == get.status_code == 200
    for name in ("content-type", "content-length"):
        assert head.headers[name] == get.headers[name]


async def test_a_reply_without_content_has_no_type(site: WebSite):
    reader = await site.library.reader()
    answer = await site.send("PUT", f"/{{a}}/patrons/{reader.id}/favorites/v1", json=[])
    assert (answer.status_code, answer.content, answer.headers.get("content-type")) == (200, b"", None)


def example(operation: Operation) -> bytes:
    """A body that is read without complaint, as far as a few words can go."""
    bodies = {
        "update_patron": b"{}",
        "pay_fees": b'{"orderId": "1", "feeIds": []}',
        "renew_loans": b"[1]",
        "save_favorites": b"[]",
        "add_mail_identifier": b"a@example.dk",
        "block_identifier": b'{"identifier": "K1234"}',
        "add_reservations": b'{"reservations": []}',
        "update_reservations": b'{"reservations": []}',
        "update_ward": b'{"guardianPersonId": "0101010101"}',
        "create_bookings": b'{"bookings": []}',
        "update_bookings": b'{"bookings": []}',
    }
    if re.match("consent_to", operation.verb):
        return b"true" if operation.body is not None and operation.body.name == "boolean" else b'{"consent": true}'
    return bodies[operation.verb]
