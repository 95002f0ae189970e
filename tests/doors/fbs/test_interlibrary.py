"""Another library asks through the web sites' door, and waits in the queue."""

from doors.fbs.conftest import WebSite
from doors.fbs.test_catalog import titled
from faelles.circulation.holds.reading import holds_of_patron
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
