"""A hold that waits at home for what another municipality has."""

from circulation.holds.wishing import wish
from circulation.lending_library import LendingLibrary
from faelles.circulation.sharing.agreements import give_agreement
from faelles.circulation.sharing.model import GiveAgreement
from faelles.ground.actor import SYSTEM
from faelles.ground.clock import local_date
from faelles.ground.ids import NATION, RecordId
from faelles.policies.knobs import LENDING_AFTER_DAYS


async def national_title(library: LendingLibrary, number: str) -> RecordId:
    """A record of the whole country, of which `number` is a copy here."""
    sql = (
        "INSERT INTO record (agency_id, identifier, title, material_type, words)"
        " VALUES (0, $1, 'Pelle Erobreren', 'Bog', '') RETURNING id"
    )
    record = await library.database.run(NATION, SYSTEM, lambda tx: tx.value(sql, f"national:{number}"))
    await refile(library, number, record)
    return RecordId(record)


async def refile(library: LendingLibrary, number: str, record: int) -> None:
    sql = "UPDATE item SET record_id = $2 WHERE agency_id = $1 AND number = $3"
    await library.run(lambda tx: tx.execute(sql, tx.agency, record, number))


async def night(library: LendingLibrary, work) -> dict[str, int]:
    day = local_date(library.clock.now, "Europe/Copenhagen")
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
