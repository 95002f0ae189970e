"""Newsletters of a web site's user, at the system that the agency chose."""

from doors.fbs.conftest import WebSite
from faelles.ground.config import Installation
from faelles.newsletters.model import Adapter, SetProvider
from faelles.newsletters.operations import chosen_by, set_provider

EMAIL = "karen@example.dk"


async def test_without_a_system_there_are_none(site: WebSite):
    answer = await site.send("GET", "/{a}/newsletters/preferences/v1")
    told = answer.json()
    assert (answer.status_code, told["errorCode"]) == (404, "dataNotFound")
    assert told["message"] == "Mailchimp configuration not found"


async def test_an_address_is_signed_up_and_off_again(site: WebSite, tmp_path):
    library = site.library
    here = Installation(is_production=False, public_url="http://127.0.0.1", exchange_directory=tmp_path)
    wanted = SetProvider(adapter=Adapter.BUILT_IN)
    await library.run(lambda tx: set_provider(tx, library.librarian, library.keyring, here, wanted))
    (offered,) = await site.get("/{a}/newsletters/preferences/v1")
    details = {"emailAddress": EMAIL, "subscriptions": [offered]}
    await site.put("/{a}/newsletters/subscribe/v1", details)
    asked = {"emailAddress": EMAIL, "patronId": 1}
    assert await site.post("/{a}/newsletters/preferences/patron/v1", asked) == [offered]
    kept = await chosen_by(library.database, library.librarian, library.keyring, EMAIL)
    assert [each.list_id for each in kept] == [offered["listId"]]
    await site.put("/{a}/newsletters/unsubscribe/v1", details)
    assert await site.post("/{a}/newsletters/preferences/patron/v1", asked) == []
