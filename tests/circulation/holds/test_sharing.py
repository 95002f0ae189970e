"""Lending between agencies: nothing without an agreement, and nobody learns for whom."""

import pytest

from circulation.holds.test_changing import cancel
from circulation.holds.wishing import match_all, state_of, wish
from circulation.lending_library import LendingLibrary
from faelles.circulation.holds.model import GiveAgreement
from faelles.circulation.holds.sharing import answer_others, ask_others, end_agreement, give_agreement, list_agreements
from faelles.ground.actor import SYSTEM
from faelles.ground.errors import ConflictError, InvalidRequestError, NotFoundError
from faelles.ground.ids import NATION, RecordId
from faelles.policies.knobs import LENDING_AFTER_DAYS
from faelles.policies.seeds import seed_agency
from town import Town


@pytest.fixture
async def lender(library: LendingLibrary, neighbour: Town) -> LendingLibrary:
    """Another municipality that stands on the same clock and has the same rules."""
    await library.database.run(neighbour.agency, SYSTEM, seed_agency)
    return LendingLibrary(
        neighbour, library.database, library.keyring, library.clock, library.groups, library.materials
    )


async def national_title(library: LendingLibrary, number: str) -> RecordId:
    """A record of the whole country, of which `number` is a copy here."""
    sql = (
        "INSERT INTO record (agency_id, identifier, title, material_type, words)"
        " VALUES (0, $1, 'Smilla', 'Bog', '') RETURNING id"
    )
    record = await library.database.run(NATION, SYSTEM, lambda tx: tx.value(sql, f"national:{number}"))
    await refile(library, number, record)
    return RecordId(record)


async def refile(library: LendingLibrary, number: str, record: int) -> None:
    sql = "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = $3"
    await library.run(lambda tx: tx.execute(sql, tx.agency, record, number))


async def night(library: LendingLibrary, work) -> dict[str, int]:
    day = library.clock.now.date()
    done = await library.run(lambda tx: work(tx, day, None))
    return {name: count for name, count in done.counts.items() if count}


async def borrowing(library: LendingLibrary, lender: LendingLibrary) -> int:
    """A hold that waits for what another municipality has, under an agreement, for longer than the rule says."""
    await library.set_rule(LENDING_AFTER_DAYS, 14)
    own, theirs = await library.copy(), await lender.copy()
    title = await national_title(library, own)
    await refile(lender, theirs, title)
    await library.lend(await library.reader(), own)
    hold = (await wish(library, await library.reader(), title)).transaction
    assert hold is not None
    request = GiveAgreement(borrower=library.town.isil)
    await lender.run(lambda tx: give_agreement(tx, lender.librarian, request))
    library.clock.pass_days(14)
    return hold


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
