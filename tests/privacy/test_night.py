"""Nothing older than its limit exists after the night, whatever it is; and what is still needed stays."""

import pytest

from circulation.lending_library import LendingLibrary
from faelles.circulation.loans.model import Outcome
from faelles.ground.actor import SYSTEM
from faelles.ground.database import Database
from faelles.ground.errors import InvalidRequestError
from faelles.notices.sending.nightly import forget as forget_texts
from faelles.people.nightly import forget_attempts, forget_tokens
from faelles.policies.knobs import RETURNED_LOAN_DAYS
from faelles.privacy.model import Removed
from privacy.conftest import Nights
from privacy.lives import borrow, borrowers, found_reader, live, lose_and_pay, make_logs_older, rows, work_here
from town import Town


async def test_after_the_night_nothing_is_over_its_limit(library: LendingLibrary, nights: Nights, owner_url: str):
    await live(library, await library.reader())
    await work_here(library)
    library.clock.pass_days(6 * 366)
    await make_logs_older(owner_url, library, 8)
    before = await nights.report()
    aged = {name for name, found in before.items() if found.removed in (Removed.NIGHT, Removed.JOB)}
    not_aged = {name for name in aged if not before[name].over}
    assert not_aged == set()
    await nights.pass_over()
    for job in (forget_texts, forget_attempts, forget_tokens):
        await library.run(lambda tx, job=job: job(tx, library.clock.now.date(), None))
    assert {name: found.over for name, found in (await nights.report()).items() if found.over} == {}


async def test_a_second_night_finds_nothing_and_a_neighbour_loses_nothing(
    library: LendingLibrary, nights: Nights, database: Database, neighbour: Town
):
    reader = await library.reader()
    await borrow(library, reader)
    other = await found_reader(database, neighbour, library.clock.now)
    library.clock.pass_days(5 * 366)
    assert (await nights.pass_over())["patrons"] == 1
    assert await nights.pass_over() == {}
    assert await rows(library, "SELECT FROM patron WHERE agency_id = $1", library.town.agency) == []
    async with database.transaction(neighbour.agency, SYSTEM) as tx:
        assert await tx.value("SELECT id FROM patron WHERE agency_id = $1", tx.agency) == other


async def test_a_returned_loan_loses_its_borrower_after_its_days_and_not_before(
    library: LendingLibrary, nights: Nights
):
    reader = await library.reader()
    loan = await borrow(library, reader)
    library.clock.pass_days(30)
    assert "loans" not in await nights.pass_over()
    library.clock.pass_days(1)
    assert (await nights.pass_over())["loans"] == 1
    assert await borrowers(library, loan) == []


async def test_a_municipality_may_keep_it_shorter_but_not_longer(library: LendingLibrary, nights: Nights):
    loan = await borrow(library, await library.reader())
    await library.set_rule(RETURNED_LOAN_DAYS, 7)
    library.clock.pass_days(8)
    await nights.pass_over()
    assert await borrowers(library, loan) == []
    with pytest.raises(InvalidRequestError):
        await library.set_rule(RETURNED_LOAN_DAYS, 31)


async def test_an_unpaid_claim_keeps_the_loan_and_whoever_owes(library: LendingLibrary, nights: Nights):
    reader = await library.reader()
    loan = await borrow(library, reader, days=60)
    library.clock.pass_days(5 * 366)
    await nights.pass_over()
    assert await borrowers(library, loan) == [reader.id]
    assert (await nights.report())["patrons"].over == 0


async def test_whoever_still_has_a_book_stays(library: LendingLibrary, nights: Nights):
    reader, item = await library.reader(), await library.copy()
    await library.lend(reader, item)
    library.clock.pass_days(10 * 366)
    await nights.pass_over()
    answer = await library.take_back(item)
    assert answer.outcome is Outcome.RETURNED


async def test_using_the_library_is_remembered_when_the_loan_is_forgotten(library: LendingLibrary, nights: Nights):
    reader = await library.reader()
    library.clock.pass_days(2 * 366)
    await borrow(library, reader)
    library.clock.pass_days(60)
    await nights.pass_over()
    library.clock.pass_days(2 * 366)
    await nights.pass_over()
    assert await rows(library, "SELECT FROM patron WHERE agency_id = $1", library.town.agency) != []


async def test_what_was_lost_for_good_may_turn_up_when_nobody_is_known_any_more(
    library: LendingLibrary, nights: Nights
):
    reader = await library.reader()
    item = await lose_and_pay(library, reader, "L-1")
    library.clock.pass_days(2 * 366)
    assert (await nights.pass_over())["paid_replacements"] > 0
    answer = await library.take_back(item)
    assert (answer.outcome, answer.loan is None) == (Outcome.RETURNED, False)


async def test_statistics_still_count_what_links_to_nobody(library: LendingLibrary, nights: Nights):
    reader = await library.reader()
    loan = await borrow(library, reader)
    sql = "SELECT kind, count(*) AS number FROM event WHERE agency_id = $1 AND loan_id = $2 GROUP BY kind ORDER BY kind"
    before = await rows(library, sql, library.town.agency, loan)
    library.clock.pass_days(5 * 366)
    await nights.pass_over()
    assert await rows(library, sql, library.town.agency, loan) == before != []
    everything = await rows(
        library, "SELECT to_jsonb(e)::text AS event FROM event AS e WHERE agency_id = $1", library.town.agency
    )
    assert not [row for row in everything if str(reader.id) in row["event"]]
