"""Another library asks through the web sites' door, and waits in the queue."""

from circulation.lending_library import LendingLibrary, Reader
from doors.fbs.conftest import WebSite
from doors.fbs.test_catalog import titled
from doors.fbs.test_reservations import path_of, versions
from faelles.circulation.holds.reading import holds_of_patron
from faelles.doors.fbs.facts import models
from faelles.interlibrary import store
from faelles.interlibrary.model import NewRequest, Request, State, Wanted
from faelles.interlibrary.operations import request_title, requests_of
from faelles.patrons.profile.model import SetProfile
from faelles.patrons.profile.operations import set_profile

PATH = "/{a}/ill/requestitem/v1"
OTHER = "DK-820010"


async def test_a_library_that_is_a_patron_waits_for_the_title(site: WebSite):
    library = site.library
    number = await titled(library, await library.copy())
    wanted = {"recordId": number, "requestingAgency": OTHER, "enduserId": "B7000001"}
    assert await site.post(PATH, wanted) == {"result": "PATRON_NOT_FOUND", "successful": False}
    asking = await library.reader()

    async def become(tx) -> None:
        await tx.execute(
            "UPDATE patron SET kind = 'institution', birth_date = NULL WHERE agency_id = $1 AND id = $2",
            tx.agency,
            asking.id,
        )
        await set_profile(tx, library.librarian, asking.id, SetProfile(isil=OTHER))

    await library.run(become)
    unknown = wanted | {"recordId": "00000000"}
    assert (await site.post(PATH, unknown))["result"] == "RECORD_NOT_FOUND"
    assert await site.post(PATH, wanted) == {"result": "OK", "successful": True}
    (held,) = await library.run(lambda tx: holds_of_patron(tx, library.librarian, asking.id))
    assert held.title == "Frøken Smillas fornemmelse for sne"
    assert (await site.post(PATH, wanted))["result"] == "MATERIAL_NOT_RESERVABLE"


async def requested(lending: LendingLibrary, reader: Reader) -> Request:
    wish = NewRequest(wanted=Wanted(title="Tyve år i Afrika", creator="Bror Ø."), branch=lending.town.main)
    return await lending.run(lambda tx: request_title(tx, lending.librarian, reader.id, wish))


async def test_what_is_asked_of_another_library_is_among_the_reservations_until_it_is_lent(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    asked = await requested(lending, reader)
    for operation in versions("reservations"):
        (shown,) = await site.get(path_of(operation, reader))
        assert shown.keys() == models()[operation.reply.name].keys()
        assert (shown["state"], shown["pickupBranch"]) == ("interLibraryReservation", site.isil + "00")
        assert shown.get("reservationType", "inter_library") == "inter_library"
        assert shown.get("loanType", "interLibraryLoan") == "interLibraryLoan"
        assert (shown["ilBibliographicRecord"]["title"], shown["numberInQueue"]) == ("Tyve år i Afrika", None)
        assert (len(str(shown["reservationId"])), shown["expiryDate"]) == (10, "2150-12-31")
    path = f"/v1/{{a}}/patrons/{reader.id}/reservations"
    answer = await site.send("DELETE", path, params={"reservationid": shown["reservationId"]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert await site.get(path) == []
    (request,) = await lending.run(lambda tx: requests_of(tx, lending.librarian, reader.id))
    assert (request.id, request.state) == (asked.id, State.CANCELLED)


async def test_what_has_come_from_another_library_is_ready_and_not_cancelled(site: WebSite):
    lending, reader = site.library, await site.library.reader()
    asked = await requested(lending, reader)
    await lending.run(lambda tx: store.move(tx, asked.id, State.RECEIVED, partner=OTHER))
    path = f"/v1/{{a}}/patrons/{reader.id}/reservations"
    (shown,) = await site.get(path)
    assert shown["state"] == "readyForPickup"
    answer = await site.send("DELETE", path, params={"reservationid": shown["reservationId"]})
    assert (answer.status_code, answer.json()["validationErrors"][0]["field"]) == (400, "reservationid")
    stranger = await lending.reader()
    other = f"/v1/{{a}}/patrons/{stranger.id}/reservations"
    assert (await site.send("DELETE", other, params={"reservationid": shown["reservationId"]})).status_code == 404
