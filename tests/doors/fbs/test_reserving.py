"""Placing reservations for a web site's user."""

from typing import Any

import pytest

from doors.fbs.conftest import WebSite
from doors.fbs.test_reservations import in_queue, path_of, title, versions


async def test_every_version_places_a_hold_that_the_library_sees(site: WebSite):
    reader = await site.library.reader()
    for count, operation in enumerate(versions("add_reservations"), 1):
        number = await title(site)
        answer = await site.post(path_of(operation, reader), {"reservations": [{"recordId": number}]})
        if not operation.reply.is_list:
            assert answer["success"] is True
            (result,) = answer["reservationResults"]
            assert (result["recordId"], result["result"]) == (number, "success")
            answer = [result["reservationDetails"]]
        (details,) = answer
        assert (details["recordId"], details["state"], details["numberInQueue"]) == (number, "reserved", 1)
        assert details.get("reservationType", "normal") == "normal"
        held = await in_queue(site.library, reader)
        assert len(held) == count
        assert details["reservationId"] == held[-1].id


async def test_a_refused_reservation_is_an_answer_with_its_reason(site: WebSite):
    reader, number = await site.library.reader(), await title(site)
    wanted = {"reservations": [{"recordId": number}, {"recordId": "99999999"}]}
    for version, status in (("v4", 200), ("v2", 200)):
        path = f"/{{a}}/patrons/{reader.id}/reservations/{version}"
        answer = await site.post(path if version != "v2" else "/v1" + path, wanted)
        assert answer["success"] is False, status
        assert [each["result"] for each in answer["reservationResults"]] == ["success", "material_not_found"]
        assert [each["reservationDetails"] for each in answer["reservationResults"]] == [None, None]
    assert await in_queue(site.library, reader) == []
    answer = await site.send("POST", f"/v1/{{a}}/patrons/{reader.id}/reservations", json=wanted)
    assert (answer.status_code, answer.json()["errorCode"]) == (500, "reservationsFailed")


async def test_the_same_title_twice_is_already_reserved(site: WebSite):
    reader, number = await site.library.reader(), await title(site)
    path = f"/{{a}}/patrons/{reader.id}/reservations/v3"
    wanted = {"reservations": [{"recordId": number}, {"recordId": number}], "type": "NORMAL"}
    assert len((await site.post(path, wanted))["reservationResults"]) == 1
    answer = await site.post(path, wanted)
    assert [each["result"] for each in answer["reservationResults"]] == ["already_reserved"]


async def test_a_parallel_order_keeps_its_successes_and_shows_the_best_place(site: WebSite):
    reader, before = await site.library.reader(), await site.library.reader()
    crowded, free = await title(site), await title(site)
    await site.post(f"/{{a}}/patrons/{before.id}/reservations/v4", {"reservations": [{"recordId": crowded}]})
    wanted = {"type": "PARALLEL", "reservations": [{"recordId": each} for each in (crowded, "99999999", free)]}
    answer = await site.post(f"/{{a}}/patrons/{reader.id}/reservations/v4", wanted)
    assert answer["success"] is False
    results = [each["result"] for each in answer["reservationResults"]]
    assert results == ["success", "material_not_found", "success"]
    listed = await site.get(f"/{{a}}/patrons/{reader.id}/reservations/v4")
    assert [each["numberInQueue"] for each in listed] == [1, 1]
    assert {each["reservationType"] for each in listed} == {"parallel"}
    assert len({each["transactionId"] for each in listed}) == 1
    answer = await site.post(f"/v1/{{a}}/patrons/{before.id}/reservations/v2", wanted)
    assert answer["success"] is False
    assert len(await in_queue(site.library, before)) == 1


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"recordId": 5}, "reservations[0].recordId"),
        ({"recordId": "1", "expiryDate": "2020-01-01"}, "reservations.expiryDate"),
        ({"recordId": "1", "expiryDate": "snart"}, "reservations[0].expiryDate"),
        ({"recordId": "1", "pickupBranch": "DK-000000"}, "reservations.pickupBranch"),
    ],
)
async def test_a_bad_value_is_named_and_nothing_is_placed(site: WebSite, wanted: dict[str, Any], field: str):
    reader = await site.library.reader()
    if wanted["recordId"] == "1":
        wanted = wanted | {"recordId": await title(site)}
    answer = await site.send("POST", f"/{{a}}/patrons/{reader.id}/reservations/v4", json={"reservations": [wanted]})
    assert answer.status_code == 400, answer.text
    assert [each["field"] for each in answer.json()["validationErrors"]] == [field]
    assert await in_queue(site.library, reader) == []
