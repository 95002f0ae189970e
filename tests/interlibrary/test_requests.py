"""From a wish to the copy's way home; and another library in our queue."""

from pathlib import Path

import pytest

from circulation.lending_library import LendingLibrary, Reader
from doors.fbs.test_catalog import titled
from faelles.circulation.holds.reading import holds_of_patron
from faelles.circulation.loans.model import Outcome
from faelles.ground.config import Installation
from faelles.ground.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from faelles.ground.ids import PatronId
from faelles.interlibrary.following import follow_loans
from faelles.interlibrary.lending import item_requested
from faelles.interlibrary.model import (
    Adapter,
    Deny,
    ItemRequested,
    LendAt,
    NewRequest,
    PlaceOrder,
    Receive,
    Request,
    RequestedResult,
    SetPartner,
    State,
    Wanted,
)
from faelles.interlibrary.operations import (
    cancel,
    close,
    deny,
    lend,
    open_requests,
    order,
    receive,
    request_title,
    requests_of,
)
from faelles.interlibrary.partners import set_partner
from faelles.patrons.profile.model import SetProfile
from faelles.patrons.profile.operations import set_profile
from faelles.simulation.store import until_readable
from neighbour_server import answering
from patrons_desk import signed_in

HERE = Installation(is_production=False, public_url="http://127.0.0.1", exchange_directory=Path("var"))
YES = (
    '<m:ISO18626Message xmlns:m="http://illtransactions.org/2013/iso18626"><m:requestConfirmation>'
    "<m:confirmationHeader><m:messageStatus>{}</m:messageStatus></m:confirmationHeader>"
    "</m:requestConfirmation></m:ISO18626Message>"
)
PARTNER = "DK-820010"


async def requested(library: LendingLibrary, reader: Reader) -> Request:
    wish = NewRequest(wanted=Wanted(title="Tyve år i Afrika", creator="Bror Ø."), branch=library.town.main)
    return await library.run(lambda tx: request_title(tx, library.librarian, reader.id, wish))


async def ordered(library: LendingLibrary, request: Request) -> Request:
    return await order(library.database, library.librarian, HERE, request.id, PlaceOrder(partner_isil=PARTNER))


async def choose(library: LendingLibrary, url: str) -> None:
    wanted = SetPartner(adapter=Adapter.ISO18626, address=url)
    await library.run(lambda tx: set_partner(tx, library.librarian, HERE, wanted))


async def arrived(library: LendingLibrary, request: Request) -> Request:
    book = await library.copy()
    sql = "SELECT record_id FROM item WHERE agency_id = $1 AND number = $2"
    record = await library.run(lambda tx: tx.value(sql, tx.agency, book))
    asked = Receive(placement=library.town.main_shelf, material_group=library.materials["interlibrary"], record=record)
    return await library.run(lambda tx: receive(tx, library.librarian, request.id, asked))


async def state_of(library: LendingLibrary, reader: Reader) -> State:
    [found] = await library.run(lambda tx: requests_of(tx, library.librarian, reader.id))
    return found.state


async def followed(library: LendingLibrary) -> int:
    """How many requests circulation's events were about."""
    await until_readable(library.database)
    found = 0
    while (done := await library.run(follow_loans))[0]:
        found += done[1]
    return found


async def test_what_has_come_may_be_lent_at_any_desk(library: LendingLibrary):
    reader, other = await library.reader(), await library.reader()
    wish = await requested(library, reader)
    async with answering({"/ill": YES.format("OK")}) as (url, _):
        await choose(library, f"{url}/ill")
        await ordered(library, wish)
    here = await arrived(library, wish)
    number = await library.run(
        lambda tx: tx.value("SELECT number FROM item WHERE agency_id = $1 AND id = $2", tx.agency, here.item)
    )
    await library.lend(other, number)
    await library.take_back(number)
    assert (await followed(library), await state_of(library, reader)) == (0, State.RECEIVED)
    await library.lend(reader, number)
    assert (await followed(library), await state_of(library, reader)) == (1, State.LENT)
    await library.take_back(number)
    assert (await followed(library), await state_of(library, reader)) == (1, State.RETURNED)
    assert await followed(library) == 0
    assert (await library.events()).count("interlibrary.returned") == 1


