"""Lending between agencies: nothing without an agreement, and nobody learns for whom."""

import pytest

from circulation.holds.test_changing import cancel
from circulation.holds.wishing import match_all, state_of
from circulation.lending_library import LendingLibrary
from circulation.sharing.neighbours import borrowing, night
from faelles.circulation.sharing.agreements import end_agreement, give_agreement, list_agreements
from faelles.circulation.sharing.model import GiveAgreement
from faelles.circulation.sharing.nightly import answer_others, ask_others
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError


async def test_after_the_wait_a_lender_is_asked_and_finds_a_copy(library: LendingLibrary, lender: LendingLibrary):
    hold = await borrowing(library, lender)
    library.clock.pass_days(-1)
    assert await night(library, ask_others) == {}
    library.clock.pass_days(1)
    assert await night(library, ask_others) == {"lending_asked": 1}
    assert await night(library, ask_others) == {}
    assert await night(lender, answer_others) == {"lending_answered": 1}
    sql = "SELECT hold_id, state FROM lending_answer WHERE agency_id = $1"
    (answer,) = await lender.run(lambda tx: tx.rows(sql, tx.agency))
    await match_all(lender)
    assert (answer["state"], (await state_of(lender, answer["hold_id"]))[0]) == ("accepted", "matched")
    await cancel(library, hold)
    assert await night(library, ask_others) == {"lending_withdrawn": 1}
    await night(lender, answer_others)
    assert (await state_of(lender, answer["hold_id"]))[0] == "cancelled"


async def test_the_lender_sees_a_title_and_nobody(library: LendingLibrary, lender: LendingLibrary):
    hold = await borrowing(library, lender)
    await night(library, ask_others)
    theirs = await lender.run(
        lambda tx: tx.rows("SELECT * FROM lending_request WHERE lender_agency_id = $1", tx.agency)
    )
    assert len(theirs) == 1
    assert hold not in dict(theirs[0]).values()
    assert await lender.run(lambda tx: tx.rows("SELECT * FROM lending_request_hold")) == []
    assert await lender.run(lambda tx: tx.rows("SELECT * FROM hold WHERE id = $1", hold)) == []


async def test_without_an_agreement_nobody_is_asked(library: LendingLibrary, lender: LendingLibrary):
    await borrowing(library, lender)
    (given,) = await lender.run(lambda tx: list_agreements(tx, lender.librarian))
    await lender.run(lambda tx: end_agreement(tx, lender.librarian, given.id))
    library.clock.pass_days(1)
    assert await night(library, ask_others) == {}
    with pytest.raises(NotFoundError):
        await library.run(lambda tx: end_agreement(tx, library.librarian, given.id))


async def test_a_lender_that_has_none_says_no(library: LendingLibrary, lender: LendingLibrary):
    await borrowing(library, lender)
    sql = "UPDATE item SET withdrawn_at = now(), withdrawn_why = 'slidt' WHERE agency_id = $1"
    await lender.run(lambda tx: tx.execute(sql, tx.agency))
    await night(library, ask_others)
    await night(lender, answer_others)
    sql = "SELECT state FROM lending_answer WHERE borrower_agency_id = $1"
    assert [row["state"] for row in await library.run(lambda tx: tx.rows(sql, tx.agency))] == ["refused"]
    assert await night(library, ask_others) == {}


async def test_an_agreement_is_given_once_and_to_somebody_known(library: LendingLibrary, lender: LendingLibrary):
    request = GiveAgreement(borrower=lender.town.isil)
    await library.run(lambda tx: give_agreement(tx, library.librarian, request))
    with pytest.raises(ConflictError):
        await library.run(lambda tx: give_agreement(tx, library.librarian, request))
    with pytest.raises(InvalidRequestError):
        await library.run(lambda tx: give_agreement(tx, library.librarian, GiveAgreement(borrower="DK-NOBODY")))
