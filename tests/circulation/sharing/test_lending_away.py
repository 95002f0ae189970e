"""A copy that goes to another municipality's patron and comes home: each side does its part and sees no more."""

import asyncio

import pytest

from circulation.holds.test_changing import cancel, order
from circulation.holds.wishing import day, match_all, state_of, title_of, waits
from circulation.lending_library import LendingLibrary
from circulation.sharing.neighbours import borrowing, night
from faelles.circulation.desk.model import Borrower
from faelles.circulation.loans.model import CheckoutRequest, Outcome
from faelles.circulation.loans.operations import checkout
from faelles.circulation.sharing.agreements import end_agreement, list_agreements
from faelles.circulation.sharing.borrowing import list_outgoing, receive_lent, return_to_lender, withdraw_request
from faelles.circulation.sharing.lending import accept_request, list_incoming, refuse_request, send_to_borrower
from faelles.circulation.sharing.model import (
    Incoming,
    Outgoing,
    ReceivedLent,
    ReceiveLent,
    RequestState,
    SendToBorrower,
    SentToBorrower,
)
from faelles.circulation.sharing.nightly import answer_others, ask_others, note_home
from faelles.circulation.transit.model import Stop, StopAlert, WhyCode
from faelles.ground.errors import ConflictError, ForbiddenError, NotFoundError
from faelles.people.model import Permission
from faelles.policies.knobs import HOLD_SLOTS_IN_BY_DATE
from town import found_town


async def asked(library: LendingLibrary, lender: LendingLibrary) -> tuple[int, int]:
    """A hold at home, and the request that went out for it."""
    hold = await borrowing(library, lender)
    await night(library, ask_others)
    return hold, (await outgoing(library)).id


async def outgoing(library: LendingLibrary) -> Outgoing:
    return (await library.run(lambda tx: list_outgoing(tx, library.librarian)))[-1]


async def incoming(lender: LendingLibrary) -> Incoming:
    return (await lender.run(lambda tx: list_incoming(tx, lender.librarian)))[-1]


async def copy_of(lender: LendingLibrary) -> str:
    return await lender.run(lambda tx: tx.value("SELECT number FROM copy WHERE agency_id = $1", tx.agency))


async def fetched(lender: LendingLibrary) -> str:
    """The copy, scanned at the counter it goes out from."""
    await match_all(lender)
    number = await copy_of(lender)
    found = (await lender.take_back(number)).next
    assert (found.stop, found.why[-1].code) == (Stop.HOLD_SHELF, WhyCode.FOR_OTHER_AGENCY)
    return number


async def send(lender: LendingLibrary, number: str) -> SentToBorrower:
    request = SendToBorrower(item=number, branch=lender.town.main)
    return await lender.run(lambda tx: send_to_borrower(tx, lender.librarian, request))


async def receive(library: LendingLibrary, request: int, branch: int | None = None) -> ReceivedLent:
    there = ReceiveLent(branch=branch or library.town.main)
    return await library.run(lambda tx: receive_lent(tx, library.librarian, request, there))


async def sent(library: LendingLibrary, lender: LendingLibrary) -> tuple[int, int]:
    hold, request = await asked(library, lender)
    await lender.run(lambda tx: accept_request(tx, lender.librarian, request))
    await send(lender, await fetched(lender))
    return hold, request


async def patron_of(library: LendingLibrary, hold: int) -> int:
    sql = "SELECT patron_id FROM open_hold WHERE agency_id = $1 AND hold_id = $2"
    return await library.run(lambda tx: tx.value(sql, tx.agency, hold))


async def test_a_copy_goes_there_is_lent_comes_back_and_is_home(library: LendingLibrary, lender: LendingLibrary):
    hold, request = await asked(library, lender)
    assert (await incoming(lender)).state is RequestState.ASKED
    await lender.run(lambda tx: accept_request(tx, lender.librarian, request))
    assert (await outgoing(library)).state is RequestState.ACCEPTED
    number = await fetched(lender)
    away = await send(lender, number)
    assert (away.borrower, await lender.state_of(number)) == (library.town.isil, "in_transit")
    assert ((await outgoing(library)).state, (await outgoing(library)).item) == (RequestState.SENT, number)

    received = await receive(library, request)
    assert (received.number, received.answer.next.hold) == (number, hold)
    assert await state_of(library, hold) == ("ready", number)
    assert (await incoming(lender)).state is RequestState.RECEIVED

    reader = Borrower(patron=await patron_of(library, hold))
    request_out = CheckoutRequest(borrower=reader, item=number, branch=library.town.main)
    lent = await library.run(lambda tx: checkout(tx, library.librarian, library.keyring, request_out))
    assert lent.outcome is Outcome.LENT
    assert (await state_of(library, hold))[0] == "collected"
    assert (await library.take_back(number)).next.alert is StopAlert.TO_LENDER

    await library.run(lambda tx: return_to_lender(tx, library.librarian, request))
    assert (await incoming(lender)).state is RequestState.RETURNED
    library.clock.pass_days(2)
    assert (await lender.take_back(number)).next.stop is Stop.SHELVE
    assert await night(lender, note_home) == {"lent_home": 1}
    assert [(await outgoing(library)).state, (await incoming(lender)).state] == [RequestState.HOME] * 2
    assert [kind for kind in await library.events() if kind.startswith("lending.")] == [
        "lending.asked", "lending.received", "lending.returned"
    ]  # fmt: skip
    assert [kind for kind in await lender.events() if kind.startswith("lending.")][1:] == [
        "lending.accepted", "lending.sent", "lending.home"
    ]  # fmt: skip


