"""Erasure on request: all or nothing, what the law keeps is named, and a restore does it again."""

import asyncio

import pytest

from circulation.holds.wishing import copies, wish
from circulation.lending_library import LendingLibrary, Reader
from faelles.ground.errors import ForbiddenError, NotFoundError
from faelles.ground.ids import AccountId, DivisionId, PatronId
from faelles.people.model import Permission
from faelles.privacy.erasing.model import AskErasure, Erased, ErasureLine, ErasureRefusedError, Replayed, Tie
from faelles.privacy.erasing.operations import ask_own_erasure, erase, open_bookkeeping_name
from faelles.privacy.erasing.replaying import list_erasures, replay
from patrons_desk import signed_in
from privacy.conftest import Nights
from privacy.lives import borrow, live, rows
from privacy.test_consents import say
from privacy.test_merging import merge

_REFERRING = """
SELECT c.relname AS "table", a.attname AS "column"
  FROM pg_constraint AS k
  JOIN pg_class AS c ON c.oid = k.conrelid
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey) AND a.attname <> 'agency_id'
 WHERE k.contype = 'f' AND k.confrelid = 'faelles.patron'::regclass
"""


async def ask(library: LendingLibrary, patron: PatronId) -> Erased:
    return await library.run(lambda tx: erase(tx, library.librarian, library.keyring, patron))


async def left_of(library: LendingLibrary, patron: PatronId) -> set[str]:
    """The tables in which something still refers to the patron."""
    found = {row["table"]: row["column"] for row in await rows(library, _REFERRING)} | {"patron": "id"}
    return {
        table
        for table, column in found.items()
        if await rows(
            library, f"SELECT FROM {table} WHERE agency_id = $1 AND {column} = $2", library.town.agency, patron
        )
    }


async def test_everything_goes_but_what_the_law_keeps(library: LendingLibrary):
    reader = await library.reader()
    await live(library, reader)
    erased = await ask(library, reader.id)
    assert await left_of(library, reader.id) == set()
    assert {(kept.entry, kept.until.year) for kept in erased.kept} == {
        ("bookkeeping_names", 2030),
        ("access_log", 2028),
    }
    [account] = await rows(library, "SELECT account_id FROM bookkeeping_name WHERE agency_id = $1", library.town.agency)
    name = await library.run(
        lambda tx: open_bookkeeping_name(tx, library.librarian, library.keyring, AccountId(account["account_id"]))
    )
    assert name.name == "Søren Låner"


async def test_the_books_still_agree(library: LendingLibrary):
    reader = await library.reader()
    await live(library, reader)
    sql = "SELECT kind, sum(amount_ore), count(*) FROM ledger_entry WHERE agency_id = $1 GROUP BY kind ORDER BY kind"
    before = await rows(library, sql, library.town.agency)
    await ask(library, reader.id)
    assert await rows(library, sql, library.town.agency) == before
    words = await rows(library, "SELECT reason FROM ledger_entry WHERE agency_id = $1", library.town.agency)
    assert {row["reason"] for row in words} == {None}


async def test_asked_again_it_says_what_was_done(library: LendingLibrary):
    reader = await library.reader()
    first = await ask(library, reader.id)
    library.clock.pass_days(3)
    again = await ask(library, reader.id)
    assert (again.erased_at, again.kept, again.was_done_before) == (first.erased_at, first.kept, True)


async def test_asked_twice_at_once_it_says_the_same(library: LendingLibrary):
    reader = await library.reader()
    answers = await asyncio.gather(*(ask(library, reader.id) for _ in range(3)))
    assert sorted(answer.was_done_before for answer in answers) == [False, True, True]
    assert len({answer.erased_at for answer in answers}) == 1


async def with_loan(library: LendingLibrary, reader: Reader) -> None:
    await library.lend(reader, await library.copy())


async def with_hold(library: LendingLibrary, reader: Reader) -> None:
    title, [item] = await copies(library, 1)
    await library.lend(await library.reader(), item)
    await wish(library, reader, title)


async def with_debt(library: LendingLibrary, reader: Reader) -> None:
    await borrow(library, reader, days=60)


async def with_payment_begun(library: LendingLibrary, reader: Reader) -> None:
    """Paid at the desk meanwhile, but the provider may take the money yet."""
    await live(library, reader)
    begun = """
INSERT INTO payment_order (agency_id, reference, account_id, amount_ore, currency, return_url, state, created_at,
changed_at) SELECT agency_id, 'begun', account_id, 5000, 'DKK', 'https://example.invalid', 'started', $3, $3
FROM patron_account WHERE agency_id = $1 AND patron_id = $2 LIMIT 1
"""
    await library.run(lambda tx: tx.execute(begun, tx.agency, reader.id, library.clock.now))


@pytest.mark.parametrize(
    ("settle", "ties"),
    [
        (with_loan, {Tie.OPEN_LOAN}),
        (with_hold, {Tie.OPEN_HOLD}),
        (with_debt, {Tie.DEBT}),
        (with_payment_begun, {Tie.PAYMENT_UNDER_WAY}),
    ],
)
async def test_whoever_has_something_open_is_refused_and_nothing_happens(library: LendingLibrary, settle, ties):
    reader = await library.reader()
    await settle(library, reader)
    before = await left_of(library, reader.id)
    with pytest.raises(ErasureRefusedError) as refused:
        await ask(library, reader.id)
    assert set(refused.value.ties) == ties
    assert await left_of(library, reader.id) == before


