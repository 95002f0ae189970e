"""Reservations of a web site's user, and what the library sees of them."""

from datetime import timedelta
from typing import Any

from circulation.lending_library import LendingLibrary, Reader
from doors.fbs.conftest import WebSite
from doors.fbs.test_catalog import titled
from faelles.circulation.holds.model import HoldShown
from faelles.circulation.holds.reading import holds_of_patron
from faelles.doors.fbs.facts import Operation, models, operations


def path_of(operation: Operation, reader: Reader) -> str:
    return operation.path.removeprefix("/external").replace("{agencyid}", "{a}").replace("{patronid}", str(reader.id))


def versions(verb: str) -> list[Operation]:
    return [each for each in operations() if each.verb == verb]


async def in_queue(lending: LendingLibrary, reader: Reader) -> list[HoldShown]:
    return await lending.run(lambda tx: holds_of_patron(tx, lending.librarian, reader.id))


async def title(site: WebSite, **columns: Any) -> str:
    return await titled(site.library, await site.library.copy(**columns))


async def test_every_version_lists_what_is_reserved(site: WebSite):
    reader, number = await site.library.reader(), await title(site)
    await site.post(f"/{{a}}/patrons/{reader.id}/reservations/v4", {"reservations": [{"recordId": number}]})
    (held,) = await in_queue(site.library, reader)
    for operation in versions("reservations"):
        (answer,) = await site.get(path_of(operation, reader))
        assert answer.keys() == models()[operation.reply.name].keys()
        assert (answer["reservationId"], answer["pickupBranch"]) == (held.id, site.isil + "00")
        assert answer["expiryDate"] == str(held.interest_until)
    assert answer["estimatedDaysUntilReservation"] is not None


async def test_every_version_changes_branch_and_dates(site: WebSite):
    reader, number = await site.library.reader(), await title(site)
    await site.post(f"/{{a}}/patrons/{reader.id}/reservations/v4", {"reservations": [{"recordId": number}]})
    (held,) = await in_queue(site.library, reader)
    for days, operation in enumerate(versions("update_reservations"), 10):
        until = str((site.library.clock.now + timedelta(days=days)).date())
        change = {"reservationId": held.id, "expiryDate": until, "pickupBranch": site.isil + "01"}
        (answer,) = await site.put(path_of(operation, reader), {"reservations": [change]})
        assert (answer["expiryDate"], answer["pickupBranch"]) == (until, site.isil + "01")
        (seen,) = await in_queue(site.library, reader)
        assert (str(seen.interest_until), seen.pickup) == (until, site.library.town.suburb)


async def test_what_is_deleted_leaves_the_queue_and_another_patrons_does_not(site: WebSite):
    reader, other = await site.library.reader(), await site.library.reader()
    numbers = [await title(site), await title(site)]
    for each in (reader, other):
        wanted = {"reservations": [{"recordId": number} for number in numbers]}
        await site.post(f"/{{a}}/patrons/{each.id}/reservations/v4", wanted)
    mine, theirs = await in_queue(site.library, reader), await in_queue(site.library, other)
    path = f"/v1/{{a}}/patrons/{reader.id}/reservations"
    mixed = await site.send("DELETE", path, params={"reservationid": [mine[0].id, theirs[0].id]})
    assert mixed.status_code == 404
    assert len(await in_queue(site.library, reader)) == 2
    answer = await site.send("DELETE", path, params={"reservationid": [each.id for each in mine]})
    assert (answer.status_code, answer.content, "content-type" in answer.headers) == (200, b"", False)
    assert await in_queue(site.library, reader) == []
    assert len(await in_queue(site.library, other)) == 2