async def test_it_is_picked_up_where_the_patron_wished(library: LendingLibrary, lender: LendingLibrary):
    hold, request = await sent(library, lender)
    received = await receive(library, request, library.town.suburb)
    assert (received.answer.next.stop, received.answer.next.branch) == (Stop.SEND, library.town.main)
    assert (await state_of(library, hold))[0] == "in_transit"


async def test_what_is_lent_away_serves_nobody_at_home(library: LendingLibrary, lender: LendingLibrary):
    await sent(library, lender)
    record = await title_of(lender, await copy_of(lender))
    waiting = await waits(lender, record)
    await match_all(lender)
    assert await state_of(lender, waiting) == ("pending", None)
    await lender.take_back(await copy_of(lender))
    assert (await state_of(lender, waiting))[0] == "ready"


async def test_neither_side_reads_the_others_people_or_copies(library: LendingLibrary, lender: LendingLibrary):
    hold, request = await sent(library, lender)
    await receive(library, request)
    reader = await patron_of(library, hold)
    rows = await lender.run(lambda tx: tx.rows("SELECT * FROM lending_request"))
    assert not {hold, reader} & {value for row in rows for value in row.values()}
    for table in ("hold_patron", "patron", "lending_request_hold", "item"):
        found = await lender.run(lambda tx, table=table: tx.rows(f"SELECT agency_id FROM {table}"))
        assert {row["agency_id"] for row in found} <= {lender.town.agency}
    theirs = await library.run(lambda tx: tx.rows("SELECT agency_id FROM item UNION SELECT agency_id FROM hold"))
    assert {row["agency_id"] for row in theirs} <= {library.town.agency}


async def test_a_third_municipality_sees_nothing_of_it(library, lender, database, keyring):
    await asked(library, lender)
    third = await found_town(database)
    stranger = LendingLibrary(third, library.database, keyring, library.clock, library.groups, library.materials)
    assert await stranger.run(lambda tx: list_incoming(tx, stranger.librarian)) == []
    assert await stranger.run(lambda tx: list_outgoing(tx, stranger.librarian)) == []
    number = (await outgoing(library)).id
    for verb in (accept_request, refuse_request):
        with pytest.raises(NotFoundError):
            await stranger.run(lambda tx, verb=verb: verb(tx, stranger.librarian, number))
    with pytest.raises(NotFoundError):
        await stranger.run(lambda tx: withdraw_request(tx, stranger.librarian, number))


async def test_the_lender_may_say_no_until_a_copy_has_left(library: LendingLibrary, lender: LendingLibrary):
    _, request = await asked(library, lender)
    await lender.run(lambda tx: accept_request(tx, lender.librarian, request))
    number = await fetched(lender)
    refused = await lender.run(lambda tx: refuse_request(tx, lender.librarian, request))
    assert (refused.state, (await outgoing(library)).state) == (RequestState.REFUSED, RequestState.REFUSED)
    assert (await state_of(lender, refused.hold))[0] == "cancelled"
    for late in (accept_request, refuse_request):
        with pytest.raises(ConflictError):
            await lender.run(lambda tx, late=late: late(tx, lender.librarian, request))
    with pytest.raises(ConflictError):
        await send(lender, number)


async def test_the_borrower_may_withdraw_until_a_copy_has_left(library: LendingLibrary, lender: LendingLibrary):
    hold, request = await asked(library, lender)
    await night(lender, answer_others)
    withdrawn = await library.run(lambda tx: withdraw_request(tx, library.librarian, request))
    assert withdrawn.state is RequestState.WITHDRAWN
    own = (await incoming(lender)).hold
    await night(lender, answer_others)
    assert (await state_of(lender, own))[0] == "cancelled"
    assert (await state_of(library, hold))[0] == "pending"
    assert await night(library, ask_others) == {}


async def test_what_was_withdrawn_is_not_sent_and_its_copy_is_free_once_refused(library, lender):
    _, request = await asked(library, lender)
    await lender.run(lambda tx: accept_request(tx, lender.librarian, request))
    number = await fetched(lender)
    await library.run(lambda tx: withdraw_request(tx, library.librarian, request))
    with pytest.raises(ConflictError, match="lending_withdrawn"):
        await send(lender, number)
    await lender.run(lambda tx: refuse_request(tx, lender.librarian, request))
    assert (await lender.take_back(number)).next.stop is Stop.SHELVE