async def test_it_takes_the_permission_for_the_whole_agency(library: LendingLibrary):
    reader = await library.reader()
    division = DivisionId(library.town.library)
    for caller in (
        library.staff(frozenset(Permission) - {Permission.PRIVACY}),
        library.staff(frozenset(Permission), division),
    ):
        with pytest.raises(ForbiddenError):
            await library.run(lambda tx, caller=caller: erase(tx, caller, library.keyring, reader.id))
    with pytest.raises(NotFoundError):
        await ask(library, PatronId(4711))


async def the_list(library: LendingLibrary) -> list[ErasureLine]:
    found = await library.run(lambda tx: list_erasures(tx, library.librarian))
    return [line for _, line in found]


async def replayed(library: LendingLibrary, lines: list[ErasureLine]) -> Replayed:
    return await library.run(lambda tx: replay(tx, library.librarian, library.keyring, lines))


async def test_after_a_restore_the_list_erases_again(library: LendingLibrary):
    reader, other = await library.reader(), await library.reader()
    lines = await in_a_lost_future(library, reader)
    assert str(reader.id) not in "".join(line.person for line in lines)
    assert await replayed(library, lines) == Replayed(erased=1, withdrawn=0, absent=0, held=0)
    assert await left_of(library, reader.id) == set()
    assert await left_of(library, other.id) != set()
    assert await replayed(library, lines) == Replayed(erased=0, withdrawn=0, absent=1, held=0)
    assert (await ask(library, reader.id)).was_done_before
    with pytest.raises(NotFoundError):
        await replayed(library, [])


async def test_what_the_books_need_is_kept_of_whom_a_replay_erases(library: LendingLibrary):
    reader = await library.reader()
    await live(library, reader)
    lines = await in_a_lost_future(library, reader)
    assert (await replayed(library, lines)).erased == 1
    again = await ask(library, reader.id)
    assert {kept.entry for kept in again.kept} == {"bookkeeping_names", "access_log"}
    assert await rows(library, "SELECT 1 FROM bookkeeping_name WHERE agency_id = $1", library.town.agency)


@pytest.mark.parametrize("number_that_stays", ["older", "newer"])
async def test_whoever_was_merged_into_somebody_goes_with_them(library: LendingLibrary, number_that_stays: str):
    first, second = await library.reader(), await library.reader()
    stays, temporary = (first, second) if number_that_stays == "older" else (second, first)
    assert not await merge(library, temporary, stays)
    lines = await in_a_lost_future(library, stays)
    assert len(lines) == 2
    done = await replayed(library, lines)
    assert (done.erased, done.held) == (2, 0)
    assert await left_of(library, stays.id) == await left_of(library, temporary.id) == set()


async def test_whom_the_restored_data_ties_is_held_until_it_is_settled(library: LendingLibrary):
    reader, item = await library.reader(), await library.copy()
    lines = await in_a_lost_future(library, reader)
    await library.lend(reader, item)
    assert (await replayed(library, lines)).held == 1
    await library.take_back(item)
    assert (await replayed(library, lines)).erased == 1


async def test_a_withdrawn_consent_is_withdrawn_again(library: LendingLibrary, nights: Nights):
    reader = await library.reader()
    await say(library, reader.id, is_given=True)
    library.clock.pass_days(1)
    await say(library, reader.id, is_given=False)
    lines = await the_list(library)
    # As the backup has it: the consent still stands.
    await library.run(lambda tx: tx.execute("DELETE FROM consent WHERE agency_id = $1", tx.agency))
    await library.run(lambda tx: tx.execute("UPDATE patron SET keeps_history = true WHERE id = $1", reader.id))
    back = "UPDATE consent SET given_at = given_at - interval '1 year' WHERE agency_id = $1"
    await library.run(lambda tx: tx.execute(back, tx.agency))
    assert (await replayed(library, lines)).withdrawn == 1
    assert (await replayed(library, lines)).withdrawn == 0


class _RestoredError(Exception):
    """The backup is put back."""


async def in_a_lost_future(library: LendingLibrary, reader: Reader) -> list[ErasureLine]:
    """The list as it was when the database was lost, in which the reader is there still."""
    kept: list[ErasureLine] = []
    with pytest.raises(_RestoredError):
        await library.run(lambda tx: _future(library, reader, tx, kept))
    return kept


async def _future(library, reader, tx, kept):
    await erase(tx, library.librarian, library.keyring, reader.id)
    kept += [line for _, line in await list_erasures(tx, library.librarian)]
    raise _RestoredError


async def test_patrons_may_ask_what_would_be_kept_and_stand_in_the_way_before_they_go(library: LendingLibrary):
    reader = await library.reader()
    await live(library, reader)
    own = signed_in(library.town, reader.id)

    async def ask_own(*, dry_run: bool):
        return await library.run(lambda tx: ask_own_erasure(tx, own, library.keyring, AskErasure(dry_run=dry_run)))

    book = await library.copy()
    await library.lend(reader, book)
    tried = await ask_own(dry_run=True)
    assert (tried.erased_at, tried.ties) == (None, (Tie.OPEN_LOAN,))
    with pytest.raises(ErasureRefusedError):
        await ask_own(dry_run=False)
    await library.take_back(book)
    tried = await ask_own(dry_run=True)
    assert (tried.ties, {kept.entry for kept in tried.kept}) == ((), {"bookkeeping_names", "access_log"})
    done = await ask_own(dry_run=False)
    assert (done.erased_at, done.kept) == (library.clock.now, tried.kept)
    assert await left_of(library, reader.id) == set()