async def test_a_wish_is_ordered_received_lent_returned_and_closed(library: LendingLibrary):
    reader = await library.reader()
    wish = await requested(library, reader)
    async with answering({"/ill": YES.format("OK")}) as (url, heard):
        await choose(library, f"{url}/ill")
        assert (await ordered(library, wish)).state is State.ORDERED
    assert "Tyve år i Afrika" in heard[0].body
    assert PARTNER in heard[0].body
    here = await arrived(library, wish)
    assert here.state is State.RECEIVED
    asked = LendAt(branch=library.town.main)
    answer = await library.run(lambda tx: lend(tx, library.librarian, library.keyring, wish.id, asked))
    assert answer.outcome is Outcome.LENT
    assert await state_of(library, reader) is State.LENT
    with pytest.raises(ConflictError):
        await library.run(lambda tx: close(tx, library.librarian, wish.id))
    await library.take_back(answer.item.number)
    assert await state_of(library, reader) is State.RETURNED
    assert await followed(library) == 1
    assert (await library.run(lambda tx: close(tx, library.librarian, wish.id))).state is State.CLOSED
    assert await library.run(lambda tx: open_requests(tx, library.librarian)) == []
    kinds = [kind for kind in await library.events() if kind.startswith("interlibrary.")]
    assert kinds == [
        f"interlibrary.{state}" for state in ("requested", "ordered", "received", "lent", "returned", "closed")
    ]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (YES.format("ERROR"), RefusedError),
        ("nonsense", UnavailableError),
        ('<!DOCTYPE x [<!ENTITY y "z">]>' + YES.format("&y;"), UnavailableError),
    ],
)
async def test_an_order_that_is_not_taken_is_not_noted(library: LendingLibrary, said, error):
    reader = await library.reader()
    wish = await requested(library, reader)
    async with answering({"/ill": said}) as (url, _):
        await choose(library, f"{url}/ill")
        with pytest.raises(error):
            await ordered(library, wish)
    assert await state_of(library, reader) is State.REQUESTED


async def test_a_request_is_denied_or_cancelled_until_something_has_come(library: LendingLibrary):
    first, second = await library.reader(), await library.reader()
    denied, wanted = await requested(library, first), await requested(library, second)
    await library.run(lambda tx: deny(tx, library.librarian, denied.id, Deny(reason="Findes ikke i Danmark")))
    await ordered(library, wanted)
    await arrived(library, wanted)
    with pytest.raises(ConflictError):
        await library.run(lambda tx: cancel(tx, library.librarian, wanted.id))
    with pytest.raises(ConflictError):
        await ordered(library, denied)


async def test_patrons_ask_for_themselves_and_cancel_only_their_own(library: LendingLibrary):
    reader, other = await library.reader(), await library.reader()
    own = signed_in(library.town, reader.id)
    wish = NewRequest(wanted=Wanted(title="Egen bog"), branch=library.town.main)
    made = await library.run(lambda tx: request_title(tx, own, reader.id, wish))
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: cancel(tx, signed_in(library.town, other.id), made.id))
    assert (await library.run(lambda tx: cancel(tx, own, made.id))).state is State.CANCELLED


async def asking_library(library: LendingLibrary) -> Reader:
    """Another library, which is a patron here."""
    reader = await library.reader()

    async def become(tx) -> None:
        await tx.execute(
            "UPDATE patron SET kind = 'institution', birth_date = NULL WHERE agency_id = $1 AND id = $2",
            tx.agency,
            reader.id,
        )
        await set_profile(tx, library.librarian, reader.id, SetProfile(isil=PARTNER))

    await library.run(become)
    return reader


async def numbered(library: LendingLibrary) -> str:
    """A title that we have, by the number that others know it by."""
    return await titled(library, await library.copy())


async def asked(library: LendingLibrary, number: str) -> RequestedResult:
    wanted = ItemRequested(record_number=number, requesting_isil=PARTNER, end_user="B7000001")
    return await item_requested(library.database, library.librarian, library.keyring, HERE, wanted)


async def waiting(library: LendingLibrary, patron: PatronId) -> int:
    return len(await library.run(lambda tx: holds_of_patron(tx, library.librarian, patron)))


async def test_another_library_waits_in_our_queue_and_is_told_so(library: LendingLibrary):
    number = await numbered(library)
    assert await asked(library, number) is RequestedResult.PATRON_NOT_FOUND
    asking = await asking_library(library)
    assert await asked(library, "99999999") is RequestedResult.RECORD_NOT_FOUND
    async with answering({"/ill": YES.format("OK")}) as (url, heard):
        await choose(library, f"{url}/ill")
        assert await asked(library, number) is RequestedResult.OK
    assert "ExpectToSupply" in heard[0].body
    assert "B7000001" not in heard[0].body
    assert await waiting(library, asking.id) == 1
    assert await asked(library, number) is RequestedResult.NOT_RESERVABLE


async def test_a_library_that_cannot_be_told_does_not_wait(library: LendingLibrary):
    number, asking = await numbered(library), await asking_library(library)
    await choose(library, "http://127.0.0.1:9/ill")
    assert await asked(library, number) is RequestedResult.SENDING_FAILED
    assert await waiting(library, asking.id) == 0