async def test_of_sending_and_refusing_at_once_one_happens(library: LendingLibrary, lender: LendingLibrary):
    _, request = await asked(library, lender)
    await lender.run(lambda tx: accept_request(tx, lender.librarian, request))
    number = await fetched(lender)
    gone, refused = await asyncio.gather(
        send(lender, number),
        lender.run(lambda tx: refuse_request(tx, lender.librarian, request)),
        return_exceptions=True,
    )
    assert isinstance(gone, ConflictError) != isinstance(refused, ConflictError)


async def test_of_accepting_and_refusing_at_once_neither_breaks(library: LendingLibrary, lender: LendingLibrary):
    _, request = await asked(library, lender)
    both = [accept_request, refuse_request, accept_request]
    done = await asyncio.gather(
        *(lender.run(lambda tx, work=work: work(tx, lender.librarian, request)) for work in both),
        return_exceptions=True,
    )
    assert all(isinstance(each, Incoming | ConflictError) for each in done)


async def test_what_is_on_its_way_is_neither_withdrawn_nor_refused(library: LendingLibrary, lender: LendingLibrary):
    hold, request = await sent(library, lender)
    for side, verb in ((lender, refuse_request), (library, withdraw_request)):
        with pytest.raises(ConflictError):
            await side.run(lambda tx, side=side, verb=verb: verb(tx, side.librarian, request))
    await cancel(library, hold)
    assert await night(library, ask_others) == {}
    received = await receive(library, request)
    assert received.answer.next.alert is StopAlert.TO_LENDER
    with pytest.raises(ConflictError):
        await receive(library, request)
    returned = await library.run(lambda tx: return_to_lender(tx, library.librarian, request))
    assert returned.state is RequestState.RETURNED


async def test_nothing_is_accepted_without_an_agreement_or_a_copy(library: LendingLibrary, lender: LendingLibrary):
    _, request = await asked(library, lender)
    (given,) = await lender.run(lambda tx: list_agreements(tx, lender.librarian))
    await lender.run(lambda tx: end_agreement(tx, lender.librarian, given.id))
    library.clock.pass_days(1)
    with pytest.raises(ConflictError, match="lending_not_agreed"):
        await lender.run(lambda tx: accept_request(tx, lender.librarian, request))


async def test_the_same_copy_comes_a_second_time_under_a_number_of_ours(library, lender):
    _, request = await sent(library, lender)
    first = await receive(library, request)
    await cancel(library, (await outgoing(library)).hold)
    await library.take_back(first.number)
    await library.run(lambda tx: return_to_lender(tx, library.librarian, request))
    library.clock.pass_days(1)
    number = await copy_of(lender)
    await lender.take_back(number)
    await night(lender, note_home)
    await waits(library, (await outgoing(library)).record)
    library.clock.pass_days(14)
    await night(library, ask_others)
    again = await outgoing(library)
    await lender.run(lambda tx: accept_request(tx, lender.librarian, again.id))
    await send(lender, await fetched(lender))
    assert (await receive(library, again.id)).number != number


async def test_a_copy_that_is_for_nobody_elsewhere_is_not_sent(library: LendingLibrary, lender: LendingLibrary):
    with pytest.raises(ConflictError):
        await send(lender, await lender.copy())


async def test_sending_and_receiving_need_their_permission(library: LendingLibrary, lender: LendingLibrary):
    _, request = await sent(library, lender)
    reader = library.staff(frozenset({Permission.HOLD_PLACE}))
    there = ReceiveLent(branch=library.town.main)
    with pytest.raises(ForbiddenError):
        await library.run(lambda tx: receive_lent(tx, reader, request, there))


async def test_a_request_is_answered_and_withdrawn_by_those_of_the_place_it_belongs_to(
    library: LendingLibrary, lender: LendingLibrary
):
    _, request = await asked(library, lender)
    for side, verb in ((lender, accept_request), (lender, refuse_request), (library, withdraw_request)):
        elsewhere = side.staff(frozenset({Permission.LOGISTICS}), division=side.town.schools)
        with pytest.raises(ForbiddenError):
            await side.run(lambda tx, verb=verb, elsewhere=elsewhere: verb(tx, elsewhere, request))
    there = library.staff(frozenset({Permission.LOGISTICS}), division=library.town.library)
    withdrawn = await library.run(lambda tx: withdraw_request(tx, there, request))
    assert withdrawn.state is RequestState.WITHDRAWN


async def test_it_is_put_before_whoever_wants_the_title_later_where_the_rule_says_so(
    library: LendingLibrary, lender: LendingLibrary
):
    await lender.set_rule(HOLD_SLOTS_IN_BY_DATE, value=True)
    _, request = await asked(library, lender)
    title = await title_of(lender, await copy_of(lender))
    later, now = await waits(lender, title, active_from=day(30, lender)), await waits(lender, title)
    hold = (await lender.run(lambda tx: accept_request(tx, lender.librarian, request))).hold
    after = await waits(lender, title)
    assert await order(lender, title) == [now, hold, after, later]
